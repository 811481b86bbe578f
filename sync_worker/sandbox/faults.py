"""Faults on demand: what may go wrong with a request, and which requests it befalls.

A fault is described by `Effect`, in the order things happen: wait, kill the tokens, work or not,
wait again, and what the caller hears of it. `Faults` holds those that were asked for and gives
each request at most one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from sync_worker.sandbox.http import Request

REPLY, CUT, HALF = "reply", "cut", "half"
LONGEST_S = 10 * 365 * 86_400
WORDS: Mapping[type, str] = {str: "a string", int: "a whole number"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effect:
    """`hears` is REPLY, CUT (nothing), HALF (of the body) or a refusal in the vendor's own words.

    `waits_first`: the seconds pass before the work; otherwise between the work and what is heard.
    `remembers`: the refusal is what the vendor itself now holds for its reply, as when the 500 of
    a write that landed is replayed under its Idempotency-Key. `works_later`: the work is done only
    after the seconds, on the sandbox's clock, long after the caller heard what it hears.
    """

    hears: str = REPLY
    works: bool = True
    waits_first: bool = False
    expires_tokens: bool = False
    remembers: bool = False
    works_later: bool = False


HARMLESS = Effect()
EFFECTS: Mapping[str, Effect] = {
    "drop_before_commit": Effect(CUT, works=False),
    "drop_after_commit": Effect(CUT),
    "slow": Effect(waits_first=True),
    "slow_before": Effect(waits_first=True),
    "slow_after": Effect(),
    "429_minute": Effect("429_minute", works=False),
    "429_day": Effect("429_day", works=False),
    "429_concurrent": Effect("429_concurrent", works=False),
    "429_app": Effect("429_app", works=False),
    "500_before": Effect("500", works=False),
    "500_after": Effect("500", remembers=True),
    "503_before": Effect("503", works=False),
    "truncated": Effect(HALF),
    "html": Effect("html"),
    "html_before": Effect("html", works=False),
    "expire_token": Effect(expires_tokens=True),
    "late_commit": Effect(CUT, works=False, works_later=True),
    "then": Effect(),
}
USUAL_S = {"slow": 1.0, "slow_before": 1.0, "slow_after": 1.0, "late_commit": 60.0}


@dataclass(slots=True)
class Fault:
    """One order: from its `nth` matching request on, `times` requests suffer `do`."""

    do: str
    method: str = ""
    path: str = ""
    nth: int = 1
    times: int = 1
    seconds: float = 0.0
    retry_after: int | None = None
    people: Mapping[str, Any] | None = None  # what somebody does as soon as the answer is made
    seen: int = 0

    @property
    def effect(self) -> Effect:
        return EFFECTS[self.do]

    def concerns(self, request: Request, path: str) -> bool:
        if self.method and self.method.upper() != request.method.upper():
            return False
        wanted = self.path.lower()
        return wanted in path.lower() or re.search(self.path, path, re.IGNORECASE) is not None

    def as_json(self) -> dict[str, Any]:
        match = {"method": self.method, "path": self.path, "nth": self.nth}
        told: dict[str, Any] = {"match": {k: v for k, v in match.items() if v}, "do": self.do}
        told |= {"times": self.times, "seen": self.seen}
        if self.seconds:
            told["seconds"] = self.seconds
        if self.retry_after is not None:
            told["retry_after"] = self.retry_after
        if self.people is not None:
            told["people"] = self.people
        return told


class Faults:
    """The faults that still stand, oldest first. May be asked from several threads.

    A request suffers the first that is due; the others wait for the next.
    """

    def __init__(self) -> None:
        self._standing: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._standing.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._standing.clear()

    def standing(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.as_json() for fault in self._standing]

    def befalling(self, request: Request, path: str) -> Fault | None:
        """The fault of this request. Every fault that matches counts it towards its `nth`."""
        with self._lock:
            matching = [fault for fault in self._standing if fault.concerns(request, path)]
            for fault in matching:
                fault.seen += 1
            due = next((fault for fault in matching if fault.seen >= fault.nth), None)
            if due is not None:
                due.times -= 1
                if not due.times:
                    self._standing.remove(due)
        return due


def fault_from(order: Mapping[str, Any]) -> Fault:
    """The fault a JSON order asks for; ValueError with one clear sentence if it makes no sense."""
    match = order.get("match", {})
    if not isinstance(match, Mapping):
        raise ValueError("match must be an object with method, path or nth")
    only(order, "match", "do", "times", "seconds", "retry_after", "people")
    only(match, "method", "path", "nth")
    do = order.get("do")
    if not isinstance(do, str) or do not in EFFECTS:
        raise ValueError(f"do must be one of {', '.join(EFFECTS)}")
    people = order.get("people")
    if people is not None and (do != "then" or not isinstance(people, Mapping)):
        raise ValueError("people belongs to then, and is an object with an act")
    path = taken(match, "path", str, "")
    try:
        re.compile(path)
    except re.error as error:
        raise ValueError(f"path is no regular expression: {error}") from error
    return Fault(
        do,
        taken(match, "method", str, ""),
        path,
        counted(match, "nth"),
        counted(order, "times"),
        duration(order, "seconds", USUAL_S.get(do, 0.0)),
        int(duration(order, "retry_after", 0)) if "retry_after" in order else None,
        people,
    )


def only(given: Mapping[str, Any], *known: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(known)}")


def taken(given: Mapping[str, Any], key: str, kind: type[T], default: T) -> T:
    value = given.get(key, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{key} must be {WORDS[kind]}")
    return value


def counted(given: Mapping[str, Any], key: str, default: int = 1) -> int:
    number = taken(given, key, int, default)
    if number < 1:
        raise ValueError(f"{key} must be 1 or more")
    return number


def duration(given: Mapping[str, Any], key: str, default: float) -> float:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{key} must be a number of seconds")
    if not 0 <= value < LONGEST_S:
        raise ValueError(f"{key} must lie between 0 and {LONGEST_S} seconds")
    return float(value)
