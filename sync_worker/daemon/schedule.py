"""When the processes run: APScheduler jobs, and a watchdog that no wall clock can put to sleep.

APScheduler 3.11 lets an interval job wait for an hour when the wall clock is set back by one; the watchdog counts
monotonic time and calls such a job at once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as PoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sync_worker.domain.errors import Misconfigured

log = structlog.get_logger()

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
OVERDUE = 3
"""Intervals without an end after which a job is called by the watchdog."""


@dataclass(slots=True)
class Job:
    """One thing to do again and again."""

    name: str
    work: Callable[[], object]
    trigger: BaseTrigger
    every_s: float | None
    ended: float = field(default_factory=time.monotonic)
    running: bool = False

    def __call__(self) -> None:
        self.running = True
        try:
            copy_context().run(self.work)
        except Exception:  # the outermost guard: a bug ends this run, not the daemon
            log.exception("run crashed", job=self.name)
        finally:
            self.running = False
            self.ended = time.monotonic()

    def overdue(self, now: float) -> bool:
        return (
            self.every_s is not None
            and not self.running
            and now - self.ended > max(OVERDUE * self.every_s, self.every_s + 5)
        )


def job(
    name: str,
    work: Callable[[], object],
    *,
    every_s: float | None,
    cron: str | None,
    zone: ZoneInfo,
) -> Job:
    """Intervals count in UTC, so that no summer time exists for them; cron lines are in the connection's zone."""
    if cron:
        try:
            return Job(name, work, _cron_trigger(cron, zone), None)
        except ValueError as wrong:
            msg = (
                f"the schedule of {name} is not a cron line ({cron!r}): {wrong}; "
                "write five fields, as in '0 6-20 * * 1-5'"
            )
            raise Misconfigured(msg) from None
    if not every_s:
        msg = f"the schedule of {name} needs every_s or cron"
        raise Misconfigured(msg)
    return Job(name, work, IntervalTrigger(seconds=max(1, round(every_s)), timezone=UTC), every_s)


def _cron_trigger(line: str, zone: ZoneInfo) -> CronTrigger:
    """Weekdays count from Sunday here, as cron counts them; APScheduler's own numbers begin with Monday."""
    *fields, days = line.split()
    return CronTrigger.from_crontab(" ".join([*fields, _weekdays(days)]), timezone=zone)


def _weekdays(field: str) -> str:
    return ",".join(_named_days(part) for part in field.split(","))


def _named_days(part: str) -> str:
    numbers = _DAYS.fullmatch(part)
    if numbers is None:
        return part
    first, last, step = numbers["first"], numbers["last"], numbers["step"]
    end = last or (first if first and not step else 6)
    days = range(int(first or 0), int(end) + 1, int(step or 1))
    return ",".join(WEEKDAYS[day % 7] for day in days)


_DAYS = re.compile(r"(?:\*|(?P<first>[0-7])(?:-(?P<last>[0-7]))?)(?:/(?P<step>\d+))?")


class Schedule:
    """All jobs of the daemon, on one pool of threads. Runs of one connection wait for each other at its lane."""

    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = jobs
        self._pool = PoolExecutor(max(4, len(jobs)))
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": self._pool},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )

    def start(self) -> None:
        for one in self._jobs:
            first = datetime.now(UTC) if one.every_s else None
            options = {"next_run_time": first} if first else {}
            self._scheduler.add_job(one, one.trigger, id=one.name, name=one.name, **options)
        self._scheduler.start()

    def rouse(self) -> list[str]:
        """Calls every job that should long have run; which ones these were."""
        late = [one for one in self._jobs if one.overdue(time.monotonic())]
        for one in late:
            log.warning("job overdue, called by the watchdog", job=one.name)
            one.ended = time.monotonic()
            self._scheduler.modify_job(one.name, next_run_time=datetime.now(UTC))
        return [one.name for one in late]

    def stop(self) -> None:
        """Starts nothing new and waits for what runs. Closing the pool first would make APScheduler complain."""
        self._scheduler.shutdown(wait=False)
        pool: ThreadPoolExecutor = self._pool._pool  # noqa: SLF001 - the only way to wait for it afterwards
        pool.shutdown(wait=True)
