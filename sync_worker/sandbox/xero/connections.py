"""The connections of the app: which organisations it may open. No tenant header is asked for here."""

from __future__ import annotations

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
    def __init__(self) -> None:
        self._by_tenant: dict[str, Connection] = {}

    def add(self, connection: Connection) -> None:
        self._by_tenant[connection.tenant_id] = connection

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
