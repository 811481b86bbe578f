"""What stands around the processes: time, moments, the lane, requests and switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sync_worker.domain.errors import Transient
from sync_worker.ports.journal import Asked


class Clock(Protocol):
    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None:
        """Waits; raises Stopping when the program is asked to stop meanwhile."""

    @property
    def stopping(self) -> bool: ...


Moments = Callable[[str], object]
"""Told, by name, where this program may die: before and after every commit of the journal and every call, as in
`journal.intend.before` and `xero.PUT.Invoices.after`. Whoever raises or kills there rehearses a crash."""


def unwatched(moment: str) -> None:
    """Nobody rehearses."""


class LaneKeeper(Protocol):
    """The lease of one connection: at most one worker sends for it, wherever it runs."""

    def acquire(self, ttl_s: float, owner_host: str) -> object | None: ...

    def guard(self) -> None: ...

    def release(self) -> None: ...


class Requests(Protocol):
    """What commands ask of whoever holds the lane."""

    def ask(self, command: str, subject: str) -> str: ...

    def next_asked(self) -> Asked | None: ...

    def answer(self, request: str, payload: Mapping[str, Any]) -> None: ...

    def answer_of(self, request: str) -> dict[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Parking:
    """A vendor is left alone until an instant, because it said that we have asked enough."""

    until: datetime
    reason: str

    def refusal(self, now: datetime) -> Transient:
        """For whoever would ask it before."""
        return Transient(
            f"{self.reason}; nothing is asked of it until {self.until:%d %b %Y %H:%M:%S} UTC",
            retry_after=(self.until - now).total_seconds(),
        )


class Parkings(Protocol):
    """Which vendors are left alone; remembered on disk, so that no restart asks a closed door."""

    def park(self, vendor: str, until: datetime, reason: str) -> None: ...

    def parked(self, vendor: str) -> Parking | None:
        """None from the instant on until which it was parked."""


class Switches(Protocol):
    """What an operator has paused."""

    def paused(self) -> Mapping[str, object]: ...
