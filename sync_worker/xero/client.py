"""The one way to Xero: xero-python for addresses and headers, our own transport below it, our own tokens.

xero-python 15.2.0 by itself repeats lost GETs and PUTs three times, sleeps out a Retry-After inside the call, ignores
time-outs given as floats, keeps tokens in one object for all connections and never renews a custom connection's.
None of that is left here: one call is one request, with time-outs, and its headers are always seen.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

import urllib3
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import HTTPStatusException
from xero_python.identity import IdentityApi
from xero_python.rest import RESTClientObject, RESTResponse

from sync_worker.domain.batch import Frozen
from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, Transient
from sync_worker.ports import Clock
from sync_worker.xero.budget import Budget
from sync_worker.xero.errors import broken, login_refused, refused

MOST_REFUSALS = 3
EARLY = timedelta(minutes=2)
"""A token this near its end is not used any more."""


class Pool(Protocol):
    """What is needed of urllib3.PoolManager; a sandbox's core can stand here without a socket."""

    def request(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse: ...


def pool() -> Pool:
    return urllib3.PoolManager(maxsize=2, block=True, retries=False)


class _Transport(RESTClientObject):  # type: ignore[misc]
    """Below the SDK: text bodies leave as they are, time-outs always, nothing repeated, the answer read whole."""

    def __init__(self, way: Pool, timeout: urllib3.Timeout) -> None:
        self.pool_manager = way
        self._timeout = timeout

    def request(
        self,
        method: str,
        url: str,
        query_params: Any = None,
        headers: Any = None,
        body: Any = None,
        post_params: Any = None,
        _preload_content: bool = True,
        _request_timeout: Any = None,
    ) -> Any:
        del post_params, _request_timeout
        if query_params:
            url = f"{url}?{urlencode(query_params)}"
        headers = {"Content-Type": "application/json", **(headers or {})}
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
        reply = self.pool_manager.request(
            method,
            url,
            headers=headers,
            body=body,
            timeout=self._timeout,
            redirect=False,
            preload_content=True,
        )
        if not 200 <= reply.status <= 299:
            raise HTTPStatusException(http_resp=RESTResponse(reply))
        return RESTResponse(reply) if _preload_content else reply


class XeroClient:
    """One Xero organisation through one custom connection. For one thread at a time."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        scopes: str,
        tenant_id: str | None,
        api_url: str,
        identity_url: str,
        timeout: tuple[float, float],
        budget: Budget,
        clock: Clock,
        way: Pool | None = None,
    ) -> None:
        self.api_url = api_url
        self.budget = budget
        self._login = (client_id, client_secret, scopes, f"{identity_url}/connect/token")
        self._timeout = urllib3.Timeout(connect=timeout[0], read=timeout[1])
        self._way = way or pool()
        self._clock = clock
        self._lock = threading.Lock()
        self._access: str | None = None
        self._dies_at = datetime.min.replace(tzinfo=UTC)
        self._tenant_id = tenant_id
        self._server_time: tuple[datetime, datetime] | None = None
        api_client = self._sdk_client(client_id, client_secret)
        self._accounting = AccountingApi(api_client, base_url=f"{api_url}/api.xro/2.0")
        self._identity = IdentityApi(api_client, base_url=api_url)
        self._api_client = api_client
        self._reading = Retrying(
            retry=retry_if_exception(_worth_asking_again),
            stop=stop_after_attempt(4),
            wait=wait_random_exponential(multiplier=0.5, max=8),
            sleep=clock.sleep,
            reraise=True,
        )

    @property
    def token(self) -> str:
        """A fingerprint of the access token: enough to know whether it is still the same one."""
        return hashlib.sha256(self._fresh_token().encode()).hexdigest()[:16]

    def ready(self) -> None:
        """Waits for budget and token, so that the next write leaves at once."""
        self.tenant()
        self.budget.wait()
        self._fresh_token()

    def now(self) -> datetime:
        """Xero's time: its last Date header, and what our own clock says has passed since."""
        if self._server_time is None:
            return self._clock.now()
        theirs, ours = self._server_time
        return theirs + max(timedelta(), self._clock.now() - ours)

    def tenant(self) -> str:
        """The organisation. Raises Misconfigured where the connection has none, several, or not the pinned one."""
        if self._tenant_id is None:
            found = self._connections()
            if len(found) != 1:
                names = ", ".join(f"{one['tenantName']} ({one['tenantId']})" for one in found)
                msg = f"this Xero app is connected to {len(found)} organisations ({names}); set xero.tenant_id to one"
                raise Misconfigured(msg)
            self._tenant_id = str(found[0]["tenantId"])
        return self._tenant_id

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
        headers = {"Accept": "application/json", "xero-tenant-id": self.tenant()}
        if frozen.key:
            headers["Idempotency-Key"] = frozen.key

        def call() -> Any:
            return self._api_client.call_api(
                f"{self.api_url}/api.xro/2.0/{parts.path}",
                frozen.method,
                query_params=parse_qsl(parts.query),
                header_params=dict(headers),
                body=frozen.body.decode(),
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
        """The call, inside the budget. A refusal for want of a live token did nothing for sure, so it is asked again
        with a new one, once. A refusal for want of budget is waited out by reads only: a write's time begins anew."""
        refusals, renewed = 0, False
        while True:
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
                if failure.status == 401 and not renewed:
                    renewed = True
                    self._access = None
                    continue
                raise self._translated(failure, writing=writing) from failure
            self._learn(reply.headers)
            return reply

    def _sent(self, call: Callable[[], Any], *, writing: bool) -> urllib3.BaseHTTPResponse:
        self._fresh_token()
        try:
            reply: urllib3.BaseHTTPResponse = call()
        except urllib3.exceptions.HTTPError as failure:
            raise broken(failure, writing=writing, url=self.api_url) from failure
        return reply

    def _translated(self, failure: HTTPStatusException, *, writing: bool) -> Exception:
        body = failure.body if isinstance(failure.body, bytes) else b""
        if failure.status == 401:
            return Misconfigured(
                "Xero refuses our token though it is new; check that the custom connection still stands"
            )
        return refused(failure.status, body, writing=writing)

    def _learn(self, headers: Mapping[str, str]) -> None:
        self.budget.learn(headers)
        if date := headers.get("Date"):
            try:
                self._server_time = (parsedate_to_datetime(date).astimezone(UTC), self._clock.now())
            except ValueError:
                return

    # Tokens ------------------------------------------------------------------------------------

    def _fresh_token(self) -> str:
        with self._lock:
            if self._access is None or self._clock.now() >= self._dies_at - EARLY:
                self._access = self._patient_token()
            return self._access

    def _patient_token(self) -> str:
        return str(self._reading(self._new_token)["access_token"])

    def _new_token(self) -> Mapping[str, Any]:
        client_id, client_secret, scopes, url = self._login
        headers = urllib3.make_headers(basic_auth=f"{client_id}:{client_secret}")
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        form = urlencode({"grant_type": "client_credentials", "scope": scopes})
        asked_at = self._clock.now()
        try:
            reply = self._way.request(
                "POST", url, headers=headers, body=form, timeout=self._timeout, redirect=False
            )
        except urllib3.exceptions.HTTPError as failure:
            raise broken(failure, writing=False, url=url) from failure
        if reply.status != 200:
            raise login_refused(reply.status, reply.data, url)
        try:
            answer = _json(reply)
            self._dies_at = asked_at + timedelta(seconds=int(answer["expires_in"]))
        except (ValueError, KeyError):
            raise Transient(f"Xero's login at {url} answered something that is no token") from None
        return answer

    def _connections(self) -> list[Mapping[str, Any]]:
        reply = self._sent(
            lambda: self._identity.get_connections(_preload_content=False), writing=False
        )
        return list(json.loads(reply.data))

    def _sdk_client(self, client_id: str, client_secret: str) -> ApiClient:
        configuration = Configuration()
        # The constructor hands every caller a copy of the first one's token object: ours must be our own.
        configuration.oauth2_token = OAuth2Token(client_id=client_id, client_secret=client_secret)
        client = ApiClient(configuration, oauth2_token_getter=self._sdk_token)
        client.rest_client = _Transport(self._way, self._timeout)
        return client

    def _sdk_token(self) -> dict[str, Any]:
        """Without `expires_at`, so that the SDK never tries to renew what it cannot."""
        return {
            "access_token": self._access,
            "scope": self._login[2].split(),
            "token_type": "Bearer",
            "expires_in": 1800,
        }


def _worth_asking_again(failure: BaseException) -> bool:
    """Where Xero said when to come back, asking sooner is pointless."""
    return isinstance(failure, Transient) and failure.retry_after is None


def _json(reply: urllib3.BaseHTTPResponse) -> Mapping[str, Any]:
    answer = json.loads(reply.data, parse_float=Decimal)
    if isinstance(answer, dict):
        return answer
    msg = "not a JSON object"
    raise ValueError(msg)
