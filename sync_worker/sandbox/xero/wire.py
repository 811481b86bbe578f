"""Xero's JSON on the way out: absent rather than null, money as bare decimals, dates as /Date(ms+0000)/.

Decimals are written digit for digit and never pass through a float.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from msgspec import Raw
from msgspec.json import Encoder

from sync_worker.sandbox.http import Response

JSON = "application/json; charset=utf-8"
EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def dumps(value: Any) -> bytes:
    """`value` as compact JSON. Members that are None are left out, as Xero leaves them out."""
    return _encode(_told(value))


@lru_cache(maxsize=4096)
def day(value: date) -> Raw:
    """A calendar day: midnight of that day read as UTC, whatever the organisation's zone (recorded)."""
    return instant(_midnight(value))


def bare_day(value: date) -> Raw:
    """A day without its offset, as quotes have it (recorded)."""
    return bare_instant(_midnight(value))


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


def _midnight(value: date) -> int:
    return (value.toordinal() - _EPOCH_DAY) * 86_400_000


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, {"Content-Type": JSON, **(headers or {})}, dumps(value))


def no_such_page() -> Response:
    """Xero's 404 has no body and says it is HTML (recorded)."""
    return Response(404, {"Content-Type": "text/html; charset=utf-8"})


def _told(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {k: _told(v) if type(v) in _UNTOLD else v for k, v in value.items() if v is not None}
    if kind is date:
        return day(value)
    return [_told(item) if type(item) in _UNTOLD else item for item in value]


_UNTOLD = frozenset({dict, list, tuple, date})
_encode = Encoder(decimal_format="number").encode
