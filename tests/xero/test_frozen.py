"""Bytes are fixed once, and nothing is fixed that would reach Xero changed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sync_worker.domain.batch import Frozen
from sync_worker.xero.frozen import freeze
from tests.builders import record


def frozen(quantity: object) -> Frozen:
    members = [(record(), {"Quantity": quantity})]
    return freeze("PUT", "Invoices", "Invoices", members, tenant="ours")


@pytest.mark.parametrize("amount", ["0.1", "99999999999.9999", "-12.3400"])
def test_an_amount_keeps_every_digit(amount: str) -> None:
    sent = frozen(Decimal(amount)).body.partition(b'"Quantity":')[2].rstrip(b"}]")
    assert Decimal(sent.decode()) == Decimal(amount)


def test_an_amount_that_would_be_changed_on_the_way_is_never_sent() -> None:
    with pytest.raises(ValueError, match="more digits than can be sent unharmed"):
        frozen(Decimal("12345678901234567.89"))


def test_what_is_no_amount_is_never_sent_as_one() -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        frozen(object())
