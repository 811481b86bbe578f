"""Xero's JSON on the way out: absent rather than null, money as bare decimals, dates as /Date(ms+0000)/.

Decimals are written digit for digit and never pass through a float.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from sync_worker.sandbox.http import Response

JSON = "application/json; charset=utf-8"
EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
_EPOCH_DAY = date(1970, 1, 1).toordinal()


class Raw(str):
    """JSON that is ready for the wire."""

    __slots__ = ()


def dumps(value: Any) -> str:
    """`value` as compact JSON. Members that are None are left out, as Xero leaves them out."""
    return _WRITERS[type(value)](value)


@lru_cache(maxsize=4096)
def day(value: date) -> Raw:
    """A calendar day: midnight of that day read as UTC, whatever the organisation's zone (recorded)."""
    return Raw(f'"/Date({(value.toordinal() - _EPOCH_DAY) * 86_400_000}+0000)/"')


def bare_day(value: date) -> Raw:
    """A day without its offset, as quotes have it (recorded)."""
    return Raw(day(value).replace("+0000", ""))


def day_string(value: date) -> str:
    """The readable twin of a day: `2026-09-14T00:00:00` (recorded)."""
    return f"{value.isoformat()}T00:00:00"


def instant(ms: int) -> Raw:
    return Raw(f'"/Date({ms}+0000)/"')


def bare_instant(ms: int) -> Raw:
    """An instant without its offset, as in DateTimeUTC and the organisation's CreatedDateUTC (recorded)."""
    return Raw(f'"/Date({ms})/"')


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def instant_string(ms: int, suffix: str = "Z") -> str:
    """`2026-09-14T09:29:59Z`: whole seconds only, unlike its twin (recorded)."""
    return _second(ms // 1000) + suffix


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, {"Content-Type": JSON, **(headers or {})}, dumps(value).encode())


def no_such_page() -> Response:
    """Xero's 404 has no body and says it is HTML (recorded)."""
    return Response(404, {"Content-Type": "text/html; charset=utf-8"})


def _object(members: Mapping[str, Any]) -> str:
    return (
        "{"
        + ",".join([f'"{k}":{_WRITERS[type(v)](v)}' for k, v in members.items() if v is not None])
        + "}"
    )


def _array(items: Sequence[Any]) -> str:
    if not items:
        return "[]"
    return "[" + ",".join([_WRITERS[type(item)](item) for item in items]) + "]"


def _as_it_is(value: str) -> str:
    return value


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    bool: {True: "true", False: "false"}.__getitem__,
    int: str,
    Decimal: str,
    Raw: _as_it_is,
    date: day,
    dict: _object,
    list: _array,
    tuple: _array,
    type(None): lambda value: "null",
}
