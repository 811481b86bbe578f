"""The terms every document states alike: whether its prices hold tax, its currency, and that currency's rate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sync_worker.sandbox.xero import arithmetic, reading
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.reading import Sent

LINE_AMOUNT_TYPES = {"EXCLUSIVE": "Exclusive", "INCLUSIVE": "Inclusive", "NOTAX": "NoTax"}
_ONE = Decimal("1.000000")
_RATE_OF_THE_DAY = {"NZD": "1.090000", "USD": "0.650000", "GBP": "0.500000", "EUR": "0.590000"}


def currency_terms(books: Books, sent: Sent, held: str | None) -> dict[str, Any]:
    """`line_amount_types` if sent, and `currency` with its rate; `held` is the currency of a document being changed."""
    base = books.organisation.base_currency
    code = (reading.text(sent, "currencycode") or held or base).upper()
    terms: dict[str, Any] = {"currency": code}
    types = reading.word(sent, "lineamounttypes", LINE_AMOUNT_TYPES, "LineAmountType")
    if types is not None:
        terms["line_amount_types"] = types
    rate = reading.number(sent, "currencyrate")
    if code == base:
        terms["currency_rate"] = _ONE
    elif rate:
        terms["currency_rate"] = arithmetic.six_places(rate)
    elif code != held:
        terms["currency_rate"] = Decimal(_RATE_OF_THE_DAY.get(code, _ONE))
    return terms
