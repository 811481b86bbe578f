"""What the journal promises to the people beside the daemon: runs, switches, requests and the
overview."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from sync_worker.domain.document import Kind, State
from sync_worker.domain.errors import Stopping
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.state.journal import SqlJournal
from tests.state.builders import (
    MORNING,
    NO_LINES,
    StandingClock,
    a_payment,
    an_invoice,
    changes,
    record,
)


def outcomes(journal: SqlJournal) -> list[str]:
    return [run.outcome for run in journal.overview.last_runs(each=9).get("invoices", [])]


def test_a_run_is_there_while_it_runs_and_keeps_what_it_was_closed_with(
    journal: SqlJournal, clock: StandingClock
) -> None:
    with journal.run("invoices") as run:
        assert outcomes(journal) == ["running"]
        clock.advance(seconds=3)
        run.close("partly", {"created": 2, "total": Decimal("1.50")})
    (last,) = journal.overview.last_runs()["invoices"]
    assert (last.id, last.outcome, last.counts) == (
        run.id,
        "partly",
        {"created": 2, "total": "1.50"},
    )
    assert (last.started_at, last.ended_at) == (MORNING, clock.now())


@pytest.mark.parametrize(
    ("end", "outcome"),
    [(ValueError("7"), "failed"), (Stopping(), "stopped"), (KeyboardInterrupt(), "stopped")],
)
def test_a_run_is_closed_whatever_ends_it(
    journal: SqlJournal, end: BaseException, outcome: str
) -> None:
    with pytest.raises(type(end)), journal.run("invoices"):
        raise end
    assert outcomes(journal) == [outcome]


def test_a_run_left_without_a_word_is_done(journal: SqlJournal) -> None:
    with journal.run("invoices"):
        pass
    assert outcomes(journal) == ["done"]


def test_the_newest_runs_of_every_process_come_first(
    journal: SqlJournal, clock: StandingClock
) -> None:
    for process in ("invoices", "payments", "invoices"):
        with journal.run(process) as run:
            run.close(f"at {clock.now():%M}", {})
        clock.advance(minutes=1)
    assert outcomes(journal) == ["at 32", "at 30"]
    assert [run.outcome for run in journal.overview.last_runs()["payments"]] == ["at 31"]


def test_a_paused_process_stays_paused_until_it_is_resumed(
    journal: SqlJournal, clock: StandingClock
) -> None:
    journal.switches.pause("invoices", "year end")
    journal.switches.pause("invoices", "audit")
    paused = journal.switches.paused()
    assert [(name, pause.reason, pause.since) for name, pause in paused.items()] == [
        ("invoices", "audit", clock.now())
    ]
    assert journal.switches.resume("invoices")
    assert not journal.switches.resume("invoices")
    assert journal.switches.paused() == {}


def test_a_parked_vendor_is_left_alone_until_its_hour(
    journal: SqlJournal, clock: StandingClock
) -> None:
    journal.switches.park("xero", MORNING + timedelta(hours=1), "day limit")
    parked = journal.switches.parked("xero")
    assert parked is not None
    assert (parked.until, parked.reason) == (MORNING + timedelta(hours=1), "day limit")
    assert journal.switches.parked("salesforce") is None
    clock.advance(hours=1)
    assert journal.switches.parked("xero") is None


def test_after_a_quarter_of_a_year_runs_are_forgotten_and_steps_are_not(
    journal: SqlJournal, clock: StandingClock
) -> None:
    with journal.run("invoices"):
        journal.save(changes([an_invoice()], "detected"))
    for days in (89, 2):
        clock.advance(days=days)
        with journal.run("payments"):
            pass
        with journal.run("invoices"):
            pass
    assert len(journal.overview.last_runs(each=9)["invoices"]) == 2
    assert len(journal.overview.last_runs(each=9)["payments"]) == 2
    assert [one.words for one in journal.journey(Kind.INVOICE, record(1))] == ["detected"]


def test_after_a_quarter_of_a_year_requests_are_forgotten_once_they_were_answered(
    journal: SqlJournal, clock: StandingClock
) -> None:
    answered, waiting = journal.requests.ask("sync", "a001"), journal.requests.ask("sync", "a002")
    journal.requests.answer(answered, {"outcome": "created"})
    clock.advance(days=89)
    journal.requests.ask("sync", "a003")
    assert journal.requests.answer_of(answered) == {"outcome": "created"}
    clock.advance(days=2)
    journal.requests.ask("sync", "a004")
    assert journal.requests.answer_of(answered) is None
    asked = journal.requests.next_asked()
    assert asked
    assert asked.id == waiting


def test_requests_are_taken_oldest_first_and_answered_once(
    engine: Engine, journal: SqlJournal, clock: StandingClock
) -> None:
    command = SqlJournal(engine, "main", clock).requests
    first, second = command.ask("sync", "a001"), command.ask("verify", "")
    asked = journal.requests.next_asked()
    assert asked is not None
    assert (asked.id, asked.command, asked.subject) == (first, "sync", "a001")
    assert command.answer_of(first) is None
    journal.requests.answer(first, {"outcome": "created", "total": Decimal("1.00")})
    journal.requests.answer(first, {"outcome": "else"})
    assert command.answer_of(first) == {"outcome": "created", "total": "1.00"}
    following = journal.requests.next_asked()
    assert following is not None
    assert following.id == second


def test_one_connection_never_takes_anothers_requests(
    engine: Engine, journal: SqlJournal, clock: StandingClock
) -> None:
    asked = SqlJournal(engine, "other", clock).requests.ask("sync", "a001")
    assert journal.requests.next_asked() is None
    assert journal.requests.answer_of(asked) is None


def test_a_request_nobody_took_in_time_is_never_taken(
    journal: SqlJournal, clock: StandingClock
) -> None:
    old = journal.requests.ask("sync", "a001")
    clock.advance(minutes=10)
    fresh = journal.requests.ask("sync", "a002")
    assert journal.requests.expire(timedelta(minutes=5)) == 1
    assert journal.requests.answer_of(old) == {"expired": True}
    asked = journal.requests.next_asked()
    assert asked is not None
    assert asked.id == fresh


def test_the_overview_counts_by_kind_and_state(journal: SqlJournal) -> None:
    journal.save(changes([an_invoice(1), an_invoice(2), an_invoice(3, State.CREATED)]))
    assert journal.overview.counts() == {
        (Kind.INVOICE, State.NEW): 2,
        (Kind.INVOICE, State.CREATED): 1,
    }


def test_a_record_waits_since_its_kind_of_trouble_began(
    journal: SqlJournal, clock: StandingClock
) -> None:
    journal.save(changes([an_invoice(1, State.HELD, hold=NO_LINES, attempts=1)]))
    clock.advance(hours=1)
    journal.save(changes([an_invoice(1, State.HELD, hold=NO_LINES, attempts=2)]))
    undated = Hold(HoldClass.DATE_MISSING, "It has no date.", "Give it one.")
    journal.save(changes([an_invoice(2, State.HELD, hold=undated)]))
    first, second = journal.overview.waiting()
    assert (first.document.record, first.since) == (record(1), MORNING)
    assert (first.document.hold, first.document.attempts) == (NO_LINES, 2)
    assert second.since == clock.now()
    journal.save(changes([an_invoice(1, State.HELD, hold=undated)]))
    assert {waiting.since for waiting in journal.overview.waiting()} == {clock.now()}


def test_what_is_in_doubt_is_shown_with_its_age(journal: SqlJournal, clock: StandingClock) -> None:
    journal.save(changes([an_invoice(1, State.SENDING, sent_at=MORNING), an_invoice(2)]))
    clock.advance(minutes=40)
    (doubt,) = journal.overview.in_doubt()
    assert (doubt.document.record, doubt.age) == (record(1), timedelta(minutes=40))


def test_the_overview_needs_no_lane(
    engine: Engine, journal: SqlJournal, clock: StandingClock
) -> None:
    journal.receive([a_payment(1), a_payment(2)], MORNING)
    journal.unmatched([a_payment(2)])
    overview = SqlJournal(engine, "main", clock).overview
    assert overview.payments() == {"WAITING": 1, "UNMATCHED": 1}
    assert overview.cursors() == {"payments": MORNING}
    assert overview.size() > 50_000
    holder = overview.lane()
    assert holder is not None
    assert (holder.fence, holder.owner.split("/")[0]) == (1, "here")
