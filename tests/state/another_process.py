"""What a test has another process do with its journal: `python -m tests.state.another_process
<task> <journal>`.

It says on its output when it got so far, and goes on when it reads a line or is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable

from sqlalchemy import Engine, event

from sync_worker.domain.document import State
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from tests.state.builders import StandingClock, a_batch, a_worker, changes, invoices


def tell(words: object) -> None:
    print(words, flush=True)


def open_only(path: str) -> None:
    open_engine(path)
    tell("opened")


def race(path: str) -> None:
    """Opens, waits for the start, takes the lane if it can, and keeps it until told to end."""
    journal = SqlJournal(open_engine(path), "main", StandingClock())
    tell("ready")
    sys.stdin.readline()
    lease = journal.lane.acquire(900, "here")
    tell(lease.fence if lease else "taken")
    sys.stdin.readline()


def send(path: str) -> None:
    """Takes the lane, opens a run, commits what is about to leave, and is never heard of again."""
    journal = a_worker(open_engine(path), StandingClock())
    with journal.run("invoices"):
        journal.intend(
            a_batch(), "token", changes(invoices(2, State.SENDING, batch="b1"), "leaves")
        )
        tell("sent")
        sys.stdin.readline()


def die_while_saving(path: str) -> None:
    """Kills itself at the thirtieth of fifty rows."""
    engine = open_engine(path)
    event.listen(engine, "connect", _mortal)
    engine.dispose()
    journal = a_worker(engine, StandingClock())
    journal.save(changes(invoices(50)))


def _mortal(connection: sqlite3.Connection, _record: object) -> None:
    rows = 0

    def count(statement: str) -> None:
        nonlocal rows
        rows += "INSERT INTO documents" in statement
        if rows == 30:
            os.kill(os.getpid(), signal.SIGKILL)

    connection.set_trace_callback(count)


def write_for_long(path: str) -> None:
    """Holds a transaction open with a thousand rows in it, as no worker ever should."""
    engine: Engine = open_engine(path)
    with engine.begin() as tx:
        tx.exec_driver_sql("DELETE FROM documents")
        tell("writing")
        sys.stdin.readline()


TASKS: dict[str, Callable[[str], None]] = {
    task.__name__: task for task in (open_only, race, send, die_while_saving, write_for_long)
}

if __name__ == "__main__":
    TASKS[sys.argv[1]](sys.argv[2])
