"""WHERE: conditions become tests of a row and, where an index helps, the short list of rows worth testing."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from sync_worker.sandbox.salesforce.ids import full_id
from sync_worker.sandbox.salesforce.schema import NUMBER_TYPES, TEXT_TYPES, Field
from sync_worker.sandbox.salesforce.soql.binding import Column, Getter, Scope
from sync_worker.sandbox.salesforce.soql.periods import period
from sync_worker.sandbox.salesforce.soql.semi_joins import refuse_ill_matched
from sync_worker.sandbox.salesforce.soql.syntax import (
    All,
    Any,
    Call,
    Comparison,
    Condition,
    Literal,
    Not,
    Path,
    Query,
    SoqlError,
)
from sync_worker.sandbox.salesforce.values import Row, Value, key_of, stamp

Test = Callable[[Row], bool]
Values = Callable[[Query], tuple[Scope, Column, Iterable[Value]]]


@dataclass(frozen=True, slots=True)
class Filter:
    """`ids`, if not None, holds every row that can pass; the test still decides."""

    test: Test
    ids: frozenset[str] | None = None


def compile_filter(condition: Condition, scope: Scope, values_of: Values) -> Filter:
    """`values_of` runs the query inside a semi-join."""
    if isinstance(condition, Not):
        inner = compile_filter(condition.inner, scope, values_of).test
        return Filter(lambda row: not inner(row))
    if isinstance(condition, (All, Any)):
        parts = [compile_filter(part, scope, values_of) for part in condition.parts]
        return _all(parts) if isinstance(condition, All) else _any(parts)
    return _Comparing(condition, scope, values_of).filter()


def literal_value(field: Field, literal: Literal, scope: Scope, at: int) -> Value:
    """What a literal means beside this field, in the form rows keep. A period comes out as a pair of bounds.

    `at` is where the field stands in the query: that, and not the literal, is what the platform points at (recorded
    in getredash/redash #1727).
    """
    if literal.kind == "null":
        return None
    wanted = _KINDS.get(field.type, "string")
    if literal.kind == "period":
        return _bounds(field, literal, scope, at)
    if literal.kind != wanted:
        raise _mismatch(field, at)
    if wanted == "datetime":
        return stamp(datetime.fromisoformat(str(literal.value).upper()))
    if wanted == "date":
        return _real_day(literal)
    if field.type in ("id", "reference"):
        return _id(literal, at)
    return key_of(field, literal.value)


_KINDS = {
    **dict.fromkeys(TEXT_TYPES, "string"),
    **dict.fromkeys(NUMBER_TYPES, "number"),
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
_TYPE_WORDS = {"datetime": "dateTime", "number": "double"}
_ORDER: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Comparing:
    """One comparison on its way to a filter."""

    def __init__(self, comparison: Comparison, scope: Scope, values_of: Values) -> None:
        self._comparison = comparison
        self._scope = scope
        self._values_of = values_of
        self._column, self._get = self._read()
        self._field = self._column.field
        if not self._field.filterable:
            raise SoqlError(
                f"field '{self._field.name}' can not be filtered in a query call",
                comparison.at,
                "INVALID_FIELD",
            )

    def filter(self) -> Filter:
        comparison, right = self._comparison, self._comparison.right
        if isinstance(right, Query):
            return self._membership([*self._inner_values(right)])
        if isinstance(right, tuple):
            if comparison.operator in ("INCLUDES", "EXCLUDES"):
                raise self._bad_operator()
            return self._membership([self._value(each) for each in right])
        if comparison.operator == "LIKE":
            return self._like(right)
        value = self._value(right)
        if right.kind == "period":
            return Filter(_within(self._key(), comparison.operator, *value))
        if comparison.operator in ("=", "!="):
            return self._equality(value)
        if self._field.type in ("boolean", "id", "reference") and value is not None:
            raise self._bad_operator()
        return Filter(_ordered(self._key(), _ORDER[comparison.operator], value))

    def _read(self) -> tuple[Column, Getter]:
        left = self._comparison.left
        if isinstance(left, Call) and left.function == "TOLABEL" and left.argument:
            return self._scope.read(left.argument)
        return self._scope.read(left)

    def _value(self, literal: Literal) -> Value:
        if isinstance(self._comparison.left, Call) and self._comparison.left.function != "TOLABEL":
            day = self._comparison.left.function == "DAY_ONLY"
            return str(literal.value) if day else int(Decimal(str(literal.value)))
        return literal_value(self._field, literal, self._scope, self._comparison.at)

    def _key(self) -> Getter:
        """The getter, with text brought to the form that is compared."""
        get, field = self._get, self._field
        if field.type not in TEXT_TYPES or field.case_sensitive:
            return get
        return lambda row: None if (value := get(row)) is None else value.lower()

    def _equality(self, value: Value) -> Filter:
        key = self._key()
        if self._comparison.operator == "!=":
            return Filter(lambda row: key(row) != value)
        return Filter(lambda row: key(row) == value, self._by_index([value]))

    def _membership(self, values: list[Value]) -> Filter:
        key, members = self._key(), frozenset(values)
        if self._comparison.operator == "NOT IN":
            return Filter(lambda row: key(row) not in members)
        return Filter(lambda row: key(row) in members, self._by_index(values))

    def _inner_values(self, query: Query) -> Iterable[Value]:
        inner, column, values = self._values_of(query)
        refuse_ill_matched(self._comparison, self._scope, inner, column)
        return (value for value in values if value is not None)

    def _like(self, literal: Literal) -> Filter:
        if self._field.type not in TEXT_TYPES:
            raise self._bad_operator()
        if literal.kind != "string":
            raise _mismatch(self._field, self._comparison.at)
        pattern = _like_pattern(str(literal.value))
        get = self._get
        return Filter(
            lambda row: (value := get(row)) is not None and bool(pattern.fullmatch(value))
        )

    def _by_index(self, values: list[Value]) -> frozenset[str] | None:
        if self._column.climbs or None in values or not isinstance(self._comparison.left, Path):
            return None
        table = self._scope.world.store.table(self._scope.sobject)
        name = self._field.name
        if name == "Id":
            return frozenset(values)
        if name in table.unique:
            return frozenset(row for value in values for row in table.unique[name].ids(value))
        if name in table.below:
            return frozenset(row for value in values for row in table.below[name].ids(value))
        return None

    def _bad_operator(self) -> SoqlError:
        kind = "id" if self._field.type in ("id", "reference") else self._field.type
        return SoqlError(
            f"invalid operator on {kind} field",
            self._comparison.at,
            "INVALID_QUERY_FILTER_OPERATOR",
        )


def _all(parts: list[Filter]) -> Filter:
    tests = [part.test for part in parts]
    known = [part.ids for part in parts if part.ids is not None]
    ids = min(known, key=len) if known else None
    if len(tests) == 2:
        first, second = tests
        return Filter(lambda row: first(row) and second(row), ids)
    return Filter(lambda row: all(test(row) for test in tests), ids)


def _any(parts: list[Filter]) -> Filter:
    tests = [part.test for part in parts]
    known = [part.ids for part in parts if part.ids is not None]
    ids = frozenset[str]().union(*known) if len(known) == len(parts) else None
    return Filter(lambda row: any(test(row) for test in tests), ids)


def _ordered(key: Getter, compare: Callable[[Value, Value], bool], value: Value) -> Test:
    if value is None:
        return lambda row: False
    return lambda row: (found := key(row)) is not None and compare(found, value)


def _within(key: Getter, sign: str, first: Value, after: Value) -> Test:
    tests: dict[str, Callable[[Value], bool]] = {
        "=": lambda value: first <= value < after,
        "!=": lambda value: not first <= value < after,
        "<": lambda value: value < first,
        "<=": lambda value: value < after,
        ">": lambda value: value >= after,
        ">=": lambda value: value >= first,
    }
    test = tests[sign]
    return lambda row: sign == "!=" if (found := key(row)) is None else test(found)


def _bounds(field: Field, literal: Literal, scope: Scope, at: int) -> tuple[str, str]:
    outside = scope.world.outside
    days = period(str(literal.value), literal.count, outside.today())
    if days is None:
        raise SoqlError(f"unexpected token: '{literal.value}'", literal.at)
    if field.type == "date":
        return days[0].isoformat(), days[1].isoformat()
    if field.type != "datetime":
        raise _mismatch(field, at)
    midnights = [datetime.combine(day, time(), outside.zone).astimezone(UTC) for day in days]
    return stamp(midnights[0]), stamp(midnights[1])


def _real_day(literal: Literal) -> str:
    try:
        return date.fromisoformat(str(literal.value)).isoformat()
    except ValueError:
        raise SoqlError(f"Invalid date: {literal.value}", literal.at) from None


def _id(literal: Literal, at: int) -> str:
    text = str(literal.value)
    known = full_id(text)
    if known is None and text:
        raise SoqlError(f"invalid ID field: {text}", at, "INVALID_QUERY_FILTER_OPERATOR")
    return known or ""


def _mismatch(field: Field, at: int) -> SoqlError:
    kind = "string" if field.type in TEXT_TYPES else field.type
    kind = {"datetime": "dateTime", "id": "id", "reference": "reference"}.get(kind, kind)
    quoted = (
        "should be"
        if field.type in TEXT_TYPES or field.type in ("id", "reference")
        else "should not be"
    )
    return SoqlError(
        f"value of filter criterion for field '{field.name}' must be of type {kind} and {quoted} enclosed in quotes",
        at,
        "INVALID_FIELD",
    )


def _like_pattern(text: str) -> re.Pattern[str]:
    pieces = {"%": ".*", "_": "."}
    parts = re.findall(r"\\.|.", text, re.DOTALL)
    return re.compile(
        "".join(pieces.get(part) or re.escape(part[-1]) for part in parts),
        re.IGNORECASE | re.DOTALL,
    )
