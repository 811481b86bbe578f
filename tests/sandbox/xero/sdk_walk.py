"""Walks a reply against the vendor SDK's own description of it: unknown members, nulls, wrong kinds, odd words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from xero_python.accounting import models

_LIST = re.compile(r"list\[(.+)\]")
_MS_DATE = re.compile(r"/Date\(-?\d+(\+0000)?\)/")
_ENVELOPE = {"Id", "Status", "ProviderName", "DateTimeUTC"}
# Xero sends these and the models do not know them (recorded in live replies, 2026).
_UNKNOWN_TO_MODELS = {
    "DateString",
    "DueDateString",
    "ExpectedPaymentDateString",
    "PlannedPaymentDateString",
    "DateUTCString",
    "InvoicePaymentServices",
    "HasValidationErrors",
    "ValidationErrors",
    "Options",
    "ID",
    "IsDeleted",
    "IsArchived",
    "IsActive",
    "ReportingCodeName",
    "Attachments",
}
_PLURALS = {
    "TrackingCategories": "TrackingCategory",
    "Currencies": "Currency",
    "Options": "TrackingOption",
}


def faults(reply: dict[str, Any]) -> list[str]:
    """What the SDK's models would not understand in an envelope."""
    found: list[str] = []
    for key, value in reply.items():
        if key in _ENVELOPE:
            found += [] if isinstance(value, str) else [f"{key}: {value!r}"]
        elif key == "pagination":
            found += _walk("Pagination", value, key)
        else:
            name = _PLURALS.get(key, key.removesuffix("s"))
            for at, element in enumerate(value):
                found += _walk(name, element, f"{key}[{at}]")
    return found


def _walk(kind: str, value: Any, path: str) -> Iterator[str]:
    if value is None:
        yield f"{path}: null"
    elif match := _LIST.fullmatch(kind):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
        else:
            for at, item in enumerate(value):
                yield from _walk(match[1], item, f"{path}[{at}]")
    elif kind in _SIMPLE:
        if not _SIMPLE[kind](value):
            yield f"{path}: {value!r} is no {kind}"
    else:
        yield from _walk_model(getattr(models, kind), value, path)


def _walk_model(model: Any, value: Any, path: str) -> Iterator[str]:
    if issubclass(model, Enum):
        if value not in {member.value for member in model}:
            yield f"{path}: {value!r} is no {model.__name__}"
        return
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {model.__name__}"
        return
    types = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    for key, member in value.items():
        if key in types:
            yield from _walk(types[key], member, f"{path}.{key}")
        elif key not in _UNKNOWN_TO_MODELS:
            yield f"{path}.{key}: unknown"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_ms_date(value: Any) -> bool:
    return isinstance(value, str) and _MS_DATE.fullmatch(value) is not None


_SIMPLE = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": _is_number,
    "date[ms-format]": _is_ms_date,
    "datetime[ms-format]": _is_ms_date,
}
