"""Whether the books have what the settings name: accounts, tax rates, tracking, branding; each miss with its cure."""

from __future__ import annotations

from collections.abc import Iterator

from sync_worker.domain.books import Books
from sync_worker.domain.errors import Misconfigured, Transient
from sync_worker.domain.finding import Finding, finding
from sync_worker.domain.rules import InvoiceRules
from sync_worker.ports import LedgerBooks


def problems(ledger: LedgerBooks, rules: InvoiceRules) -> Iterator[Finding]:
    try:
        books = ledger.books()
    except Misconfigured as closed:
        yield finding("Xero", str(closed), "check the settings under xero")
        return
    except Transient as away:
        yield finding("Xero", str(away), "check xero.api_url and the network", away=True)
        return
    yield from _account(books, rules)
    yield from _tax_rate(books, rules)
    for category, option in rules.tracking:
        if option not in books.tracking.get(category, frozenset()):
            yield Finding(
                f"Xero: invoices.tracking names {category} = {option}, which is not there",
                "add the category and option in Xero, or correct the setting",
            )
    if rules.branding_theme and rules.branding_theme not in books.branding_themes:
        yield Finding(
            f"Xero: there is no branding theme {rules.branding_theme!r}",
            f"use one of: {', '.join(books.branding_themes) or 'none is set up'}",
        )


def _account(books: Books, rules: InvoiceRules) -> Iterator[Finding]:
    account = books.accounts.get(rules.account_code)
    if rules.account_code and (account is None or not account.usable_on_lines):
        yield Finding(
            f"Xero: invoices.account_code {rules.account_code!r} is not an active account of {books.tenant_name}",
            "choose an active revenue account, or leave it empty to hold lines without one",
        )


def _tax_rate(books: Books, rules: InvoiceRules) -> Iterator[Finding]:
    rate = books.tax_rate(rules.tax_type)
    if rate is None or not rate.on_revenue:
        names = sorted(one.name for one in books.tax_rates.values() if one.on_revenue)
        yield Finding(
            f"Xero: invoices.tax_type {rules.tax_type!r} is no tax rate for sales in {books.tenant_name}",
            f"use the label or code of an active rate: {', '.join(names)}",
        )
