"""Batch payments: several payments made in one go. Its members can be deleted with it only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import (
    arithmetic,
    errors,
    invoices,
    listing,
    payments,
    reading,
    wire,
    writes,
)
from sync_worker.sandbox.xero.arithmetic import ZERO
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Batch, Invoice

BATCHES = writes.Kind("BatchPayments", "HasValidationErrors")
_KINDS = {"ACCREC": "RECBATCH", "ACCPAY": "PAYBATCH"}


def get_batches(call: Call) -> Response:
    """Never paged (Xero-OpenAPI 16.1)."""
    batches = listing.plain(call, call.books.batches, BATCH_LIST)
    return call.answer("BatchPayments", [_rendered(call.books, batch) for batch in batches])


def get_batch(call: Call) -> Response:
    return call.answer("BatchPayments", [_rendered(call.books, _found(call, call.segments[1]))])


def put_batches(call: Call) -> Response:
    return writes.write(call, BATCHES, lambda sent: _made(call.books, sent))


def delete_batches(call: Call) -> Response:
    """`{"BatchPaymentID": .., "Status": "DELETED"}`, the id in the body or in the path."""

    def remove(sent: Sent) -> dict[str, Any]:
        key = call.segments[1] if len(call.segments) > 1 else reading.guid(sent, "batchpaymentid")
        return _removed(call.books, sent, _found(call, key or "-"))

    return writes.write(call, BATCHES, remove)


def _made(books: Books, sent: Sent) -> dict[str, Any]:
    named = reading.record(sent, "account") or {}
    account = payments.account_for(
        books, reading.text(named, "code"), reading.guid(named, "accountid")
    )
    on = reading.day(sent, "date") or books.today()
    given = reading.records(sent, "payments") or []
    problems = [] if account else [errors.PAYMENT_ACCOUNT]
    problems += [] if given else [errors.BATCH_EMPTY]
    paid = _invoices(books, given)
    if None in paid:
        problems.append(errors.INVOICE_UNKNOWN)
    known = [invoice for invoice in paid if invoice is not None]
    if problems or account is None:
        raise Invalid(problems, {"BatchPaymentID": wire.EMPTY_GUID, "Date": on})
    batch = Batch(
        id=books.new_id(),
        kind=_KINDS[known[0].kind],
        account_id=account.id,
        date=on,
        total=ZERO,
        updated=books.now(),
        reference=reading.text(sent, "reference"),
        narrative=reading.text(sent, "narrative"),
        details=reading.text(sent, "details"),
        created=books.now(),
    )
    for invoice, one in zip(known, given, strict=True):
        amount = arithmetic.cents(reading.number(one, "amount") or ZERO)
        current = books.invoices[invoice.id]
        refused = payments.problems_of(books, current, amount, on)
        if refused:
            raise Invalid(refused, {"BatchPaymentID": wire.EMPTY_GUID, "Date": on})
        reference = reading.text(one, "reference") or batch.reference
        payments.make(books, current, account, amount, on, reference=reference, batch_id=batch.id)
        batch = replace(batch, total=batch.total + amount)
    books.batches.put(batch)
    books.note(batch.id, "Created", f"{len(given)} payments for {batch.total}")
    return _rendered(books, batch)


def _invoices(books: Books, given: Sequence[Sent]) -> list[Invoice | None]:
    keys = []
    for one in given:
        named = reading.record(one, "invoice") or {}
        keys.append(reading.guid(named, "invoiceid") or reading.text(named, "invoicenumber") or "-")
    return [invoices.find(books, key) for key in keys]


def _removed(books: Books, sent: Sent, batch: Batch) -> dict[str, Any]:
    problem = None
    if (reading.text(sent, "status") or "").upper() != "DELETED":
        problem = errors.BATCH_KEPT
    elif batch.status == "DELETED":
        problem = errors.PAYMENT_GONE
    elif batch.reconciled:
        problem = errors.RECONCILED
    if problem is not None:
        raise Invalid([problem], _rendered(books, batch))
    for payment in books.payments.find("batch", batch.id):
        payments.take_back(books, payment)
    gone = replace(batch, status="DELETED", updated=books.now())
    books.batches.put(gone)
    books.note(batch.id, "Deleted", f"Batch of {batch.total} was removed.")
    return _rendered(books, gone)


def _found(call: Call, key: str) -> Batch:
    batch = call.books.batches.get(key.lower())
    if batch is None:
        raise errors.not_found()
    return batch


def _rendered(books: Books, batch: Batch) -> dict[str, Any]:
    account = books.accounts[batch.account_id]
    return {
        "Account": {"AccountID": account.id, "CurrencyCode": account.currency},
        "Reference": batch.reference,
        "Narrative": batch.narrative,
        "Details": batch.details,
        "BatchPaymentID": batch.id,
        "DateString": wire.day_string(batch.date),
        "Date": batch.date,
        "Payments": _members(books, batch) if batch.status != "DELETED" else [],
        "Type": batch.kind,
        "Status": batch.status,
        "TotalAmount": batch.total,
        "UpdatedDateUTC": wire.instant(batch.updated),
        "IsReconciled": batch.reconciled,
    }


def _members(books: Books, batch: Batch) -> list[dict[str, Any]]:
    return [
        {
            "Invoice": {
                "InvoiceID": payment.invoice_id,
                "CurrencyCode": books.invoices[payment.invoice_id].currency,
                "Payments": [],
                "CreditNotes": [],
                "Prepayments": [],
                "Overpayments": [],
                "HasErrors": False,
                "IsDiscounted": False,
                "LineItems": [],
            },
            "PaymentID": payment.id,
            "Amount": payment.amount,
            "BankAmount": payment.bank_amount,
        }
        for payment in books.payments.find("batch", batch.id)
    ]


BATCH_LIST = listing.Listing[Batch](
    plural="BatchPayments",
    fields={
        "BatchPaymentID": listing.Field(lambda b: b.id, "guid", "id"),
        "Type": listing.Field(lambda b: b.kind),
        "Status": listing.Field(lambda b: b.status),
        "Date": listing.Field(lambda b: b.date, "date"),
        "Account.AccountID": listing.Field(lambda b: b.account_id, "guid"),
        "UpdatedDateUTC": listing.Field(lambda b: b.updated, "instant"),
    },
)
