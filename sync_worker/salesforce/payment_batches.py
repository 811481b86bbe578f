"""Payment batches of the CRM with their items, the milestones in them, and where each applicant is paid to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from more_itertools import chunked
from simple_salesforce.format import format_soql

from sync_worker.domain.errors import Transient
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.money import ZERO
from sync_worker.domain.payment_batch import (
    Claim,
    Item,
    ItemStatus,
    Payable,
    Payee,
    PaymentBatch,
)
from sync_worker.ports import BatchNews, ItemNews, RowRefusal
from sync_worker.salesforce.client import ID_LIST, Row, SalesforceClient
from sync_worker.salesforce.names import Fields, Names
from sync_worker.salesforce.values import amount, day, instant, moment
from sync_worker.salesforce.writes import LOCKED, rewritten

CLOSED = ["Sent", "Cancelled"]
GIVERS = ("Contract__c", "Application__c")
"""Who names the applicant: the contract, and where it names nobody or there is none, the application."""
APPLICANTS = ("Applicant__c", "Applicant_Contact__c")
"""An organisation comes before a person, who is then only whom to write to there."""
BANK = ("Bank_Account_Name__c", "Bank_BSB__c", "Bank_Account_Number__c")


class PayableFields:
    """Which fields make a milestone that can be paid, and how a row becomes one."""

    def __init__(self, names: Names) -> None:
        self.milestone = names.of("Milestone__c")
        self._givers = {name: names.of(name) for name in GIVERS}
        self._bank = {
            "Applicant__c": names.of("Account"),
            "Applicant_Contact__c": names.of("Contact"),
        }

    def columns(self, path: str = "") -> list[str]:
        own = self.milestone.present(
            "Status__c",
            "Exempt_from_Sync__c",
            "Finance_External_ID__c",
            "Finance_Sync_State__c",
            "Amount__c",
            "Total_Payment_Amount__c",
        )
        return [f"{path}{name}" for name in ("Id", "Name", *own, *self._payee_columns())]

    def payable(self, row: Row) -> Payable:
        field = self.milestone
        return Payable(
            id=SalesforceId(row["Id"]),
            number=row["Name"] or "",
            status=row.get(field("Status__c")) or "",
            exempt=bool(row.get(field("Exempt_from_Sync__c"))),
            bill=XeroId(row.get(field("Finance_External_ID__c")) or "") or None,
            sync_state=row.get(field("Finance_Sync_State__c")) or "",
            amount=amount(row.get(field("Amount__c"))) or ZERO,
            paid=amount(row.get(field("Total_Payment_Amount__c"))) or ZERO,
            payee=next(self._payees(row), None),
        )

    def _payee_columns(self) -> Iterator[str]:
        for giver, fields in self._givers.items():
            for applicant in APPLICANTS:
                path = f"{self.milestone.parent(giver)}.{fields.parent(applicant)}"
                for name in ("Id", "Name", *self._bank[applicant].present(*BANK)):
                    yield f"{path}.{name}"

    def _payees(self, row: Row) -> Iterator[Payee]:
        for giver, fields in self._givers.items():
            given = row.get(self.milestone.parent(giver)) or {}
            for applicant in APPLICANTS:
                if found := given.get(fields.parent(applicant)):
                    yield _payee(found, self._bank[applicant])


class SalesforcePaymentBatches:
    """ports.CrmPaymentBatches on a real org."""

    def __init__(self, client: SalesforceClient, names: Names) -> None:
        self._client = client
        self._batch = names.of("Payment_Batch__c")
        self._item = names.of("Payment_Batch_Item__c")
        self._payable = PayableFields(names)

    # Reading ----------------------------------------------------------------------------------

    def standing(self, *, closed: bool) -> list[PaymentBatch]:
        where = (
            ""
            if closed
            else f"WHERE {self._batch('Status__c')} NOT IN " + format_soql("{}", CLOSED)
        )
        return self._batches(f"{where} ORDER BY CreatedDate, Id")

    def numbered(self, number: str) -> PaymentBatch | None:
        """Salesforce gives the numbers, each once."""
        return next(iter(self._batches(format_soql("WHERE Name = {}", number))), None)

    def keyed(self, key: str) -> PaymentBatch | None:
        where = f"WHERE {self._batch('Batch_Key__c')} = " + format_soql("{}", key)
        return next(iter(self._batches(where)), None)

    def payable(self, numbers: Sequence[str]) -> dict[str, list[Payable]]:
        """Salesforce takes small letters for capital ones, and so does this."""
        asked = {number.casefold(): number for number in numbers}
        found: dict[str, list[Payable]] = {number: [] for number in numbers}
        columns = ", ".join(self._payable.columns())
        for part in chunked(numbers, ID_LIST):
            where = format_soql("WHERE Name IN {}", part)
            for row in self._client.rows(
                f"SELECT {columns} FROM {self._payable.milestone.api_name} {where}"
            ):
                found[asked[row["Name"].casefold()]].append(self._payable.payable(row))
        return found

    def claims(self, milestones: Sequence[SalesforceId]) -> list[Claim]:
        return [
            self._claim(row)
            for ids in chunked(milestones, ID_LIST)
            for row in self._client.rows(self._claims_query(ids))
        ]

    def _batches(self, rest: str) -> list[PaymentBatch]:
        own = self._batch.present(
            "Batch_Key__c",
            "Title__c",
            "Status__c",
            "Payment_Date__c",
            "File_SHA256__c",
            "Exported_At__c",
        )
        rows = self._client.rows(
            f"SELECT {', '.join(['Id', 'Name', *own])} FROM {self._batch.api_name} {rest}"
        )
        batches = [self._translated(row) for row in rows]
        items: dict[str, list[Item]] = {batch.id: [] for batch in batches}
        for ids in chunked(list(items), ID_LIST):
            for row in self._client.rows(self._items_query(ids)):
                items[row[self._item("Payment_Batch__c")]].append(self._item_of(row))
        return [replace(batch, items=tuple(items[batch.id])) for batch in batches]

    def _translated(self, row: Row) -> PaymentBatch:
        field = self._batch
        return PaymentBatch(
            id=SalesforceId(row["Id"]),
            key=row.get(field("Batch_Key__c")) or "",
            number=row["Name"],
            title=row.get(field("Title__c")) or "",
            status=row.get(field("Status__c")) or "",
            pay_on=day(row.get(field("Payment_Date__c"))),
            sha256=row.get(field("File_SHA256__c")) or "",
            exported_at=instant(row.get(field("Exported_At__c"))),
        )

    def _items_query(self, batches: Sequence[str]) -> str:
        field, milestone = self._item, self._item.parent("Milestone__c")
        own = [
            field(name)
            for name in ("Payment_Batch__c", "Amount__c", "Payment_Date__c", "Status__c")
        ]
        columns = ["Id", *own, *self._payable.columns(f"{milestone}.")]
        return (
            f"SELECT {', '.join(columns)} FROM {field.api_name} "
            f"WHERE {self._in_force()} AND {field('Payment_Batch__c')} IN "
            + format_soql("{}", list(batches))
            + " ORDER BY CreatedDate, Id"
        )

    def _claims_query(self, milestones: Sequence[SalesforceId]) -> str:
        field, batch = self._item, self._item.parent("Payment_Batch__c")
        key, status = self._batch("Batch_Key__c"), self._batch("Status__c")
        columns = ["Id", field("Payment_Batch__c"), field("Milestone__c"), field("Amount__c")]
        columns += [f"{batch}.{name}" for name in ("Name", key, status)]
        return (
            f"SELECT {', '.join(columns)} FROM {field.api_name} "
            f"WHERE {self._in_force()} AND {batch}.{status} != 'Cancelled' "
            f"AND {field('Milestone__c')} IN " + format_soql("{}", list(milestones))
        )

    def _in_force(self) -> str:
        """An item without a milestone pays nobody."""
        return f"{self._item('Status__c')} != '{ItemStatus.REMOVED}' AND {self._item('Milestone__c')} != null"

    def _item_of(self, row: Row) -> Item:
        field = self._item
        return Item(
            id=SalesforceId(row["Id"]),
            milestone=self._payable.payable(row[field.parent("Milestone__c")]),
            amount=amount(row.get(field("Amount__c"))),
            pay_on=day(row.get(field("Payment_Date__c"))),
            status=row.get(field("Status__c")) or "",
        )

    def _claim(self, row: Row) -> Claim:
        field, batch = self._item, row[self._item.parent("Payment_Batch__c")]
        return Claim(
            batch=batch.get(self._batch("Batch_Key__c")) or row[field("Payment_Batch__c")],
            number=batch["Name"],
            milestone=SalesforceId(row[field("Milestone__c")]),
            amount=amount(row.get(field("Amount__c"))) or ZERO,
            status=batch.get(self._batch("Status__c")) or "",
        )

    # Writing ----------------------------------------------------------------------------------

    def write(self, news: BatchNews) -> list[RowRefusal]:
        """The batch first, then its items. A master-detail's parent may be named only when the detail is made, so what
        is there already is found first and written by its id."""
        refused = rewritten(self._write_batch, [news], lambda one: one.key)
        if news.items and not refused:
            refused = rewritten(
                lambda items: self._write_items(news.key, items),
                news.items,
                lambda one: one.milestone,
            )
        if locked := [one for one in refused if one.code == LOCKED]:
            raise Transient(
                f"somebody is at work on {len(locked)} records of the payment batch in the CRM; "
                "the next `sync-worker batch` command completes what was begun"
            )
        return refused

    def _write_batch(self, news: Sequence[BatchNews]) -> list[RowRefusal]:
        key = self._batch("Batch_Key__c")
        records = [{key: one.key, **self._batch_fields(one)} for one in news]
        results = self._client.upsert(self._batch.api_name, key, records)
        return [
            RowRefusal(one.key, result.code, result.message)
            for one, result in zip(news, results, strict=True)
            if not result.success
        ]

    def _write_items(self, batch: str, items: Sequence[ItemNews]) -> list[RowRefusal]:
        there = self._there(batch)
        parent = self._parent(batch)
        named, made = [], []
        for one in items:
            record = self._item_fields(one)
            if found := one.id or there.get(one.milestone):
                named.append((one.milestone, {"Id": found, **record}))
            else:
                new = {
                    "Item_Key__c": f"{batch}:{one.milestone}",
                    "Payment_Batch__c": parent,
                    "Milestone__c": one.milestone,
                }
                made.append((one.milestone, _present(self._item, new) | record))
        name, key = self._item.api_name, self._item("Item_Key__c")
        results = self._client.update(name, [record for _, record in named])
        results += self._client.upsert(name, key, [record for _, record in made])
        return [
            RowRefusal(milestone, result.code, result.message)
            for (milestone, _), result in zip(named + made, results, strict=True)
            if not result.success
        ]

    def _there(self, batch: str) -> dict[SalesforceId, SalesforceId]:
        """The items we made, whatever their status, by their milestone."""
        field, key = self._item, self._item("Item_Key__c")
        parent = f"{field.parent('Payment_Batch__c')}.{self._batch('Batch_Key__c')}"
        rows = self._client.rows(
            f"SELECT Id, {field('Milestone__c')} FROM {field.api_name} "
            f"WHERE {key} != null AND {parent} = " + format_soql("{}", batch)
        )
        return {SalesforceId(row[field("Milestone__c")]): SalesforceId(row["Id"]) for row in rows}

    def _parent(self, batch: str) -> str:
        key = self._batch("Batch_Key__c")
        query = f"SELECT Id FROM {self._batch.api_name} WHERE {key} = " + format_soql("{}", batch)
        return next(str(row["Id"]) for row in self._client.rows(query))

    def _batch_fields(self, news: BatchNews) -> Row:
        return _present(
            self._batch,
            {
                "Title__c": news.title,
                "Status__c": news.status,
                "Payment_Date__c": news.pay_on.isoformat() if news.pay_on else None,
                "File_SHA256__c": news.sha256,
                "Exported_At__c": moment(news.exported_at),
            },
        )

    def _item_fields(self, news: ItemNews) -> Row:
        changes = _present(
            self._item,
            {
                "Status__c": news.status,
                "Amount__c": news.amount,
                "Payment_Date__c": news.pay_on.isoformat() if news.pay_on else None,
            },
        )
        reason = self._item("Reason__c")
        return changes | ({reason: news.reason or None} if reason else {})


def _present(fields: Fields, values: dict[str, Any]) -> Row:
    return {
        fields(name): value for name, value in values.items() if value is not None and fields(name)
    }


def _payee(row: Row, fields: Fields) -> Payee:
    name, bsb, number = (str(row.get(fields(each)) or "").strip() for each in BANK)
    return Payee(
        record=SalesforceId(row["Id"]),
        name=name or row["Name"],
        account=f"{bsb} {number}".strip() if number else "",
    )
