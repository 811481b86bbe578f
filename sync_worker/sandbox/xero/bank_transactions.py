"""Money spent and received without an invoice, and the prepayments and overpayments that some of it makes.

A credit made here has its bank transaction's id (so the attachment addresses in Xero-OpenAPI 16.1), and goes when the
transaction is deleted.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import (
    arithmetic,
    contact_writes,
    contacts,
    errors,
    invoice_states,
    listing,
    reading,
    wire,
    writes,
)
from sync_worker.sandbox.xero.attachments import attached
from sync_worker.sandbox.xero.books import OVERPAYMENTS, PREPAYMENTS, SYSTEM, Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.document_lines import line_alone, line_of_list
from sync_worker.sandbox.xero.document_terms import currency_terms
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.invoice_lines import LineReader
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Account, BankTransaction, Contact, Credit
from sync_worker.sandbox.xero.where import fold

TRANSACTIONS = writes.Kind("BankTransactions", "HasErrors")
_MADE_BY_KIND = {  # which credit a kind of transaction makes
    "RECEIVE-PREPAYMENT": PREPAYMENTS,
    "SPEND-PREPAYMENT": PREPAYMENTS,
    "RECEIVE-OVERPAYMENT": OVERPAYMENTS,
    "SPEND-OVERPAYMENT": OVERPAYMENTS,
}
_KINDS = {kind: kind for kind in ("SPEND", "RECEIVE", *_MADE_BY_KIND)}
_STATUSES = {status: status for status in ("AUTHORISED", "DELETED", "VOIDED")}
_LEDGER = {True: "DEBTORS", False: "CREDITORS"}  # where an overpayment stands, by who is owed


def get_transactions(call: Call) -> Response:
    page = listing.page(call, call.books.bank_transactions, TRANSACTION_LIST)
    lines = page.pagination is not None
    elements = [_listed(call.books, one, call.unit_places, lines) for one in page.records]
    return call.answer("BankTransactions", elements, page.pagination)


def get_transaction(call: Call) -> Response:
    transaction = _found(call)
    return call.answer("BankTransactions", [_single(call.books, transaction, call.unit_places)])


def put_transactions(call: Call) -> Response:
    return writes.write(call, TRANSACTIONS, lambda sent: _saved(call, sent, None))


def post_transactions(call: Call) -> Response:
    return writes.write(
        call, TRANSACTIONS, lambda sent: _saved(call, sent, _meant(call.books, sent))
    )


def post_transaction(call: Call) -> Response:
    existing = _found(call)
    return writes.write(call, TRANSACTIONS, lambda sent: _saved(call, sent, existing))


def save(
    books: Books,
    sent: Sent,
    existing: BankTransaction | None,
    *,
    places: int = 2,
    user: str = SYSTEM,
) -> BankTransaction:
    """Create or change one; a status of DELETED takes it and the credit it made out of the books."""
    status = reading.word(sent, "status", _STATUSES, "BankTransactionStatus")
    if existing is not None and existing.status != "AUTHORISED":
        raise Invalid([errors.BANK_GONE], _echo(sent, existing))
    if existing is not None and status in ("DELETED", "VOIDED"):
        return _removed(books, existing, status, user)
    drawn, contact, problems = _drawn(books, sent, existing, places)
    if problems:
        raise Invalid(problems, _echo(sent, drawn))
    now = books.now()
    final: dict[str, Any] = {"updated": now, "contact_id": contact.id if contact else None}
    if existing is None:
        final |= {"id": books.new_id(), "created": now}
    saved = replace(drawn, **final)
    books.bank_transactions.put(saved)
    _keep_credit(books, saved)
    books.note(saved.id, "Edited" if existing else "Created", f"{saved.kind} {saved.total}", user)
    return saved


def _saved(call: Call, sent: Sent, existing: BankTransaction | None) -> dict[str, Any]:
    saved = save(call.books, sent, existing, places=call.unit_places)
    return _single(call.books, saved, call.unit_places)


def _meant(books: Books, sent: Sent) -> BankTransaction | None:
    key = reading.guid(sent, "banktransactionid")
    if not key or key == wire.EMPTY_GUID:
        return None
    transaction = books.bank_transactions.get(key)
    if transaction is None:
        raise errors.not_found()
    return transaction


def _drawn(
    books: Books, sent: Sent, existing: BankTransaction | None, places: int
) -> tuple[BankTransaction, Contact | None, list[str]]:
    drawn = _outline(books, sent, existing)
    problems = [] if drawn.kind else [errors.TYPE_NEEDED]
    if not drawn.account_id:
        problems.append(errors.BANK_ACCOUNT_NEEDED)
    contact, held = None, existing.contact_id if existing else None
    try:
        named = reading.record(sent, "contact")
        contact = contact_writes.of_document(books, named, books.contacts.get(held or ""))
    except Invalid as invalid:
        problems += invalid.messages
    given = reading.records(sent, "lineitems")
    if given is not None or existing is None:
        drawn, found = _with_lines(books, drawn, given or [], places)
        problems += found
    if not drawn.lines:
        problems.append(errors.LINES_NEEDED)
    if drawn.currency not in books.currencies:
        problems.append(errors.CURRENCY_UNKNOWN.format(code=drawn.currency))
    credit = _credit_of(books, existing) if existing else None
    if credit is not None and credit.settled_in_part:
        problems.append(errors.HAS_PAYMENTS)
    return drawn, contact, problems + invoice_states.lock_problems(books, None, drawn)


def _outline(books: Books, sent: Sent, existing: BankTransaction | None) -> BankTransaction:
    account = _account(books, sent)
    kind = reading.word(sent, "type", _KINDS, "BankTransactionType") or ""
    blank = BankTransaction(
        id=wire.EMPTY_GUID,
        kind=kind,
        contact_id=None,
        account_id="",
        status="AUTHORISED",
        updated=0,
        date=books.today(),
    )
    changes = {
        "account_id": account.id if account else None,
        "reference": reading.text(sent, "reference"),
        "date": reading.day(sent, "date"),
        "url": reading.text(sent, "url"),
        "reconciled": reading.flag(sent, "isreconciled"),
        **currency_terms(books, sent, existing.currency if existing else None),
    }
    given = {name: value for name, value in changes.items() if value is not None}
    return replace(existing or blank, **given)


def _account(books: Books, sent: Sent) -> Account | None:
    named = reading.record(sent, "bankaccount") or {}
    code, account_id = reading.text(named, "code"), reading.guid(named, "accountid")
    account = (
        books.accounts.first("code", fold(code)) if code else books.accounts.get(account_id or "")
    )
    return account if account and account.type == "BANK" and account.status == "ACTIVE" else None


def _with_lines(
    books: Books, drawn: BankTransaction, given: list[Sent], places: int
) -> tuple[BankTransaction, list[str]]:
    over = _MADE_BY_KIND.get(drawn.kind) == OVERPAYMENTS
    if over:  # an overpayment stands in the ledger itself and bears no tax
        drawn = replace(drawn, line_amount_types=arithmetic.NO_TAX)
        given = [{**line, "accountcode": None, "accountid": None} for line in given]
    reader = LineReader(books, "ACCPAY", drawn.line_amount_types, not over, places)
    lines = reader.read(given, drawn.lines)
    if over:
        ledger = _ledger(books, drawn)
        lines = tuple(
            replace(line, account_code=ledger.code, account_id=ledger.id) for line in lines
        )
    sums = arithmetic.totals(lines, drawn.line_amount_types)
    filled = replace(
        drawn,
        lines=lines,
        sub_total=sums.sub_total,
        total_tax=sums.total_tax,
        total=sums.total,
    )
    return filled, reader.problems


def _ledger(books: Books, drawn: BankTransaction) -> Account:
    wanted = _LEDGER[drawn.kind.startswith("RECEIVE")]
    return next(account for account in books.accounts if account.system == wanted)


def _keep_credit(books: Books, transaction: BankTransaction) -> None:
    family = _MADE_BY_KIND.get(transaction.kind)
    if family is None or transaction.contact_id is None:
        return
    number = transaction.reference if family == PREPAYMENTS else ""
    credit = Credit(
        id=transaction.id,
        family=family,
        kind=transaction.kind,
        number=number,
        contact_id=transaction.contact_id,
        status="AUTHORISED",
        updated=transaction.updated,
        reference=transaction.reference,
        date=transaction.date,
        line_amount_types=transaction.line_amount_types,
        lines=transaction.lines,
        sub_total=transaction.sub_total,
        total_tax=transaction.total_tax,
        total=transaction.total,
        currency=transaction.currency,
        currency_rate=transaction.currency_rate,
        created=transaction.created,
    )
    books.credits[family].put(credit)


def _credit_of(books: Books, transaction: BankTransaction) -> Credit | None:
    family = _MADE_BY_KIND.get(transaction.kind)
    return books.credits[family].get(transaction.id) if family else None


def _removed(books: Books, transaction: BankTransaction, status: str, user: str) -> BankTransaction:
    credit = _credit_of(books, transaction)
    if credit is not None and credit.settled_in_part:
        raise Invalid([errors.HAS_PAYMENTS], _echo({}, transaction))
    now = books.now()
    gone = replace(transaction, status=status, updated=now)
    books.bank_transactions.put(gone)
    if credit is not None:
        books.credits[credit.family].put(replace(credit, status="VOIDED", updated=now))
    books.note(gone.id, "Deleted", f"{gone.kind} {gone.total}", user)
    return gone


def _found(call: Call) -> BankTransaction:
    transaction = call.books.bank_transactions.get(call.segments[1].lower())
    if transaction is None:
        raise errors.not_found()
    return transaction


def _listed(books: Books, one: BankTransaction, places: int, lines: bool) -> dict[str, Any]:
    contact = contacts.thin(books.contacts[one.contact_id]) if one.contact_id else None
    rendered = [line_of_list(line, places) for line in one.lines] if lines else []
    return _rendered(books, one, contact, rendered, None)


def _single(books: Books, one: BankTransaction, places: int) -> dict[str, Any]:
    contact = contacts.embedded(books, one.contact_id) if one.contact_id else None
    rendered = [line_alone(line, places) for line in one.lines]
    return _rendered(books, one, contact, rendered, attached(books, "BankTransactions", one.id))


def _rendered(
    books: Books, one: BankTransaction, contact: Any, lines: list[Any], attachments: Any
) -> dict[str, Any]:
    account = books.accounts[one.account_id]
    family = _MADE_BY_KIND.get(one.kind)
    return {
        "BankTransactionID": one.id,
        "BankAccount": {
            "AccountID": account.id,
            "Code": account.code or None,
            "Name": account.name,
        },
        "Type": one.kind,
        "Reference": one.reference,
        "IsReconciled": one.reconciled,
        "HasAttachments": bool(books.attachments.get(one.id)),
        "Attachments": attachments,
        "PrepaymentID": one.id if family == PREPAYMENTS else None,
        "OverpaymentID": one.id if family == OVERPAYMENTS else None,
        "CurrencyRate": one.currency_rate,
        "Url": one.url,
        "Contact": contact,
        "DateString": None if one.date is None else wire.day_string(one.date),
        "Date": one.date,
        "Status": one.status,
        "LineAmountTypes": one.line_amount_types,
        "LineItems": lines,
        "SubTotal": one.sub_total,
        "TotalTax": one.total_tax,
        "Total": one.total,
        "UpdatedDateUTC": wire.instant(one.updated),
        "CurrencyCode": one.currency,
    }


def _echo(sent: Sent, drawn: BankTransaction) -> dict[str, Any]:
    contact = reading.record(sent, "contact") or {}
    return {
        "BankTransactionID": drawn.id,
        "Type": drawn.kind or None,
        "Reference": drawn.reference,
        "Contact": {
            "ContactID": reading.guid(contact, "contactid"),
            "Name": reading.text(contact, "name"),
        },
        "Date": drawn.date,
        "Status": drawn.status,
        "LineAmountTypes": drawn.line_amount_types,
        "LineItems": [line_of_list(line, 4) for line in drawn.lines],
        "SubTotal": drawn.sub_total,
        "TotalTax": drawn.total_tax,
        "Total": drawn.total,
    }


TRANSACTION_LIST = listing.Listing[BankTransaction](
    plural="BankTransactions",
    fields={
        "BankTransactionID": listing.Field(lambda t: t.id, "guid", "id"),
        "Type": listing.Field(lambda t: t.kind),
        "Status": listing.Field(lambda t: t.status),
        "Date": listing.Field(lambda t: t.date, "date"),
        "Total": listing.Field(lambda t: t.total, "number"),
        "IsReconciled": listing.Field(lambda t: t.reconciled, "bool"),
        "Contact.ContactID": listing.Field(lambda t: t.contact_id, "guid"),
        "BankAccount.AccountID": listing.Field(lambda t: t.account_id, "guid"),
        # A filter by Reference matches nothing, and says nothing (seen by a live probe in 2026).
        "Reference": listing.Field(lambda t: None),
        "UpdatedDateUTC": listing.Field(lambda t: t.updated, "instant"),
    },
    optimised=frozenset({"type", "status", "date", "contact.contactid", "bankaccount.accountid"}),
)
