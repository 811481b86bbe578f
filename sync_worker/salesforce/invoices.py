"""CRM invoices: what is due, read with lines and parties; what became of them, written back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from more_itertools import chunked
from simple_salesforce.format import format_soql

from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice, Line
from sync_worker.domain.payment import PaymentRecord
from sync_worker.ports import InvoiceNews, RowRefusal, Standing, Totals
from sync_worker.salesforce.client import ID_LIST, Row, SalesforceClient
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.parties import PartyFields
from sync_worker.salesforce.values import amount, day, instant, moment
from sync_worker.salesforce.writes import rewritten

INVOICE, LINE, ITEM, PAYMENT = "Invoice__c", "Invoice_Line_Item__c", "Support_Item__c", "Payment__c"
LINES, PAYMENTS = "Invoice_Line_Items__r", "Payments__r"
LONGEST_MESSAGE = 4000


@dataclass(frozen=True, slots=True)
class Ready:
    """Which invoices are due, beside having no Finance External ID and at least one line."""

    statuses: tuple[str, ...] = ()
    """Empty means any but Cancelled."""
    funding_types: tuple[str, ...] = ()
    start_date: date | None = None


class SalesforceInvoices:
    """ports.CrmInvoices on a real org."""

    def __init__(self, client: SalesforceClient, names: Names, ready: Ready) -> None:
        self._client = client
        self._ready = ready
        self._invoice = names.of(INVOICE)
        self._line = names.of(LINE)
        self._item = names.of(ITEM)
        self._payment = names.of(PAYMENT)
        self._parties = PartyFields(names)
        self._select = self._selection()

    def due(self) -> Iterator[Invoice]:
        where = " AND ".join(self._due_conditions())
        return self._invoices(f"WHERE {where} ORDER BY CreatedDate, Id")

    def requested(self) -> list[Invoice]:
        asked_for = self._invoice("Finance_Sync_Requested_At__c")
        if not asked_for:
            return []
        return list(
            self._invoices(f"WHERE {asked_for} != null ORDER BY {asked_for} LIMIT {ID_LIST}")
        )

    def numbered(self, number: str) -> list[Invoice]:
        return list(self._invoices(format_soql("WHERE Name = {} ORDER BY CreatedDate, Id", number)))

    def by_id(self, records: Sequence[SalesforceId]) -> dict[SalesforceId, Invoice]:
        return {
            invoice.id: invoice
            for ids in chunked(records, ID_LIST)
            for invoice in self._invoices(format_soql("WHERE Id IN {}", ids))
        }

    def write(self, news: Sequence[InvoiceNews]) -> list[RowRefusal]:
        """Before an id is written the row is read again: one that has this id already needs nothing, one that has
        another is somebody else's and is refused, not overwritten."""
        return [
            refusal
            for part in chunked(news, ID_LIST)
            for refusal in rewritten(self._write, part, lambda one: one.record)
        ]

    def edited_since(self, since: datetime) -> Iterator[Invoice]:
        """Editing a line does not touch its invoice, so lines are asked for themselves."""
        changed = "LastModifiedDate >= " + format_soql("{}", since)
        linked = f"WHERE {self._invoice('Finance_External_ID__c')} != null AND"
        parents = f"SELECT {self._line('Invoice__c')} FROM {self._line.api_name} WHERE {changed}"
        yield from self._invoices(f"{linked} {changed}")
        yield from self._invoices(f"{linked} Id IN ({parents})")

    def linked_since(self, since: datetime) -> list[XeroId]:
        finance_id = self._invoice("Finance_External_ID__c")
        rows = self._client.rows(
            f"SELECT {finance_id} FROM {self._invoice.api_name} WHERE {finance_id} != null "
            "AND LastModifiedDate >= " + format_soql("{}", since)
        )
        return [XeroId(row[finance_id].lower()) for row in rows]

    def linked(self, invoices: Sequence[XeroId]) -> list[Standing]:
        finance_id = self._invoice("Finance_External_ID__c")
        return [
            self._standing(row)
            for ids in chunked(invoices, ID_LIST)
            for row in self._client.rows(
                f"SELECT {', '.join(self._standing_fields())}, {self._payments_selection()} "
                f"FROM {self._invoice.api_name} WHERE {finance_id} IN " + format_soql("{}", ids)
            )
        ]

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
            *self._parties.participant(self._invoice.parent("Participant__c")),
            *(
                self._parties.plan_manager(self._invoice.parent("Plan_Manager__c"))
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

    def _invoices(self, rest: str) -> Iterator[Invoice]:
        return (self._readable(row) for row in self._client.rows(self._select + rest))

    def _readable(self, row: Row) -> Invoice:
        """A field that holds another kind of value than ours (settings may name any) stops its own invoice only."""
        try:
            return self._translated(row)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as strange:
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
                trouble=f"{type(strange).__name__}: {strange}",
            )

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

    def _standing_fields(self) -> list[str]:
        return [
            "Id",
            "Name",
            *self._invoice.present(
                "Finance_External_ID__c",
                "Status__c",
                "Total_Amount__c",
                "Total_Payment_Amount__c",
                "Last_Payment_Date__c",
            ),
        ]

    def _payments_selection(self) -> str:
        columns = self._payment.present(
            "Type__c",
            "Source__c",
            "Paid__c",
            "Include__c",
            "Payment_Date__c",
            "Payment_Amount__c",
            "Finance_External_ID__c",
            "Reference__c",
            "Reason__c",
        )
        return f"(SELECT Id, {', '.join(columns)} FROM {self._invoice(PAYMENTS)})"

    def _standing(self, row: Row) -> Standing:
        field = self._invoice
        record = SalesforceId(row["Id"])
        children = row.get(field(PAYMENTS)) or {"records": ()}
        return Standing(
            record=record,
            number=row.get("Name") or "",
            xero_id=XeroId(row[field("Finance_External_ID__c")].lower()),
            status=row.get(field("Status__c")) or "",
            total=amount(row.get(field("Total_Amount__c"))),
            totals=Totals(
                amount(row.get(field("Total_Payment_Amount__c"))) or Decimal(0),
                instant(row.get(field("Last_Payment_Date__c"))),
            ),
            payments=tuple(self._payment_of(record, child) for child in children["records"]),
        )

    def _payment_of(self, invoice: SalesforceId, row: Row) -> PaymentRecord:
        field = self._payment
        finance_id = row.get(field("Finance_External_ID__c"))
        return PaymentRecord(
            invoice=invoice,
            type=row.get(field("Type__c")) or "",
            source=row.get(field("Source__c")) or "",
            paid=bool(row.get(field("Paid__c"))),
            include=bool(row.get(field("Include__c"))),
            date=instant(row.get(field("Payment_Date__c"))),
            amount=amount(row.get(field("Payment_Amount__c"))) or Decimal(0),
            xero_id=XeroId(finance_id.lower()) if finance_id else None,
            reference=row.get(field("Reference__c")) or "",
            reason=row.get(field("Reason__c")) or "",
        )

    # Writing ----------------------------------------------------------------------------------

    def _write(self, news: Sequence[InvoiceNews]) -> list[RowRefusal]:
        present = self._present_ids([one.record for one in news if one.xero_id])
        refusals: list[RowRefusal] = []
        records: list[Row] = []
        for one in news:
            held = present.get(one.record)
            if one.xero_id and one.record not in present:
                refusals.append(RowRefusal(one.record, "ENTITY_IS_DELETED", "the record is gone"))
            elif one.xero_id and held and held != one.xero_id:
                refusals.append(RowRefusal(one.record, "LINK_TAKEN", f"it already carries {held}"))
            else:
                records.append({"Id": one.record, **self._changes(one, held)})
        results = self._client.update(self._invoice.api_name, records)
        refusals += (
            RowRefusal(record["Id"], result.code, result.message)
            for record, result in zip(records, results, strict=True)
            if not result.success
        )
        return refusals

    def _present_ids(self, records: Sequence[SalesforceId]) -> dict[SalesforceId, XeroId | None]:
        if not records:
            return {}
        finance_id = self._invoice("Finance_External_ID__c")
        rows = self._client.rows(
            f"SELECT Id, {finance_id} FROM {self._invoice.api_name} WHERE Id IN "
            + format_soql("{}", list(records))
        )
        return {
            SalesforceId(row["Id"]): XeroId(row[finance_id].lower()) if row[finance_id] else None
            for row in rows
        }

    def _changes(self, news: InvoiceNews, held: XeroId | None) -> Row:
        wanted: dict[str, Any] = {
            "Finance_Sync_State__c": news.state,
            "Finance_Message__c": news.message[:LONGEST_MESSAGE] if news.message else news.message,
            "Finance_External_ID__c": news.xero_id if held is None else None,
            "Xero_Invoice_Number__c": news.xero_number,
            "Finance_Link__c": news.link,
            "Finance_Synced_At__c": moment(news.synced_at),
            "Status__c": news.status,
        }
        changes = {
            self._invoice(name): value or None if isinstance(value, str) else value
            for name, value in wanted.items()
            if value is not None and self._invoice(name)
        }
        cleared: dict[str, Any] = (
            {"Finance_Sync_Requested_At__c": None} if news.clear_request else {}
        )
        if news.totals:
            cleared["Total_Payment_Amount__c"] = news.totals.paid
            cleared["Last_Payment_Date__c"] = moment(news.totals.last_paid_at)
        return changes | {
            self._invoice(name): value for name, value in cleared.items() if self._invoice(name)
        }
