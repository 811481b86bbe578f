"""What a payment can be made against: an invoice, a bill, or a credit that is paid back.

A refund is a payment too. Its PaymentType and the Type of the document inside it say so (Xero-OpenAPI 16.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.xero import (
    contacts,
    errors,
    invoice_states,
    invoices,
    open_credits,
    reading,
    wire,
)
from sync_worker.sandbox.xero.arithmetic import ZERO
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Credit, Invoice, Payment

Payable = Invoice | Credit

_PAYMENT_TYPES: Mapping[str, str] = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENTPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENTPAYMENT",
}


def of_payment(books: Books, payment: Payment) -> Payable:
    if payment.family == "Invoices":
        return books.invoices[payment.invoice_id]
    return books.credits[payment.family][payment.invoice_id]


def meant(books: Books, sent: Sent) -> Payable | None:
    """The document that Invoice, CreditNote, Prepayment or Overpayment names, or a number beside them."""
    for family in open_credits.FAMILIES.values():
        named = reading.record(sent, family.singular.lower()) or {}
        key = reading.guid(named, family.id_member.lower()) or reading.text(
            named, "creditnotenumber"
        )
        if key:
            return open_credits.find(books, family, key)
    number = reading.text(sent, "creditnotenumber")
    if number:
        return open_credits.find(books, open_credits.FAMILIES["creditnotes"], number)
    named = reading.record(sent, "invoice") or {}
    invoice_id = reading.guid(named, "invoiceid")
    number = reading.text(named, "invoicenumber") or reading.text(sent, "invoicenumber")
    return invoices.find(books, invoice_id or number or "-")


def missing(sent: Sent) -> str:
    """Why nothing was meant: no document was named, or there is none such."""
    named = (sent.get(member) for member in ("invoice", "creditnote", "prepayment", "overpayment"))
    return errors.INVOICE_UNKNOWN if any(named) else errors.INVOICE_NEEDED


def payment_type(payable: Payable) -> str:
    return _PAYMENT_TYPES[payable.kind]


def family(payable: Payable) -> str:
    return "Invoices" if isinstance(payable, Invoice) else payable.family


def open_amount(payable: Payable) -> Decimal:
    """What may still be paid of it."""
    if payable.status not in ("AUTHORISED", "PAID"):
        return ZERO
    return payable.amount_due if isinstance(payable, Invoice) else payable.remaining


def pay(books: Books, payable: Payable, amount: Decimal, on: date | None, now: int) -> None:
    """Count a payment in; a negative amount takes one back."""
    if isinstance(payable, Invoice):
        paid = replace(payable, amount_paid=payable.amount_paid + amount, updated=now)
        books.invoices.put(invoice_states.settled(paid, on))
    else:
        repaid = replace(payable, refunded=payable.refunded + amount, updated=now)
        books.credits[payable.family].put(open_credits.settled(repaid, on))


def thin(books: Books, payable: Payable) -> dict[str, Any]:
    """The document inside a listed payment (recorded for invoices)."""
    return {
        "Type": _type_of(payable),
        "InvoiceID": payable.id,
        "InvoiceNumber": payable.number,
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "IsDiscounted": False,
        "InvoiceAddresses": [],
        "HasErrors": False,
        "InvoicePaymentServices": [],
        "Contact": contacts.thin(books.contacts[payable.contact_id]),
        "LineItems": [],
        "CurrencyCode": payable.currency,
    }


def whole(books: Books, payable: Payable, with_payments: bool) -> dict[str, Any]:
    """The document inside a single payment."""
    if isinstance(payable, Invoice):
        return invoices.inside_payment(books, payable, with_payments)
    return {
        **thin(books, payable),
        "DateString": None if payable.date is None else wire.day_string(payable.date),
        "Date": payable.date,
        "Status": payable.status,
        "LineAmountTypes": payable.line_amount_types,
        "SubTotal": payable.sub_total,
        "TotalTax": payable.total_tax,
        "Total": payable.total,
        "UpdatedDateUTC": wire.instant(payable.updated),
    }


def _type_of(payable: Payable) -> str:
    side, _, what = payable.kind.partition("-")
    if not what:
        return payable.kind
    return ("AR" if side == "RECEIVE" else "AP") + what
