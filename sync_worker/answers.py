"""How an answer is read, whoever gives it: whole, but neither without end nor for ever, and as JSON of one meaning.

Time-outs of sockets count the silence between two bytes. An answer that drips, or that unpacks to gigabytes, keeps
them content for hours; here it is cut.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import urllib3

from sync_worker.domain.text import printable
from sync_worker.ports import Clock

MOST_BYTES = 50 * 1024 * 1024
"""Unpacked. A thousand Xero invoices of twenty lines are about 10 MB."""
PIECE = 64 * 1024
LARGEST_EXPONENT = 30
"""No amount of money is longer; a number like 1e400 would be no float and no amount."""


class Cut(urllib3.exceptions.HTTPError):
    """The answer was given up before its end."""


def whole(stream: urllib3.BaseHTTPResponse, clock: Clock, until: datetime) -> bytes:
    """All of it, unpacked. Raises Cut past `MOST_BYTES` or `until`, and what urllib3 raises for half an answer."""
    parts: list[bytes] = []
    size = 0
    stream.decode_content = True  # requests leaves the unpacking to its own reader
    while part := stream.read1(PIECE):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            stream.close()
            raise Cut(f"longer than {MOST_BYTES // 1024 // 1024} MB")
        if clock.now() > until:
            stream.close()
            raise Cut("still coming when its time was over")
    stream.release_conn()
    return b"".join(parts)


def read_json(text: bytes) -> Any:
    """The JSON with its amounts as Decimal and its texts printable. Raises ValueError for what is no JSON, and for
    what two readers would read as two things: NaN, numbers out of all bounds, a name given twice."""
    try:
        found = json.loads(
            text, parse_float=_amount, parse_constant=_no_number, object_pairs_hook=_named_once
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    # Only an escape can bring in a character that no text may hold.
    return _printable(found) if b"\\u" in text else found


def _amount(text: str) -> Decimal:
    amount = Decimal(text)
    if abs(amount.adjusted()) > LARGEST_EXPONENT:
        raise ValueError(f"{text} is no amount")
    return amount


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _printable(value: Any) -> Any:
    match value:
        case str():
            return printable(value)
        case list():
            return [_printable(one) for one in value]
        case dict():
            return {printable(name): _printable(one) for name, one in value.items()}
        case _:
            return value
