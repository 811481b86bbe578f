"""How Xero adds up a document: each line rounded to cents, half up, then summed.

Recorded at 15 % inclusive: 541.25 holds 70.60 of tax, 97.00 holds 12.65, 89.00 holds 11.61, 500.00 holds 65.22. None of
them is an exact half, so that half up (and not half even) is taken from Xero's documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

ZERO = Decimal("0.00")
_CENT = Decimal("0.01")
_UNIT = Decimal("0.0001")
_RATE = Decimal("0.000001")
_HUNDRED = Decimal(100)

EXCLUSIVE, INCLUSIVE, NO_TAX = "Exclusive", "Inclusive", "NoTax"


def cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def four_places(value: Decimal) -> Decimal:
    return value.quantize(_UNIT, ROUND_HALF_UP)


def six_places(value: Decimal) -> Decimal:
    return value.quantize(_RATE, ROUND_HALF_UP)


def unit_price(value: Decimal, places: int) -> Decimal:
    """A unit amount is rounded before it is multiplied: to cents, or to four places with `unitdp=4`."""
    return four_places(value) if places == 4 else cents(value)


def line_amount(
    quantity: Decimal, unit_amount: Decimal, discount_rate: Decimal | None, discount: Decimal | None
) -> Decimal:
    gross = quantity * unit_amount
    if discount_rate is not None:
        return cents(gross * (_HUNDRED - discount_rate) / _HUNDRED)
    return cents(gross - discount) if discount is not None else cents(gross)


def tax_amount(amount: Decimal, percent: Decimal, line_amount_types: str) -> Decimal:
    if line_amount_types == NO_TAX or not percent:
        return ZERO
    base = _HUNDRED + percent if line_amount_types == INCLUSIVE else _HUNDRED
    return cents(amount * percent / base)


class Summed(Protocol):
    @property
    def line_amount(self) -> Decimal: ...
    @property
    def tax_amount(self) -> Decimal: ...
    @property
    def discounted(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Totals:
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO
    total_discount: Decimal = ZERO


def totals(lines: Iterable[Summed], line_amount_types: str) -> Totals:
    amount = tax = discount = ZERO
    for line in lines:
        amount += line.line_amount
        tax += line.tax_amount
        discount += line.discounted
    if line_amount_types == INCLUSIVE:
        return Totals(amount - tax, tax, amount, discount)
    return Totals(amount, tax, amount + tax, discount)
