"""Xero's failures, turned into ours in one place."""

from __future__ import annotations

import json
from typing import Any

import urllib3

from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, Rejected, SyncError, Transient

NEVER_LEFT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
"""The only transport failures after which nothing was done for sure."""


def broken(failure: Exception, *, writing: bool, url: str) -> SyncError:
    """A transport failure."""
    if isinstance(failure, urllib3.exceptions.MaxRetryError) and failure.reason:
        failure = failure.reason
    kind = type(failure).__name__
    if isinstance(failure, NEVER_LEFT) or not writing:
        return Transient(f"Xero at {url} cannot be reached ({kind})")
    return OutcomeUnknown(f"Xero's answer was lost ({kind})")


def refused(status: int, body: bytes, *, writing: bool) -> SyncError:
    """An answer with an error status, 401 and 429 apart, which the client answers itself."""
    words = _words(body)
    if status == 403:
        return Misconfigured(
            f"Xero refuses this organisation ({words or 'status 403'}); it was disconnected or a scope is missing: "
            "connect it again and check xero.scopes"
        )
    if status >= 500:
        if writing:
            return OutcomeUnknown(f"Xero answered {status}", answered=True)
        return Transient(f"Xero answered {status}")
    if status == 400 and "is used with a different request" in words:
        return Misconfigured(
            f"Xero says: {words}; this is a fault of this program, nothing was sent again: please report it"
        )
    return Rejected(
        _messages(body) or [f"Xero answered {status}" + (f": {words}" if words else "")]
    )


class ConsentEnded(Misconfigured):
    """`invalid_grant`: what was offered for tokens is used up, too old, or taken back."""


def login_refused(status: int, body: bytes, url: str, *, single_use: bool) -> SyncError:
    """The token endpoint's refusals. What can be used once only may be used up after a 500."""
    if status >= 500 and single_use:
        return OutcomeUnknown(f"Xero's login at {url} answered {status}", answered=True)
    if status >= 500 or status == 429:
        return Transient(f"Xero's login at {url} answered {status}")
    error = str(_read(body).get("error", f"status {status}"))
    if error == "invalid_grant":
        return ConsentEnded(f"Xero's login at {url} says {error}")
    cure = {
        "invalid_scope": "ask for scopes this app has (xero.scopes)",
        "invalid_client": "check xero.client_id and its secret",
        "unauthorized_client": "check xero.client_id and its secret",
    }.get(error, "check xero.client_id, its secret and xero.scopes")
    return Misconfigured(f"Xero refused the login at {url}: {error}; {cure}")


def _messages(body: bytes) -> list[str]:
    """Every validation message of a refused call, in order, once."""
    found = [
        str(error.get("Message", ""))
        for element in _read(body).get("Elements", ())
        for error in element.get("ValidationErrors", ())
    ]
    return list(dict.fromkeys(filter(None, found)))


def _words(body: bytes) -> str:
    answer = _read(body)
    return str(answer.get("Message") or answer.get("Detail") or answer.get("error") or "")


def _read(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
