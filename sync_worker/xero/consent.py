"""A person lets us into a Xero organisation, and we leave again: authorization code with PKCE, and /connections.

Addresses and parameters as in Xero's documentation and its own command line (XeroAPI/xero-command-line): S256 only, the
code lives five minutes, the redirect must be the very one that the app is registered with.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import urllib3

from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, SyncError
from sync_worker.ports import Clock, Consents, Organisation, TokenPair
from sync_worker.xero.errors import ConsentEnded, broken, refused
from sync_worker.xero.login import XeroLogin
from sync_worker.xero.redirect import Redirect, listening
from sync_worker.xero.rotation import pair_of
from sync_worker.xero.transport import Pool

LIFE = timedelta(minutes=10)
"""How long a question to a person stands."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a person: where to answer it, until when, and what proves that the answer belongs to it."""

    address: str
    until: datetime
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Door:
    """Xero's addresses and our own, for one app."""

    login_url: str
    api_url: str
    redirect_uri: str
    scopes: str


class XeroConsent:
    """Connecting and disconnecting one connection."""

    def __init__(
        self,
        door: Door,
        login: XeroLogin,
        consents: Consents,
        *,
        clock: Clock,
        way: Pool,
        timeout: urllib3.Timeout,
    ) -> None:
        self._door = door
        self._login = login
        self._consents = consents
        self._clock = clock
        self._way = way
        self._timeout = timeout

    @contextmanager
    def asked(self) -> Iterator[tuple[Question, Callable[[], str]]]:
        """The question, and what waits for its answer, a code. Nothing listens any more outside."""
        question = self.question()
        with listening(self._door.redirect_uri) as redirect:
            yield question, lambda: self._answer(question, redirect)

    def question(self) -> Question:
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        digest = hashlib.sha256(verifier.encode()).digest()
        scopes = self._door.scopes.split()
        wanted = {
            "response_type": "code",
            "client_id": self._login.client_id,
            "redirect_uri": self._door.redirect_uri,
            "scope": " ".join(["offline_access", *(s for s in scopes if s != "offline_access")]),
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        address = f"{self._door.login_url}/identity/connect/authorize?{urlencode(wanted)}"
        return Question(address, self._clock.now() + LIFE, state, verifier)

    def exchanged(self, question: Question, code: str) -> TokenPair:
        """The tokens for a code, which is good once."""
        try:
            issued = self._login.ask(
                single_use=True,
                grant_type="authorization_code",
                code=code,
                redirect_uri=self._door.redirect_uri,
                code_verifier=question.verifier,
            )
        except ConsentEnded as ended:
            raise Misconfigured(
                f"{ended}: the code came too late or was used; {self._again}"
            ) from None
        except OutcomeUnknown as lost:
            raise OutcomeUnknown(f"{lost}, and the code is good once; {self._again}") from None
        return pair_of(issued)

    def organisations(self, pair: TokenPair) -> list[Organisation]:
        """Those that these tokens open, by name."""
        found = [
            Organisation(one["tenantId"], one["tenantName"]) for one in self._links(pair.access)
        ]
        return sorted(found, key=lambda one: one.name)

    def keep(self, organisation: Organisation, pair: TokenPair) -> None:
        self._consents.begin(organisation, pair)

    def leave(self, access: str, tenant_id: str) -> None:
        """Ends the app's connection to that organisation at Xero; nothing where there is none."""
        for link in self._links(access):
            if link["tenantId"] == tenant_id:
                self._call("DELETE", f"/connections/{link['id']}", access)

    def _answer(self, question: Question, redirect: Redirect) -> str:
        told = redirect.answer(
            question.state, until=lambda: self._clock.now() >= question.until, stop=self._clock
        )
        if told is None:
            raise Misconfigured(
                f"nobody answered within {LIFE.seconds // 60} minutes; {self._again}"
            )
        if "code" not in told:
            why = told.get("error", "no code came")
            raise Misconfigured(f"Xero gave no consent ({why}), nothing was changed; {self._again}")
        return told["code"]

    def _links(self, access: str) -> list[Mapping[str, Any]]:
        return list(json.loads(self._call("GET", "/connections", access)))

    def _call(self, method: str, path: str, access: str) -> bytes:
        url = f"{self._door.api_url}{path}"
        headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
        try:
            reply = self._way.request(
                method, url, headers=headers, timeout=self._timeout, redirect=False
            )
        except urllib3.exceptions.HTTPError as failure:
            raise broken(failure, writing=False, url=url) from failure
        if reply.status == 404 and method == "DELETE":
            return b""
        if not 200 <= reply.status <= 299:
            raise self._refused(reply)
        return reply.data

    def _refused(self, reply: urllib3.BaseHTTPResponse) -> SyncError:
        if reply.status == 401:
            return Misconfigured(f"Xero refuses the token it has just given; {self._again}")
        return refused(reply.status, reply.data, writing=False)

    @property
    def _again(self) -> str:
        return f"run `sync-worker connect {self._consents.connection}` again"
