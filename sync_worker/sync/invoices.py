"""CRM invoices become Xero invoices: detect what is due, plan each one purely, apply in batches, record on
both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from more_itertools import chunked

from sync_worker.domain.books import Books
from sync_worker.domain.document import IN_DOUBT, WAITING, Document, Kind, State
from sync_worker.domain.errors import Stopping
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.invoice import Draft, Invoice
from sync_worker.domain.link import ledger_link
from sync_worker.domain.plan import Action, Create, HoldBack, Skip
from sync_worker.domain.rules import InvoiceRules, input_hash
from sync_worker.ports import (
    Change,
    CrmInvoices,
    InvoiceNews,
    LedgerBooks,
    LedgerInvoices,
    RowRefusal,
)
from sync_worker.sync import contacts, documents, preflight
from sync_worker.sync.attempt import Lane
from sync_worker.sync.contacts import Directory
from sync_worker.sync.documents import Ready
from sync_worker.sync.recover import Recovery

CHUNK = 1000
"""Invoices planned together, so that their contacts share calls."""
SYNCED, HELD = "Synced", "Held"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class InvoiceSync:
    """Everything the process works with, handed over once."""

    lane: Lane
    crm: CrmInvoices
    ledger: LedgerInvoices
    books: LedgerBooks
    directory: Directory
    recovery: Recovery
    rules: InvoiceRules
    progress: Progress = lambda _: None


@dataclass(slots=True)
class Report:
    """What a run did."""

    created: int = 0
    updated: int = 0
    linked: int = 0
    held: list[tuple[str, Hold]] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Only filled where a person asked for these very records."""


def sync_invoices(work: InvoiceSync) -> Report:
    """All that is due, those asked for on the record first."""
    report = Report()
    _recover(work, report)
    _finish_what_is_not_due(work, report)
    first = work.crm.requested()
    done = {invoice.id for invoice in first}
    rest = (invoice for invoice in work.crm.due() if invoice.id not in done)
    _sync(work, first, report)
    _sync(work, rest, report)
    if not report.in_doubt:
        work.recovery.clean()
    return report


def sync_these(work: InvoiceSync, invoices: Sequence[Invoice]) -> Report:
    """The given ones, because a person asked: holds are tried again whatever their turn."""
    report = Report()
    _recover(work, report)
    _sync(work, invoices, report, asked=True)
    if not report.in_doubt:
        work.recovery.clean()
    return report


def plan(
    invoice: Invoice,
    rules: InvoiceRules,
    books: Books,
    currencies: Callable[[], frozenset[str]],
) -> Action:
    """What is to be done with an invoice that does not stand in Xero yet, and why. Pure."""
    if reason := rules.not_due(invoice):
        return Skip(invoice, reason)
    inputs = input_hash(invoice, rules)
    debtor = rules.debtor(invoice)
    if debtor is None:
        return HoldBack(invoice, _no_debtor(invoice, rules), inputs)
    drafted = preflight.draft(invoice, rules, books, currencies)
    if isinstance(drafted, Hold):
        return HoldBack(invoice, drafted, inputs)
    return Create(invoice, debtor, drafted, inputs)


def _no_debtor(invoice: Invoice, rules: InvoiceRules) -> Hold:
    who = rules.debtor_by_funding.get(invoice.funding_type, "participant").replace("_", " ")
    return Hold(
        HoldClass.DEBTOR_MISSING,
        f"the invoice has no {who}, who is to owe it",
        f"enter the {who} on the invoice",
    )


# Detect -------------------------------------------------------------------------------------------


def _recover(work: InvoiceSync, report: Report) -> None:
    report.in_doubt += [row.number for row in work.recovery.settle_doubts()]


def _finish_what_is_not_due(work: InvoiceSync, report: Report) -> None:
    """Documents begun for invoices that are not asked for any more: cancelled since, dated back, or gone. What stands
    in Xero is completed and linked all the same, so that nothing stands there unseen."""
    rows = work.lane.journal.in_state(Kind.INVOICE, (State.CREATED, State.PROMOTED), limit=CHUNK)
    if not rows:
        return
    present = work.crm.by_id([row.record for row in rows])
    gone = [row for row in rows if row.record not in present]
    work.lane.journal.save(
        [
            Change(
                replace(row, state=State.ORPHAN),
                "its CRM record is gone; the Xero document stays for a person to judge",
            )
            for row in gone
        ]
    )
    _finish(work, [(row, present[row.record]) for row in rows if row.record in present], report)


def _sync(
    work: InvoiceSync, invoices: Iterable[Invoice], report: Report, *, asked: bool = False
) -> None:
    for chunk in chunked(invoices, CHUNK):
        rows = work.lane.journal.documents(Kind.INVOICE, [invoice.id for invoice in chunk])
        rows |= _adopt_forgotten(work, chunk, rows, report)
        fresh: list[Invoice] = []
        begun: list[tuple[Document, Invoice]] = []
        for invoice in chunk:
            row = rows.get(invoice.id)
            if reason := work.rules.not_due(invoice):
                report.skipped.append((invoice.number, reason))
            elif row and row.state in IN_DOUBT:
                continue
            elif (
                row
                and row.xero_id
                and (row.state not in WAITING or _turn(work, invoice, row, asked))
            ):
                begun.append((row, invoice))
            elif row and row.state in WAITING and not _turn(work, invoice, row, asked):
                report.held.append((row.number, row.hold or _lost_hold()))
            else:
                fresh.append(invoice)
        _finish(work, begun, report)
        _apply(work, fresh, rows, report)
        work.progress(len(chunk))


def _adopt_forgotten(
    work: InvoiceSync,
    invoices: Sequence[Invoice],
    rows: dict[SalesforceId, Document],
    report: Report,
) -> dict[SalesforceId, Document]:
    """Invoices the journal does not know, but whose document was seen in Xero."""
    unknown = {invoice.id: invoice for invoice in invoices if invoice.id not in rows}
    adopted: dict[SalesforceId, Document] = {}
    for record, sighting in work.lane.journal.seen(unknown).items():
        row = Document(Kind.INVOICE, record, unknown[record].number)
        if found := work.recovery.adopt_seen(row, sighting):
            adopted[record] = found
            report.linked += 1
    return adopted


def _turn(work: InvoiceSync, invoice: Invoice, row: Document, asked: bool) -> bool:
    """Whether a waiting record is tried now: its inputs changed, its time has come, or a person asks."""
    if asked or row.input_hash != input_hash(invoice, work.rules):
        return True
    if invoice.requested_at and row.updated_at and invoice.requested_at > row.updated_at:
        return True
    return row.next_try_at is not None and row.next_try_at <= work.lane.clock.now()


# Plan and apply -----------------------------------------------------------------------------------


def _apply(
    work: InvoiceSync,
    invoices: Sequence[Invoice],
    rows: dict[SalesforceId, Document],
    report: Report,
) -> None:
    creates: list[Create] = []
    holds: list[HoldBack] = []
    for action in planned(work, invoices):
        match action:
            case Create():
                creates.append(action)
            case HoldBack():
                holds.append(action)
            case Skip(invoice=invoice, reason=reason):
                report.skipped.append((invoice.number, reason))
    ready, without_contact = _with_contacts(work, creates, rows)
    _hold(work, [*holds, *without_contact], rows, report)
    by_id = {create.invoice.id: create.invoice for create in creates}
    made: list[Document] = []
    try:
        for batch in documents.create(work.lane, work.ledger, work.rules, ready):
            made += batch
    except Stopping:
        _settle(work, made, by_id, report)
        raise
    _settle(work, made, by_id, report)


def planned(work: InvoiceSync, invoices: Iterable[Invoice]) -> Iterator[Action]:
    """The plan of each, against the books as they are. The books are read only when something is due."""
    for invoice in invoices:
        yield plan(invoice, work.rules, work.books.books(), work.books.currencies)


def _with_contacts(
    work: InvoiceSync, creates: Sequence[Create], rows: dict[SalesforceId, Document]
) -> tuple[list[Ready], list[HoldBack]]:
    found = contacts.ensure(work.directory, [create.debtor for create in creates])
    ready: list[Ready] = []
    held: list[HoldBack] = []
    for create in creates:
        contact = found.get(create.debtor.id)
        if contact is None:
            continue  # in doubt: the next run looks for it by its number
        if isinstance(contact, Hold):
            held.append(HoldBack(create.invoice, contact, create.input_hash))
        else:
            row = _anew(rows.get(create.invoice.id) or _new_row(create.invoice))
            ready.append(Ready(create.draft, contact, replace(row, input_hash=create.input_hash)))
    return ready, held


def _settle(
    work: InvoiceSync,
    made: Sequence[Document],
    invoices: dict[SalesforceId, Invoice],
    report: Report,
) -> None:
    """After the first step: what was refused for its number may be ours already, what is made is finished."""
    report.created += sum(1 for row in made if row.xero_id)
    taken = [row for row in made if row.hold and row.hold.hold_class is HoldClass.NUMBER_TAKEN]
    adopted = {row.record: row for row in work.recovery.adopt_numbered(taken)} if taken else {}
    report.linked += len(adopted)
    rows = [adopted.get(row.record, row) for row in made]
    _finish(work, [(row, invoices[row.record]) for row in rows], report)


def _finish(work: InvoiceSync, begun: Sequence[tuple[Document, Invoice]], report: Report) -> None:
    """From a document in Xero to a link on both sides, wherever it stands on that way."""
    invoices = {invoice.id: invoice for _, invoice in begun}
    rows = {row.record: row for row, _ in begun}
    to_complete = [
        (row, _replacement(work, row, invoices[row.record], report))
        for row in rows.values()
        if row.xero_id and row.state in {State.CREATED, *WAITING} and _incomplete(work, row)
    ]
    try:
        for batch in documents.complete(work.lane, work.ledger, work.rules, to_complete):
            rows |= {row.record: row for row in batch}
    finally:
        _record(work, rows.values(), invoices, report)


def _incomplete(work: InvoiceSync, row: Document) -> bool:
    """A held one whose trouble was the CRM's refusal needs no second visit to Xero."""
    refused_by_crm = row.hold and row.hold.hold_class in {
        HoldClass.WRITE_BACK_REFUSED,
        HoldClass.LINK_TAKEN,
    }
    return work.rules.two_steps and not refused_by_crm


def _replacement(
    work: InvoiceSync, row: Document, invoice: Invoice, report: Report
) -> Draft | None:
    """New contents for a stored draft whose invoice was edited before it was completed."""
    if row.input_hash in {"", input_hash(invoice, work.rules)}:
        return None
    drafted = preflight.draft(invoice, work.rules, work.books.books(), work.books.currencies)
    if isinstance(drafted, Hold):
        return None
    report.updated += 1
    return drafted


# Record -------------------------------------------------------------------------------------------


def _hold(
    work: InvoiceSync,
    holds: Sequence[HoldBack],
    rows: dict[SalesforceId, Document],
    report: Report,
) -> None:
    changes = [
        Change(
            documents.held(
                replace(
                    rows.get(one.invoice.id) or _new_row(one.invoice), input_hash=one.input_hash
                ),
                one.hold,
                work.lane.clock.now(),
            ),
            one.hold.cause,
        )
        for one in holds
    ]
    known = {one.invoice.id: rows.get(one.invoice.id) for one in holds}
    _tell_the_crm(
        work,
        [change.document for change in changes],
        known,
        {one.invoice.id: one.invoice for one in holds},
    )
    work.lane.journal.save(changes)
    report.held += [(one.invoice.number, one.hold) for one in holds]


def _record(
    work: InvoiceSync,
    rows: Iterable[Document],
    invoices: dict[SalesforceId, Invoice],
    report: Report,
) -> None:
    rows = list(rows)
    report.in_doubt += [row.number for row in rows if row.state in IN_DOUBT]
    waiting = [row for row in rows if row.state in WAITING and row.hold]
    _tell_the_crm(work, waiting, {}, invoices)
    report.held += [(row.number, row.hold) for row in waiting if row.hold]
    written = [
        row for row in rows if row.xero_id and row.state not in {*IN_DOUBT, *WAITING, State.CREATED}
    ]
    if not written:
        return
    now = work.lane.clock.now()
    short_code = work.books.books().short_code
    news = [
        InvoiceNews(
            record=row.record,
            state=SYNCED,
            message="",
            xero_id=row.xero_id,
            xero_number=row.xero_number,
            link=ledger_link(short_code, row.xero_id) if row.xero_id else None,
            synced_at=now,
            clear_request=invoices[row.record].requested_at is not None,
        )
        for row in written
    ]
    refused = {SalesforceId(one.record): one for one in work.crm.write(news)}
    changes = [
        Change(
            replace(row, state=State.WRITTEN, hold=None, attempts=0, next_try_at=None),
            "linked in the CRM",
        )
        if row.record not in refused
        else _write_back_refused(work, row, refused[row.record])
        for row in written
    ]
    work.lane.journal.save(changes)
    report.held += [
        (change.document.number, change.document.hold) for change in changes if change.document.hold
    ]


def _write_back_refused(work: InvoiceSync, row: Document, refusal: RowRefusal) -> Change:
    if refusal.code == "ENTITY_IS_DELETED":
        return Change(
            replace(row, state=State.ORPHAN),
            "its CRM record is gone; the Xero document stays for a person to judge",
        )
    if refusal.code == "LINK_TAKEN":
        hold = Hold(
            HoldClass.LINK_TAKEN,
            f"the CRM invoice carries another Xero id than {row.xero_id}: {refusal.message}",
            "compare both documents in Xero, void the wrong one, and clear or keep the id in the CRM",
        )
    else:
        hold = Hold(
            HoldClass.WRITE_BACK_REFUSED,
            f"the invoice stands in Xero as {row.xero_number}, but the CRM refused the link: "
            f"{refusal.code}: {refusal.message}",
            "correct what the CRM names; the link is written then, and nothing is made twice",
        )
    return Change(documents.held(row, hold, work.lane.clock.now()), hold.cause)


def _tell_the_crm(
    work: InvoiceSync,
    waiting: Sequence[Document],
    before: dict[SalesforceId, Document | None],
    invoices: dict[SalesforceId, Invoice],
) -> None:
    """The reason and the cure, where the CRM user looks; only when they are new."""
    news = [
        InvoiceNews(
            record=row.record,
            state=HELD,
            message=f"{row.hold.cause}. To do: {row.hold.cure}.",
            clear_request=invoices[row.record].requested_at is not None,
        )
        for row in waiting
        if row.hold and not _said(before.get(row.record), row.hold, invoices[row.record])
    ]
    for refusal in work.crm.write(news) if news else ():
        work.lane.tell(
            "hold not shown in the CRM",
            record=refusal.record,
            code=refusal.code,
            reason=refusal.message,
        )


def _said(before: Document | None, hold: Hold, invoice: Invoice) -> bool:
    return (
        before is not None
        and before.hold == hold
        and invoice.sync_state == HELD
        and invoice.requested_at is None
    )


def _new_row(invoice: Invoice) -> Document:
    return Document(Kind.INVOICE, invoice.id, invoice.number)


def _anew(row: Document) -> Document:
    """The row before another try. After a refusal nothing stands in Xero, but the refusal itself lives on under the
    key for some minutes: a new generation makes a new key."""
    refused = row.state is State.REJECTED
    return replace(row, state=State.NEW, generation=row.generation + (1 if refused else 0))


def _lost_hold() -> Hold:
    return Hold(HoldClass.DOCUMENT_REFUSED, "the reason was not kept", "retry the record to see it")
