"""How the gateway before the Accounting API says no: expired tokens, foreign tenants, missing scopes, faults."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Raw

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import wire

_TITLES = {
    401: "Unauthorized",
    403: "Forbidden",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
_HTML = (
    b"<!DOCTYPE html><html><head><title>Xero</title></head>"
    b"<body><h1>We'll be right back</h1></body></html>"
)


def problem(
    status: int, detail: str, instance: str, headers: dict[str, str] | None = None
) -> Response:
    """A problem body, its nulls written out, unlike everywhere else (seen in live captures)."""
    body = {
        "Type": Raw("null"),
        "Title": _TITLES[status],
        "Status": status,
        "Detail": detail,
        "Instance": instance,
        "Extensions": {},
    }
    return wire.answer(body, status, headers)


def token_expired(expired: int, instance: str) -> Response:
    """The time is written the American way (seen in live captures)."""
    when = datetime.fromtimestamp(expired // 1000, UTC).strftime("%m/%d/%Y %H:%M:%S")
    return problem(401, f"TokenExpired: token expired at {when}", instance)


def unauthenticated(instance: str) -> Response:
    return problem(401, "AuthenticationUnsuccessful", instance)


def missing_scope(instance: str) -> Response:
    """Seen as xero-ruby-oauth2-app#82; the header is Xero's documentation."""
    header = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
    return problem(401, "AuthorizationUnsuccessful", instance, header)


def not_connected(instance: str) -> Response:
    return problem(403, "AuthenticationUnsuccessful", instance)


def server_fault(instance: str) -> Response:
    return problem(500, "An error occurred in Xero. Check the API Status page", instance)


def unavailable() -> Response:
    return Response(
        503, {"Content-Type": "text/html; charset=utf-8"}, b"The Organisation is offline"
    )


def web_page() -> Response:
    """What a gateway in between may send: a page, and 200."""
    return Response(200, {"Content-Type": "text/html; charset=utf-8"}, _HTML)
