"""What people do in Xero's own pages: pay, take back, credit, refund, archive, merge, void, edit, lock, type in.

Unlike the API, a person may restore an archived contact and merge two. Refusals raise `errors.Invalid`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.xero import (
    allocations,
    arithmetic,
    bank_transactions,
    contact_writes,
    credit_writes,
    errors,
    invoice_writes,
    payables,
    payments,
)
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.records import Contact, Credit, Invoice, Payment
from sync_worker.sandbox.xero.where import fold

BOOKKEEPER = "Robin Bookkeeper"


def pay(
    books: Books,
    invoice_id: str,
    amount: Decimal | str | int,
    on: date | None = None,
    account_code: str = "090",
    reference: str = "",
) -> str:
    """Enter a payment and give its PaymentID."""
    return _paid(books, _invoice(books, invoice_id), amount, on, account_code, reference)


def unpay(books: Books, payment_id: str) -> None:
    payments.delete(books, _payment(books, payment_id), BOOKKEEPER)


def reconcile(books: Books, payment_id: str) -> None:
    """Match the payment with a bank line: from now on it cannot be deleted. UpdatedDateUTC moves (unsettled)."""
    payment = _payment(books, payment_id)
    books.payments.put(replace(payment, reconciled=True, updated=books.now()))


def archive_contact(books: Books, contact_id: str) -> None:
    _contact_status(books, contact_id, "ARCHIVED")


def restore_contact(books: Books, contact_id: str) -> None:
    """Bring an archived contact back, unless an active one has its name by now."""
    contact = _contact(books, contact_id)
    if books.contacts.first("active name", fold(contact.name)) not in (None, contact):
        raise Invalid([errors.NAME_TAKEN.format(name=contact.name)])
    _contact_status(books, contact_id, "ACTIVE")


def merge_contacts(books: Books, from_id: str, into_id: str) -> None:
    """The first contact's documents become the second's; the first is archived and points there."""
    source, target = _contact(books, from_id), _contact(books, into_id)
    now = books.now()
    for invoice in books.invoices.find("contact", source.id):
        # Whether a merge stamps the documents is unsettled: it does not, which is the harder on a client that polls.
        books.invoices.put(replace(invoice, contact_id=target.id))
    for shelf in books.credits.values():
        for one in shelf.find("contact", source.id):
            shelf.put(replace(one, contact_id=target.id))
    merged = replace(source, status="ARCHIVED", merged_to=target.id, updated=now)
    books.contacts.put(merged)
    books.contacts.put(
        replace(
            target,
            is_customer=target.is_customer or source.is_customer,
            is_supplier=target.is_supplier or source.is_supplier,
            updated=now,
        )
    )
    books.note(target.id, "Merged", f"{source.name} was merged into {target.name}.", BOOKKEEPER)


def void_invoice(books: Books, invoice_id: str) -> None:
    """Void an approved invoice, or delete one that was never approved."""
    invoice = _invoice(books, invoice_id)
    status = "DELETED" if invoice.status in ("DRAFT", "SUBMITTED") else "VOIDED"
    edit_invoice(books, invoice_id, Status=status)


def edit_invoice(books: Books, invoice_id: str, **changes: Any) -> None:
    """Change members by Xero's names (`DueDate`, `Reference`, `LineItems` ..), under the rules of the API."""
    invoice = _invoice(books, invoice_id)
    made_by = invoice.made_by
    invoice_writes.save(
        books, _folded(changes), invoice, places=4, made_by=made_by, user=BOOKKEEPER
    )


def edit_quietly(books: Books, invoice_id: str, **changes: Any) -> None:
    """Change a document without moving its UpdatedDateUTC: some changes of part-paid ones do so (Xero's pages)."""
    updated = _invoice(books, invoice_id).updated
    edit_invoice(books, invoice_id, **changes)
    books.invoices.put(replace(_invoice(books, invoice_id), updated=updated))


def touch(books: Books, invoice_id: str) -> None:
    """Stamp a document anew without changing it, as some pages do."""
    books.invoices.put(replace(_invoice(books, invoice_id), updated=books.now()))


def credit(
    books: Books, invoice_id: str, amount: Decimal | str | int, on: date | None = None
) -> str:
    """Write a credit note and set it against an approved document; its CreditNoteID. It can turn the document PAID."""
    invoice, credited = _invoice(books, invoice_id), arithmetic.cents(Decimal(amount))
    if invoice.status != "AUTHORISED" or credited > invoice.amount_due:
        raise Invalid([errors.TOO_MUCH])
    note_id = credit_note(books, invoice.contact_id, credited, kind=f"{invoice.kind}CREDIT", on=on)
    allocate(books, note_id, invoice.id, credited, on)
    return note_id


def credit_note(
    books: Books,
    contact_id: str,
    amount: Decimal | str | int,
    kind: str = "ACCRECCREDIT",
    on: date | None = None,
) -> str:
    """Write a credit note that stands open, and give its CreditNoteID."""
    line = {"Description": "Credit", "UnitAmount": str(amount), "AccountCode": "260"}
    sent = {
        "Type": kind,
        "Status": "AUTHORISED",
        "Contact": {"ContactID": contact_id},
        "Date": on or books.today(),
        "LineAmountTypes": "NoTax",
        "LineItems": [line],
    }
    return credit_writes.save(books, _folded(sent), None, user=BOOKKEEPER).id


def receive(
    books: Books,
    contact_id: str,
    amount: Decimal | str | int,
    kind: str = "RECEIVE-OVERPAYMENT",
    account_code: str = "090",
    on: date | None = None,
) -> str:
    """Enter money at the bank that pays no invoice; the id of the transaction and of the credit it makes."""
    line = {"Description": "Received", "UnitAmount": str(amount), "AccountCode": "260"}
    sent = {
        "Type": kind,
        "Contact": {"ContactID": contact_id},
        "BankAccount": {"Code": account_code},
        "Date": on or books.today(),
        "LineAmountTypes": "NoTax",
        "LineItems": [line],
    }
    return bank_transactions.save(books, _folded(sent), None, user=BOOKKEEPER).id


def allocate(
    books: Books,
    credit_id: str,
    invoice_id: str,
    amount: Decimal | str | int,
    on: date | None = None,
) -> str:
    """Set an open credit of any kind against a document; the AllocationID."""
    set_off, day = arithmetic.cents(Decimal(amount)), on or books.today()
    invoice = _invoice(books, invoice_id)
    made = allocations.allocate(books, _credit(books, credit_id), invoice, set_off, day, BOOKKEEPER)
    return made.id


def take_off(books: Books, allocation_id: str) -> None:
    allocation = books.allocations.get(allocation_id.lower())
    if allocation is None or allocation.deleted:
        raise Invalid([errors.NOT_FOR_THIS_ENDPOINT])
    allocations.take_off(books, allocation, BOOKKEEPER)


def refund(
    books: Books,
    credit_id: str,
    amount: Decimal | str | int,
    on: date | None = None,
    account_code: str = "090",
) -> str:
    """Pay a credit back, and give the PaymentID."""
    return _paid(books, _credit(books, credit_id), amount, on, account_code, "")


def set_lock_dates(books: Books, period: date | None = None, year_end: date | None = None) -> None:
    """Set both lock dates; None lifts one."""
    books.organisation = replace(books.organisation, period_lock=period, year_end_lock=year_end)


def add_contact(books: Books, name: str, **members: Any) -> str:
    """Type in a contact, its members by Xero's names, and give its ContactID."""
    contact = contact_writes.save(books, _folded({"Name": name, **members}), None)
    books.contacts.put(replace(contact, by_api=False))
    return contact.id


def add_invoice(
    books: Books,
    contact_id: str,
    lines: Sequence[Mapping[str, Any]] = (),
    *,
    kind: str = "ACCREC",
    status: str = "AUTHORISED",
    **members: Any,
) -> str:
    """Type in an invoice or bill, its members by Xero's names, and give its InvoiceID. Due today unless said."""
    sent = {
        "Type": kind,
        "Status": status,
        "Contact": {"ContactID": contact_id},
        "LineItems": list(lines),
        "DueDate": books.today().isoformat(),
        **members,
    }
    return invoice_writes.save(books, _folded(sent), None, places=4, user=BOOKKEEPER).id


def _paid(
    books: Books,
    payable: payables.Payable,
    amount: Decimal | str | int,
    on: date | None,
    account_code: str,
    reference: str,
) -> str:
    account = payments.account_for(books, account_code, None)
    paid, day = arithmetic.cents(Decimal(amount)), on or books.today()
    problems = payments.problems_of(books, payable, paid, day)
    if account is None or problems:
        raise Invalid(problems or [errors.PAYMENT_ACCOUNT])
    made = payments.make(books, payable, account, paid, day, reference=reference, user=BOOKKEEPER)
    return made.id


def _folded(value: Any) -> Any:
    """Members as a request would bring them: keys in lower case, dates as text, floats never."""
    if isinstance(value, Mapping):
        return {key.lower(): _folded(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_folded(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _contact_status(books: Books, contact_id: str, status: str) -> None:
    contact = _contact(books, contact_id)
    merged_to = contact.merged_to if status == "ARCHIVED" else None
    books.contacts.put(replace(contact, status=status, merged_to=merged_to, updated=books.now()))


def _contact(books: Books, contact_id: str) -> Contact:
    contact = books.contacts.get(contact_id.lower())
    if contact is None:
        raise Invalid([errors.CONTACT_UNKNOWN])
    return contact


def _invoice(books: Books, invoice_id: str) -> Invoice:
    invoice = books.invoices.get(invoice_id.lower())
    if invoice is None:
        raise Invalid([errors.INVOICE_UNKNOWN])
    return invoice


def _credit(books: Books, credit_id: str) -> Credit:
    for shelf in books.credits.values():
        credit = shelf.get(credit_id.lower())
        if credit is not None:
            return credit
    raise Invalid([errors.CREDIT_UNKNOWN])


def _payment(books: Books, payment_id: str) -> Payment:
    payment = books.payments.get(payment_id.lower())
    if payment is None:
        raise Invalid([errors.NOT_FOR_THIS_ENDPOINT])
    return payment
