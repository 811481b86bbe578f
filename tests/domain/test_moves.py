"""The table of moves: whatever is not in it, the journal refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_worker.domain.document import LINKED, Document, Kind, State
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.moves import CONTACT_MOVES, DOCUMENT_MOVES, ImpossibleMove, check, moves_of
from tests.builders import MORNING, record, xero_id

ROW = Document(
    Kind.INVOICE,
    record(),
    "INV-1",
    batch="b1",
    sent_at=MORNING,
    xero_id=xero_id(),
    hold=Hold(HoldClass.NO_LINES, "It has no lines.", "Add one."),
)


def test_a_linked_record_is_never_made_again_without_its_id_being_cleared_first() -> None:
    for state in LINKED:
        assert State.CREATED not in DOCUMENT_MOVES[state]
        assert "cleared" in DOCUMENT_MOVES[state][State.SENDING]
        assert "cleared" in DOCUMENT_MOVES[state][State.NEW]


def test_nothing_in_doubt_is_given_up_without_an_answer_or_a_look() -> None:
    for state in (State.SENDING, State.UNSURE):
        assert not {State.CANCELLED, State.ORPHAN} & set(DOCUMENT_MOVES[state])
    assert State.SENDING not in DOCUMENT_MOVES[State.UNSURE]


def test_every_state_of_a_document_can_be_reached_and_left() -> None:
    reached = {after for moves in DOCUMENT_MOVES.values() for after in moves}
    assert reached == set(State)
    assert set(DOCUMENT_MOVES) == {None, *State}
    assert all(DOCUMENT_MOVES.values())


@pytest.mark.parametrize("kind", Kind)
def test_a_move_that_is_not_in_the_table_is_refused(kind: Kind) -> None:
    moves = moves_of(kind)
    for before in (None, *State):
        for after in State:
            row = replace(ROW, kind=kind, state=after)
            known = (before, 1) if before else None
            if after is before or after in moves.get(before, {}):
                check(known, row)
            else:
                with pytest.raises(ImpossibleMove, match=f"from {before} to {after}"):
                    check(known, row)


def test_a_generation_never_comes_back() -> None:
    with pytest.raises(ImpossibleMove, match="generation 3 to 2"):
        check((State.NEW, 3), replace(ROW, state=State.SENDING, generation=2))


@pytest.mark.parametrize(
    ("state", "facts", "lack"),
    [
        (State.CREATED, {"xero_id": None}, "an id in Xero"),
        (State.SENDING, {"batch": None}, "a batch"),
        (State.SENDING, {"sent_at": None}, "a time"),
        (State.HELD, {"hold": None}, "a reason"),
    ],
)
def test_a_record_has_what_its_state_says(state: State, facts: dict[str, None], lack: str) -> None:
    with pytest.raises(ImpossibleMove, match=lack):
        check((State.NEW, 1), replace(ROW, state=state, **facts))  # type: ignore[arg-type]  # any field by its name


def test_a_contact_has_fewer_ways() -> None:
    assert set(CONTACT_MOVES) < set(DOCUMENT_MOVES)
