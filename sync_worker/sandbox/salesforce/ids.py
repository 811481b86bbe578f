"""Salesforce record ids: 15 case-sensitive characters, and three more that spell out which of them are capitals."""

from __future__ import annotations

import re
from functools import lru_cache

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_LOOKS_LIKE_ID = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5a-z]{3})?")
_CAPITAL = {ord(letter): "01"[letter.isupper()] for letter in DIGITS}
POD = "5g00000"  # instance and reserved characters, the same for every record of one org


@lru_cache(maxsize=4096)
def full_id(text: str) -> str | None:
    """The 18-character form of a 15- or 18-character id, its capitals repaired from the suffix; None if it is no id."""
    if not _LOOKS_LIKE_ID.fullmatch(text):
        return None
    if len(text) == 15:
        return text + checksum(text)
    body, suffix = text[:15], text[15:].upper()
    if checksum(body) != suffix:
        body = _recased(body, suffix)
    return body + suffix if checksum(body) == suffix else None


def checksum(body: str) -> str:
    return "".join(_capitals(body[start : start + 5]) for start in (0, 5, 10))


def numbered_id(prefix: str, number: int) -> str:
    """The id of the number-th record under a three-character key prefix."""
    body = f"{prefix}{POD}{_base62(number):0>5}"
    return body + checksum(body)


class IdMint:
    """Hands out one key prefix's ids in order, so that text order is the order of creation."""

    def __init__(self, prefix: str, start: int = 1) -> None:
        self._head = prefix + POD
        self._fixed = _capitals(self._head[:5]) + _capitals(self._head[5:])
        self._next = start

    def next(self) -> str:
        tail = f"{_base62(self._next):0>5}"
        self._next += 1
        return self._head + tail + self._fixed + _capitals(tail)


def _capitals(block: str) -> str:
    return _SUFFIX[int(block[::-1].translate(_CAPITAL), 2)]


def _recased(body: str, suffix: str) -> str:
    bits = [_SUFFIX.find(letter) for letter in suffix]
    return "".join(
        letter.upper() if bits[place // 5] >> (place % 5) & 1 else letter.lower()
        for place, letter in enumerate(body)
    )


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = DIGITS[rest] + digits
    return digits
