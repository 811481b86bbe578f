"""Creating and changing credit notes: like invoices, without a due date and with numbers of their own.

PUT only creates; POST without an id changes the sales credit note that holds the number (as invoices do; unsettled for
credit notes). Allocations sent inside are ignored: they are calls of their own (seen in xeroizer#196).
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import (
    arithmetic,
    contact_writes,
    errors,
    invoice_states,
    open_credits,
    reading,
    wire,
    writes,
)
from sync_worker.sandbox.xero.books import CREDIT_NOTES, SYSTEM, Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.document_lines import line_of_list
from sync_worker.sandbox.xero.document_terms import currency_terms
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.invoice_lines import LineReader
from sync_worker.sandbox.xero.invoice_writes import STATUSES
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Contact, Credit
from sync_worker.sandbox.xero.where import fold

NOTES = writes.Kind(CREDIT_NOTES, "HasErrors")
_TYPES = {"ACCRECCREDIT": "ACCRECCREDIT", "ACCPAYCREDIT": "ACCPAYCREDIT"}


def put_notes(call: Call) -> Response:
    return writes.write(call, NOTES, lambda sent: _saved(call, sent, None))


def post_notes(call: Call) -> Response:
    return writes.write(call, NOTES, lambda sent: _saved(call, sent, _meant(call.books, sent)))


def post_note(call: Call) -> Response:
    existing = open_credits.found(call)
    return writes.write(call, NOTES, lambda sent: _saved(call, sent, existing))


def save(
    books: Books,
    sent: Sent,
    existing: Credit | None,
    *,
    places: int = 2,
    made_by: str | None = None,
    user: str = SYSTEM,
) -> Credit:
    """Create or change one credit note; what is not sent stays as it is."""
    note, contact, problems = _drawn(books, sent, existing, places)
    if problems or contact is None:
        raise Invalid(problems, _echo(sent, note, existing))
    now = books.now()
    final: dict[str, Any] = {"contact_id": contact.id, "updated": now}
    if existing is None:
        final |= {"id": books.new_id(), "created": now, "made_by": made_by}
        if note.kind == "ACCRECCREDIT" and not note.number:
            final["number"] = books.next_credit_note_number()
    saved = open_credits.settled(replace(note, **final))
    books.credits[CREDIT_NOTES].put(saved)
    details = f"{saved.number} to {contact.name} for {saved.total}."
    books.note(saved.id, "Edited" if existing else "Created", details, user)
    return saved


def _saved(call: Call, sent: Sent, existing: Credit | None) -> dict[str, Any]:
    note = save(call.books, sent, existing, places=call.unit_places, made_by=call.client_id)
    return open_credits.single(call.books, note, call.unit_places)


def _meant(books: Books, sent: Sent) -> Credit | None:
    credit_id = reading.guid(sent, "creditnoteid")
    if credit_id and credit_id != wire.EMPTY_GUID:
        credit = books.credits[CREDIT_NOTES].get(credit_id)
        if credit is None:
            raise errors.not_found()
        return credit
    number = reading.text(sent, "creditnotenumber")
    return books.credits[CREDIT_NOTES].first("number", fold(number)) if number else None


def _drawn(
    books: Books, sent: Sent, existing: Credit | None, places: int
) -> tuple[Credit, Contact | None, list[str]]:
    status = reading.word(sent, "status", STATUSES, "CreditNoteStatus")
    note = _outline(books, sent, existing, status)
    problems = [] if existing or sent.get("type") else [errors.TYPE_NEEDED]
    refusal = invoice_states.refusal(existing, status)
    if refusal is not None:
        return note, None, [*problems, refusal]
    contact = None
    held = books.contacts.get(existing.contact_id) if existing else None
    try:
        contact = contact_writes.of_document(books, reading.record(sent, "contact"), held)
    except Invalid as invalid:
        problems += invalid.messages
    given = reading.records(sent, "lineitems")
    if given is not None or existing is None:
        note, found = _with_lines(books, note, given or [], places)
        problems += found
    problems += _checks(books, sent, note, existing)
    return note, contact, problems


def _outline(books: Books, sent: Sent, existing: Credit | None, status: str | None) -> Credit:
    kind = reading.word(sent, "type", _TYPES, "CreditNoteType") or "ACCRECCREDIT"
    blank = Credit(
        id=wire.EMPTY_GUID,
        family=CREDIT_NOTES,
        kind=kind,
        number="",
        contact_id="",
        status="DRAFT",
        updated=0,
        date=books.today(),
        theme_id=books.theme.id if kind == "ACCRECCREDIT" else None,
    )
    before = existing or blank
    changes = {
        "number": reading.text(sent, "creditnotenumber") or None,
        "reference": reading.text(sent, "reference"),
        "date": reading.day(sent, "date"),
        "theme_id": reading.guid(sent, "brandingthemeid"),
        "sent": reading.flag(sent, "senttocontact"),
        "status": status,
        **currency_terms(books, sent, existing.currency if existing else None),
    }
    return replace(before, **{name: value for name, value in changes.items() if value is not None})


def _with_lines(
    books: Books, note: Credit, given: list[Sent], places: int
) -> tuple[Credit, list[str]]:
    approved = note.status in invoice_states.APPROVED
    reader = LineReader(books, note.kind[:6], note.line_amount_types, approved, places)
    lines = reader.read(given, note.lines)
    sums = arithmetic.totals(lines, note.line_amount_types)
    filled = replace(
        note,
        lines=lines,
        sub_total=sums.sub_total,
        total_tax=sums.total_tax,
        total=sums.total,
        total_discount=sums.total_discount,
    )
    return filled, reader.problems


def _checks(books: Books, sent: Sent, note: Credit, existing: Credit | None) -> list[str]:
    problems = []
    if note.currency not in books.currencies:
        problems.append(errors.CURRENCY_UNKNOWN.format(code=note.currency))
    if note.status in invoice_states.APPROVED and not note.lines:
        problems.append(errors.LINES_NEEDED)
    if note.kind == "ACCRECCREDIT" and note.number:
        holder = books.credits[CREDIT_NOTES].first("number", fold(note.number))
        if holder is not None and (existing is None or holder.id != existing.id):
            problems.append(errors.CREDIT_NUMBER_TAKEN)
    if existing is not None and existing.settled_in_part and sent.get("lineitems") is not None:
        problems.append(errors.HAS_PAYMENTS)
    return problems + invoice_states.lock_problems(books, existing, note)


def _echo(sent: Sent, note: Credit, existing: Credit | None) -> dict[str, Any]:
    contact = reading.record(sent, "contact") or {}
    return {
        "CreditNoteID": existing.id if existing else wire.EMPTY_GUID,
        "CreditNoteNumber": reading.text(sent, "creditnotenumber"),
        "Type": note.kind,
        "Reference": reading.text(sent, "reference"),
        "HasErrors": True,
        "Contact": {
            "ContactID": reading.guid(contact, "contactid"),
            "Name": reading.text(contact, "name"),
        },
        "Date": note.date,
        "Status": note.status,
        "LineAmountTypes": note.line_amount_types,
        "LineItems": [line_of_list(line, 4) for line in note.lines],
        "SubTotal": note.sub_total,
        "TotalTax": note.total_tax,
        "Total": note.total,
    }
