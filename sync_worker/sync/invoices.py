"""CRM invoices become Xero invoices, and milestones become bills: detect what is due, plan each one purely, apply in
batches, record on both sides. Which of the two it is, the rules say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from more_itertools import chunked

from sync_worker.domain.books import Books
from sync_worker.domain.document import (
    IN_DOUBT,
    LINKED,
    NEEDS_A_PERSON,
    WAITING,
    Document,
    Kind,
    State,
)
from sync_worker.domain.errors import OutOfOrder, Stopping
from sync_worker.domain.hold import LINK_CURES, Hold, HoldClass
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice
from sync_worker.domain.plan import Action, Create, HoldBack, Skip
from sync_worker.domain.rules import InvoiceRules, input_hash
from sync_worker.ports import Change, CrmInvoices, InvoiceNews, LedgerBooks, LedgerInvoices
from sync_worker.sync import contacts, documents, preflight
from sync_worker.sync.attempt import Lane
from sync_worker.sync.contacts import Directory
from sync_worker.sync.documents import Ready
from sync_worker.sync.leftovers import Leftovers
from sync_worker.sync.linking import Begun, Finished, Linking
from sync_worker.sync.recover import Recovery

CHUNK = 1000
"""Invoices planned together, so that their contacts share calls."""

Rows = Mapping[SalesforceId, Document]


@dataclass(frozen=True, slots=True)
class InvoiceSync:
    """Everything the process works with, handed over once."""

    lane: Lane
    crm: CrmInvoices
    ledger: LedgerInvoices
    books: LedgerBooks
    directory: Directory
    recovery: Recovery
    linking: Linking
    leftovers: Leftovers
    rules: InvoiceRules
    prepare: Callable[[Sequence[Invoice]], object] = lambda _: None
    """Done with those about to be planned: whatever must stand in Xero before they do."""
    progress: Callable[[int], None] = lambda _: None


@dataclass(slots=True)
class Report:
    """What a run did."""

    created: int = 0
    updated: int = 0
    """Made before, and brought to what the CRM says now."""
    linked: int = 0
    """Made before, but unknown until they were found in Xero."""
    held: list[tuple[str, Hold]] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def end(self, finished: Finished) -> None:
        self.updated += finished.updated
        self.add(finished.rows)

    def add(self, rows: Iterable[Document]) -> None:
        """Those that did not reach their end."""
        for row in rows:
            if row.state in NEEDS_A_PERSON and row.hold:
                self.held.append((row.number, row.hold))
            elif row.state in IN_DOUBT:
                self.in_doubt.append(row.number)


def sync_invoices(work: InvoiceSync) -> Report:
    """All that is due."""
    report = _recovered(work)
    report.end(work.leftovers.finish())
    unseen = work.leftovers.waiting()
    _sync(work, _noting(work.crm.due(), unseen), report)
    report.end(work.leftovers.let_go(unseen))
    return _ended(work, report)


def sync_these(work: InvoiceSync, invoices: Sequence[Invoice]) -> Report:
    """The given ones, because a person asked: holds are tried again whatever their turn, and whoever asked on the
    record itself is answered there."""
    report = _recovered(work)
    rows = work.lane.journal.documents(work.rules.kind, [invoice.id for invoice in invoices])
    if any(row.state in WAITING for row in rows.values()):
        work.books.forget()  # the cure may have happened there a minute ago
    _sync(work, invoices, report, asked=True)
    _answer_requests(work, invoices, report)
    return _ended(work, report)


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
    if invoice.xero_id:
        return HoldBack(invoice, _no_such_draft(invoice.xero_id), inputs)
    if invoice.trouble:
        cause = f"the CRM's record cannot be read ({invoice.trouble})"
        return HoldBack(invoice, preflight.unreadable(cause), inputs)
    debtor = rules.debtor(invoice)
    if debtor is None:
        return HoldBack(invoice, _no_debtor(invoice, rules), inputs)
    drafted = preflight.draft(invoice, rules, books, currencies)
    if isinstance(drafted, Hold):
        return HoldBack(invoice, drafted, inputs)
    return Create(invoice, debtor, drafted, inputs)


def planned(work: InvoiceSync, invoices: Iterable[Invoice]) -> Iterator[Action]:
    """The plan of each, against the books as they are; they are read only when something is due."""
    for invoice in invoices:
        yield plan(invoice, work.rules, work.books.books(), work.books.currencies)


def _no_debtor(invoice: Invoice, rules: InvoiceRules) -> Hold:
    who, words = rules.called(invoice), rules.words
    return Hold(
        HoldClass.DEBTOR_MISSING,
        f"the {words.record} has no {who}, {words.debtor}",
        f"enter the {who} on the {words.debtor_stands_on}",
    )


def _no_such_draft(xero_id: XeroId) -> Hold:
    return Hold(
        HoldClass.VOIDED_IN_XERO,
        f"the CRM links it to the draft {xero_id}, which does not stand in Xero",
        "clear its Finance External ID to have it made anew, or exempt it",
    )


# Detect -------------------------------------------------------------------------------------------


def _recovered(work: InvoiceSync) -> Report:
    """What an earlier run left in doubt comes first: it is adopted, proved absent, or left alone for now."""
    work.directory.open()
    adopted_before = work.recovery.adopted
    doubtful = work.recovery.settle_doubts()
    report = Report(linked=work.recovery.adopted - adopted_before)
    report.add(doubtful)
    return report


def _ended(work: InvoiceSync, report: Report) -> Report:
    if not report.in_doubt:
        work.recovery.clean()
    return report


def _noting(invoices: Iterable[Invoice], unseen: set[SalesforceId]) -> Iterator[Invoice]:
    """The invoices as they stream past; those that come are not unseen any more."""
    for invoice in invoices:
        unseen.discard(invoice.id)
        yield invoice


def _sync(
    work: InvoiceSync, invoices: Iterable[Invoice], report: Report, *, asked: bool = False
) -> None:
    for chunk in chunked(invoices, CHUNK):
        rows = work.lane.journal.documents(work.rules.kind, [invoice.id for invoice in chunk])
        if work.recovery.new_since and _somebody_was_here(work, chunk, rows):
            work.recovery.outwait()
        rows |= _adopt_forgotten(work, chunk, rows, report)
        rows |= _ended_before(work, chunk, rows)
        fresh: list[Invoice] = []
        begun: list[tuple[Document, Invoice]] = []
        for invoice in chunk:
            row = rows.get(invoice.id)
            if reason := work.rules.not_due(invoice):
                report.skipped.append((invoice.number, reason))
            elif row and row.state in IN_DOUBT:
                continue
            elif row and row.state in WAITING and not _turn(work, invoice, row, asked=asked):
                report.add([row])
            elif row and row.xero_id:
                begun.append((row, invoice))
            else:
                fresh.append(invoice)
        _finish(work, begun, report)
        _apply(work, fresh, rows, report)
        work.progress(len(chunk))


def _somebody_was_here(work: InvoiceSync, invoices: Iterable[Invoice], rows: Rows) -> bool:
    """Whether one of the unknown invoices may have been sent by a worker whose journal was lost: before it sent one, it
    had linked its debtor in the CRM, and this journal knows nothing of that."""
    debtors = (work.rules.debtor(one) for one in invoices if one.id not in rows)
    linked = {debtor.id for debtor in debtors if debtor and debtor.xero_id}
    return len(work.lane.journal.documents(Kind.CONTACT, linked)) < len(linked)


def _adopt_forgotten(
    work: InvoiceSync, invoices: Sequence[Invoice], rows: Rows, report: Report
) -> dict[SalesforceId, Document]:
    """Invoices the journal does not know, but whose document was seen in Xero."""
    unknown = {invoice.id: invoice for invoice in invoices if invoice.id not in rows}
    adopted: dict[SalesforceId, Document] = {}
    for record, sighting in work.lane.journal.seen(unknown).items():
        row = Document(work.rules.kind, record, unknown[record].number)
        adopted[record] = work.recovery.adopt_seen(row, sighting)
    report.linked += len(adopted)
    return adopted


def _ended_before(
    work: InvoiceSync, invoices: Sequence[Invoice], rows: Rows
) -> dict[SalesforceId, Document]:
    """Those that came to an end once and are due all the same: drafts the CRM links, whose last step has come, and
    records whose id was cleared."""
    drafts = {one.id: one for one in invoices if one.to_be_completed}
    unknown = [one for one in drafts.values() if one.id not in rows and not work.rules.not_due(one)]
    ended = [row for row in rows.values() if row.state in LINKED]
    return (
        work.recovery.taken_over(unknown)
        | work.recovery.standing([row for row in ended if row.record not in drafts])
        | {row.record: replace(row, state=State.CREATED) for row in ended if row.record in drafts}
    )


def _turn(work: InvoiceSync, invoice: Invoice, row: Document, *, asked: bool) -> bool:
    """Whether a waiting record is tried now: its inputs changed, its time has come, or a person asks."""
    link_cures = row.state is State.HELD and row.hold and row.hold.hold_class in LINK_CURES
    if asked or row.input_hash != input_hash(invoice, work.rules, with_contacts=bool(link_cures)):
        return True
    if invoice.requested_at and row.updated_at and invoice.requested_at > row.updated_at:
        return True
    return row.next_try_at is not None and row.next_try_at <= work.lane.clock.now()


# Plan and apply -----------------------------------------------------------------------------------


def _apply(work: InvoiceSync, invoices: Sequence[Invoice], rows: Rows, report: Report) -> None:
    creates: list[Create] = []
    holds: list[HoldBack] = []
    if invoices:
        work.prepare(invoices)
    for action in planned(work, invoices):
        match action:
            case Create():
                creates.append(action)
            case HoldBack():
                holds.append(action)
            case Skip(invoice=invoice, reason=reason):  # pragma: no cover - taken out by `_sync`
                report.skipped.append((invoice.number, reason))
    ready, without_contact = _with_contacts(work, creates, rows, report)
    _hold(work, [*holds, *without_contact], rows, report)
    due = {create.invoice.id: create.invoice for create in creates}
    made: list[Document] = []
    try:
        for batch in documents.create(work.lane, work.ledger, work.rules, ready):
            made += batch
    except (OutOfOrder, Stopping):
        _settle(work, made, due, report)
        raise
    _settle(work, made, due, report)


def _with_contacts(
    work: InvoiceSync, creates: Sequence[Create], rows: Rows, report: Report
) -> tuple[list[Ready], list[HoldBack]]:
    """Those that can be made, and those whose contact holds them back."""
    found = contacts.ensure(work.directory, [create.debtor for create in creates])
    ready: list[Ready] = []
    held: list[HoldBack] = []
    for create in creates:
        contact = found.get(create.debtor.id)
        if contact is None:
            # Its contact may have been made, or could not be linked just now: the next run looks for it by its number.
            report.in_doubt.append(create.invoice.number)
        elif isinstance(contact, Hold):
            inputs = input_hash(
                create.invoice, work.rules, with_contacts=contact.hold_class in LINK_CURES
            )
            held.append(HoldBack(create.invoice, contact, inputs))
        else:
            row = _anew(_row(work, create.invoice, rows))
            ready.append(Ready(create.draft, contact, replace(row, input_hash=create.input_hash)))
    return ready, held


def _settle(
    work: InvoiceSync,
    made: Sequence[Document],
    invoices: Mapping[SalesforceId, Invoice],
    report: Report,
) -> None:
    """After the first step: what was refused for its number may be ours already, what is made is finished."""
    report.created += sum(1 for row in made if row.xero_id)
    taken = [row for row in made if row.hold and row.hold.hold_class is HoldClass.NUMBER_TAKEN]
    adopted = {row.record: row for row in work.recovery.adopt_numbered(taken)} if taken else {}
    report.linked += len(adopted)
    rows = [adopted.get(row.record, row) for row in made]
    _finish(work, [(row, invoices[row.record]) for row in rows], report)


def _finish(work: InvoiceSync, begun: Begun, report: Report) -> None:
    if begun:
        report.end(work.linking.finish(begun))


def _hold(work: InvoiceSync, holds: Sequence[HoldBack], rows: Rows, report: Report) -> None:
    now = work.lane.clock.now()
    held = [
        documents.held(
            replace(_row(work, one.invoice, rows), input_hash=one.input_hash), one.hold, now
        )
        for one in holds
    ]
    # The CRM is told first: where we die in between, the next run tells it again.
    work.linking.tell(held, {one.invoice.id: one.invoice for one in holds}, rows)
    work.lane.journal.save([Change(row, row.hold.cause) for row in held if row.hold])
    for row in held:
        if row.hold and row.hold.hold_class is HoldClass.UNREADABLE:
            work.lane.tell("record unreadable", record=row.number, reason=row.hold.cause)
    report.add(held)


def _answer_requests(work: InvoiceSync, invoices: Sequence[Invoice], report: Report) -> None:
    """Those asked for on the record that are not due: the asker reads why, and is not asked for again."""
    reasons = dict(report.skipped)
    news = [
        InvoiceNews(invoice.id, message=f"Not sent: {reasons[invoice.number]}.", clear_request=True)
        for invoice in invoices
        if invoice.requested_at and invoice.number in reasons
    ]
    if news:
        work.crm.write(news)


def _row(work: InvoiceSync, invoice: Invoice, rows: Rows) -> Document:
    return rows.get(invoice.id) or Document(work.rules.kind, invoice.id, invoice.number)


def _anew(row: Document) -> Document:
    """The row before another try. After a refusal nothing stands in Xero, but the refusal itself lives on under the
    key for some minutes: a new generation makes a new key."""
    refused = row.state is State.REJECTED
    return replace(row, state=State.NEW, generation=row.generation + (1 if refused else 0))
