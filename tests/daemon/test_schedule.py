"""When things run: intervals that no summer time touches, cron lines as everybody writes them, and a watchdog."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from sync_worker.daemon.schedule import Job, Schedule, job
from sync_worker.domain.errors import Misconfigured

SYDNEY = ZoneInfo("Australia/Sydney")


def next_times(cron: str, after: datetime, count: int) -> list[str]:
    """In the connection's zone, as its people read them."""
    trigger = job("main/invoices", lambda: None, every_s=None, cron=cron, zone=SYDNEY).trigger
    times, last = [], None
    for _ in range(count):
        last = trigger.get_next_fire_time(last, after if last is None else last)
        assert last is not None
        times.append(f"{last.astimezone(SYDNEY):%a %d %b %H:%M}")
    return times


def test_a_cron_line_is_read_in_the_connections_zone() -> None:
    before_summer_time = datetime(2026, 10, 3, 0, 0, tzinfo=UTC)
    assert next_times("30 6 * * *", before_summer_time, 2) == [
        "Sun 04 Oct 06:30",
        "Mon 05 Oct 06:30",
    ]


@pytest.mark.parametrize(
    ("days", "first"),
    [
        ("mon-fri", "Mon 02 Nov 09:00"),
        ("1-5", "Mon 02 Nov 09:00"),
        ("0", "Sun 01 Nov 09:00"),
        ("7", "Sun 01 Nov 09:00"),
        ("6", "Sat 07 Nov 09:00"),
        ("sun", "Sun 01 Nov 09:00"),
        ("5-7", "Sun 01 Nov 09:00"),
        ("1-5/2", "Mon 02 Nov 09:00"),
        ("*/3", "Sun 01 Nov 09:00"),
        ("2,4", "Tue 03 Nov 09:00"),
    ],
)
def test_days_of_the_week_are_counted_as_cron_counts_them(days: str, first: str) -> None:
    saturday_night = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
    assert next_times(f"0 9 * * {days}", saturday_night, 1) == [first]


@pytest.mark.parametrize("line", ["whenever", "61 * * * *", "* * * *", "* * * * 9"])
def test_a_line_that_is_not_cron_is_refused_with_its_own_words(line: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        job("main/invoices", lambda: None, every_s=None, cron=line, zone=SYDNEY)
    assert repr(line) in str(refused.value)


def test_a_schedule_of_nothing_is_refused() -> None:
    with pytest.raises(Misconfigured, match="every_s or cron"):
        job("main/invoices", lambda: None, every_s=None, cron=None, zone=SYDNEY)


def test_a_job_that_crashes_is_called_again() -> None:
    calls = []

    def crash() -> None:
        calls.append(1)
        raise RuntimeError("a bug")

    one = job("main/invoices", crash, every_s=60, cron=None, zone=SYDNEY)
    one()
    one()
    assert len(calls) == 2
    assert not one.running


def test_the_watchdog_calls_a_job_that_slept_through_its_time() -> None:
    called = threading.Event()
    far = IntervalTrigger(days=1, timezone=UTC)
    late = Job("main/invoices", called.set, far, every_s=10)
    schedule = Schedule([late])
    schedule.start()
    try:
        assert called.wait(5), "an interval job runs at once"
        eventually_ended(late)
        assert schedule.rouse() == []
        called.clear()
        late.ended -= 31
        assert schedule.rouse() == ["main/invoices"]
        assert called.wait(5)
    finally:
        schedule.stop()


def test_a_job_that_takes_long_is_not_called_late() -> None:
    one = Job("main/invoices", lambda: None, IntervalTrigger(days=1), every_s=1)
    one.ended, one.running = time.monotonic() - 1000, True
    assert not one.overdue(time.monotonic())


def test_stopping_waits_for_what_runs() -> None:
    began, done = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        time.sleep(0.2)
        done.set()

    schedule = Schedule([job("main/invoices", work, every_s=60, cron=None, zone=SYDNEY)])
    schedule.start()
    assert began.wait(5)
    schedule.stop()
    assert done.is_set()


def eventually_ended(one: Job) -> None:
    deadline = time.monotonic() + 5
    while one.running and time.monotonic() < deadline:
        time.sleep(0.01)
