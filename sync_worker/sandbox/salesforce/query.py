"""The query resources: running SOQL, handing out pages, and the locators that lead to the next one."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.answers import to_json
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.ids import IdMint
from sync_worker.sandbox.salesforce.schema import NUMBER_TYPES, TEXT_TYPES, Field
from sync_worker.sandbox.salesforce.soql.aggregates import Grouping
from sync_worker.sandbox.salesforce.soql.binding import World
from sync_worker.sandbox.salesforce.soql.parser import parse
from sync_worker.sandbox.salesforce.soql.plan import ChildPlan, Plan
from sync_worker.sandbox.salesforce.soql.selection import Children, columns_of_group
from sync_worker.sandbox.salesforce.soql.syntax import (
    Call,
    FieldGroup,
    Path,
    Query,
    SoqlError,
    TypeOf,
)
from sync_worker.sandbox.salesforce.values import Row

LOCATOR_LIFE = timedelta(days=2)
MOST_LOCATORS = 20_000
SMALLEST_PAGE, LARGEST_PAGE = 200, 2000


def parsed_query(text: str) -> Query:
    """Raises Refused with the platform's arrow under the fault."""
    try:
        return parse(text)
    except SoqlError as problem:
        raise problem.refusal(text) from None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The answer of a query as it was: ids only. Rows are read when their page is asked for."""

    plan: Plan | Children
    ids: list[str]
    opened: datetime
    page_size: int


class Queries:
    """`page_size` caps what a client may ask for, so that tests can make small pages; children count towards a page."""

    def __init__(self, world: World, clock: Clock, page_size: int, child_page_size: int) -> None:
        self._world = world
        self._clock = clock
        self._page_size = page_size
        self.child_page_size = child_page_size
        self._cursors: OrderedDict[str, Cursor] = OrderedDict()
        self._ids = IdMint("01g")

    def run(self, text: str, base: str, batch: int | None, *, with_deleted: bool = False) -> str:
        """The first page as JSON text. Raises Refused with the platform's arrow under the fault."""
        try:
            plan = Plan(parse(text), self._world, with_deleted=with_deleted)
            if plan.counts_only:
                return to_json({"totalSize": len(plan.ids()), "done": True, "records": []})
            if plan.grouping:
                return _finished(_grouped(plan.grouping, plan))
        except SoqlError as problem:
            raise problem.refusal(text) from None
        cursor = Cursor(plan, plan.ids(), self._clock.now(), self._page_size)
        return self._page(cursor, None, 0, base, batch)

    def plan(self, text: str, *, with_deleted: bool = False) -> Plan:
        """The query made ready to run. Raises Refused."""
        try:
            return Plan(parse(text), self._world, with_deleted=with_deleted)
        except SoqlError as problem:
            raise problem.refusal(text) from None

    def more(self, locator: str, base: str, batch: int | None) -> str:
        """The page that a nextRecordsUrl leads to."""
        name, _, offset = locator.rpartition("-")
        cursor = self._cursors.get(name)
        if cursor is None or not offset.isdigit() or int(offset) > len(cursor.ids):
            raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
        if self._clock.now() - cursor.opened > LOCATOR_LIFE:
            raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, name, int(offset), base, batch)

    def columns(self, text: str) -> str:
        """What `columns=true` answers: the query's columns instead of its rows."""
        try:
            plan = Plan(parse(text), self._world)
            described = [] if plan.counts_only else _described(plan)
        except SoqlError as problem:
            raise problem.refusal(text) from None
        return to_json(
            {
                "columnMetadata": described,
                "entityName": plan.scope.sobject.name,
                "groupBy": bool(plan.query.group_by),
                "idSelected": any(each["columnName"] == "Id" for each in described),
                "keyPrefix": plan.scope.sobject.prefix,
            }
        )

    def forget(self) -> None:
        self._cursors.clear()
        self._ids = IdMint("01g")

    def _page(
        self, cursor: Cursor, name: str | None, offset: int, base: str, batch: int | None
    ) -> str:
        """Rows until the page is full. Child rows fill it as well, as they do on the platform."""
        asked = min(max(batch or LARGEST_PAGE, SMALLEST_PAGE), LARGEST_PAGE)
        size = min(asked, cursor.page_size)
        page = _Page(self, base, cursor.opened)
        records: list[str] = []
        at = offset
        while at < len(cursor.ids) and len(records) + page.children_written < size:
            row = cursor.plan.row(cursor.ids[at])
            at += 1
            if row is not None:
                records.append(cursor.plan.write(row, page))
        if at >= len(cursor.ids):
            return _finished(records, len(cursor.ids))
        next_url = f"{base}/query/{name or self.open(cursor)}-{at}"
        return _unfinished(records, len(cursor.ids), next_url)

    def open(self, cursor: Cursor) -> str:
        name = self._ids.next()
        self._cursors[name] = cursor
        if len(self._cursors) > MOST_LOCATORS:
            self._cursors.popitem(last=False)
        return name


class _Page:
    """The page being written: writes sub-selects, counts their rows and opens their locators."""

    def __init__(self, queries: Queries, base: str, opened: datetime) -> None:
        self.base = base
        self.children_written = 0
        self._queries = queries
        self._opened = opened

    def children(self, plan: Children, row: Row) -> str:
        rows = plan.rows_below(row["Id"])
        if not rows:
            return "null"
        size = self._queries.child_page_size
        records = [plan.write(each, self) for each in rows[:size]]
        self.children_written += len(records)
        if len(rows) <= size:
            return _finished(records)
        name = self._queries.open(Cursor(plan, [each["Id"] for each in rows], self._opened, size))
        return _unfinished(records, len(rows), f"{self.base}/query/{name}-{size}")


def _grouped(grouping: Grouping, plan: Plan) -> list[str]:
    results = grouping.results(plan.matching())
    if len(results) > LARGEST_PAGE:
        raise Refused(
            "EXCEEDED_ID_LIMIT",
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
        )
    return results


def _finished(records: list[str], total: int | None = None) -> str:
    size = len(records) if total is None else total
    return f'{{"totalSize":{size},"done":true,"records":[{",".join(records)}]}}'


def _unfinished(records: list[str], total: int, next_url: str) -> str:
    return (
        f'{{"totalSize":{total},"done":false,"nextRecordsUrl":"{next_url}",'
        f'"records":[{",".join(records)}]}}'
    )


def _described(plan: Plan | ChildPlan) -> list[dict[str, object]]:
    grouping = plan.grouping if isinstance(plan, Plan) else None
    if grouping:
        return [
            _column(each.name, each.column.field if each.column else None, aggregate=True)
            for each in grouping.columns
        ]
    return [column for each in plan.query.select for column in _selected(plan, each.what)]


def _selected(
    plan: Plan | ChildPlan, what: Path | Call | FieldGroup | TypeOf | Query
) -> list[dict[str, object]]:
    scope = plan.scope
    if isinstance(what, FieldGroup):
        return [
            _column(each.name, each) for each in columns_of_group(what, scope, plan.query.limit)
        ]
    if isinstance(what, Query):
        inner = ChildPlan(what, scope, with_deleted=False, depth=1)
        return [_column(inner.lookup.children_name or "", None, _described(inner), aggregate=True)]
    if isinstance(what, TypeOf):
        return [_column(scope.parent(what.relationship).relationship or "", None)]
    path = what if isinstance(what, Path) else what.argument
    if path is None:
        return []
    column = scope.column(path)
    described = _column(column.field.name, column.field)
    for lookup in reversed(column.climbs):
        described = _column(lookup.relationship or "", None, [described])
    return [described]


def _column(
    name: str,
    field: Field | None,
    joined: list[dict[str, object]] | None = None,
    *,
    aggregate: bool = False,
) -> dict[str, object]:
    kind = field.type if field else ""
    return {
        "aggregate": aggregate,
        "apexType": _APEX.get(kind, "String") if field else None,
        "booleanType": kind == "boolean",
        "columnName": name,
        "custom": bool(field and field.custom),
        "displayName": name,
        "foreignKeyName": field.relationship if field else None,
        "insertable": bool(field and field.createable),
        "joinColumns": joined or [],
        "numberType": kind in NUMBER_TYPES,
        "textType": kind in TEXT_TYPES,
        "updatable": bool(field and field.updateable),
    }


_APEX = {
    "id": "Id",
    "reference": "Id",
    "boolean": "Boolean",
    "date": "Date",
    "datetime": "Datetime",
    **dict.fromkeys(NUMBER_TYPES, "Decimal"),
}
