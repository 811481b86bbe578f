"""A payment's journey, as docs/a-payments-journey.md tells it."""

from __future__ import annotations

from tests.oracle import unpaid_in_crm, wrongs
from tests.world import a_world


def test_from_the_bank_in_xero_to_the_totals_in_the_crm() -> None:
    """The bookkeeper reconciles two bank lines; at the next poll the CRM shows the invoice as paid."""
    world = a_world()
    record = world.crm.invoice("INV-1")
    world.sync()
    document = world.document("INV-1")["id"]
    world.xero.pay(document, "30.00", on="2026-03-02", reference="EFT 1")
    world.advance(300)
    assert world.sync("payments").counts["created"] == 1
    row = world.invoice("INV-1")
    assert (row["Status__c"], row["Total_Payment_Amount__c"], row["Payment_Balance__c"]) == (
        "Partially Paid",
        30,
        70,
    )

    world.xero.pay(document, "70.00", on="2026-03-04", reference="EFT 2")
    world.advance(300)
    assert world.sync("payments").counts["created"] == 1
    row = world.invoice("INV-1")
    assert (row["Status__c"], row["Total_Payment_Amount__c"], row["Payment_Balance__c"]) == (
        "Fully Paid",
        100,
        0,
    )
    assert [one["Reference__c"] for one in world.crm.payments(record)] == ["EFT 1", "EFT 2"]


def test_a_cheque_that_bounced_takes_its_money_out_of_the_total_again() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.sync()
    paid = world.xero.pay(world.document("INV-1")["id"], "100.00")
    world.sync("payments")
    world.xero.unpay(paid)
    world.advance(300)
    assert world.sync("payments").counts["updated"] == 1
    row = world.invoice("INV-1")
    assert (row["Status__c"], row["Total_Payment_Amount__c"]) == ("Entered", 0)


def test_a_month_of_payments_agrees_on_both_sides() -> None:
    world = a_world(profile="care", seeded=60, seed=3)
    world.sync()
    world.sync("payments")
    for month in range(3):
        world.plane.act("care", "payments", month)
        world.advance(86_400)
        world.sync("payments")
    assert unpaid_in_crm(world.org, world.xero) == []
    linked = [
        row["Name"] for row in world.org.rows("Invoice__c") if row["Name"].startswith("INV-0")
    ]
    assert wrongs(world.org, world.xero, due=linked) == []
