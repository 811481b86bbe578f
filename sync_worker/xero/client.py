"""The one way to Xero: xero-python for addresses and headers, our own transport and tokens below it, our own budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import HTTPStatusException
from xero_python.identity import IdentityApi

from sync_worker.answers import read_json
from sync_worker.domain.batch import Frozen
from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, SyncError, Transient
from sync_worker.ports import Clock
from sync_worker.xero.budget import Budget
from sync_worker.xero.errors import broken, refused
from sync_worker.xero.frozen import content_type
from sync_worker.xero.tokens import Tokens, as_the_sdk_wants_it, fingerprint
from sync_worker.xero.transport import Pool, Transport, patient

DISCONNECTED = (
    "DISCONNECTED: this app is not connected to the Xero organisation any more, so nothing was read or sent; "
    "connect it again in Xero (Settings, Connected apps), and it goes on by itself"
)
MOST_REFUSALS = 3
"""How often a read waits out a refusal for want of budget."""


class XeroClient:
    """One Xero organisation, whichever way its tokens come. For one thread at a time."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        api_url: str,
        timeout: urllib3.Timeout,
        budget: Budget,
        clock: Clock,
        way: Pool,
    ) -> None:
        self.api_url = api_url
        self.budget = budget
        self._tokens = tokens
        self._clock = clock
        self._only: str | None = None
        self._server_time: tuple[datetime, datetime] | None = None
        self._renewed = False
        """A token was refused and a new one is tried; when that is refused too, no third will help."""
        self._api_client = _sdk_client(tokens, way, timeout)
        self._accounting = AccountingApi(self._api_client, base_url=f"{api_url}/api.xro/2.0")
        self._identity = IdentityApi(self._api_client, base_url=api_url)
        self._reading = patient(clock)

    @property
    def token(self) -> str:
        return fingerprint(self._tokens.fresh())

    def ready(self) -> None:
        """Waits for budget and token, so that the next write leaves at once."""
        self.tenant()
        self.budget.wait()
        self._tokens.fresh()

    def now(self) -> datetime:
        """Xero's time: its last Date header, and what our own clock says has passed since."""
        if self._server_time is None:
            return self._clock.now()
        theirs, ours = self._server_time
        return theirs + max(timedelta(), self._clock.now() - ours)

    def tenant(self) -> str:
        """The organisation. Raises Misconfigured where the connection has none, several, or not the pinned one."""
        chosen = self._tokens.tenant() or self._only
        if chosen is None:
            found = self._connections()
            if len(found) != 1:
                names = ", ".join(f"{one['tenantName']} ({one['tenantId']})" for one in found)
                msg = f"this Xero app is connected to {len(found)} organisations ({names}); set xero.tenant_id to one"
                raise Misconfigured(msg)
            self._only = chosen = str(found[0]["tenantId"])
        return chosen

    def read(
        self, call: Callable[[AccountingApi, str], urllib3.BaseHTTPResponse]
    ) -> Mapping[str, Any]:
        """A GET through the SDK; tried again for some seconds when nothing answers, since it changes nothing."""

        def once() -> Mapping[str, Any]:
            tenant = self.tenant()
            reply = self._spent(lambda: call(self._accounting, tenant), writing=False)
            if reply.status == 304:
                return {}
            try:
                return _json(reply)
            except ValueError:
                raise Transient("Xero answered something that is not JSON") from None

        return self._reading(once)

    def write(self, frozen: Frozen) -> Mapping[str, Any]:
        """One write, one request. The bytes leave as they were frozen."""
        parts = urlsplit(frozen.path)
        headers = {
            "Accept": "application/json",
            "Content-Type": content_type(parts.path),
            "xero-tenant-id": self.tenant(),
        }
        if frozen.key:
            headers["Idempotency-Key"] = frozen.key

        def call() -> Any:
            return self._api_client.call_api(
                f"{self.api_url}/api.xro/2.0/{parts.path}",
                frozen.method,
                query_params=parse_qsl(parts.query),
                header_params=dict(headers),
                body=frozen.body,
                auth_settings=["OAuth2"],
                _return_http_data_only=True,
                _preload_content=False,
            )

        reply = self._spent(call, writing=True)
        try:
            return _json(reply)
        except ValueError:
            raise OutcomeUnknown("Xero's answer could not be read") from None

    # One request -------------------------------------------------------------------------------

    def _spent(self, call: Callable[[], Any], *, writing: bool) -> urllib3.BaseHTTPResponse:
        """The call, inside the budget. A refusal for want of a live token or of budget did nothing for sure. Reads are
        asked again here; a write's time begins anew, and with it the question whose lane it is."""
        refusals = 0
        while True:
            if not writing:
                self.budget.wait()  # where we are to leave Xero alone, not even a token is asked for
            self._tokens.fresh()
            self.budget.spend(waiting=not writing)
            try:
                reply = self._sent(call, writing=writing)
            except HTTPStatusException as failure:
                headers = failure.headers or {}
                self._learn(headers)
                if failure.status == 429:
                    later = self.budget.refused(headers)
                    if writing or refusals == MOST_REFUSALS or not later.soon:
                        raise later from failure
                    refusals += 1
                    self._clock.sleep(later.retry_after or 0)
                    continue
                if failure.status == 401 and not self._renewed:
                    self._renewed = True
                    self._tokens.renounce()
                    if writing:
                        raise Transient("Xero's token was refused", retry_after=0) from failure
                    continue
                self._renewed = False
                if failure.status == 403 and self._disconnected():
                    raise Misconfigured(DISCONNECTED) from failure
                raise self._translated(failure, writing=writing) from failure
            self._learn(reply.headers)
            self._renewed = False
            return reply

    def _sent(self, call: Callable[[], Any], *, writing: bool) -> urllib3.BaseHTTPResponse:
        try:
            reply: urllib3.BaseHTTPResponse = call()
        except urllib3.exceptions.HTTPError as failure:
            raise broken(failure, writing=writing, url=self.api_url) from failure
        return reply

    def _translated(self, failure: HTTPStatusException, *, writing: bool) -> Exception:
        body = failure.body if isinstance(failure.body, bytes) else b""
        if failure.status == 401:
            return self._tokens.hopeless()
        return refused(failure.status, body, writing=writing)

    def _learn(self, headers: Mapping[str, str]) -> None:
        self.budget.learn(headers)
        if date := headers.get("Date"):
            try:
                self._server_time = (parsedate_to_datetime(date).astimezone(UTC), self._clock.now())
            except ValueError:
                return

    def _disconnected(self) -> bool:
        """Whether a refusal means that the organisation is gone, or only that a scope is missing."""
        try:
            return self.tenant() not in {one["tenantId"] for one in self._connections()}
        except SyncError:
            return False

    def _connections(self) -> list[Mapping[str, Any]]:
        self.budget.wait()
        try:
            reply = self._sent(
                lambda: self._identity.get_connections(_preload_content=False), writing=False
            )
            return list(read_json(reply.data))
        except HTTPStatusException as failure:
            raise self._translated(failure, writing=False) from failure
        except ValueError:
            raise Transient("Xero answered something that is not JSON") from None


def _sdk_client(tokens: Tokens, way: Pool, timeout: urllib3.Timeout) -> ApiClient:
    configuration = Configuration()
    # The constructor hands every caller a copy of the first one's token object: ours must be our own.
    # It gets no id and no secret: renewing is not its business.
    configuration.oauth2_token = OAuth2Token()
    client = ApiClient(
        configuration, oauth2_token_getter=lambda: as_the_sdk_wants_it(tokens.fresh())
    )
    client.rest_client = Transport(way, timeout)
    return client


def _json(reply: urllib3.BaseHTTPResponse) -> Mapping[str, Any]:
    answer = read_json(reply.data)
    if isinstance(answer, dict):
        return answer
    msg = "not a JSON object"
    raise ValueError(msg)
