"""A query made ready to run: which rows, in which order, and how each is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from sync_worker.sandbox.salesforce import files
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.schema import SObject
from sync_worker.sandbox.salesforce.soql.aggregates import (
    Grouping,
    is_aggregate,
    is_bare_count,
)
from sync_worker.sandbox.salesforce.soql.binding import Column, Getter, Scope, World
from sync_worker.sandbox.salesforce.soql.filters import Filter, Values, compile_filter
from sync_worker.sandbox.salesforce.soql.selection import record_writer
from sync_worker.sandbox.salesforce.soql.semi_joins import refuse_misplaced
from sync_worker.sandbox.salesforce.soql.syntax import (
    All,
    Comparison,
    Condition,
    Path,
    Query,
    SoqlError,
)
from sync_worker.sandbox.salesforce.values import Row, Value

DEEPEST_SUB_SELECT = 5


class Plan:
    """A whole query. `ids` is the answer as a snapshot; `write` turns a row into JSON text for its page."""

    def __init__(self, query: Query, world: World, *, with_deleted: bool = False) -> None:
        self.query = query
        self.scope = Scope.of(world, query.source, query.alias, query.more_sources)
        _refuse_unbounded(self.scope.sobject, query.where)
        self._with_deleted = with_deleted
        self._filter = _filter(query, self.scope)
        self._sort = _Sort(query, self.scope)
        self.counts_only = is_bare_count(query)
        self.grouping: Grouping | None = None
        if not self.counts_only and is_aggregate(query):
            self.grouping = Grouping(query, self.scope, _values_of(world))
        elif not self.counts_only:
            self.write = record_writer(query, self.scope, self._children)

    def ids(self) -> list[str]:
        ids = self._sort.ids(self.matching())
        return ids[self.query.offset :][: self.query.limit]

    def matching(self) -> Iterable[Row]:
        table = self.scope.world.store.table(self.scope.sobject)
        if self._filter is None:
            return self._everything()
        if self._filter.ids is None or self._with_deleted:
            return filter(self._filter.test, self._everything())
        near = (table.get(each) for each in sorted(self._filter.ids))
        return filter(self._filter.test, (row for row in near if row is not None))

    def row(self, record_id: str) -> Row | None:
        """A row of the snapshot as it is now; None once it has been deleted."""
        table = self.scope.world.store.table(self.scope.sobject)
        return table.any(record_id) if self._with_deleted else table.get(record_id)

    def _everything(self) -> Iterable[Row]:
        table = self.scope.world.store.table(self.scope.sobject)
        return table.every(with_bin=self._with_deleted)

    def _children(self, query: Query, scope: Scope) -> ChildPlan:
        return ChildPlan(query, scope, with_deleted=self._with_deleted, depth=1)


class ChildPlan:
    """A sub-select: the same for the children of one parent at a time."""

    def __init__(self, query: Query, parents: Scope, *, with_deleted: bool, depth: int) -> None:
        if depth > DEEPEST_SUB_SELECT - 1:
            raise SoqlError("SOQL relationship queries cannot be more than 5 levels deep", query.at)
        self.query = query
        self.sobject, self.lookup = parents.below(query.source)
        aliases: dict[str, tuple[str, ...]] = {query.source.parts[-1].lower(): ()}
        if query.alias:
            aliases[query.alias.lower()] = ()
        self.scope = Scope(parents.world, self.sobject, aliases)
        self._with_deleted = with_deleted
        self._depth = depth
        self._filter = _filter(query, self.scope)
        self._sort = _Sort(query, self.scope)
        if is_aggregate(query):
            raise SoqlError("Aggregate expressions are not allowed in a sub-select", query.at)
        self.write = record_writer(query, self.scope, self._children)

    def rows_below(self, parent_id: str) -> Sequence[Row]:
        table = self.scope.world.store.table(self.sobject)
        rows = [table.live[each] for each in table.children(self.lookup, parent_id)]
        if self._with_deleted and table.bin:
            gone = table.binned_children(self.lookup, parent_id)
            rows = sorted([*rows, *(table.bin[each] for each in gone)], key=lambda row: row["Id"])
        if self._filter is not None:
            rows = [row for row in rows if self._filter.test(row)]
        if self._sort.wanted:
            by_id = {row["Id"]: row for row in rows}
            rows = [by_id[each] for each in self._sort.ids(rows)]
        return rows[self.query.offset :][: self.query.limit]

    def row(self, record_id: str) -> Row | None:
        table = self.scope.world.store.table(self.sobject)
        return table.any(record_id) if self._with_deleted else table.get(record_id)

    def _children(self, query: Query, scope: Scope) -> ChildPlan:
        return ChildPlan(query, scope, with_deleted=self._with_deleted, depth=self._depth + 1)


class _Sort:
    """ORDER BY, the last key first so that equal rows keep the order of the keys before it."""

    def __init__(self, query: Query, scope: Scope) -> None:
        self._keys = (
            []
            if is_aggregate(query) or is_bare_count(query)
            else [
                (*scope.read(each.by), each.descending, each.nulls_last) for each in query.order_by
            ]
        )
        for (column, *_), order in zip(self._keys, query.order_by, strict=False):
            if not column.field.filterable:
                raise SoqlError(
                    f"field '{column.field.name}' can not be sorted in a query call", order.by.at
                )

    @property
    def wanted(self) -> bool:
        return bool(self._keys)

    def ids(self, rows: Iterable[Row]) -> list[str]:
        """Of each row no more than its keys is kept, so that a million of them can be sorted."""
        if not self._keys:
            return [row["Id"] for row in rows]
        keys = [_order_key(column, get) for column, get, _, _ in self._keys]
        result = [(row["Id"], *(key(row) for key in keys)) for row in rows]
        for at, (_, _, descending, nulls_last) in reversed([*enumerate(self._keys, 1)]):
            filled = [each for each in result if each[at] is not None]
            empty = [each for each in result if each[at] is None]
            filled.sort(key=itemgetter(at), reverse=descending)
            result = [*filled, *empty] if nulls_last else [*empty, *filled]
        return [each[0] for each in result]


def _order_key(column: Column, get: Getter) -> Getter:
    """Text sorts without its case, a picklist in the order of its values."""
    places = {each.name: f"{place:05}" for place, each in enumerate(column.field.picklist)}

    def key(row: Row) -> Value:
        value = get(row)
        if value is not None and places:
            return places.get(value, f"~{value}")
        return value.lower() if isinstance(value, str) else value

    return key


def _filter(query: Query, scope: Scope) -> Filter | None:
    if query.where is None:
        return None
    refuse_misplaced(query.where, nested=False)
    return compile_filter(query.where, scope, _values_of(scope.world))


def _values_of(world: World) -> Values:
    """Runs the query inside a semi-join: one column of one object."""

    def run(query: Query) -> tuple[Scope, Column, Iterable[Value]]:
        if len(query.select) != 1 or not isinstance(query.select[0].what, Path):
            raise SoqlError("Semi join sub-selects can only query one field", query.at)
        if query.where:
            refuse_misplaced(query.where, nested=True)
        plan = Plan(query, world)
        column = plan.scope.column(query.select[0].what)
        return plan.scope, column, (column.get(row) for row in plan.matching())

    return run


def _refuse_unbounded(sobject: SObject, where: Condition | None) -> None:
    """Links of files are found by what they lead to or from, never all at once. Raises Refused.

    In the platform's words, as users of several Apex packages quote them in public.
    """
    if sobject.name == files.LINK and not _bounded(where):
        raise Refused(
            "MALFORMED_QUERY",
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or"
            " LinkedEntityId using the equals operator or multiple Id's using the IN operator.",
        )


def _bounded(where: Condition | None) -> bool:
    if isinstance(where, All):
        return any(_bounded(part) for part in where.parts)
    if not isinstance(where, Comparison) or not isinstance(where.left, Path):
        return False
    return where.operator in ("=", "IN") and where.left.parts[-1].lower() in _BOUNDS


_BOUNDS = frozenset({"id", "contentdocumentid", "linkedentityid"})
