"""What a formula is made of: the row it looks at, its operators and its functions, each as a closure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Decimal,
    DivisionByZero,
    InvalidOperation,
)
from typing import Any
from zoneinfo import ZoneInfo

from sync_worker.sandbox.salesforce.schema import Field
from sync_worker.sandbox.salesforce.store import Store
from sync_worker.sandbox.salesforce.values import Row, Value, stamp


@dataclass(frozen=True, slots=True)
class Outside:
    """What a formula sees beyond its row: the other rows, the time, and what the user is allowed."""

    store: Store
    now: Callable[[], datetime]
    zone: ZoneInfo
    permissions: frozenset[str] = frozenset()

    def today(self) -> date:
        return self.now().astimezone(self.zone).date()


@dataclass(slots=True)
class Moment:
    """The row a formula is asked about, as it is and, in a save, as it was before."""

    row: Row
    outside: Outside
    before: Row | None = None


Node = Callable[[Moment], Any]


def constant(value: Any) -> Node:
    return lambda moment: value


def read_field(field: Field) -> Node:
    name = field.name
    if field.type == "boolean":
        return lambda moment: bool(moment.row.get(name))
    if field.type == "date":
        return lambda moment: (
            None if (value := moment.row.get(name)) is None else date.fromisoformat(value)
        )
    if field.type == "datetime":
        return lambda moment: (
            None if (value := moment.row.get(name)) is None else datetime.fromisoformat(value)
        )
    if field.calculated and field.rollup is None:
        return lambda moment: (
            field.formula.of(moment.row, moment.outside) if field.formula else None
        )
    return lambda moment: moment.row.get(name)


def through(lookup: Field, node: Node) -> Node:
    def climb(moment: Moment) -> Any:
        found = moment.outside.store.parent(lookup, moment.row)
        return node(Moment(found[1], moment.outside)) if found else None

    return climb


def binary(sign: str, left: Node, right: Node) -> Node:
    if sign == "&&":
        return lambda moment: bool(left(moment)) and bool(right(moment))
    if sign == "||":
        return lambda moment: bool(left(moment)) or bool(right(moment))
    if sign in ("=", "=="):
        return lambda moment: _blank_to_none(left(moment)) == _blank_to_none(right(moment))
    if sign in ("<>", "!="):
        return lambda moment: _blank_to_none(left(moment)) != _blank_to_none(right(moment))
    if sign == "&":
        return lambda moment: f"{_as_text(left(moment))}{_as_text(right(moment))}"
    work = _ARITHMETIC[sign]

    def both(moment: Moment) -> Any:
        one, other = left(moment), right(moment)
        return None if one is None or other is None else work(one, other)

    return both


def _add(one: Any, other: Any) -> Any:
    if isinstance(one, str) or isinstance(other, str):
        return _as_text(one) + _as_text(other)
    if isinstance(one, date):
        return one + timedelta(days=float(other))
    return other + timedelta(days=float(one)) if isinstance(other, date) else one + other


def _subtract(one: Any, other: Any) -> Any:
    if isinstance(one, date) and isinstance(other, date):
        return Decimal((one - other).total_seconds()) / 86400
    return one - timedelta(days=float(other)) if isinstance(one, date) else one - other


def _divide(one: Decimal, other: Decimal) -> Decimal | None:
    try:
        return one / other
    except (DivisionByZero, InvalidOperation):
        return None  # shows as #Error! in the pages and as null in the API


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": _subtract,
    "*": operator.mul,
    "/": _divide,
    "^": operator.pow,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _blank_to_none(value: Any) -> Any:
    return None if value == "" else value


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def stored(value: Any) -> Value:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


def _if(parts: list[Node]) -> Node:
    test, yes, no = parts
    return lambda moment: yes(moment) if test(moment) else no(moment)


def _case(parts: list[Node]) -> Node:
    subject, *rest = parts
    pairs = list(zip(rest[:-1:2], rest[1::2], strict=False))

    def choose(moment: Moment) -> Any:
        wanted = subject(moment)
        chosen = next((then for key, then in pairs if key(moment) == wanted), rest[-1])
        return chosen(moment)

    return choose


def _first_filled(parts: list[Node]) -> Node:
    value, otherwise = parts
    return lambda moment: (
        otherwise(moment) if _blank_to_none(known := value(moment)) is None else known
    )


def _plain(work: Callable[..., Any], *, null_in: bool = False) -> Callable[[list[Node]], Node]:
    """A function of values alone; null in gives null out unless it says otherwise."""

    def build(parts: list[Node]) -> Node:
        def run(moment: Moment) -> Any:
            values = [part(moment) for part in parts]
            return None if not null_in and None in values else work(*values)

        return run

    return build


def _round(value: Decimal, places: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP)


def _today(parts: list[Node]) -> Node:
    return lambda moment: moment.outside.today()


def _now(parts: list[Node]) -> Node:
    return lambda moment: moment.outside.now()


def _is_new(parts: list[Node]) -> Node:
    return lambda moment: moment.before is None


def _is_changed(field: Field, parts: list[Node]) -> Node:
    name = field.name
    return lambda moment: (
        moment.before is not None and moment.before.get(name) != moment.row.get(name)
    )


def _prior_value(field: Field, parts: list[Node]) -> Node:
    read = read_field(field)
    return lambda moment: read(Moment(moment.before or moment.row, moment.outside))


def _as_date(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else date.fromisoformat(str(value)[:10])


FUNCTIONS: dict[str, Callable[[list[Node]], Node]] = {
    "AND": lambda parts: lambda moment: all(part(moment) for part in parts),
    "OR": lambda parts: lambda moment: any(part(moment) for part in parts),
    "NOT": lambda parts: lambda moment: not parts[0](moment),
    "IF": _if,
    "CASE": _case,
    "ISBLANK": _plain(lambda value: value in (None, ""), null_in=True),
    "ISNULL": _plain(lambda value: value in (None, ""), null_in=True),
    "BLANKVALUE": _first_filled,
    "NULLVALUE": _first_filled,
    "ISPICKVAL": _plain(lambda value, wanted: (value or "") == wanted, null_in=True),
    "TEXT": _plain(_as_text, null_in=True),
    "VALUE": _plain(Decimal),
    "LEN": _plain(lambda text: Decimal(len(text or "")), null_in=True),
    "TRIM": _plain(lambda text: (text or "").strip(), null_in=True),
    "UPPER": _plain(str.upper),
    "LOWER": _plain(str.lower),
    "LEFT": _plain(lambda text, count: text[: int(count)]),
    "RIGHT": _plain(lambda text, count: text[-int(count) :] if count > 0 else ""),
    "MID": _plain(lambda text, start, count: text[int(start) - 1 : int(start) - 1 + int(count)]),
    "BEGINS": _plain(lambda text, start: text.startswith(start)),
    "CONTAINS": _plain(lambda text, part: part in text),
    "SUBSTITUTE": _plain(lambda text, old, new: text.replace(old, new)),
    "REGEX": _plain(
        lambda text, pattern: re.fullmatch(pattern, text or "") is not None, null_in=True
    ),
    "ABS": _plain(abs),
    "ROUND": _plain(_round),
    "FLOOR": _plain(lambda value: value.to_integral_value(ROUND_FLOOR)),
    "CEILING": _plain(lambda value: value.to_integral_value(ROUND_CEILING)),
    "MIN": _plain(min),
    "MAX": _plain(max),
    "MOD": _plain(operator.mod),
    "TODAY": _today,
    "NOW": _now,
    "DATE": _plain(lambda year, month, day: date(int(year), int(month), int(day))),
    "DATEVALUE": _plain(_as_date),
    "YEAR": _plain(lambda value: Decimal(value.year)),
    "MONTH": _plain(lambda value: Decimal(value.month)),
    "DAY": _plain(lambda value: Decimal(value.day)),
    "ISNEW": _is_new,
}
FIELD_FUNCTIONS: dict[str, Callable[[Field, list[Node]], Node]] = {
    "ISCHANGED": _is_changed,
    "PRIORVALUE": _prior_value,
}
