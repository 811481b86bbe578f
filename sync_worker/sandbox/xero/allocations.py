"""Setting a credit against a document, and taking it off again: both sides are stamped and worked out anew.

Whether Xero stamps the invoice too is unsettled; it does here, so that a client that polls invoices can see it. Amount
is the member in JSON, AppliedAmount in XML (xero-node#239); both are read.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import (
    arithmetic,
    errors,
    invoice_states,
    invoices,
    open_credits,
    reading,
    wire,
    writes,
)
from sync_worker.sandbox.xero.arithmetic import ZERO
from sync_worker.sandbox.xero.books import SYSTEM, Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Allocation, Credit, Invoice

ALLOCATIONS = writes.Kind("Allocations", "HasErrors")


def put_allocations(call: Call) -> Response:
    credit_id = open_credits.found(call).id
    family = open_credits.family_of(call)

    def save(sent: Sent) -> dict[str, Any]:
        credit = call.books.credits[family.plural][credit_id]
        allocation = _made(call.books, credit, sent)
        return {
            "AllocationID": allocation.id,
            "Amount": allocation.amount,
            "Date": allocation.date,
            "Invoice": open_credits.thin_invoice(call.books.invoices[allocation.invoice_id]),
            family.singular: {family.id_member: credit_id, "ID": credit_id, "LineItems": []},
            "IsDeleted": False,
            "ValidationErrors": [],
        }

    return writes.write(call, ALLOCATIONS, save)


def delete_allocation(call: Call) -> Response:
    """The answer is the allocation alone, without an envelope (Xero-OpenAPI 16.1)."""
    credit = open_credits.found(call)
    allocation = call.books.allocations.get(call.segments[3].lower())
    if allocation is None or allocation.deleted or allocation.credit_id != credit.id:
        raise errors.not_found()
    gone = take_off(call.books, allocation)
    return wire.answer(open_credits.rendered_allocation(call.books, gone))


def allocate(
    books: Books,
    credit: Credit,
    invoice: Invoice,
    amount: Decimal,
    on: date,
    user: str = SYSTEM,
) -> Allocation:
    """Set part of a credit against a document; Invalid says why that cannot be."""
    problems = _problems(credit, invoice, amount)
    if problems:
        raise Invalid(problems)
    now = books.now()
    allocation = Allocation(books.new_id(), credit.family, credit.id, invoice.id, amount, on, now)
    books.allocations.put(allocation)
    _move(books, credit, invoice, amount, on, now)
    books.note(invoice.id, "Credit Applied", f"{credit.number} for {amount}", user)
    books.note(credit.id, "Credit Applied", f"{invoice.number} for {amount}", user)
    return allocation


def take_off(books: Books, allocation: Allocation, user: str = SYSTEM) -> Allocation:
    now = books.now()
    gone = replace(allocation, deleted=True, updated=now)
    books.allocations.put(gone)
    credit = books.credits[allocation.family][allocation.credit_id]
    invoice = books.invoices[allocation.invoice_id]
    _move(books, credit, invoice, -allocation.amount, None, now)
    details = f"Allocation of {allocation.amount} was removed."
    books.note(invoice.id, "Credit removed", details, user)
    return gone


def _move(
    books: Books, credit: Credit, invoice: Invoice, amount: Decimal, on: date | None, now: int
) -> None:
    used = replace(credit, allocated=credit.allocated + amount, updated=now)
    books.credits[credit.family].put(open_credits.settled(used, on))
    credited = replace(invoice, amount_credited=invoice.amount_credited + amount, updated=now)
    books.invoices.put(invoice_states.settled(credited, on))


def _made(books: Books, credit: Credit, sent: Sent) -> Allocation:
    given = reading.number(sent, "amount")
    amount = arithmetic.cents(
        reading.number(sent, "appliedamount") or ZERO if given is None else given
    )
    on = reading.day(sent, "date") or books.today()
    named = reading.record(sent, "invoice") or {}
    key = reading.guid(named, "invoiceid") or reading.text(named, "invoicenumber")
    invoice = invoices.find(books, key) if key else None
    named_as = {
        "InvoiceID": reading.guid(named, "invoiceid"),
        "InvoiceNumber": reading.text(named, "invoicenumber"),
    }
    echo = {"Amount": amount, "Date": on, "Invoice": named_as}
    if invoice is None:
        raise Invalid([errors.INVOICE_UNKNOWN], echo)
    try:
        return allocate(books, credit, invoice, amount, on)
    except Invalid as invalid:
        raise Invalid(invalid.messages, echo) from None


def _problems(credit: Credit, invoice: Invoice, amount: Decimal) -> list[str]:
    name = open_credits.FAMILIES[credit.family.lower()].words
    if amount <= 0:
        return [errors.ALLOCATION_AMOUNT]
    problems = []
    if credit.status not in ("AUTHORISED", "PAID"):
        problems.append(errors.ALLOCATION_STATUS.format(name=name))
    if invoice.status == "PAID":
        problems.append(errors.ALREADY_PAID_OFF)
    elif invoice.status != "AUTHORISED":
        problems.append(errors.ONLY_AUTHORISED)
    if amount > credit.remaining or amount > invoice.amount_due:
        problems.append(errors.ALLOCATION_TOO_MUCH.format(name=name))
    if credit.receivable != (invoice.kind == "ACCREC"):
        problems.append(errors.ALLOCATION_WRONG_TYPE.format(name=name))
    elif credit.contact_id != invoice.contact_id:
        problems.append(errors.ALLOCATION_OTHER_CONTACT.format(name=name))
    return problems
