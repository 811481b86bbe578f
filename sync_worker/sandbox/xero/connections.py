"""The connections of the app: which organisations it may open. No tenant header is asked for here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero import wire


@dataclass(frozen=True, slots=True)
class Connection:
    id: str
    auth_event: str
    tenant_id: str
    tenant_name: str
    created: int


class Connections:
    """The open ones, and the organisations a person could open again."""

    def __init__(self, new_id: Callable[[], str], now: Callable[[], int]) -> None:
        self._new_id, self._now = new_id, now
        self._organisations: dict[str, str] = {}
        self._by_tenant: dict[str, Connection] = {}
        self._by_consent: set[str] = set()

    def add(self, tenant: str, name: str) -> None:
        """A new organisation, connected at once."""
        self._organisations[tenant] = name
        self._connect(tenant, self._new_id())

    def choices(self) -> list[tuple[str, str]]:
        return list(self._organisations.items())

    def consent(self, tenant: str, event: str) -> str:
        """A person lets the app in; a tenant that is connected keeps the event of its first consent (reported)."""
        if tenant not in self._organisations:
            tenant = next(iter(self._organisations))
        self._by_consent.add(tenant)
        held = self._by_tenant.get(tenant)
        return held.auth_event if held else self._connect(tenant, event)

    def withdraw(self) -> None:
        """Whoever revokes takes the app out of every organisation it was let into."""
        for tenant in self._by_consent:
            self._by_tenant.pop(tenant, None)
        self._by_consent.clear()

    def disconnect(self, tenant: str) -> None:
        """As a person does in the organisation's own settings."""
        del self._by_tenant[tenant]

    def reconnect(self, tenant: str) -> None:
        self._connect(tenant, self._new_id())

    def _connect(self, tenant: str, event: str) -> str:
        name = self._organisations[tenant]
        self._by_tenant[tenant] = Connection(self._new_id(), event, tenant, name, self._now())
        return event

    def tenants(self) -> list[str]:
        return list(self._by_tenant)

    def answer(self, request: Request, segments: tuple[str, ...]) -> Response:
        """GET /connections and DELETE /connections/{id}."""
        if request.method == "GET" and len(segments) == 1:
            event = request.parameter("authEventId")
            shown = [c for c in self._by_tenant.values() if event in (None, c.auth_event)]
            return wire.answer([_rendered(connection) for connection in shown])
        if request.method == "DELETE" and len(segments) == 2:
            return self._disconnect(segments[1].lower())
        return wire.no_such_page()

    def _disconnect(self, connection_id: str) -> Response:
        for tenant, connection in self._by_tenant.items():
            if connection.id == connection_id:
                del self._by_tenant[tenant]
                return Response(204)
        return wire.no_such_page()


def _rendered(connection: Connection) -> dict[str, str]:
    when = datetime.fromtimestamp(connection.created / 1000, UTC)
    stamp = f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond:06d}0"  # seven places and no zone
    return {
        "id": connection.id,
        "authEventId": connection.auth_event,
        "tenantId": connection.tenant_id,
        "tenantType": "ORGANISATION",
        "tenantName": connection.tenant_name,
        "createdDateUtc": stamp,
        "updatedDateUtc": stamp,
    }
