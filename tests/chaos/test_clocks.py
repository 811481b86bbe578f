"""F59 to F62: a clock that jumps costs a token at the most, and a date is the CRM's date everywhere on earth."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from sync_worker.daemon.schedule import Job, job
from tests.oracle import unpaid_in_crm, wrongs
from tests.sides import BILLS, INVOICES, Side
from tests.world import World

ZONES = [f"Etc/GMT{-offset:+d}" if offset else "UTC" for offset in range(-12, 15)]
"""POSIX turns the sign: Etc/GMT-14 is fourteen hours ahead of UTC."""
ENDS = (ZONES[0], "UTC", ZONES[-1])


def tokens(world: World) -> int:
    return sum("/connect/token" in one for one in world.requests("xero"))


@pytest.mark.parametrize("jump", [pytest.param(7200, id="F59"), pytest.param(-3600, id="F60")])
def test_f59_a_clock_that_jumps_costs_a_token_and_loses_nothing(side: Side, jump: int) -> None:
    world = side.world()
    side.enter(world, 1)
    side.sync(world)
    cursor = world.worker.journal.cursor("payments")
    world.clock.ahead = timedelta(seconds=jump)
    world.forget_calls()
    side.enter(world, 2)
    world.xero.pay(side.document(world, 1)["id"], "40.00")
    side.settle(world, "payments")
    assert tokens(world) <= 1
    after = world.worker.journal.cursor("payments")
    assert after is not None
    assert after <= world.time.now(), "the cursor is by Xero's time, not by ours"
    assert cursor is None or after >= cursor
    assert wrongs(world.org, world.xero) == []
    assert unpaid_in_crm(world.org, world.xero) == []


def test_f60_the_watchdog_counts_a_time_that_cannot_be_set_back() -> None:
    """Three intervals without an end, whatever the wall says."""
    late = Job("main/invoices", lambda: None, IntervalTrigger(seconds=300), 300)
    assert not late.overdue(time.monotonic() + 2.9 * 300)
    assert late.overdue(time.monotonic() + 3.1 * 300)


@pytest.mark.parametrize(
    "day", ["2026-04-05", "2026-10-04", "2028-02-29", "2026-12-31", "2026-03-29"]
)
def test_f61_every_hour_has_as_many_runs_as_any_other(day: str) -> None:
    """Both turns of summer time in Sydney, one in London, a leap day, the end of a year."""
    scheduled = job(
        "main/invoices",
        lambda: None,
        every_s=300,
        cron=None,
        zone=ZoneInfo("Australia/Sydney"),
    )
    trigger = scheduled.trigger
    start = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=UTC) - timedelta(days=1)
    trigger.start_date = start
    runs: list[datetime] = []
    at = trigger.get_next_fire_time(None, start)
    while at < start + timedelta(days=3):
        runs.append(at)
        at = trigger.get_next_fire_time(at, at)
    assert len(runs) == 3 * 24 * 12
    assert {later - one for one, later in pairwise(runs)} == {timedelta(seconds=300)}


@pytest.mark.parametrize(
    ("side", "zone"), [*((INVOICES, zone) for zone in ZONES), *((BILLS, zone) for zone in ENDS)]
)
@pytest.mark.parametrize("day", ["2026-12-31", "2028-02-29"])
def test_f62_a_date_is_the_crms_date_at_every_offset(side: Side, zone: str, day: str) -> None:
    world = side.world(rules={"due_days": 0}, time_zone=zone)
    side.enter(world, 1, **side.dated(day))
    side.sync(world)
    document = side.document(world, 1)
    assert (str(document["date"]), str(document["due_date"])) == (day, day)
    world.xero.pay(document["id"], "40.00", on=day)
    world.sync("payments")
    (record,) = side.payments(world)
    entered = datetime.fromisoformat(record["Payment_Date__c"]).astimezone(ZoneInfo(zone))
    assert entered.date() == date.fromisoformat(day)
