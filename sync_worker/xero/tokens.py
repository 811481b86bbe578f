"""Access tokens of a custom connection: asked for with the app's own secret, used for half an hour, never refreshed.

xero-python keeps tokens in one object for all connections and believes a custom connection's for ever (15.2.0); so
these are ours, and the SDK is handed one that is always good.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import urllib3

from sync_worker.domain.errors import Transient
from sync_worker.ports import Clock
from sync_worker.xero.errors import broken, login_refused
from sync_worker.xero.transport import Pool, patient

EARLY = timedelta(minutes=2)
"""A token this near its end is not used any more."""


class Tokens:
    """One app's tokens. Safe between threads: one of them asks, the others wait for its answer."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        scopes: str,
        identity_url: str,
        timeout: urllib3.Timeout,
        clock: Clock,
        way: Pool,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self._scopes = scopes
        self._url = f"{identity_url}/connect/token"
        self._timeout = timeout
        self._clock = clock
        self._way = way
        self._lock = threading.Lock()
        self._access: str | None = None
        self._dies_at = datetime.min.replace(tzinfo=UTC)
        self._asking = patient(clock)

    @property
    def fingerprint(self) -> str:
        """Enough to know whether it is still the same token."""
        return hashlib.sha256(self.fresh().encode()).hexdigest()[:16]

    def fresh(self) -> str:
        with self._lock:
            if self._access is None or self._clock.now() >= self._dies_at - EARLY:
                self._access = str(self._asking(self._ask)["access_token"])
            return self._access

    def renounce(self) -> None:
        """Xero refused it: the next one is a new one."""
        self._access = None

    def as_the_sdk_wants_it(self) -> dict[str, Any]:
        """Without `expires_at`, so that the SDK never tries to renew what it cannot."""
        return {
            "access_token": self.fresh(),
            "scope": self._scopes.split(),
            "token_type": "Bearer",
            "expires_in": 1800,
        }

    def _ask(self) -> Mapping[str, Any]:
        headers = urllib3.make_headers(basic_auth=f"{self.client_id}:{self.client_secret}")
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        form = urlencode({"grant_type": "client_credentials", "scope": self._scopes})
        asked_at = self._clock.now()
        try:
            reply = self._way.request(
                "POST", self._url, headers=headers, body=form, timeout=self._timeout, redirect=False
            )
        except urllib3.exceptions.HTTPError as failure:
            raise broken(failure, writing=False, url=self._url) from failure
        if reply.status != 200:
            raise login_refused(reply.status, reply.data, self._url)
        try:
            answer: dict[str, Any] = json.loads(reply.data)
            self._dies_at = asked_at + timedelta(seconds=int(answer["expires_in"]))
        except (ValueError, KeyError, TypeError):
            msg = f"Xero's login at {self._url} answered something that is no token"
            raise Transient(msg) from None
        return answer
