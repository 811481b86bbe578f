"""The platform's formula language, as far as formula fields and validation rules of a finance package use it.

A formula is compiled once into a closure over the row it is asked about. A function or field it does not know is an
error at load time, so that a deployed rule is never silently ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sync_worker.sandbox.salesforce.formula_functions import (
    FIELD_FUNCTIONS,
    FUNCTIONS,
    Moment,
    Node,
    Outside,
    binary,
    constant,
    read_field,
    stored,
    through,
)
from sync_worker.sandbox.salesforce.schema import NUMBER_TYPES, Field, SObject
from sync_worker.sandbox.salesforce.values import Row, Value

Find = Callable[[str], SObject | None]


class FormulaError(ValueError):
    """A formula that this evaluator cannot take."""


@dataclass(frozen=True, slots=True)
class Formula:
    text: str
    _node: Node

    def of(self, row: Row, outside: Outside, before: Row | None = None) -> Value:
        """The value in its stored form."""
        return stored(self._node(Moment(row, outside, before)))


def compile_formula(
    text: str, sobject: SObject, find: Find, *, zero_blanks: bool = False
) -> Formula:
    """Raises FormulaError for syntax, functions and fields that are not known."""
    return Formula(text, _Parser(text, sobject, find, zero_blanks).whole())


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>\$?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(?P<sign><>|<=|>=|==|!=|&&|\|\||[-+*/^&=<>!(),]))""",
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("=", "==", "<>", "!="),
    ("<", ">", "<=", ">="),
    ("+", "-", "&"),
    ("*", "/"),
    ("^",),
)


class _Parser:
    """Recursive descent from the loosest operator to the tightest; every rule answers a closure."""

    def __init__(self, text: str, sobject: SObject, find: Find, zero_blanks: bool) -> None:
        self._text = text
        self._sobject = sobject
        self._find = find
        self._zero_blanks = zero_blanks
        self._tokens = list(_tokens(text))
        self._at = 0

    def whole(self) -> Node:
        node = self._level(0)
        if self._at < len(self._tokens):
            raise FormulaError(f"Syntax error. Extra {self._tokens[self._at][1]}")
        return node

    def _level(self, depth: int) -> Node:
        if depth == len(_LEVELS):
            return self._unary()
        left = self._level(depth + 1)
        while self._peek()[1] in _LEVELS[depth] and self._peek()[0] == "sign":
            left = binary(self._take()[1], left, self._level(depth + 1))
        return left

    def _unary(self) -> Node:
        if self._peek() == ("sign", "-"):
            self._take()
            inner = self._unary()
            return lambda moment: None if (value := inner(moment)) is None else -value
        if self._peek() == ("sign", "!"):
            self._take()
            inner = self._unary()
            return lambda moment: not inner(moment)
        return self._primary()

    def _primary(self) -> Node:
        kind, text = self._take()
        if kind == "number":
            return constant(Decimal(text))
        if kind == "text":
            return constant(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "name":
            if self._peek() == ("sign", "("):
                return self._call(text)
            return self._reference(text)
        if text == "(":
            inner = self._level(0)
            self._expect(")")
            return inner
        raise FormulaError(f"Syntax error. Found {text!r}")

    def _call(self, name: str) -> Node:
        start = self._at
        self._expect("(")
        arguments: list[Node] = []
        while self._peek() != ("sign", ")"):
            arguments.append(self._level(0))
            if self._peek() == ("sign", ","):
                self._take()
        self._expect(")")
        if name.upper() in FIELD_FUNCTIONS:
            path = self._tokens[start + 1][1]
            return FIELD_FUNCTIONS[name.upper()](self._own_field(path), arguments)
        if name.upper() not in FUNCTIONS:
            raise FormulaError(f"Unknown function {name}. Check spelling.")
        return FUNCTIONS[name.upper()](arguments)

    def _reference(self, name: str) -> Node:
        if name.upper() in ("TRUE", "FALSE"):
            return constant(name.upper() == "TRUE")
        if name.upper() == "NULL":
            return constant(None)
        head, _, rest = name.partition(".")
        if head.lower() == "$permission":
            wanted = rest.lower()
            return lambda moment: wanted in moment.outside.permissions
        return self._path(self._sobject, name)

    def _path(self, sobject: SObject, name: str) -> Node:
        head, dot, rest = name.partition(".")
        if not dot:
            return self._field(self._known(sobject, head))
        lookup = sobject.parent_field(head)
        parent = self._find(lookup.reference_to[0]) if lookup else None
        if lookup is None or parent is None:
            raise FormulaError(f"Field {head} does not exist. Check spelling.")
        return through(lookup, self._path(parent, rest))

    def _field(self, field: Field) -> Node:
        if field.type in NUMBER_TYPES and self._zero_blanks:
            zero = Decimal(0)
            read = read_field(field)
            return lambda moment: zero if (value := read(moment)) is None else value
        return read_field(field)

    def _own_field(self, name: str) -> Field:
        return self._known(self._sobject, name)

    def _known(self, sobject: SObject, name: str) -> Field:
        field = sobject.find(name)
        if field is None:
            raise FormulaError(f"Field {name} does not exist. Check spelling.")
        return field

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, sign: str) -> None:
        if self._take() != ("sign", sign):
            raise FormulaError(f"Syntax error. Missing {sign!r}")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    plain = _COMMENT.sub(" ", text).strip()
    at = 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if match is None or match.lastgroup is None:
            raise FormulaError(f"Syntax error. Found {plain[at : at + 20]!r}")
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()
        at += len(plain[at:]) - len(plain[at:].lstrip())
