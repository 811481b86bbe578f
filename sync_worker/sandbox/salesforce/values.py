"""Field values: from JSON into the form rows are kept in, and from there to the wire.

Dates and instants are kept as they look on the wire: fixed width and UTC, so that text order is time order.
Numbers are Decimals with every digit that was sent: the platform enforces a field's decimal places only in its own
pages, the API stores and returns them all (Salesforce help 000387302).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.ids import full_id
from sync_worker.sandbox.salesforce.schema import NUMBER_TYPES, TEXT_TYPES, Field

Value = Any  # str | bool | Decimal | None: what a row holds
Row = dict[str, Value]

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:T.*)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?")
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;.]+(?:\.[^\s@<>,;.]+)+")


def read_value(field: Field, raw: Any) -> Value:
    """The stored form of a JSON value; empty text is null. Raises Refused in the platform's words."""
    if raw is None:
        return None
    if field.type in TEXT_TYPES:
        return _read_text(field, raw)
    return _READERS[field.type](field, raw)


def writer_for(field: Field) -> Callable[[Value], str]:
    """A function that writes this field's stored values as JSON text."""
    if field.type == "boolean":
        return _write_boolean
    if field.type == "address":
        return _write_address
    if field.type == "int":
        return _write_whole
    return _write_number if field.type in NUMBER_TYPES else _write_text


def write_json(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    return str(value) if isinstance(value, int) else encode_basestring(value)


def stamp(moment: datetime) -> str:
    """An instant as the API writes it: to the second, with an offset that has no colon."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


@lru_cache(maxsize=1 << 16)
def number_text(value: Decimal) -> str:
    """A number as Java writes a double: 100.0, 12.5, and 1.0E7 from ten million up."""
    number = float(value)
    size = abs(number)
    if number == 0:
        return "0.0"
    if 1e-3 <= size < 1e7:
        return repr(number)
    mantissa, _, exponent = f"{Decimal(repr(number)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def key_of(field: Field, value: Value) -> Value:
    """What a unique index or an equality compares: text without its case unless the field is case sensitive."""
    if isinstance(value, str) and not field.case_sensitive and field.type in TEXT_TYPES:
        return value.lower()
    return value


def _read_text(field: Field, raw: Any) -> Value:
    if not isinstance(raw, str):
        raise unreadable(field.type, raw)
    text = raw.strip()
    if not text:
        return None
    # Java counts UTF-16 units, so an emoji takes two places [unsettled; the stricter reading].
    size = len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
    if field.length and field.type != "picklist" and size > field.length:
        raise Refused(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {text} (max length={field.length})",
            [field.name],
        )
    if field.type == "email" and not _EMAIL.fullmatch(text):
        raise Refused(
            "INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", [field.name]
        )
    return _read_picklist(field, text) if field.picklist else text


def _read_picklist(field: Field, text: str) -> str:
    known = next((each.name for each in field.picklist if each.name.lower() == text.lower()), None)
    if known is None and field.restricted:
        raise Refused(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label}: bad value for restricted picklist field: {text}",
            [field.name],
        )
    return known or text


def _read_number(field: Field, raw: Any) -> Value:
    if raw == "":
        return None
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str, Decimal)):
        raise unreadable(field.type, raw)
    try:
        number = raw if isinstance(raw, Decimal) else Decimal(str(raw))
    except InvalidOperation:
        raise unreadable(field.type, raw) from None
    if not number.is_finite():
        raise unreadable(field.type, raw)
    if field.precision and abs(number) >= Decimal(10) ** (field.precision - field.scale):
        raise Refused(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {number_text(number)}",
            [field.name],
        )
    return number


def _read_boolean(field: Field, raw: Any) -> Value:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    raise unreadable("boolean", raw)


def _read_date(field: Field, raw: Any) -> Value:
    if raw == "":
        return None
    if isinstance(raw, date):
        return raw.isoformat()[:10]
    match = _DATE.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise unreadable("date", raw)
    try:
        return date.fromisoformat(match[1]).isoformat()
    except ValueError:
        raise unreadable("date", raw) from None


def _read_instant(field: Field, raw: Any) -> Value:
    if raw == "":
        return None
    if isinstance(raw, datetime):
        return stamp(raw)
    if not isinstance(raw, str) or not _INSTANT.fullmatch(raw):
        raise unreadable("datetime", raw)
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        raise unreadable("datetime", raw) from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _read_bytes(_: Field, raw: Any) -> Value:
    """They come, and are kept, as base64."""
    if not isinstance(raw, str):
        raise unreadable("base64Binary", raw)
    return raw or None


def _read_id(field: Field, raw: Any) -> Value:
    if raw == "":
        return None
    known = full_id(raw) if isinstance(raw, str) else None
    if known is None:
        raise Refused(
            "MALFORMED_ID", f"{field.label}: id value of incorrect type: {raw}", [field.name]
        )
    return known


_READERS: dict[str, Callable[[Field, Any], Value]] = {
    **dict.fromkeys(NUMBER_TYPES, _read_number),
    "address": lambda field, raw: raw,  # cannot be written; saying so is up to whoever saves
    "base64": _read_bytes,
    "boolean": _read_boolean,
    "date": _read_date,
    "datetime": _read_instant,
    "id": _read_id,
    "reference": _read_id,
}


def unreadable(kind: str, raw: Any) -> Refused:
    """The parser's refusal of a JSON value of the wrong sort; the edge of the request adds where it stood."""
    tokens = {
        dict: "START_OBJECT",
        list: "START_ARRAY",
        str: "VALUE_STRING",
        int: "VALUE_NUMBER_INT",
    }
    token = (
        f"VALUE_{str(raw).upper()}"
        if isinstance(raw, bool)
        else tokens.get(type(raw), "VALUE_NUMBER_FLOAT")
    )
    shown = {"START_OBJECT": "{", "START_ARRAY": "["}.get(token) or (
        str(raw).lower() if isinstance(raw, bool) else str(raw)
    )
    return Refused(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {kind} from {token} value {shown}"
        " or request may be missing a required field",
    )


def _write_boolean(value: Value) -> str:
    return "true" if value else "false"


def _write_number(value: Value) -> str:
    return "null" if value is None else number_text(value)


def _write_whole(value: Value) -> str:
    return "null" if value is None else str(int(value))


def _write_address(value: Value) -> str:
    if value is None:
        return "null"
    return "{" + ",".join(f'"{name}":{write_json(part)}' for name, part in value.items()) + "}"


def _write_text(value: Value) -> str:
    return "null" if value is None else encode_basestring(value)
