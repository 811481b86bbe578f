"""At most one process of this machine in a lane: a lock that the kernel takes back the moment its
holder dies."""

from __future__ import annotations

import fcntl
import os
from typing import Protocol
from urllib.parse import quote
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from sync_worker.state.engine import MEMORY


class Exclusion(Protocol):
    def take(self) -> bool:
        """False where somebody else has it; true again for whoever has it already."""

    def drop(self) -> None: ...


def exclusion(engine: Engine, connection: str) -> Exclusion | None:
    """None on a database server: there the lease's own time is all there is."""
    if engine.dialect.name != "sqlite":  # pragma: no cover - takes a server
        return None
    file = engine.url.database or MEMORY
    if file == MEMORY:
        return WithinProcess(engine, connection)
    return FileLock(f"{file}.{quote(connection, safe='')}.lock")


class FileLock:
    """The file stays when the lock goes: removing it would let two holders lock two files of one
    name."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        if self._descriptor is not None:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def drop(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


_HELD: WeakKeyDictionary[Engine, dict[str, WithinProcess]] = WeakKeyDictionary()


class WithinProcess:
    """For a journal in memory, which no other process can see."""

    def __init__(self, engine: Engine, connection: str) -> None:
        self._held = _HELD.setdefault(engine, {})
        self._connection = connection

    def take(self) -> bool:
        return self._held.setdefault(self._connection, self) is self

    def drop(self) -> None:
        if self._held.get(self._connection) is self:
            del self._held[self._connection]
