"""The papers of bills: the audit document of each, and the files of its milestone, attached in Xero once.

They come after the bills and never hold one: a bill that stands is left alone, and a paper that cannot be attached is a
held record of its own. Each is one row of the journal, one batch and one call. What was sent and not answered is looked
for by its name before it is sent again; a bill that this journal did not send itself is looked at before anything is
attached to it, so that a lost journal attaches nothing twice.

The CRM is asked for the milestones that changed since the last look, which each does when its bill is linked, and for
their files. A file that is put on a milestone later is seen when the milestone changes again, as when it is paid, or
when somebody asks for its bill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from more_itertools import chunked

from sync_worker.domain.batch import Done, Outcome
from sync_worker.domain.document import IN_DOUBT, WAITING, Document, Kind, State
from sync_worker.domain.errors import OutcomeUnknown, OutOfOrder, Rejected
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.paper import LARGEST, Audit, Billed, File, file_name
from sync_worker.ports import Change, CrmPapers, LedgerAttachments
from sync_worker.sync.attempt import MOST_LOST, Lane, attempt
from sync_worker.sync.documents import held

LOOKED = "papers looked for"
"""The cursor, in the CRM's time: every milestone that changed before has its papers in the journal."""
LATE = timedelta(minutes=2)
"""A row is stamped when it is saved and seen when that is committed."""
FIRST_LOOK = timedelta(days=30)
"""How far back a journal looks that never did: it may have been lost together with papers that were still to come."""
CHUNK = 200
STANDS = frozenset({State.WRITTEN, State.VERIFIED})


@dataclass(frozen=True, slots=True)
class PaperSync:
    """Everything the process works with, handed over once."""

    lane: Lane
    crm: CrmPapers
    ledger: LedgerAttachments
    drawn: Callable[[Audit], bytes]
    currency: Callable[[], str]
    """The ledger's own; bills are in it."""
    audits: bool = True
    files: bool = True

    @property
    def wanted(self) -> bool:
        return self.audits or self.files


@dataclass(slots=True)
class Report:
    """What a run did."""

    attached: int = 0
    found: int = 0
    """On their bill already, unknown to the journal or in doubt until they were seen there."""
    held: list[tuple[str, Hold]] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    lost: int = 0
    """Calls lost one after the other."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One thing to hang on a bill."""

    record: SalesforceId
    """Its key in the journal: the milestone for the audit document, the link of a file. No two are of one id."""
    bill: Billed
    name: str
    inputs: str
    """What was attached: another version is another paper."""
    size: int
    content: Callable[[], bytes]


def attach(work: PaperSync) -> Report:
    """All that is to be attached."""
    report = Report()
    if not work.wanted:
        return report
    _settle_doubts(work, report)
    now = work.lane.clock.now()
    since = work.lane.journal.cursor(LOOKED) or now - FIRST_LOOK
    for bills in chunked(work.crm.billed_since(since), CHUNK):
        _attach(work, bills, report)
        work.lane.journal.move_cursor(LOOKED, min(bills[-1].modified_at, now - LATE))
    _attach_waiting(work, report)
    return report


def attach_to(work: PaperSync, numbers: Iterable[str]) -> Report:
    """To the bills of the milestones of these numbers, because a person asks: what waits is tried whatever its turn."""
    report = Report()
    if work.wanted:
        _settle_doubts(work, report)
        for number in numbers:
            _attach(work, work.crm.numbered(number), report, asked=True)
    return report


# After a crash or a lost answer -------------------------------------------------------------------


def _settle_doubts(work: PaperSync, report: Report) -> None:
    """What may have been attached is looked for by its name; it is absent once QUIET has passed since it may have
    left."""
    names: dict[XeroId, frozenset[str]] = {}
    for row in work.lane.journal.in_state(Kind.ATTACHMENT, IN_DOUBT, limit=100_000):
        bill = row.document_id
        if bill not in names:
            names[bill] = work.ledger.names(bill)
        change = _settled(work, row, attached=row.number in names[bill])
        work.lane.journal.save([change])
        report.found += change.document.state is State.WRITTEN
        if change.document.state is State.UNSURE:
            report.in_doubt.append(row.number)


def _settled(work: PaperSync, row: Document, *, attached: bool) -> Change:
    if attached:
        return Change(_written(row), "found on the bill in Xero")
    quiet = timedelta(seconds=work.lane.patience.quiet)
    if row.sent_at is None or work.lane.sender.now() - row.sent_at <= quiet:
        return Change(replace(row, state=State.UNSURE), "not on the bill yet; it may still come")
    anew = replace(row, state=State.NEW, generation=row.generation + 1, sent_at=None, batch=None)
    return Change(
        anew, f"not on the bill {quiet.seconds} s after it may have left: to be sent anew"
    )


# Detect -------------------------------------------------------------------------------------------


def _attach_waiting(work: PaperSync, report: Report) -> None:
    """What waits is tried when its time has come, though its milestone did not change."""
    states = [State.NEW, *WAITING]
    rows = work.lane.journal.in_state(Kind.ATTACHMENT, states, limit=100_000)
    due = {row.document_id for row in rows if _turn(work, row)}
    billed = work.crm.billed(sorted(due)) if due else []
    for bills in chunked(billed, CHUNK):
        _attach(work, bills, report)
    alone = due - {bill.xero_id for bill in billed}
    _let_go(work, [row for row in rows if row.xero_id in alone])
    told = {name for name, _ in report.held}
    report.held += [
        (row.number, row.hold)
        for row in rows
        if row.hold and row.document_id not in due and row.number not in told
    ]


def _turn(work: PaperSync, row: Document) -> bool:
    if row.state not in WAITING or not row.input_hash:
        return True
    return row.next_try_at is not None and row.next_try_at <= work.lane.clock.now()


def _attach(
    work: PaperSync, bills: Sequence[Billed], report: Report, *, asked: bool = False
) -> None:
    sent = _ours(work, bills)
    ours = [bill for bill in bills if bill.record in sent]
    papers = list(_papers(work, ours))
    _take_off(work, ours, papers)
    _adopt(work, [paper for paper in papers if not sent[paper.bill.record]], report)
    rows = work.lane.journal.documents(Kind.ATTACHMENT, [paper.record for paper in papers])
    for paper in papers:
        row = rows.get(paper.record)
        if _begun_or_done(row, paper):
            continue
        if row and row.hold and _same(row, paper) and not asked and not _turn(work, row):
            report.held.append((row.number, row.hold))
            continue
        _send(work, paper, report)


def _ours(work: PaperSync, bills: Sequence[Billed]) -> dict[SalesforceId, bool]:
    """The milestones whose bill we made, and of each whether this journal sent it: then nothing hangs on it but what
    the journal knows. Bills that others made are left alone."""
    records = [bill.record for bill in bills]
    known = work.lane.journal.documents(Kind.BILL, records)
    made_before = work.lane.journal.seen(records)
    sent = {record: True for record, row in known.items() if row.batch and row.state in STANDS}
    return dict.fromkeys(made_before, False) | sent


def _papers(work: PaperSync, bills: Sequence[Billed]) -> Iterator[Paper]:
    files: dict[SalesforceId, list[File]] = {}
    for one in work.crm.files([bill.record for bill in bills]) if work.files and bills else ():
        files.setdefault(one.milestone, []).append(one)
    for bill in bills:
        if work.audits:
            yield _audit(work, bill)
        yield from (_file(work, bill, one) for one in files.get(bill.record, ()))


def _audit(work: PaperSync, bill: Billed) -> Paper:
    def content() -> bytes:
        return work.drawn(replace(bill.audit, currency=work.currency()))

    name = file_name(bill.number, "audit document", "pdf", bill.record)
    return Paper(bill.record, bill, name, "audit", 0, content)


def _file(work: PaperSync, bill: Billed, one: File) -> Paper:
    name = file_name(bill.number, one.title, one.extension, one.version)
    return Paper(one.link, bill, name, one.version, one.size, lambda: work.crm.content(one))


def _take_off(work: PaperSync, bills: Sequence[Billed], papers: Sequence[Paper]) -> None:
    """What waits, and is not wanted any more."""
    wanted = {paper.record for paper in papers}
    looked_at = {bill.xero_id for bill in bills}
    waiting = work.lane.journal.in_state(Kind.ATTACHMENT, [State.NEW, *WAITING], limit=100_000)
    _let_go(work, [row for row in waiting if row.xero_id in looked_at and row.record not in wanted])


def _let_go(work: PaperSync, rows: Iterable[Document]) -> None:
    ended = [
        replace(row, state=State.CANCELLED, hold=None, attempts=0, next_try_at=None) for row in rows
    ]
    work.lane.journal.save([Change(row, "not on the milestone any more") for row in ended])


def _adopt(work: PaperSync, papers: Sequence[Paper], report: Report) -> None:
    """Of papers on bills that this journal did not send: those it does not know and that hang there already."""
    known = work.lane.journal.documents(Kind.ATTACHMENT, [paper.record for paper in papers])
    unknown = [paper for paper in papers if paper.record not in known]
    names = {bill: work.ledger.names(bill) for bill in {one.bill.xero_id for one in unknown}}
    found = [_row(paper) for paper in unknown if paper.name in names[paper.bill.xero_id]]
    work.lane.journal.save([Change(_written(row), "found on the bill in Xero") for row in found])
    report.found += len(found)


# Apply --------------------------------------------------------------------------------------------


def _send(work: PaperSync, paper: Paper, report: Report) -> None:
    """The row ends as WRITTEN, HELD, REJECTED or UNSURE."""
    work.lane.interlude()
    known = work.lane.journal.documents(Kind.ATTACHMENT, [paper.record]).get(paper.record)
    if _begun_or_done(known, paper):  # by a person's request in between
        return
    row = _anew(paper, known) if known else _row(paper)
    if hold := _too_large(paper):
        _hold(work, row, hold, State.HELD, report)
        return
    try:
        content = paper.content()
    except Rejected as hidden:
        _hold(work, row, _not_given(str(hidden)), State.HELD, report)
        return
    frozen = work.ledger.prepare(
        paper.bill.xero_id, row.number, content, row.record, row.generation
    )
    try:
        (ended,) = attempt(work.lane, frozen, [row], _understood)
    except Rejected as refusal:
        _hold(work, row, _refused(refusal), State.REJECTED, report)
        report.lost = 0
        return
    except OutcomeUnknown as lost:
        work.lane.tell("outcome unknown", attachment=row.number, reason=str(lost))
        _count_lost(report, row.number)
        return
    if ended.state is State.WRITTEN:
        report.attached += 1
        report.lost = 0
    else:
        _count_lost(report, row.number)


def _count_lost(report: Report, name: str) -> None:
    report.in_doubt.append(name)
    report.lost += 1
    if report.lost == MOST_LOST:
        raise OutOfOrder


def _understood(row: Document, outcome: Outcome) -> Change:
    if isinstance(outcome, Done):
        return Change(_written(row), "attached to the bill in Xero")
    return Change(replace(row, state=State.UNSURE), "Xero did not speak of it")


def _row(paper: Paper) -> Document:
    return Document(
        Kind.ATTACHMENT,
        paper.record,
        paper.name,
        input_hash=paper.inputs,
        xero_id=paper.bill.xero_id,
        xero_number=paper.bill.audit.bill,
    )


def _anew(paper: Paper, known: Document) -> Document:
    """What was refused or taken off, and another version, gets a new generation and so a new key."""
    refused = known.state in {State.REJECTED, State.CANCELLED}
    same = _same(known, paper)
    return replace(
        _row(paper),
        generation=known.generation + (1 if refused or not same else 0),
        attempts=known.attempts if same else 0,
    )


def _begun_or_done(row: Document | None, paper: Paper) -> bool:
    if row is None:
        return False
    return row.state in IN_DOUBT or (row.state is State.WRITTEN and _same(row, paper))


def _written(row: Document) -> Document:
    return replace(row, state=State.WRITTEN, hold=None, attempts=0, next_try_at=None)


def _same(row: Document, paper: Paper) -> bool:
    """Whether the row speaks of this version, on this bill."""
    return row.xero_id == paper.bill.xero_id and row.input_hash == paper.inputs


def _hold(work: PaperSync, row: Document, hold: Hold, state: State, report: Report) -> None:
    waiting = held(row, hold, work.lane.clock.now(), state)
    work.lane.journal.save([Change(waiting, hold.cause)])
    report.held.append((row.number, hold))


def _too_large(paper: Paper) -> Hold | None:
    if paper.size <= LARGEST:
        return None
    return Hold(
        HoldClass.TOO_LARGE,
        f"the file has {paper.size / 1024 / 1024:.1f} MB, and Xero takes {LARGEST // 1024 // 1024} MB",
        "put a smaller version of it on the milestone, or take it off",
    )


def _not_given(said: str) -> Hold:
    return Hold(
        HoldClass.ATTACHMENT_REFUSED,
        f"the CRM does not give the file: {said}",
        "let the integration user see the file, then retry",
    )


def _refused(refusal: Rejected) -> Hold:
    return Hold(
        HoldClass.ATTACHMENT_REFUSED,
        f"Xero refused the file: {'; '.join(refusal.messages)}",
        "put a file on the milestone that Xero takes, or make room on the bill in Xero, then retry",
    )
