"""One connection's share of the journal: how its rows are read and written, one transaction at a
time.

Transactions begin and end inside this room and are never held open across anything outside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, OperationalError

from sync_worker.domain.errors import Misconfigured, Transient
from sync_worker.ports import Clock, Moments, unwatched
from sync_worker.state.beginning import only_reading
from sync_worker.state.engine import damaged

T = TypeVar("T")

# SQLite allowed 999 variables a statement until 3.32, and some distributions still build it so.
_VARIABLES = 900

KEPT = timedelta(days=90)
"""How long runs and requests are remembered: a daemon that looks every few minutes fills a disk with them otherwise."""
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Store:
    """The engine, whose rows are meant, and what time it is."""

    def __init__(
        self, engine: Engine, connection: str, clock: Clock, moments: Moments = unwatched
    ) -> None:
        self.engine = engine
        self.connection = connection
        self.clock = clock
        self._moments = moments

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A steady view; never waits for a writer and never makes one wait."""
        with _usable(self.engine), only_reading(self.engine) as tx:
            yield tx

    @contextmanager
    def writing(self, what: str) -> Iterator[Connection]:
        """All of it or nothing, one writer at a time. `what` names the commit for whoever rehearses a crash."""
        with _usable(self.engine), self.engine.begin() as tx:
            yield tx
            self._moments(f"journal.{what}.before")
        self._moments(f"journal.{what}.after")


@contextmanager
def _usable(engine: Engine) -> Iterator[None]:
    """A full disk, a lock that nobody gives back: nothing more is begun until the journal can be written again. What
    is damaged stays so, until a person puts a good copy in its place."""
    try:
        yield
    except (
        OperationalError,
        sqlite3.OperationalError,
    ) as failure:  # BEGIN goes straight to the driver
        why = getattr(failure, "orig", failure)
        raise Transient(
            f"the journal cannot be used ({why}); free disk space or end what holds it, "
            "nothing is sent until then"
        ) from failure
    except (DatabaseError, sqlite3.DatabaseError) as failure:
        why = getattr(failure, "orig", failure)
        if getattr(why, "sqlite_errorcode", None) not in DAMAGED:
            raise
        raise Misconfigured(damaged(str(engine.url.database), why)) from failure


def in_chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists short enough for one `IN`."""
    rest = iter(values)
    while chunk := list(islice(rest, _VARIABLES)):
        yield chunk


_INSERT: dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def dialect_insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens when the row is there already."""
    return _INSERT[dialect](table)


@cache
def upsert(
    dialect: str, table: Table, but: Callable[[Any], Mapping[str, object]] = lambda _new: {}
) -> sqlite.Insert | postgresql.Insert:
    """An insert whose row takes the place of the one with the same key; `but` names the columns
    that are not simply replaced, given the new row. Made once for each table."""
    statement = dialect_insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    news = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    return statement.on_conflict_do_update(
        index_elements=keys, set_={**news, **but(statement.excluded)}
    )
