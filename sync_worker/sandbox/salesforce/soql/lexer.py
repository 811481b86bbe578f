"""Cuts SOQL text into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync_worker.sandbox.salesforce.soql.syntax import SoqlError


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is name, string, number, date, datetime, sign or end. A name may be a dotted path."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "name" else ""


def tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _unreadable(text, at)
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match[0], at))
        at = match.end()
    found.append(Token("end", "<EOF>", len(text)))
    return found


def unescape(token: Token, *, keep_wildcards: bool = False) -> str:
    """The text of a string token. For LIKE an escaped wildcard keeps its backslash."""

    def plain(match: re.Match[str]) -> str:
        mark = match[1]
        if mark.startswith("u"):
            return chr(int(mark[1:], 16))
        if mark in "%_":
            return match[0] if keep_wildcards else mark
        if mark == "\\" and keep_wildcards:
            return match[0]
        if mark not in _ESCAPES:
            raise SoqlError(
                f"Invalid string literal {token.text}. Illegal character sequence '\\{mark}' in string literal.",
                token.at,
            )
        return _ESCAPES[mark]

    return _ESCAPED.sub(plain, token.text[1:-1])


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)
    |(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<sign><=|>=|!=|<>|[=<>(),:*])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {
    "n": "\n",
    "N": "\n",
    "r": "\r",
    "R": "\r",
    "t": "\t",
    "T": "\t",
    "b": "\b",
    "B": "\b",
    "f": "\f",
    "F": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
}


def _unreadable(text: str, at: int) -> SoqlError:
    """In the words of the platform's lexer, which counts from 0 where its parser counts from 1 (seen in a log that
    tstack/lnav keeps among its tests)."""
    open_text = text[at] == "'"
    at = len(text) if open_text else at
    row, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1)
    found = (
        "mismatched character '<EOF>' expecting '''"
        if open_text
        else (f"no viable alternative at character '{text[at]}'")
    )
    return SoqlError(f"line {row}:{column} {found}", at - 1 if column else at)
