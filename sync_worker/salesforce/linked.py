"""Records of the CRM that are linked to Xero, invoices and milestones alike: what they stand for is read with their
payments, what became of them is written back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from more_itertools import chunked
from simple_salesforce.format import format_soql

from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice
from sync_worker.domain.payment import PaymentRecord
from sync_worker.ports import InvoiceNews, RowRefusal, Standing, Totals
from sync_worker.salesforce.client import ID_LIST, Row, SalesforceClient
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.values import amount, instant, moment
from sync_worker.salesforce.writes import rewritten

LONGEST_MESSAGE = 4000


@dataclass(frozen=True, slots=True)
class Called:
    """What one kind of record and its payments are called, by our names."""

    sobject: str
    total: str
    number: str
    payment: str
    payments: str
    """The path from the record to its payments."""


class LinkedRecords(ABC):
    """What ports.CrmInvoices asks of every kind alike."""

    _select: str
    """What is read of each record, from SELECT to FROM."""

    def __init__(self, client: SalesforceClient, names: Names, called: Called) -> None:
        self._client = client
        self._called = called
        self._record = names.of(called.sobject)
        self._payment = names.of(called.payment)

    # What is asked alike ------------------------------------------------------------------------

    def requested(self) -> list[Invoice]:
        asked_for = self._record("Finance_Sync_Requested_At__c")
        if not asked_for:
            return []
        return list(self._found(f"WHERE {asked_for} != null ORDER BY {asked_for} LIMIT {ID_LIST}"))

    def numbered(self, number: str) -> list[Invoice]:
        return list(self._found(format_soql("WHERE Name = {} ORDER BY CreatedDate, Id", number)))

    def by_id(self, records: Sequence[SalesforceId]) -> dict[SalesforceId, Invoice]:
        return {
            record.id: record
            for ids in chunked(records, ID_LIST)
            for record in self._found(format_soql("WHERE Id IN {}", ids))
        }

    def _found(self, rest: str) -> Iterator[Invoice]:
        return (self._readable(row) for row in self._client.rows(self._select + rest))

    def _readable(self, row: Row) -> Invoice:
        """A field that holds another kind of value than ours (settings may name any) stops its own record only."""
        try:
            return self._translated(row)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as strange:
            return self._unreadable(row, f"{type(strange).__name__}: {strange}")

    @abstractmethod
    def _translated(self, row: Row) -> Invoice: ...

    @abstractmethod
    def _unreadable(self, row: Row, trouble: str) -> Invoice:
        """What names the record, and why no more of it can be read."""

    # What is linked -----------------------------------------------------------------------------

    def write(self, news: Sequence[InvoiceNews]) -> list[RowRefusal]:
        """Before an id is written the row is read again: one that has this id already needs nothing, one that has
        another is somebody else's and is refused, not overwritten."""
        return [
            refusal
            for part in chunked(news, ID_LIST)
            for refusal in rewritten(self._write, part, lambda one: one.record)
        ]

    def linked_since(self, since: datetime) -> list[XeroId]:
        finance_id = self._record("Finance_External_ID__c")
        rows = self._client.rows(
            f"SELECT {finance_id} FROM {self._record.api_name} WHERE {finance_id} != null "
            "AND LastModifiedDate >= " + format_soql("{}", since)
        )
        return [XeroId(row[finance_id].lower()) for row in rows]

    def linked(self, invoices: Sequence[XeroId]) -> list[Standing]:
        finance_id = self._record("Finance_External_ID__c")
        return [
            self._standing(row)
            for ids in chunked(invoices, ID_LIST)
            for row in self._client.rows(
                f"SELECT {', '.join(self._standing_fields())}, {self._payments_selection()} "
                f"FROM {self._record.api_name} WHERE {finance_id} IN " + format_soql("{}", ids)
            )
        ]

    # Reading ----------------------------------------------------------------------------------

    def _standing_fields(self) -> list[str]:
        return [
            "Id",
            "Name",
            *self._record.present(
                "Finance_External_ID__c",
                "Status__c",
                self._called.total,
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
        return f"(SELECT Id, {', '.join(columns)} FROM {self._record(self._called.payments)})"

    def _standing(self, row: Row) -> Standing:
        field = self._record
        record = SalesforceId(row["Id"])
        children = row.get(field(self._called.payments)) or {"records": ()}
        return Standing(
            record=record,
            number=row.get("Name") or "",
            xero_id=XeroId(row[field("Finance_External_ID__c")].lower()),
            status=row.get(field("Status__c")) or "",
            total=amount(row.get(field(self._called.total))),
            totals=Totals(
                amount(row.get(field("Total_Payment_Amount__c"))) or Decimal(0),
                instant(row.get(field("Last_Payment_Date__c"))),
            ),
            payments=tuple(self._payment_of(record, child) for child in children["records"]),
        )

    def _payment_of(self, record: SalesforceId, row: Row) -> PaymentRecord:
        field = self._payment
        finance_id = row.get(field("Finance_External_ID__c"))
        return PaymentRecord(
            invoice=record,
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
        results = self._client.update(self._record.api_name, records)
        refusals += (
            RowRefusal(record["Id"], result.code, result.message)
            for record, result in zip(records, results, strict=True)
            if not result.success
        )
        return refusals

    def _present_ids(self, records: Sequence[SalesforceId]) -> dict[SalesforceId, XeroId | None]:
        if not records:
            return {}
        finance_id = self._record("Finance_External_ID__c")
        rows = self._client.rows(
            f"SELECT Id, {finance_id} FROM {self._record.api_name} WHERE Id IN "
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
            self._called.number: news.xero_number,
            "Finance_Link__c": news.link,
            "Finance_Synced_At__c": moment(news.synced_at),
            "Status__c": news.status,
            "Bill_Date__c": news.bill_date.isoformat() if news.bill_date else None,
            "Exempt_from_Sync__c": news.exempt,
        }
        changes = {
            self._record(name): value or None if isinstance(value, str) else value
            for name, value in wanted.items()
            if value is not None and self._record(name)
        }
        cleared: dict[str, Any] = (
            {"Finance_Sync_Requested_At__c": None} if news.clear_request else {}
        )
        if news.totals:
            cleared["Total_Payment_Amount__c"] = news.totals.paid
            cleared["Last_Payment_Date__c"] = moment(news.totals.last_paid_at)
        return changes | {
            self._record(name): value for name, value in cleared.items() if self._record(name)
        }
