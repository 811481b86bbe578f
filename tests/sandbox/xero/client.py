"""A client of the pretend Xero without sockets: raw calls, and the vendor's SDK over the same `handle`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import ProtocolError
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.identity import IdentityApi

from sync_worker.sandbox.door import Cut, Door
from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.xero.app import CLIENT_ID, CLIENT_SECRET, TENANT_ID, XeroSandbox

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
NOBODY = "11111111-2222-4333-8444-555555555555"


class Xero:
    """One sandbox at a fixed time, called with one token."""

    def __init__(self, **knobs: Any) -> None:
        self._at = [START]
        self.clock = Clock(lambda: self._at[0])
        self.sandbox = XeroSandbox(self.clock, **{"limits": None, **knobs})
        self.token = self.new_token()

    def later(self, seconds: float = 1) -> None:
        self._at[0] += timedelta(seconds=seconds)

    def new_token(self, scope: str = "") -> str:
        reply = self.post_form("/connect/token", grant_type="client_credentials", scope=scope)
        return str(reply.json()["access_token"])

    def post_form(
        self, path: str, headers: dict[str, str] | None = None, /, **form: str
    ) -> Response:
        if not headers:
            form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}
        body = urlencode(form).encode()
        return self.sandbox.handle(Request.to("POST", path, headers, body))

    def raw(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Response:
        sent = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        told = {
            "Authorization": f"Bearer {self.token}",
            "xero-tenant-id": TENANT_ID,
            "Accept": "application/json",
        }
        return self.sandbox.handle(Request.to(method, path, {**told, **(headers or {})}, sent))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> Response:
        query = f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""
        return self.raw(method, f"/api.xro/2.0/{path}{query}", body, headers)

    def get(self, path: str, headers: dict[str, str] | None = None, **parameters: Any) -> Any:
        reply = self.call("GET", path, None, headers, **parameters)
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json()

    def put(self, path: str, body: Any, **parameters: Any) -> Any:
        reply = self.call("PUT", path, body, **parameters)
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json()

    def post(self, path: str, body: Any, **parameters: Any) -> Any:
        reply = self.call("POST", path, body, **parameters)
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json()

    def refused(self, method: str, path: str, body: Any, **parameters: Any) -> list[str]:
        """The messages of a call that is refused as a whole, all elements together."""
        reply = self.call(method, path, body, **parameters)
        assert reply.status == 400, (reply.status, reply.body)
        elements = reply.json()["Elements"]
        return [error["Message"] for one in elements for error in one["ValidationErrors"]]

    def contact(self, name: str = "Ann Lee", **members: Any) -> str:
        reply = self.put("Contacts", {"Contacts": [{"Name": name, **members}]})
        return str(reply["Contacts"][0]["ContactID"])

    def invoice(self, **members: Any) -> dict[str, Any]:
        """An approved invoice of 100.00, unless said otherwise."""
        reply = self.put("Invoices", {"Invoices": [self.an_invoice(**members)]})
        return dict(reply["Invoices"][0])

    def an_invoice(self, **members: Any) -> dict[str, Any]:
        given = {
            "Type": "ACCREC",
            "Date": "2026-11-01",
            "DueDate": "2026-11-30",
            "LineAmountTypes": "Inclusive",
            "Status": "AUTHORISED",
            "LineItems": [a_line()],
            **members,
        }
        if "Contact" not in given:
            given["Contact"] = {"Name": "Ann Lee"}
        return {key: value for key, value in given.items() if value is not None}

    def payment(self, invoice_id: str, amount: Any = 40, **members: Any) -> dict[str, Any]:
        sent = self.a_payment(invoice_id, amount, **members)
        return dict(self.put("Payments", {"Payments": [sent]})["Payments"][0])

    def a_payment(self, invoice_id: str, amount: Any = 40, **members: Any) -> dict[str, Any]:
        return {
            "Invoice": {"InvoiceID": invoice_id},
            "Account": {"Code": "090"},
            "Date": "2026-11-05",
            "Amount": amount,
            **members,
        }

    def read(self, invoice_id: str) -> dict[str, Any]:
        return dict(self.get(f"Invoices/{invoice_id}")["Invoices"][0])

    def sdk(self, door: Door | None = None) -> AccountingApi:
        """The SDK on this sandbox; through a door where faults befall its requests."""
        return AccountingApi(self._api_client(door), base_url="http://xero/api.xro/2.0")

    def identity(self) -> IdentityApi:
        return IdentityApi(self._api_client(), base_url="http://xero")

    def _api_client(self, door: Door | None = None) -> ApiClient:
        Configuration._default = None  # a singleton whose first arguments win otherwise
        token = OAuth2Token(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        settings = Configuration()
        settings.oauth2_token = token  # the constructor would drop it for the first caller's
        client = ApiClient(settings)
        held = {
            "access_token": self.token,
            "scope": ["x"],
            "token_type": "Bearer",
            "expires_in": 1800,
        }
        client.oauth2_token_getter(lambda: held)
        client.oauth2_token_saver(lambda token: None)
        client.rest_client.pool_manager = _InProcessPool((door or self.sandbox).handle)
        return client


def a_line(**members: Any) -> dict[str, Any]:
    given = {
        "Description": "Support",
        "Quantity": 1,
        "UnitAmount": 100,
        "AccountCode": "203",
        **members,
    }
    return {key: value for key, value in given.items() if value is not None}


class _InProcessPool:
    """What the SDK takes for urllib3's pool."""

    def __init__(self, handle: Callable[[Request], Response]) -> None:
        self._handle = handle

    def request(
        self,
        method: str,
        url: str,
        fields: Any = None,
        headers: Any = None,
        body: Any = None,
        preload_content: bool = True,
        **_: Any,
    ) -> urllib3.HTTPResponse:
        if fields:
            joined = urlencode(fields)
            url = f"{url}?{joined}"
        sent = body.encode() if isinstance(body, str) else body or b""
        try:
            reply = self._handle(Request.to(method, url, headers, sent))
        except Cut as cut:
            raise ProtocolError("Connection aborted.") from cut
        return urllib3.HTTPResponse(
            body=io.BytesIO(reply.body),
            headers=dict(reply.headers),
            status=reply.status,
            preload_content=preload_content,
        )
