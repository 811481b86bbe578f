"""A copy of the journal, room on its disk, and what is asked of a journal that nobody can use."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from sync_worker.domain.document import Kind
from sync_worker.domain.errors import Misconfigured, Transient
from sync_worker.state.backup import back_up
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from sync_worker.state.migrate import upgrade
from tests.state.builders import StandingClock, a_worker, an_invoice, changes, record
from tests.state.test_opening import scripts_with


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_a_copy_made_in_use_has_all_that_is_committed_and_is_for_its_user_alone(path: Path) -> None:
    engine = open_engine(path)
    a_worker(engine, StandingClock()).save(changes([an_invoice()]))
    goal = path.with_name("copy.db")
    assert back_up(engine, goal) == goal.stat().st_size
    assert goal.stat().st_mode & 0o777 == 0o600
    copied = SqlJournal(open_engine(goal), "main", StandingClock())
    assert list(copied.documents(Kind.INVOICE, [record(1)])) == [record(1)]


def test_a_copy_never_takes_the_place_of_another_file(path: Path) -> None:
    goal = path.with_name("copy.db")
    goal.write_text("mine")
    with pytest.raises(Misconfigured, match="not overwritten"):
        back_up(open_engine(path), goal)
    assert goal.read_text() == "mine"


def test_where_no_copy_can_be_made_nothing_is_left_behind(path: Path) -> None:
    with pytest.raises(Misconfigured, match="could not be copied"):
        back_up(open_engine(path), path.parent / "nowhere" / "copy.db")
    with pytest.raises(Misconfigured, match="is no file"):
        back_up(open_engine(":memory:"), path.with_name("copy.db"))
    assert not list(path.parent.glob("copy*"))


def test_what_cannot_be_recorded_is_not_sent(path: Path) -> None:
    roomy, full = (
        SqlJournal(open_engine(path), name, StandingClock(), free_mb=least)
        for name, least in (("roomy", 1), ("full", 10**12))
    )
    assert roomy.lane.acquire(900, "here")
    assert full.lane.acquire(900, "here")
    roomy.guard()
    with pytest.raises(Transient, match="free some space"):
        full.guard()


def test_a_journal_that_cannot_be_opened_is_one_sentence(path: Path) -> None:
    path.with_name("journal.db-wal").mkdir()
    with pytest.raises(Misconfigured, match="nothing is sent without it"):
        open_engine(path)


def test_a_journal_damaged_while_it_is_in_use_says_what_to_put_in_its_place(path: Path) -> None:
    engine = open_engine(path)
    journal = a_worker(engine, StandingClock())
    journal.save(changes([an_invoice()]))
    engine.dispose()
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(Misconfigured, match="put its last good copy in its place"):
        journal.documents(Kind.INVOICE, [record(1)])


def test_whoever_has_the_lane_may_take_it_again(engine: Engine, clock: StandingClock) -> None:
    journal = a_worker(engine, clock)
    again = journal.lane.acquire(900, "here")
    assert again
    assert again.fence == 2


def test_a_command_without_the_lane_notes_its_run_and_buries_nobodys(
    engine: Engine, clock: StandingClock
) -> None:
    daemon, command = a_worker(engine, clock), SqlJournal(engine, "main", clock)
    with daemon.run("payments"), command.run("payments"):
        outcomes = [run.outcome for run in command.overview.last_runs(2)["payments"]]
    assert outcomes == ["running", "running"]


def test_a_journal_in_memory_is_brought_up_to_date_without_a_copy(tmp_path: Path) -> None:
    engine = open_engine(":memory:")
    assert upgrade(engine, scripts_with(tmp_path), "9999") == ["9999"]
    assert not list(tmp_path.glob("*before*"))
