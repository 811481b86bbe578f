"""Writing purchase orders and quotes.

PUT only creates; POST without an id changes the one that holds the number (recorded for purchase orders). Which steps
their statuses may take is unsettled but for two: a billed order and an accepted quote can be deleted, and what is
deleted stays deleted and keeps its number (recorded for orders). A quote is not so much changed as said again: what an
update leaves out of its texts is emptied, and without its number it takes the next one (recorded).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import (
    arithmetic,
    contact_writes,
    contacts,
    errors,
    reading,
    wire,
    writes,
)
from sync_worker.sandbox.xero.arithmetic import ZERO
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.document_lines import line_alone
from sync_worker.sandbox.xero.document_terms import currency_terms
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.invoice_lines import LineReader
from sync_worker.sandbox.xero.proposals import Sort, found, order_head, shown, sort_of
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Contact, Proposal
from sync_worker.sandbox.xero.where import fold

Meant = Callable[[Sent], Proposal | None]


def put_proposals(call: Call) -> Response:
    return _write(call, lambda sent: None)


def post_proposals(call: Call) -> Response:
    return _write(call, lambda sent: _meant(call.books, sort_of(call), sent))


def post_proposal(call: Call) -> Response:
    existing = found(call)
    return _write(call, lambda sent: existing)


def _write(call: Call, existing_of: Meant) -> Response:
    sort = sort_of(call)

    def save(sent: Sent) -> dict[str, Any]:
        saved = _saved(call.books, sort, sent, existing_of(sent), call.unit_places)
        return shown(call.books, sort, saved, call.unit_places, "written")

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
        name = sort.singular
        problems = [errors.DELETED_STAYS.format(name=name)]
        if drawn.status != "DELETED":
            problems.insert(0, errors.STATUS_STEP.format(name=name))
    given = reading.records(sent, "lineitems")
    if given is not None or existing is None:
        reader = LineReader(
            books,
            sort.side,
            drawn.line_amount_types,
            False,
            places,
            taxed_by_account=not sort.is_quote,
        )
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
        raise Invalid(problems, _echo(books, sort, sent, drawn, contact, places))
    saved = _finished(books, sort, drawn, contact, existing)
    shelf.put(saved)
    books.note(saved.id, "Edited" if existing else "Created", f"{saved.number} to {contact.name}")
    return saved


def _finished(
    books: Books, sort: Sort, drawn: Proposal, contact: Contact, existing: Proposal | None
) -> Proposal:
    now = books.now()
    final: dict[str, Any] = {"contact_id": contact.id, "updated": now}
    if not drawn.number:
        final["number"] = books.next_proposal_number(sort.plural)
    if existing is None:
        final |= {"id": books.new_id(), "created": now}
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
    before = existing or _blank(books, sort)
    if sort.is_quote:
        before = replace(before, number="", texts={})
    texts = {name: reading.text(sent, name.lower()) for name in sort.texts}
    changes = {
        "number": reading.text(sent, sort.number_member.lower()) or None,
        "reference": reading.text(sent, "reference"),
        "date": reading.day(sent, "date"),
        "until": reading.day(sent, sort.until.lower()),
        "arrival": reading.day(sent, "expectedarrivaldate"),
        "theme_id": reading.guid(sent, "brandingthemeid"),
        "sent": reading.flag(sent, "senttocontact"),
        "status": reading.word(sent, "status", words, f"{sort.singular}Status"),
        "texts": {**before.texts, **{k: v for k, v in texts.items() if v is not None}},
        **currency_terms(books, sent, existing.currency if existing else None),
    }
    return replace(before, **{name: value for name, value in changes.items() if value is not None})


def _blank(books: Books, sort: Sort) -> Proposal:
    """A quote has the standard theme from the start, an order none (recorded)."""
    theme = books.theme.id if sort.is_quote else None
    return Proposal(wire.EMPTY_GUID, "", "", "DRAFT", 0, date=books.today(), theme_id=theme)


def _echo(
    books: Books, sort: Sort, sent: Sent, drawn: Proposal, contact: Contact | None, places: int
) -> dict[str, Any]:
    """A refused order comes back whole, under the empty id where it named none (recorded); a quote's is unsettled."""
    if sort.is_quote:
        return {
            "QuoteID": drawn.id,
            "QuoteNumber": drawn.number or None,
            "Reference": drawn.reference or None,
            "Date": drawn.date,
            "Status": drawn.status,
            "Total": drawn.total,
        }
    named = reading.guid(sent, "purchaseorderid")
    told = {**order_head(drawn, refused=True), "PurchaseOrderID": named or wire.EMPTY_GUID}
    lines = [{**line_alone(line, places), "LineItemID": None} for line in drawn.lines]
    return {
        **told,
        "TotalDiscount": drawn.total_discount or ZERO,
        "Reference": drawn.reference or None,
        "Type": "PURCHASEORDER",
        "CurrencyCode": drawn.currency,
        "Contact": None if contact is None else _contact_echo(books, contact),
        "Status": drawn.status,
        "LineAmountTypes": drawn.line_amount_types,
        "LineItems": lines,
        "SubTotal": drawn.sub_total,
        "TotalTax": drawn.total_tax,
        "Total": drawn.total,
    }


def _contact_echo(books: Books, contact: Contact) -> dict[str, Any]:
    told = contacts.written(contact) | {
        "DefaultCurrency": contact.currency or books.organisation.base_currency
    }
    left_out = (
        "IsSupplier",
        "IsCustomer",
        "SalesTrackingCategories",
        "PurchasesTrackingCategories",
    )
    return {name: value for name, value in told.items() if name not in left_out}
