"""Xero's `where` and `order`: a small expression language over a record's fields, refused with QueryParseException.

`Status=="PAID" AND Date>=DateTime(2026,01,31)`, dotted paths, `guid("..")`, `.Contains("x")`; a quote inside text is
doubled. Text is compared without regard to case and accents (Xero's documentation; recorded for contact names).
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sync_worker.sandbox.xero import errors, wire

Getter = Callable[[Any], Any]
Predicate = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be asked for: how to get it, of what kind it is, and the lookup that finds it at once."""

    get: Getter
    kind: str = "text"  # text, guid, number, date, instant, bool
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed `where`: its test, the fields it names, and what every match must equal."""

    test: Predicate
    fields: frozenset[str]
    equalities: tuple[tuple[str, Any], ...]


def parse(text: str, fields: Mapping[str, Field]) -> Filter:
    """`fields` by lower-case dotted path."""
    parser = _Parser(text, fields)
    test = parser.whole()
    return Filter(test, frozenset(parser.named), tuple(parser.equalities))


def fold(text: str) -> str:
    """Text as comparisons see it: no case, no accents."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


class _Token(NamedTuple):
    kind: str  # name, text, number, sign, end
    value: str
    at: int


class _Value(NamedTuple):
    """One side of a comparison. `path` is set for a bare field, `constant` for a literal."""

    get: Getter
    kind: str  # a Field's kind, or null
    path: str | None = None
    constant: Any = None


_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"]|"")*")|(?P<number>-?\d+(?:\.\d+)?)[mMdD]?|(?P<name>[A-Za-z_]\w*)'
    r"|(?P<sign>==|!=|<>|<=|>=|&&|\|\||[=<>().,!]))"
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "startswith": lambda value, part: value.startswith(part),
    "endswith": lambda value, part: value.endswith(part),
    "equals": operator.eq,
}
_SAME = frozenset({"tolower", "toupper", "trim", "tostring"})  # nothing to do: case never counts


class _Parser:
    def __init__(self, text: str, fields: Mapping[str, Field]) -> None:
        self._text = text
        self._fields = fields
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0  # inside an OR or a NOT, where an equality binds nobody
        self.named: set[str] = set()
        self.equalities: list[tuple[str, Any]] = []

    def whole(self) -> Predicate:
        test = self._or()
        if self._peek().kind != "end":
            raise self._wrong(self._peek())
        return test

    def _or(self) -> Predicate:
        start = len(self.equalities)
        tests = [self._and()]
        while self._take("||", "or"):
            tests.append(self._and())
        if len(tests) == 1:
            return tests[0]
        del self.equalities[start:]
        return lambda record: any(test(record) for test in tests)

    def _and(self) -> Predicate:
        tests = [self._not()]
        while self._take("&&", "and"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def _not(self) -> Predicate:
        if self._take("!", "not"):
            start = len(self.equalities)
            test = self._not()
            del self.equalities[start:]
            return lambda record: not test(record)
        if self._take("("):
            test = self._or()
            self._expect(")")
            return test
        return self._comparison()

    def _comparison(self) -> Predicate:
        left = self._value()
        sign = self._peek()
        if sign.value not in _COMPARISONS:
            if left.kind != "bool":
                raise self._wrong(sign)
            return lambda record: bool(left.get(record))
        self._next += 1
        right = self._value()
        return self._compared(left, sign, right)

    def _compared(self, left: _Value, sign: _Token, right: _Value) -> Predicate:
        kinds = {left.kind, right.kind} - {"null"}
        if kinds not in ({"date", "instant"}, set()) and len(kinds) > 1:
            a, b = _CLR[left.kind], _CLR[right.kind]
            raise errors.bad_query(
                f"Operator '{sign.value}' incompatible with operand types '{a}' and '{b}'"
            )
        if sign.value in ("==", "=") and left.path and right.constant is not None:
            self.equalities.append((left.path, right.constant))
        compare = _COMPARISONS[sign.value]
        get_left, get_right = _comparable(left), _comparable(right)
        if compare in (operator.eq, operator.ne):
            return lambda record: compare(get_left(record), get_right(record))

        def ordered(record: Any) -> bool:
            a, b = get_left(record), get_right(record)
            return a is not None and b is not None and compare(a, b)

        return ordered

    def _value(self) -> _Value:
        token = self._peek()
        self._next += 1
        if token.kind == "text":
            return _constant(token.value[1:-1].replace('""', '"'), "text")
        if token.kind == "number":
            return _constant(Decimal(token.value), "number")
        if token.kind != "name":
            raise self._wrong(token)
        word = token.value.lower()
        if word in ("true", "false"):
            return _constant(word == "true", "bool")
        if word == "null":
            return _Value(lambda record: None, "null")
        if word in ("guid", "datetime"):
            return self._made(word)
        return self._field(token)

    def _made(self, word: str) -> _Value:
        if self._take(".") and not self._take("parse"):
            raise self._wrong(self._peek())
        given = self._arguments()
        try:
            if word == "guid":
                (value,) = given
                return _constant(str(value.constant).lower(), "guid")
            if given[0].kind == "text":
                return _constant(date.fromisoformat(given[0].constant[:10]), "date")
            parts = [int(part.constant) for part in given]
            return _constant(datetime(*parts, tzinfo=UTC), "date")  # type: ignore[misc,arg-type]  # counted by the except
        except (ValueError, TypeError, IndexError):
            raise errors.bad_query(f"Invalid {word} value in '{self._text}'") from None

    def _arguments(self) -> list[_Value]:
        self._expect("(")
        given: list[_Value] = []
        while not self._take(")"):
            given.append(self._value())
            self._take(",")
        return given

    def _field(self, token: _Token) -> _Value:
        path = [token.value]
        while self._peek().value == "." and self._tokens[self._next + 1].kind == "name":
            if self._tokens[self._next + 2].value == "(":
                break
            path.append(self._tokens[self._next + 1].value)
            self._next += 2
        if len(path) > 1 and path[-1].lower() in ("value", "date"):
            path.pop()  # Nullable<T>.Value and DateTime.Date
        dotted = ".".join(path).lower()
        field = self._fields.get(dotted)
        if field is None:
            raise errors.bad_query(
                f"No property or field '{path[-1]}' exists (at index {token.at})"
            )
        self.named.add(dotted)
        value = _Value(field.get, field.kind, dotted)
        while self._take("."):
            value = self._method(value)
        return value

    def _method(self, on: _Value) -> _Value:
        token = self._peek()
        self._next += 1
        name = token.value.lower()
        given = self._arguments()
        if name in _SAME and on.kind in ("text", "guid"):
            return _Value(on.get, on.kind, None)
        test = _TEXT_TESTS.get(name)
        if test is None or on.kind != "text" or len(given) != 1 or given[0].kind != "text":
            raise errors.bad_query(
                f"No applicable method '{token.value}' exists (at index {token.at})"
            )
        part = fold(given[0].constant)

        def applied(record: Any) -> bool:
            value = on.get(record)
            if value is None:  # a nullable field needs its `Field!=null AND` guard first (reported)
                raise errors.bad_query("Object reference not set to an instance of an object.")
            return test(fold(value), part)

        return _Value(applied, "bool")

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *spellings: str) -> bool:
        token = self._peek()
        if token.kind in ("sign", "name") and token.value.lower() in spellings:
            self._next += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong(self._peek())

    def _wrong(self, token: _Token) -> errors.Malformed:
        shown = f"'{token.value}'" if token.value else "end of expression"
        return errors.bad_query(f"Syntax error at {shown} (at index {token.at})")


_CLR = {
    "text": "String",
    "guid": "Guid",
    "number": "Decimal",
    "date": "DateTime",
    "instant": "DateTime",
    "bool": "Boolean",
    "null": "Object",
}


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise errors.bad_query(f"Syntax error '{text[at]}' (at index {at})")
        kind = match.lastgroup or ""
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*tokens, *(_Token("end", "", len(text)) for _ in range(3))]


def _constant(value: Any, kind: str) -> _Value:
    return _Value(lambda record: value, kind, None, value)


def _comparable(value: _Value) -> Getter:
    """The getter of what is really compared: folded text, instants in milliseconds."""
    constant = value.constant
    if constant is not None:
        ready = _ready(constant, value.kind)
        return lambda record: ready
    get, kind = value.get, value.kind
    if kind == "text":
        return lambda record: None if (found := get(record)) is None else fold(found)
    if kind == "date":
        return lambda record: None if (found := get(record)) is None else _ready(found, kind)
    return get


def _ready(constant: Any, kind: str) -> Any:
    if kind == "text":
        return fold(constant)
    if kind == "date":
        moment = (
            constant
            if isinstance(constant, datetime)
            else datetime.combine(constant, datetime.min.time())
        )
        return wire.milliseconds(moment.replace(tzinfo=UTC))
    return constant
