"""Milestones: what has come to a publish point, read with its contract, its payee and its funding category."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from simple_salesforce.format import format_soql

from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import DRAFTED, HELD, Invoice, Line
from sync_worker.domain.party import Party
from sync_worker.domain.rules import APPROVED, REVIEWED, Point
from sync_worker.salesforce.client import Row, SalesforceClient
from sync_worker.salesforce.linked import Called, LinkedRecords
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.parties import PartyFields
from sync_worker.salesforce.values import amount, day, instant

CONTRACT, APPLICATION, CATEGORY = "Contract__c", "Application__c", "Funding_Category__c"
CALLED = Called(
    sobject="Milestone__c",
    total="Amount__c",
    number="Xero_Bill_Number__c",
    payment="Milestone_Payment__c",
    payments="Milestone_Payments__r",
)


class SalesforceMilestones(LinkedRecords):
    """ports.CrmInvoices on a real org, for bills. A milestone has one line: its amount, once."""

    def __init__(self, client: SalesforceClient, names: Names, points: Collection[Point]) -> None:
        super().__init__(client, names, CALLED)
        self._points = points
        self._milestone = self._record
        self._contract = names.of(CONTRACT)
        self._application = names.of(APPLICATION)
        self._category = names.of(CATEGORY)
        self._parties = PartyFields(names)
        self._select = self._selection()

    def due(self) -> Iterator[Invoice]:
        return self._found(f"WHERE {self._due_condition()} ORDER BY CreatedDate, Id")

    def edited_since(self, since: dt.datetime) -> Iterator[Invoice]:
        linked = f"{self._milestone('Finance_External_ID__c')} != null"
        changed = "LastModifiedDate >= " + format_soql("{}", since)
        return self._found(f"WHERE {linked} AND {changed}")

    # Reading ----------------------------------------------------------------------------------

    def _selection(self) -> str:
        columns = [
            "Id",
            "Name",
            "LastModifiedDate",
            *self._milestone.present(
                "Title__c",
                "Status__c",
                "Amount__c",
                "Bill_Date__c",
                "Exempt_from_Sync__c",
                "Finance_External_ID__c",
                "Finance_Sync_State__c",
                "Finance_Sync_Requested_At__c",
                # Only written, but a field that is not there must speak before anything is sent.
                "Finance_Link__c",
                "Finance_Message__c",
                "Finance_Synced_At__c",
                "Xero_Bill_Number__c",
            ),
            *self._under(
                self._milestone.parent(CONTRACT),
                self._contract.present("Start_Date__c", "Executed_Date__c"),
            ),
            *self._under(
                self._milestone.parent(CATEGORY),
                [
                    "Id",
                    "Name",
                    *self._category.present("Finance_Account_Code__c", "Tracking_Option__c"),
                ],
            ),
        ]
        for fields, lookup in ((self._contract, CONTRACT), (self._application, APPLICATION)):
            path = self._milestone.parent(lookup)
            columns += self._parties.organisation(f"{path}.{fields.parent('Applicant__c')}")
            columns += self._parties.person(f"{path}.{fields.parent('Applicant_Contact__c')}")
        return f"SELECT {', '.join(columns)} FROM {self._milestone.api_name} "

    @staticmethod
    def _under(path: str, fields: Sequence[str]) -> list[str]:
        return [f"{path}.{field}" for field in fields]

    def _due_condition(self) -> str:
        """Not in Xero yet and come to a publish point; or linked to a draft whose last step has come."""
        field = self._milestone
        approved = f"{field('Status__c')} = '{APPROVED}'"
        reached = [approved] if Point.MILESTONE_APPROVED in self._points else []
        if Point.CONTRACT_EXECUTED in self._points:
            executed = f"{field.parent(CONTRACT)}.{self._contract('Executed_Date__c')} != null"
            statuses = format_soql("{}", sorted(REVIEWED))
            reached.append(f"({executed} AND {field('Status__c')} IN {statuses})")
        ways = [f"({field('Finance_External_ID__c')} = null AND ({' OR '.join(reached)}))"]
        if Point.MILESTONE_APPROVED in self._points and field("Finance_Sync_State__c"):
            states = format_soql("{}", [DRAFTED, HELD])
            ways.append(
                f"({field('Finance_External_ID__c')} != null AND {approved} "
                f"AND {field('Finance_Sync_State__c')} IN {states})"
            )
        exempt = field("Exempt_from_Sync__c")
        not_exempt = f"{exempt} = false AND " if exempt else ""
        return f"{not_exempt}{field('Amount__c')} != 0 AND ({' OR '.join(ways)})"

    def _translated(self, row: Row) -> Invoice:
        field = self._milestone
        contract = row.get(field.parent(CONTRACT)) or {}
        category = row.get(field.parent(CATEGORY)) or {}
        owed = amount(row.get(field("Amount__c")))
        line = Line(
            quantity=Decimal(1),
            rate=owed,
            item=category.get("Name") or "",
            item_description=row.get(field("Title__c")) or row.get("Name") or "",
            account_code=category.get(self._category("Finance_Account_Code__c")) or "",
            tracking_option=category.get(self._category("Tracking_Option__c"))
            or category.get("Name")
            or "",
            tracking_source=SalesforceId(category["Id"]) if category else None,
        )
        return self._invoice(
            row,
            date=day(row.get(field("Bill_Date__c")))
            or day(contract.get(self._contract("Start_Date__c"))),
            total=owed,
            payee=self._payee(row),
            executed=bool(contract.get(self._contract("Executed_Date__c"))),
            title=row.get(field("Title__c")) or "",
            exempt=bool(row.get(field("Exempt_from_Sync__c"))),
            lines=(line,),
            modified_at=instant(row.get("LastModifiedDate")),
        )

    def _unreadable(self, row: Row, trouble: str) -> Invoice:
        return self._invoice(row, trouble=trouble)

    def _invoice(
        self,
        row: Row,
        *,
        date: dt.date | None = None,
        total: Decimal | None = None,
        payee: Party | None = None,
        executed: bool = False,
        title: str = "",
        exempt: bool = False,
        lines: tuple[Line, ...] = (),
        modified_at: dt.datetime | None = None,
        trouble: str = "",
    ) -> Invoice:
        field = self._milestone
        finance_id = row.get(field("Finance_External_ID__c"))
        return Invoice(
            id=SalesforceId(row["Id"]),
            number=row.get("Name") or "",
            date=date,
            due_date=None,
            status=str(row.get(field("Status__c")) or ""),
            funding_type="",
            total=total,
            currency="",
            participant=None,
            plan_manager=None,
            lines=lines,
            xero_id=XeroId(str(finance_id).lower()) if finance_id else None,
            sync_state=str(row.get(field("Finance_Sync_State__c")) or ""),
            requested_at=instant(row.get(field("Finance_Sync_Requested_At__c"))),
            modified_at=modified_at,
            trouble=trouble,
            payee=payee,
            exempt=exempt,
            executed=executed,
            title=title,
        )

    def _payee(self, row: Row) -> Party | None:
        """The contract's applicant, else the application's; at either an organisation comes before a person."""
        for fields, lookup in ((self._contract, CONTRACT), (self._application, APPLICATION)):
            parent = row.get(self._milestone.parent(lookup)) or {}
            organisation = parent.get(fields.parent("Applicant__c"))
            person = parent.get(fields.parent("Applicant_Contact__c"))
            if found := self._parties.party(organisation, "Account") or self._parties.party(
                person, "Contact"
            ):
                return found
        return None
