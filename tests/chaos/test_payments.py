"""F84: money in another currency."""

from __future__ import annotations

from decimal import Decimal

from sync_worker.sandbox.xero.books import Currency
from tests.oracle import unpaid_in_crm, wrongs
from tests.world import a_world


def test_f84_a_payment_in_dollars_is_recorded_in_dollars() -> None:
    world = a_world()
    world.xero.books.currencies["USD"] = Currency("USD", "United States Dollar")
    world.crm.invoice("INV-1", Currency__c="USD")
    world.sync()
    document = world.document("INV-1")
    assert document["currency"] == "USD"
    for amount in ("33.33", "33.33", "33.34"):
        world.xero.pay(document["id"], amount)
    world.forget_calls()
    world.sync("payments")
    assert world.calls("xero") == 1
    record = world.invoice("INV-1")
    assert record["Total_Payment_Amount__c"] == Decimal("100.00")
    assert record["Status__c"] == "Fully Paid"
    assert wrongs(world.org, world.xero) == []
    assert unpaid_in_crm(world.org, world.xero) == []
