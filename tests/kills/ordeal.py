"""A daemon is killed again and again at bad moments, while the month goes on around it; then it is left in peace, and
the oracle judges what stands on both sides.

Moments: some lives end at any time after their start, most right after one of their own calls was seen by a vendor, so
that kills fall between a call, the vendor's work, its answer and our record of it. Some calls are slow, so that a
vendor still does the work of a caller that is long dead.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sync_worker.sandbox.door import Entry
from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import Fault
from tests.daemon.processes import Worker, a_sandbox, settings_file
from tests.kills import oracle

TIMING = {"connect_timeout_s": 1, "timeout_s": 2, "quiet_s": 3, "key_life_s": 2.5, "lease_s": 10}
SOON = {"schedule": {"every_s": 1}}
LATER = 1.8  # seconds a slow call takes: a little less than the worker's own time-out
AT_ONCE = 16  # invoices due from the beginning
EACH_LIFE = 8  # and those that become due with each life
PEACE_S = 180
DRAINED_S = 20
LONGEST_LIFE_S = 4.0


@dataclass(frozen=True, slots=True)
class Kill:
    """One life and its end. `last`: the call a vendor saw last."""

    n: int
    lived_s: float
    calls: int
    last: str
    wrong: tuple[str, ...] = ()


@dataclass(slots=True)
class Summary:
    seed: int
    numbering: str
    kills: list[Kill] = field(default_factory=list)
    invoices: int = 0
    payments: int = 0
    journals_lost: int = 0
    seconds: float = 0
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "kills": len(self.kills)}


class Ordeal:
    """`lose_journal`: every third kill takes the journal with it."""

    def __init__(
        self, *, seed: int, kills: int, numbering: str = "xero", lose_journal: bool = False
    ) -> None:
        self._chance = Random(f"kills {seed} {numbering}")
        self._kills = kills
        self._lose_journal = lose_journal
        self._summary = Summary(seed, numbering)

    def run(self, say: Callable[[Kill], object] = lambda _: None) -> Summary:
        began = time.monotonic()
        folder = Path(tempfile.mkdtemp(prefix="kills-"))
        try:
            with a_sandbox(seed=self._summary.seed, xero={"limits": None}) as sandbox:
                self._endure(sandbox, folder, say)
        finally:
            shutil.rmtree(folder)
        self._summary.seconds = round(time.monotonic() - began, 1)
        return self._summary

    def _endure(self, sandbox: Sandbox, folder: Path, say: Callable[[Kill], object]) -> None:
        month = Month(sandbox, AT_ONCE + EACH_LIFE * self._kills, self._summary.seed)
        config = settings_file(
            folder,
            sandbox.credentials(),
            {
                "timing": TIMING,
                "invoices": {**SOON, "numbering": self._summary.numbering, "batch": 4},
                "payments": SOON,
            },
        )
        month.more_is_due(AT_ONCE)
        for n in range(1, self._kills + 1):
            kill = self._one_life(sandbox, config, n)
            self._summary.kills.append(kill)
            self._summary.wrong += kill.wrong
            say(kill)
            month.more_is_due(EACH_LIFE)
            month.people_pay(n)
            if self._lose_journal and n % 3 == 0:
                shutil.rmtree(folder / "journal", ignore_errors=True)
                self._summary.journals_lost += 1
        self._live_in_peace(sandbox, month, config)

    def _one_life(self, sandbox: Sandbox, config: Path, n: int) -> Kill:
        doors = sandbox.control.doors
        for door in doors:
            door.forget_requests()
            door.faults.clear()
        born = time.monotonic()
        with Worker(config, "run") as worker:
            self._await_a_bad_moment(worker, sandbox)
            worker.kill()
        lived = time.monotonic() - born
        calls = _calls(sandbox)
        last = max(calls, key=lambda entry: entry.at, default=None)
        wrong = tuple(oracle.never(sandbox.control))
        if lived > LONGEST_LIFE_S and not calls:
            wrong += (f"it called nobody: {worker.stderr[-1000:]}",)
        return Kill(n, round(lived, 2), len(calls), _said(last), wrong)

    def _await_a_bad_moment(self, worker: Worker, sandbox: Sandbox) -> None:
        moment = self._chance.choices((self._any_time, self._a_call, self._a_slow_call), (1, 2, 2))
        moment[0](worker, sandbox)
        time.sleep(self._chance.choice((0, 0.002, 0.01, 0.03, 0.3)) * self._chance.random())

    def _any_time(self, _: Worker, __: Sandbox) -> None:
        time.sleep(self._chance.uniform(0.1, 2.0))

    def _a_call(self, worker: Worker, sandbox: Sandbox) -> None:
        call = self._chance.randrange(1, 26)
        _await(worker, lambda: len(_calls(sandbox)) >= call)

    def _a_slow_call(self, worker: Worker, sandbox: Sandbox) -> None:
        """The vendor works, or answers, when its caller is long dead and the next life has begun."""
        do = self._chance.choice(("slow_before", "slow_before", "slow_after"))
        method, nth = self._chance.choice(("PUT", "PUT", "POST")), self._chance.randrange(1, 3)
        path = self._chance.choice(("/Invoices", "/Invoices", "/Contacts"))
        sandbox.control.xero_door.faults.add(
            Fault(do, method=method, path=f"/api.xro/2.0{path}", nth=nth, seconds=LATER)
        )
        _await(worker, lambda: any(entry.fault for entry in _calls(sandbox)))

    def _live_in_peace(self, sandbox: Sandbox, month: Month, config: Path) -> None:
        for door in sandbox.control.doors:
            door.faults.clear()
        deadline = time.monotonic() + PEACE_S
        with Worker(config, "run") as worker:
            while left := oracle.at_the_end(sandbox.control, month.due):
                if time.monotonic() > deadline or not worker.alive:
                    break
                time.sleep(0.2)
            worker.terminate()
            code = worker.ended(DRAINED_S)
            if left or code:
                left.append(f"the last life ended with {code}: {worker.stderr[-2000:]}")
        self._summary.wrong += left
        self._summary.invoices = len(month.due)
        self._summary.payments = len(sandbox.xero.payments())


class Month:
    """What happens around the worker: invoices become due, people pay."""

    def __init__(self, sandbox: Sandbox, invoices: int, seed: int) -> None:
        self._plane = sandbox.control
        foretold = self._plane.fill("care", invoices + 60, seed)
        never_due = {*foretold.held, *foretold.untouched}
        rows = self._plane.org.rows("Invoice__c")
        self.due = {
            row["Name"]
            for row in rows
            if not row["Finance_External_ID__c"] and row["Name"] not in never_due
        }
        plain = [row for row in rows if row["Name"] in self.due and "H" not in row["Name"]]
        self._waiting = [row["Id"] for row in plain[:invoices]]
        self._names = {row["Id"]: row["Name"] for row in plain}
        for row in plain:
            self._plane.org.edit("Invoice__c", row["Id"], {"Status__c": "Cancelled"})
            self.due.discard(row["Name"])

    def more_is_due(self, count: int) -> None:
        with self._plane.held():
            for _ in range(min(count, len(self._waiting))):
                record = self._waiting.pop(0)
                self._plane.org.edit("Invoice__c", record, {"Status__c": "Entered"})
                self.due.add(self._names[record])

    def people_pay(self, seed: int) -> None:
        self._plane.act("care", "payments", seed)


def _await(worker: Worker, moment: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_LIFE_S
    while not moment() and worker.alive and time.monotonic() < deadline:
        time.sleep(0.001)


def _calls(sandbox: Sandbox) -> list[Entry]:
    return [entry for door in sandbox.control.doors for entry in door.requests()]


def _said(entry: Entry | None) -> str:
    if entry is None:
        return "none"
    return f"{entry.vendor} {entry.method} {entry.path.partition('?')[0]} {entry.status}"
