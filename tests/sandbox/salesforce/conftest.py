"""A signed-in client for a pretend org, in process: no sockets, a clock that stands still."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.salesforce.org import SalesforceOrg

METADATA = Path(__file__).parents[3] / "config" / "salesforce"
NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
HOST = "127.0.0.1:9704"


class Client:
    """Talks to an org as an HTTP client would; paths without a slash in front are data API resources."""

    def __init__(self, org: SalesforceOrg, version: str = "63.0") -> None:
        self.org = org
        self.base = f"/services/data/v{version}"
        self.token = self.sign_in().json()["access_token"]

    def sign_in(self) -> Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": "3MVG9SandboxConnectedApp",
            "client_secret": "sandbox-salesforce-secret",
        }
        return self.raw("POST", "/services/oauth2/token", urlencode(form).encode())

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Response:
        url = path if path.startswith("/") else f"{self.base}/{path}"
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        data = b"" if body is None else json.dumps(body).encode()
        return self.raw(method, url, data, {**sent, **(headers or {})})

    def raw(
        self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Response:
        return self.org.handle(Request.to(method, url, {"host": HOST, **(headers or {})}, body))

    def query(self, soql: str, **headers: str) -> Any:
        return self.call("GET", f"query?q={quote(soql)}", headers=headers).json()

    def records(self, soql: str) -> list[dict[str, Any]]:
        """The records of a query, without their attributes."""
        found: list[dict[str, Any]] = self.query(soql)["records"]
        return [
            {name: value for name, value in each.items() if name != "attributes"} for each in found
        ]

    def refused(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        response = self.call(method, path, body)
        assert response.status >= 400, response.body
        reason: dict[str, Any] = response.json()[0]
        return {"status": response.status, **reason}

    def create(self, sobject: str, **values: Any) -> str:
        response = self.call("POST", f"sobjects/{sobject}", values)
        assert response.status == 201, response.body
        return str(response.json()["id"])

    def read(self, sobject: str, record_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"sobjects/{sobject}/{record_id}").json()
        return found

    def upsert_many(
        self, sobject: str, *rows: dict[str, Any], **options: Any
    ) -> list[dict[str, Any]]:
        records = [{"attributes": {"type": sobject}, **row} for row in rows]
        path = f"composite/sobjects/{sobject}/Finance_External_ID__c"
        found: list[dict[str, Any]] = self.call(
            "PATCH", path, {"records": records, **options}
        ).json()
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock(lambda: NOON)


@pytest.fixture
def make_org(clock: Clock) -> Callable[..., SalesforceOrg]:
    return lambda **knobs: SalesforceOrg(clock, metadata=METADATA, **knobs)


@pytest.fixture
def org(make_org: Callable[..., SalesforceOrg]) -> SalesforceOrg:
    return make_org()


@pytest.fixture
def client(org: SalesforceOrg) -> Client:
    return Client(org)
