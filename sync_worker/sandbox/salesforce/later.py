"""Work that the org takes on now and does after a while: deployments and bulk jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sync_worker.sandbox.http import Clock


class Later:
    """Nothing runs by itself: `catch_up` does what is due by the clock, before each request is answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        self._count += 1
        self._waiting.append((self._clock.now() + timedelta(seconds=seconds), self._count, work))
        self._waiting.sort(key=lambda each: each[:2])

    def catch_up(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._clock.now():
            self._waiting.pop(0)[2]()

    def forget(self) -> None:
        self._waiting.clear()
