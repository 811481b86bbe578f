"""Xero's token endpoint: one request, one answer, and what a failure means for whoever asked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3

from sync_worker.domain.errors import OutcomeUnknown, Transient
from sync_worker.ports import Clock
from sync_worker.xero.errors import broken, login_refused
from sync_worker.xero.transport import Pool

TOKEN_LIFE_S = 1800
"""An access token's life (Xero's documentation); each answer says it again."""


class Issued(NamedTuple):
    access: str
    ends: datetime
    refresh: str | None

    def __repr__(self) -> str:
        return f"Issued(ends={self.ends})"


class XeroLogin:
    """One app before the token endpoint. An app without a secret is known by its id alone (PKCE)."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str | None,
        identity_url: str,
        timeout: urllib3.Timeout,
        clock: Clock,
        way: Pool,
    ) -> None:
        self.client_id = client_id
        self.url = f"{identity_url}/connect/token"
        self._secret = client_secret
        self._timeout = timeout
        self._clock = clock
        self._way = way

    def ask(self, *, single_use: bool, **form: str) -> Issued:
        """Tokens for what the form offers. Where that can be used once only, a lost answer is OutcomeUnknown: the
        login may have taken it. Otherwise it is Transient."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._secret is None:
            form["client_id"] = self.client_id
        else:
            headers |= urllib3.make_headers(basic_auth=f"{self.client_id}:{self._secret}")
        asked_at = self._clock.now()
        try:
            reply = self._way.request(
                "POST",
                self.url,
                headers=headers,
                body=urlencode(form),
                timeout=self._timeout,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as failure:
            raise broken(failure, writing=single_use, url=self.url) from failure
        if reply.status != 200:
            raise login_refused(reply.status, reply.data, self.url, single_use=single_use)
        try:
            answer: dict[str, Any] = json.loads(reply.data)
            ends = asked_at + timedelta(seconds=int(answer["expires_in"]))
            return Issued(str(answer["access_token"]), ends, answer.get("refresh_token"))
        except (ValueError, KeyError, TypeError):
            msg = f"Xero's login at {self.url} answered something that is no token"
            raise (OutcomeUnknown if single_use else Transient)(msg) from None
