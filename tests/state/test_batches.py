"""What the journal promises about the bytes that leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync_worker.domain.document import Kind, State
from sync_worker.state.journal import SqlJournal
from tests.state.builders import (
    MORNING,
    StandingClock,
    a_batch,
    an_invoice,
    changes,
    invoices,
    record,
)


def leaves(journal: SqlJournal, count: int = 2, name: str = "b1") -> None:
    sending = invoices(count, State.SENDING, batch=name, sent_at=MORNING - timedelta(seconds=3))
    journal.intend(a_batch(count, name), "token-1", changes(sending, "leaves"))


def test_bytes_key_token_and_rows_are_there_before_the_call(journal: SqlJournal) -> None:
    leaves(journal)
    found = journal.documents(Kind.INVOICE, [record(1), record(2)])
    assert {one.state for one in found.values()} == {State.SENDING}
    assert journal.batch("b1") == (a_batch(), "token-1", MORNING - timedelta(seconds=3))


def test_a_batch_sent_again_keeps_the_token_and_the_time_of_its_first_sending(
    journal: SqlJournal, clock: StandingClock
) -> None:
    leaves(journal)
    clock.advance(minutes=2)
    again = invoices(2, State.SENDING, batch="b1", sent_at=clock.now())
    journal.intend(a_batch(), "token-2", changes(again, "replayed"))
    assert journal.batch("b1") == (a_batch(), "token-1", MORNING - timedelta(seconds=3))


@pytest.mark.parametrize("other", [{"body": b"else"}, {"key": "v1-else"}, {"path": "Contacts"}])
def test_other_bytes_never_leave_under_a_batch_name_that_was_used(
    journal: SqlJournal, other: dict[str, object]
) -> None:
    leaves(journal)
    with pytest.raises(ValueError, match="other bytes"):
        journal.intend(replace(a_batch(), **other), "token-1", [])  # type: ignore[arg-type]  # any field by its name
    assert journal.batch("b1") is not None


def test_the_bytes_stay_while_one_row_is_in_doubt_and_go_with_the_last(journal: SqlJournal) -> None:
    leaves(journal)
    first = an_invoice(1, State.CREATED, batch="b1")
    journal.settle(a_batch(), changes([first, an_invoice(2, State.UNSURE, batch="b1")]))
    assert journal.batch("b1") is not None
    journal.save(changes([an_invoice(2, State.NEW, generation=2)], "absent for sure"))
    assert journal.batch("b1") is None


def test_an_outcome_that_changes_no_row_leaves_bytes_and_rows_as_they_are(
    journal: SqlJournal,
) -> None:
    leaves(journal)
    journal.settle(a_batch(), [])
    assert journal.batch("b1") is not None
    assert len(journal.in_state(Kind.INVOICE, [State.SENDING])) == 2


def test_settling_one_batch_leaves_the_bytes_of_another(journal: SqlJournal) -> None:
    leaves(journal, 1, "b1")
    journal.intend(
        a_batch(1, "b2"), "t", changes([an_invoice(9, State.SENDING, batch="b2")], "leaves")
    )
    journal.settle(a_batch(1), changes([an_invoice(1, State.CREATED, batch="b1")]))
    assert journal.batch("b1") is None
    assert journal.batch("b2") is not None


def test_a_row_that_does_not_name_its_batch_does_not_leave(journal: SqlJournal) -> None:
    with pytest.raises(ValueError, match="leaves in batch b1"):
        journal.intend(
            a_batch(1), "token-1", changes([an_invoice(1, State.SENDING, batch="b0")], "leaves")
        )
    assert journal.documents(Kind.INVOICE, [record(1)]) == {}


def test_an_unknown_batch_is_none(journal: SqlJournal) -> None:
    assert journal.batch("never") is None
