"""The life of a daemon: it dies at its moment, comes back, and is left in peace until all is done."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

from sync_worker.daemon.lifecycle import BEAT_S
from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import Fault
from tests.daemon.processes import Worker, settings_file
from tests.kills import oracle
from tests.kills.deaths import NEVER, NEVER_PASSED, Death, Met
from tests.kills.months import Care, Grants
from tests.kills.oracle import Excused

TIMING = {"connect_timeout_s": 1, "timeout_s": 2, "quiet_s": 3, "key_life_s": 2.5, "lease_s": 8}
BUDGET = {"per_minute": 60, "manual_per_minute": 0}
LATER = 1.8  # seconds a slow call takes: a little less than the worker's own time-out
LONGEST_LIFE_S = 40.0
PEACE_S = 90.0
DRAINED_S = 20.0
MONTHS: Mapping[str, type[Care | Grants]] = {"care": Care, "grants": Grants}
SLOW = {
    "care": (("PUT", "Contacts"), ("PUT", "Invoices"), ("POST", "Invoices")),
    "grants": (("PUT", "Invoices"), ("POST", "Invoices"), ("PUT", ".+/Options|.+/Attachments")),
}


class DaemonLife:
    """A month with its hard cases, on both sides, and the worker's settings."""

    def __init__(self, sandbox: Sandbox, folder: Path, death: Death) -> None:
        self._folder, self._death = folder, death
        self._plane = sandbox.control
        self._asked_to_stop = False
        self._excused = Excused()
        self._wrong: list[str] = []
        self._month = MONTHS[death.life](sandbox, death.seed)
        for door in self._plane.doors:
            door.forget_requests()
            door.faults.clear()
        connection = {"timing": TIMING, "budget": BUDGET, **self._month.settings(death.numbering)}
        mail = self._month.mail()
        self._config = settings_file(folder, sandbox.credentials(), connection, mail=mail)
        if death.earlier:
            with self._life("xero.PUT.Invoices.after:2:KILL") as first:
                if first.ended(LONGEST_LIFE_S) != -9:
                    self._wrong.append(f"the life before was not killed: {first.stderr[-2000:]}")
        if "lost" in death.earlier:
            self._lose_journal()

    def whole(self) -> Iterator[tuple[str, Met]]:
        """Each moment of a life in which all was done."""
        death = self._death
        with self._life(f"{NEVER}:1") as worker:
            self._lived(worker, NEVER)
            (told,) = worker.said("rehearsed moment never came")
        for point, times in told["passed"].items():
            yield point, Met(death.life, death.numbering, death.earlier, times)

    def dies(self) -> Iterator[str]:
        yield from self._wrong
        if self._death.slow:
            self._slow()
        yield from self._death_at(self._death.words, self._death.ending)
        self._month.people()
        if self._death.journal_lost:
            self._lose_journal()
        if self._death.again_at:
            # It may come or not: what is repaired is not the same each time.
            yield from self._death_at(f"{self._death.again_at}:1:KILL", "")

    def recovers(self) -> Iterator[str]:
        """In peace: what is left is made good, and then people go on and that comes to the other side too."""
        for door in self._plane.doors:
            door.faults.clear()
        with self._life("") as worker:
            self._await_start(worker)
            _await(lambda: not self._left(worker) or not worker.alive, PEACE_S)
            self._month.people()
            _await(lambda: not self._left(worker) or not worker.alive, PEACE_S)
            left = self._left(worker)
            yield from left
            worker.terminate()
            code = worker.ended(DRAINED_S)
            if left or code:
                yield f"the last life ended with {code}: {worker.stderr[-2000:]}"

    def made(self) -> Mapping[str, int]:
        return self._month.made()

    def _death_at(self, words: str, ending: str) -> Iterator[str]:
        """`ending` is empty where the moment need not come."""
        with self._life(words) as worker:
            self._lived(worker, words)
            code = worker.ended(DRAINED_S)
            if ending and not worker.said("crash rehearsed"):
                yield from (NEVER_PASSED, f"it ended with {code}: {worker.stderr[-2000:]}")
                return
            # Where it had been asked to stop already, this was the second time, and it may leave at once.
            right = {"KILL": {-9}, "TERM": {0, 130} if self._asked_to_stop else {0}}
            if ending and code not in right[ending]:
                yield f"it ended with {code}: {worker.stderr[-2000:]}"
        yield from oracle.never(self._plane)

    def _life(self, words: str) -> Worker:
        return Worker(self._config, "run", variables={"SYNC_CRASH_AT": words} if words else {})

    def _lived(self, worker: Worker, words: str) -> None:
        """Until it dies, or has done all and was asked to stop. A life that was quick renews its lease with a beat."""
        self._await_start(worker)
        _await(lambda: not worker.alive or not self._left(worker), LONGEST_LIFE_S)
        _await(lambda: not worker.alive, BEAT_S + 2 if "renew" in words else 2.5)
        self._asked_to_stop = worker.alive
        worker.terminate()
        worker.ended(DRAINED_S)

    def _await_start(self, worker: Worker) -> None:
        """Before, it would not hear what it is asked."""
        _await(lambda: not worker.alive or bool(worker.said("daemon started")), LONGEST_LIFE_S)

    def _lose_journal(self) -> None:
        """Letters go with it: of what the CRM has by then, a new journal tells nobody."""
        shutil.rmtree(self._folder / "journal")
        rows = self._plane.org.rows("Milestone_Payment__c")
        gone = {row["Finance_External_ID__c"] for row in rows if row["Finance_External_ID__c"]}
        self._excused = Excused(self._excused.payments | gone, forgotten=True)

    def _left(self, worker: Worker) -> list[str]:
        """Letters that may have left are shown to a person instead of being sent again: see what its last run says."""
        shown = {
            one["letter"].removeprefix("payment:")
            for run in worker.said("run ended")[-1:]
            for one in run.get("letters", {}).get("refused", ())
        }
        excused = Excused(self._excused.payments | shown, self._excused.forgotten)
        return self._month.left(excused)

    def _slow(self) -> None:
        """A vendor works, or answers, when its caller is long dead and the next life has begun."""
        chance = Random(f"slow {self._death.words} {self._death.seed}")
        do = chance.choice(("slow_before", "slow_after"))
        method, path = chance.choice(SLOW[self._death.life])
        self._plane.xero_door.faults.add(
            Fault(do, method=method, path=f"/api.xro/2.0/{path}", seconds=LATER)
        )


def _await(true: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
