"""How many calls Xero lets us make, and how many are kept for what a person asks for.

Xero's own headers are the truth, since other apps and commands may call too; our own count keeps us from ever meeting
a refusal. Limits per organisation: 60 a minute, 1,000 or 5,000 a day (developer.xero.com, OAuth 2.0 limits).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync_worker.domain.errors import LONGEST_WAIT, Transient
from sync_worker.ports import Clock, Parkings

VENDOR = "xero"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
UNKNOWN_WAIT = 60.0
"""Seconds to wait after a refusal that does not say how long."""


@dataclass(slots=True)
class Budget:
    clock: Clock
    parkings: Parkings
    per_minute: int = 55
    manual_per_minute: int = 5
    per_day: int = 5000
    manual_per_day: int = 100
    calls: int = 0
    """Since the start of this process."""
    minute_left: int | None = None
    day_left: int | None = None
    _spent: deque[datetime] = field(default_factory=deque)
    _manual: bool = False

    @contextmanager
    def for_a_person(self) -> Iterator[None]:
        """Inside, the part kept for people may be used too."""
        before, self._manual = self._manual, True
        try:
            yield
        finally:
            self._manual = before

    def spend(self, *, waiting: bool = True) -> None:
        """Counts one more call, once it is allowed. Raises Transient when that is not soon, or where it must not wait
        and would have to."""
        if waiting:
            self.wait()
        elif (wait := self._wait_left()) > 0:
            raise Transient("this minute's budget of Xero calls is spent", retry_after=wait)
        self._spent.append(self.clock.now())
        self.calls += 1

    def wait(self) -> None:
        """Until one more call is allowed, without counting it."""
        self._check_the_day()
        while (wait := self._wait_left()) > 0:
            self.clock.sleep(wait)
            self.minute_left = None

    def learn(self, headers: Mapping[str, str]) -> None:
        """What the last answer said is left."""
        self.minute_left = _number(headers.get("X-MinLimit-Remaining"), self.minute_left)
        self.day_left = _number(headers.get("X-DayLimit-Remaining"), self.day_left)

    def refused(self, headers: Mapping[str, str]) -> Transient:
        """What a 429 means: nothing was done, and when to come back."""
        problem = (headers.get("X-Rate-Limit-Problem") or "minute").lower()
        otherwise = 2.0 if problem == "concurrent" else UNKNOWN_WAIT
        wait = _seconds(headers.get("Retry-After"), otherwise) + 0.1
        if problem == "day" or wait > LONGEST_WAIT:
            until = self.clock.now() + timedelta(seconds=wait)
            self.parkings.park(VENDOR, until, f"Xero's {problem} limit is reached")
            self.day_left = None  # that none is left now says nothing of then
        self.minute_left = None
        return Transient(
            f"Xero's {problem} limit is reached; it opens again in {wait:.0f} s", retry_after=wait
        )

    def _wait_left(self) -> float:
        """Seconds until one more call fits into the minute."""
        kept = 0 if self._manual else self.manual_per_minute
        now = self.clock.now()
        recent = self._recent(now)
        allowed = self.per_minute - kept
        if self.minute_left is not None and recent:
            allowed = min(allowed, len(recent) + self.minute_left - kept)
        allowed = max(1, allowed)
        if len(recent) < allowed:
            return 0
        return max(0.05, (recent[-allowed] + MINUTE - now).total_seconds())

    def _recent(self, now: datetime) -> list[datetime]:
        """The calls of the last minute, oldest first; a clock set back counts them all, which only slows us."""
        recent = []
        for at in reversed(self._spent):
            if now - at >= MINUTE:
                break
            recent.append(at)
        return recent[::-1]

    def _check_the_day(self) -> None:
        now = self.clock.now()
        while self._spent and now - self._spent[0] >= DAY:
            self._spent.popleft()
        if parked := self.parkings.parked(VENDOR):
            raise parked.refusal(now)
        kept = 0 if self._manual else self.manual_per_day
        spent_out = len(self._spent) >= self.per_day - kept
        if spent_out or (self.day_left is not None and self.day_left <= kept):
            left = self.day_left if self.day_left is not None else self.per_day - len(self._spent)
            self.day_left = None  # asked again after the pause: the window may have moved meanwhile
            msg = f"the day's budget of Xero calls is spent but for the {left} kept for manual work"
            raise Transient(msg, retry_after=900)


def _number(text: str | None, otherwise: int | None) -> int | None:
    return int(text) if text and text.isdigit() else otherwise


def _seconds(text: str | None, otherwise: float) -> float:
    """Retry-After in seconds; anything else it may hold (a date, a word, a negative number) is not worth trusting."""
    try:
        seconds = float(text) if text else otherwise
    except ValueError:
        return otherwise
    return seconds if seconds > 0 else otherwise
