"""Roll-up summaries: always recomputed from the live details, never counted up or down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

from sync_worker.sandbox.salesforce.formula_functions import Outside
from sync_worker.sandbox.salesforce.schema import (
    NUMBER_TYPES,
    Field,
    Rollup,
    Schema,
    SObject,
)
from sync_worker.sandbox.salesforce.soql.binding import Getter, own_value
from sync_worker.sandbox.salesforce.store import Store
from sync_worker.sandbox.salesforce.values import Row, Value


class Rollups:
    """The roll-ups of a schema, by the detail object that feeds them."""

    def __init__(self, schema: Schema, store: Store, outside: Outside) -> None:
        gathering = schema.rollups()
        self._of: dict[str, list[_Gatherer]] = {
            sobject.name: [
                _Gatherer(store, parent, field, rollup, sobject, outside)
                for parent, field, rollup in gathering.get(sobject.name.lower(), ())
            ]
            for sobject in schema.objects.values()
        }
        self._initial: dict[str, Row] = {}
        for gatherer in (each for many in self._of.values() for each in many):
            empty = gatherer.empty
            if empty is not None:
                self._initial.setdefault(gatherer.parent.name, {})[gatherer.field.name] = empty

    def initial(self, parent: SObject) -> Row:
        """What a new parent starts with: sums and counts are zero, the rest is null."""
        return self._initial.get(parent.name, {})

    def masters(self, detail: SObject, *versions: Row | None) -> list[tuple[SObject, str]]:
        """Which parents a change from one version of a detail to another can touch, each once."""
        found = {
            (gatherer.parent.name, row[gatherer.master]): gatherer.parent
            for gatherer in self._of[detail.name]
            for row in versions
            if row and gatherer.master in row
        }
        return [(parent, key[1]) for key, parent in found.items()]

    def parents(self, detail: SObject) -> list[SObject]:
        """Which objects gather that detail's rows, each once."""
        return list({each.parent.name: each.parent for each in self._of[detail.name]}.values())

    def recomputed(self, detail: SObject, parent: SObject, row: Row) -> dict[str, Value]:
        """The parent's roll-ups over that detail which have come out differently than they stand."""
        fresh = {
            gatherer.field.name: gatherer.gather(row["Id"])
            for gatherer in self._of[detail.name]
            if gatherer.parent is parent
        }
        return {name: value for name, value in fresh.items() if row.get(name) != value}


class _Gatherer:
    def __init__(
        self,
        store: Store,
        parent: SObject,
        field: Field,
        rollup: Rollup,
        detail: SObject,
        outside: Outside,
    ) -> None:
        self.parent = parent
        self.field = field
        self.empty = Decimal(0) if rollup.operation in ("sum", "count") else None
        self._table = store.table(detail)
        self._lookup = detail.known(rollup.master_field)
        self.master = self._lookup.name
        self._get = own_value(detail.known(rollup.summed_field or "Id"), outside)
        self._gather = _OPERATIONS[rollup.operation]
        self._tests = [_test(detail, *each, outside) for each in rollup.filters]

    def gather(self, parent_id: str) -> Value:
        rows = (self._table.live[each] for each in self._table.children(self._lookup, parent_id))
        counted = (row for row in rows if all(test(row) for test in self._tests))
        return self._gather(value for row in counted if (value := self._get(row)) is not None)


_OPERATIONS: dict[str, Callable[[Iterable[Value]], Value]] = {
    "sum": lambda values: sum(values, Decimal(0)),
    "count": lambda values: Decimal(sum(1 for _ in values)),
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
}
_FILTERS: dict[str, Callable[[Value, Value], bool]] = {
    "equals": lambda one, other: bool(one == other),
    "notEqual": lambda one, other: bool(one != other),
    "lessThan": lambda one, other: one is not None and bool(one < other),
    "lessOrEqual": lambda one, other: one is not None and bool(one <= other),
    "greaterThan": lambda one, other: one is not None and bool(one > other),
    "greaterOrEqual": lambda one, other: one is not None and bool(one >= other),
    "contains": lambda one, other: one is not None and str(other) in str(one),
    "startsWith": lambda one, other: one is not None and str(one).startswith(str(other)),
}


def _test(
    detail: SObject, name: str, operation: str, text: str, outside: Outside
) -> Callable[[Row], bool]:
    field = detail.known(name)
    get: Getter = own_value(field, outside)
    wanted, compare = _filter_value(field, text), _FILTERS[operation]
    return lambda row: compare(get(row), wanted)


def _filter_value(field: Field, text: str) -> Value:
    """Checkbox filters are written True or true, and 1 is seen as well."""
    if field.type == "boolean":
        return text.lower() in ("true", "1")
    if field.type in NUMBER_TYPES:
        try:
            return Decimal(text)
        except InvalidOperation:
            return None
    return text or None
