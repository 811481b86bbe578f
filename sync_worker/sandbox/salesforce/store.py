"""The rows themselves, with the indexes that keep every look-up short, and a journal that can take writes back.

Rows are never changed in place: a write puts a new dict in the old one's stead, so that taking back is putting the old
one again. Only values that are set are kept; a field that is not in the dict is null. Where they lie, in memory or in a
file, is `sandbox.scratch`'s affair; the recycle bin is small and always in memory.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import chain
from pathlib import Path

from sync_worker.sandbox.salesforce.ids import IdMint
from sync_worker.sandbox.salesforce.schema import NUMBER_TYPES, Field, Schema, SObject
from sync_worker.sandbox.salesforce.values import Row, Value, key_of
from sync_worker.sandbox.scratch import Links, Memory, Place, Records, place


class Table:
    """One object's rows: live ones, those in the recycle bin, and who hangs below whom."""

    def __init__(self, sobject: SObject, where: Place) -> None:
        self.sobject = sobject
        self.live: Records[Row] = where.records(*_packing(sobject))
        self.bin: dict[str, Row] = {}
        self.ids = IdMint(sobject.prefix)
        self.last_number = 0
        self.unique_fields = [each for each in sobject.fields if each.unique]
        self.unique: Mapping[str, Links] = {each.name: where.links() for each in self.unique_fields}
        # Nobody asks for all rows of one user, and that list would hold the whole table.
        lookups = [
            each.name
            for each in sobject.fields
            if each.type == "reference" and each.reference_to != ("User",)
        ]
        self.below: Mapping[str, Links] = {name: where.links() for name in lookups}
        self._binned_below: Mapping[str, Links] = {name: Memory().links() for name in lookups}

    def get(self, record_id: str) -> Row | None:
        return self.live.get(record_id)

    def any(self, record_id: str) -> Row | None:
        """The row, be it live or in the recycle bin."""
        return self.live.get(record_id) or self.bin.get(record_id)

    def every(self, *, with_bin: bool = False) -> Iterable[Row]:
        """All live rows, oldest first; with those of the recycle bin in their places, if wanted."""
        if not with_bin or not self.bin:
            return self.live.values()
        return sorted(chain(self.live.values(), self.bin.values()), key=lambda row: str(row["Id"]))

    def children(self, lookup: Field, parent_id: str) -> list[str]:
        """Ids of the live rows that point at the parent, oldest first."""
        return sorted(self.below[lookup.name].ids(parent_id))

    def binned_children(self, lookup: Field, parent_id: str) -> list[str]:
        """The same of those in the recycle bin."""
        return sorted(self._binned_below[lookup.name].ids(parent_id))

    def holder(self, field: Field, value: Value) -> str | None:
        """Which live row holds this value of a unique field."""
        return next(iter(self.unique[field.name].ids(key_of(field, value))), None)

    def put(self, record_id: str, row: Row | None) -> None:
        """Replaces what stands under the id, in rows and indexes alike. A row marked IsDeleted goes to the bin."""
        before, gone = self.live.get(record_id), row is not None and row.get("IsDeleted")
        if row is not None and not gone:
            self._reindex(record_id, before, row)
            self.live[record_id] = row
        elif before is not None:
            del self.live[record_id]
            self._reindex(record_id, before, None)
        self._put_in_bin(record_id, row if gone else None)

    def _put_in_bin(self, record_id: str, row: Row | None) -> None:
        before = self.bin.pop(record_id, None) if self.bin else None
        if row is not None:
            self.bin[record_id] = row
        if before is not None or row is not None:
            _relink(self._binned_below, record_id, before, row)

    def _reindex(self, record_id: str, before: Row | None, after: Row | None) -> None:
        for field in self.unique_fields:
            old = before.get(field.name) if before else None
            new = after.get(field.name) if after else None
            if old != new:
                index = self.unique[field.name]
                if old is not None:
                    index.drop(key_of(field, old), record_id)
                if new is not None:
                    index.add(key_of(field, new), record_id)
        _relink(self.below, record_id, before, after)


class Store:
    """All tables of the org, and the journal of the request that is being worked on.

    `folder`: where a file holds the rows that would else be in memory.
    """

    def __init__(self, schema: Schema, folder: Path | None = None) -> None:
        self.schema = schema
        where = place(folder)
        self.tables = {name: Table(each, where) for name, each in schema.objects.items()}
        self._journal: list[tuple[Table, str, Row | None]] = []

    def table(self, sobject: SObject) -> Table:
        return self.tables[sobject.name.lower()]

    def take_over(self, before: Store) -> None:
        """The rows of an org whose schema has changed. Values of fields that are no more are dropped."""
        for name, table in self.tables.items():
            old = before.tables.get(name)
            if old is None:
                continue
            gone = {each.name for each in old.sobject.fields}
            gone -= {each.name for each in table.sobject.fields}
            for row in chain(old.live.values(), old.bin.values()):
                kept = {key: each for key, each in row.items() if key not in gone}
                table.put(row["Id"], kept)
            table.ids, table.last_number = old.ids, old.last_number

    def put(self, table: Table, record_id: str, row: Row | None) -> None:
        self._journal.append((table, record_id, table.any(record_id)))
        table.put(record_id, row)

    def mark(self) -> int:
        """A point that `take_back` can return to."""
        return len(self._journal)

    def take_back(self, mark: int) -> None:
        while len(self._journal) > mark:
            table, record_id, before = self._journal.pop()
            table.put(record_id, before)

    def settle(self) -> None:
        """What was written stays written."""
        self._journal.clear()

    def parent(self, lookup: Field, row: Row) -> tuple[SObject, Row] | None:
        parent_id = row.get(lookup.name)
        if parent_id is None:
            return None
        sobject = self.schema.of_id(parent_id)
        found = self.table(sobject).any(parent_id) if sobject else None
        return (sobject, found) if sobject and found else None


def _relink(
    links: Mapping[str, Links], record_id: str, before: Row | None, after: Row | None
) -> None:
    for name, index in links.items():
        old = before.get(name) if before else None
        new = after.get(name) if after else None
        if old == new:
            continue
        if old is not None:
            index.drop(old, record_id)
        if new is not None:
            index.add(new, record_id)


def _packing(sobject: SObject) -> tuple[Callable[[Row], bytes], Callable[[bytes], Row]]:
    """A row as the list of its values, and back; numbers go as text."""
    names = [each.name for each in sobject.fields]
    numbers = [at for at, each in enumerate(sobject.fields) if each.type in NUMBER_TYPES]

    def pack(row: Row) -> bytes:
        values = [*map(row.get, names)]
        for at in numbers:
            if values[at] is not None:
                values[at] = str(values[at])
        return marshal.dumps(values)

    def unpack(packed: bytes) -> Row:
        values: list[Value] = marshal.loads(packed)  # noqa: S302 - we wrote it ourselves
        for at in numbers:
            if values[at] is not None:
                values[at] = Decimal(values[at])
        return {name: each for name, each in zip(names, values, strict=True) if each is not None}

    return pack, unpack
