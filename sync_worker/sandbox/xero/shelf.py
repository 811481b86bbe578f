"""Where records stand: by id, by what people look them up by, and in the order they last changed.

Records are replaced, never altered, so that a refused call can be taken back step by step. Whether they lie in memory
or in a file is `sandbox.scratch`'s affair; from a file a record comes as an equal one, not always as the same.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sync_worker.sandbox.scratch import Links, Memory, Place, Records

Trail = list[
    Callable[[], object]
]  # what takes back the steps of the call under way, last step last
Lookup = Callable[[Any], Any]  # a record's key, or None where it cannot be found that way


class Record(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def updated(self) -> int: ...


R = TypeVar("R", bound=Record)


@dataclass(slots=True)
class Step:
    """One record put on a shelf; called, it is taken back."""

    shelf: Shelf[Any]
    before: Any
    after: Any

    def __call__(self) -> None:
        self.shelf.replace(self.after, self.before)


class Shelf(Generic[R]):
    """The records of one kind."""

    def __init__(
        self, trail: Trail, lookups: Mapping[str, Lookup], where: Place | None = None
    ) -> None:
        where = where or Memory()
        self._trail = trail
        self._records: Records[R] = where.records(pickle.dumps, pickle.loads)
        self._lookups = dict(lookups)
        self._index: dict[str, Links] = {name: where.links() for name in lookups}
        self._changes = where.order()

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        return iter(self._records.values())

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._records

    def __getitem__(self, record_id: str) -> R:
        """The record of an id that another record names, and that is therefore there."""
        return self._records[record_id]

    def get(self, record_id: str) -> R | None:
        return self._records.get(record_id)

    def put(self, record: R) -> None:
        """Add the record, or replace the one of its id."""
        before = self._records.get(record.id)
        self._trail.append(Step(self, before, record))
        self.replace(before, record)

    def find(self, lookup: str, key: Any) -> list[R]:
        """The records of that key, oldest first."""
        return [self._records[record_id] for record_id in self._index[lookup].ids(key)]

    def first(self, lookup: str, key: Any) -> R | None:
        ids = self._index[lookup].ids(key)
        return self._records[ids[0]] if ids else None

    def has(self, lookup: str, key: Any) -> bool:
        return key in self._index[lookup]

    def position(self, since: int) -> int:
        """How many records last changed before `since` (milliseconds)."""
        return self._changes.position(since)

    def changes(self, start: int, stop: int | None = None) -> list[R]:
        """The records from that position on, in the order they last changed."""
        return [self._records[record_id] for record_id in self._changes.ids(start, stop)]

    def replace(self, old: R | None, new: R | None) -> None:
        """Put `new` where `old` was, without a trace; None stands for nothing."""
        if old is not None:
            self._changes.drop(old.updated, old.id)
        if new is not None:
            self._records[new.id] = new
            self._changes.add(new.updated, new.id)
        elif old is not None:
            del self._records[old.id]
        for name, key_of in self._lookups.items():
            was = None if old is None else key_of(old)
            now = None if new is None else key_of(new)
            if was == now:
                continue
            if was is not None and old is not None:
                self._index[name].drop(was, old.id)
            if now is not None and new is not None:
                self._index[name].add(now, new.id)
