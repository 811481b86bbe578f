"""Purchase orders and quotes: documents that promise and are not posted, so neither payments nor lock dates touch them.

PUT only creates; POST without an id changes the one that holds the number (recorded for purchase orders). Which steps
their statuses may take is unsettled: any, but a deleted one stays deleted. Shapes are Xero-OpenAPI 16.1's examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import (
    arithmetic,
    contact_writes,
    contacts,
    errors,
    listing,
    pdf,
    reading,
    wire,
    writes,
)
from sync_worker.sandbox.xero.attachments import attached
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.document_lines import line_alone
from sync_worker.sandbox.xero.document_terms import currency_terms
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.invoice_lines import LineReader
from sync_worker.sandbox.xero.reading import Sent
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
    elements = [_rendered(call.books, sort, one, call.unit_places, False) for one in page.records]
    return call.answer(sort.plural, elements, None if sort.singular == "Quote" else page.pagination)


def get_proposal(call: Call) -> Response:
    if pdf.wanted(call):
        return get_pdf(call)
    sort = sort_of(call)
    return call.answer(
        sort.plural, [_rendered(call.books, sort, found(call), call.unit_places, True)]
    )


def get_pdf(call: Call) -> Response:
    one = found(call)
    name = call.books.contacts[one.contact_id].name
    return pdf.page(sort_of(call).title, one.number, name, f"{one.currency} {one.total}")


def put_proposals(call: Call) -> Response:
    return _write(call, lambda sent: None)


def post_proposals(call: Call) -> Response:
    return _write(call, lambda sent: _meant(call.books, sort_of(call), sent))


def post_proposal(call: Call) -> Response:
    existing = found(call)
    return _write(call, lambda sent: existing)


def sort_of(call: Call) -> Sort:
    return SORTS[call.segments[0].lower()]


def found(call: Call) -> Proposal:
    """By id or by number."""
    key, shelf = call.segments[1], call.books.proposals[sort_of(call).plural]
    one = shelf.get(key.lower()) if reading.is_guid(key) else shelf.first("number", fold(key))
    if one is None:
        raise errors.not_found()
    return one


def _write(call: Call, existing_of: Any) -> Response:
    sort = sort_of(call)

    def save(sent: Sent) -> dict[str, Any]:
        saved = _saved(call.books, sort, sent, existing_of(sent), call.unit_places)
        return _rendered(call.books, sort, saved, call.unit_places, True)

    return writes.write(call, writes.Kind(sort.plural, "HasErrors"), save)


def _meant(books: Books, sort: Sort, sent: Sent) -> Proposal | None:
    shelf = books.proposals[sort.plural]
    key = reading.guid(sent, sort.id_member.lower())
    if key and key != wire.EMPTY_GUID:
        one = shelf.get(key)
        if one is None:
            raise errors.not_found()
        return one
    number = reading.text(sent, sort.number_member.lower())
    return shelf.first("number", fold(number)) if number else None


def _saved(
    books: Books, sort: Sort, sent: Sent, existing: Proposal | None, places: int
) -> Proposal:
    drawn = _outline(books, sort, sent, existing)
    contact, problems = _contact(books, sent, existing)
    if existing is not None and existing.status == "DELETED":
        problems = [errors.BAD_STATUS]
    given = reading.records(sent, "lineitems")
    if given is not None or existing is None:
        reader = LineReader(books, sort.side, drawn.line_amount_types, False, places)
        lines = reader.read(given or [], drawn.lines)
        sums = arithmetic.totals(lines, drawn.line_amount_types)
        drawn = replace(
            drawn,
            lines=lines,
            sub_total=sums.sub_total,
            total_tax=sums.total_tax,
            total=sums.total,
            total_discount=sums.total_discount,
        )
        problems += reader.problems + ([] if lines else [errors.LINES_NEEDED])
    shelf = books.proposals[sort.plural]
    holder = shelf.first("number", fold(drawn.number)) if drawn.number else None
    if holder is not None and (existing is None or holder.id != existing.id):
        problems.append(errors.PROPOSAL_NUMBER_TAKEN.format(name=sort.title.capitalize()))
    if drawn.currency not in books.currencies:
        problems.append(errors.CURRENCY_UNKNOWN.format(code=drawn.currency))
    if problems or contact is None:
        raise Invalid(problems, _echo(sort, drawn))
    saved = _finished(books, sort, drawn, contact, existing)
    shelf.put(saved)
    books.note(saved.id, "Edited" if existing else "Created", f"{saved.number} to {contact.name}")
    return saved


def _finished(
    books: Books, sort: Sort, drawn: Proposal, contact: Contact, existing: Proposal | None
) -> Proposal:
    now = books.now()
    final: dict[str, Any] = {"contact_id": contact.id, "updated": now}
    if existing is None:
        number = drawn.number or books.next_proposal_number(sort.plural)
        final |= {"id": books.new_id(), "created": now, "number": number}
    return replace(drawn, **final)


def _contact(
    books: Books, sent: Sent, existing: Proposal | None
) -> tuple[Contact | None, list[str]]:
    held = books.contacts.get(existing.contact_id) if existing else None
    try:
        return contact_writes.of_document(books, reading.record(sent, "contact"), held), []
    except Invalid as invalid:
        return None, invalid.messages


def _outline(books: Books, sort: Sort, sent: Sent, existing: Proposal | None) -> Proposal:
    words = {status: status for status in sort.statuses}
    before = existing or Proposal(wire.EMPTY_GUID, "", "", "DRAFT", 0, date=books.today())
    texts = {name: reading.text(sent, name.lower()) for name in sort.texts}
    changes = {
        "number": reading.text(sent, sort.number_member.lower()) or None,
        "reference": reading.text(sent, "reference"),
        "date": reading.day(sent, "date"),
        "until": reading.day(sent, sort.until.lower()),
        "theme_id": reading.guid(sent, "brandingthemeid"),
        "sent": reading.flag(sent, "senttocontact"),
        "status": reading.word(sent, "status", words, f"{sort.singular}Status"),
        "texts": {**before.texts, **{k: v for k, v in texts.items() if v is not None}},
        **currency_terms(books, sent, existing.currency if existing else None),
    }
    return replace(before, **{name: value for name, value in changes.items() if value is not None})


def _rendered(books: Books, sort: Sort, one: Proposal, places: int, alone: bool) -> dict[str, Any]:
    quote = sort.singular == "Quote"
    contact = contacts.embedded(books, one.contact_id)
    return {
        sort.id_member: one.id,
        sort.number_member: one.number,
        "Reference": one.reference,
        **one.texts,
        "DateString": None if one.date is None else wire.day_string(one.date),
        "Date": one.date,
        f"{sort.until}String": None if one.until is None else wire.day_string(one.until),
        sort.until: one.until,
        "SentToContact": None if quote else one.sent,
        "CurrencyRate": one.currency_rate,
        "CurrencyCode": one.currency,
        "Contact": contact,
        "BrandingThemeID": one.theme_id,
        "Status": one.status,
        "LineAmountTypes": one.line_amount_types.upper() if quote else one.line_amount_types,
        "LineItems": [line_alone(line, places) for line in one.lines],
        "SubTotal": one.sub_total,
        "TotalTax": one.total_tax,
        "Total": one.total,
        "TotalDiscount": one.total_discount or None,
        "UpdatedDateUTC": wire.instant(one.updated),
        "HasAttachments": None if quote else bool(books.attachments.get(one.id)),
        "Attachments": attached(books, sort.plural, one.id) if alone and not quote else None,
    }


def _echo(sort: Sort, drawn: Proposal) -> dict[str, Any]:
    return {
        sort.id_member: drawn.id,
        sort.number_member: drawn.number or None,
        "Reference": drawn.reference,
        "Date": drawn.date,
        "Status": drawn.status,
        "Total": drawn.total,
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
