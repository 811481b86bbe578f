"""Purchase orders and quotes, as Xero shows them: documents that promise and are not posted.

Neither payments nor lock dates touch them. Quotes are told by a service of their own: their dates have no offset, their
contact is thin, a line says nothing of its account's id (all recorded).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import contacts, errors, listing, pdf, reading, wire
from sync_worker.sandbox.xero.arithmetic import ZERO
from sync_worker.sandbox.xero.attachments import attached
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.document_lines import line_of_order, line_of_quote
from sync_worker.sandbox.xero.records import Contact, Proposal
from sync_worker.sandbox.xero.where import fold


@dataclass(frozen=True, slots=True)
class Sort:
    """How the two differ."""

    plural: str
    singular: str
    statuses: tuple[str, ...]
    until: str  # the member that says until when
    texts: tuple[str, ...]
    side: str  # whose prices and accounts its lines take
    title: str

    @property
    def is_quote(self) -> bool:
        return self.singular == "Quote"

    @property
    def id_member(self) -> str:
        return f"{self.singular}ID"

    @property
    def number_member(self) -> str:
        return f"{self.singular}Number"


SORTS: Mapping[str, Sort] = {
    sort.plural.lower(): sort
    for sort in (
        Sort(
            "PurchaseOrders",
            "PurchaseOrder",
            ("DRAFT", "SUBMITTED", "AUTHORISED", "BILLED", "DELETED"),
            "DeliveryDate",
            ("DeliveryAddress", "AttentionTo", "Telephone", "DeliveryInstructions"),
            "ACCPAY",
            "PURCHASE ORDER",
        ),
        Sort(
            "Quotes",
            "Quote",
            ("DRAFT", "SENT", "ACCEPTED", "DECLINED", "INVOICED", "DELETED"),
            "ExpiryDate",
            ("Title", "Summary", "Terms"),
            "ACCREC",
            "QUOTE",
        ),
    )
}


def get_proposals(call: Call) -> Response:
    sort = sort_of(call)
    page = listing.page(call, call.books.proposals[sort.plural], _list(sort))
    elements = [shown(call.books, sort, one, call.unit_places, "list") for one in page.records]
    return call.answer(sort.plural, elements, None if sort.is_quote else page.pagination)


def get_proposal(call: Call) -> Response:
    if pdf.wanted(call):
        return get_pdf(call)
    sort = sort_of(call)
    return call.answer(
        sort.plural, [shown(call.books, sort, found(call), call.unit_places, "alone")]
    )


def get_pdf(call: Call) -> Response:
    one = found(call)
    name = call.books.contacts[one.contact_id].name
    return pdf.page(sort_of(call).title, one.number, name, f"{one.currency} {one.total}")


def sort_of(call: Call) -> Sort:
    return SORTS[call.segments[0].lower()]


def found(call: Call) -> Proposal:
    """By id or by number."""
    key, shelf = call.segments[1], call.books.proposals[sort_of(call).plural]
    one = shelf.get(key.lower()) if reading.is_guid(key) else shelf.first("number", fold(key))
    if one is None:
        raise errors.not_found()
    return one


def shown(books: Books, sort: Sort, one: Proposal, places: int, where: str) -> dict[str, Any]:
    """One of them in a `list`, `alone` or as a write has left it (`written`)."""
    show = _quote if sort.is_quote else _order
    return show(books, one, places, where)


def _order(books: Books, one: Proposal, places: int, where: str) -> dict[str, Any]:
    contact = books.contacts[one.contact_id]
    return {
        **order_head(one),
        "TotalDiscount": one.total_discount or (ZERO if where == "written" else None),
        "SentToContact": one.sent or (None if where == "list" else False),
        "Reference": one.reference or None,
        "Type": "PURCHASEORDER",
        "CurrencyRate": one.currency_rate,
        "CurrencyCode": one.currency,
        "Contact": _contact_of_order(books, contact, listed=where == "list"),
        "BrandingThemeID": one.theme_id,
        "Status": one.status,
        "LineAmountTypes": one.line_amount_types,
        "LineItems": [line_of_order(line, places, where == "list") for line in one.lines],
        "SubTotal": one.sub_total,
        "TotalTax": one.total_tax,
        "Total": one.total,
        "UpdatedDateUTC": wire.instant(one.updated),
        "HasAttachments": None if where == "written" else bool(books.attachments.get(one.id)),
        "Attachments": attached(books, "PurchaseOrders", one.id) if where == "alone" else None,
    }


def order_head(one: Proposal, refused: bool = False) -> dict[str, Any]:
    return {
        "PurchaseOrderID": one.id,
        "PurchaseOrderNumber": one.number or None,
        "DateString": None if one.date is None else wire.day_string(one.date),
        "Date": one.date,
        "DeliveryDateString": None if one.until is None else wire.day_string(one.until),
        "DeliveryDate": one.until,
        "ExpectedArrivalDateString": None if one.arrival is None else wire.day_string(one.arrival),
        "ExpectedArrivalDate": one.arrival,
        **one.texts,
        "HasErrors": refused,
        "IsDiscounted": bool(one.total_discount),
    }


def _contact_of_order(books: Books, contact: Contact, *, listed: bool) -> dict[str, Any]:
    """Only phones and addresses that say something, and always a currency (recorded)."""
    told = contacts.written(contact)
    told |= {name: [slot for slot in told[name] if _says(slot)] for name in ("Addresses", "Phones")}
    told["DefaultCurrency"] = contact.currency or books.organisation.base_currency
    return {k: v for k, v in told.items() if k not in _NOT_LISTED} if listed else told


def _says(slot: Mapping[str, str]) -> bool:
    return any(value for name, value in slot.items() if not name.endswith("Type"))


def _quote(books: Books, one: Proposal, places: int, where: str) -> dict[str, Any]:
    contact = books.contacts[one.contact_id]
    listed = where == "list"
    texts = dict(one.texts)
    terms = texts.pop("Terms", "")
    return {
        "QuoteID": one.id,
        "QuoteNumber": one.number,
        "Reference": one.reference or None,
        "Terms": terms or (None if listed else ""),
        "Contact": {
            "ContactID": contact.id,
            "Name": contact.name,
            "EmailAddress": contact.email or "",
        },
        "LineItems": [line_of_quote(line, places, listed) for line in one.lines],
        "Date": None if one.date is None else wire.bare_day(one.date),
        "DateString": None if one.date is None else wire.day_string(one.date),
        "ExpiryDate": None if one.until is None else wire.bare_day(one.until),
        "ExpiryDateString": None if one.until is None else wire.day_string(one.until),
        "Status": one.status,
        "CurrencyRate": one.currency_rate,
        "CurrencyCode": one.currency,
        "SubTotal": one.sub_total,
        "TotalTax": one.total_tax,
        "Total": one.total,
        "TotalDiscount": one.total_discount or (ZERO if listed else None),
        "Title": texts.get("Title") or None,
        "Summary": texts.get("Summary") or None,
        "BrandingThemeID": one.theme_id,
        "UpdatedDateUTC": wire.bare_instant(one.updated),
        "LineAmountTypes": one.line_amount_types.upper(),
    }


def _list(sort: Sort) -> listing.Listing[Proposal]:
    return listing.Listing[Proposal](
        plural=sort.plural,
        fields={
            sort.id_member: listing.Field(lambda p: p.id, "guid", "id"),
            sort.number_member: listing.Field(lambda p: p.number, index="number"),
            "Reference": listing.Field(lambda p: p.reference),
            "Status": listing.Field(lambda p: p.status),
            "Date": listing.Field(lambda p: p.date, "date"),
            sort.until: listing.Field(lambda p: p.until, "date"),
            "Contact.ContactID": listing.Field(lambda p: p.contact_id, "guid"),
            "Total": listing.Field(lambda p: p.total, "number"),
            "UpdatedDateUTC": listing.Field(lambda p: p.updated, "instant"),
        },
    )


_NOT_LISTED = frozenset(
    {
        "EmailAddress",
        "BankAccountDetails",
        "AccountsReceivableTaxType",
        "AccountsPayableTaxType",
        "IsSupplier",
        "IsCustomer",
        "SalesTrackingCategories",
        "PurchasesTrackingCategories",
    }
)
