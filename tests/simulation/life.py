"""One life: a world, a worker in it that lives and dies, and what both came to in the end.

`lived` runs a process until it ends or the worker does; `restart` is the next life of the same worker; `judged` lets it
run in peace until nothing moves any more and asks the oracle.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sync_worker.daemon.outcome import Exit, Result
from sync_worker.domain.document import Kind, State
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.letter import FOR_A_PERSON, Stage
from sync_worker.domain.paper import Audit
from sync_worker.ports import unwatched
from tests import besides, journals, office
from tests.oracle import Breach, Deeds, breaches, unpaid
from tests.simulation.commands import Command
from tests.simulation.points import KILL, SIGTERM, Bug, Killed, Points
from tests.world import MAIL, World, a_grant_world, a_world

ROUNDS = 8
"""Runs of every process within which all must be settled."""
APART = 400.0
"""Seconds between them: longer than anything may stay in doubt."""
A_DAY = 25 * 3600.0
A_WEEK = 7.1 * 86_400


PASSED: set[str] = set()
"""Every moment that any life of this process has passed."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Of the journal, and what applicants had been told by then."""

    journal: bytes
    told: besides.Told
    payments: frozenset[str]
    """Those there were in Xero."""


@dataclass(slots=True)
class Life:
    world: World
    deeds: Deeds = field(default_factory=Deeds)
    folder: Path | None = None
    """Where bank files are put, in a grant maker's life with a bank."""
    papers: bool = False
    letters: bool = False
    result: Result | None = None
    """Of the last run, if it came to its end."""
    processes: tuple[str, ...] = ("invoices", "payments")
    story: list[str] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)
    """Every moment that was passed, run after run."""

    def tell(self, words: str) -> None:
        self.story.append(f"{self.world.time.now():%d %b %H:%M:%S}  {words}")

    # Living and dying ---------------------------------------------------------------------------

    def lived(
        self,
        process: str | Command,
        fatal: int = 0,
        how: str = KILL,
        every: Callable[[str], object] = lambda _: None,
    ) -> Points:
        """One run. Where it ends before its end, `restart` comes next; only an exception leaves the process alive."""
        points = Points(self.world.clock, fatal, how, every)
        return self.lived_with(process, points, f" at {fatal} by {how}")

    def lived_with(self, process: str | Command, points: Points, end: str = "") -> Points:
        world = self.world
        world.moments, self.result = points, None
        ended = "ran to its end"
        if isinstance(process, Command):
            process.note_what_stands(world, self.deeds)
        try:
            if isinstance(process, Command):
                result = self.result = process.carried_out(world)
            else:
                result = self.result = world.sync(process)
            ended = f"ended with {result.exit.name.lower()} {'; '.join(result.problems)}"
        except Killed:
            ended = "was killed"
        except Bug:
            ended = "failed with a bug"
        finally:
            world.moments = unwatched
        if points.dead:
            journals.the_disk().close()
        if isinstance(process, Command):
            process.note(self.result, world, self.deeds)
        at = f"{end} ({points.passed[-1]})" if points.ended else ""
        self.moments += points.passed
        PASSED.update(points.passed)
        self.tell(f"{process}: {len(points.passed)} moments,{at} {ended}")
        return points

    def copied(self) -> Copy:
        """The journal as an operator copies it."""
        payments = frozenset(one["id"] for one in self.world.xero.payments())
        return Copy(journals.copied(), self.told(), payments)

    def restart(self, after: float = 0.0, journal: str = "kept", copy: Copy | None = None) -> None:
        """A new process. Its journal is `kept`, `lost`, or `older`: the given copy."""
        world = self.world
        world.clock.dead, world.clock.stopping = None, False
        world.advance(after)
        if journal == "kept":
            world.restart()
        else:
            older = copy if journal == "older" else None
            self._letters_go_with_it(older)
            world.lose_journal(older.journal if older else None)
        self.tell(f"restarted {after:.0f} s later, journal {journal}")

    def died(self, points: Points, how: str, after: float, journal: str) -> None:
        """Goes on after the end of a run: an exception leaves its process alive as long as the journal is there."""
        if points.ended and (how in {KILL, SIGTERM} or journal != "kept"):
            self.restart(after, journal)
        else:
            self.world.advance(after)

    # In the end ---------------------------------------------------------------------------------

    def judged(self, *, weeks: int = 0, sweep: bool = True) -> list[Breach]:
        """What is wrong once nothing moves any more. A further run may change nothing: what is done stays done once.
        For so many `weeks` the verify sweep looks at everything on both sides, as long as something is wrong; without
        `sweep` not even once where nothing is."""
        found = self._settled()
        for _ in range(weeks if found or sweep else 0):
            self.world.advance(A_WEEK)
            self.world.sync("verify")
            if not (found := self.wrong()):
                break
            found = self._settled()
        before = self._stores()
        self.world.sync(self.processes[0])
        if self._stores() != before:
            self.tell("a further run changed something")
            found = self.wrong()
        return found

    def _settled(self) -> list[Breach]:
        """Round after round, until all is well or nothing moves any more."""
        before: Any = None
        for _ in range(ROUNDS):
            restless = self._round()
            found = self.wrong()
            after = self._stores() if found else None
            if not restless and (not found or after == before):
                return found
            before = after
            self.world.advance(APART)
        return self.wrong()

    def wrong(self) -> list[Breach]:
        world = self.world
        found = breaches(world.org, world.xero, deeds=self.deeds, seen=self.seen())
        if "payments" in self.processes:
            found += unpaid(world.org, world.xero)
        if self.papers:
            found += besides.papers(world.org, world.xero, self.deeds)
        if self.letters:
            read, shown = world.plane.mailbox.messages(), self._in_doubt_or_refused()
            found += besides.letters(world.org, world.xero, read, self.deeds, shown)
        if self.folder:
            found += besides.bank_files(world.org, self.folder, self.deeds)
        return found

    def _in_doubt_or_refused(self) -> set[str]:
        """Payments whose letter the worker shows until a person has decided about it."""
        letters = self.world.worker.journal.letters  # type: ignore[attr-defined]  # the concrete journal's
        return {one.key.partition(":")[2] for one in letters.staged(*FOR_A_PERSON)}

    def told(self) -> besides.Told:
        return besides.told(self.world.plane.mailbox.messages())

    def _letters_go_with_it(self, copy: Copy | None) -> None:
        """With a journal goes what it had not told yet, but for what is in the copy that is put in its place. What
        waited there goes out again."""
        told = self.told()
        known = {
            row["Finance_External_ID__c"] for row in self.world.org.rows("Milestone_Payment__c")
        }
        for payment, number in besides.payments_of_bills(self.world.org, self.world.xero):
            what = number, payment["amount"]
            if payment["id"] in known and not told[what]:
                self.deeds.untold.add(payment["id"])
            if copy and payment["id"] in copy.payments and copy.told[what] < told[what]:
                self.deeds.told_again.add(payment["id"])

    def seen(self) -> set[str]:
        """Documents in Xero which the worker says need a person: its overview shows them."""
        overview = self.world.worker.journal.overview  # type: ignore[attr-defined]  # the concrete journal's
        waiting = {one.document.xero_id for one in overview.waiting()}
        orphans = {
            row.xero_id
            for kind in (Kind.INVOICE, Kind.BILL)
            for row in self.world.worker.journal.in_state(kind, [State.ORPHAN])
        }
        return {str(one) for one in waiting | orphans if one}

    def journeys(self) -> list[str]:
        """Of every record, in the journal's words."""
        lines: list[str] = []
        for kind, sobject in ((Kind.INVOICE, "Invoice__c"), (Kind.BILL, "Milestone__c")):
            for row in self.world.org.rows(sobject):
                steps = self.world.worker.journal.journey(kind, SalesforceId(row["Id"]))
                lines += [f"{row['Name']} ({row['Id']})"]
                lines += [
                    f"    {one.at:%d %b %H:%M:%S}  {one.state:9} {one.words}" for one in steps
                ]
        return lines

    def _round(self) -> bool:
        """One run of each process; whether anything is left to be settled."""
        results = [self.world.sync(process) for process in self.processes]
        unsure = any(result.exit in {Exit.UNSURE, Exit.BUSY} for result in results)
        return unsure or bool(self.world.in_doubt()) or self._letters_wait()

    def _letters_wait(self) -> bool:
        return self.letters and self.world.worker.journal.letters.count(Stage.WAITING) > 0  # type: ignore[attr-defined]  # the concrete journal's

    def _stores(self) -> Any:
        world = self.world
        return (
            world.org.rows("Invoice__c"),
            world.org.rows("Payment__c"),
            world.org.rows("Milestone__c"),
            world.org.rows("Milestone_Payment__c"),
            world.xero.documents(),
            world.xero.contacts(),
            dict(world.xero.books.attachments) if self.papers else None,
            len(world.plane.mailbox.messages()) if self.letters else 0,
        )


def a_grant_makers_life(
    *,
    batch: int = 2,
    publish: tuple[str, ...] = ("contract-executed", "milestone-approved"),
    papers: bool = False,
    letters: bool = False,
    bank: bool = False,
) -> Life:
    """With papers and letters where they are asked for, and with a bank whose files lie in a folder."""
    folder = _bank_folder(os.getpid()) if bank else None
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    world = a_grant_world(
        batch=batch,
        publish=list(publish),
        tracking_category="Funding Category",
        papers=papers,
        mail=MAIL if letters else None,
        mail_payments=letters,
        bank={**office.ABA, "folder": str(folder)} if folder else None,
    )
    world.draws = _in_plain_words
    world.restart()
    return Life(
        world,
        processes=("bills", "payments"),
        folder=folder,
        papers=papers,
        letters=letters,
    )


def _in_plain_words(audit: Audit) -> bytes:
    """The facts alone: a page takes longer to be laid out than the run that attaches it, and nobody reads it here."""
    return repr(audit).encode()


@cache
def _bank_folder(process: int) -> Path:
    """One for each process, so that settings which name it are read once."""
    return Path(tempfile.mkdtemp(prefix=f"bank-{process}-")) / "files"


def a_life(numbering: str, *, batch: int = 2, **more: Any) -> Life:
    return Life(a_world(invoices={"numbering": numbering, "batch": batch}, **more))
