"""The lane every document takes to Xero: made fifty at a time, completed by id where it is made in two steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from more_itertools import chunked

from sync_worker.domain.batch import Done, Frozen, Outcome, Refused
from sync_worker.domain.document import IN_DOUBT, Document, Kind, State
from sync_worker.domain.errors import OutcomeUnknown, OutOfOrder, Rejected
from sync_worker.domain.hold import Hold, HoldClass, next_try
from sync_worker.domain.ids import XeroId
from sync_worker.domain.invoice import Draft
from sync_worker.domain.rules import InvoiceRules
from sync_worker.ports import Change, LedgerInvoices
from sync_worker.sync.attempt import MOST_LOST, Lane, attempt

LARGEST_BODY = 3_000_000
"""Bytes; Xero advises 3.5 MB at most."""
GONE = "its CRM record is gone; the Xero document stays for a person to judge"


@dataclass(frozen=True, slots=True)
class Ready:
    """A draft with the contact it is owed by, and its row."""

    draft: Draft
    contact: XeroId
    row: Document


@dataclass(frozen=True, slots=True)
class Completion:
    """A stored draft on its last step. `contents` replace what it says, where the CRM says something else by now;
    `input_hash` is what they were made of. The row keeps the hash of what Xero has until it has something else."""

    row: Document
    contents: Draft | None = None
    input_hash: str = ""

    @property
    def completed(self) -> Document:
        if self.contents is None:
            return self.row
        return replace(self.row, total=self.contents.total, input_hash=self.input_hash)


Member = TypeVar("Member", Ready, Completion)


def create(
    lane: Lane, ledger: LedgerInvoices, rules: InvoiceRules, ready: Sequence[Ready]
) -> Iterator[list[Document]]:
    """The rows as they stand after each batch: CREATED, PROMOTED, REJECTED or UNSURE. Raises OutOfOrder where one batch
    after the other is lost."""
    lost = 0
    for part in chunked(ready, rules.batch):
        if lost == MOST_LOST:
            raise OutOfOrder
        lane.interlude()
        if still_to_make := _untouched(lane, rules.kind, part):
            rows = _create(lane, ledger, rules, still_to_make)
            lost = lost + 1 if all(row.state is State.UNSURE for row in rows) else 0
            yield rows


def complete(
    lane: Lane,
    ledger: LedgerInvoices,
    rules: InvoiceRules,
    drafts: Sequence[Completion],
) -> Iterator[list[Document]]:
    """The second step, by id, so that doing it twice changes nothing."""
    for part in chunked(drafts, rules.batch):
        yield _complete(lane, ledger, part)


def _untouched(lane: Lane, kind: Kind, ready: Sequence[Ready]) -> list[Ready]:
    """Without those that were made or begun since they were planned, as by a person's request in between."""
    rows = lane.journal.documents(kind, [one.row.record for one in ready])
    return [
        one
        for one in ready
        if (row := rows.get(one.row.record)) is None
        or (row.xero_id is None and row.state not in IN_DOUBT)
    ]


def held(row: Document, hold: Hold, now: datetime, state: State = State.HELD) -> Document:
    """The row with one more try counted and the next one set."""
    attempts = row.attempts + 1
    wait = next_try(attempts, hold.hold_class)
    return replace(
        row, state=state, hold=hold, attempts=attempts, next_try_at=now + wait if wait else None
    )


def orphaned(row: Document) -> Document:
    """Its CRM record is gone, its document stays for a person to judge."""
    hold = Hold(
        HoldClass.CRM_RECORD_GONE,
        f"the CRM record is gone, and {row.xero_number or 'its document'} stands in Xero",
        "restore the CRM record from the recycle bin, or void the document in Xero",
    )
    return replace(row, state=State.ORPHAN, hold=hold, next_try_at=None)


def cancelled(row: Document) -> Document:
    """It waits for nothing and stands nowhere. Should its invoice come back, it is made anew, under another generation:
    whatever was refused before lives on under its key."""
    return replace(
        row,
        state=State.CANCELLED,
        generation=row.generation + 1,
        xero_id=None,
        xero_number="",
        hold=None,
        attempts=0,
        next_try_at=None,
    )


def total_differs(stored: Decimal | None, expected: Decimal | None) -> Hold:
    return Hold(
        HoldClass.TOTAL_DIFFERS,
        f"the draft in Xero comes to {stored}, {expected} was expected",
        "compare the draft in Xero with the CRM's lines, correct one of them, and retry",
    )


def _create(
    lane: Lane, ledger: LedgerInvoices, rules: InvoiceRules, ready: Sequence[Ready]
) -> list[Document]:
    return _sent(
        lane,
        ready,
        lambda one: replace(one.row, total=one.draft.total),
        lambda part: ledger.prepare_new(
            [(one.draft, one.contact, one.row.generation) for one in part]
        ),
        lambda row, done: _made(lane, rules, row, done),
    )


def _complete(lane: Lane, ledger: LedgerInvoices, drafts: Sequence[Completion]) -> list[Document]:
    return _sent(
        lane,
        drafts,
        lambda one: one.completed,
        lambda part: ledger.prepare_completion(
            [(one.row.record, one.row.document_id, one.contents) for one in part]
        ),
        _completed,
    )


def _sent(
    lane: Lane,
    members: Sequence[Member],
    answered: Callable[[Member], Document],
    prepare: Callable[[Sequence[Member]], Frozen],
    done: Callable[[Document, Done], Change],
) -> list[Document]:
    """In one call where it is small enough and none of them spoils it, else in halves. `answered` is the row with what
    Xero has once it has answered for it."""
    rows = [one.row for one in members]
    after = {one.row.record: answered(one) for one in members}
    frozen = prepare(members)

    def understand(row: Document, outcome: Outcome) -> Change:
        told = after[row.record]
        row = replace(row, total=told.total, input_hash=told.input_hash)
        match outcome:
            case Done():
                return done(row, outcome)
            case Refused(messages=messages):
                return _refused(lane, row, messages)
            case _:
                return Change(replace(row, state=State.UNSURE), "Xero did not speak of it")

    try:
        if len(frozen.body) <= LARGEST_BODY:
            return attempt(lane, frozen, rows, understand)
        alone = _too_large(lane, answered(members[0]), frozen)
    except Rejected as whole:
        # One poisoned document can have the whole call refused: it is found by halving.
        alone = _refused(lane, answered(members[0]), whole.messages)
    except OutcomeUnknown as lost:
        lane.tell("outcome unknown", documents=len(rows), reason=str(lost))
        return [replace(row, state=State.UNSURE) for row in rows]
    if len(members) == 1:
        lane.journal.save([alone])
        return [alone.document]
    half = len(members) // 2
    return [
        document
        for part in (members[:half], members[half:])
        for document in _sent(lane, part, answered, prepare, done)
    ]


def _too_large(lane: Lane, row: Document, frozen: Frozen) -> Change:
    hold = Hold(
        HoldClass.TOO_LARGE,
        f"the invoice comes to {len(frozen.body) / 1_000_000:.1f} MB, and Xero takes {LARGEST_BODY // 1_000_000} MB",
        "split it into several invoices, or shorten what stands on its lines",
    )
    return Change(held(row, hold, lane.clock.now()), hold.cause)


def _made(lane: Lane, rules: InvoiceRules, row: Document, done: Done) -> Change:
    row = replace(row, xero_id=done.xero_id, xero_number=done.number, hold=None)
    if rules.two_steps and _differs(row, done):
        hold = total_differs(done.total, row.total)
        return Change(held(row, hold, lane.clock.now()), hold.cause)
    state = State.CREATED if rules.two_steps else State.PROMOTED
    return Change(replace(row, state=state), _said("made", row, done))


def _completed(row: Document, done: Done) -> Change:
    number = done.number or row.xero_number
    completed = replace(row, state=State.PROMOTED, hold=None, xero_number=number)
    return Change(completed, _said("completed", row, done))


def _differs(row: Document, done: Done) -> bool:
    return None not in {done.total, row.total} and done.total != row.total


def _said(what: str, row: Document, done: Done) -> str:
    words = f"{what} in Xero as {done.status} {done.number}".rstrip()
    if _differs(row, done):
        words += f", with a total of {done.total} where {row.total} was expected"
    if done.warnings:
        words += f" (Xero warns: {'; '.join(done.warnings)})"
    return words


def _refused(lane: Lane, row: Document, messages: Sequence[str]) -> Change:
    said = "; ".join(messages)
    hold = Hold(_classified(messages), f"Xero refused it: {said}", _cure(said))
    return Change(held(row, hold, lane.clock.now(), State.REJECTED), hold.cause)


def _classified(messages: Sequence[str]) -> HoldClass:
    """Xero's words are a hint only; what is not recognised is held just the same."""
    said = " ".join(messages).lower()
    for words, hold_class in _HINTS:
        if words in said:
            return hold_class
    return HoldClass.DOCUMENT_REFUSED


_HINTS = (
    ("must be unique", HoldClass.NUMBER_TAKEN),
    ("has been archived. the contact", HoldClass.CONTACT_ARCHIVED),
    ("lock date", HoldClass.PERIOD_LOCKED),
    ("account code", HoldClass.ACCOUNT_INVALID),
    ("taxtype", HoldClass.TAX_INVALID),
    ("not subscribed to currency", HoldClass.CURRENCY_INVALID),
)


def _cure(said: str) -> str:
    if "must be unique" in said.lower():
        return "another Xero invoice has this number, and it is not ours: renumber one of the two"
    return "correct what Xero names, in the CRM or in Xero, then retry"
