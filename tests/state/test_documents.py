"""What the journal promises about each record's standing and its journey."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from sync_worker.domain.document import Document, Kind, State
from sync_worker.domain.errors import LaneLost
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.moves import ImpossibleMove
from sync_worker.ports import Change
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from sync_worker.state.tables import documents
from tests.state.builders import (
    MORNING,
    NO_LINES,
    StandingClock,
    a_sighting,
    a_worker,
    an_invoice,
    changes,
    invoices,
    record,
    xero_id,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
instants = st.datetimes(timezones=st.just(UTC))
amounts = st.decimals(allow_nan=False, allow_infinity=False)
any_document = st.builds(
    Document,
    kind=st.just(Kind.INVOICE),
    record=st.integers(1, 99).map(record),
    number=texts,
    state=st.just(State.CREATED),
    generation=st.just(1000),
    input_hash=texts,
    total=st.none() | amounts,
    batch=st.none() | texts,
    sent_at=st.none() | instants,
    xero_id=st.integers(1, 9).map(xero_id),
    xero_number=texts,
    hold=st.none() | st.builds(Hold, st.sampled_from(HoldClass), texts, texts),
    attempts=st.integers(0, 1000),
    next_try_at=st.none() | instants,
    updated_at=st.just(MORNING),
)


def test_a_document_comes_back_as_it_was_saved() -> None:
    journal = a_worker(open_engine(":memory:"), StandingClock())

    @settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(any_document)
    def comes_back(document: Document) -> None:
        journal.save([Change(document, "saved")])
        found = journal.documents(document.kind, [document.record])
        assert found == {document.record: document}
        assert str(found[document.record].total) == str(document.total)

    comes_back()


def test_every_fact_of_a_document_has_a_column() -> None:
    facts = {field.name for field in fields(Document)} - {"hold"} | {"hold_class", "cause", "cure"}
    assert facts <= {column.name for column in documents.c}


def test_more_records_than_a_statement_has_variables_can_be_asked_for(journal: SqlJournal) -> None:
    many = invoices(2500, xero_id=xero_id(7))
    journal.save(changes(many))
    assert len(journal.documents(Kind.INVOICE, (one.record for one in many))) == 2500
    assert len(journal.by_xero_id(Kind.INVOICE, [xero_id(n) for n in range(2500)])) == 1


def test_documents_of_one_kind_and_connection_do_not_show_in_another(
    engine: Engine, clock: StandingClock, journal: SqlJournal
) -> None:
    journal.save(changes([an_invoice()]))
    other = a_worker(engine, clock, "other")
    assert journal.documents(Kind.CONTACT, [record(1)]) == {}
    assert other.documents(Kind.INVOICE, [record(1)]) == {}
    assert other.in_state(Kind.INVOICE, list(State)) == []
    assert other.numbered(Kind.INVOICE, "INV-1") == []


def test_those_untouched_longest_come_first(journal: SqlJournal, clock: StandingClock) -> None:
    for number in (3, 1, 2):
        journal.save(changes([an_invoice(number, State.CREATED)]))
        clock.advance(seconds=1)
    journal.save(changes([an_invoice(3, State.PROMOTED)]))
    found = journal.in_state(Kind.INVOICE, [State.CREATED, State.PROMOTED])
    assert [one.record for one in found] == [record(1), record(2), record(3)]
    assert len(journal.in_state(Kind.INVOICE, [State.CREATED, State.PROMOTED], limit=2)) == 2


def test_a_document_is_found_by_its_xero_id_and_by_its_number(journal: SqlJournal) -> None:
    journal.save(changes([an_invoice(1, State.CREATED, xero_id=xero_id(5)), an_invoice(2)]))
    assert journal.by_xero_id(Kind.INVOICE, [xero_id(5)])[xero_id(5)].record == record(1)
    assert [one.record for one in journal.numbered(Kind.INVOICE, "INV-2")] == [record(2)]


def test_each_change_leaves_a_step_with_its_run_and_its_words(
    journal: SqlJournal, clock: StandingClock
) -> None:
    with journal.run("invoices") as run:
        journal.save(changes([an_invoice()], "detected"))
        clock.advance(minutes=1)
        journal.save(changes([an_invoice(state=State.HELD, hold=NO_LINES)], "held: no lines"))
    journal.save(changes([an_invoice(state=State.SENDING)], "tried again"))
    steps = journal.journey(Kind.INVOICE, record(1))
    assert [(step.run, step.state, step.words) for step in steps] == [
        (run.id, "NEW", "detected"),
        (run.id, "HELD", "held: no lines"),
        ("", "SENDING", "tried again"),
    ]
    assert steps[1].at - steps[0].at == timedelta(minutes=1)


def test_a_change_that_cannot_be_saved_takes_the_whole_commit_with_it(journal: SqlJournal) -> None:
    broken = replace(an_invoice(2), number=None)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(Exception, match=r"(?i)not.null"):
        journal.save(changes([an_invoice(1), broken, an_invoice(3)]))
    assert journal.in_state(Kind.INVOICE, list(State)) == []
    assert journal.journey(Kind.INVOICE, record(1)) == []


def test_a_move_the_table_does_not_know_keeps_nothing_of_its_commit(journal: SqlJournal) -> None:
    with pytest.raises(ImpossibleMove, match="cannot move from None to UNSURE"):
        journal.save(changes([an_invoice(1), an_invoice(2, State.UNSURE)]))
    assert journal.in_state(Kind.INVOICE, list(State)) == []


def test_nothing_of_the_lane_is_written_without_the_lane(
    engine: Engine, clock: StandingClock
) -> None:
    onlooker = SqlJournal(engine, "main", clock)
    for write in (
        lambda: onlooker.save(changes([an_invoice()])),
        lambda: onlooker.see([a_sighting()]),
        lambda: onlooker.move_cursor("made", MORNING),
        lambda: onlooker.receive([], MORNING),
        onlooker.guard,
    ):
        with pytest.raises(LaneLost, match="must be taken"):
            write()
    assert onlooker.cursor("made") is None


def test_a_time_without_a_zone_is_refused(journal: SqlJournal) -> None:
    with pytest.raises(Exception, match="which zone"):
        journal.save(changes([an_invoice(sent_at=MORNING.replace(tzinfo=None))]))


def test_a_person_lets_a_held_record_be_tried_again(
    journal: SqlJournal, clock: StandingClock
) -> None:
    held = an_invoice(
        state=State.HELD,
        hold=NO_LINES,
        input_hash="abc",
        attempts=12,
    )
    journal.save(changes([held], "held"))
    clock.advance(hours=1)
    assert journal.release_hold(Kind.INVOICE, record(1))
    found = journal.documents(Kind.INVOICE, [record(1)])[record(1)]
    assert (found.state, found.hold) == (State.HELD, NO_LINES)
    assert (found.next_try_at, found.attempts, found.input_hash) == (clock.now(), 0, "")
    assert journal.journey(Kind.INVOICE, record(1))[-1].words == "a person asked for another try"


def test_only_a_waiting_record_can_be_released(journal: SqlJournal) -> None:
    journal.save(changes([an_invoice(state=State.SENDING)], "leaves"))
    assert not journal.release_hold(Kind.INVOICE, record(1))
    assert not journal.release_hold(Kind.INVOICE, record(2))
    assert len(journal.journey(Kind.INVOICE, record(1))) == 1


def test_a_document_seen_in_xero_is_remembered(journal: SqlJournal) -> None:
    journal.see([a_sighting(1, 1), a_sighting(2, 2)])
    journal.see([a_sighting(1, 1, status="PAID")])
    assert journal.seen([record(1), record(3)]) == {record(1): a_sighting(1, 1, status="PAID")}


def test_of_several_sightings_the_first_that_still_stands_counts(journal: SqlJournal) -> None:
    voided = a_sighting(1, 1, generation=1, status="VOIDED")
    stands = a_sighting(1, 2, generation=2)
    later = a_sighting(1, 3, generation=3)
    journal.see([later, voided, stands])
    assert journal.seen([record(1)]) == {record(1): stands}


def test_an_amount_keeps_its_last_digit(journal: SqlJournal) -> None:
    journal.save(changes([an_invoice(total=Decimal("0.10"))]))
    assert str(journal.documents(Kind.INVOICE, [record(1)])[record(1)].total) == "0.10"
