"""Every hard case of the care seed ends as it is foretold, and its journey says why in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.seeds.hard import CASES, Case
from tests.oracle import unpaid_in_crm, wrongs
from tests.world import World, a_world

SEED = 11


@dataclass(frozen=True, slots=True)
class Synced:
    """The seeded world after its first run of each process."""

    world: World
    foretold: Foretold
    invoices: Mapping[str, Any]
    payments: Mapping[str, Any]


@pytest.fixture(scope="module")
def synced() -> Synced:
    world = a_world()
    foretold = world.plane.fill("care", 60, SEED)
    return Synced(world, foretold, world.sync().counts, world.sync("payments").counts)


def test_as_many_are_created_held_and_left_alone_as_foretold(synced: Synced) -> None:
    foretold = synced.foretold
    counts = synced.invoices
    assert counts["created"] == foretold.created
    assert {one["record"]: one["class"] for one in counts["held"]} == {
        f"invoice:{number}": why for number, why in foretold.held.items()
    }


def test_as_many_payments_arrive_as_foretold(synced: Synced) -> None:
    world, foretold = synced.world, synced.foretold
    counts = synced.payments
    assert counts["created"] == foretold.payments_created
    assert counts["excluded"] == foretold.payments_excluded
    records = [row for row in world.org.rows("Payment__c") if row["Finance_External_ID__c"]]
    assert sum(row["Include__c"] for row in records) == foretold.payments_included


def test_an_independent_judge_finds_nothing_wrong(synced: Synced) -> None:
    world, foretold = synced.world, synced.foretold
    aside = {*foretold.held, *foretold.untouched}
    synced_before = {case.number for case in CASES if case.fate == "synced"}
    due = [
        r["Name"] for r in world.org.rows("Invoice__c") if r["Name"] not in aside | synced_before
    ]
    assert wrongs(world.org, world.xero, due=due) == []
    assert unpaid_in_crm(world.org, world.xero) == []


@pytest.mark.parametrize("case", [c for c in CASES if "-" in c.fate], ids=lambda case: case.number)
def test_a_held_invoice_says_on_itself_and_in_its_journey_why_and_what_cures_it(
    case: Case, synced: Synced
) -> None:
    world, foretold = synced.world, synced.foretold
    number = case.number
    row = world.invoice(number)
    assert row["Finance_Sync_State__c"] == "Held"
    assert "To do: " in row["Finance_Message__c"]
    assert row["Finance_External_ID__c"] is None
    hold = world.row(number).hold
    assert hold is not None
    assert str(hold.hold_class) == foretold.held[number]
    assert hold.cause in row["Finance_Message__c"]
    assert hold.cure in row["Finance_Message__c"]
    assert hold.cause in world.journey(number)
    assert not [one for one in world.xero.documents() if one["reference"] == number]


def test_a_cancelled_invoice_is_not_touched(synced: Synced) -> None:
    world, foretold = synced.world, synced.foretold
    for number in foretold.untouched:
        row = world.invoice(number)
        assert row["Finance_Sync_State__c"] is None
        assert row["LastModifiedDate"] == row["CreatedDate"]


def test_a_merged_contact_is_followed_and_the_crm_learns_the_one_that_stayed(
    synced: Synced,
) -> None:
    world = synced.world
    (stayed,) = [one for one in world.xero.contacts() if one["name"] == "Merle Joined"]
    assert world.document("INV-H04")["contact_id"] == stayed["id"]
    (person,) = [row for row in world.org.rows("Contact") if row["Name"] == "Merle Joined"]
    assert person["Finance_External_ID__c"] == stayed["id"]


def test_a_contact_known_by_its_client_number_is_linked_and_not_doubled(synced: Synced) -> None:
    world = synced.world
    (standing,) = [one for one in world.xero.contacts() if one["name"] == "Stan Standing"]
    assert world.document("INV-H20")["contact_id"] == standing["id"]


def test_lines_with_include_off_stay_at_home(synced: Synced) -> None:
    world = synced.world
    assert len(world.document("INV-H08")["lines"]) == 1


def test_long_text_and_every_letter_arrive_whole(synced: Synced) -> None:
    world = synced.world
    contact = next(
        c for c in world.xero.contacts() if c["id"] == world.document("INV-H11")["contact_id"]
    )
    assert contact["name"] == "Zoë Ünïcode-😀"


def test_money_stripe_took_is_recorded_and_does_not_count_twice(synced: Synced) -> None:
    world = synced.world
    row = world.invoice("INV-H15")
    records = world.crm.payments(row["Id"])
    assert sorted((r["Type__c"], r["Include__c"]) for r in records) == [
        ("Reconciliation", False),
        ("Stripe", True),
    ]
    (repeated,) = [r for r in records if r["Type__c"] == "Reconciliation"]
    assert "Stripe" in repeated["Reason__c"]
    assert row["Total_Payment_Amount__c"] == row["Total_Amount__c"]


def test_a_second_pass_creates_nothing_and_says_the_same(synced: Synced) -> None:
    world, foretold = synced.world, synced.foretold
    before = (world.xero.documents(), world.xero.contacts(), world.org.rows("Payment__c"))
    world.advance(300)
    world.forget_calls()
    again = world.sync()
    world.sync("payments")
    assert again.counts["created"] == again.counts["linked"] == again.counts["updated"] == 0
    assert {one["record"].removeprefix("invoice:") for one in again.counts["held"]} == set(
        foretold.held
    )
    assert (world.xero.documents(), world.xero.contacts(), world.org.rows("Payment__c")) == before
    assert world.calls("xero") <= 2
    assert world.calls("salesforce") <= 4
