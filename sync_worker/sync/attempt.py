"""One try at one batch: the intent is committed, then the call is made, then the outcome is committed.

Whatever happens between two of these lines, the next run can tell what was begun and look for what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sync_worker.domain.batch import Frozen, Outcome
from sync_worker.domain.document import Document, State
from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, Rejected, Stopping, Transient
from sync_worker.ports import Change, Clock, Journal, LedgerSender

CHANCES = 3
"""Times a refusal that did nothing and passes soon is waited out."""
MOST_LOST = 2
"""Batches lost one after the other, before a run begins no more of them."""


class Tell(Protocol):
    """Says what happened: a short past-tense phrase and its facts."""

    def __call__(self, event: str, **facts: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds; docs/reliability.md says why each is what it is."""

    timeout: float = 60
    quiet: float = 300
    key_life: float = 100


@dataclass(slots=True)
class Lane:
    """What every write of one connection passes through; held by one worker at a time."""

    journal: Journal
    sender: LedgerSender
    clock: Clock
    patience: Patience
    tell: Tell
    interlude: Callable[[], object] = lambda: None
    """Called where nothing is in flight: what a person asks for goes first."""


Understand = Callable[[Document, Outcome], Change]


def attempt(
    lane: Lane, frozen: Frozen, rows: Sequence[Document], understand: Understand
) -> list[Document]:
    """Sends one batch for `rows` and answers the rows as they stand afterwards.

    Raises Transient or Rejected when nothing was done (the rows are as before), OutcomeUnknown when it may have been
    (the rows are UNSURE), Stopping when asked to stop before anything was begun.
    """
    for _ in range(CHANCES):
        try:
            return _once(lane, frozen, rows, understand)
        except Transient as later:
            if not later.soon:
                raise
            lane.clock.sleep(later.retry_after or 0)
    return _once(lane, frozen, rows, understand)


def _once(
    lane: Lane, frozen: Frozen, rows: Sequence[Document], understand: Understand
) -> list[Document]:
    if lane.clock.stopping:
        raise Stopping
    lane.sender.ready()
    lane.journal.guard()
    token, sent_at = lane.sender.token, lane.sender.now()
    sending = [replace(row, state=State.SENDING, batch=frozen.id, sent_at=sent_at) for row in rows]
    leaving = f"{frozen.method} {frozen.path.partition('?')[0]} is about to leave"
    lane.journal.intend(frozen, token, [Change(row, leaving) for row in sending])
    try:
        outcomes = _answered(lane, frozen, token, sending)
    except (Transient, Rejected, Misconfigured, Stopping) as refusal:
        lane.journal.settle(frozen, [Change(row, f"nothing was done: {refusal}") for row in rows])
        raise
    except OutcomeUnknown as lost:
        # QUIET counts from here, where the last call was given up, not from where the first one left.
        now = lane.sender.now()
        unsure = [replace(row, state=State.UNSURE, sent_at=now) for row in sending]
        words = f"{lost}; it may stand in Xero or not"
        lane.journal.settle(frozen, [Change(row, words) for row in unsure])
        raise
    by_record = {row.record: row for row in sending}
    changes = [understand(by_record[outcome.record], outcome) for outcome in outcomes]
    lane.journal.settle(frozen, changes)
    return [change.document for change in changes]


def _answered(lane: Lane, frozen: Frozen, token: str, sending: Sequence[Document]) -> list[Outcome]:
    """The outcomes. A lost answer is asked for once more with the same bytes and key, as long as the key answers for
    it: under the token it first left with, early in its life, and not before the first call is surely over."""
    left = sending[0].sent_at or lane.sender.now()
    try:
        return _leave(lane, frozen)
    except OutcomeUnknown as lost:
        if frozen.key is None or lost.answered:
            raise
        reason = str(lost)
    lane.tell("answer lost, asking again with the same key", batch=frozen.id, reason=reason)
    try:
        _outlast(lane, left)
        lane.sender.ready()
        if lane.sender.token == token and _within_key_life(lane, left):
            _note_another_leaving(lane, sending)
            return _leave(lane, frozen)
    except OutcomeUnknown as again:
        reason = str(again)
    except (Transient, Rejected, Misconfigured, Stopping) as again:
        # Whatever this says of the second call, the first one may have been done.
        reason = f"{reason}, and asking again failed: {again}"
    raise OutcomeUnknown(reason)


def _leave(lane: Lane, frozen: Frozen) -> list[Outcome]:
    """The lane is asked for last of all: whoever slept since the intent may have lost it."""
    lane.journal.guard()
    return lane.sender.send(frozen)


def _note_another_leaving(lane: Lane, sending: Sequence[Document]) -> None:
    """Should we die now, QUIET must count from this call."""
    now = lane.sender.now()
    words = "asked again with the same key"
    lane.journal.save([Change(replace(row, sent_at=now), words) for row in sending])


def _outlast(lane: Lane, sent_at: datetime) -> None:
    over = sent_at + timedelta(seconds=lane.patience.timeout)
    left = (over - lane.sender.now()).total_seconds()
    if left > 0:
        lane.clock.sleep(left)


def _within_key_life(lane: Lane, sent_at: datetime) -> bool:
    return lane.sender.now() - sent_at < timedelta(seconds=lane.patience.key_life)
