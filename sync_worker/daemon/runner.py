"""One run of one process: the lane is held, a run is opened, the log knows both, and whatever happens is an outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import structlog

from sync_worker.domain.errors import (
    LaneLost,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    Stopping,
    SyncError,
    Transient,
)
from sync_worker.domain.hold import Hold
from sync_worker.domain.invoice import Invoice
from sync_worker.ports import Asked, Clock, Journal, LaneKeeper, Requests, Switches
from sync_worker.sync import invoices, payments, verify
from sync_worker.sync.invoices import InvoiceSync
from sync_worker.sync.payments import PaymentSync
from sync_worker.sync.verify import VerifySync

log = structlog.get_logger()

PROCESSES = ("invoices", "payments", "verify")
BEAT = "beat"
"""The cursor by which `status` sees that a daemon is running."""


class Exit(IntEnum):
    """What a command's exit code means."""

    DONE = 0
    HELD = 1
    USAGE = 2
    BUSY = 3
    UNSURE = 4


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run, ready for people and for JSON."""

    process: str
    exit: Exit
    counts: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class Connection:
    """One connection's parts, as the daemon needs them. Its lane lets one run pass at a time."""

    name: str
    clock: Clock
    journal: Journal
    lane: LaneKeeper
    requests: Requests
    switches: Switches
    invoices: InvoiceSync
    payments: PaymentSync
    verify: VerifySync
    identify: Callable[[], None]
    """Logs in on both sides and pins who they are; cheap after the first time."""
    for_a_person: Callable[[], AbstractContextManager[None]]
    calls: Callable[[], Mapping[str, int]]
    lease_s: float
    host: str
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _serving: bool = False

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Inside, the lane is ours; False where another worker has it."""
        taken = self.lane.acquire(self.lease_s, self.host) is not None
        try:
            yield taken
        finally:
            if taken:
                self.lane.release()

    def beat(self) -> None:
        """Keeps the lease and leaves a sign of life in the journal. Raises LaneLost."""
        self.lane.guard()
        self.journal.move_cursor(BEAT, self.clock.now())

    def run(self, process: str) -> Result:
        """A scheduled run; a paused process says so and does nothing."""
        if process in self.switches.paused():
            log.info("run skipped, paused", connection=self.name, process=process)
            return Result(process, Exit.DONE, {"paused": True})
        work = {
            "invoices": self._invoices,
            "payments": self._payments,
            "verify": self._verify,
        }[process]
        return self._outcome(process, work)

    def run_invoice(self, number: str) -> Result:
        """One invoice, because a person asks: the same lane, with the part of the budget kept for people."""
        with self.for_a_person():
            return self._outcome("invoice", lambda: self._one_invoice(number))

    def run_requested(self) -> Result:
        """Those somebody asked for on the CRM record itself; left to the next look while another run is on."""
        quiet = Result("requested", Exit.DONE)
        if not self._lock.acquire(blocking=False):
            return quiet
        try:
            asked = self.invoices.crm.requested()
            return self._outcome("requested", lambda: self._requested(asked)) if asked else quiet
        except SyncError as failure:
            return _failed("requested", failure)
        finally:
            self._lock.release()

    def answer_requests(self) -> int:
        """Serves the commands that wait beside this daemon; how many were served. While a run is on it leaves them to
        that run, which calls it in its own pauses; called while serving, it does nothing."""
        if not self._lock.acquire(blocking=False):
            return 0
        try:
            return 0 if self._serving else self._serve_all()
        finally:
            self._lock.release()

    def _serve_all(self) -> int:
        served = 0
        self._serving = True
        try:
            while (asked := self.requests.next_asked()) is not None:
                try:
                    answer = self._answer_to(asked)
                except Exception as bug:
                    # Answered all the same, or it would be taken up again for ever.
                    self.requests.answer(asked.id, payload(_crashed(asked, bug), {}))
                    raise
                self.requests.answer(asked.id, answer)
                served += 1
        finally:
            self._serving = False
        return served

    def _answer_to(self, asked: Asked) -> Mapping[str, Any]:
        log.info("request taken", connection=self.name, command=asked.command, record=asked.subject)
        before = self.calls()
        result = (
            self.run_invoice(asked.subject)
            if asked.command == "invoice"
            else self.run(asked.command)
        )
        spent = {side: count - before[side] for side, count in self.calls().items()}
        return payload(result, spent)

    def _invoices(self) -> tuple[Mapping[str, Any], Exit]:
        return _invoice_counts(invoices.sync_invoices(self.invoices))

    def _payments(self) -> tuple[Mapping[str, Any], Exit]:
        report = payments.sync_payments(self.payments)
        counts = {
            "created": report.created,
            "updated": report.updated,
            "excluded": report.excluded,
            "unmatched": report.unmatched,
            "refused": [{"payment": one, "cause": why} for one, why in report.refused.items()],
        }
        return counts, Exit.HELD if report.refused else Exit.DONE

    def _verify(self) -> tuple[Mapping[str, Any], Exit]:
        report = verify.verify(self.verify)
        counts = {
            "verified": report.verified,
            "linked": report.linked,
            "held": [_held(number, hold) for number, hold in report.held],
        }
        return counts, Exit.HELD if report.held else Exit.DONE

    def _one_invoice(self, number: str) -> tuple[Mapping[str, Any], Exit]:
        found = self.invoices.crm.numbered(number)
        if not found:
            msg = f"the CRM has no invoice numbered {number!r}; check the number as it stands on the record"
            raise Misconfigured(msg)
        if len(found) > 1:
            msg = f"the CRM has {len(found)} invoices numbered {number!r}; give each its own number"
            raise Misconfigured(msg)
        counts, code = _invoice_counts(invoices.sync_these(self.invoices, found))
        return counts, code

    def _requested(self, asked: Sequence[Invoice]) -> tuple[Mapping[str, Any], Exit]:
        with self.for_a_person():
            return _invoice_counts(invoices.sync_these(self.invoices, asked))

    def _outcome(self, process: str, work: Callable[[], tuple[Mapping[str, Any], Exit]]) -> Result:
        with (
            self._lock,
            structlog.contextvars.bound_contextvars(connection=self.name, process=process),
        ):
            try:
                self.identify()
                with (
                    self.journal.run(process) as run,
                    structlog.contextvars.bound_contextvars(run_id=run.id),
                ):
                    counts, code = work()
                    run.close(code.name.lower(), counts)
            except SyncError as failure:
                return _failed(process, failure)
            log.info("run ended", outcome=code.name.lower(), **_brief(counts))
            return Result(process, code, counts)


def payload(result: Result, calls: Mapping[str, int]) -> dict[str, Any]:
    """The JSON of one run, as a waiting command gets it."""
    return {
        "processes": {result.process: dict(result.counts)},
        "calls": dict(calls),
        "exit": int(result.exit),
        "problems": list(result.problems),
    }


def _invoice_counts(report: invoices.Report) -> tuple[Mapping[str, Any], Exit]:
    counts: dict[str, Any] = {
        "created": report.created,
        "updated": report.updated,
        "linked": report.linked,
        "held": [_held(number, hold) for number, hold in report.held],
        "in_doubt": sorted(set(report.in_doubt)),
        "skipped": [{"record": f"invoice:{n}", "reason": why} for n, why in report.skipped],
    }
    if counts["in_doubt"]:
        return counts, Exit.UNSURE
    return counts, Exit.HELD if counts["held"] else Exit.DONE


def _held(number: str, hold: Hold) -> dict[str, str]:
    return {
        "record": f"invoice:{number}",
        "class": str(hold.hold_class),
        "cause": hold.cause,
        "cure": hold.cure,
    }


def _failed(process: str, failure: SyncError) -> Result:
    problems = failure.problems if isinstance(failure, Misconfigured) else (str(failure),)
    match failure:
        case Misconfigured():
            code = Exit.USAGE
        case LaneLost():
            code = Exit.BUSY
        case Stopping():
            log.info("run stopped before its end, nothing is left half done")
            return Result(process, Exit.DONE, {"stopped": True})
        case Rejected():
            code = Exit.HELD
        case Transient() | OutcomeUnknown():
            code = Exit.UNSURE
        case _:
            raise failure
    log.warning("run failed", error=type(failure).__name__, reason="; ".join(problems))
    return Result(process, code, problems=tuple(problems))


def _crashed(asked: Asked, bug: Exception) -> Result:
    problem = f"the daemon failed on this request ({type(bug).__name__}); its log has the trace"
    return Result(asked.command, Exit.UNSURE, problems=(problem,))


def _brief(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: len(value) if isinstance(value, list) else value for name, value in counts.items()
    }
