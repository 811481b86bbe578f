"""The HTTP session under simple-salesforce, and how we log in.

simple-salesforce 1.12.10 writes https into every address, has no time-outs, and on an expired session repeats the call
without the caller's headers, for ever if the server insists (its issue #804). So the session is ours: time-outs always,
plain http for a loopback base only, no redirects, no other host, and one re-login that repeats the very same request.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
import urllib3
from requests.adapters import BaseAdapter

from sync_worker.answers import whole
from sync_worker.domain.errors import Misconfigured, Transient
from sync_worker.ports import Clock, Moments, unwatched
from sync_worker.salesforce.errors import unreachable

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Login:
    """How to get in: by client credentials, or by a JWT signed with the integration user's key."""

    url: str
    client_id: str
    client_secret: str | None = None
    username: str | None = None
    private_key: str | None = None
    audience: str | None = None

    def form(self, now: float) -> dict[str, str]:
        if self.private_key and self.username:
            claims = {
                "iss": self.client_id,
                "sub": self.username,
                "aud": self.audience or self.url,
                "exp": int(now) + 180,
            }
            try:
                assertion = jwt.encode(claims, self.private_key, algorithm="RS256")
            except (ValueError, TypeError, jwt.PyJWTError) as broken:
                msg = f"salesforce.private_key is not a usable RSA key in PEM form ({broken}); export it again"
                raise Misconfigured(msg) from None
            return {"grant_type": JWT_GRANT, "assertion": assertion}
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret or "",
        }


class SalesforceSession(requests.Session):
    """A requests session bound to one org. Thread-safe in the one thing that matters: a single login at a time."""

    def __init__(
        self,
        login: Login,
        *,
        timeout: tuple[float, float],
        most_s: float,
        clock: Clock,
        adapter: BaseAdapter | None = None,
        counted: Callable[[Mapping[str, str]], None] = lambda _: None,
        moments: Moments = unwatched,
    ) -> None:
        super().__init__()
        self._login = login
        self._timeout = timeout
        self._base = urlsplit(login.url)
        self._counted = counted
        self._most = timedelta(seconds=most_s)
        self._clock = clock
        self._moments = moments
        self._lock = threading.Lock()
        self._token: str | None = None
        self.org_id = ""
        self.trust_env = (
            False  # REQUESTS_CA_BUNDLE would beat our own verify, and proxies would see tokens
        )
        if adapter is not None:
            self.mount("https://", adapter)
            self.mount("http://", adapter)

    def login(self) -> str:
        """The session id, fetched once and kept until the server refuses it."""
        with self._lock:
            if self._token is None:
                self._token = self._fetch_token()
            return self._token

    def request(  # type: ignore[override]  # requests names every option; we pass them on
        self, method: str | bytes, url: str | bytes, **options: Any
    ) -> requests.Response:
        """As requests' own, but home only: any other host is refused before a token could leave."""
        address = self._home(str(url))
        options.setdefault("timeout", self._timeout)
        options["allow_redirects"] = False
        headers = dict(options.pop("headers", None) or {})
        token = self.login()
        response = self._authorised(method, address, headers, token, options)
        if _expired(response):
            response = self._authorised(method, address, headers, self._renew(token), options)
        return response

    def _authorised(
        self,
        method: str | bytes,
        address: str,
        headers: Mapping[str, str],
        token: str,
        options: Mapping[str, Any],
    ) -> requests.Response:
        headers = {**headers, "Authorization": f"Bearer {token}"}
        response = self._sent(method, address, headers=headers, **options)
        self._counted(response.headers)
        return response

    def _sent(self, method: str | bytes, address: str, **options: Any) -> requests.Response:
        call = f"salesforce.{method!s}.{_resource(address)}"
        self._moments(f"{call}.before")
        until = self._clock.now() + self._most
        response = super().request(method, address, stream=True, **options)
        try:
            response.raw = io.BytesIO(whole(response.raw, self._clock, until))
        except urllib3.exceptions.HTTPError as broken:
            raise requests.ConnectionError(broken, request=response.request) from broken
        self._moments(f"{call}.after")
        return response

    def _renew(self, dead: str) -> str:
        with self._lock:
            if self._token == dead:
                self._token = self._fetch_token()
            return self._token or dead

    def _home(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.netloc != self._base.netloc:
            msg = (
                f"Salesforce sent us to {parts.netloc}, which is not {self._base.netloc}; "
                "set salesforce.url to the org's own My Domain"
            )
            raise Misconfigured(msg)
        return parts._replace(scheme=self._base.scheme).geturl()

    def _fetch_token(self) -> str:
        form = self._login.form(self._clock.now().timestamp())
        try:
            response = self._sent(
                "POST",
                f"{self._login.url}/services/oauth2/token",
                data=form,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as failure:
            raise unreachable(failure, self._login.url) from failure
        body = _body(response)
        if response.status_code != 200 or "access_token" not in body:
            raise _login_refused(response.status_code, body, self._login.url)
        self.org_id = str(body.get("id", "")).rstrip("/").split("/")[-2:][0]
        return str(body["access_token"])


def _resource(address: str) -> str:
    """What is asked for, without ids: `query`, `composite/sobjects`, `token`."""
    _, data, below = urlsplit(address).path.partition("/services/data/")
    if not data:
        return urlsplit(address).path.rpartition("/")[2]
    family, *rest = below.split("/")[1:]
    return f"{family}/{rest[0]}" if family == "composite" and rest else family


def _expired(response: requests.Response) -> bool:
    """Only a session that died is worth a new login; other 401s would only be refused again."""
    if response.status_code != 401:
        return False
    try:
        errors = response.json()
    except ValueError:
        return False
    return isinstance(errors, list) and any(
        error.get("errorCode") == "INVALID_SESSION_ID" for error in errors
    )


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _login_refused(status: int, body: dict[str, Any], url: str) -> Exception:
    """Only the OAuth answer that names an error, or a path that is not there, says that a setting is wrong. A
    maintenance page or a limit will pass."""
    if status >= 500 or status == 429 or ("error" not in body and status not in {404, 410}):
        return Transient(f"Salesforce's login at {url} answered {status} and no token")
    error = body.get("error", f"status {status}")
    words = body.get("error_description", "no explanation")
    return Misconfigured(
        f"Salesforce refused the login at {url}: {error} ({words}); "
        "check salesforce.url, client_id and the secret or key"
    )
