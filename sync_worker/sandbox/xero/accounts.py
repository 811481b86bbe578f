"""The chart of accounts: listed, added to, changed, archived and deleted, one account a call."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import errors, listing, reading, wire, writes
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import CLASSES, Account
from sync_worker.sandbox.xero.where import fold

ACCOUNTS = writes.Kind("Accounts", "HasErrors")
_TYPES = {kind: kind for kind in CLASSES}
_STATUSES = {status: status for status in ("ACTIVE", "ARCHIVED", "DELETED")}
_USUAL_TAX = {"REVENUE": "OUTPUT", "EXPENSE": "INPUT"}
_REPORTING = {
    "ASSET": ("ASS", "Asset"),
    "EQUITY": ("EQU", "Equity"),
    "EXPENSE": ("EXP", "Expense"),
    "LIABILITY": ("LIA", "Liability"),
    "REVENUE": ("REV", "Revenue"),
}


def get_accounts(call: Call) -> Response:
    shown = listing.plain(call, call.books.accounts, ACCOUNT_LIST)
    return call.answer("Accounts", [rendered(account) for account in shown])


def get_account(call: Call) -> Response:
    return call.answer("Accounts", [rendered(_found(call))])


def put_account(call: Call) -> Response:
    return _write(call, None)


def post_account(call: Call) -> Response:
    return _write(call, _found(call))


def delete_account(call: Call) -> Response:
    account = _found(call)
    if account.system:
        element = {
            **rendered(account),
            "ValidationErrors": errors.messages([errors.SYSTEM_ACCOUNT]),
        }
        return errors.validation([element])
    deleted = replace(account, status="DELETED", updated=call.books.now())
    call.books.accounts.put(deleted)
    return call.answer("Accounts", [rendered(deleted)])


def rendered(account: Account) -> dict[str, Any]:
    code, name = _REPORTING[account.account_class]
    return {
        "AccountID": account.id,
        "Code": account.code or None,
        "Name": account.name,
        "Status": account.status,
        "Type": account.type,
        "TaxType": account.tax_type,
        "Description": account.description,
        "Class": account.account_class,
        "SystemAccount": account.system,
        "EnablePaymentsToAccount": account.enable_payments,
        "ShowInExpenseClaims": account.show_in_claims,
        "BankAccountNumber": account.bank_number,
        "BankAccountType": account.bank_type,
        "CurrencyCode": account.currency,
        "ReportingCode": code,
        "ReportingCodeName": name,
        "HasAttachments": False,
        "UpdatedDateUTC": wire.instant(account.updated),
        "AddToWatchlist": False,
    }


def _write(call: Call, existing: Account | None) -> Response:
    def save(sent: Sent) -> dict[str, Any]:
        account = _drawn(call.books, sent, existing)
        problems = _problems(call.books, sent, account, existing)
        if problems:
            raise Invalid(problems, _echo(sent, existing))
        call.books.accounts.put(account)
        return rendered(account)

    return writes.write(call, ACCOUNTS, save)


def _drawn(books: Books, sent: Sent, existing: Account | None) -> Account:
    kind = reading.word(sent, "type", _TYPES, "AccountType")
    base = existing or Account(
        id=books.new_id(), code="", name="", type=kind or "EXPENSE", tax_type="", updated=0
    )
    given = {
        "code": reading.text(sent, "code"),
        "name": reading.text(sent, "name"),
        "type": kind,
        "tax_type": reading.text(sent, "taxtype"),
        "status": reading.word(sent, "status", _STATUSES, "AccountStatus"),
        "description": reading.text(sent, "description"),
        "enable_payments": reading.flag(sent, "enablepaymentstoaccount"),
        "show_in_claims": reading.flag(sent, "showinexpenseclaims"),
        "bank_number": reading.text(sent, "bankaccountnumber"),
        "bank_type": reading.text(sent, "bankaccounttype"),
        "currency": reading.text(sent, "currencycode"),
    }
    given = {field: value for field, value in given.items() if value is not None}
    account = replace(base, updated=books.now(), **given)
    if account.type == "BANK" and account.bank_type is None:
        account = replace(account, bank_type="BANK")
    if account.type == "BANK" and account.currency is None:
        account = replace(account, currency=books.organisation.base_currency)
    usual = _USUAL_TAX.get(account.account_class, "BASEXCLUDED")
    return account if account.tax_type else replace(account, tax_type=usual)


def _problems(books: Books, sent: Sent, account: Account, existing: Account | None) -> list[str]:
    problems = []
    if existing is not None and existing.system:
        problems.append(errors.SYSTEM_ACCOUNT)
    if existing is None and not sent.get("type"):
        problems.append(errors.FIELD_NEEDED.format(field="Type"))
    if not account.code and account.type != "BANK":
        problems.append(errors.FIELD_NEEDED.format(field="Code"))
    if not account.name:
        problems.append(errors.FIELD_NEEDED.format(field="Name"))
    for lookup, key, text in (
        ("name", account.name, errors.NAME_NOT_UNIQUE),
        ("code", account.code, errors.CODE_NOT_UNIQUE),
    ):
        holder = books.accounts.first(lookup, fold(key)) if key else None
        if holder is not None and holder.id != account.id:
            problems.append(text)
    if account.currency and account.currency not in books.currencies:
        problems.append(errors.ACCOUNT_CURRENCY.format(code=account.currency))
    return problems


def _echo(sent: Sent, existing: Account | None) -> dict[str, Any]:
    return {
        "AccountID": existing.id if existing else wire.EMPTY_GUID,
        "Code": reading.text(sent, "code"),
        "Name": reading.text(sent, "name"),
        "Type": reading.text(sent, "type"),
        "Description": reading.text(sent, "description"),
    }


def _found(call: Call) -> Account:
    account = call.books.accounts.get(call.segments[1].lower())
    if account is None:
        raise errors.not_found()
    return account


ACCOUNT_LIST = listing.Listing[Account](
    plural="Accounts",
    fields={
        "AccountID": listing.Field(lambda a: a.id, "guid"),
        "Code": listing.Field(lambda a: a.code),
        "Name": listing.Field(lambda a: a.name),
        "Type": listing.Field(lambda a: a.type),
        "Class": listing.Field(lambda a: a.account_class),
        "Status": listing.Field(lambda a: a.status),
        "TaxType": listing.Field(lambda a: a.tax_type),
        "Description": listing.Field(lambda a: a.description),
        "SystemAccount": listing.Field(lambda a: a.system or ""),
        "BankAccountNumber": listing.Field(lambda a: a.bank_number),
        "BankAccountType": listing.Field(lambda a: a.bank_type),
        "CurrencyCode": listing.Field(lambda a: a.currency),
        "EnablePaymentsToAccount": listing.Field(lambda a: a.enable_payments, "bool"),
        "ShowInExpenseClaims": listing.Field(lambda a: a.show_in_claims, "bool"),
        "UpdatedDateUTC": listing.Field(lambda a: a.updated, "instant"),
    },
)
