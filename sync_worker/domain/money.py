"""Amounts of money: Decimal in major units, rounded half up to the cent, as Xero rounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")
UNIT = Decimal("0.0001")
ZERO = Decimal(0)


class LineAmountTypes(StrEnum):
    """How the rates on the lines stand to tax; the values are Xero's own words."""

    EXCLUSIVE = "Exclusive"
    INCLUSIVE = "Inclusive"
    NO_TAX = "NoTax"


def to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def four_places(number: Decimal) -> Decimal:
    """As Xero keeps quantities, and rates when asked with `unitdp=4`."""
    return number.quantize(UNIT, ROUND_HALF_UP)


def line_amount(quantity: Decimal, rate: Decimal) -> Decimal:
    """What Xero makes of one line: rate and quantity to four places, their product to the cent."""
    return to_cents(four_places(quantity) * four_places(rate))


@dataclass(frozen=True, slots=True)
class Taxed:
    """One line's amount and its rate of tax in per cent."""

    amount: Decimal
    percent: Decimal


def total(lines: Iterable[Taxed], types: LineAmountTypes) -> Decimal:
    """The total Xero will reach: tax is rounded line by line, then summed. Inclusive and untaxed lines
    add up as they are."""
    return sum(
        (
            line.amount + to_cents(line.amount * line.percent / 100)
            if types is LineAmountTypes.EXCLUSIVE
            else line.amount
            for line in lines
        ),
        ZERO,
    )
