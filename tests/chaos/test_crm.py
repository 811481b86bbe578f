"""F43, F44, F49 and F50: what Salesforce refuses or loses is asked for again where that helps, and nothing is made in
Xero a second time for it."""

from __future__ import annotations

import json

from sync_worker.daemon.outcome import Exit
from sync_worker.sandbox.http import Request, Response
from tests.oracle import wrongs
from tests.sides import Side
from tests.world import World


def patched(side: Side, world: World) -> list[int]:
    """How many rows each write to these records had."""
    sizes: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            records = json.loads(request.body)["records"]
            if records[0]["attributes"]["type"] == side.sobject:
                sizes.append(len(records))

    world.roads["salesforce"].instead = note
    return sizes


def test_f43_rows_that_are_locked_are_written_again_by_themselves(side: Side) -> None:
    world = side.world()
    ids = [side.enter(world, n) for n in range(20)]
    world.org.lock_rows(ids[:5], times=1)
    sizes = patched(side, world)
    side.sync(world)
    assert sizes == [20, 5]
    assert wrongs(world.org, world.xero) == []


def test_f44_a_spent_day_of_the_crm_leaves_it_alone_and_links_later(side: Side) -> None:
    world = side.world()
    side.enter(world, 1)
    world.fault("salesforce", "429_day", method="PATCH", nth=2)
    assert side.sync(world).exit is Exit.UNSURE
    world.restart()
    world.forget_calls()
    assert "until" in side.ask(world, 1).problems[0]
    assert side.sync(world).exit is Exit.UNSURE
    assert world.calls("salesforce") == 0
    world.advance(901)
    side.sync(world)
    assert world.writes("Invoices", "PUT") == 0
    assert wrongs(world.org, world.xero) == []


def test_f49_a_session_that_is_never_good_costs_three_requests(side: Side) -> None:
    world = side.world()
    world.fault("salesforce", "expire_token", path="/services/data", times=500)
    result = side.sync(world)
    assert result.exit is Exit.USAGE
    assert len(world.requests("salesforce")) <= 1 + 3, "the first login, then no more than three"
    assert world.calls("xero") <= 1


def test_f50_a_page_that_cannot_be_had_starts_the_query_again_and_skips_nobody(side: Side) -> None:
    world = side.world(salesforce={"page_size": 200})
    side.enter_many(world, 210)
    gone = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]

    def expired(request: Request) -> Response | None:
        if "/query/" not in request.path:
            return None
        return Response(400, {"Content-Type": "application/json"}, json.dumps(gone).encode())

    world.roads["salesforce"].instead = expired
    assert side.sync(world).exit is Exit.UNSURE
    world.roads["salesforce"].instead = lambda _: None
    side.settle(world)
    assert wrongs(world.org, world.xero) == []
