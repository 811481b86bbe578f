"""What was synced is looked at again, on both sides: what agrees is verified, what somebody changed since is shown as
drift with both versions, what lost its CRM record as an orphan. Nothing is corrected by itself.

Every run looks at what changed lately in Xero or in the CRM, one Xero call per thousand documents. Some changes in Xero
do not move a document's time, so now and then all of them are looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from more_itertools import chunked

from sync_worker.domain.document import LINKED, NEEDS_A_PERSON, Document, Kind, Sighting, State
from sync_worker.domain.errors import Stopping
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import DRAFTED, DRIFT, SYNCED, Invoice, LedgerInvoice
from sync_worker.domain.link import Marker
from sync_worker.domain.money import ZERO
from sync_worker.ports import (
    NEVER,
    PAYMENTS_MISSED,
    PAYMENTS_POLLED,
    Change,
    CrmInvoices,
    InvoiceNews,
    LedgerContacts,
    LedgerInvoices,
)
from sync_worker.sync.agreement import Pair, judged
from sync_worker.sync.attempt import Lane
from sync_worker.sync.contacts import strangers
from sync_worker.sync.documents import cancelled, orphaned
from sync_worker.sync.linking import Begun, Linking
from sync_worker.sync.recover import PAGE, Recovery, sighted

SWEPT = {Kind.INVOICE: "verified", Kind.BILL: "bills verified"}
"""The cursors: Xero's time when everything was last looked at."""
LATE = timedelta(seconds=300)
"""How long after a payment was made the payments process may still not have seen it."""


@dataclass(frozen=True, slots=True)
class VerifyRules:
    recent: timedelta = timedelta(hours=48)
    all_every: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class VerifySync:
    """Everything the process works with, handed over once."""

    lane: Lane
    crm: CrmInvoices
    ledger: LedgerInvoices
    contacts: LedgerContacts
    recovery: Recovery
    linking: Linking
    rules: VerifyRules
    progress: Callable[[int], None] = lambda _: None

    @property
    def kind(self) -> Kind:
        return self.linking.rules.kind


@dataclass(slots=True)
class Report:
    """What a run found. Of a record that came up twice its last look counts: the pages of a list overlap."""

    linked: int = 0
    """Stood in Xero with our marker and nobody knew them."""
    verified: int = 0
    waiting: dict[SalesforceId, tuple[str, Hold]] = field(default_factory=dict)
    """The number and what holds it."""
    lately: set[SalesforceId] = field(default_factory=set)
    """Verified on the page before this one. Not all of them are kept: they may be a million."""

    @property
    def held(self) -> list[tuple[str, Hold]]:
        return [*self.waiting.values()]

    def add(self, rows: Iterable[Document]) -> None:
        """What became of a page."""
        before, self.lately = self.lately, set()
        for row in rows:
            self.waiting.pop(row.record, None)
            self.verified -= row.record in before
            if row.state is State.VERIFIED:
                self.verified += 1
                self.lately.add(row.record)
            elif row.hold and row.state in NEEDS_A_PERSON:
                self.waiting[row.record] = (row.number, row.hold)


def verify(work: VerifySync) -> Report:
    report = Report()
    now = work.lane.sender.now()
    everything = now - (work.lane.journal.cursor(SWEPT[work.kind]) or NEVER) >= work.rules.all_every
    since = None if everything else now - work.rules.recent
    looked_at: set[SalesforceId] = set()
    for page in chunked(work.ledger.made_by_us(since), PAGE):
        _breathe(work)
        pairs = _paired(work, page)
        looked_at |= set() if everything else set(pairs)
        _judge_all(work, pairs, report, of_all=everything)
        work.progress(len(page))
    if everything:
        work.lane.journal.move_cursor(SWEPT[work.kind], now)
        return report
    edited = work.crm.edited_since(work.lane.clock.now() - work.rules.recent)
    for invoices in chunked(_unseen(edited, looked_at), PAGE):
        _breathe(work)
        _judge_all(work, _paired_from_crm(work, invoices), report, of_all=False)
    return report


# Detect -------------------------------------------------------------------------------------------


def _breathe(work: VerifySync) -> None:
    if work.lane.clock.stopping:
        raise Stopping
    work.lane.interlude()


def _paired(work: VerifySync, page: Sequence[LedgerInvoice]) -> dict[SalesforceId, Pair]:
    # By id, or a document that the list repeats would be taken for a second one. Its last version is the newest.
    marked: dict[SalesforceId, dict[XeroId, LedgerInvoice]] = defaultdict(dict)
    for stored in page:
        if marker := Marker.read(stored.url):
            marked[marker.record][stored.id] = stored
    rows = work.lane.journal.documents(work.kind, marked)
    present = work.crm.by_id(list(marked))
    pairs = {
        record: _pair(rows.get(record), present.get(record), found.values())
        for record, found in marked.items()
    }
    return pairs | _completed(work, pairs)


def _pair(row: Document | None, invoice: Invoice | None, found: Iterable[LedgerInvoice]) -> Pair:
    ours = (row and row.xero_id) or (invoice and invoice.xero_id)
    standing = [one for one in found if one.id == ours or not one.gone]
    stored = next((one for one in standing if one.id == ours), None)
    if stored is None and not ours and standing:
        stored = standing[0]
    others = [one for one in standing if one is not stored]
    undone = any(one.gone and one.id != ours for one in found)
    return Pair(row, invoice, stored, others, undone)


def _completed(work: VerifySync, pairs: Mapping[SalesforceId, Pair]) -> dict[SalesforceId, Pair]:
    """Those whose own document is not among what changed, since only another one of them is."""
    lone = {
        record: pair.row.xero_id
        for record, pair in pairs.items()
        if pair.stored is None and pair.row and pair.row.xero_id
    }
    stored = work.ledger.by_id(list(lone.values())) if lone else {}
    return {
        record: replace(pairs[record], stored=stored.get(xero_id))
        for record, xero_id in lone.items()
    }


def _unseen(invoices: Iterable[Invoice], looked_at: set[SalesforceId]) -> Iterator[Invoice]:
    for invoice in invoices:
        if invoice.id not in looked_at:
            looked_at.add(invoice.id)
            yield invoice


def _paired_from_crm(work: VerifySync, invoices: Sequence[Invoice]) -> dict[SalesforceId, Pair]:
    """Only of those the journal knows: what people linked by hand is theirs."""
    rows = work.lane.journal.documents(work.kind, [invoice.id for invoice in invoices])
    known = [invoice for invoice in invoices if invoice.id in rows]
    stored = work.ledger.by_id([id_ for one in known if (id_ := rows[one.id].xero_id)])
    return {
        one.id: Pair(rows[one.id], one, stored.get(rows[one.id].xero_id or XeroId("")))
        for one in known
    }


# Apply and record ---------------------------------------------------------------------------------


def _judge_all(
    work: VerifySync, pairs: Mapping[SalesforceId, Pair], report: Report, *, of_all: bool
) -> None:
    journal = work.lane.journal
    settled = {
        record: pair
        for record, pair in pairs.items()
        if (pair.row is None or pair.row.state in LINKED) and (pair.row or pair.stored)
        if pair.undone or not _is_double(report.waiting.get(record))
    }
    # As the boot look does: by this the papers know that a bill is ours, which the journal did not send.
    journal.see([*_unknown_to_us(settled.values())])
    begun = _adopted(work, settled)
    for row, _ in begun:
        del settled[row.record]
    if begun:
        finished = work.linking.finish(begun)
        report.linked += sum(1 for row in finished.rows if row.state is State.WRITTEN)
        report.waiting |= {row.record: (row.number, row.hold) for row in finished.rows if row.hold}
    received = _received(work, settled.values())
    strangers = _strangers(work, settled.values())
    rows = {
        record: _moved(
            work.kind,
            record,
            pair,
            judged(
                pair,
                received.get(pair.stored.id) if pair.stored else None,
                same_contact=record not in strangers,
                of_all=of_all,
            ),
        )
        for record, pair in settled.items()
    }
    if any(
        _misses_payments(row) and not _misses_payments(settled[one].row)
        for one, row in rows.items()
    ):
        # The next run of payments fetches all of them.
        journal.move_cursor(PAYMENTS_MISSED, work.lane.sender.now())
    _tell(work, settled, rows)
    journal.save(
        [Change(row, _words(row)) for record, row in rows.items() if row != settled[record].row]
    )
    report.add(rows.values())


def _is_double(waits: tuple[str, Hold] | None) -> bool:
    """The second document stands on a page before, so that its record must not pass for one that agrees on this one."""
    return waits is not None and waits[1].hold_class is HoldClass.SECOND_DOCUMENT


def _adopted(work: VerifySync, pairs: Mapping[SalesforceId, Pair]) -> Begun:
    """Documents of ours that neither the journal nor the CRM knows: a journal was lost, and the invoice is not due any
    more, so that nobody would ask for it."""
    return [
        (
            work.recovery.adopt_seen(
                Document(work.kind, invoice.id, invoice.number), sighted(marker, pair.stored)
            ),
            invoice,
        )
        for pair in pairs.values()
        if pair.row is None
        and (invoice := pair.invoice)
        and invoice.xero_id is None
        and pair.stored
        and not pair.stored.gone
        and (marker := Marker.read(pair.stored.url))
    ]


def _unknown_to_us(pairs: Iterable[Pair]) -> Iterator[Sighting]:
    for pair in pairs:
        marker = Marker.read(pair.stored.url) if pair.stored else None
        if pair.row is None and pair.stored and marker:
            yield sighted(marker, pair.stored)


def _received(work: VerifySync, pairs: Iterable[Pair]) -> dict[XeroId, Decimal]:
    """What we know to be paid of each document, where the payments process has surely seen all that Xero counts."""
    polled = work.lane.journal.cursor(PAYMENTS_POLLED)
    if polled is None:
        return {}
    seen = [one.stored.id for one in pairs if one.stored and one.stored.updated_at <= polled - LATE]
    known = work.lane.journal.received(seen)
    return {xero_id: known.get(xero_id, ZERO) for xero_id in seen}


def _strangers(work: VerifySync, pairs: Iterable[Pair]) -> set[SalesforceId]:
    """Records whose document is made out to a contact that is none of their parties'."""
    made_out: dict[SalesforceId, tuple[XeroId, set[XeroId]]] = {}
    for pair in pairs:
        if pair.invoice and pair.stored and pair.stored.contact:
            wanted = {party.xero_id for party in pair.invoice.parties if party.xero_id}
            if wanted:
                made_out[pair.invoice.id] = (pair.stored.contact, wanted)
    return strangers(work.contacts, made_out)


def _moved(kind: Kind, record: SalesforceId, pair: Pair, hold: Hold | None) -> Document:
    row = pair.row or _met(kind, record, pair)
    if pair.invoice is None:
        return cancelled(row) if pair.gone else orphaned(row)
    return replace(row, state=State.DRIFT if hold else State.VERIFIED, hold=hold)


def _met(kind: Kind, record: SalesforceId, pair: Pair) -> Document:
    """A row for a record that both sides link and the journal does not know."""
    stored = pair.stored
    marker = Marker.read(stored.url) if stored else None
    return Document(
        kind,
        record,
        pair.invoice.number if pair.invoice else stored.reference if stored else "",
        generation=marker.generation if marker else 1,
        total=stored.total if stored else None,
        xero_id=stored.id if stored else None,
        xero_number=stored.number if stored else "",
    )


def _words(row: Document) -> str:
    if row.state is State.CANCELLED:
        return "gone from the CRM and from Xero"
    return row.hold.cause if row.hold else "looked at on both sides: they agree"


def _misses_payments(row: Document | None) -> bool:
    return bool(row and row.hold and row.hold.hold_class is HoldClass.PAYMENTS_DIFFER)


def _tell(
    work: VerifySync,
    pairs: Mapping[SalesforceId, Pair],
    rows: Mapping[SalesforceId, Document],
) -> None:
    """The CRM user, where something is new. The CRM is told first: where we die in between, it is told again."""
    news = [
        InvoiceNews(record, state=DRIFT, message=f"{row.hold.cause}. To do: {row.hold.cure}.")
        if row.hold
        else InvoiceNews(record, state=_agreed(pairs[record]), message="")
        for record, row in rows.items()
        if row.state in {State.DRIFT, State.VERIFIED} and _is_news(pairs[record], row)
    ]
    for refusal in work.crm.write(news) if news else ():
        work.lane.tell(
            "drift not shown in the CRM",
            record=refusal.record,
            code=refusal.code,
            reason=refusal.message,
        )


def _agreed(pair: Pair) -> str:
    return DRAFTED if pair.waits_for_its_last_step else SYNCED


def _is_news(pair: Pair, row: Document) -> bool:
    shown = pair.invoice.sync_state if pair.invoice else ""
    told = shown == DRIFT
    if row.hold is None:
        # A bill may have been completed by a worker that was killed then, and paid before another one came to it.
        return told or (shown == DRAFTED and not pair.waits_for_its_last_step)
    return not (told and pair.row is not None and pair.row.hold == row.hold)
