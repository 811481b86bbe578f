"""Salesforce's failures, turned into ours in one place."""

from __future__ import annotations

import requests
import urllib3

from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, Rejected, SyncError, Transient

USED_UP = "REQUEST_LIMIT_EXCEEDED"
USED_UP_S = 900
"""The org's calls of 24 hours are spent; they come back bit by bit, and nobody says when: seconds to the next look."""

LATER = frozenset(
    {
        USED_UP,
        "UNABLE_TO_LOCK_ROW",
        "QUERY_TIMEOUT",
        "SERVER_UNAVAILABLE",
        "INVALID_QUERY_LOCATOR",
    }
)
"""Error codes that pass by themselves."""

SETTINGS = frozenset(
    {
        "INVALID_SESSION_ID",
        "INVALID_TYPE",
        "INVALID_FIELD",
        "API_DISABLED_FOR_ORG",
        "INSUFFICIENT_ACCESS",
        "NOT_FOUND",
    }
)
"""Error codes of a whole call that a person must answer: schema, permissions, the login."""


def unreachable(failure: Exception, url: str) -> SyncError:
    """A transport failure on a call that changes nothing, or that can be repeated without harm."""
    return Transient(f"Salesforce at {url} cannot be reached ({_reason(failure)})")


def broken_write(failure: Exception) -> SyncError:
    """A transport failure on a write: refused connections did nothing, everything else may have been done."""
    if _never_left(failure):
        return Transient(f"Salesforce cannot be reached ({_reason(failure)})")
    return OutcomeUnknown(f"Salesforce's answer was lost ({_reason(failure)})")


def refused(status: int, content: object) -> SyncError:
    """A whole call that Salesforce answered with an error status."""
    errors = content if isinstance(content, list) else []
    codes = [str(error.get("errorCode", "")) for error in errors if isinstance(error, dict)]
    words = [str(error.get("message", "")) for error in errors if isinstance(error, dict)]
    said = "; ".join(
        f"{code}: {' '.join(text.split())}" for code, text in zip(codes, words, strict=True)
    )
    said = said or f"status {status}"
    if USED_UP in codes and "ConcurrentRequests" not in said:
        return Transient(f"Salesforce: {said}", retry_after=USED_UP_S)
    if any(code in LATER for code in codes) or status >= 500 or status in {420, 429}:
        return Transient(f"Salesforce: {said}")
    if status == 410:
        return Misconfigured(
            f"Salesforce: {said}; set salesforce.api_version to a version it still has"
        )
    if any(code in SETTINGS for code in codes) or status in {401, 403}:
        return Misconfigured(f"Salesforce: {said}; `sync-worker check` lists what is missing")
    return Rejected([f"Salesforce: {said}"])


def _never_left(failure: Exception) -> bool:
    """requests gives a refused and a cut connection one class; what lies inside tells them apart."""
    if isinstance(failure, requests.ConnectTimeout):
        return True
    inner = failure.args[0] if failure.args else None
    if isinstance(inner, urllib3.exceptions.MaxRetryError):
        inner = inner.reason
    return isinstance(
        inner, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
    )


def _reason(failure: Exception) -> str:
    inner = failure.args[0] if failure.args else failure
    if isinstance(inner, urllib3.exceptions.MaxRetryError):
        inner = inner.reason
    return type(inner).__name__ if isinstance(inner, Exception) else type(failure).__name__
