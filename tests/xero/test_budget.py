"""Calls are kept below Xero's limits, and some are kept for people."""

from __future__ import annotations

from typing import Any

import pytest

from sync_worker.domain.errors import Transient
from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.xero.limits import Limits
from sync_worker.state.journal import SqlJournal
from sync_worker.xero.budget import Budget
from tests import journals
from tests.ways import Time
from tests.world import NOON, VirtualClock, a_world


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(Time(Clock(lambda: NOON)))


def a_budget(clock: VirtualClock, **limits: Any) -> Budget:
    return Budget(clock, SqlJournal(journals.empty(), "main", clock).switches, **limits)


def spent(budget: Budget, calls: int) -> float:
    """Seconds it took."""
    started = budget.clock.now()
    for _ in range(calls):
        budget.spend()
    return (budget.clock.now() - started).total_seconds()


def test_fifty_calls_go_at_once_and_the_next_waits_for_its_minute(clock: VirtualClock) -> None:
    budget = a_budget(clock)
    assert spent(budget, 50) == 0
    assert 59 <= spent(budget, 1) <= 61


def test_a_person_may_use_what_is_kept_for_people(clock: VirtualClock) -> None:
    budget = a_budget(clock)
    spent(budget, 50)
    with budget.for_a_person():
        assert spent(budget, 5) == 0


def test_what_xero_says_is_left_counts_for_more_than_our_own_count(clock: VirtualClock) -> None:
    budget = a_budget(clock)
    spent(budget, 1)
    budget.learn({"X-MinLimit-Remaining": "5"})
    assert spent(budget, 1) > 0, "another app has used it up"


def test_the_days_reserve_is_not_touched_by_the_schedule(clock: VirtualClock) -> None:
    budget = a_budget(clock, per_day=200, manual_per_day=50)
    spent(budget, 150)
    with pytest.raises(Transient):
        budget.spend()
    with budget.for_a_person():
        budget.spend()


def test_a_day_later_the_day_is_new(clock: VirtualClock) -> None:
    budget = a_budget(clock, per_day=100, manual_per_day=0)
    spent(budget, 100)
    clock.sleep(86_401)
    budget.spend()


@pytest.mark.parametrize("text", ["soon", "", "-5", "Wed, 04 Mar 2026 12:00:00 GMT"])
def test_a_retry_after_that_says_nothing_means_a_minute(clock: VirtualClock, text: str) -> None:
    budget = a_budget(clock)
    later = budget.refused({"X-Rate-Limit-Problem": "minute", "Retry-After": text})
    assert isinstance(later, Transient)
    assert later.retry_after is not None
    assert 55 <= later.retry_after <= 65


def test_after_the_days_limit_has_passed_the_next_run_goes_through() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", "429_day", method="PUT", path="Invoices", retry_after=7200)
    assert world.sync().exit == 4
    world.advance(3600)
    world.forget_calls()
    assert world.sync().exit == 4
    assert world.calls("xero") == 0, "a closed door is not knocked at"
    world.advance(3700)
    assert world.sync().counts["created"] == 1


def test_a_thousand_a_day_is_never_overdrawn() -> None:
    world = a_world(
        books={"limits": Limits(day=60)},
        budget={"per_day": 60, "manual_per_day": 10},
        invoices={"batch": 1},
    )
    world.crm.invoices(80, people=1)
    for _ in range(24):
        world.sync()
        world.advance(6 * 3600)
    refusals = [e for e in world.roads["xero"].door.requests() if e.status == 429]
    assert refusals == []
    assert {one["status"] for one in world.xero.documents()} == {"AUTHORISED"}
    assert len(world.xero.documents()) == 80, "and none is forgotten: it goes on every day"


def test_other_apps_calls_do_not_make_us_fail() -> None:
    """Somebody else uses up the minute: we wait and go on."""
    world = a_world(invoices={"batch": 1})
    world.crm.invoices(30, people=2)
    world.fault("xero", "429_minute", path="Invoices", times=3, nth=5)
    world.settle("invoices")
    assert len(world.xero.documents()) == 30


def test_whoever_must_not_wait_is_told_for_how_long_it_would(clock: VirtualClock) -> None:
    budget = a_budget(clock)
    spent(budget, 50)
    with pytest.raises(Transient) as told:
        budget.spend(waiting=False)
    assert told.value.retry_after == pytest.approx(60, abs=1)
