"""The one table of states and moves: the journal refuses every other move, and docs/reliability.md is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping

from sync_worker.domain.document import LINKED, NEEDS_A_PERSON, Document, Kind, State

Moves = Mapping[State | None, Mapping[State, str]]
"""From a state (None: not in the journal yet) to those it may move to, and when it does. Staying is no move."""

_FOUND = {
    State.CREATED: "found by our marker, a draft",
    State.PROMOTED: "found by our marker, final",
}
_BEFORE_SENDING = {State.SENDING: "intent committed", State.HELD: "found before sending", **_FOUND}
_ID_CLEARED = {
    State.NEW: "its id was cleared and Xero has it no more: made anew",
    State.SENDING: "its id was cleared, or its last step has come, and Xero has it as a draft: completing",
}
_RELINKED = {State.WRITTEN: "linked again", State.HELD: "the CRM refuses the link"}
_JUDGED = {
    State.VERIFIED: "both sides agree",
    State.DRIFT: "both sides differ",
    State.ORPHAN: "the CRM record is gone",
    State.CANCELLED: "gone from the CRM and from Xero",
}

DOCUMENT_MOVES: Moves = {
    None: {**_BEFORE_SENDING, **_JUDGED, State.NEW: "known"},
    State.NEW: {**_BEFORE_SENDING, State.REJECTED: "refused in Xero's words"},
    State.SENDING: {
        State.CREATED: "made as a draft",
        State.PROMOTED: "in its final status",
        State.REJECTED: "refused in Xero's words",
        State.UNSURE: "answer lost, or the program died",
        State.HELD: "Xero's total differs, or nothing was done",
        State.NEW: "nothing was done, or proved absent",
    },
    State.UNSURE: {**_FOUND, State.NEW: "proved absent, new generation"},
    State.CREATED: {
        State.SENDING: "completing",
        State.PROMOTED: "completed before, or a draft is all that is wanted",
        State.WRITTEN: "a bill in draft, linked in the CRM",
        State.HELD: "not due any more",
        State.REJECTED: "refused in Xero's words",
        State.ORPHAN: "the CRM record is gone",
    },
    State.PROMOTED: {
        State.WRITTEN: "linked in the CRM",
        State.HELD: "the CRM refuses the link",
        State.ORPHAN: "the CRM record is gone",
    },
    State.HELD: {
        State.SENDING: "tried again",
        State.WRITTEN: "linked in the CRM",
        State.REJECTED: "refused in Xero's words",
        State.CANCELLED: "not due any more",
        State.ORPHAN: "the CRM record is gone",
        **_FOUND,
    },
    State.REJECTED: {
        State.SENDING: "tried again, new generation",
        State.HELD: "found before sending",
        State.CANCELLED: "not due any more",
        State.ORPHAN: "the CRM record is gone",
        **_FOUND,
    },
    State.CANCELLED: _BEFORE_SENDING,
    State.WRITTEN: {**_JUDGED, **_ID_CLEARED, State.HELD: "the CRM refuses the link"},
    State.VERIFIED: {**_JUDGED, **_ID_CLEARED, **_RELINKED},
    State.DRIFT: {**_JUDGED, **_ID_CLEARED, **_RELINKED},
    State.ORPHAN: {
        **_JUDGED,
        **_ID_CLEARED,
        **_RELINKED,
        State.CANCELLED: "gone on both sides",
    },
}

CONTACT_MOVES: Moves = {
    None: {State.SENDING: "intent committed", State.WRITTEN: "found in Xero"},
    State.NEW: {State.SENDING: "intent committed", State.WRITTEN: "found in Xero"},
    State.SENDING: {
        State.WRITTEN: "made, or its details updated",
        State.UNSURE: "answer lost, or the program died",
        State.NEW: "refused, or nothing was done",
    },
    State.UNSURE: {State.SENDING: "tried again: its number is the fence", State.WRITTEN: "found"},
    State.WRITTEN: {State.SENDING: "its details changed"},
}

_PAPER_BEFORE_SENDING = {
    State.SENDING: "intent committed",
    State.WRITTEN: "found on the bill",
    State.HELD: "too large, or the CRM does not give it",
}

ATTACHMENT_MOVES: Moves = {
    None: _PAPER_BEFORE_SENDING,
    State.NEW: {
        **_PAPER_BEFORE_SENDING,
        State.REJECTED: "refused in Xero's words",
        State.CANCELLED: "taken off the milestone",
    },
    State.SENDING: {
        State.WRITTEN: "attached, or found on the bill",
        State.UNSURE: "answer lost, or the program died",
        State.NEW: "nothing was done, or proved absent",
    },
    State.UNSURE: {State.WRITTEN: "found on the bill", State.NEW: "proved absent, new generation"},
    State.WRITTEN: {
        State.SENDING: "another version, or another bill",
        State.HELD: "another version, too large",
    },
    State.HELD: {
        **_PAPER_BEFORE_SENDING,
        State.REJECTED: "refused in Xero's words",
        State.CANCELLED: "taken off the milestone",
    },
    State.REJECTED: {
        **_PAPER_BEFORE_SENDING,
        State.SENDING: "tried again, new generation",
        State.CANCELLED: "taken off the milestone",
    },
    State.CANCELLED: _PAPER_BEFORE_SENDING,
}

_MOVES = {
    Kind.CONTACT: CONTACT_MOVES,
    Kind.OPTION: CONTACT_MOVES,
    Kind.ATTACHMENT: ATTACHMENT_MOVES,
}


class ImpossibleMove(ValueError):
    """A fault of this program: a record would move where the table has no way. Nothing of its commit is kept."""


def moves_of(kind: Kind) -> Moves:
    return _MOVES.get(kind, DOCUMENT_MOVES)


def check(before: tuple[State, int] | None, after: Document) -> None:
    """`before` is the state and generation the journal holds. Raises ImpossibleMove."""
    state, generation = before or (None, 1)
    if after.state is not state and after.state not in moves_of(after.kind).get(state, {}):
        raise ImpossibleMove(
            f"{after.kind} {after.number} cannot move from {state} to {after.state}"
        )
    if after.generation < generation:
        raise ImpossibleMove(
            f"{after.kind} {after.number} cannot go back from generation {generation} to {after.generation}"
        )
    if lacks := _lacks(after):
        raise ImpossibleMove(f"{after.kind} {after.number} is {after.state} without {lacks}")


def _lacks(row: Document) -> str:
    """What its state says it has."""
    if row.state in STANDING and row.xero_id is None:
        return "an id in Xero"
    if row.state is State.SENDING and (row.batch is None or row.sent_at is None):
        return "a batch and a time at which it left"
    if row.state in NEEDS_A_PERSON and row.hold is None:
        return "a reason"
    return ""


STANDING = frozenset({State.CREATED, State.PROMOTED, *LINKED})
