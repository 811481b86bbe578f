"""Which endpoint answers a request, by its path and method."""

from __future__ import annotations

from sync_worker.sandbox.http import Request
from sync_worker.sandbox.salesforce import (
    bulk_ingest,
    bulk_queries,
    collections,
    composite,
    deployments,
    describe,
    queries,
    records,
    versions,
)
from sync_worker.sandbox.salesforce.call import Endpoint, Routes
from sync_worker.sandbox.salesforce.errors import Refused, method_not_allowed, not_found

Names = tuple[str, ...]


class UnknownRoute(Refused):
    """A path that nothing here answers. The platform knows many of them; what it says to one it does not is this."""

    def __init__(self) -> None:
        missing = not_found()
        super().__init__(missing.code, missing.message)


def found(request: Request) -> tuple[Endpoint, str, Names]:
    """The endpoint, the API version, and the parts of the path that stand for `{}`. Raises Refused."""
    parts = request.segments
    if parts[:2] != ("services", "data") or len(parts) < 3:
        raise UnknownRoute
    version = versions.version_of(parts[2])
    for shape, methods in _ROUTES:
        names = _match(shape, parts[3:])
        if names is not None:
            method = _method(request)
            if method not in methods:
                raise method_not_allowed(method, list(methods))
            if parts[3:4] not in _OTHER_FORMATS:
                _refuse_other_formats(request)
            return methods[method], version, names
    raise UnknownRoute


def open_route(request: Request) -> str | None:
    """The routes that need no session, or check one in their own way."""
    parts = tuple(part.lower() for part in request.segments)
    if parts[:1] == ("id",):
        return "identity"
    if parts[:2] == ("services", "oauth2") and len(parts) == 3:
        return parts[2] if parts[2] in ("token", "revoke", "userinfo") else None
    if parts[:3] == ("services", "soap", "u") or parts[:3] == ("services", "soap", "c"):
        return "soap"
    if parts[:3] == ("services", "soap", "m"):
        return "soap_metadata"
    return "versions" if parts == ("services", "data") else None


def _shapes(*tables: Routes) -> list[tuple[tuple[str, ...], dict[str, Endpoint]]]:
    """All routes, those with more fixed words first, so that `describe` is not taken for an id."""
    routes = {shape: methods for table in tables for shape, methods in table.items()}
    ordered = sorted(routes.items(), key=lambda each: each[0].count("{}"))
    return [
        (tuple(part for part in shape.split("/") if part), methods) for shape, methods in ordered
    ]


def _match(shape: tuple[str, ...], parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """The parts that stand for `{}`. The last one may run on: jsforce does not encode a slash in an external id."""
    runs_on = len(shape) == 4 and shape[0] == "sobjects"
    if len(parts) < len(shape) or (len(parts) > len(shape) and not runs_on):
        return None
    if len(parts) > len(shape):
        parts = (*parts[: len(shape) - 1], "/".join(parts[len(shape) - 1 :]))
    for wanted, given in zip(shape, parts, strict=True):
        if wanted != "{}" and wanted.lower() != given.lower():
            return None
    return tuple(given for wanted, given in zip(shape, parts, strict=True) if wanted == "{}")


_ROUTES = _shapes(
    versions.ROUTES,
    queries.ROUTES,
    describe.ROUTES,
    records.ROUTES,
    collections.ROUTES,
    composite.ROUTES,
    deployments.ROUTES,
    bulk_ingest.ROUTES,
    bulk_queries.ROUTES,
)
# Archives and CSV come here; everywhere else JSON alone is read.
_OTHER_FORMATS = (("metadata",), ("jobs",))


def _method(request: Request) -> str:
    """Clients that cannot send PATCH may POST with `_HttpMethod=PATCH`."""
    if request.method == "POST":
        return (request.parameter("_HttpMethod") or "POST").upper()
    return "GET" if request.method == "HEAD" else request.method


def _refuse_other_formats(request: Request) -> None:
    """The sandbox reads JSON only; a form such as curl sends by itself is refused as on the platform."""
    kind = request.headers.get("content-type", "application/json")
    if request.body and "json" not in kind:
        raise Refused("INVALID_CONTENT_TYPE", f"Content-Type not supported: {kind}")
