"""Access tokens, whichever way they come: what the client asks for, and the simple way, a custom connection's.

xero-python keeps tokens in one object for all connections, believes a custom connection's for ever and renews the
others in whichever thread comes first (15.2.0); so these are ours, and the SDK is handed one that is always good.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sync_worker.domain.errors import Misconfigured, SyncError
from sync_worker.ports import Clock
from sync_worker.xero.login import TOKEN_LIFE_S, XeroLogin
from sync_worker.xero.transport import patient

EARLY = timedelta(minutes=2)
"""A token this near its end is not used any more."""


class Tokens(Protocol):
    """Where the client has its tokens from. Safe between threads."""

    def tenant(self) -> str | None:
        """The organisation they were given for; None where they do not say."""

    def fresh(self) -> str:
        """One that is good for a while; asks for it, or waits for whoever is asking."""

    def renounce(self) -> None:
        """Xero refused the last one: the next one is a new one."""

    def hopeless(self) -> SyncError:
        """Xero refused a new one too: nothing more is tried, and this is what to tell."""


def fingerprint(token: str) -> str:
    """Enough to know whether it is still the same token."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def as_the_sdk_wants_it(token: str) -> dict[str, Any]:
    """Without `expires_at`, so that the SDK never tries to renew it. It wants to see scopes, and ignores which."""
    return {
        "access_token": token,
        "scope": ["accounting"],
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE_S,
    }


class CustomTokens:
    """A custom connection's: asked for with the app's own secret, used for half an hour, never renewed."""

    def __init__(
        self, login: XeroLogin, clock: Clock, *, scopes: str, tenant_id: str | None
    ) -> None:
        self._login = login
        self._clock = clock
        self._scopes = scopes
        self._tenant_id = tenant_id
        self._lock = threading.Lock()
        self._access: str | None = None
        self._dies_at = datetime.min.replace(tzinfo=UTC)
        self._asking = patient(clock)

    def tenant(self) -> str | None:
        return self._tenant_id

    def fresh(self) -> str:
        with self._lock:
            if self._access is None or self._clock.now() >= self._dies_at - EARLY:
                issued = self._asking(
                    self._login.ask,
                    single_use=False,
                    grant_type="client_credentials",
                    scope=self._scopes,
                )
                self._access, self._dies_at = issued.access, issued.ends
            return self._access

    def renounce(self) -> None:
        self._access = None

    def hopeless(self) -> Misconfigured:
        return Misconfigured(
            "Xero refuses our token though it is new; check that the custom connection still stands, "
            "and that its app has every scope of xero.scopes"
        )
