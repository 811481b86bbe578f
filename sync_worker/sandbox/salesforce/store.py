"""The rows themselves, with the indexes that keep every look-up short, and a journal that can take writes back.

Rows are never changed in place: a write puts a new dict in the old one's stead, so that taking back is putting the old
one again. Only values that are set are kept; a field that is not in the dict is null.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from sync_worker.sandbox.salesforce.ids import IdMint
from sync_worker.sandbox.salesforce.schema import Field, Schema, SObject
from sync_worker.sandbox.salesforce.values import Row, Value, key_of


class Table:
    """One object's rows: live ones, those in the recycle bin, and who hangs below whom."""

    def __init__(self, sobject: SObject) -> None:
        self.sobject = sobject
        self.live: dict[str, Row] = {}
        self.bin: dict[str, Row] = {}
        self.ids = IdMint(sobject.prefix)
        self.last_number = 0
        self.unique: dict[str, dict[Value, str]] = {
            each.name: {} for each in sobject.fields if each.unique
        }
        self.below: dict[str, dict[str, list[str]]] = self._empty_lookups()
        self.binned_below: dict[str, dict[str, list[str]]] = self._empty_lookups()
        self.unique_fields = [each for each in sobject.fields if each.unique]

    def get(self, record_id: str) -> Row | None:
        return self.live.get(record_id)

    def any(self, record_id: str) -> Row | None:
        """The row, be it live or in the recycle bin."""
        return self.live.get(record_id) or self.bin.get(record_id)

    def children(self, lookup: Field, parent_id: str) -> list[str]:
        """Ids of the live rows that point at the parent, oldest first."""
        return self.below[lookup.name].get(parent_id, [])

    def holder(self, field: Field, value: Value) -> str | None:
        """Which live row holds this value of a unique field."""
        return self.unique[field.name].get(key_of(field, value))

    def put(self, record_id: str, row: Row | None) -> None:
        """Replaces what stands under the id, in rows and indexes alike. A row marked IsDeleted goes to the bin."""
        before = self.live.pop(record_id, None) if row is None or row.get("IsDeleted") else None
        if before is None and row is not None and not row.get("IsDeleted"):
            self._reindex(record_id, self.live.get(record_id), row)
            self.live[record_id] = row
        elif before is not None:
            self._reindex(record_id, before, None)
        self._put_in_bin(record_id, row if row is not None and row.get("IsDeleted") else None)

    def _put_in_bin(self, record_id: str, row: Row | None) -> None:
        before = self.bin.pop(record_id, None) if self.bin else None
        if row is not None:
            self.bin[record_id] = row
        if before is not None or row is not None:
            _relink(self.binned_below, record_id, before, row)

    def _reindex(self, record_id: str, before: Row | None, after: Row | None) -> None:
        for field in self.unique_fields:
            old = before.get(field.name) if before else None
            new = after.get(field.name) if after else None
            if old != new:
                index = self.unique[field.name]
                if old is not None and index.get(key_of(field, old)) == record_id:
                    del index[key_of(field, old)]
                if new is not None:
                    index[key_of(field, new)] = record_id
        _relink(self.below, record_id, before, after)

    def _empty_lookups(self) -> dict[str, dict[str, list[str]]]:
        # Nobody asks for all rows of one user, and that list would hold the whole table.
        return {
            each.name: {}
            for each in self.sobject.fields
            if each.type == "reference" and each.reference_to != ("User",)
        }


class Store:
    """All tables of the org, and the journal of the request that is being worked on."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.tables = {name: Table(each) for name, each in schema.objects.items()}
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
            for record_id, row in (*old.live.items(), *old.bin.items()):
                table.put(record_id, {key: each for key, each in row.items() if key not in gone})
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

    def rows(self, sobject: SObject, ids: Iterable[str]) -> Iterator[Row]:
        live = self.table(sobject).live
        return (live[each] for each in ids if each in live)


def _relink(
    links: dict[str, dict[str, list[str]]], record_id: str, before: Row | None, after: Row | None
) -> None:
    for name, index in links.items():
        old = before.get(name) if before else None
        new = after.get(name) if after else None
        if old == new:
            continue
        if old is not None:
            siblings = index[old]
            del siblings[bisect_left(siblings, record_id)]
            if not siblings:
                del index[old]
        if new is not None:
            siblings = index.setdefault(new, [])
            if siblings and siblings[-1] > record_id:
                insort(siblings, record_id)
            else:
                siblings.append(record_id)
