"""Responses as the platform sends them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.values import number_text

JSON = "application/json;charset=UTF-8"


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return answer_text(to_json(data), status, headers)


def answer_text(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The same from JSON text that is already written."""
    return Response(status, {"Content-Type": JSON, **(headers or {})}, text.encode())


def no_content() -> Response:
    return Response(204)


def refusal(*reasons: Refused) -> Response:
    return answer([each.as_answer() for each in reasons], reasons[0].status)


def packed(response: Response, request: Request) -> Response:
    """The same with its body in gzip, if the client takes that. Its bytes depend on nothing but the body."""
    if "gzip" not in request.headers.get("accept-encoding", "") or not response.body:
        return response
    headers = {**response.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(response.status, headers, gzip.compress(response.body, 1, mtime=0))


def to_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_number)


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return json.loads(number_text(value))
    raise TypeError(f"{value!r} has no JSON form")
