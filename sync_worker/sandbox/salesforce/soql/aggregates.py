"""COUNT, SUM, AVG, MIN and MAX, with GROUP BY and HAVING."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from sync_worker.sandbox.salesforce.schema import NUMBER_TYPES, Field
from sync_worker.sandbox.salesforce.soql.binding import Column, Getter, Scope
from sync_worker.sandbox.salesforce.soql.filters import Values, compile_filter
from sync_worker.sandbox.salesforce.soql.syntax import (
    All,
    Any,
    Call,
    Comparison,
    Condition,
    Expression,
    FieldGroup,
    Literal,
    Not,
    Path,
    Query,
    SoqlError,
    TypeOf,
)
from sync_worker.sandbox.salesforce.values import Row, Value, write_json

FUNCTIONS = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})


class Group(list[Row]):
    """Rows with the same values in the fields that are `kept`; a subtotal keeps fewer than all."""

    def __init__(self, rows: Iterable[Row], kept: frozenset[str]) -> None:
        super().__init__(rows)
        self.kept = kept


Measure = Callable[[Group], Value]


def is_aggregate(query: Query) -> bool:
    return bool(query.group_by) or any(
        isinstance(each.what, Call) and each.what.function in FUNCTIONS for each in query.select
    )


def is_bare_count(query: Query) -> bool:
    """SELECT COUNT() FROM X answers a total and no records."""
    first = query.select[0].what
    return isinstance(first, Call) and first.function == "COUNT" and first.argument is None


@dataclass(frozen=True, slots=True)
class Measured:
    """One column of an aggregate query. Two with the same expression share its text."""

    name: str
    of: Measure
    column: Column | None


class Grouping:
    """An aggregate query made ready: rows in, one result per group out, already as JSON text."""

    def __init__(self, query: Query, scope: Scope, values_of: Values) -> None:
        self._query = query
        self._scope = scope
        self._grouped = {_text(each): self._key(each) for each in query.group_by}
        self.columns = self._columns()
        self._order = [(each, self._ordered(each.by)) for each in query.order_by]
        self._having = self._condition(query.having) if query.having else None

    def _key(self, expression: Expression) -> Getter:
        column, get = self._scope.read(expression)
        if isinstance(expression, Path) and not column.field.groupable:
            raise SoqlError(
                f"field '{column.field.name}' can not be grouped in a query call", expression.at
            )
        return get

    def results(self, rows: Iterable[Row]) -> list[str]:
        groups = [group for group in self._groups(rows) if not self._having or self._having(group)]
        for order, measure in reversed(self._order):
            groups.sort(key=lambda group: _sortable(measure(group)), reverse=order.descending)
            if order.nulls_last != order.descending:
                groups.sort(key=lambda group: (measure(group) is None) == order.nulls_last)
        start = self._query.offset
        stop = None if self._query.limit is None else start + self._query.limit
        return [self._write(group) for group in groups[start:stop]]

    def _groups(self, rows: Iterable[Row]) -> list[Group]:
        every, keys = list(rows), tuple(self._grouped)
        if not keys:
            return [Group(every, frozenset())]
        return [group for kept in self._kept_together(keys) for group in self._by(kept, every)]

    def _kept_together(self, keys: tuple[str, ...]) -> list[tuple[str, ...]]:
        """ROLLUP drops fields from the right, CUBE keeps every choice of them."""
        sizes = range(len(keys), -1, -1)
        if self._query.subtotals == "ROLLUP":
            return [keys[:size] for size in sizes]
        if self._query.subtotals == "CUBE":
            return [kept for size in sizes for kept in combinations(keys, size)]
        return [keys]

    def _by(self, kept: tuple[str, ...], rows: list[Row]) -> list[Group]:
        found: dict[tuple[Value, ...], Group] = {}
        getters = [self._grouped[each] for each in kept]
        for row in rows:
            key = tuple(_folded(get(row)) for get in getters)
            found.setdefault(key, Group((), frozenset(kept))).append(row)
        return sorted(
            found.values(), key=lambda group: tuple(_sortable(get(group[0])) for get in getters)
        )

    def _columns(self) -> list[Measured]:
        found: list[Measured] = []
        unnamed = 0
        for selected in self._query.select:
            what = selected.what
            if isinstance(what, (Query, FieldGroup, TypeOf)):
                raise SoqlError(
                    "Grouped query cannot use child relationships in the SELECT list", selected.at
                )
            name = selected.alias
            if name is None and isinstance(what, Path):
                name = self._scope.column(what).field.name
            if name is None:
                name, unnamed = f"expr{unnamed}", unnamed + 1
            if any(each.name.lower() == name.lower() for each in found):
                raise SoqlError(f"duplicate alias: {name}", selected.at)
            column = self._column_of(what)
            found.append(Measured(name, self._measure(what), column))
        return found

    def _column_of(self, expression: Expression) -> Column | None:
        path = expression if isinstance(expression, Path) else expression.argument
        return self._scope.column(path) if path else None

    def _measure(self, expression: Expression) -> Measure:
        if isinstance(expression, Call) and expression.function in FUNCTIONS:
            return self._aggregate(expression)
        if isinstance(expression, Call) and expression.function == "GROUPING":
            return self._rolled_away(expression)
        get = self._grouped.get(_text(expression))
        if get is None:
            alias = _text(expression)
            for selected in self._query.select:
                if (
                    selected.alias
                    and selected.alias.lower() == alias
                    and not isinstance(selected.what, (Query, FieldGroup, TypeOf))
                ):
                    return self._measure(selected.what)
            raise SoqlError(
                f"Field must be grouped or aggregated: {self._named(expression)}", expression.at
            )
        name = _text(expression)
        return lambda group: get(group[0]) if group and name in group.kept else None

    def _ordered(self, expression: Expression) -> Measure:
        try:
            return self._measure(expression)
        except SoqlError as problem:
            # The platform tells the two clauses apart.
            problem.message = problem.message.replace("Field must be", "Ordered field must be")
            raise

    def _rolled_away(self, call: Call) -> Measure:
        """GROUPING(field): 1 where a subtotal runs over the field, else 0."""
        name = call.argument.text.lower() if call.argument else ""
        if name not in self._grouped or not self._query.subtotals:
            raise SoqlError(f"Field must be in a ROLLUP or CUBE: {name}", call.at)
        return lambda group: int(name not in group.kept)

    def _named(self, expression: Expression) -> str:
        path = expression if isinstance(expression, Path) else expression.argument
        return self._scope.column(path).field.name if path else "COUNT"

    def _aggregate(self, call: Call) -> Measure:
        if call.argument is None:
            return len
        column = self._scope.column(call.argument)
        _check(call, column.field)
        get, gather = column.get, _GATHER[call.function]
        return lambda group: gather([value for row in group if (value := get(row)) is not None])

    def _condition(self, condition: Condition) -> Callable[[Group], bool]:
        if isinstance(condition, Not):
            inner = self._condition(condition.inner)
            return lambda group: not inner(group)
        if isinstance(condition, (All, Any)):
            parts = [self._condition(part) for part in condition.parts]
            holds = all if isinstance(condition, All) else any
            return lambda group: holds(part(group) for part in parts)
        if isinstance(condition.left, Path) and _text(condition.left) in self._grouped:
            test = compile_filter(condition, self._scope, _no_semi_join).test
            return lambda group: test(group[0])
        return self._compared(condition)

    def _compared(self, comparison: Comparison) -> Callable[[Group], bool]:
        measure, right = self._measure(comparison.left), comparison.right
        if comparison.operator not in _COMPARE or not isinstance(right, Literal):
            raise SoqlError("unexpected token in HAVING", comparison.at)
        compare, value = _COMPARE[comparison.operator], right.value
        return lambda group: (found := measure(group)) is not None and compare(found, value)

    def _write(self, group: Group) -> str:
        cells = "".join(f',"{each.name}":{write_json(each.of(group))}' for each in self.columns)
        return f'{{"attributes":{{"type":"AggregateResult"}}{cells}}}'


_GATHER: dict[str, Callable[[list[Value]], Value]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len({_folded(value) for value in values}),
    "SUM": lambda values: sum(values, Decimal(0)) if values else None,
    "AVG": lambda values: sum(values, Decimal(0)) / len(values) if values else None,
    "MIN": lambda values: min(values, default=None),
    "MAX": lambda values: max(values, default=None),
}
_COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "=": lambda one, other: bool(one == other),
    "!=": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


def _check(call: Call, field: Field) -> None:
    summed = call.function in ("SUM", "AVG")
    if not field.aggregatable or (summed and field.type not in NUMBER_TYPES):
        raise SoqlError(
            f"field {field.name} does not support aggregate operator {call.function}", call.at
        )


def _no_semi_join(query: Query) -> tuple[Scope, Column, list[Value]]:
    raise SoqlError("semi-joins are not allowed in HAVING", query.at)


def _text(expression: Expression) -> str:
    if isinstance(expression, Path):
        return expression.text.lower()
    argument = expression.argument.text.lower() if expression.argument else ""
    return f"{expression.function}({argument})"


def _folded(value: Value) -> Value:
    return value.lower() if isinstance(value, str) else value


def _sortable(value: Value) -> tuple[bool, Value]:
    return (value is not None, _folded(value) if value is not None else 0)
