"""CRM invoices: what is due, read with lines and parties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from simple_salesforce.format import format_soql

from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice, Line
from sync_worker.salesforce.client import Row, SalesforceClient
from sync_worker.salesforce.linked import Called, LinkedRecords
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.parties import PartyFields
from sync_worker.salesforce.values import amount, day, instant

LINE, ITEM, LINES = "Invoice_Line_Item__c", "Support_Item__c", "Invoice_Line_Items__r"
CALLED = Called(
    sobject="Invoice__c",
    total="Total_Amount__c",
    number="Xero_Invoice_Number__c",
    payment="Payment__c",
    payments="Payments__r",
)


@dataclass(frozen=True, slots=True)
class Ready:
    """Which invoices are due, beside having no Finance External ID and at least one line."""

    statuses: tuple[str, ...] = ()
    """Empty means any but Cancelled."""
    funding_types: tuple[str, ...] = ()
    start_date: date | None = None


class SalesforceInvoices(LinkedRecords):
    """ports.CrmInvoices on a real org."""

    def __init__(self, client: SalesforceClient, names: Names, ready: Ready) -> None:
        super().__init__(client, names, CALLED)
        self._ready = ready
        self._invoice = self._record
        self._line = names.of(LINE)
        self._item = names.of(ITEM)
        self._parties = PartyFields(names)
        self._select = self._selection()

    def due(self) -> Iterator[Invoice]:
        where = " AND ".join(self._due_conditions())
        return self._found(f"WHERE {where} ORDER BY CreatedDate, Id")

    def edited_since(self, since: datetime) -> Iterator[Invoice]:
        """Editing a line does not touch its invoice, so lines are asked for themselves."""
        changed = "LastModifiedDate >= " + format_soql("{}", since)
        linked = f"WHERE {self._invoice('Finance_External_ID__c')} != null AND"
        parents = f"SELECT {self._line('Invoice__c')} FROM {self._line.api_name} WHERE {changed}"
        yield from self._found(f"{linked} {changed}")
        yield from self._found(f"{linked} Id IN ({parents})")

    # Reading ----------------------------------------------------------------------------------

    def _selection(self) -> str:
        item = self._line.parent("Support_Item__c")
        columns = [
            "Id",
            "Name",
            "LastModifiedDate",
            *self._invoice.present(
                "Invoice_Date__c",
                "Due_Date__c",
                "Status__c",
                "Funding_Type__c",
                "Total_Amount__c",
                "Currency__c",
                "Finance_External_ID__c",
                "Finance_Sync_State__c",
                "Finance_Sync_Requested_At__c",
                # Only written, but a field that is not there must speak before anything is sent.
                "Finance_Link__c",
                "Finance_Message__c",
                "Finance_Synced_At__c",
                "Xero_Invoice_Number__c",
            ),
            *self._parties.person(self._invoice.parent("Participant__c"), "NDIS_Number__c"),
            *(
                self._parties.organisation(self._invoice.parent("Plan_Manager__c"))
                if self._invoice("Plan_Manager__c")
                else ()
            ),
        ]
        lines = [
            "Id",
            *self._line.present(
                "Quantity__c", "Rate__c", "Include__c", "Service_Date__c", "Description__c"
            ),
            f"{item}.Name",
            *(
                f"{item}.{field}"
                for field in self._item.present(
                    "Support_Item_Number__c",
                    "Xero_Invoice_Line_Description__c",
                    "Finance_Account_Code__c",
                    "Tax_Type__c",
                )
            ),
        ]
        children = self._invoice(LINES)
        return (
            f"SELECT {', '.join(columns)}, "
            f"(SELECT {', '.join(lines)} FROM {children} ORDER BY CreatedDate, Id) "
            f"FROM {self._invoice.api_name} "
        )

    def _due_conditions(self) -> Iterator[str]:
        field = self._invoice
        yield f"{field('Finance_External_ID__c')} = null"
        if self._ready.statuses:
            yield f"{field('Status__c')} IN " + format_soql("{}", list(self._ready.statuses))
        else:
            yield f"{field('Status__c')} != 'Cancelled'"
        if self._ready.funding_types:
            yield f"{field('Funding_Type__c')} IN " + format_soql(
                "{}", list(self._ready.funding_types)
            )
        if self._ready.start_date:
            yield f"{field('Invoice_Date__c')} >= " + format_soql("{}", self._ready.start_date)

    def _translated(self, row: Row) -> Invoice:
        field = self._invoice
        children = row.get(field(LINES)) or {"records": ()}
        return Invoice(
            id=SalesforceId(row["Id"]),
            number=row.get("Name") or "",
            date=day(row.get(field("Invoice_Date__c"))),
            due_date=day(row.get(field("Due_Date__c"))),
            status=row.get(field("Status__c")) or "",
            funding_type=row.get(field("Funding_Type__c")) or "",
            total=amount(row.get(field("Total_Amount__c"))),
            currency=row.get(field("Currency__c")) or "",
            participant=self._parties.party(row.get(field.parent("Participant__c")), "Contact"),
            plan_manager=self._parties.party(row.get(field.parent("Plan_Manager__c")), "Account"),
            lines=tuple(self._line_of(child) for child in children["records"]),
            xero_id=XeroId(row[field("Finance_External_ID__c")].lower())
            if row.get(field("Finance_External_ID__c"))
            else None,
            sync_state=row.get(field("Finance_Sync_State__c")) or "",
            requested_at=instant(row.get(field("Finance_Sync_Requested_At__c"))),
            modified_at=instant(row.get("LastModifiedDate")),
        )

    def _unreadable(self, row: Row, trouble: str) -> Invoice:
        field = self._invoice
        return Invoice(
            id=SalesforceId(row["Id"]),
            number=row.get("Name") or "",
            date=None,
            due_date=None,
            status=str(row.get(field("Status__c")) or ""),
            funding_type=str(row.get(field("Funding_Type__c")) or ""),
            total=None,
            currency="",
            participant=None,
            plan_manager=None,
            lines=(),
            sync_state=str(row.get(field("Finance_Sync_State__c")) or ""),
            requested_at=instant(row.get(field("Finance_Sync_Requested_At__c"))),
            trouble=trouble,
        )

    def _line_of(self, row: Row) -> Line:
        field = self._line
        item = row.get(field.parent("Support_Item__c")) or {}
        included = row.get(field("Include__c"))
        return Line(
            quantity=amount(row.get(field("Quantity__c"))),
            rate=amount(row.get(field("Rate__c"))),
            include=included is None or bool(included),
            item=item.get("Name") or "",
            item_code=item.get(self._item("Support_Item_Number__c")) or "",
            item_description=item.get(self._item("Xero_Invoice_Line_Description__c")) or "",
            description=row.get(field("Description__c")) or "",
            account_code=item.get(self._item("Finance_Account_Code__c")) or "",
            tax_type=item.get(self._item("Tax_Type__c")) or "",
            service_date=day(row.get(field("Service_Date__c"))),
        )
