"""Where a path's record stands, for what hangs on records of every kind: history and attachments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sync_worker.sandbox.xero import errors
from sync_worker.sandbox.xero.books import CREDIT_NOTES, OVERPAYMENTS, PREPAYMENTS, Books
from sync_worker.sandbox.xero.call import Call


class Findable(Protocol):
    def __contains__(self, record_id: object) -> bool: ...


PLACES: dict[str, Callable[[Books], Findable]] = {
    "accounts": lambda books: books.accounts,
    "banktransactions": lambda books: books.bank_transactions,
    "batchpayments": lambda books: books.batches,
    "contacts": lambda books: books.contacts,
    "creditnotes": lambda books: books.credits[CREDIT_NOTES],
    "invoices": lambda books: books.invoices,
    "items": lambda books: books.items,
    "overpayments": lambda books: books.credits[OVERPAYMENTS],
    "payments": lambda books: books.payments,
    "prepayments": lambda books: books.credits[PREPAYMENTS],
    "purchaseorders": lambda books: books.proposals["PurchaseOrders"],
    "quotes": lambda books: books.proposals["Quotes"],
}


def find(call: Call) -> str | None:
    """The id the path names, if such a record is there."""
    record_id = call.segments[1].lower()
    shelf: Any = PLACES[call.segments[0].lower()](call.books)
    return record_id if record_id in shelf else None


def record_id(call: Call) -> str:
    found = find(call)
    if found is None:
        raise errors.not_found()
    return found
