"""What clients send, read the way Xero reads it: keys in any case, null as absent, dates in several forms."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from sync_worker.sandbox.http import Request
from sync_worker.sandbox.xero import errors

Sent = Mapping[str, Any]  # one element of a body, its keys folded to lower case

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_MS_DATE = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse(body: bytes) -> Any:
    """The JSON body; every object's keys in lower case, every fraction a Decimal."""
    try:
        return json.loads(
            body, object_pairs_hook=_fold, parse_float=Decimal, parse_constant=_no_number
        )
    except ValueError as error:
        raise errors.bad_post_data(f"{errors.NOT_JSON},{error}") from None


def elements(request: Request, plural: str) -> list[Sent]:
    """The elements of a write: `{"Invoices": [..]}` in any case, `{"Invoice": {..}}`, a bare list or a bare object."""
    body = parse(request.body)
    if isinstance(body, dict):
        key = plural.lower()
        singular = f"{key[:-3]}y" if key.endswith("ies") else key[:-1]
        body = body.get(key, body.get(singular, body))
    listed = body if isinstance(body, list) else [body]
    if not all(isinstance(element, dict) for element in listed):
        raise errors.bad_post_data(f"{errors.NOT_JSON},Cannot deserialize the current JSON")
    return listed


def text(sent: Sent, name: str) -> str | None:
    value = sent.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        raise _misfit(value, "System.String", name)
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(sent: Sent, name: str) -> Decimal | None:
    value = sent.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise _misfit(value, "System.Decimal", name)
    try:
        parsed = Decimal(value)
    except InvalidOperation:
        raise _misfit(value, "System.Decimal", name) from None
    if not parsed.is_finite():
        raise _misfit(value, "System.Decimal", name)
    return parsed


def flag(sent: Sent, name: str) -> bool | None:
    value = sent.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _misfit(value, "System.Boolean", name)


def guid(sent: Sent, name: str) -> str | None:
    value = sent.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and is_guid(value):
        return value.lower()
    raise _misfit(value, "System.Guid", name)


def day(sent: Sent, name: str) -> date | None:
    """`2026-11-01`, `2026-11-01T00:00:00` or `/Date(ms)/`; a space in place of the T is refused (pyxero#214)."""
    value = sent.get(name)
    if value is None or value == "":
        return None
    return _day(value if isinstance(value, str) else str(value))


def word(sent: Sent, name: str, allowed: Mapping[str, str], kind: str) -> str | None:
    """One of a closed set of words. `allowed` maps the upper-case spelling to Xero's own."""
    value = sent.get(name)
    if value is None or value == "":
        return None
    spelled = allowed.get(value.upper()) if isinstance(value, str) else None
    if spelled is None:
        raise _misfit(value, f"Xero.API.Library.{kind}", name)
    return spelled


def record(sent: Sent, name: str) -> Sent | None:
    value = sent.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise _misfit(value, "Xero.API.Library.Object", name)


def records(sent: Sent, name: str) -> list[Sent] | None:
    value = sent.get(name)
    if value is None:
        return None
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise _misfit(value, "System.Collections.Generic.List", name)


def is_guid(value: str) -> bool:
    return _GUID.fullmatch(value.lower()) is not None


def parameter_flag(request: Request, name: str, default: bool = False) -> bool:
    """A boolean parameter in any case: xero-python sends `True`, xero-node `true`."""
    value = request.parameter(name)
    return default if value is None else value.strip().lower() == "true"


def parameter_list(request: Request, name: str) -> list[str] | None:
    """A comma-separated parameter; None when it is not given."""
    value = request.parameter(name)
    if not value:
        return None
    return [part.strip().strip('"') for part in value.split(",") if part.strip()]


@lru_cache(maxsize=4096)
def _day(written: str) -> date:
    try:
        if match := _DAY.fullmatch(written):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _MS_DATE.fullmatch(written):
            return (_EPOCH + timedelta(milliseconds=int(match[1]))).date()
    except (ValueError, OverflowError):
        pass
    raise errors.bad_post_data(errors.NOT_A_DATE.format(value=written))


def _fold(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key.lower(): value for key, value in pairs}


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _misfit(value: Any, kind: str, path: str) -> errors.Malformed:
    return errors.bad_post_data(errors.NOT_A_VALUE.format(value=value, kind=kind, path=path))
