"""Creating and changing invoices and bills: who a write is about, which steps a status may take, what must be there.

PUT only creates. POST without an id updates the sales invoice that holds the number (reported, pyxero#328);
bills never match by number. An unknown InvoiceID ends the whole call with 404 (recorded for its siblings).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import (
    arithmetic,
    contact_writes,
    errors,
    invoice_states,
    invoices,
    reading,
    wire,
    writes,
)
from sync_worker.sandbox.xero.books import SYSTEM, Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.document_lines import line_of_list
from sync_worker.sandbox.xero.document_terms import currency_terms
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.invoice_lines import LineReader
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Contact, Invoice
from sync_worker.sandbox.xero.where import fold

INVOICES = writes.Kind("Invoices", "HasErrors")
_TYPES = {"ACCREC": "ACCREC", "ACCPAY": "ACCPAY"}
STATUSES = {
    status: status for status in ("DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED")
}
_LONGEST = {"InvoiceNumber": 255, "Reference": 255, "Url": 2_000}


def put_invoices(call: Call) -> Response:
    return writes.write(call, INVOICES, lambda sent: _saved(call, sent, None))


def post_invoices(call: Call) -> Response:
    return writes.write(call, INVOICES, lambda sent: _saved(call, sent, _meant(call.books, sent)))


def post_invoice(call: Call) -> Response:
    existing = invoices.find(call.books, call.segments[1])
    if existing is None:
        raise errors.not_found()
    return writes.write(call, INVOICES, lambda sent: _saved(call, sent, existing))


def email_invoice(call: Call) -> Response:
    """POST /Invoices/{id}/Email: an approved sales invoice goes to the contact's address; 204 and nothing more."""
    books = call.books
    invoice = invoices.find(books, call.segments[1])
    if invoice is None:
        raise errors.not_found()
    problem = None if invoices.contact_of(books, invoice).email else errors.NO_EMAIL
    if invoice.kind != "ACCREC" or invoice.status not in ("AUTHORISED", "PAID"):
        problem = errors.NOT_APPROVED
    if problem is not None:
        element = {"InvoiceID": invoice.id, "ValidationErrors": errors.messages([problem])}
        return errors.validation([element])
    books.invoices.put(replace(invoice, sent=True, updated=books.now()))
    books.note(invoice.id, "Invoice sent", "This invoice has been sent")
    return Response(204)


def _saved(call: Call, sent: Sent, existing: Invoice | None) -> dict[str, Any]:
    made_by = call.client_id if existing is None else existing.made_by
    places = call.unit_places
    invoice = save(call.books, sent, existing, places=places, made_by=made_by)
    return invoices.written(call.books, invoice, places)


def save(
    books: Books,
    sent: Sent,
    existing: Invoice | None,
    *,
    places: int = 2,
    made_by: str | None = None,
    user: str = SYSTEM,
) -> Invoice:
    """Create or update one document; what is not sent stays as it is."""
    drawn = _Drawing(books, sent, existing, places)
    if drawn.problems or drawn.contact is None:
        raise Invalid(drawn.problems, drawn.echo())
    now = books.now()
    final: dict[str, Any] = {"contact_id": drawn.contact.id, "updated": now, "made_by": made_by}
    if existing is None:
        final |= {"id": books.new_id(), "created": now}
        if drawn.invoice.kind == "ACCREC" and not drawn.invoice.number:
            final["number"] = books.next_invoice_number()
    invoice = invoice_states.settled(replace(drawn.invoice, **final))
    books.invoices.put(invoice)
    _mark_contact(books, drawn.contact, invoice.kind)
    _note(books, existing, invoice, drawn.contact, user)
    return invoice


def _meant(books: Books, sent: Sent) -> Invoice | None:
    invoice_id = reading.guid(sent, "invoiceid")
    if invoice_id and invoice_id != wire.EMPTY_GUID:
        invoice = books.invoices.get(invoice_id)
        if invoice is None:
            raise errors.not_found()
        return invoice
    number = reading.text(sent, "invoicenumber")
    if number and reading.word(sent, "type", _TYPES, "InvoiceType") != "ACCPAY":
        return books.invoices.first("number", fold(number))
    return None


def _mark_contact(books: Books, contact: Contact, kind: str) -> None:
    """The first document makes a customer or a supplier, without touching UpdatedDateUTC (Xero's documentation)."""
    held = books.contacts.get(contact.id) or contact
    if kind == "ACCREC" and not held.is_customer:
        books.contacts.put(replace(held, is_customer=True))
    elif kind == "ACCPAY" and not held.is_supplier:
        books.contacts.put(replace(held, is_supplier=True))


def _note(
    books: Books, before: Invoice | None, after: Invoice, contact: Contact, user: str
) -> None:
    if before is None:
        change = "Created"
    elif before.status != after.status:
        change = {"AUTHORISED": "Approved", "VOIDED": "Voided", "DELETED": "Deleted"}.get(
            after.status, "Edited"
        )
    else:
        change = "Edited"
    books.note(after.id, change, f"{after.number} to {contact.name} for {after.total}.", user)


class _Drawing:
    """A document as the client would have it, and everything that is wrong with it."""

    def __init__(self, books: Books, sent: Sent, existing: Invoice | None, places: int) -> None:
        self.books = books
        self.sent = sent
        self.existing = existing
        self.problems: list[str] = []
        self.contact: Contact | None = None
        self.status_sent = reading.word(sent, "status", STATUSES, "InvoiceStatus")
        self.invoice = self._outline()
        refusal = invoice_states.refusal(existing, self.status_sent)
        if refusal is None:
            self._fill(places)
        else:
            self.problems.append(refusal)
            self._lines(places)

    def _outline(self) -> Invoice:
        """Every plain field, as sent or as it was."""
        existing = self.existing
        kind = reading.word(self.sent, "type", _TYPES, "InvoiceType")
        if existing is not None:
            changes = {**self._texts(existing.kind), **self._days()}
            return replace(existing, **changes, **self._terms(existing.kind, existing.currency))
        if kind is None:
            self.problems.append(errors.TYPE_NEEDED)
            kind = "ACCREC"
        books = self.books
        blank: dict[str, Any] = {
            "id": wire.EMPTY_GUID,
            "kind": kind,
            "number": "",
            "contact_id": "",
            "updated": 0,
            "theme_id": books.theme.id if kind == "ACCREC" else None,
        }
        terms = {"line_amount_types": "Exclusive", **self._terms(kind, "")}
        days = self._days()
        if "date" not in days:
            days["date"] = books.today()
        return Invoice(**blank | self._texts(kind) | days | terms)

    def _texts(self, kind: str) -> dict[str, Any]:
        sent = self.sent
        texts = {
            "number": reading.text(sent, "invoicenumber") or None,
            # A bill's Reference is not kept: its InvoiceNumber is what Xero shows as reference (Xero-OpenAPI 16.1).
            "reference": reading.text(sent, "reference") if kind == "ACCREC" else None,
            "url": reading.text(sent, "url"),
            "theme_id": reading.guid(sent, "brandingthemeid"),
        }
        return {field: value for field, value in texts.items() if value is not None}

    def _days(self) -> dict[str, Any]:
        days = {
            "date": reading.day(self.sent, "date"),
            "due_date": reading.day(self.sent, "duedate"),
            "expected_date": reading.day(self.sent, "expectedpaymentdate"),
            "planned_date": reading.day(self.sent, "plannedpaymentdate"),
        }
        return {field: value for field, value in days.items() if value is not None}

    def _terms(self, kind: str, currency: str) -> dict[str, Any]:
        sent, existing = self.sent, self.existing
        terms = {
            **currency_terms(self.books, sent, None if existing is None else currency),
            "status": self.status_sent or (existing.status if existing else "DRAFT"),
        }
        if existing is not None and "line_amount_types" not in terms:
            terms["line_amount_types"] = existing.line_amount_types
        if reading.flag(sent, "senttocontact") and kind == "ACCREC":
            terms["sent"] = terms["status"] in ("AUTHORISED", "PAID")
        return terms

    def _fill(self, places: int) -> None:
        self._resolve_contact()
        self._lines(places)
        self._check_fields()
        if self.invoice.status in invoice_states.APPROVED:
            self._check_approved()
        self.problems += invoice_states.lock_problems(self.books, self.existing, self.invoice)
        if self.existing is not None and self.existing.settled_in_part:
            sent_lines = reading.records(self.sent, "lineitems")
            self.problems += invoice_states.frozen_problems(self.existing, self.invoice, sent_lines)

    def _resolve_contact(self) -> None:
        existing = self.existing
        held = self.books.contacts.get(existing.contact_id) if existing else None
        try:
            self.contact = contact_writes.of_document(
                self.books, reading.record(self.sent, "contact"), held
            )
        except Invalid as invalid:
            self.problems += invalid.messages

    def _lines(self, places: int) -> None:
        """Lines and totals. Lines that are not sent stay; new terms of tax work the old ones out anew."""
        held = self.existing.lines if self.existing else ()
        given = reading.records(self.sent, "lineitems")
        if given is None and self.existing is not None:
            if self.invoice.line_amount_types == self.existing.line_amount_types:
                return
            given = [{"lineitemid": line.id} for line in held]
        approved = self.invoice.status in invoice_states.APPROVED
        reader = LineReader(
            self.books, self.invoice.kind, self.invoice.line_amount_types, approved, places
        )
        lines = reader.read(given or (), held)
        self.problems += reader.problems
        sums = arithmetic.totals(lines, self.invoice.line_amount_types)
        self.invoice = replace(
            self.invoice,
            lines=lines,
            sub_total=sums.sub_total,
            total_tax=sums.total_tax,
            total=sums.total,
            total_discount=sums.total_discount,
        )

    def _check_fields(self) -> None:
        invoice = self.invoice
        for member, longest in _LONGEST.items():
            if len(reading.text(self.sent, member.lower()) or "") > longest:
                self.problems.append(errors.TOO_LONG.format(field=member, limit=longest))
        if invoice.url and (
            "xero" in invoice.url.lower()
            or not invoice.url.lower().startswith(("http://", "https://"))
        ):
            self.problems.append(errors.URL_REFUSED)
        if invoice.currency not in self.books.currencies:
            self.problems.append(errors.CURRENCY_UNKNOWN.format(code=invoice.currency))
        if invoice.kind == "ACCREC" and invoice.number:
            holder = self.books.invoices.first("number", fold(invoice.number))
            if holder is not None and (self.existing is None or holder.id != self.existing.id):
                self.problems.append(errors.NUMBER_TAKEN)

    def _check_approved(self) -> None:
        if self.invoice.due_date is None:
            self.problems.append(errors.DUE_DATE_NEEDED)
        if not self.invoice.lines:
            self.problems.append(errors.LINES_NEEDED)
        if self.invoice.total < 0:
            self.problems.append(errors.NEGATIVE_TOTAL)

    def echo(self) -> dict[str, Any]:
        """A refused document as it comes back: what was sent, worked out, under its id or the empty one (recorded)."""
        invoice, sent = self.invoice, self.sent
        return {
            "Type": invoice.kind,
            "InvoiceID": self.existing.id if self.existing else wire.EMPTY_GUID,
            "InvoiceNumber": reading.text(sent, "invoicenumber"),
            "Reference": reading.text(sent, "reference"),
            "Url": reading.text(sent, "url"),
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "IsDiscounted": bool(invoice.total_discount),
            "InvoiceAddresses": [],
            "HasErrors": True,
            "InvoicePaymentServices": [],
            "Contact": self._echoed_contact(),
            **_echoed_day("Date", invoice.date),
            **_echoed_day("DueDate", invoice.due_date),
            "Status": invoice.status,
            "LineAmountTypes": invoice.line_amount_types,
            "LineItems": [line_of_list(line, 4) for line in invoice.lines],
            "SubTotal": invoice.sub_total,
            "TotalTax": invoice.total_tax,
            "Total": invoice.total,
            "CurrencyCode": invoice.currency if invoice.currency in self.books.currencies else None,
        }

    def _echoed_contact(self) -> dict[str, Any]:
        sent = reading.record(self.sent, "contact") or {}
        held = self.existing.contact_id if self.existing else None
        return {
            "ContactID": reading.guid(sent, "contactid") or held,
            "ContactNumber": reading.text(sent, "contactnumber"),
            "Name": reading.text(sent, "name"),
            "Addresses": [],
            "Phones": [],
            "ContactGroups": [],
            "ContactPersons": [],
            "HasValidationErrors": False,
            "ValidationErrors": [],
        }


def _echoed_day(name: str, value: date | None) -> dict[str, Any]:
    return {} if value is None else {f"{name}String": wire.day_string(value), name: value}
