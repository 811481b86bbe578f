"""Credit notes, prepayments and overpayments as Xero shows them: listed, alone, inside invoices and in allocations.

Setting one against a document is an allocation, not a payment: it raises AmountCredited and can turn an invoice PAID
(recorded). Shapes are Xero-OpenAPI 16.1's examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from msgspec import structs

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import contacts, errors, listing, pdf, reading, wire
from sync_worker.sandbox.xero.attachments import attached
from sync_worker.sandbox.xero.books import CREDIT_NOTES, OVERPAYMENTS, PREPAYMENTS, Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.document_lines import line_alone, line_of_list
from sync_worker.sandbox.xero.records import Allocation, Credit, Invoice
from sync_worker.sandbox.xero.where import fold


@dataclass(frozen=True, slots=True)
class Family:
    """What the three kinds of credit are called."""

    plural: str
    singular: str
    words: str  # in error texts

    @property
    def id_member(self) -> str:
        return f"{self.singular}ID"


FAMILIES: Mapping[str, Family] = {
    family.plural.lower(): family
    for family in (
        Family(CREDIT_NOTES, "CreditNote", "Credit Note"),
        Family(PREPAYMENTS, "Prepayment", "Prepayment"),
        Family(OVERPAYMENTS, "Overpayment", "Overpayment"),
    )
}


def get_credits(call: Call) -> Response:
    family = family_of(call)
    page = listing.page(call, call.books.credits[family.plural], _list(call.books, family))
    with_lines = page.pagination is not None
    elements = [listed(call.books, credit, call.unit_places, with_lines) for credit in page.records]
    return call.answer(family.plural, elements, page.pagination)


def get_credit(call: Call) -> Response:
    credit = found(call)
    if pdf.wanted(call) and credit.family == CREDIT_NOTES:
        return get_pdf(call)
    return call.answer(family_of(call).plural, [single(call.books, credit, call.unit_places)])


def get_pdf(call: Call) -> Response:
    credit = found(call)
    name = call.books.contacts[credit.contact_id].name
    return pdf.page("CREDIT NOTE", credit.number, name, f"{credit.currency} {credit.total}")


def family_of(call: Call) -> Family:
    return FAMILIES[call.segments[0].lower()]


def found(call: Call) -> Credit:
    credit = find(call.books, family_of(call), call.segments[1])
    if credit is None:
        raise errors.not_found()
    return credit


def find(books: Books, family: Family, key: str) -> Credit | None:
    """By id, or a credit note by its number."""
    shelf = books.credits[family.plural]
    if reading.is_guid(key):
        return shelf.get(key.lower())
    return shelf.first("any number", fold(key))


def settled(credit: Credit, on: date | None = None) -> Credit:
    """PAID when nothing of it remains, AUTHORISED again when something does."""
    if credit.status not in ("AUTHORISED", "PAID"):
        return credit
    if credit.remaining > 0:
        return structs.replace(credit, status="AUTHORISED", fully_paid_on=None)
    return structs.replace(
        credit, status="PAID", fully_paid_on=on or credit.fully_paid_on or credit.date
    )


def listed(books: Books, credit: Credit, places: int, lines: bool) -> dict[str, Any]:
    rendered = [line_of_list(line, places) for line in credit.lines] if lines else []
    contact = contacts.thin(books.contacts[credit.contact_id])
    return _rendered(books, credit, contact, rendered, attachments=None)


def single(books: Books, credit: Credit, places: int) -> dict[str, Any]:
    rendered = [line_alone(line, places) for line in credit.lines]
    contact = contacts.embedded(books, credit.contact_id)
    return _rendered(books, credit, contact, rendered, attached(books, _place(credit), credit.id))


def inside_invoice(books: Books, invoice: Invoice) -> dict[str, list[dict[str, Any]]]:
    """CreditNotes, Prepayments and Overpayments of a document, with what each of them covers of it."""
    members: dict[str, list[dict[str, Any]]] = {}
    for allocation in books.allocations.find("invoice", invoice.id):
        credit = books.credits[allocation.family][allocation.credit_id]
        members.setdefault(credit.family, []).append(_applied(credit, allocation))
    return members


def rendered_allocation(books: Books, allocation: Allocation) -> dict[str, Any]:
    """As a credit lists it."""
    invoice = books.invoices[allocation.invoice_id]
    return {
        "AllocationID": allocation.id,
        "Amount": allocation.amount,
        "Date": allocation.date,
        "Invoice": thin_invoice(invoice),
        "IsDeleted": allocation.deleted,
    }


def thin_invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "InvoiceID": invoice.id,
        "InvoiceNumber": invoice.number,
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "HasErrors": False,
        "IsDiscounted": False,
        "LineItems": [],
    }


def _rendered(
    books: Books, credit: Credit, contact: Any, lines: list[Any], attachments: Any
) -> dict[str, Any]:
    family = FAMILIES[credit.family.lower()]
    allocations = books.allocations.find("credit", credit.id)
    note = credit.family == CREDIT_NOTES
    return {
        family.id_member: credit.id,
        "CreditNoteNumber": credit.number if note else None,
        "Payments": _refunds(books, credit),
        "ID": credit.id,
        "CurrencyRate": credit.currency_rate,
        "Type": credit.kind,
        "Reference": credit.reference,
        "InvoiceNumber": credit.number if credit.family == PREPAYMENTS else None,
        "SentToContact": credit.sent if credit.kind == "ACCRECCREDIT" else None,
        "RemainingCredit": credit.remaining,
        "Allocations": [rendered_allocation(books, one) for one in allocations],
        "HasAttachments": bool(books.attachments.get(credit.id)),
        "Attachments": attachments,
        "HasErrors": False if note else None,
        "Contact": contact,
        "DateString": None if credit.date is None else wire.day_string(credit.date),
        "Date": credit.date,
        "BrandingThemeID": credit.theme_id,
        "Status": credit.status,
        "LineAmountTypes": credit.line_amount_types,
        "LineItems": lines,
        "SubTotal": credit.sub_total,
        "TotalTax": credit.total_tax,
        "Total": credit.total,
        "UpdatedDateUTC": wire.instant(credit.updated),
        "UpdatedDateUTCString": wire.instant_string(credit.updated),
        "CurrencyCode": credit.currency,
        "FullyPaidOnDate": credit.fully_paid_on if note else None,
    }


def _refunds(books: Books, credit: Credit) -> list[dict[str, Any]]:
    return [
        {
            "PaymentID": payment.id,
            "Date": payment.date,
            "Amount": payment.amount,
            "Reference": payment.reference,
            "CurrencyRate": payment.currency_rate,
            "HasAccount": False,
            "HasValidationErrors": False,
        }
        for payment in books.payments.find("invoice", credit.id)
        if payment.status != "DELETED"
    ]


def _applied(credit: Credit, allocation: Allocation) -> dict[str, Any]:
    family = FAMILIES[credit.family.lower()]
    note = credit.family == CREDIT_NOTES
    return {
        family.id_member: credit.id,
        "CreditNoteNumber": credit.number if note else None,
        "ID": credit.id,
        "HasErrors": False if note else None,
        "AppliedAmount": allocation.amount,
        "DateString": wire.day_string(allocation.date),
        "Date": allocation.date,
        "LineItems": [],
        "Total": credit.total,
    }


def _place(credit: Credit) -> str:
    """Attachments of over- and prepayments hang on their bank transaction (Xero-OpenAPI 16.1)."""
    return "CreditNotes" if credit.family == CREDIT_NOTES else "BankTransactions"


def _list(books: Books, family: Family) -> listing.Listing[Credit]:
    of_family = {
        family.id_member: listing.Field(lambda c: c.id, "guid", "id"),
        "Contact.Name": listing.Field(lambda c: books.contacts[c.contact_id].name),
    }
    return replace(CREDIT_LIST, plural=family.plural, fields={**CREDIT_LIST.fields, **of_family})


CREDIT_LIST = listing.Listing[Credit](
    plural=CREDIT_NOTES,
    fields={
        "CreditNoteNumber": listing.Field(lambda c: c.number, index="any number"),
        "Type": listing.Field(lambda c: c.kind),
        "Status": listing.Field(lambda c: c.status),
        "Reference": listing.Field(lambda c: c.reference, index="reference"),
        "Contact.ContactID": listing.Field(lambda c: c.contact_id, "guid", "contact"),
        "Date": listing.Field(lambda c: c.date, "date"),
        "SubTotal": listing.Field(lambda c: c.sub_total, "number"),
        "TotalTax": listing.Field(lambda c: c.total_tax, "number"),
        "Total": listing.Field(lambda c: c.total, "number"),
        "RemainingCredit": listing.Field(lambda c: c.remaining, "number"),
        "CurrencyCode": listing.Field(lambda c: c.currency),
        "UpdatedDateUTC": listing.Field(lambda c: c.updated, "instant"),
    },
    optimised=frozenset({"type", "status", "date", "contact.contactid", "reference"}),
)
