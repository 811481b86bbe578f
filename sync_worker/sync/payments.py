"""Xero payments become Payment records of the CRM: detect what changed, plan each record purely, apply, record.

The inbox stands between both: a page and the cursor are committed together, and a payment leaves the inbox only when
the CRM has it. A crash can only repeat, and repeating changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sync_worker.domain.document import Document, Kind
from sync_worker.domain.errors import Stopping
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.payment import (
    LedgerPayment,
    PaymentRecord,
    PaymentType,
    noon,
    repeats,
    settled_status,
)
from sync_worker.ports import (
    NEVER,
    PAYMENTS_MISSED,
    PAYMENTS_POLLED,
    CrmInvoices,
    CrmPayments,
    InvoiceNews,
    LedgerPayments,
    Standing,
    Totals,
)
from sync_worker.sync.attempt import Lane
from sync_worker.sync.notices import Notices

POLLED = "payments"
"""The cursor: Xero's time of the latest payment received."""
SWEEPS = (
    ("2 days", timedelta(days=1), timedelta(days=2)),
    ("90 days", timedelta(days=7), timedelta(days=90)),
    ("all", timedelta(days=30), None),
)
"""(its name, how often, how far back), narrow to wide: some changes in Xero do not move a payment's time, so that only
looking again finds them."""
LINKED = "linked elsewhere"
"""The cursor: when the CRM was last asked for links that others made."""
CHUNK = 1000
DELETED = "deleted in Xero"


@dataclass(frozen=True, slots=True)
class PaymentRules:
    zone: ZoneInfo
    overlap: timedelta = timedelta(seconds=300)
    """How far a poll looks back: payments are known to show late."""
    stripe_days: int = 5
    write_status: bool = True
    worker_rolls_up: bool = False
    """Where Payment hangs on its invoice by a lookup, the CRM cannot sum by itself."""


@dataclass(frozen=True, slots=True)
class Side:
    """Where the payments of one kind of document go in the CRM."""

    kind: Kind
    payments: CrmPayments
    records: CrmInvoices
    """The invoices, or the milestones, that they are paid on."""
    notices: Notices | None = None
    """Where whoever is paid is told so by letter."""


@dataclass(frozen=True, slots=True)
class PaymentSync:
    """Everything the process works with, handed over once."""

    lane: Lane
    ledger: LedgerPayments
    sides: Sequence[Side]
    rules: PaymentRules
    progress: Callable[[int], None] = lambda _: None


@dataclass(slots=True)
class Report:
    created: int = 0
    updated: int = 0
    excluded: int = 0
    """Recorded with Include off, because the same money is in the CRM already or was taken back."""
    unmatched: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    unaddressed: dict[str, str] = field(default_factory=dict)
    """Payments of which nobody could be told by letter, and why."""


def sync_payments(work: PaymentSync) -> Report:
    report = Report()
    _poll(work)
    _wake_what_others_linked(work)
    journal = work.lane.journal
    before: Sequence[LedgerPayment] = ()
    while batch := journal.waiting(CHUNK) or journal.matchable(CHUNK):
        if batch == before:
            break  # nothing of it can be taken out now: refused, or its invoice is gone from the CRM
        if work.lane.clock.stopping:
            raise Stopping
        work.lane.interlude()
        _apply(work, batch, report)
        work.progress(len(batch))
        before = batch
    return report


def _poll(work: PaymentSync) -> None:
    """Pages by server time into the inbox. The cursor never passes what was received, and never moves by our clock."""
    journal, now = work.lane.journal, work.lane.sender.now()
    cursor = journal.cursor(POLLED)
    since, sweeps = _look_back(work, cursor, now)
    for page in work.ledger.changed(since):
        latest = max((payment.updated_at for payment in page), default=cursor)
        if latest is None:
            continue
        cursor = max(cursor, latest) if cursor else latest
        journal.receive(page, cursor)
    for sweep in sweeps:
        journal.move_cursor(f"payments of {sweep}", now)
    journal.move_cursor(PAYMENTS_POLLED, now)


def _look_back(
    work: PaymentSync, cursor: datetime | None, now: datetime
) -> tuple[datetime | None, list[str]]:
    """From when on to ask, and which sweeps that answers."""
    journal = work.lane.journal
    missed = journal.cursor(PAYMENTS_MISSED) or NEVER
    widest = len(SWEEPS) if cursor is None else 0
    for n, (name, every, back) in enumerate(SWEEPS, start=1):
        swept = journal.cursor(f"payments of {name}") or NEVER
        if now - swept >= every or (back is None and missed > swept):
            widest = max(widest, n)
    sweeps = [name for name, _, _ in SWEEPS[:widest]]
    if cursor is None:
        return None, sweeps
    since = cursor - work.rules.overlap
    if widest == 0:
        return since, sweeps
    back = SWEEPS[widest - 1][2]
    return (min(since, now - back) if back else None), sweeps


def _wake_what_others_linked(work: PaymentSync) -> None:
    """Payments put aside, on an invoice that somebody has linked in the CRM since. Asked only while some are aside."""
    journal, now = work.lane.journal, work.lane.clock.now()
    since = journal.cursor(LINKED)
    if since and journal.has_unmatched():
        for side in work.sides:
            journal.wake(side.records.linked_since(since - work.rules.overlap))
    journal.move_cursor(LINKED, now)


# Plan ---------------------------------------------------------------------------------------------


def planned(
    payment: LedgerPayment, standing: Standing, rules: PaymentRules
) -> PaymentRecord | None:
    """The record the CRM is to hold for a payment; None where it holds it already. Pure."""
    known = next((one for one in standing.payments if one.xero_id == payment.id), None)
    if known is None and payment.deleted:
        return None
    record = PaymentRecord(
        invoice=standing.record,
        type=PaymentType.RECONCILIATION,
        source="Xero",
        paid=not payment.deleted,
        include=not payment.deleted,
        date=noon(payment.date, rules.zone),
        amount=payment.amount,
        xero_id=payment.id,
        reference=payment.reference[:255],
        reason=DELETED if payment.deleted else "",
    )
    if known is None:
        return _unless_repeated(record, payment, standing, rules)
    if not payment.deleted:
        # Include may have been switched by a person, or by the guard: it is theirs now.
        record = replace(record, include=known.include, reason=known.reason)
    record = replace(record, type=known.type, source=known.source)
    return None if record == known else record


def _unless_repeated(
    record: PaymentRecord, payment: LedgerPayment, standing: Standing, rules: PaymentRules
) -> PaymentRecord:
    stripe = [
        one
        for one in standing.payments
        if one.include and repeats(payment, one, rules.zone, rules.stripe_days)
    ]
    taken = sum(
        1
        for one in standing.payments
        if one.xero_id and not one.include and one.paid and one.amount == payment.amount
    )
    if len(stripe) <= taken:
        return record
    reason = f"the same money as a Stripe payment of {payment.amount:.2f} in the CRM"
    return replace(record, include=False, reason=reason)


# Apply and record ---------------------------------------------------------------------------------


def _apply(work: PaymentSync, payments: Sequence[LedgerPayment], report: Report) -> None:
    """One inboxful. What is money for nothing that we keep in step needs nothing."""
    kinds = {side.kind for side in work.sides}
    done = [payment for payment in payments if payment.settles not in kinds]
    strange: list[LedgerPayment] = []
    for side in work.sides:
        ours = [payment for payment in payments if payment.settles is side.kind]
        settled, unmatched = _apply_side(work, side, ours, report)
        done += settled
        strange += unmatched
    work.lane.journal.applied(done)
    work.lane.journal.unmatched(strange)
    report.unmatched += len(strange)


def _apply_side(
    work: PaymentSync, side: Side, payments: Sequence[LedgerPayment], report: Report
) -> tuple[list[LedgerPayment], list[LedgerPayment]]:
    """Those the CRM has now, and those on documents that it does not know."""
    standings = _standings(side, payments)
    known = [payment for payment in payments if payment.invoice_id in standings]
    strange = [payment for payment in payments if payment.invoice_id not in standings]
    records: dict[XeroId, tuple[LedgerPayment, PaymentRecord, Standing]] = {}
    for payment in known:
        standing = standings[payment.document_id]
        record = planned(payment, standing, work.rules)
        if record is not None:
            records[payment.id] = (payment, record, standing)
            standings[standing.xero_id] = _with(standing, record)
    unaddressed = side.notices.prepare(records.values()) if side.notices else {}
    refusals = {
        refusal.record: refusal
        for refusal in side.payments.upsert([record for _, record, _ in records.values()])
    }
    for refusal in refusals.values():
        work.lane.tell(
            "payment refused by the CRM",
            payment=refusal.record,
            code=refusal.code,
            reason=refusal.message,
        )
    report.refused |= {one.record: f"{one.code}: {one.message}" for one in refusals.values()}
    _count(report, [value for key, value in records.items() if key not in refusals])
    taken = [payment for payment in known if payment.id not in refusals]
    if side.notices and taken:
        side.notices.release(taken)
    for payment in taken:
        if reason := unaddressed.get(payment.id):
            work.lane.tell("no letter about a payment", payment=payment.id, reason=reason)
            report.unaddressed[payment.id] = reason
    # Those the CRM had already count too: an earlier run may have been cut off before it came to the invoice.
    touched = {payment.document_id for payment in taken}
    unsettled = _settle_invoices(work, side, touched)
    # A payment stays in the inbox until its invoice says what it comes to.
    done = [payment for payment in taken if payment.document_id not in unsettled]
    report.refused |= {
        payment.id: unsettled[payment.document_id] for payment in taken if payment not in done
    }
    return done, strange


def _with(standing: Standing, record: PaymentRecord) -> Standing:
    """The standing as it will be, so that two payments of one page are judged one after the other."""
    others = tuple(one for one in standing.payments if one.xero_id != record.xero_id)
    return replace(standing, payments=(*others, record))


def _standings(side: Side, payments: Iterable[LedgerPayment]) -> dict[XeroId, Standing]:
    ids = list(dict.fromkeys(payment.invoice_id for payment in payments if payment.invoice_id))
    return {one.xero_id: one for one in side.records.linked(ids)} if ids else {}


def _count(report: Report, stored: Iterable[tuple[LedgerPayment, PaymentRecord, Standing]]) -> None:
    for payment, record, standing in stored:
        if any(one.xero_id == payment.id for one in standing.payments):
            report.updated += 1
        else:
            report.created += 1
        report.excluded += 0 if record.include else 1


def _settle_invoices(work: PaymentSync, side: Side, touched: set[XeroId]) -> dict[XeroId, str]:
    """The invoice's status, and its totals where the CRM cannot sum: recomputed from its payments, never counted up.
    Answers the Xero invoices whose CRM invoice refused that, and why."""
    if not touched or not (work.rules.write_status or work.rules.worker_rolls_up):
        return {}
    rows = work.lane.journal.by_xero_id(side.kind, sorted(touched))
    standings = {one.record: one for one in side.records.linked(sorted(touched))}
    news = [
        one
        for standing in standings.values()
        if (one := _invoice_news(side.kind, standing, _total(standing, rows), work.rules))
        is not None
    ]
    unsettled: dict[XeroId, str] = {}
    for refusal in side.records.write(news) if news else ():
        work.lane.tell(
            "invoice totals not written",
            record=refusal.record,
            code=refusal.code,
            reason=refusal.message,
        )
        xero_id = standings[SalesforceId(refusal.record)].xero_id
        unsettled[xero_id] = f"{refusal.code}: {refusal.message}"
    return unsettled


def _total(standing: Standing, rows: Mapping[XeroId, Document]) -> Decimal | None:
    """What the CRM says is owed, or where it leaves that open, what Xero made of the lines."""
    if standing.total is not None:
        return standing.total
    row = rows.get(standing.xero_id)
    return row.total if row else None


def _invoice_news(
    kind: Kind, standing: Standing, total: Decimal | None, rules: PaymentRules
) -> InvoiceNews | None:
    totals = _recomputed(standing) if rules.worker_rolls_up else standing.totals
    status = settled_status(total, totals.paid, standing.status, kind)
    new_status = status if rules.write_status and status != standing.status else None
    new_totals = totals if totals != standing.totals else None
    if new_status is None and new_totals is None:
        return None
    return InvoiceNews(standing.record, status=new_status, totals=new_totals)


def _recomputed(standing: Standing) -> Totals:
    included = [one for one in standing.payments if one.include]
    return Totals(
        sum((one.amount for one in included), Decimal(0)),
        max((one.date for one in included if one.date), default=None),
    )
