"""F01 to F05 and F95: a vendor that has had enough is left alone for as long as it says."""

from __future__ import annotations

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.sandbox.xero.limits import Limits
from tests.oracle import wrongs
from tests.world import World, a_world


def refused_and_repeated(world: World) -> list[tuple[str, int | None]]:
    """(when, status) of each request that would make an invoice."""
    return [
        (entry.at, entry.status)
        for entry in world.roads["xero"].door.requests()
        if entry.method == "PUT" and "/Invoices" in entry.path
    ]


@pytest.mark.parametrize(
    "fault", [pytest.param("429_minute", id="F01"), pytest.param("429_app", id="F04")]
)
def test_f01_a_minutes_limit_is_waited_out_once(fault: str) -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", fault, method="PUT", path="Invoices", retry_after=7)
    world.sync()
    first, second = refused_and_repeated(world)
    assert (first[1], second[1]) == (429, 200)
    between = [one for one in world.roads["xero"].door.requests() if first[0] < one.at < second[0]]
    assert between == []
    (waited,) = world.clock.slept
    assert 7 <= waited <= (9 if fault == "429_minute" else 61)
    assert wrongs(world.org, world.xero) == []


def test_f02_a_days_limit_is_remembered_over_a_restart_and_nothing_is_asked_before_it_ends() -> (
    None
):
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", "429_day", method="PUT", path="Invoices", retry_after=66_975)
    assert world.sync().exit is Exit.UNSURE
    world.restart()
    world.forget_calls()
    by_hand = world.sync_invoice("INV-1")
    for _ in range(10):
        assert world.sync().exit is Exit.UNSURE
        assert world.sync("payments").exit is Exit.UNSURE
        world.advance(6000)
    assert world.requests("xero") == []
    assert "nothing is asked of it until 05 Mar 2026 06:36" in by_hand.problems[0]
    world.advance(66_975 - 60_000)
    assert world.sync().counts["created"] == 1
    assert wrongs(world.org, world.xero) == []


def test_f03_too_many_at_once_is_tried_again_two_seconds_later() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", "429_concurrent", method="PUT", path="Invoices", times=2)
    world.sync()
    assert [status for _, status in refused_and_repeated(world)] == [429, 429, 200]
    assert all(1 <= waited <= 3 for waited in world.clock.slept)
    assert wrongs(world.org, world.xero) == []


def test_f95_three_days_of_work_go_oldest_first_and_people_still_get_through() -> None:
    """In small: 60 calls a day, and 75 invoices of two calls each."""
    world = a_world(
        books={"limits": Limits(day=60)},
        budget={"per_day": 60, "manual_per_day": 10},
        invoices={"batch": 1},
    )
    for n in range(1, 76):
        world.crm.invoice(f"INV-{n:04d}")
        world.advance(1)
    world.sync()
    made = {one["reference"] for one in world.xero.documents()}
    assert made == {f"INV-{n:04d}" for n in range(1, len(made) + 1)}, "the oldest first"
    assert len(made) < 75
    by_hand = world.sync_invoice("INV-0075")
    assert by_hand.counts["created"] == 1
    for _ in range(4 * 4):
        world.advance(6 * 3600)
        world.sync()
    assert wrongs(world.org, world.xero) == []
    assert [one for one in world.roads["xero"].door.requests() if one.status == 429] == []
