"""Whether the books have what the settings name: accounts, tax rates, tracking, branding; each miss with its cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync_worker.domain.books import Books
from sync_worker.domain.errors import Misconfigured, Transient
from sync_worker.domain.finding import Finding, finding
from sync_worker.domain.rules import InvoiceRules
from sync_worker.ports import LedgerBooks


def problems(ledger: LedgerBooks, sent: Sequence[InvoiceRules]) -> Iterator[Finding]:
    try:
        books = ledger.books()
    except Misconfigured as closed:
        yield finding("Xero", str(closed), "check the settings under xero")
        return
    except Transient as away:
        yield finding("Xero", str(away), "check xero.api_url and the network", away=True)
        return
    for rules in sent:
        yield from _named(books, rules)


def _named(books: Books, rules: InvoiceRules) -> Iterator[Finding]:
    """What the settings of one kind name."""
    yield from _account(books, rules)
    yield from _tax_rate(books, rules)
    wanted = rules.tracking_category
    if wanted and wanted not in books.tracking:
        yield Finding(
            f"Xero: {rules.words.settings}.tracking_category names {wanted!r}, which is not there",
            "add the category in Xero, or correct the setting; its options are made as they are needed",
        )
    for category, option in rules.tracking:
        if option not in books.tracking.get(category, frozenset()):
            yield Finding(
                f"Xero: {rules.words.settings}.tracking names {category} = {option}, which is not there",
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
            f"Xero: {rules.words.settings}.account_code {rules.account_code!r} is not an active account "
            f"of {books.tenant_name}",
            f"choose an active {rules.words.account}, or leave it empty to hold what names none",
        )


def _tax_rate(books: Books, rules: InvoiceRules) -> Iterator[Finding]:
    rate = books.tax_rate(rules.tax_type)
    if rate is None or not rate.usable_for(rules.kind):
        names = sorted(one.name for one in books.tax_rates.values() if one.usable_for(rules.kind))
        yield Finding(
            f"Xero: {rules.words.settings}.tax_type {rules.tax_type!r} is no tax rate for {rules.words.uses} "
            f"in {books.tenant_name}",
            f"use the label or code of an active rate: {', '.join(names)}",
        )
