"""Payments and refunds: listed, made, deleted; each stamps its document too. Payments are never edited.

Deleted ones stay in lists with Status DELETED and a fresh UpdatedDateUTC (Xero-OpenAPI 16.1 shows the delete; that
lists keep it is widely relied on, and unsettled).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import structs

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import (
    arithmetic,
    errors,
    invoice_states,
    listing,
    payables,
    reading,
    wire,
    writes,
)
from sync_worker.sandbox.xero.arithmetic import ZERO
from sync_worker.sandbox.xero.books import SYSTEM, Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.payables import Payable
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Account, Payment
from sync_worker.sandbox.xero.where import fold

PAYMENTS = writes.Kind("Payments", "HasValidationErrors")


def get_payments(call: Call) -> Response:
    page = listing.page(call, call.books.payments, _list(call.books))
    return call.answer(
        "Payments", [listed(call.books, payment) for payment in page.records], page.pagination
    )


def get_payment(call: Call) -> Response:
    payment = _found(call)
    return call.answer("Payments", [single(call.books, payment, with_payments=True)])


def put_payments(call: Call) -> Response:
    return writes.write(call, PAYMENTS, lambda sent: _made(call.books, sent))


def delete_payment(call: Call) -> Response:
    """`{"Status":"DELETED"}`, bare or wrapped, is the only change a payment takes."""
    payment = _found(call)
    (sent, *_) = reading.elements(call.request, "Payments") or [{}]
    if (reading.text(sent, "status") or "").upper() != "DELETED":
        return errors.validation([_refused(payment, errors.ONLY_STATUS)])
    try:
        deleted = delete(call.books, payment)
    except Invalid as invalid:
        return errors.validation([_refused(payment, *invalid.messages)])
    return call.answer("Payments", [single(call.books, deleted, with_payments=False)])


def make(
    books: Books,
    payable: Payable,
    account: Account,
    amount: Decimal,
    on: date,
    *,
    reference: str | None = None,
    rate: Decimal | None = None,
    bank_amount: Decimal | None = None,
    batch_id: str | None = None,
    user: str = SYSTEM,
) -> Payment:
    """Pay part or all of a document that stands AUTHORISED and has at least that much open."""
    now = books.now()
    rate = payable.currency_rate if rate is None else arithmetic.six_places(rate)
    payment = Payment(
        id=books.new_id(),
        invoice_id=payable.id,
        account_id=account.id,
        date=on,
        amount=amount,
        bank_amount=bank_amount if bank_amount is not None else arithmetic.cents(amount / rate),
        type=payables.payment_type(payable),
        updated=now,
        reference=reference,
        currency_rate=rate,
        created=now,
        batch_id=batch_id,
        family=payables.family(payable),
    )
    books.payments.put(payment)
    payables.pay(books, payable, amount, on, now)
    left = payables.open_amount(payable) - amount
    details = f"Payment received on {on.isoformat()} for {amount}. {left} remains."
    books.note(payable.id, "Paid", details, user)
    return payment


def delete(books: Books, payment: Payment, user: str = SYSTEM) -> Payment:
    """Take a payment back: the document owes it again. Members of a batch go with their batch only."""
    if payment.status == "DELETED":
        raise Invalid([errors.PAYMENT_GONE])
    if payment.batch_id is not None:
        raise Invalid([errors.IN_A_BATCH])
    if payment.reconciled:
        raise Invalid([errors.RECONCILED])
    return take_back(books, payment, user)


def take_back(books: Books, payment: Payment, user: str = SYSTEM) -> Payment:
    now = books.now()
    deleted = structs.replace(payment, status="DELETED", updated=now)
    books.payments.put(deleted)
    payables.pay(books, payables.of_payment(books, payment), -payment.amount, None, now)
    details = f"Payment of {payment.amount} was removed."
    books.note(payment.invoice_id, "Payment deleted", details, user)
    return deleted


def problems_of(books: Books, payable: Payable, amount: Decimal, on: date) -> list[str]:
    """Why the document cannot be paid that much on that day."""
    if amount <= 0:
        return [errors.AMOUNT_NEEDED]
    problems = []
    if amount > payables.open_amount(payable):
        problems.append(errors.TOO_MUCH)
    if payable.status != "AUTHORISED":
        problems.append(errors.ONLY_AUTHORISED)
    return problems + invoice_states.lock_problems(books, None, structs.replace(payable, date=on))


def account_for(books: Books, code: str | None, account_id: str | None) -> Account | None:
    """The account that takes the money: a bank account, or one that payments are enabled to."""
    found = (
        books.accounts.first("code", fold(code)) if code else books.accounts.get(account_id or "")
    )
    if found is None or found.status != "ACTIVE":
        return None
    return found if found.type == "BANK" or found.enable_payments else None


def listed(books: Books, payment: Payment) -> dict[str, Any]:
    account = books.accounts[payment.account_id]
    shown = {"AccountID": account.id, "Code": account.code or None}
    told = _rendered(books, payment, shown, payables.thin(books, _paid(books, payment)))
    # Empty in a list where a single payment has none at all: so Xero-OpenAPI 16.1 shows one and the same.
    return {**told, "Reference": payment.reference or ""}


def single(books: Books, payment: Payment, with_payments: bool) -> dict[str, Any]:
    account = books.accounts[payment.account_id]
    shown = {"AccountID": account.id, "Code": account.code or None, "Name": account.name}
    document = payables.whole(books, _paid(books, payment), with_payments)
    return _rendered(books, payment, shown, document)


def _rendered(
    books: Books, payment: Payment, account: dict[str, Any], document: dict[str, Any]
) -> dict[str, Any]:
    return {
        "PaymentID": payment.id,
        "BatchPaymentID": payment.batch_id,
        "BatchPayment": _batch(books, payment.batch_id),
        "Date": payment.date,
        "BankAmount": payment.bank_amount,
        "Amount": payment.amount,
        "Reference": payment.reference,
        "CurrencyRate": payment.currency_rate,
        "PaymentType": payment.type,
        "Status": payment.status,
        "UpdatedDateUTC": wire.instant(payment.updated),
        "UpdatedDateUTCString": wire.instant_string(payment.updated),
        "HasAccount": True,
        "IsReconciled": payment.reconciled,
        "Account": account,
        "Invoice": document,
        "HasValidationErrors": False,
    }


def _batch(books: Books, batch_id: str | None) -> dict[str, Any] | None:
    """A member's batch, as the payment shows it (Xero-OpenAPI 16.1, its numbers as numbers)."""
    batch = books.batches.get(batch_id or "")
    if batch is None:
        return None
    return {
        "Account": {"AccountID": batch.account_id},
        "Reference": batch.reference,
        "BatchPaymentID": batch.id,
        "DateString": wire.day_string(batch.date),
        "Date": batch.date,
        "Type": batch.kind,
        "Status": batch.status,
        "TotalAmount": batch.total,
        "UpdatedDateUTC": wire.instant(batch.updated),
        "IsReconciled": batch.reconciled,
    }


def _made(books: Books, sent: Sent) -> dict[str, Any]:
    amount = arithmetic.cents(reading.number(sent, "amount") or ZERO)
    on = reading.day(sent, "date") or books.today()
    account_sent = reading.record(sent, "account") or {}
    code = reading.text(account_sent, "code") or reading.text(sent, "code")
    account = account_for(books, code, reading.guid(account_sent, "accountid"))
    payable = payables.meant(books, sent)
    problems = [] if account else [errors.PAYMENT_ACCOUNT]
    problems += problems_of(books, payable, amount, on) if payable else [payables.missing(sent)]
    if problems or payable is None or account is None:
        raise Invalid(problems, _echo(sent, amount, on))
    bank_amount = reading.number(sent, "bankamount")
    payment = make(
        books,
        payable,
        account,
        amount,
        on,
        reference=reading.text(sent, "reference"),
        rate=reading.number(sent, "currencyrate") or None,
        bank_amount=None if bank_amount is None else arithmetic.cents(bank_amount),
    )
    return single(books, payment, with_payments=False)


def _echo(sent: Sent, amount: Decimal, on: date) -> dict[str, Any]:
    account = reading.record(sent, "account") or {}
    named = reading.record(sent, "invoice") or {}
    return {
        "PaymentID": wire.EMPTY_GUID,
        "Date": on,
        "Amount": amount,
        "Reference": reading.text(sent, "reference"),
        "HasAccount": bool(account),
        "Account": {
            "AccountID": reading.guid(account, "accountid"),
            "Code": reading.text(account, "code"),
        },
        "Invoice": {
            "InvoiceID": reading.guid(named, "invoiceid"),
            "InvoiceNumber": reading.text(named, "invoicenumber"),
        },
        "HasValidationErrors": True,
    }


def _refused(payment: Payment, *messages: str) -> dict[str, Any]:
    return {
        "PaymentID": payment.id,
        "Date": payment.date,
        "Amount": payment.amount,
        "Status": payment.status,
        "HasValidationErrors": True,
        "ValidationErrors": errors.messages(messages),
    }


def _found(call: Call) -> Payment:
    payment = call.books.payments.get(call.segments[1].lower())
    if payment is None:
        raise errors.not_found()
    return payment


def _paid(books: Books, payment: Payment) -> Payable:
    return payables.of_payment(books, payment)


def _list(books: Books) -> listing.Listing[Payment]:
    """The list, with the fields that the paid document and the account know."""
    return replace(
        PAYMENT_LIST,
        fields={
            **PAYMENT_LIST.fields,
            "Invoice.InvoiceNumber": listing.Field(lambda p: _paid(books, p).number),
            "Invoice.Type": listing.Field(lambda p: _paid(books, p).kind),
            "Invoice.Contact.ContactID": listing.Field(
                lambda p: _paid(books, p).contact_id, "guid"
            ),
            "Account.Code": listing.Field(lambda p: _account_code(books, p)),
        },
    )


def _account_code(books: Books, payment: Payment) -> str:
    return books.accounts[payment.account_id].code


PAYMENT_LIST = listing.Listing[Payment](
    plural="Payments",
    fields={
        "PaymentID": listing.Field(lambda p: p.id, "guid", "id"),
        "PaymentType": listing.Field(lambda p: p.type),
        "Status": listing.Field(lambda p: p.status),
        "Date": listing.Field(lambda p: p.date, "date"),
        "Amount": listing.Field(lambda p: p.amount, "number"),
        "BankAmount": listing.Field(lambda p: p.bank_amount, "number"),
        "CurrencyRate": listing.Field(lambda p: p.currency_rate, "number"),
        "Reference": listing.Field(lambda p: p.reference),
        "IsReconciled": listing.Field(lambda p: p.reconciled, "bool"),
        "Invoice.InvoiceID": listing.Field(lambda p: p.invoice_id, "guid", "invoice"),
        "Account.AccountID": listing.Field(lambda p: p.account_id, "guid"),
        "BatchPaymentID": listing.Field(lambda p: p.batch_id, "guid"),
        "UpdatedDateUTC": listing.Field(lambda p: p.updated, "instant"),
    },
    optimised=frozenset(
        {"paymenttype", "status", "date", "invoice.invoiceid", "reference", "paymentid"}
    ),
)
