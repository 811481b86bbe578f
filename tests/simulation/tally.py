"""Plays many lives on all cores and counts: each unit of work is played by one process, forked once all is imported."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog

from tests.oracle import Breach, Kind

STORIES = 5
"""Failures told in full; the others are counted."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A life that ended badly: the name that plays it again, and what was wrong."""

    name: str
    kinds: tuple[Kind, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, name: str, found: Iterable[Breach]) -> Failure:
        found = list(found)
        return cls(name, tuple(one.kind for one in found), tuple(one.words for one in found))


@dataclass(slots=True)
class Tally:
    scenarios: int = 0
    failures: list[Failure] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    """Lives that ended with an error of this program, or of the simulation: worse than any breach."""

    def add(self, other: Tally) -> None:
        self.scenarios += other.scenarios
        self.failures += other.failures
        self.crashed += other.crashed

    def judge(self, name: str, play: Callable[[], list[Breach]]) -> None:
        self.scenarios += 1
        try:
            found = play()
        except Exception as error:  # noqa: BLE001 - whatever it is, the other lives go on, and it is told
            self.crashed.append(f"{name}: {type(error).__name__}: {error}")
            return
        if found:
            self.failures.append(Failure.of(name, found))

    @property
    def counts(self) -> Counter[Kind]:
        """Scenarios with such a breach, not breaches."""
        return Counter(kind for failure in self.failures for kind in set(failure.kinds))

    @property
    def clean(self) -> bool:
        return not self.failures and not self.crashed


Unit = tuple[Callable[..., Tally], tuple[Any, ...]]


def played(units: Iterable[Unit], processes: int, progress: Progress) -> Tally:
    """All units, in whatever order; the tally of them all."""
    units, total = list(units), Tally()
    if processes == 1:
        for unit in units:
            total.add(_play(unit))
            progress.say(total)
        return total
    gc.collect()
    gc.freeze()  # what is imported by now is shared by all of them
    with multiprocessing.get_context("fork").Pool(processes, quietly) as pool:
        for tally in pool.imap_unordered(_play, units):
            total.add(tally)
            progress.say(total)
    return total


def _play(unit: Unit) -> Tally:
    function, arguments = unit
    return function(*arguments)


def quietly() -> None:
    """No log: nobody would read that of thousands of lives. A replay tells it."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=True,
    )
    gc.set_threshold(
        50_000, 20, 50
    )  # every life leaves a heap behind; looking at it often costs a tenth


class Progress:
    """One line that grows on a terminal, plain lines in a log."""

    def __init__(self) -> None:
        self._began = self._said = self._phase_began = time.monotonic()
        self._phase = ""

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def enter(self, phase: str) -> None:
        self._phase, self._phase_began = phase, time.monotonic()

    def say(self, tally: Tally, *, last: bool = False) -> None:
        now, terminal = time.monotonic(), sys.stderr.isatty()
        if not last and now - self._said < (0.5 if terminal else 30):
            return
        self._said = now
        bad = len(tally.failures) + len(tally.crashed)
        rate = tally.scenarios / max(now - self._phase_began, 0.001)
        line = f"{self._phase}: {tally.scenarios} lives, {bad} of them bad, {rate:.0f} a second"
        end = "\n" if last or not terminal else ""
        sys.stderr.write(f"\r\033[K{line}{end}" if terminal else f"{line}\n")
        sys.stderr.flush()


def cores() -> int:
    return len(os.sched_getaffinity(0))
