"""XML, which the Accounting API speaks unless asked for JSON: answers turned into it, and bodies out of it.

Made from the JSON answer, member for member: lists hold elements under their singular name, dates are plain, and the
readable twins of dates are JSON's alone (Xero's page on requests and responses). The shape of a refusal was seen in
xeroizer#320, indentation and line ends in xero-node#228. Attributes and the order of members are unsettled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero import errors, wire

TYPE = "text/xml; charset=utf-8"
_SCHEMAS = (
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_DECLARED = '<?xml version="1.0" encoding="utf-8"?>'
_SINGULARS = {
    "Tracking": "TrackingCategory",
    "Addresses": "Address",
    "TaxComponents": "TaxComponent",
}
_MS_DATE = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RENAMED = {("Allocation", "Amount"): "AppliedAmount"}  # xero-node#239


def wanted(request: Request, default: str) -> bool:
    """Whoever names JSON gets it, whoever names XML gets that, and silence means XML (Xero's page on requests). What
    `*/*` means there is unsettled: here it is JSON, which is what a caller that says it can read."""
    accepted = request.headers.get("accept", "").lower()
    if "json" in accepted or "*/*" in accepted:
        return False
    return default == "xml" or "xml" in accepted


def answered(response: Response, resource: str) -> Response:
    """A JSON answer of the Accounting API as XML; any other as it is."""
    ours = "Xero-Correlation-Id" in response.headers  # of quotes too, whose JSON has a bare type
    refused = response.status in (400, 501) and response.headers.get("Content-Type") == wire.JSON
    if not ours and not refused:
        return response
    value = json.loads(response.body, parse_float=str, parse_int=str)
    lines = _refused(value, resource) if refused else _told("Response", value, 0)
    body = "\r\n".join((_DECLARED, *lines)).encode()
    return Response(response.status, {**response.headers, "Content-Type": TYPE}, body)


def read(request: Request) -> Request:
    """A request whose body is XML, with the same as JSON."""
    if not request.body.lstrip().startswith(b"<"):
        return request
    if b"<!DOCTYPE" in request.body or b"<!ENTITY" in request.body:
        raise errors.bad_post_data("DTD is prohibited in this XML document")
    try:
        root = ElementTree.fromstring(request.body)  # noqa: S314 - without a DTD there is nothing to expand
    except ElementTree.ParseError as error:
        raise errors.bad_post_data(f"XML for post data was invalid,{error}") from None
    value = _read(root)
    told = {root.tag: value} if isinstance(value, list) else value
    return replace(request, body=json.dumps(told).encode())


def _told(name: str, value: Any, depth: int, attributes: str | None = None) -> Iterator[str]:
    pad = "  " * depth
    opened = f"{name}{_SCHEMAS if depth == 0 else attributes or ''}"
    if isinstance(value, dict):
        inner = [line for key, one in value.items() for line in _member(name, key, one, depth + 1)]
    elif isinstance(value, list):
        single = _singular(name)
        inner = [line for one in value for line in _told(single, one, depth + 1)]
    else:
        yield f"{pad}<{opened}>{_text(value)}</{name}>"
        return
    if inner:
        yield f"{pad}<{opened}>"
        yield from inner
        yield f"{pad}</{name}>"
    else:
        yield f"{pad}<{opened} />"


def _member(owner: str, key: str, value: Any, depth: int) -> Iterator[str]:
    json_only = key.endswith("String") and key != "StatusAttributeString"
    if json_only or value in (None, [], {}):
        return iter(())
    return _told(_RENAMED.get((owner, key), key), value, depth)


def _refused(value: dict[str, Any], resource: str) -> Iterator[str]:
    elements = value.pop("Elements", None) or []
    yield f"<ApiException{_SCHEMAS}>"
    for key, one in value.items():
        yield from _member("ApiException", key, one, 1)
    if elements:
        kind = f' xsi:type="{_singular(resource)}"'
        yield "  <Elements>"
        for element in elements:
            yield from _told("DataContractBase", element, 2, kind)
        yield "  </Elements>"
    yield "</ApiException>"


def _singular(plural: str) -> str:
    if plural in _SINGULARS:
        return _SINGULARS[plural]
    return f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and (match := _MS_DATE.fullmatch(value)):
        moment = _EPOCH + timedelta(milliseconds=int(match[1]))
        written = moment.strftime("%Y-%m-%dT%H:%M:%S")
        return f"{written}.{moment.microsecond // 1000:03d}" if moment.microsecond else written
    return escape(str(value))


def _read(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text or ""
    if {child.tag for child in children} == {_singular(element.tag)} != {element.tag}:
        return [_read(child) for child in children]
    return {child.tag: _read(child) for child in children}
