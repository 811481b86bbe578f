"""What the journal promises when several processes use it, and when one of them is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sync_worker.domain.document import Kind, State
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from tests.state.builders import StandingClock, a_batch, a_worker, changes, invoices, record

ROOT = Path(__file__).parents[2]
Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    with ExitStack() as ending:

        def begin(task: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.state.another_process", task, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            ending.enter_context(process)
            ending.callback(process.kill)
            return process

        yield begin


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def test_of_two_processes_that_race_for_the_lane_one_gets_it_and_the_other_knows_at_once(
    start: Start,
) -> None:
    racers = [start("race") for _ in range(2)]
    assert [heard(racer) for racer in racers] == ["ready"] * 2
    for racer in racers:
        tell(racer)
    assert sorted(heard(racer) for racer in racers) == ["1", "taken"]


def test_the_lane_of_a_killed_process_is_taken_over_at_once(path: Path, start: Start) -> None:
    sender = start("send")
    assert heard(sender) == "sent"
    journal = SqlJournal(open_engine(path), "main", StandingClock())
    assert journal.lane.acquire(900, "here") is None
    sender.kill()
    sender.wait()
    lease = journal.lane.acquire(900, "here")
    assert lease is not None
    assert lease.fence == 2
    # What was about to leave is all there, and the run it left in is known to be dead.
    assert len(journal.in_state(Kind.INVOICE, [State.SENDING])) == 2
    replayed = journal.batch("b1")
    assert replayed is not None
    assert replayed[0] == a_batch()
    with journal.run("invoices"):
        outcomes = [run.outcome for run in journal.overview.last_runs(each=2)["invoices"]]
    assert sorted(outcomes) == ["died", "running"]


def test_a_process_killed_in_the_middle_of_saving_has_saved_nothing(
    path: Path, start: Start
) -> None:
    assert start("die_while_saving").wait(20) == -9
    journal = a_worker(open_engine(path), StandingClock())
    assert journal.in_state(Kind.INVOICE, list(State)) == []
    assert journal.journey(Kind.INVOICE, record(1)) == []


def test_readers_see_the_last_commit_at_once_while_another_process_writes(
    path: Path, start: Start
) -> None:
    a_worker(open_engine(path), StandingClock()).save(changes(invoices(3)))
    writer = start("write_for_long")
    assert heard(writer) == "writing"
    began = time.monotonic()
    onlooker = SqlJournal(open_engine(path), "main", StandingClock())
    assert onlooker.overview.counts() == {(Kind.INVOICE, State.NEW): 3}
    assert len(onlooker.documents(Kind.INVOICE, [record(1), record(2)])) == 2
    assert time.monotonic() - began < 2


def test_processes_that_make_the_journal_at_the_same_moment_all_open_it(start: Start) -> None:
    assert [heard(each) for each in [start("open_only") for _ in range(3)]] == ["opened"] * 3
