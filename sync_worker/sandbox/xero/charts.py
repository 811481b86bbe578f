"""What a new Australian organisation opens with: its name, chart of accounts, tax rates and currency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from sync_worker.sandbox.xero.records import (
    Account,
    BrandingTheme,
    Organisation,
    TaxComponent,
    TaxRate,
    User,
)

NAME = "Bright Path Support Services"
SHORT_CODE = "!Sb0x1"
ZONE = "Australia/Sydney"

CURRENCIES = {  # the ones an organisation here may subscribe to
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "EUR": "Euro",
    "FJD": "Fiji Dollar",
    "GBP": "British Pound",
    "HKD": "Hong Kong Dollar",
    "INR": "Indian Rupee",
    "JPY": "Japanese Yen",
    "NZD": "New Zealand Dollar",
    "SGD": "Singapore Dollar",
    "USD": "United States Dollar",
    "ZAR": "South African Rand",
}


def organisation(org_id: str, name: str, created: int) -> Organisation:
    return Organisation(id=org_id, name=name, base_currency="AUD", created=created)


def theme(theme_id: str) -> BrandingTheme:
    return BrandingTheme(theme_id, "Standard", 0)


def users(new_id: Callable[[], str], opened: int) -> tuple[User, ...]:
    """The people of the organisation: who subscribed, and who keeps the books."""
    people = (
        ("owner@sandbox.example", "Alex", "Owner", True, "FINANCIALADVISER"),
        ("robin@sandbox.example", "Robin", "Bookkeeper", False, "STANDARD"),
    )
    return tuple(User(new_id(), *person, opened) for person in people)


def accounts(new_id: Callable[[], str], opened: int) -> Iterator[Account]:
    for code, name, kind, tax, options in _ACCOUNTS:
        yield Account(
            id=new_id(), code=code, name=name, type=kind, tax_type=tax, updated=opened, **options
        )


def tax_rates(opened: int) -> Iterator[TaxRate]:
    for tax_type, name, report_type, percent, classes in _TAX_RATES:
        component = TaxComponent("GST", Decimal(percent))
        yield TaxRate(tax_type, name, report_type, (component,), frozenset(classes.split()), opened)


_BANK = {"bank_number": "062000123456789", "bank_type": "BANK", "currency": "AUD"}
_CLEARING = {
    "bank_number": "STRIPE",
    "bank_type": "BANK",
    "currency": "AUD",
    "enable_payments": True,
}
_ACCOUNTS: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("090", "Business Bank Account", "BANK", "BASEXCLUDED", _BANK),
    ("091", "Stripe Clearing", "BANK", "BASEXCLUDED", _CLEARING),
    (
        "200",
        "Sales",
        "REVENUE",
        "OUTPUT",
        {"description": "Income from any normal business activity"},
    ),
    (
        "203",
        "Support Services",
        "REVENUE",
        "EXEMPTOUTPUT",
        {"description": "GST-free disability supports"},
    ),
    ("204", "Plan Management Fees", "REVENUE", "EXEMPTOUTPUT", {}),
    ("260", "Other Revenue", "REVENUE", "OUTPUT", {}),
    ("270", "Interest Income", "REVENUE", "EXEMPTOUTPUT", {}),
    ("299", "Respite (closed)", "REVENUE", "EXEMPTOUTPUT", {"status": "ARCHIVED"}),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "INPUT", {}),
    ("320", "Subcontracted Support Workers", "DIRECTCOSTS", "EXEMPTEXPENSES", {}),
    ("400", "Advertising", "EXPENSE", "INPUT", {}),
    ("404", "Bank Fees", "EXPENSE", "EXEMPTEXPENSES", {}),
    ("412", "Consulting & Accounting", "EXPENSE", "INPUT", {}),
    ("420", "Entertainment", "EXPENSE", "BASEXCLUDED", {}),
    ("429", "General Expenses", "EXPENSE", "INPUT", {}),
    ("433", "Insurance", "EXPENSE", "INPUT", {}),
    ("445", "Light, Power, Heating", "EXPENSE", "INPUT", {}),
    ("449", "Motor Vehicle Expenses", "EXPENSE", "INPUT", {}),
    ("453", "Office Expenses", "EXPENSE", "INPUT", {}),
    ("469", "Rent", "EXPENSE", "INPUT", {}),
    ("477", "Wages and Salaries", "EXPENSE", "BASEXCLUDED", {}),
    ("478", "Superannuation", "EXPENSE", "BASEXCLUDED", {}),
    ("489", "Telephone & Internet", "EXPENSE", "INPUT", {}),
    ("493", "Travel - National", "EXPENSE", "INPUT", {}),
    ("497", "Bank Revaluations", "EXPENSE", "BASEXCLUDED", {"system": "BANKCURRENCYGAIN"}),
    ("610", "Accounts Receivable", "CURRENT", "BASEXCLUDED", {"system": "DEBTORS"}),
    ("620", "Prepayments", "CURRENT", "EXEMPTEXPENSES", {}),
    ("710", "Office Equipment", "FIXED", "INPUT", {}),
    ("800", "Accounts Payable", "CURRLIAB", "BASEXCLUDED", {"system": "CREDITORS"}),
    ("801", "Unpaid Expense Claims", "CURRLIAB", "BASEXCLUDED", {"system": "UNPAIDEXPCLM"}),
    ("820", "GST", "CURRLIAB", "BASEXCLUDED", {"system": "GST"}),
    ("825", "PAYG Withholdings Payable", "CURRLIAB", "BASEXCLUDED", {}),
    ("840", "Historical Adjustment", "CURRLIAB", "BASEXCLUDED", {"system": "HISTORICAL"}),
    ("850", "Suspense", "CURRLIAB", "BASEXCLUDED", {"enable_payments": True}),
    ("860", "Rounding", "CURRLIAB", "BASEXCLUDED", {"system": "ROUNDING"}),
    ("880", "Owner A Funds Introduced", "EQUITY", "BASEXCLUDED", {"enable_payments": True}),
    ("960", "Retained Earnings", "EQUITY", "BASEXCLUDED", {"system": "RETAINEDEARNINGS"}),
)
_TAX_RATES = (  # TaxType, name, report type, per cent, the account classes it may stand on
    ("BASEXCLUDED", "BAS Excluded", "BASEXCLUDED", "0", "ASSET EQUITY EXPENSE LIABILITY REVENUE"),
    (
        "EXEMPTEXPENSES",
        "GST Free Expenses",
        "EXEMPTEXPENSES",
        "0",
        "ASSET EQUITY EXPENSE LIABILITY",
    ),
    ("EXEMPTOUTPUT", "GST Free Income", "EXEMPTOUTPUT", "0", "ASSET EQUITY LIABILITY REVENUE"),
    ("INPUT", "GST on Expenses", "INPUT", "10", "ASSET EQUITY EXPENSE LIABILITY"),
    ("GSTONIMPORTS", "GST on Imports", "GSTONIMPORTS", "0", "ASSET EQUITY EXPENSE LIABILITY"),
    ("OUTPUT", "GST on Income", "OUTPUT", "10", "ASSET EQUITY LIABILITY REVENUE"),
    ("NONE", "No GST", "NONE", "0", "ASSET EQUITY EXPENSE LIABILITY REVENUE"),
)
