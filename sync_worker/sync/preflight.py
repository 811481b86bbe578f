"""Preflight: what Xero would refuse, found before anything is sent. Pure: an invoice, the rules and the books go in, a
draft or a hold comes out."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import PurePath

from sync_worker.domain.books import Books, TaxRate
from sync_worker.domain.errors import SyncError
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.invoice import Draft, DraftLine, Invoice, Line
from sync_worker.domain.money import Taxed, line_amount, total
from sync_worker.domain.rules import InvoiceRules
from sync_worker.domain.text import printable

LONGEST_DESCRIPTION = 4000
CUT_MARK = "…"
MOST_DIGITS = 15
"""What a JSON number carries unharmed."""


class Held(Exception):
    """Carries a hold out of the checks to `draft`."""

    def __init__(self, hold_class: HoldClass, cause: str, cure: str) -> None:
        super().__init__(cause)
        self.hold = Hold(hold_class, cause, cure)


def draft(
    invoice: Invoice,
    rules: InvoiceRules,
    books: Books,
    currencies: Callable[[], frozenset[str]],
) -> Draft | Hold:
    """The document Xero is to hold, or why it cannot. `currencies` is asked only for a foreign one.

    An invoice on which this program fails is held like any other, so that it never keeps the others back.
    """
    try:
        return _draft(invoice, rules, books, currencies)
    except Held as held:
        return held.hold
    except SyncError:
        raise
    except Exception as bug:  # noqa: BLE001 - whatever it is, it is this one invoice's
        where = traceback.extract_tb(bug.__traceback__)[-1]
        place = f"{PurePath(where.filename).stem}.{where.name}, line {where.lineno}"
        return unreadable(f"sync-worker failed on this invoice ({type(bug).__name__} in {place})")


def unreadable(cause: str) -> Hold:
    return Hold(
        HoldClass.UNREADABLE,
        cause,
        "look for an amount, date or text on the invoice or its lines that is out of the ordinary; if there is none, "
        "report these words to whoever runs sync-worker",
    )


def _draft(
    invoice: Invoice,
    rules: InvoiceRules,
    books: Books,
    currencies: Callable[[], frozenset[str]],
) -> Draft:
    included = [line for line in invoice.lines if line.include]
    if not included:
        raise Held(
            HoldClass.NO_LINES,
            f"every line of this {rules.words.record} has Include switched off",
            "switch Include on for what is to be invoiced, or cancel the invoice",
        )
    if invoice.date is None:
        raise Held(
            HoldClass.DATE_MISSING,
            f"the {rules.words.record} has no {rules.words.date}",
            rules.words.date_cure,
        )
    _check_lock(invoice, rules, books)
    _check_currency(invoice, books, currencies)
    _check_tracking(rules, books)
    lines = [_line(line, rules, books) for line in included]
    expected = total((taxed for _, taxed in lines), rules.line_amount_types)
    _check_total(invoice, expected)
    return Draft(
        record=invoice.id,
        number=invoice.number,
        date=invoice.date,
        due_date=invoice.due_date or invoice.date + timedelta(days=rules.due_days),
        line_amount_types=rules.line_amount_types,
        lines=tuple(line for line, _ in lines),
        total=expected,
        currency=invoice.currency if invoice.currency != books.base_currency else "",
        branding_theme=rules.branding_theme,
    )


def _check_lock(invoice: Invoice, rules: InvoiceRules, books: Books) -> None:
    if books.locked_until and invoice.date and invoice.date <= books.locked_until:
        raise Held(
            HoldClass.PERIOD_LOCKED,
            f"the books are locked up to {books.locked_until:%d %b %Y} "
            f"and the {rules.words.record} is dated {invoice.date:%d %b %Y}",
            rules.words.lock_cure,
        )


def _check_currency(
    invoice: Invoice, books: Books, currencies: Callable[[], frozenset[str]]
) -> None:
    foreign = invoice.currency and invoice.currency != books.base_currency
    if foreign and invoice.currency not in currencies():
        raise Held(
            HoldClass.CURRENCY_INVALID,
            f"{books.tenant_name} is not subscribed to the currency {invoice.currency}",
            "add the currency in Xero, or correct it on the invoice",
        )


def _check_tracking(rules: InvoiceRules, books: Books) -> None:
    for category, option in rules.tracking:
        if option not in books.tracking.get(category, frozenset()):
            raise Held(
                HoldClass.TRACKING_INVALID,
                f"Xero has no active tracking option {option!r} in the category {category!r}",
                f"add it in Xero, or correct the setting {rules.words.settings}.tracking",
            )


def _tracking(line: Line, rules: InvoiceRules, books: Books) -> tuple[tuple[str, str], ...]:
    if not (line.tracking_option and rules.tracking_category):
        return rules.tracking
    option = books.option(rules.tracking_category, line.tracking_option)
    if option is None:
        raise Held(
            HoldClass.TRACKING_INVALID,
            f"Xero has no active tracking option {line.tracking_option!r} in the category {rules.tracking_category!r}, "
            "and it could not be added",
            f"make room for it in Xero (a category has at most 100 options), or correct the {rules.words.item}",
        )
    return (*rules.tracking, (rules.tracking_category, option))


def _check_total(invoice: Invoice, expected: Decimal) -> None:
    if invoice.total is not None and invoice.total != expected:
        raise Held(
            HoldClass.TOTAL_DIFFERS,
            f"the CRM says {invoice.total:.2f}, the lines come to {expected:.2f} by Xero's rounding",
            "correct the lines or the Total Amount so that both agree to the cent",
        )
    if expected < 0:
        raise Held(
            HoldClass.NOT_POSITIVE,
            f"the total is {expected:.2f}, and an invoice cannot be negative",
            "make it a credit note in Xero, or correct the lines",
        )


def _line(line: Line, rules: InvoiceRules, books: Books) -> tuple[DraftLine, Taxed]:
    description = _description(line, rules)
    if line.quantity is None or line.rate is None or not description:
        missing = [
            name
            for name, value in (
                ("Quantity", line.quantity),
                ("Rate", line.rate),
                ("Support Item", description or None),
            )
            if value is None
        ]
        raise Held(
            HoldClass.LINE_INCOMPLETE,
            f"a line of this {rules.words.record} lacks {' and '.join(missing)}",
            "complete the line, or switch its Include off",
        )
    _check_digits(line)
    rate = _tax_rate(line, rules, books)
    prepared = DraftLine(
        description=description,
        quantity=line.quantity,
        unit_amount=line.rate,
        account_code=_account_code(line, rules, books),
        tax_type=rate.type,
        tracking=_tracking(line, rules, books),
    )
    return prepared, Taxed(line_amount(line.quantity, line.rate), rate.percent)


def _check_digits(line: Line) -> None:
    for name, value in (("Quantity", line.quantity), ("Rate", line.rate)):
        if value is not None and len(value.normalize().as_tuple().digits) > MOST_DIGITS:
            raise Held(
                HoldClass.AMOUNT_INVALID,
                f"the {name} {value} of a line has more than {MOST_DIGITS} digits, and Xero would change it",
                f"correct the {name}",
            )


def _description(line: Line, rules: InvoiceRules) -> str:
    wording = line.item_description or line.item or line.description
    text = rules.line_template.format(
        description=wording,
        item=line.item,
        code=line.item_code,
        service_date=f"{line.service_date:%d %b %Y}" if line.service_date else "",
    )
    text = printable(text).strip()
    if len(text) > LONGEST_DESCRIPTION:
        return text[: LONGEST_DESCRIPTION - 1] + CUT_MARK
    return text


def _account_code(line: Line, rules: InvoiceRules, books: Books) -> str:
    code = line.account_code or rules.account_code
    account = books.accounts.get(code)
    if account and account.usable_on_lines:
        return code
    if not code:
        cause = f"the {rules.words.item} {line.item!r} names no account code, and no default is set"
    elif account is None:
        cause = f"Xero has no account with the code {code!r} ({rules.words.item} {line.item!r})"
    elif account.status != "ACTIVE":
        cause = f"the account {code} {account.name} is archived in Xero ({rules.words.item} {line.item!r})"
    else:
        cause = f"the account {code} {account.name} cannot stand on an invoice line"
    raise Held(
        HoldClass.ACCOUNT_INVALID,
        cause,
        f"correct the Finance Account Code of the {rules.words.item}, or the chart of accounts in Xero",
    )


def _tax_rate(line: Line, rules: InvoiceRules, books: Books) -> TaxRate:
    name = line.tax_type or rules.tax_type
    rate = books.tax_rate(name)
    if rate and rate.status == "ACTIVE" and rate.usable_for(rules.kind):
        return rate
    if rate is None:
        cause = f"Xero has no tax rate called {name!r} ({rules.words.item} {line.item!r})"
    else:
        cause = f"the tax rate {name!r} cannot be used on {rules.words.uses} ({rules.words.item} {line.item!r})"
    raise Held(
        HoldClass.TAX_INVALID,
        cause,
        f"correct the Tax Type of the {rules.words.item}, or the setting {rules.words.settings}.tax_type",
    )
