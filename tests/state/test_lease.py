"""What the journal promises about the lane: at most one worker sends for a connection."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from sync_worker.domain.document import Kind
from sync_worker.domain.errors import LaneLost
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from tests.state.builders import MORNING, StandingClock, a_worker, an_invoice, changes, record


def handed_to(engine: Engine, clock: StandingClock, host: str) -> None:
    """What it looks like here when a worker on another host has taken the lane."""
    until = (clock.now() + timedelta(minutes=15)).isoformat(timespec="microseconds")
    with engine.begin() as tx:
        tx.execute(
            text("UPDATE leases SET owner = :owner, fence = fence + 1, until = :until"),
            {"owner": f"{host}/else", "until": until},
        )


def test_a_second_worker_gets_nothing_until_the_first_lets_go(
    engine: Engine, clock: StandingClock
) -> None:
    first, second = a_worker(engine, clock), SqlJournal(engine, "main", clock)
    assert second.lane.acquire(900, "here") is None
    first.lane.release()
    lease = second.lane.acquire(900, "here")
    assert lease is not None
    assert lease.fence == 2


def test_each_connection_has_a_lane_of_its_own(engine: Engine, clock: StandingClock) -> None:
    a_worker(engine, clock, "main")
    assert SqlJournal(engine, "north/south", clock).lane.acquire(900, "here")


def test_a_worker_of_another_host_is_waited_out(engine: Engine, clock: StandingClock) -> None:
    a_worker(engine, clock).lane.release()
    handed_to(engine, clock, "there")
    journal = SqlJournal(engine, "main", clock)
    assert journal.lane.acquire(900, "here") is None
    clock.advance(minutes=16)
    assert journal.lane.acquire(900, "here") is not None


def test_a_refused_worker_does_not_keep_the_next_one_out(
    engine: Engine, clock: StandingClock
) -> None:
    a_worker(engine, clock).lane.release()
    handed_to(engine, clock, "there")
    assert SqlJournal(engine, "main", clock).lane.acquire(900, "here") is None
    clock.advance(minutes=16)
    assert SqlJournal(engine, "main", clock).lane.acquire(900, "here") is not None


def test_whoever_lost_the_lane_can_neither_send_nor_record(
    engine: Engine, journal: SqlJournal, clock: StandingClock
) -> None:
    handed_to(engine, clock, "there")
    with pytest.raises(LaneLost, match="Another worker"):
        journal.save(changes([an_invoice()]))
    with pytest.raises(LaneLost):
        journal.guard()
    assert journal.documents(Kind.INVOICE, [record(1)]) == {}


def test_a_renewal_does_not_bring_back_a_lost_lane(
    engine: Engine, journal: SqlJournal, clock: StandingClock
) -> None:
    handed_to(engine, clock, "there")
    clock.advance(minutes=10)
    with pytest.raises(LaneLost, match="Another worker"):
        journal.guard()


def test_the_guard_renews_the_lease_when_less_than_half_is_left(
    journal: SqlJournal, clock: StandingClock
) -> None:
    clock.advance(minutes=7)
    journal.guard()
    assert ends(journal) == MORNING + timedelta(minutes=15)
    clock.advance(minutes=1)
    journal.guard()
    assert ends(journal) == MORNING + timedelta(minutes=23)


def test_a_lease_that_ran_out_unnoticed_is_still_ours_while_nobody_took_it(
    journal: SqlJournal, clock: StandingClock
) -> None:
    clock.advance(hours=2)
    journal.save(changes([an_invoice()]))
    journal.guard()
    assert ends(journal) == clock.now() + timedelta(minutes=15)


def test_letting_go_twice_is_letting_go_once(
    engine: Engine, journal: SqlJournal, clock: StandingClock
) -> None:
    journal.lane.release()
    other = a_worker(engine, clock)
    journal.lane.release()
    other.guard()


def test_a_lane_is_free_even_if_its_worker_could_not_write_that_down(
    tmp_path: Path, clock: StandingClock
) -> None:
    path = tmp_path / "journal.db"
    journal = a_worker(open_engine(path), clock)
    with open_engine(path).begin() as tx:
        tx.execute(text("ALTER TABLE leases RENAME TO gone"))
    journal.lane.release()
    with open_engine(path).begin() as tx:
        tx.execute(text("ALTER TABLE gone RENAME TO leases"))
    assert SqlJournal(open_engine(path), "main", clock).lane.acquire(900, "here")


def test_a_journal_named_by_a_link_has_the_same_lane(tmp_path: Path, clock: StandingClock) -> None:
    a_worker(open_engine(tmp_path / "journal.db"), clock)
    (tmp_path / "link.db").symlink_to(tmp_path / "journal.db")
    other = SqlJournal(open_engine(tmp_path / "link.db"), "main", clock)
    assert other.lane.acquire(900, "here") is None


def ends(journal: SqlJournal) -> object:
    holder = journal.overview.lane()
    return holder and holder.until
