"""Where a vendor's records lie: in memory, or in a file of its own once there are too many for that.

The file is SQLite's, written without any care for crashes: it has no name from the moment it is open, and is gone with
the process. What lies there is packed and unpacked at each touch, so whoever changes a record must put it back.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import weakref
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
PAGES_MB = 64  # of the file, kept in memory
UNPACKED = 4_096  # records kept unpacked, for those that are read again and again
READ_AT_ONCE = 500


class Full(OSError):
    """The file cannot take more."""


class Records(Protocol[T]):
    """Records by id, in the order they were first put: what a dict does, as far as it is needed."""

    def __getitem__(self, record_id: str, /) -> T: ...
    def __setitem__(self, record_id: str, record: T, /) -> None: ...
    def __delitem__(self, record_id: str, /) -> None: ...
    def __contains__(self, record_id: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def get(self, record_id: str, /) -> T | None: ...
    def values(self) -> Iterable[T]: ...


class Links(Protocol):
    """Which ids stand under a key, in the order they came there."""

    def __contains__(self, key: object, /) -> bool: ...
    def ids(self, key: Any) -> list[str]: ...
    def add(self, key: Any, record_id: str) -> None: ...
    def drop(self, key: Any, record_id: str) -> None: ...


class Order(Protocol):
    """Ids sorted by a time in milliseconds, and by id where that is the same."""

    def add(self, moment: int, record_id: str) -> None: ...
    def drop(self, moment: int, record_id: str) -> None: ...
    def position(self, moment: int) -> int: ...
    def ids(self, start: int, stop: int | None) -> list[str]: ...


class Memory:
    """The usual place."""

    def records(self, pack: Callable[[T], bytes], unpack: Callable[[bytes], T]) -> Records[T]:
        return dict[str, T]()

    def links(self) -> Links:
        return _LinksInMemory()

    def order(self) -> Order:
        return _OrderInMemory()


class Scratch:
    """A file in `folder`, which is made if it is not there. OSError if it cannot be written to."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="sandbox-", suffix=".db", dir=folder)
        os.close(handle)
        self._db = sqlite3.connect(name, check_same_thread=False, isolation_level=None)
        weakref.finalize(self, self._db.close)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY"):
            self._db.execute(f"PRAGMA {setting}")
        self._db.execute(f"PRAGMA cache_size = -{PAGES_MB * 1024}")
        self._db.execute("BEGIN EXCLUSIVE")  # and never committed: nobody else ever reads it
        with suppress(OSError):  # Windows keeps the name of an open file
            Path(name).unlink()
        self._made = 0

    def records(self, pack: Callable[[T], bytes], unpack: Callable[[bytes], T]) -> Records[T]:
        return _RecordsOnDisk(self, self._new_name(), pack, unpack)

    def links(self) -> Links:
        return _LinksOnDisk(self, self._new_name())

    def order(self) -> Order:
        return _OrderOnDisk(self, self._new_name())

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.OperationalError as problem:
            raise Full(str(problem)) from problem

    def _new_name(self) -> str:
        self._made += 1
        return f"t{self._made}"


Place = Memory | Scratch


def place(folder: Path | None) -> Place:
    return Memory() if folder is None else Scratch(folder)


class _LinksInMemory:
    """Most keys have one id, which then stands alone: a list for each would fill memory and keep the collector busy."""

    def __init__(self) -> None:
        self._ids: dict[Any, str | list[str]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._ids

    def ids(self, key: Any) -> list[str]:
        found = self._ids.get(key, [])
        return [found] if isinstance(found, str) else found

    def add(self, key: Any, record_id: str) -> None:
        found = self._ids.get(key)
        if found is None:
            self._ids[key] = record_id
        elif isinstance(found, str):
            self._ids[key] = [found, record_id]
        else:
            found.append(record_id)

    def drop(self, key: Any, record_id: str) -> None:
        ids = self.ids(key)
        at = bisect_left(ids, record_id)  # most lists are sorted, for ids grow
        if at < len(ids) and ids[at] == record_id:
            del ids[at]
        else:
            ids.remove(record_id)
        if not ids:
            del self._ids[key]


class _OrderInMemory:
    def __init__(self) -> None:
        self._all: list[tuple[int, str]] = []

    def add(self, moment: int, record_id: str) -> None:
        insort(self._all, (moment, record_id))

    def drop(self, moment: int, record_id: str) -> None:
        del self._all[bisect_left(self._all, (moment, record_id))]

    def position(self, moment: int) -> int:
        return bisect_left(self._all, (moment, ""))

    def ids(self, start: int, stop: int | None) -> list[str]:
        return [record_id for _, record_id in self._all[start:stop]]


# The names of tables below are this module's own, counted up; nothing of a request stands in a statement.


class _RecordsOnDisk(Generic[T]):
    def __init__(
        self, file: Scratch, name: str, pack: Callable[[T], bytes], unpack: Callable[[bytes], T]
    ) -> None:
        self._run = file.run
        self._pack = pack
        self._unpack = unpack
        self._count = 0
        self._near: dict[str, T] = {}
        self._run(f"CREATE TABLE {name} (n INTEGER PRIMARY KEY, id TEXT UNIQUE, record BLOB)")
        self._find = f"SELECT record FROM {name} WHERE id = ?"
        self._change = f"UPDATE {name} SET record = ? WHERE id = ?"
        self._insert = f"INSERT INTO {name} (id, record) VALUES (?, ?)"
        self._delete = f"DELETE FROM {name} WHERE id = ?"
        self._next = f"SELECT n, record FROM {name} WHERE n > ? ORDER BY n LIMIT {READ_AT_ONCE}"

    def __len__(self) -> int:
        return self._count

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._near or self._run(self._find, record_id).fetchone() is not None

    def __getitem__(self, record_id: str) -> T:
        record = self.get(record_id)
        if record is None:
            raise KeyError(record_id)
        return record

    def get(self, record_id: str) -> T | None:
        near = self._near.get(record_id)
        if near is not None:
            return near
        found = self._run(self._find, record_id).fetchone()
        return None if found is None else self._keep_near(record_id, self._unpack(found[0]))

    def __setitem__(self, record_id: str, record: T) -> None:
        packed = self._pack(record)
        if not self._run(self._change, packed, record_id).rowcount:
            self._run(self._insert, record_id, packed)
            self._count += 1
        self._keep_near(record_id, record)

    def __delitem__(self, record_id: str) -> None:
        if not self._run(self._delete, record_id).rowcount:
            raise KeyError(record_id)
        self._near.pop(record_id, None)
        self._count -= 1

    def values(self) -> Iterator[T]:
        """Some at a time, so that records may be put and deleted on the way."""
        last = 0
        while found := self._run(self._next, last).fetchall():
            for _, packed in found:
                yield self._unpack(packed)
            last = found[-1][0]

    def _keep_near(self, record_id: str, record: T) -> T:
        if len(self._near) >= UNPACKED:
            self._near.clear()
        self._near[record_id] = record
        return record


class _LinksOnDisk:
    def __init__(self, file: Scratch, name: str) -> None:
        self._run = file.run
        self._came = 0
        self._run(
            f"CREATE TABLE {name} (key, id TEXT, came INTEGER, PRIMARY KEY (key, id)) WITHOUT ROWID"
        )
        self._any = f"SELECT 1 FROM {name} WHERE key = ? LIMIT 1"
        self._all = f"SELECT id FROM {name} WHERE key = ? ORDER BY came"
        self._insert = f"INSERT INTO {name} VALUES (?, ?, ?)"
        self._delete = f"DELETE FROM {name} WHERE key = ? AND id = ?"

    def __contains__(self, key: object) -> bool:
        return self._run(self._any, _plain(key)).fetchone() is not None

    def ids(self, key: Any) -> list[str]:
        return [each[0] for each in self._run(self._all, _plain(key))]

    def add(self, key: Any, record_id: str) -> None:
        self._came += 1
        self._run(self._insert, _plain(key), record_id, self._came)

    def drop(self, key: Any, record_id: str) -> None:
        self._run(self._delete, _plain(key), record_id)


class _OrderOnDisk:
    def __init__(self, file: Scratch, name: str) -> None:
        self._run = file.run
        self._run(
            f"CREATE TABLE {name} (moment INTEGER, id TEXT, PRIMARY KEY (moment, id)) WITHOUT ROWID"
        )
        self._insert = f"INSERT INTO {name} VALUES (?, ?)"
        self._delete = f"DELETE FROM {name} WHERE moment = ? AND id = ?"
        self._before = f"SELECT COUNT(*) FROM {name} WHERE moment < ?"
        self._part = f"SELECT id FROM {name} ORDER BY moment, id LIMIT ? OFFSET ?"

    def add(self, moment: int, record_id: str) -> None:
        self._run(self._insert, moment, record_id)

    def drop(self, moment: int, record_id: str) -> None:
        self._run(self._delete, moment, record_id)

    def position(self, moment: int) -> int:
        return int(self._run(self._before, moment).fetchone()[0])

    def ids(self, start: int, stop: int | None) -> list[str]:
        count = -1 if stop is None else max(0, stop - start)
        return [each[0] for each in self._run(self._part, count, start)]


def _plain(key: Any) -> Any:
    """A key as SQLite compares it: equal numbers are equal text."""
    return key if isinstance(key, str) else str(key)
