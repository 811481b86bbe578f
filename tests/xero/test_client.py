"""The one way to Xero, where it meets what it must not guess at."""

from __future__ import annotations

import json

from sync_worker.daemon.outcome import Exit
from sync_worker.sandbox.http import Request, Response
from tests.world import a_world


def test_of_several_organisations_none_is_guessed() -> None:
    world = a_world(xero={"tenant_id": None})
    world.crm.invoice("INV-1")
    two = [
        {"id": "1", "tenantId": f"tenant-{name}", "tenantName": name, "tenantType": "ORGANISATION"}
        for name in ("Ours", "Theirs")
    ]

    def connected_to_two(request: Request) -> object:
        if request.path.lower().endswith("/connections"):
            headers = {"Content-Type": "application/json"}
            return Response(200, headers, json.dumps(two).encode())
        return None

    world.roads["xero"].instead = connected_to_two
    result = world.sync()
    assert result.exit == Exit.USAGE
    assert "Ours (tenant-Ours), Theirs (tenant-Theirs)" in result.problems[0]
    assert world.xero.documents() == []
