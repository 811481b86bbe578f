"""SELECT: each record is written straight to JSON text by pieces made once per query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sync_worker.sandbox.salesforce import files
from sync_worker.sandbox.salesforce.schema import Field, SObject
from sync_worker.sandbox.salesforce.soql.binding import Column, Getter, Scope, own_value
from sync_worker.sandbox.salesforce.soql.syntax import (
    Call,
    FieldGroup,
    Path,
    Query,
    Selected,
    SoqlError,
    TypeOf,
)
from sync_worker.sandbox.salesforce.store import Store
from sync_worker.sandbox.salesforce.values import Row, Value, write_json, writer_for

Writer = Callable[[Row, "Page"], str]


class Children(Protocol):
    """A sub-select: which rows stand below a parent, and how each of them is written."""

    def rows_below(self, parent_id: str) -> Sequence[Row]: ...

    def row(self, record_id: str) -> Row | None: ...

    @property
    def write(self) -> Writer: ...


class Page(Protocol):
    """The page that is being written: where links point, and how sub-selects are counted and cut."""

    base: str

    def children(self, plan: Children, row: Row) -> str: ...


Compile = Callable[[Query, Scope], Children]


@dataclass(slots=True)
class Shape:
    """One level of a record: fields and sub-selects by name, and parents with shapes of their own."""

    sobject: SObject
    lookup: Field | None = None
    pieces: dict[str, Writer | Shape] = field(default_factory=dict)
    parents: dict[str, Shape] = field(default_factory=dict)

    def parent(self, lookup: Field, sobject: SObject) -> Shape:
        known = self.parents.get(lookup.name)
        if known is None:
            known = self.parents[lookup.name] = Shape(sobject, lookup)
            self.pieces[lookup.relationship or lookup.name] = known
        return known


def record_writer(query: Query, scope: Scope, compile_children: Compile) -> Writer:
    shape = Shape(scope.sobject)
    for selected in query.select:
        _add(shape, selected, scope, compile_children, query)
    return _writer(shape, scope.world.store)


def columns_of_group(group: FieldGroup, scope: Scope, limit: int | None) -> list[Field]:
    """The fields of FIELDS(...), which the API bounds by a LIMIT unless only standard fields are asked for."""
    tests: dict[str, Callable[[Field], bool]] = {
        "ALL": lambda each: True,
        "STANDARD": lambda each: not each.custom,
        "CUSTOM": lambda each: each.custom,
    }
    if group.group != "STANDARD" and (limit is None or limit > 200):
        raise SoqlError("The SOQL FIELDS function must have a LIMIT of at most 200", group.at)
    visible = scope.world.access.may_read
    return [
        each
        for each in scope.sobject.fields
        if tests[group.group](each) and visible(scope.sobject, each)
    ]


def _add(
    shape: Shape, selected: Selected, scope: Scope, compile_children: Compile, query: Query
) -> None:
    what = selected.what
    if isinstance(what, Query):
        plan = compile_children(what, scope)
        _, lookup = scope.below(what.source)
        _put(
            shape,
            lookup.children_name or "",
            lambda row, page: page.children(plan, row),
            selected.at,
        )
    elif isinstance(what, FieldGroup):
        for each in columns_of_group(what, scope, query.limit):
            _put(shape, each.name, _own(each, own_value(each, scope.world.outside)), selected.at)
    elif isinstance(what, TypeOf):
        lookup, write = _by_type(what, scope, compile_children, query)
        _put(shape, lookup.relationship or "", write, selected.at)
    elif isinstance(what, Path):
        _add_column(shape, scope.column(what), selected, scope)
    else:
        _add_call(shape, what, selected, scope)


def _by_type(
    what: TypeOf, scope: Scope, compile_children: Compile, query: Query
) -> tuple[Field, Writer]:
    """The parent written by the branch of its object; null where no branch is its own."""
    lookup = scope.parent(what.relationship)
    store, writers = scope.world.store, dict[str, Writer]()
    named = dict(what.branches)
    for target in lookup.reference_to:
        fields = next((named[each] for each in named if each.lower() == target.lower()), None)
        fields = fields or what.otherwise
        if fields:
            select = tuple(Selected(path, None, path.at) for path in fields)
            inner = Scope(scope.world, scope.world.schema.get(target), {})
            writers[target] = record_writer(replace(query, select=select), inner, compile_children)

    def write(row: Row, page: Page) -> str:
        found = store.parent(lookup, row)
        writer = writers.get(found[0].name) if found else None
        return writer(found[1], page) if found and writer else "null"

    return lookup, write


def _add_column(shape: Shape, column: Column, selected: Selected, scope: Scope) -> None:
    for lookup in column.climbs:
        parent = scope.world.schema.get(lookup.reference_to[0])
        shape = shape.parent(lookup, parent)
    if selected.alias:
        raise SoqlError("only aggregate expressions use field aliasing", selected.at)
    _put(
        shape,
        column.field.name,
        _own(column.field, own_value(column.field, scope.world.outside)),
        selected.at,
    )


def _add_call(shape: Shape, call: Call, selected: Selected, scope: Scope) -> None:
    if call.argument is None or call.function not in ("TOLABEL", "FORMAT"):
        raise SoqlError(f"unexpected token: '{call.function}'", call.at)
    column = scope.column(call.argument)
    labels = {each.name: each.label for each in column.field.picklist}
    get = column.get

    def write(row: Row, page: Page) -> str:
        value = get(row)
        return write_json(labels.get(value, value) if isinstance(value, str) else value)

    _put(shape, selected.alias or column.field.name, write, selected.at)


def _put(shape: Shape, name: str, writer: Writer, at: int) -> None:
    if name in shape.pieces:
        raise SoqlError(f"duplicate field selected: {name}", at, "INVALID_FIELD")
    shape.pieces[name] = writer


def _own(each: Field, get: Getter) -> Writer:
    if each.type == "base64":
        return lambda row, page: write_json(files.address(page.base, row))
    write: Callable[[Value], str] = writer_for(each)
    return lambda row, page: write(get(row))


def _writer(shape: Shape, store: Store) -> Writer:
    name = shape.sobject.name
    pieces = [
        (f',"{key}":', _parent_writer(piece, store) if isinstance(piece, Shape) else piece)
        for key, piece in shape.pieces.items()
    ]

    def write(row: Row, page: Page) -> str:
        parts = [
            f'{{"attributes":{{"type":"{name}","url":"{page.base}/sobjects/{name}/{row["Id"]}"}}'
        ]
        for key, piece in pieces:
            parts.append(key)
            parts.append(piece(row, page))
        parts.append("}")
        return "".join(parts)

    return write


def _parent_writer(shape: Shape, store: Store) -> Writer:
    write = _writer(shape, store)
    lookup = shape.lookup

    def climb(row: Row, page: Page) -> str:
        found = store.parent(lookup, row) if lookup else None
        return write(found[1], page) if found else "null"

    return climb
