"""Values of the domain that say only what a test is about; everything else is plain and valid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sync_worker.domain.books import Account, Books, TaxRate
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice, Line
from sync_worker.domain.party import Contact, Party
from sync_worker.domain.payment import LedgerPayment, PaymentRecord
from sync_worker.domain.rules import InvoiceRules

MORNING = datetime(2026, 3, 4, 1, tzinfo=UTC)


def record(number: int = 1) -> SalesforceId:
    return SalesforceId(f"a03{number:012d}AAA")


def xero_id(number: int = 1) -> XeroId:
    return XeroId(f"00000000-0000-4000-8000-{number:012d}")


def a_party(**facts: Any) -> Party:
    return replace(Party(record(7), "Contact", "Kim Lee", "Kim", "Lee"), **facts)


def a_contact(**facts: Any) -> Contact:
    return replace(Contact(xero_id(7), "Kim Lee"), **facts)


def a_line(quantity: str | None = "2", rate: str | None = "50", **facts: Any) -> Line:
    plain = Line(
        None if quantity is None else Decimal(quantity),
        None if rate is None else Decimal(rate),
        item="Self-Care",
        account_code="200",
    )
    return replace(plain, **facts)


def an_invoice(*lines: Line, **facts: Any) -> Invoice:
    """Of today, for Kim Lee, with one line of 2 x 50.00 unless told otherwise."""
    plain = Invoice(
        id=record(),
        number="INV-1",
        date=date(2026, 3, 4),
        due_date=None,
        status="Entered",
        funding_type="Self-Managed",
        total=None,
        currency="",
        participant=a_party(),
        plan_manager=None,
        lines=lines or (a_line(),),
    )
    return replace(plain, **facts)


def some_books(**facts: Any) -> Books:
    """An Australian organisation with a sales account, an archived one, a bank and a control account."""
    accounts = (
        Account("200", "Sales", "REVENUE", "ACTIVE", "OUTPUT"),
        Account("210", "Old Sales", "REVENUE", "ARCHIVED", "OUTPUT"),
        Account("090", "Bank", "BANK", "ACTIVE", "BASEXCLUDED"),
        Account("610", "Debtors", "CONTROL", "ACTIVE", "BASEXCLUDED"),
    )
    rates = (
        TaxRate("OUTPUT", "GST on Income", Decimal(10), "ACTIVE", on_revenue=True),
        TaxRate("EXEMPTOUTPUT", "GST Free Income", Decimal(0), "ACTIVE", on_revenue=True),
        TaxRate("INPUT", "GST on Expenses", Decimal(10), "ACTIVE", on_revenue=False),
        TaxRate("TAX001", "Old Rate", Decimal(12), "ARCHIVED", on_revenue=True),
    )
    plain = Books(
        tenant_name="Care & Co",
        base_currency="AUD",
        short_code="!abc",
        period_lock=None,
        year_end_lock=None,
        accounts={one.code: one for one in accounts},
        tax_rates={one.type: one for one in rates},
        tracking={"Region": frozenset({"North", "South"})},
    )
    return replace(plain, **facts)


def some_rules(**facts: Any) -> InvoiceRules:
    return replace(InvoiceRules(), **facts)


def a_payment(**facts: Any) -> LedgerPayment:
    plain = LedgerPayment(
        xero_id(50),
        xero_id(),
        "ACCRECPAYMENT",
        "AUTHORISED",
        date(2026, 3, 4),
        Decimal(100),
        "",
        MORNING,
    )
    return replace(plain, **facts)


def a_record(**facts: Any) -> PaymentRecord:
    plain = PaymentRecord(
        record(),
        "Stripe",
        "Stripe",
        paid=True,
        include=True,
        date=MORNING,
        amount=Decimal(100),
        xero_id=None,
    )
    return replace(plain, **facts)
