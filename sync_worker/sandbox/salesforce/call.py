"""One call of the data API on its way: the request, its version, the names in its path, and the org it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.salesforce.access import Access
from sync_worker.sandbox.salesforce.bulk.jobs import Jobs
from sync_worker.sandbox.salesforce.errors import Refused, not_found
from sync_worker.sandbox.salesforce.formula_functions import Outside
from sync_worker.sandbox.salesforce.ids import full_id
from sync_worker.sandbox.salesforce.metadata.queue import Deployments
from sync_worker.sandbox.salesforce.query import Queries
from sync_worker.sandbox.salesforce.rows import Rows
from sync_worker.sandbox.salesforce.schema import Field, Schema, SObject
from sync_worker.sandbox.salesforce.store import Store

Endpoint = Callable[["Call"], Response]
Routes = dict[str, dict[str, Endpoint]]


@dataclass(frozen=True, slots=True)
class Parts:
    """The org from inside.

    `dispatch` answers a sub-request of a composite call as its own call. `then` are the parts that work put off
    till later finds when its time comes.
    """

    schema: Schema
    store: Store
    access: Access
    outside: Outside
    rows: Rows
    queries: Queries
    clock: Clock
    user_id: str
    org_id: str
    dispatch: Callable[[Request], Response]
    limits: Callable[[], Mapping[str, Any]]
    deployments: Deployments
    set_up_at: datetime
    jobs: Jobs
    then: Callable[[], Parts]


@dataclass(frozen=True, slots=True)
class Call:
    org: Parts
    request: Request
    version: str
    names: tuple[str, ...]

    @property
    def base(self) -> str:
        return f"/services/data/v{self.version}"

    @property
    def origin(self) -> str:
        return origin(self.request)

    def json(self) -> Any:
        return parse_json(self.request.body)

    def record_body(self) -> dict[str, Any]:
        body = self.json()
        if not isinstance(body, dict):
            raise Refused(
                "JSON_PARSER_ERROR",
                "The HTTP entity body is required, but this request has no entity body.",
            )
        return body

    def sobject(self, place: int = 0) -> SObject:
        """The object named in the path, if there is one that the user may see."""
        sobject = self.org.schema.find(self.names[place])
        if sobject is None or not self.org.access.may("read", sobject):
            raise not_found()
        return sobject

    def flag(self, name: str) -> bool:
        return (self.request.parameter(name) or "").lower() == "true"

    def batch_size(self) -> int | None:
        match = re.search(
            r"batchSize\s*=\s*(\d+)", self.request.headers.get("sforce-query-options", "")
        )
        return int(match[1]) if match else None

    def header_date(self, name: str) -> datetime | None:
        """A conditional header's HTTP date. One that is no date is refused."""
        text = self.request.headers.get(name)
        if text is None:
            return None
        try:
            return parsedate_to_datetime(text)
        except ValueError:
            raise Refused(
                "INVALID_HTTP_HEADER", f"Invalid value for the header: {name}", None, 400
            ) from None


def origin(request: Request) -> str:
    """Scheme and host as the client spelt them; plain http is for loopback only."""
    host = request.headers.get("host", "sandbox.my.salesforce.com")
    local = re.match(r"(127\.|localhost|\[::1\])", host) is not None
    return f"{request.headers.get('x-forwarded-proto', 'http' if local else 'https')}://{host}"


def parse_json(body: bytes) -> Any:
    if not body.strip():
        raise Refused(
            "JSON_PARSER_ERROR",
            "The HTTP entity body is required, but this request has no entity body.",
        )
    try:
        return json.loads(body, parse_float=Decimal)
    except json.JSONDecodeError as problem:
        mark = problem.doc[problem.pos : problem.pos + 1]
        seen = (
            f"Unexpected character ('{mark}' (code {ord(mark)}))"
            if mark
            else "Unexpected end-of-input"
        )
        raise Refused(
            "JSON_PARSER_ERROR", f"{seen} at [line:{problem.lineno}, column:{problem.colno}]"
        ) from None
    except UnicodeDecodeError:
        raise Refused("JSON_PARSER_ERROR", "Invalid UTF-8 in the request body") from None


def record_id(sobject: SObject, text: str) -> str:
    """The 18-character id of a row of that object, or the platform's refusal of it."""
    known = full_id(text)
    if known is None:
        raise Refused(
            "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {text}"
        )
    if known[:3] != sobject.prefix:
        raise Refused(
            "MALFORMED_ID", f"{sobject.label} ID: id value of incorrect type: {text}", ["Id"]
        )
    return known


def external_id_field(call: Call, sobject: SObject, name: str) -> Field:
    field = sobject.find(name)
    usable = field and (field.external_id or field.name == "Id")
    if field is None or not usable or not call.org.access.may_read(sobject, field):
        raise Refused(
            "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}"
        )
    return field


def refuse_keys(body: Mapping[str, Any], *names: str) -> None:
    """What stands in the path must not stand in the body as well."""
    for given in body:
        for name in names:
            if given.lower() == name.lower():
                raise Refused(
                    "INVALID_FIELD",
                    f"The {name} field should not be specified in the sobject data.",
                )
