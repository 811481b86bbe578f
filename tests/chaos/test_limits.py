"""F01 to F05 and F95: a vendor that has had enough is left alone for as long as it says."""

from __future__ import annotations

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.sandbox.xero.limits import Limits
from tests.oracle import wrongs
from tests.sides import Side
from tests.world import World


def refused_and_repeated(world: World) -> list[tuple[str, int | None]]:
    """(when, status) of each request that would make a document."""
    return [
        (entry.at, entry.status)
        for entry in world.roads["xero"].door.requests()
        if entry.method == "PUT" and "/Invoices" in entry.path
    ]


@pytest.mark.parametrize(
    "fault", [pytest.param("429_minute", id="F01"), pytest.param("429_app", id="F04")]
)
def test_f01_a_minutes_limit_is_waited_out_once(side: Side, fault: str) -> None:
    world = side.world()
    side.enter(world, 1)
    world.fault("xero", fault, method="PUT", path="Invoices", retry_after=7)
    side.sync(world)
    first, second = refused_and_repeated(world)
    assert (first[1], second[1]) == (429, 200)
    between = [one for one in world.roads["xero"].door.requests() if first[0] < one.at < second[0]]
    assert between == []
    (waited,) = world.clock.slept
    assert 7 <= waited <= (9 if fault == "429_minute" else 61)
    assert wrongs(world.org, world.xero) == []


def test_f02_a_days_limit_is_remembered_over_a_restart_and_nothing_is_asked_before_it_ends(
    side: Side,
) -> None:
    world = side.world()
    side.enter(world, 1)
    world.fault("xero", "429_day", method="PUT", path="Invoices", retry_after=66_975)
    assert side.sync(world).exit is Exit.UNSURE
    world.restart()
    world.forget_calls()
    by_hand = side.ask(world, 1)
    for _ in range(10):
        assert side.sync(world).exit is Exit.UNSURE
        assert world.sync("payments").exit is Exit.UNSURE
        world.advance(6000)
    assert world.requests("xero") == []
    assert "nothing is asked of it until 05 Mar 2026 06:36" in by_hand.problems[0]
    world.advance(66_975 - 60_000)
    assert side.sync(world).counts["created"] == 1
    assert wrongs(world.org, world.xero) == []


def test_f03_too_many_at_once_is_tried_again_two_seconds_later(side: Side) -> None:
    world = side.world()
    side.enter(world, 1)
    world.fault("xero", "429_concurrent", method="PUT", path="Invoices", times=2)
    side.sync(world)
    assert [status for _, status in refused_and_repeated(world)] == [429, 429, 200]
    assert all(1 <= waited <= 3 for waited in world.clock.slept)
    assert wrongs(world.org, world.xero) == []


def test_f95_three_days_of_work_go_oldest_first_and_people_still_get_through(side: Side) -> None:
    """In small: 40 calls a day, and 50 records of two calls each."""
    world = side.world(
        rules={"batch": 1},
        books={"limits": Limits(day=40)},
        budget={"per_day": 40, "manual_per_day": 10},
    )
    for n in range(1, 51):
        side.enter(world, f"{n:04d}")
        world.advance(1)
    side.sync(world)
    made = [n for n in range(1, 51) if side.documents(world, f"{n:04d}")]
    assert made == list(range(1, len(made) + 1)), "the oldest first"
    assert len(made) < 50
    by_hand = side.ask(world, "0050")
    assert by_hand.counts["created"] == 1
    for _ in range(4 * 4):
        world.advance(6 * 3600)
        side.sync(world)
    assert wrongs(world.org, world.xero) == []
    assert [one for one in world.roads["xero"].door.requests() if one.status == 429] == []
