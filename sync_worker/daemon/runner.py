"""One run of one process: the lane is held, a run is opened, the log knows both, and whatever happens is an outcome."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import structlog

from sync_worker.daemon.outbox import Outbox
from sync_worker.daemon.outcome import (
    Came,
    Exit,
    Result,
    brief,
    crashed,
    failed,
    payload,
    sent_counts,
    told_hold,
    told_if_stopped,
    with_papers,
)
from sync_worker.daemon.payment_batches import Batches, told
from sync_worker.domain.document import Kind
from sync_worker.domain.errors import (
    LaneLost,
    Misconfigured,
    Rejected,
    Stopping,
    SyncError,
)
from sync_worker.domain.invoice import Invoice
from sync_worker.ports import Asked, Clock, InvoiceNews, Journal, LaneKeeper, Requests, Switches
from sync_worker.sync import invoices, papers, payments, verify
from sync_worker.sync.batch_desk import View
from sync_worker.sync.digests import Failure
from sync_worker.sync.invoices import InvoiceSync
from sync_worker.sync.papers import PaperSync
from sync_worker.sync.payments import PaymentSync
from sync_worker.sync.verify import VerifySync

log = structlog.get_logger()

PROCESSES = ("invoices", "bills", "payments", "verify")
ABOUT_MONEY = frozenset({"add", "approve", "export"})
"""Commands on a batch before which payments are fetched: what was paid a minute ago must not be ordered of a bank."""
BEAT = "beat"
"""The cursor by which `status` sees that a daemon is running."""


@dataclass(slots=True)
class Connection:
    """One connection's parts, as the daemon needs them. Its lane lets one run pass at a time."""

    name: str
    clock: Clock
    journal: Journal
    lane: LaneKeeper
    requests: Requests
    switches: Switches
    processes: tuple[str, ...]
    """Those that this connection's settings ask for."""
    invoices: InvoiceSync
    bills: InvoiceSync
    papers: PaperSync
    payments: PaymentSync
    verify: Sequence[VerifySync]
    """One for each kind of document that is sent."""
    batches: Batches
    outbox: Outbox | None
    """Where there is a mail server."""
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
            "invoices": lambda: sent_counts(invoices.sync_invoices(self.invoices), Kind.INVOICE),
            "bills": self._bills,
            "payments": self._payments,
            "verify": self._verify,
        }[process]
        return self._outcome(process, work)

    def run_invoice(self, number: str) -> Result:
        """One invoice, because a person asks: the same lane, with the part of the budget kept for people."""
        return self._for_a_person("invoice", lambda: self._one(self.invoices, number))

    def run_bill(self, number: str, dated: date | None = None) -> Result:
        """One milestone's bill, because a person asks; with another date, that date is put on the milestone first."""
        return self._for_a_person("bill", lambda: self._one(self.bills, number, dated))

    def exempt(self, number: str, *, exempt: bool) -> Result:
        """A milestone taken out of syncing, or put back, because a person asks."""
        return self._for_a_person("exempt", lambda: self._exempt(number, exempt=exempt))

    def asked(self, command: str, subject: str) -> Result:
        """What a command asks for, by its words; `bill 2026-03-01` bears its date."""
        what, _, more = command.partition(" ")
        match what:
            case "invoice":
                return self.run_invoice(subject)
            case "bill":
                return self.run_bill(subject, date.fromisoformat(more) if more else None)
            case "exempt":
                return self.exempt(subject, exempt=more != "off")
            case "batch":
                return self.run_batch(json.loads(subject))
            case _:
                return self.run(what)

    def _for_a_person(self, process: str, work: Callable[[], Came]) -> Result:
        with self.for_a_person():
            return told_if_stopped(self._outcome(process, work))

    def run_batch(self, order: Mapping[str, Any]) -> Result:
        """One command on a payment batch, because a person asks."""
        views: list[View] = []

        def work() -> Came:
            if order["verb"] in ABOUT_MONEY:
                payments.sync_payments(self.payments)
            views.append(self.batches.carry_out(order))
            return {"batch": views[0].found.batch.number}, Exit.DONE

        with self.for_a_person():
            result = self._outcome("batch", work)
        if not views:
            return told_if_stopped(result)
        return replace(result, counts={"batch": told(views[0])})

    def run_requested(self) -> Result:
        """Those somebody asked for on the CRM record itself; left to the next look while another run is on."""
        quiet = Result("requested", Exit.DONE)
        if not self._lock.acquire(blocking=False):
            return quiet
        try:
            asked = [(work, work.crm.requested()) for work in self._sent()]
            if not any(records for _, records in asked):
                return quiet
            return self._outcome("requested", lambda: self._requested(asked))
        except SyncError as failure:
            return failed("requested", failure)
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
                    self.requests.answer(asked.id, payload(crashed(asked, bug), {}))
                    raise
                self.requests.answer(asked.id, answer)
                served += 1
        finally:
            self._serving = False
        return served

    def _answer_to(self, asked: Asked) -> Mapping[str, Any]:
        log.info("request taken", connection=self.name, command=asked.command, record=asked.subject)
        before = self.calls()
        result = self.asked(asked.command, asked.subject)
        spent = {side: count - before[side] for side, count in self.calls().items()}
        return payload(result, spent)

    def _sent(self) -> Iterator[InvoiceSync]:
        return (
            one for one in (self.invoices, self.bills) if f"{one.rules.kind}s" in self.processes
        )

    def _bills(self) -> Came:
        """The bills, and once they stand what hangs on them."""
        made = sent_counts(invoices.sync_invoices(self.bills), Kind.BILL)
        return with_papers(made, papers.attach(self.papers))

    def _these(self, work: InvoiceSync, records: Sequence[Invoice]) -> Came:
        made = sent_counts(invoices.sync_these(work, records), work.rules.kind)
        if work is not self.bills:
            return made
        return with_papers(made, papers.attach_to(self.papers, [one.number for one in records]))

    def _payments(self) -> Came:
        report = payments.sync_payments(self.payments)
        counts: dict[str, Any] = {
            "created": report.created,
            "updated": report.updated,
            "excluded": report.excluded,
            "unmatched": report.unmatched,
            "refused": [{"payment": one, "cause": why} for one, why in report.refused.items()],
        }
        if any(side.notices for side in self.payments.sides):
            counts["unaddressed"] = [
                {"payment": one, "cause": why} for one, why in report.unaddressed.items()
            ]
        return counts, Exit.HELD if report.refused else Exit.DONE

    def _verify(self) -> Came:
        verified = linked = 0
        held: list[dict[str, str]] = []
        for work in self.verify:
            report = verify.verify(work)
            verified, linked = verified + report.verified, linked + report.linked
            held += [told_hold(work.kind, number, hold) for number, hold in report.held]
        counts = {"verified": verified, "linked": linked, "held": held}
        return counts, Exit.HELD if held else Exit.DONE

    def _one(self, work: InvoiceSync, number: str, dated: date | None = None) -> Came:
        found = self._numbered(work, number)
        if dated:
            self._write(work, found, InvoiceNews(found.id, bill_date=dated))
            found = self._numbered(work, number)
        return self._these(work, [found])

    def _exempt(self, number: str, *, exempt: bool) -> Came:
        found = self._numbered(self.bills, number)
        self._write(self.bills, found, InvoiceNews(found.id, exempt=exempt))
        return {"exempt": number, "now": exempt, "xero_id": found.xero_id}, Exit.DONE

    def _numbered(self, work: InvoiceSync, number: str) -> Invoice:
        found, what = work.crm.numbered(number), work.rules.words.record
        if not found:
            msg = f"the CRM has no {what} numbered {number!r}; check the number as it stands on the record"
            raise Misconfigured(msg)
        if len(found) > 1:
            msg = f"the CRM has {len(found)} {what}s numbered {number!r}; give each its own number"
            raise Misconfigured(msg)
        return found[0]

    def _write(self, work: InvoiceSync, record: Invoice, news: InvoiceNews) -> None:
        for refusal in work.crm.write([news]):
            raise Rejected(
                [f"the CRM refused to change {record.number}: {refusal.code}: {refusal.message}"]
            )

    def _requested(self, asked: Sequence[tuple[InvoiceSync, Sequence[Invoice]]]) -> Came:
        counts: dict[str, Any] = {}
        code = Exit.DONE
        with self.for_a_person():
            for work, records in asked:
                if records:
                    found, came = self._these(work, records)
                    counts = {
                        name: counts.get(name, type(value)()) + value
                        for name, value in found.items()
                    }
                    code = max(code, came)
        return counts, code

    def _and_post(self, process: str, work: Callable[[], Came]) -> Came:
        """The work, and then the letters."""
        counts, code = work()
        if self.outbox is None:
            return counts, code
        posted = self.outbox.post(counts["refused"] if process == "payments" else None)
        if posted["refused"] and process in PROCESSES:  # a person's own command ends as it ended
            code = max(code, Exit.HELD)
        return {**counts, "letters": posted}, code

    def _and_tell(self, process: str, failure: SyncError) -> Result:
        """Letters leave after a run that failed as well, for what it had found waits all the same; and of a scheduled
        one people are told that it failed. Whatever keeps that from being told keeps it for the next run."""
        if self.outbox and not isinstance(failure, (LaneLost, Stopping)):
            with suppress(SyncError):
                self.outbox.post(
                    failure=Failure(process, failure) if process in PROCESSES else None
                )
        return failed(process, failure)

    def _outcome(self, process: str, work: Callable[[], Came]) -> Result:
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
                    counts, code = self._and_post(process, work)
                    run.close(code.name.lower(), counts)
            except SyncError as failure:
                return self._and_tell(process, failure)
            log.info("run ended", outcome=code.name.lower(), **brief(counts))
            return Result(process, code, counts)
