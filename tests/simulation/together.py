"""Two or three workers on one journal, one step at a time: who goes on is decided at each moment outside a transaction.

They are threads, but only one runs at a time: whoever holds the baton. A paused one may stand still for forty minutes,
as a virtual machine does, while another takes the lane; then it goes on where it stood.

`beside` workers share a host, whose kernel lock keeps all but one out; `apart` ones share only a database server, where
the lease's own time is all there is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sync_worker.daemon.runner import Connection
from tests.oracle import Breach
from tests.simulation.life import Life, a_life
from tests.simulation.tally import Tally, Unit
from tests.world import VirtualClock

ASLEEP = 2400.0
"""Seconds a zombie stands still: longer than any lease."""
LIMIT = 200
MOST = 46
"""Moments of a push of one document at which another may go on."""

Choose = Callable[[int, str], int | None]
"""Told who passes which moment; answers who goes on, None for the same one."""


class Baton:
    """Lets exactly one of several workers run. An error of any of them is raised by `run`."""

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self._turns: list[threading.Semaphore] = []
        self.alive: set[int] = set()
        self._over = threading.Semaphore(0)
        self.errors: list[BaseException] = []

    def moment(self, who: int, name: str) -> None:
        if name.startswith("journal.") and not name.endswith(".after"):
            return  # inside a transaction nobody else can write anyway
        chosen = self._choose(who, name)
        if chosen is not None and chosen != who and chosen in self.alive:
            self._turns[chosen].release()
            self._turns[who].acquire()

    def run(self, works: Sequence[Callable[[], object]]) -> None:
        self._turns = [threading.Semaphore(0) for _ in works]
        self.alive = set(range(len(works)))
        threads = [
            threading.Thread(target=self._one, args=(who, work)) for who, work in enumerate(works)
        ]
        for thread in threads:
            thread.start()
        self._turns[0].release()
        self._over.acquire()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _one(self, who: int, work: Callable[[], object]) -> None:
        self._turns[who].acquire()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again where all of them are awaited
            self.errors.append(error)
        self.alive.discard(who)
        if self.alive:
            self._turns[min(self.alive)].release()
        else:
            self._over.release()


def apart(worker: Connection) -> None:
    """As on a database server: no kernel lock tells one host of the other."""
    worker.lane._exclusion = None  # type: ignore[attr-defined]  # the concrete lane's


def crew(
    life: Life, baton: Baton, processes: Sequence[str], *, hosts: bool
) -> list[Callable[[], object]]:
    """Their work: one run each, if the lane is theirs."""
    works: list[Callable[[], object]] = []
    for who, process in enumerate(processes):
        clock = VirtualClock(life.world.time)
        clock.ahead = life.world.clock.ahead

        def moments(name: str, who: int = who) -> None:
            baton.moment(who, name)

        worker = life.world.another_worker(clock, moments)
        if hosts:
            apart(worker)
        works.append(_one_run(life, who, worker, process))
    return works


def _one_run(life: Life, who: int, worker: Connection, process: str) -> Callable[[], object]:
    def work() -> None:
        with worker.held() as ours:
            if not ours:
                life.tell(f"worker {who}: the lane is taken")
                return
            result = worker.run(process)
            ended = f"{result.exit.name.lower()} {'; '.join(result.problems)}"
            life.tell(f"worker {who}: {process} ended with {ended}")

    return work


# Every interleaving of two on a push of one document ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """The first worker stops at its `switches[0]`-th moment, then the second at its `switches[1]`-th, and so on; at the
    first switch `asleep` seconds pass."""

    numbering: str
    hosts: bool
    asleep: float
    switches: tuple[int, ...]

    @property
    def name(self) -> str:
        where = "apart" if self.hosts else "beside"
        at = "-".join(map(str, self.switches))
        return f"two:{self.numbering}:{where}:{self.asleep:.0f}:{at}"

    @classmethod
    def named(cls, words: Sequence[str]) -> Case:
        numbering, where, asleep, at = words
        return cls(numbering, where == "apart", float(asleep), tuple(map(int, at.split("-"))))


def lived(case: Case) -> tuple[Life, int, list[Breach]]:
    """The life, how many of the switches came about, and what is wrong."""
    life = a_life(case.numbering)
    life.processes = ("invoices",)
    life.world.crm.invoice("INV-1")
    life.deeds.drafts_may_stay = case.asleep > 0
    made = 0
    passed = 0

    def choose(who: int, name: str) -> int | None:
        nonlocal made, passed
        passed += 1
        over = made == len(case.switches) or 1 - who not in baton.alive
        if over or passed < case.switches[made]:
            return None
        life.tell(f"worker {who} stops at {name}")
        made, passed = made + 1, 0
        if made == 1:
            life.world.advance(case.asleep)
        return 1 - who

    baton = Baton(choose)
    baton.run(crew(life, baton, ("invoices", "invoices"), hosts=case.hosts))
    life.world.advance(1000)  # whatever lease one of them left behind has run out
    return life, made, life.judged()


def played(case: Case) -> tuple[Life, list[Breach]]:
    life, _, found = lived(case)
    return life, found


def all_units() -> Iterator[Unit]:
    for numbering in ("xero", "crm"):
        for hosts in (False, True):
            for asleep in (0.0, ASLEEP):
                for first in range(1, MOST + 1):
                    yield all_after, (numbering, hosts, asleep, first)


def all_after(numbering: str, hosts: bool, asleep: float, first: int) -> Tally:
    """The first switch at `first`, the second at every other moment of the other worker, these and those by turns;
    every other time a third one follows, each at a moment of its own. All threes would be 20,000 lives."""
    tally = Tally()
    for second in range(1 + first % 2, LIMIT, 2):
        third = (7 * first + 13 * second) % MOST + 1 if second // 2 % 2 else LIMIT
        case, made = Case(numbering, hosts, asleep, (first, second, third)), 0

        def play(case: Case = case) -> list[Breach]:
            nonlocal made
            _, made, found = lived(case)
            return found

        tally.judge(case.name, play)
        if made < 2:
            break
    return tally
