"""The rows of `runs`: one for every time a process ran, opened at once and closed whatever
happens. After a quarter of a year they go; what became of a record stays in its journey."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from sync_worker.domain.errors import Stopping
from sync_worker.ports import Run
from sync_worker.state.store import KEPT, Store
from sync_worker.state.tables import runs

RUNNING, DONE, FAILED, STOPPED, DIED = "running", "done", "failed", "stopped", "died"
EARLY = (RUNNING, FAILED, STOPPED, DIED)
"""Outcomes of runs that have not come to their end."""


class RunRow:
    """A run that is open. Closed twice, it keeps the first word."""

    def __init__(self, store: Store, process: str, *, alone: bool) -> None:
        self.id = secrets.token_hex(6)
        self._store = store
        self._closed = False
        with store.writing("open_run") as tx:
            ours = {"ours": store.connection, "which": process}
            if alone:
                tx.execute(_BURY, {**ours, "ended_at": store.clock.now()})
            tx.execute(_FORGET, {**ours, "before": store.clock.now() - KEPT})
            tx.execute(
                _OPEN,
                {
                    "connection": store.connection,
                    "id": self.id,
                    "process": process,
                    "started_at": store.clock.now(),
                    "outcome": RUNNING,
                    "counts": "{}",
                },
            )

    def close(self, outcome: str, counts: Mapping[str, Any]) -> None:
        if self._closed:
            return
        with self._store.writing("close_run") as tx:
            tx.execute(
                _CLOSE,
                {
                    "ours": self._store.connection,
                    "run": self.id,
                    "ended_at": self._store.clock.now(),
                    "outcome": outcome,
                    "counts": json.dumps(dict(counts), default=str),
                },
            )
        self._closed = True


@contextmanager
def opened(store: Store, process: str, *, alone: bool) -> Iterator[RunRow]:
    """`alone`: whoever holds the lane knows that what is open of this process was left so by a dead
    worker, and closes it."""
    run = RunRow(store, process, alone=alone)
    try:
        yield run
    except Exception as error:
        run.close(
            STOPPED if isinstance(error, Stopping) else FAILED,
            {"error": f"{type(error).__name__}: {error}"[:500]},
        )
        raise
    except BaseException:
        run.close(STOPPED, {})
        raise
    run.close(DONE, {})


def fruitless_since(tx: Connection, connection: str, process: str) -> datetime | None:
    """When a run of the process last came to its end; where none did, when the first one began."""
    ours = (runs.c.connection == connection, runs.c.process == process)
    ended = select(func.max(runs.c.ended_at)).where(*ours, runs.c.outcome.not_in(EARLY))
    begun = select(func.min(runs.c.started_at)).where(*ours)
    return tx.execute(ended).scalar() or tx.execute(begun).scalar()


_OPEN = runs.insert()
_FORGET = delete(runs).where(
    runs.c.connection == bindparam("ours"),
    runs.c.process == bindparam("which"),
    runs.c.started_at < bindparam("before"),
)
_CLOSE = (
    update(runs)
    .where(runs.c.connection == bindparam("ours"), runs.c.id == bindparam("run"))
    .values(
        ended_at=bindparam("ended_at"), outcome=bindparam("outcome"), counts=bindparam("counts")
    )
)
_BURY = (
    update(runs)
    .where(
        runs.c.connection == bindparam("ours"),
        runs.c.process == bindparam("which"),
        runs.c.outcome == RUNNING,
    )
    .values(ended_at=bindparam("ended_at"), outcome=DIED)
)


def from_row(row: Row[Any]) -> Run:
    return Run(
        row.id, row.process, row.started_at, row.ended_at, row.outcome, json.loads(row.counts)
    )
