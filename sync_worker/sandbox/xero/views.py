"""The books as plain values, for tests and seeds: copies under the records' own field names."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.records import Contact, Invoice, Line, Payment


def document(books: Books, invoice: Invoice) -> dict[str, Any]:
    """An invoice with what it owes, its lines as dictionaries and its contact's name."""
    contact = books.contacts.get(invoice.contact_id)
    return {
        **plain(invoice),
        "amount_due": invoice.amount_due,
        "contact_name": contact.name if contact else "",
        "lines": [plain(line) for line in invoice.lines],
    }


def plain(record: Contact | Invoice | Line | Payment) -> dict[str, Any]:
    return asdict(record)
