"""What Xero would refuse is found before anything is sent: one kind of trouble, one test."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sync_worker.domain.errors import Transient
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.invoice import Draft, Invoice, Line
from sync_worker.domain.money import LineAmountTypes
from sync_worker.domain.plan import Create, HoldBack, Skip
from sync_worker.sync.invoices import plan
from sync_worker.sync.preflight import draft
from tests.builders import a_line, an_invoice, some_books, some_rules


def drafted(invoice: Invoice, books: dict[str, Any] | None = None, **rules: Any) -> Draft:
    found = draft(
        invoice, some_rules(**rules), some_books(**(books or {})), lambda: frozenset({"AUD", "NZD"})
    )
    assert isinstance(found, Draft), found
    return found


def held(invoice: Invoice, books: dict[str, Any] | None = None, **rules: Any) -> Hold:
    found = draft(
        invoice, some_rules(**rules), some_books(**(books or {})), lambda: frozenset({"AUD", "NZD"})
    )
    assert isinstance(found, Hold), found
    return found


LOCKED = {"period_lock": date(2026, 3, 4)}


@pytest.mark.parametrize(
    ("invoice", "books", "rules", "expected", "words"),
    [
        (an_invoice(a_line(include=False)), {}, {}, HoldClass.NO_LINES, "Include"),
        (an_invoice(a_line(quantity=None)), {}, {}, HoldClass.LINE_INCOMPLETE, "Quantity"),
        (an_invoice(a_line(rate=None)), {}, {}, HoldClass.LINE_INCOMPLETE, "Rate"),
        (an_invoice(a_line(item="")), {}, {}, HoldClass.LINE_INCOMPLETE, "Support Item"),
        (an_invoice(date=None), {}, {}, HoldClass.DATE_MISSING, "Invoice Date"),
        (an_invoice(a_line(rate="-50")), {}, {}, HoldClass.NOT_POSITIVE, "-100.00"),
        (an_invoice(a_line(account_code="999")), {}, {}, HoldClass.ACCOUNT_INVALID, "999"),
        (an_invoice(a_line(account_code="210")), {}, {}, HoldClass.ACCOUNT_INVALID, "archived"),
        (an_invoice(a_line(account_code="090")), {}, {}, HoldClass.ACCOUNT_INVALID, "Bank"),
        (an_invoice(a_line(account_code="610")), {}, {}, HoldClass.ACCOUNT_INVALID, "Debtors"),
        (an_invoice(a_line(account_code="")), {}, {}, HoldClass.ACCOUNT_INVALID, "no account code"),
        (an_invoice(a_line(tax_type="Nonsense")), {}, {}, HoldClass.TAX_INVALID, "Nonsense"),
        (an_invoice(a_line(tax_type="GST on Expenses")), {}, {}, HoldClass.TAX_INVALID, "sales"),
        (an_invoice(a_line(tax_type="Old Rate")), {}, {}, HoldClass.TAX_INVALID, "Old Rate"),
        (an_invoice(currency="USD"), {}, {}, HoldClass.CURRENCY_INVALID, "USD"),
        (an_invoice(), {}, {"tracking": (("Region", "West"),)}, HoldClass.TRACKING_INVALID, "West"),
        (
            an_invoice(),
            {},
            {"tracking": (("Shape", "North"),)},
            HoldClass.TRACKING_INVALID,
            "Shape",
        ),
        (an_invoice(), LOCKED, {}, HoldClass.PERIOD_LOCKED, "04 Mar 2026"),
        (an_invoice(total=Decimal("100.01")), {}, {}, HoldClass.TOTAL_DIFFERS, "100.01"),
    ],
)
def test_each_kind_of_trouble_is_named_with_its_cause(
    invoice: Invoice, books: dict[str, Any], rules: dict[str, Any], expected: HoldClass, words: str
) -> None:
    hold = held(invoice, books, **rules)
    assert hold.hold_class is expected
    assert words in hold.cause
    assert hold.cure


def test_an_amount_of_more_digits_than_travel_unharmed_is_held() -> None:
    hold = held(an_invoice(a_line(quantity="1.2345678901234567")))
    assert hold.hold_class is HoldClass.AMOUNT_INVALID
    assert "more than 15 digits" in hold.cause


def test_while_xero_cannot_be_asked_for_its_currencies_no_invoice_is_blamed() -> None:
    def away() -> frozenset[str]:
        raise Transient("Xero cannot be reached")

    with pytest.raises(Transient):
        draft(an_invoice(currency="USD"), some_rules(), some_books(), away)


def test_an_invoice_this_program_fails_on_is_held_with_the_place_of_the_fault() -> None:
    hold = held(an_invoice(), line_template="{nonsense}")
    assert hold.hold_class is HoldClass.UNREADABLE
    assert "KeyError in preflight._description" in hold.cause


def test_the_day_after_the_lock_is_open_and_the_later_of_two_locks_counts() -> None:
    assert drafted(an_invoice(date=date(2026, 3, 5)), LOCKED).total == 100
    both = {"period_lock": date(2026, 1, 1), "year_end_lock": date(2026, 3, 4)}
    assert held(an_invoice(), both).hold_class is HoldClass.PERIOD_LOCKED


def test_nothing_to_pay_is_an_invoice_too() -> None:
    assert drafted(an_invoice(a_line(rate="0"))).total == 0


@pytest.mark.parametrize("total", [None, Decimal("100.00"), Decimal(100)])
def test_a_total_that_agrees_or_is_not_given_is_no_trouble(total: Decimal | None) -> None:
    assert drafted(an_invoice(total=total)).total == 100


@pytest.mark.parametrize(
    ("types", "total"),
    [
        (LineAmountTypes.EXCLUSIVE, "110.00"),
        (LineAmountTypes.INCLUSIVE, "100.00"),
        (LineAmountTypes.NO_TAX, "100.00"),
    ],
)
def test_tax_comes_on_top_only_where_rates_are_without_it(
    types: LineAmountTypes, total: str
) -> None:
    made = drafted(an_invoice(a_line(tax_type="OUTPUT")), line_amount_types=types)
    assert made.total == Decimal(total)


@pytest.mark.parametrize("name", ["GST on Income", "gst on income", "OUTPUT", "output"])
def test_a_tax_rate_is_known_by_its_label_or_code(name: str) -> None:
    assert drafted(an_invoice(a_line(tax_type=name))).lines[0].tax_type == "OUTPUT"


def test_where_the_support_item_is_silent_the_settings_speak() -> None:
    made = drafted(an_invoice(a_line(account_code="")), account_code="200")
    assert (made.lines[0].account_code, made.lines[0].tax_type) == ("200", "EXEMPTOUTPUT")


def test_lines_left_out_are_left_out() -> None:
    made = drafted(an_invoice(a_line(), a_line(rate=None, include=False)))
    assert len(made.lines) == 1


@pytest.mark.parametrize(
    ("line", "template", "words"),
    [
        (a_line(item_description="Lawn mowing"), "{description}", "Lawn mowing"),
        (a_line(item_description=""), "{description}", "Self-Care"),
        (
            a_line(item_code="01_011", service_date=date(2026, 3, 1)),
            "{code} {item}, {service_date}",
            "01_011 Self-Care, 01 Mar 2026",
        ),
        (a_line(item_description="a\x00b\x07c\ud800d"), "{description}", "abcd"),
        (a_line(item_description="x" * 4001), "{description}", "x" * 3999 + "…"),
        (a_line(item_description="x" * 4000), "{description}", "x" * 4000),
        (a_line(item_description="{not a field}"), "{description}", "{not a field}"),
    ],
)
def test_a_lines_words_are_the_items_own_and_fit(line: Line, template: str, words: str) -> None:
    assert drafted(an_invoice(line), line_template=template).lines[0].description == words


def test_a_foreign_currency_is_asked_for_and_sent_and_our_own_is_not() -> None:
    assert drafted(an_invoice(currency="NZD")).currency == "NZD"
    assert drafted(an_invoice(currency="AUD")).currency == ""


def test_tracking_goes_on_every_line() -> None:
    made = drafted(an_invoice(a_line(), a_line()), tracking=(("Region", "North"),))
    assert {line.tracking for line in made.lines} == {(("Region", "North"),)}


def test_a_plan_says_what_is_to_be_done_and_does_nothing() -> None:
    def planned(invoice: Invoice, **rules: Any) -> object:
        return plan(invoice, some_rules(**rules), some_books(), lambda: frozenset({"AUD"}))

    assert isinstance(planned(an_invoice()), Create)
    assert isinstance(planned(an_invoice(status="Cancelled")), Skip)
    nobody = planned(an_invoice(participant=None))
    assert isinstance(nobody, HoldBack)
    assert nobody.hold.hold_class is HoldClass.DEBTOR_MISSING
    assert "participant" in nobody.hold.cure
