"""What was synced is looked at again, on both sides: what agrees is verified, what somebody changed since is shown as
drift with both versions, what lost its CRM record as an orphan. Nothing is corrected by itself.

Every run looks at what changed lately in Xero or in the CRM, one Xero call per thousand documents. Some changes in Xero
do not move a document's time, so now and then all of them are looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from more_itertools import chunked

from sync_worker.domain.document import LINKED, NEEDS_A_PERSON, Document, Kind, State
from sync_worker.domain.errors import Stopping
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice, LedgerInvoice
from sync_worker.domain.link import Marker
from sync_worker.domain.money import ZERO, four_places
from sync_worker.ports import (
    PAYMENTS_POLLED,
    Change,
    CrmInvoices,
    InvoiceNews,
    LedgerContacts,
    LedgerInvoices,
)
from sync_worker.sync.attempt import Lane
from sync_worker.sync.documents import orphaned
from sync_worker.sync.linking import DRIFT, SYNCED, Begun, Linking
from sync_worker.sync.recover import GONE_IN_XERO, PAGE, Recovery, sighted

SWEPT = "verified"
"""The cursor: Xero's time when everything was last looked at."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
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


@dataclass(slots=True)
class Report:
    """What a run found."""

    verified: int = 0
    linked: int = 0
    """Stood in Xero with our marker and nobody knew them."""
    held: list[tuple[str, Hold]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pair:
    """One record on both sides: what the journal knows, the CRM's invoice, its document, and others that carry its
    marker. None where there is none."""

    row: Document | None
    invoice: Invoice | None
    stored: LedgerInvoice | None
    others: Sequence[LedgerInvoice] = ()


def verify(work: VerifySync) -> Report:
    report = Report()
    now = work.lane.sender.now()
    everything = now - (work.lane.journal.cursor(SWEPT) or NEVER) >= work.rules.all_every
    since = None if everything else now - work.rules.recent
    looked_at: set[SalesforceId] = set()
    for page in chunked(work.ledger.made_by_us(since), PAGE):
        _breathe(work)
        pairs = _paired(work, page)
        looked_at |= set() if everything else set(pairs)
        _judge_all(work, pairs, report)
        work.progress(len(page))
    if everything:
        work.lane.journal.move_cursor(SWEPT, now)
        return report
    edited = work.crm.edited_since(work.lane.clock.now() - work.rules.recent)
    for invoices in chunked(_unseen(edited, looked_at), PAGE):
        _breathe(work)
        _judge_all(work, _paired_from_crm(work, invoices), report)
    return report


# Detect -------------------------------------------------------------------------------------------


def _breathe(work: VerifySync) -> None:
    if work.lane.clock.stopping:
        raise Stopping
    work.lane.interlude()


def _paired(work: VerifySync, page: Sequence[LedgerInvoice]) -> dict[SalesforceId, Pair]:
    marked: dict[SalesforceId, list[LedgerInvoice]] = defaultdict(list)
    for stored in page:
        if marker := Marker.read(stored.url):
            marked[marker.record].append(stored)
    rows = work.lane.journal.documents(Kind.INVOICE, marked)
    present = work.crm.by_id(list(marked))
    pairs = {
        record: _pair(rows.get(record), present.get(record), found)
        for record, found in marked.items()
    }
    return pairs | _completed(work, pairs)


def _pair(row: Document | None, invoice: Invoice | None, found: Iterable[LedgerInvoice]) -> Pair:
    ours = (row and row.xero_id) or (invoice and invoice.xero_id)
    standing = [one for one in found if one.id == ours or one.status not in GONE_IN_XERO]
    stored = next((one for one in standing if one.id == ours), None)
    if stored is None and not ours and standing:
        stored = standing[0]
    return Pair(row, invoice, stored, [one for one in standing if one is not stored])


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
    rows = work.lane.journal.documents(Kind.INVOICE, [invoice.id for invoice in invoices])
    known = [invoice for invoice in invoices if invoice.id in rows]
    stored = work.ledger.by_id([id_ for one in known if (id_ := rows[one.id].xero_id)])
    return {
        one.id: Pair(rows[one.id], one, stored.get(rows[one.id].xero_id or XeroId("")))
        for one in known
    }


# Plan ---------------------------------------------------------------------------------------------


def judged(pair: Pair, received: Decimal | None, *, same_contact: bool) -> Hold | None:
    """What keeps both sides from agreeing; None where they do. `received` is what the payments we know of come to,
    None where that cannot be told yet. Pure."""
    invoice, stored = pair.invoice, pair.stored
    gone = stored is None or stored.status in GONE_IN_XERO
    if invoice is None or (gone and invoice.status == "Cancelled"):
        return None
    if stored is None or gone:
        how = stored.status.lower() if stored else "deleted"
        return Hold(
            HoldClass.VOIDED_IN_XERO,
            f"the document was {how} in Xero",
            "cancel the invoice in the CRM, or clear its Finance External ID to have it made anew",
        )
    if pair.others:
        other = pair.others[0]
        return Hold(
            HoldClass.SECOND_DOCUMENT,
            f"a second document of ours stands in Xero: {other.number or other.id} ({other.status})",
            f"delete or void {other.number or other.id} in Xero",
        )
    if differences := [*_differences(invoice, stored, same_contact=same_contact)]:
        return Hold(
            HoldClass.CHANGED_SINCE,
            f"changed since it went to Xero: {'; '.join(differences)}",
            "correct the side that is wrong, by hand; nothing is sent again by itself",
        )
    if received is not None and received != stored.paid:
        return Hold(
            HoldClass.PAYMENTS_DIFFER,
            f"Xero says {stored.paid:.2f} is paid, the payments we know of come to {received:.2f}",
            "all payments are fetched again by the next run; if this stays, compare them in Xero",
        )
    return None


def _differences(invoice: Invoice, stored: LedgerInvoice, *, same_contact: bool) -> Iterator[str]:
    """Only of what no setting shapes: an invoice of last year does not drift because a rule changed."""
    if invoice.xero_id is None:
        yield f"the CRM links it to nothing, {stored.number} stands in Xero"
    elif invoice.xero_id != stored.id:
        yield f"the CRM links it to {invoice.xero_id}, ours is {stored.id}"
    if invoice.status == "Cancelled":
        yield f"it is cancelled in the CRM and {stored.status} in Xero"
    if invoice.total is not None and invoice.total != stored.total:
        yield f"the total is {invoice.total:.2f} in the CRM and {stored.total:.2f} in Xero"
    elif _amounts(invoice) != sorted(stored.lines):
        yield f"the lines are others in the CRM than in Xero, whose total is {stored.total:.2f}"
    if invoice.date != stored.date:
        yield f"the date is {invoice.date} in the CRM and {stored.date} in Xero"
    if invoice.currency and invoice.currency != stored.currency:
        yield f"the currency is {invoice.currency} in the CRM and {stored.currency} in Xero"
    if not same_contact:
        yield "it is owed by somebody else in Xero"


def _amounts(invoice: Invoice) -> list[tuple[Decimal, Decimal]]:
    return sorted(
        (four_places(line.quantity or ZERO), four_places(line.rate or ZERO))
        for line in invoice.lines
        if line.include
    )


# Apply and record ---------------------------------------------------------------------------------


def _judge_all(work: VerifySync, pairs: Mapping[SalesforceId, Pair], report: Report) -> None:
    journal = work.lane.journal
    settled = {
        record: pair
        for record, pair in pairs.items()
        if (pair.row is None or pair.row.state in LINKED) and (pair.row or pair.stored)
    }
    begun = _adopted(work, settled)
    for row, _ in begun:
        del settled[row.record]
    if begun:
        finished = work.linking.finish(begun)
        report.linked += sum(1 for row in finished.rows if row.state is State.WRITTEN)
        report.held += [(row.number, row.hold) for row in finished.rows if row.hold]
    received = journal.received([one.stored.id for one in settled.values() if one.stored])
    strangers = _strangers(work, settled.values())
    rows = {
        record: _moved(
            record,
            pair,
            judged(
                pair,
                _comparable(work, pair, received),
                same_contact=record not in strangers,
            ),
        )
        for record, pair in settled.items()
    }
    _look_wider(work, rows.values())
    _tell(work, settled, rows)
    journal.save(
        [Change(row, _words(row)) for record, row in rows.items() if row != settled[record].row]
    )
    report.verified += sum(1 for row in rows.values() if row.state is State.VERIFIED)
    report.held += [
        (row.number, row.hold) for row in rows.values() if row.hold and row.state in NEEDS_A_PERSON
    ]


def _adopted(work: VerifySync, pairs: Mapping[SalesforceId, Pair]) -> Begun:
    """Documents of ours that neither the journal nor the CRM knows: a journal was lost, and the invoice is not due any
    more, so that nobody would ask for it."""
    return [
        (work.recovery.adopt_seen(_unknown(invoice), sighted(marker, pair.stored)), invoice)
        for pair in pairs.values()
        if pair.row is None
        and (invoice := pair.invoice)
        and invoice.xero_id is None
        and pair.stored
        and pair.stored.status not in GONE_IN_XERO
        and (marker := Marker.read(pair.stored.url))
    ]


def _unknown(invoice: Invoice) -> Document:
    return Document(Kind.INVOICE, invoice.id, invoice.number)


def _comparable(work: VerifySync, pair: Pair, received: Mapping[XeroId, Decimal]) -> Decimal | None:
    """What we know to be paid, where the payments process has surely seen all that Xero counts."""
    polled = work.lane.journal.cursor(PAYMENTS_POLLED)
    if pair.stored is None or polled is None or pair.stored.updated_at > polled - LATE:
        return None
    return received.get(pair.stored.id, ZERO)


def _strangers(work: VerifySync, pairs: Iterable[Pair]) -> set[SalesforceId]:
    """Records whose document is owed by a contact that is neither the participant's nor the plan manager's, merges
    followed. Asked of Xero only where the ids differ."""
    doubtful: dict[SalesforceId, tuple[XeroId, set[XeroId]]] = {}
    for pair in pairs:
        if pair.invoice and pair.stored and pair.stored.contact:
            parties = (pair.invoice.participant, pair.invoice.plan_manager)
            owed = {party.xero_id for party in parties if party and party.xero_id}
            if owed and pair.stored.contact not in owed:
                doubtful[pair.invoice.id] = (pair.stored.contact, owed)
    asked = sorted({one for contact, owed in doubtful.values() for one in (contact, *owed)})
    known = work.contacts.by_id(asked) if asked else {}
    return {
        record
        for record, (contact, owed) in doubtful.items()
        if known.get(contact) not in [known.get(one) for one in owed]
    }


def _moved(record: SalesforceId, pair: Pair, hold: Hold | None) -> Document:
    row = pair.row or _met(record, pair)
    if pair.invoice is None:
        gone = pair.stored is None or pair.stored.status in GONE_IN_XERO
        return _let_go(row) if gone else orphaned(row)
    return replace(row, state=State.DRIFT if hold else State.VERIFIED, hold=hold)


def _let_go(row: Document) -> Document:
    """Should its CRM record come back and be due, it is made anew."""
    return replace(
        row,
        state=State.CANCELLED,
        generation=row.generation + 1,
        xero_id=None,
        xero_number="",
        hold=None,
    )


def _met(record: SalesforceId, pair: Pair) -> Document:
    """A row for a record that both sides link and the journal does not know."""
    stored = pair.stored
    marker = Marker.read(stored.url) if stored else None
    return Document(
        Kind.INVOICE,
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


def _look_wider(work: VerifySync, rows: Iterable[Document]) -> None:
    """Where a payment was missed, the next run of payments fetches all of them."""
    if any(row.hold and row.hold.hold_class is HoldClass.PAYMENTS_DIFFER for row in rows):
        work.lane.journal.move_cursor(PAYMENTS_POLLED, NEVER)


def _tell(
    work: VerifySync,
    pairs: Mapping[SalesforceId, Pair],
    rows: Mapping[SalesforceId, Document],
) -> None:
    """The CRM user, where something is new. The CRM is told first: where we die in between, it is told again."""
    news = [
        InvoiceNews(record, state=DRIFT, message=f"{row.hold.cause}. To do: {row.hold.cure}.")
        if row.hold
        else InvoiceNews(record, state=SYNCED, message="")
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


def _is_news(pair: Pair, row: Document) -> bool:
    told = pair.invoice is not None and pair.invoice.sync_state == DRIFT
    if row.hold is None:
        return told
    return not (told and pair.row is not None and pair.row.hold == row.hold)
