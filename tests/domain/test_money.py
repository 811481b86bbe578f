"""To the cent: our total before the call is Xero's total after it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.money import LineAmountTypes, Taxed, line_amount, to_cents, total
from sync_worker.sandbox.xero import arithmetic

amounts = st.decimals(-9999, 99999, places=4, allow_nan=False, allow_infinity=False)
quantities = st.decimals(0, 9999, places=4, allow_nan=False, allow_infinity=False)
percents = st.sampled_from(
    [Decimal(0), Decimal(10), Decimal(15), Decimal("12.5"), Decimal("8.875")]
)
lines = st.lists(st.tuples(quantities, amounts, percents), min_size=1, max_size=12)


class Summed:
    """A line as the sandbox adds it up."""

    discounted = Decimal(0)

    def __init__(self, quantity: Decimal, rate: Decimal, percent: Decimal, types: str) -> None:
        self.line_amount = arithmetic.line_amount(
            arithmetic.four_places(quantity), arithmetic.unit_price(rate, 4), None, None
        )
        self.tax_amount = arithmetic.tax_amount(self.line_amount, percent, types)


@given(lines, st.sampled_from(LineAmountTypes))
def test_any_lines_come_to_what_xero_makes_of_them(
    given_lines: list[tuple[Decimal, Decimal, Decimal]], types: LineAmountTypes
) -> None:
    ours = total((Taxed(line_amount(q, r), p) for q, r, p in given_lines), types)
    theirs = arithmetic.totals(
        [Summed(q, r, p, types.value) for q, r, p in given_lines], types.value
    )
    assert ours == theirs.total


@pytest.mark.parametrize(
    ("quantity", "rate", "amount"),
    [
        ("3", "33.335", "100.01"),
        ("0.125", "70.23", "8.78"),
        ("1.5", "12.3333", "18.50"),
        ("1", "0.005", "0.01"),
        ("-1", "0.005", "-0.01"),
    ],
)
def test_a_half_cent_goes_up_away_from_nothing(quantity: str, rate: str, amount: str) -> None:
    assert line_amount(Decimal(quantity), Decimal(rate)) == Decimal(amount)


def test_tax_is_rounded_line_by_line_and_not_on_the_sum() -> None:
    taxed = [Taxed(Decimal("0.05"), Decimal(10))] * 3
    assert total(taxed, LineAmountTypes.EXCLUSIVE) == Decimal("0.18")


@given(amounts)
def test_rounding_twice_changes_nothing(amount: Decimal) -> None:
    assert to_cents(to_cents(amount)) == to_cents(amount)
