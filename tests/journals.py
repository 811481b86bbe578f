"""The journal of a world: SQLite in memory, one engine for the whole test process, emptied in no time.

A crash is an exception that nothing catches; SQLAlchemy closes a connection through which one passed, and with it a
journal in memory would be gone. A real file would still be there, so closing only rolls back here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from sqlalchemy import Engine

from sync_worker.state.engine import open_engine
from tests.shortcut import Short


class Disk(sqlite3.Connection):
    """Tells of every commit that writes, before and after it."""

    hook: Callable[[str], None] = staticmethod(lambda _: None)
    _written = 0

    def commit(self) -> None:
        writes = self.total_changes != self._written
        if writes:
            self.hook("commit begins")
        super().commit()
        self._written = self.total_changes
        if writes:
            self.hook("commit is done")

    def close(self) -> None:
        if self.in_transaction:
            self.rollback()


@cache
def the_disk() -> Disk:
    disk = sqlite3.connect(
        ":memory:", check_same_thread=False, factory=Disk, cached_statements=1000
    )
    engine = _engine(disk)
    _template.append(disk.serialize())
    engine.dispose()
    return disk


def the_engine() -> Engine:
    """One for all worlds: SQLAlchemy keeps what it has compiled with its engine."""
    return _short() if _shortened else _whole()


@contextmanager
def shortened() -> Iterator[None]:
    """Inside, the journal is reached by a shorter way than SQLAlchemy's own."""
    _shortened.append(True)
    try:
        yield
    finally:
        _shortened.pop()


def empty() -> Engine:
    """The engine over a journal that was never used."""
    the_disk()
    return put_back(_template[0])


def copied() -> bytes:
    """The journal as it is now, as a backup has it."""
    return the_disk().serialize()


def put_back(copy: bytes) -> Engine:
    engine, disk = the_engine(), the_disk()
    disk.close()
    disk.hook = lambda _: None
    disk.deserialize(copy)
    return engine


_template: list[bytes] = []
_shortened: list[bool] = []


@cache
def _whole() -> Engine:
    return _engine(the_disk())


@cache
def _short() -> Engine:
    return cast(Engine, Short(_whole(), the_disk()))


def _engine(disk: Disk) -> Engine:
    def same(*_: Any, **__: Any) -> Disk:
        return disk

    return open_engine(":memory:", check=False, factory=cast(type[sqlite3.Connection], same))
