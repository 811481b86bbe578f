"""A real daemon dies at a moment that was chosen: at every commit of the journal and every call to a vendor, before it
and after it, by kill -9 and by SIGTERM. Then it is left in peace, and the oracle judges what stands on both sides.

What else befalls it follows from the seed: who numbers, a vendor that is still at work for a caller long dead, a second
death while the first is being repaired, a journal that is lost with its daemon.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from random import Random

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import Fault
from tests.daemon.processes import Worker, settings_file
from tests.kills import oracle

TIMING = {"connect_timeout_s": 1, "timeout_s": 2, "quiet_s": 3, "key_life_s": 2.5, "lease_s": 8}
SOON = {"schedule": {"every_s": 1}}
LATER = 1.8  # seconds a slow call takes: a little less than the worker's own time-out
BATCH = 2
INVOICES = 24
NEVER = "journal.none.after"
"""A moment that never comes: whoever waits for it tells at its end which ones came."""
NEVER_PASSED = "the moment never came"
LONGEST_LIFE_S = 40.0
PEACE_S = 60.0
DRAINED_S = 20.0


@dataclass(frozen=True, slots=True)
class Death:
    """One way to die. `earlier`: how the life before ended, so that this one has something to repair."""

    point: str
    ending: str
    seed: int
    numbering: str = "xero"
    nth: int = 1
    earlier: str = ""
    again_at: str = ""
    slow: bool = False
    journal_lost: bool = False

    @property
    def words(self) -> str:
        return f"{self.point}:{self.nth}:{self.ending}"


@dataclass(frozen=True, slots=True)
class Verdict:
    death: Death
    wrong: Sequence[str]
    invoices: int = 0
    payments: int = 0
    seconds: float = 0


CIRCUMSTANCES = tuple(product(("", "killed", "killed, its journal lost"), ("xero", "crm")))
"""How the life before ended, and who numbers."""


@dataclass(frozen=True, slots=True)
class Met:
    """Where a moment was met, and how often in one life."""

    numbering: str
    earlier: str
    times: int


Points = Mapping[str, Met]


def met(sandbox: Sandbox, earlier: str, numbering: str) -> dict[str, Met]:
    """Every moment of one whole life in these circumstances."""
    with _world(sandbox, Death(NEVER, "KILL", 1, numbering, earlier=earlier)) as world:
        passed = world.whole_life()
    return {point: Met(numbering, earlier, times) for point, times in passed.items()}


def deaths(points: Points, seeds: int) -> Iterator[Death]:
    """Each moment by both signals under each seed."""
    for point, ending, seed in product(points, ("KILL", "TERM"), range(1, seeds + 1)):
        yield death(points, point, ending, seed)


def death(points: Points, point: str, ending: str, seed: int) -> Death:
    """What the seed makes of it, the same each time; the first seed adds nothing to it."""
    plain = Death(point, ending, seed, points[point].numbering, earlier=points[point].earlier)
    if seed == 1:
        return plain
    chance = Random(f"{point} {ending} {seed}")
    return replace(
        plain,
        nth=chance.randint(1, max(1, points[point].times // 2)),
        slow=chance.random() < 0.5,
        again_at=chance.choice([*points]) if chance.random() < 0.5 else "",
        journal_lost=ending == "KILL" and chance.random() < 0.25,
    )


def died(sandbox: Sandbox, death: Death) -> Verdict:
    """The death, and what came of it. Where the moment came less often than in the life that was watched, such as the
    renewal of a lease in a short life, its first passing is taken."""
    began = time.monotonic()
    with _world(sandbox, death) as world:
        wrong = [*world.dies()]
        if NEVER_PASSED in wrong and death.nth > 1:
            return died(sandbox, replace(death, nth=1))
        wrong += world.recovers()
        return Verdict(
            death,
            wrong,
            len(world.due),
            len(sandbox.xero.payments()),
            round(time.monotonic() - began, 2),
        )


@contextmanager
def _world(sandbox: Sandbox, death: Death) -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="moments-"))
    try:
        yield World(sandbox, folder, death)
    finally:
        shutil.rmtree(folder)


class World:
    """A month of care with its hard cases, on both sides, and the worker's settings."""

    def __init__(self, sandbox: Sandbox, folder: Path, death: Death) -> None:
        self._sandbox, self._folder, self._death = sandbox, folder, death
        self._plane = sandbox.control
        self._asked_to_stop = False
        foretold = self._plane.fill("care", INVOICES, death.seed)
        for door in self._plane.doors:
            door.forget_requests()
            door.faults.clear()
        never_due = {*foretold.held, *foretold.untouched}
        self.due = {
            row["Name"]
            for row in self._plane.org.rows("Invoice__c")
            if not row["Finance_External_ID__c"] and row["Name"] not in never_due
        }
        self._config = settings_file(
            folder,
            sandbox.credentials(),
            {
                "timing": TIMING,
                "invoices": {**SOON, "numbering": death.numbering, "batch": BATCH},
                "payments": SOON,
            },
        )
        if death.earlier:
            with self._life("xero.PUT.Invoices.after:2:KILL") as first:
                first.ended(LONGEST_LIFE_S)
        if "lost" in death.earlier:
            shutil.rmtree(folder / "journal")

    def whole_life(self) -> dict[str, int]:
        """How often each moment came in a life in which all was done."""
        with self._life(f"{NEVER}:1") as worker:
            self._lived(worker)
            (told,) = worker.said("rehearsed moment never came")
            passed: dict[str, int] = told["passed"]
            return passed

    def dies(self) -> Iterator[str]:
        if self._death.slow:
            self._slow()
        yield from self._death_at(self._death.words, self._death.ending)
        self._people_pay()
        if self._death.journal_lost:
            shutil.rmtree(self._folder / "journal")
        if self._death.again_at:
            # It may come or not: what is repaired is not the same each time.
            yield from self._death_at(f"{self._death.again_at}:1:KILL", "")

    def recovers(self) -> Iterator[str]:
        """In peace: what is left is made good, and then people pay and that comes to the CRM too."""
        for door in self._plane.doors:
            door.faults.clear()
        with self._life("") as worker:
            self._await_start(worker)
            _await(lambda: not self._left() or not worker.alive, PEACE_S)
            self._people_pay()
            _await(lambda: not self._left() or not worker.alive, PEACE_S)
            left = self._left()
            yield from left
            worker.terminate()
            code = worker.ended(DRAINED_S)
            if left or code:
                yield f"the last life ended with {code}: {worker.stderr[-2000:]}"

    def _death_at(self, words: str, ending: str) -> Iterator[str]:
        """`ending` is empty where the moment need not come."""
        with self._life(words) as worker:
            self._lived(worker)
            code = worker.ended(DRAINED_S)
            if ending and not worker.said("crash rehearsed"):
                yield NEVER_PASSED
                return
            # Where it had been asked to stop already, this was the second time, and it may leave at once.
            right = {"KILL": {-9}, "TERM": {0, 130} if self._asked_to_stop else {0}}
            if ending and code not in right[ending]:
                yield f"it ended with {code}: {worker.stderr[-2000:]}"
        yield from oracle.never(self._plane)

    def _life(self, words: str) -> Worker:
        return Worker(self._config, "run", variables={"SYNC_CRASH_AT": words} if words else {})

    def _lived(self, worker: Worker) -> None:
        """Until it dies, or has done all and was asked to stop."""
        self._await_start(worker)
        _await(lambda: not worker.alive or not self._left(), LONGEST_LIFE_S)
        _await(lambda: not worker.alive, 2.5)
        self._asked_to_stop = worker.alive
        worker.terminate()
        worker.ended(DRAINED_S)

    def _await_start(self, worker: Worker) -> None:
        """Before, it would not hear what it is asked."""
        _await(lambda: not worker.alive or bool(worker.said("daemon started")), LONGEST_LIFE_S)

    def _people_pay(self) -> None:
        self._plane.act("care", "payments", self._death.seed)

    def _left(self) -> list[str]:
        return oracle.at_the_end(self._plane, self.due)

    def _slow(self) -> None:
        """A vendor works, or answers, when its caller is long dead and the next life has begun."""
        chance = Random(f"slow {self._death.words} {self._death.seed}")
        do = chance.choice(("slow_before", "slow_after"))
        method, path = chance.choice(
            (("PUT", "Contacts"), ("PUT", "Invoices"), ("POST", "Invoices"))
        )
        self._plane.xero_door.faults.add(
            Fault(do, method=method, path=f"/api.xro/2.0/{path}", seconds=LATER)
        )


def _await(true: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
