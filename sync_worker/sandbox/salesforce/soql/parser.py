"""SOQL text to syntax tree, by recursive descent; one method per rule of the grammar."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from sync_worker.sandbox.salesforce.soql.lexer import Token, tokens, unescape
from sync_worker.sandbox.salesforce.soql.periods import is_period
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
    Ordering,
    Path,
    Query,
    Selected,
    SoqlError,
    TypeOf,
)

LONGEST_QUERY = 100_000
T = TypeVar("T")


@lru_cache(maxsize=512)
def parse(text: str) -> Query:
    """Raises SoqlError."""
    if len(text) > LONGEST_QUERY:
        raise SoqlError(
            "SOQL statements cannot be longer than 100000 characters.", code="QUERY_TOO_COMPLICATED"
        )
    return _Parser(text).whole()


_RESERVED = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "FOR",
        "USING",
        "WITH",
        "ALL",
        "AND",
        "OR",
        "NOT",
        "BY",
        "ASC",
        "DESC",
        "NULLS",
        "UPDATE",
        "IN",
        "LIKE",
        "INCLUDES",
        "EXCLUDES",
        "TRUE",
        "FALSE",
        "NULL",
        "FIRST",
        "LAST",
    ]
)
_SIGNS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FUNCTIONS = {
    *("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX", "GROUPING", "TOLABEL", "FORMAT"),
    *("CALENDAR_YEAR", "CALENDAR_QUARTER", "CALENDAR_MONTH", "DAY_IN_MONTH", "DAY_IN_WEEK"),
    *("DAY_IN_YEAR", "DAY_ONLY", "FISCAL_YEAR", "FISCAL_QUARTER", "FISCAL_MONTH", "HOUR_IN_DAY"),
    *("WEEK_IN_MONTH", "WEEK_IN_YEAR"),
}
_GROUPS_OF_FIELDS = frozenset({"ALL", "CUSTOM", "STANDARD"})
_SCOPES = frozenset(
    [
        "DELEGATED",
        "EVERYTHING",
        "MINE",
        "MINE_AND_MY_GROUPS",
        "MY_TERRITORY",
        "MY_TEAM_TERRITORY",
        "TEAM",
    ]
)
_SET_WORDS = frozenset({"IN", "INCLUDES", "EXCLUDES"})


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Query:
        query = self._query()
        if self._now.kind != "end":
            raise self._unexpected()
        return query

    def _query(self, *, joined: bool = False) -> Query:
        """`joined`: a semi-join's sub-select, which may be neither ordered nor limited (SOQL reference, IN)."""
        at = self._word("SELECT").at
        select = self._list(self._selected)
        self._word("FROM")
        source, alias = self._source()
        more: list[tuple[Path, str]] = []
        while not self._depth and self._sign_if(","):
            path, name = self._source()
            if len(path.parts) < 2:  # only a way from the first, such as c.Account
                raise self._unexpected(back=1)
            more.append((path, name or path.parts[-1]))
        if self._word_if("USING"):
            self._word("SCOPE")
            self._one_word_of(*_SCOPES)
        where = self._condition() if self._word_if("WHERE") else None
        group: list[Expression] = []
        subtotals = ""
        if self._word_if("GROUP"):
            self._word("BY")
            subtotals, group = self._grouping()
        having = self._condition() if self._word_if("HAVING") else None
        order: list[Ordering] = []
        limit, offset = None, 0
        if not joined:
            if self._word_if("ORDER"):
                self._word("BY")
                order = self._list(self._ordering)
            limit = self._whole_number() if self._word_if("LIMIT") else None
            offset = self._offset() if self._word_if("OFFSET") else 0
            self._endings()
        return Query(
            tuple(select),
            source,
            alias,
            tuple(more),
            where,
            tuple(group),
            having,
            tuple(order),
            limit,
            offset,
            at,
            subtotals,
        )

    def _grouping(self) -> tuple[str, list[Expression]]:
        """Fields, or ROLLUP or CUBE around at most three of them."""
        word = self._now.word
        if word not in ("ROLLUP", "CUBE"):
            return "", self._list(self._expression)
        self._at += 1
        self._sign("(")
        group = self._list(self._expression)
        self._sign(")")
        if len(group) > 3:
            raise SoqlError(f"GROUP BY {word} clause can only include up to 3 fields", group[3].at)
        return word, group

    def _object_name(self) -> Token:
        """Group and Order are objects too, and may stand where one is named."""
        follows = self._tokens[min(self._at + 1, len(self._tokens) - 1)].word
        if self._now.word not in ("GROUP", "ORDER") or follows == "BY":
            return self._name()
        self._at += 1
        return self._tokens[self._at - 1]

    def _source(self) -> tuple[Path, str | None]:
        token = self._object_name()
        path = Path(tuple(token.text.split(".")), token.at)
        self._word_if("AS")
        return path, self._alias_if()

    def _endings(self) -> None:
        """FOR VIEW, FOR REFERENCE, FOR UPDATE and UPDATE TRACKING are taken and change nothing that can be seen."""
        while self._word_if("FOR"):
            self._one_word_of("VIEW", "REFERENCE", "UPDATE")
        if self._word_if("UPDATE"):
            self._one_word_of("TRACKING", "VIEWSTAT")
        at = self._now.at
        if self._word_if("ALL"):
            self._word("ROWS")
            raise SoqlError("ALL ROWS not allowed in this context", at)  # Apex alone has it

    def _one_word_of(self, *words: str) -> None:
        if self._now.word not in words:
            raise self._unexpected()
        self._at += 1

    def _selected(self) -> Selected:
        token = self._now
        if self._sign_if("("):
            self._depth += 1
            inner = self._query()
            self._depth -= 1
            self._sign(")")
            return Selected(inner, None, token.at)
        if token.word == "TYPEOF" and self._tokens[self._at + 1].kind == "name":
            self._at += 1
            return Selected(self._type_of(token.at), None, token.at)
        if token.word == "FIELDS" and self._tokens[self._at + 1].text == "(":
            self._at += 2
            group = self._now.word
            self._one_word_of(*_GROUPS_OF_FIELDS)
            self._sign(")")
            return Selected(FieldGroup(group, token.at), None, token.at)
        return Selected(self._expression(), self._select_alias_if(), token.at)

    def _type_of(self, at: int) -> TypeOf:
        relationship = self._path()
        branches: list[tuple[str, tuple[Path, ...]]] = []
        while self._word_if("WHEN"):
            name = self._object_name().text
            self._word("THEN")
            branches.append((name, tuple(self._list(self._path))))
        if not branches:
            raise self._unexpected()
        otherwise = tuple(self._list(self._path)) if self._word_if("ELSE") else ()
        self._word("END")
        return TypeOf(relationship, tuple(branches), otherwise, at)

    def _select_alias_if(self) -> str | None:
        """A second word is an alias only if the list goes on after it: `Id FORM X` is a misspelt FROM."""
        after = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        return self._alias_if() if after.text == "," or after.word == "FROM" else None

    def _expression(self) -> Expression:
        token = self._name()
        if token.word not in _FUNCTIONS or not self._sign_if("("):
            return Path(tuple(token.text.split(".")), token.at)
        argument = None if self._now.text == ")" else self._path()
        in_zone = argument is not None and argument.text.upper() == "CONVERTTIMEZONE"
        if in_zone and self._sign_if("("):
            argument = self._path()
            self._sign(")")
        self._sign(")")
        return Call(token.word, argument, token.at, in_zone)

    def _condition(self) -> Condition:
        """AND and OR may not be mixed without brackets: the platform refuses that, unlike SQL.

        NOT stands before one condition, alone or in brackets: `(NOT a) AND (NOT b)`. Beside AND or OR without them it
        is an unexpected token, as in the grammar of nawforce/apex-parser and in what people were told by their orgs.
        """
        if self._word_if("NOT"):
            return Not(self._simple())
        first = self._simple()
        joint = self._now.word
        if joint not in ("AND", "OR"):
            return first
        parts = [first]
        while self._now.word in ("AND", "OR"):
            if self._now.word != joint:
                raise self._unexpected()
            self._at += 1
            parts.append(self._simple())
        return All(tuple(parts)) if joint == "AND" else Any(tuple(parts))

    def _simple(self) -> Condition:
        if self._sign_if("("):
            inner = self._condition()
            self._sign(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        at = self._now.at
        left = self._expression()
        token = self._now
        if token.kind == "sign" and token.text in _SIGNS:
            self._at += 1
            return Comparison(left, _SIGNS[token.text], self._literal(), at)
        if self._word_if("LIKE"):
            return Comparison(left, "LIKE", self._literal(keep_wildcards=True), at)
        negated = self._word_if("NOT")
        word = self._now.word
        if word not in _SET_WORDS or (negated and word != "IN"):
            raise self._unexpected()
        self._at += 1
        return Comparison(left, f"NOT {word}" if negated else word, self._set(), at)

    def _set(self) -> Literal | tuple[Literal, ...] | Query:
        if self._now.text == ":":
            raise SoqlError("Bind variables only allowed in Apex code", self._now.at)
        self._sign("(")
        inner: tuple[Literal, ...] | Query
        joined = self._now.word == "SELECT"
        inner = self._query(joined=True) if joined else tuple(self._list(self._literal))
        self._sign(")")
        return inner

    def _literal(self, *, keep_wildcards: bool = False) -> Literal:
        token = self._now
        self._at += 1
        if token.kind == "string":
            return Literal("string", unescape(token, keep_wildcards=keep_wildcards), token.at)
        if token.kind == "number":
            return Literal("number", Decimal(token.text), token.at)
        if token.kind in ("date", "datetime"):
            return Literal(token.kind, token.text, token.at)
        if token.word in ("TRUE", "FALSE"):
            return Literal("boolean", token.word == "TRUE", token.at)
        if token.word == "NULL":
            return Literal("null", None, token.at)
        if is_period(token.word):
            count = self._whole_number() if self._sign_if(":") else 0
            return Literal("period", token.word, token.at, count)
        if token.text == ":":
            raise SoqlError("Bind variables only allowed in Apex code", token.at)
        raise self._unexpected(back=1)

    def _ordering(self) -> Ordering:
        by = self._expression()
        descending = self._word_if("DESC")
        if not descending:
            self._word_if("ASC")
        nulls_last = False
        if self._word_if("NULLS"):
            nulls_last = self._now.word == "LAST"
            self._one_word_of("FIRST", "LAST")
        return Ordering(by, descending, nulls_last)

    def _offset(self) -> int:
        token = self._now
        offset = self._whole_number()
        if offset > 2000:
            raise SoqlError(
                "Maximum SOQL offset allowed is 2000", token.at, "NUMBER_OUTSIDE_VALID_RANGE"
            )
        return offset

    def _whole_number(self) -> int:
        token = self._now
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected()
        self._at += 1
        return int(token.text)

    def _path(self) -> Path:
        token = self._name()
        return Path(tuple(token.text.split(".")), token.at)

    def _alias_if(self) -> str | None:
        token = self._now
        if token.kind != "name" or token.word in _RESERVED or "." in token.text:
            return None
        self._at += 1
        return token.text

    def _list(self, item: Callable[[], T]) -> list[T]:
        items = [item()]
        while self._sign_if(","):
            items.append(item())
        return items

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _name(self) -> Token:
        token = self._now
        if token.kind != "name" or token.word in _RESERVED:
            raise self._unexpected()
        self._at += 1
        return token

    def _word(self, word: str) -> Token:
        token = self._now
        if token.word != word:
            raise self._unexpected()
        self._at += 1
        return token

    def _word_if(self, word: str) -> bool:
        if self._now.word != word:
            return False
        self._at += 1
        return True

    def _sign(self, sign: str) -> None:
        if not self._sign_if(sign):
            raise self._unexpected()

    def _sign_if(self, sign: str) -> bool:
        token = self._now
        if token.kind != "sign" or token.text != sign:
            return False
        self._at += 1
        return True

    def _unexpected(self, back: int = 0) -> SoqlError:
        token = self._tokens[self._at - back]
        return SoqlError(f"unexpected token: '{token.text}'", token.at)
