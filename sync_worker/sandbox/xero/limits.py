"""How often an app may call: a tenant's minute, day and calls in flight, and the app's minute.

Windows are fixed, each opening with its tenant's first call (Xero's limits page). A refused call does not count.
Answers carry what is left; a refusal has neither body nor content type and says when to return for the minute and the
day only (recorded for the minute; the spelling `appminute` is unsettled).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from sync_worker.sandbox.http import Response

MINUTE = 60_000
DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls allowed; 1,000 a day is what Xero's Starter plan gives, 5,000 every other."""

    minute: int = 60
    day: int = 5_000
    concurrent: int = 5
    app_minute: int = 10_000
    day_window: str = "fixed"  # or "rolling": 24 hours back from now, as one live operator measured


class Meter:
    """Counts the calls of one app. `limits` None counts and refuses nothing."""

    def __init__(self, limits: Limits | None) -> None:
        self.limits = limits
        self._app = _Window(MINUTE)
        self._tenants: dict[str, tuple[_Window, _Window]] = {}

    def admit(self, tenant: str, now: int, in_flight: int) -> Response | None:
        """Count one call, or give the refusal."""
        if self.limits is None:
            return None
        minute, day = self._windows(tenant, now)
        problem = self._problem(self.limits, minute, day, in_flight)
        if problem is not None:
            return self.refusal(problem, tenant, now)
        for window in (self._app, minute, day):
            window.count(now)
        return None

    def headers(self, tenant: str, now: int) -> dict[str, str]:
        limits = self.limits or Limits()
        minute, day = self._windows(tenant, now)
        return {
            "X-DayLimit-Remaining": str(max(0, limits.day - day.used)),
            "X-MinLimit-Remaining": str(max(0, limits.minute - minute.used)),
            "X-AppMinLimit-Remaining": str(max(0, limits.app_minute - self._app.used)),
        }

    def refusal(
        self, problem: str, tenant: str, now: int, retry_after: int | None = None
    ) -> Response:
        minute, day = self._windows(tenant, now)
        headers = {"Content-Type": "", **self.headers(tenant, now)}
        window = {"minute": minute, "day": day}.get(problem)
        if window is not None:
            headers[_REMAINING[problem]] = "0"
            left = retry_after if retry_after is not None else window.seconds_left(now)
            headers["Retry-After"] = str(left)
        headers["X-Rate-Limit-Problem"] = problem
        return Response(429, headers)

    def _windows(self, tenant: str, now: int) -> tuple[_Window, _Window]:
        rolling = self.limits is not None and self.limits.day_window == "rolling"
        if tenant not in self._tenants:
            day = _Rolling(DAY) if rolling else _Window(DAY)
            self._tenants[tenant] = (_Window(MINUTE), day)
        windows = self._tenants[tenant]
        for window in (self._app, *windows):
            window.roll(now)
        return windows

    def _problem(self, limits: Limits, minute: _Window, day: _Window, in_flight: int) -> str | None:
        if self._app.used >= limits.app_minute:
            return "appminute"
        if in_flight > limits.concurrent:
            return "concurrent"
        if day.used >= limits.day:
            return "day"
        return "minute" if minute.used >= limits.minute else None


_REMAINING = {"minute": "X-MinLimit-Remaining", "day": "X-DayLimit-Remaining"}


class _Window:
    """A span of time that opens with the first call in it."""

    __slots__ = ("length", "opened", "used")

    def __init__(self, length: int) -> None:
        self.length = length
        self.opened: int | None = None
        self.used = 0

    def roll(self, now: int) -> None:
        if self.opened is None or now - self.opened >= self.length:
            self.opened, self.used = now, 0

    def count(self, now: int) -> None:
        self.used += 1

    def seconds_left(self, now: int) -> int:
        return math.ceil((self.length - (now - (self.opened or now))) / 1000)


class _Rolling(_Window):
    """The calls of the last so many hours, each leaving in its turn."""

    __slots__ = ("calls",)

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.calls: deque[int] = deque()

    def roll(self, now: int) -> None:
        while self.calls and now - self.calls[0] >= self.length:
            self.calls.popleft()
        self.used = len(self.calls)

    def count(self, now: int) -> None:
        self.calls.append(now)
        self.used += 1

    def seconds_left(self, now: int) -> int:
        return math.ceil((self.length - (now - self.calls[0])) / 1000) if self.calls else 0
