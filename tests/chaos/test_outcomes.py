"""F06 to F29: whatever becomes of a call or of its answer, one document stands in the end, and no more was sent than
it takes to know."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.domain.document import State
from sync_worker.sandbox.http import Request, Response
from tests.oracle import wrongs
from tests.sides import Side
from tests.world import World

JSON = {"Content-Type": "application/json"}


def one_due(side: Side) -> World:
    """Number 1. Its contact and the books are known, so that what is counted is its own."""
    world = side.world()
    side.enter(world, 0)
    side.sync(world)
    side.enter(world, 1)
    world.forget_calls()
    return world


def keys(world: World) -> list[str | None]:
    """The keys of every request that would make a document."""
    return [
        entry.idempotency_key
        for entry in world.roads["xero"].door.requests()
        if entry.method == "PUT" and "/Invoices" in entry.path
    ]


def instead(world: World, status: int, body: Any = "", *, of: str) -> list[Request]:
    """Every request `METHOD path` is answered so; those that were."""
    met: list[Request] = []
    method, _, path = of.partition(" ")

    def answer(request: Request) -> Response | None:
        if request.method != method or not request.path.startswith(path):
            return None
        met.append(request)
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(status, JSON, text.encode())

    world.roads["xero"].instead = answer
    return met


def as_ever(world: World) -> None:
    world.roads["xero"].instead = lambda _: None
    world.roads["xero"].reader = lambda _, response: response


def test_f06_two_hours_of_maintenance_cost_two_writes_a_run_and_no_document_twice(
    side: Side,
) -> None:
    world = side.world(rules={"batch": 1})
    for n in range(1, 6):
        side.enter(world, n)
    over = world.clock.now() + timedelta(hours=2)
    sent: list[int] = []

    def closed(request: Request) -> Response | None:
        if request.method != "PUT" or world.clock.now() > over:
            return None
        sent[-1] += 1
        return Response(503)

    world.roads["xero"].instead = closed
    while world.clock.now() < over:
        sent.append(0)
        assert side.sync(world).exit is Exit.UNSURE
        world.advance(300)
    assert max(sent) <= 2
    side.settle(world)
    assert wrongs(world.org, world.xero) == []


def test_f09_an_organisation_that_was_disconnected_is_told_and_never_taken_for_empty(
    side: Side,
) -> None:
    world = one_due(side)
    world.xero.disconnect()
    for process in (side.process, "payments"):
        world.advance(1000)
        world.forget_calls()
        result = world.sync(process)
        assert result.exit is Exit.USAGE
        assert result.counts == {}
        assert "DISCONNECTED" in result.problems[0]
        api = [one for one in world.requests("xero") if "/connect/token" not in one]
        assert len(api) == 2
        assert api[1] == "GET /Connections"
    world.xero.reconnect()
    side.settle(world)
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize(
    "fault",
    [pytest.param("drop_before_commit", id="F13"), pytest.param("drop_after_commit", id="F14")],
)
def test_f14_a_reset_is_replayed_under_the_same_key(side: Side, fault: str) -> None:
    world = one_due(side)
    world.fault("xero", fault, method="PUT", path="Invoices")
    side.sync(world)
    first, again = keys(world)
    assert first == again is not None
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize(
    ("gap", "lost"),
    [pytest.param(420, False, id="F15"), pytest.param(93_600, True, id="F16")],
)
def test_f15_made_and_never_heard_of_it_is_adopted_after_the_restart(
    side: Side, gap: float, lost: bool
) -> None:
    world = one_due(side)
    world.fault("xero", "drop_after_commit", method="PUT", path="Invoices", times=9)
    side.sync(world)
    world.plane.xero_door.faults.clear()
    world.advance(gap)
    world.lose_journal() if lost else world.restart()
    world.forget_calls()
    side.settle(world)
    assert keys(world) == []
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize("after", [61, 100, 160, 290])
def test_f17_what_xero_does_minutes_after_we_gave_up_is_not_done_again(
    side: Side, after: int
) -> None:
    world = one_due(side)
    world.fault("xero", "late_commit", method="PUT", path="Invoices", times=3, seconds=after)
    side.sync(world)
    side.settle(world, apart=100)
    assert len(side.documents(world, 1)) == 1
    assert wrongs(world.org, world.xero) == []


def changed(body: bytes) -> Callable[[Request, Response], Response]:
    """What stands where the answer of a creation stood."""

    def read(request: Request, response: Response) -> Response:
        made = request.method == "PUT" and request.path.endswith("/Invoices")
        return Response(response.status, response.headers, body) if made else response

    return read


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"Invoices": [{"InvoiceID": "8', id="F18"),
        pytest.param(b"<html>Service Unavailable</html>", id="F19"),
        pytest.param(b'{"Invoices": []}', id="F20"),
        pytest.param(b'{"Invoices": [{"Total": NaN}]}', id="F92-NaN"),
        pytest.param(b'{"Invoices": [{"Total": 1e400}]}', id="F92-1e400"),
        pytest.param(b'{"Invoices": [], "Invoices": [{}]}', id="F92-twice"),
        pytest.param(b'{"Invoices": [{"Total": "much"}]}', id="F92-no-number"),
        pytest.param(b'{"Invoices": ' + b"[" * 100_000, id="F92-deep"),
    ],
)
def test_f18_an_answer_that_cannot_be_read_is_a_doubt_and_the_look_ends_it(
    side: Side, body: bytes
) -> None:
    world = one_due(side)
    world.roads["xero"].reader = changed(body)
    result = side.sync(world)
    assert result.counts["in_doubt"] == [side.number(1)]
    as_ever(world)
    assert len(keys(world)) <= 2, "asked again once at the most"
    assert len(set(keys(world))) == 1, "and with the same key"
    assert body.decode() not in side.journey(world, 1), "a strange body is never kept"
    world.forget_calls()
    side.settle(world)
    assert keys(world) == []
    assert wrongs(world.org, world.xero) == []


def test_f22_three_refused_of_fifty_leave_the_others_and_are_not_sent_again(side: Side) -> None:
    world = side.world()
    people = [side.party(world, f"Pat Number{n}") for n in range(50)]
    for n, who in enumerate(people):
        side.enter(world, f"OLD-{n}", who=who)
    side.sync(world)
    for n in (7, 21, 40):
        world.xero.archive_contact(world.contact(f"Pat Number{n}")["id"])
    for n, who in enumerate(people):
        side.enter(world, n, who=who)
    world.forget_calls()
    result = side.sync(world)
    assert result.counts["created"] == 47
    assert {one["record"] for one in result.counts["held"]} == {side.label(n) for n in (7, 21, 40)}
    assert world.writes("Invoices", "PUT") == world.writes("Invoices", "POST") == 1
    patches = [one for one in world.requests("salesforce") if one.startswith("PATCH")]
    assert len(patches) <= 2, "one for the links, one for the holds"
    assert side.row(world, 7).state is State.REJECTED
    assert "archived" in side.record(world, 7)["Finance_Message__c"]
    world.forget_calls()
    side.sync(world)
    assert keys(world) == []


def test_f23_one_that_has_the_whole_call_refused_is_found_in_thirteen_calls(side: Side) -> None:
    world = side.world()
    for n in range(50):
        side.enter(world, f"{n:02}")
    side.ask(world, "00")
    poisoned: list[Request] = []
    poison = f'"{side.number(33)}"'.encode()

    def refuse(request: Request) -> Response | None:
        if request.method != "PUT" or poison not in request.body:
            return None
        poisoned.append(request)
        words = {"Elements": [{"ValidationErrors": [{"Message": "this one is poisoned"}]}]}
        return Response(400, JSON, json.dumps(words).encode())

    world.roads["xero"].instead = refuse
    world.forget_calls()
    result = side.sync(world)
    assert result.counts["created"] == 48
    assert [one["record"] for one in result.counts["held"]] == [side.label(33)]
    assert len(poisoned) + len(keys(world)) <= 1 + 13


def test_f24_an_error_that_hides_a_made_document_is_looked_for_and_not_asked_again(
    side: Side,
) -> None:
    world = one_due(side)
    world.fault("xero", "500_after", method="PUT", path="Invoices")
    side.sync(world)
    side.settle(world)
    assert len(keys(world)) == 1
    assert wrongs(world.org, world.xero) == []


def test_f25_while_xeros_key_store_is_down_nothing_is_made_without_a_key(side: Side) -> None:
    world = side.world(rules={"batch": 1})
    for n in range(1, 6):
        side.enter(world, n)
    side.ask(world, 1)
    world.xero.pay(side.document(world, 1)["id"], "40.00")
    world.xero.turn(key_store_down=True)
    for _ in range(6):
        world.forget_calls()
        assert side.sync(world).exit is Exit.UNSURE
        assert len(keys(world)) <= 2
        assert None not in keys(world)
        world.advance(400)
    assert world.sync("payments").counts["created"] == 1, "reading goes on"
    assert len(world.xero.documents()) == 1
    world.xero.turn(key_store_down=False)
    side.settle(world)
    assert wrongs(world.org, world.xero) == []


def test_f26_a_key_that_xero_knows_with_another_body_stops_the_lane(side: Side) -> None:
    world = one_due(side)
    words = "Idempotency Key v1-x is used with a different request"
    met = instead(world, 400, {"Message": words}, of="PUT /api.xro/2.0/Invoices")
    result = side.sync(world)
    assert result.exit is Exit.USAGE
    assert "report it" in result.problems[0]
    assert len(met) == 1
    as_ever(world)
    side.settle(world)
    assert wrongs(world.org, world.xero) == []


def test_f31_a_locked_period_holds_it_before_anything_is_sent(side: Side) -> None:
    world = one_due(side)
    entered = {field: side.record(world, 1)[field] for field in side.dated("")}
    world.xero.set_lock_dates(period="2026-03-04")
    world.advance(1000)
    world.forget_calls()
    (held,) = side.sync(world).counts["held"]
    assert held["class"] == "period-locked"
    assert "04 Mar 2026" in held["cause"]
    assert keys(world) == []
    assert side.record(world, 1) | entered == side.record(world, 1), "never dated anew"


@pytest.mark.parametrize("when", ["PUT Invoices has left", "PUT Invoices is answered"])
def test_f31_a_lock_between_the_look_and_the_call_owes_nothing_and_is_told(
    side: Side, when: str
) -> None:
    world = one_due(side)

    def lock(event: str) -> None:
        if event == when:
            world.roads["xero"].hook = lambda _: None
            world.xero.set_lock_dates(period="2026-03-04")

    world.roads["xero"].hook = lock
    (held,) = side.sync(world).counts["held"]
    assert held["class"] == "period-locked"
    assert side.document(world, 1)["status"] == "DRAFT"
    assert "4 March 2026" in side.record(world, 1)["Finance_Message__c"]
    world.xero.set_lock_dates(period=None)
    world.advance(3700)
    side.sync(world)
    assert len(keys(world)) == 1
    assert wrongs(world.org, world.xero) == []


def test_f90_a_vendor_that_cannot_be_reached_leaves_no_doubt(side: Side) -> None:
    world = one_due(side)
    world.roads["xero"].down = True
    for _ in range(3):
        assert side.sync(world).exit is Exit.UNSURE
        assert world.in_doubt() == []
        world.advance(300)
    assert world.calls("xero") == 0
    world.roads["xero"].down = False
    side.sync(world)
    assert len(keys(world)) == 1
    assert wrongs(world.org, world.xero) == []
