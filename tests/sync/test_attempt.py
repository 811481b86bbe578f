"""Intent, call, outcome: what is committed before a batch leaves, and when a lost answer may be asked for again."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from sync_worker.daemon.outcome import Exit
from sync_worker.domain.document import Kind, State
from sync_worker.domain.ids import SalesforceId
from sync_worker.sandbox.http import Request, Response
from sync_worker.state.tables import leases
from tests.sides import Side
from tests.world import World, a_world

INVOICES = {"method": "PUT", "path": "Invoices"}


def puts(world: World) -> list[Request]:
    """Every PUT of invoices from now on."""
    seen: list[Request] = []

    def note(request: Request) -> None:
        if request.method == "PUT" and request.path.endswith("/Invoices"):
            seen.append(request)

    world.roads["xero"].instead = note
    return seen


def test_the_bytes_and_the_key_are_in_the_journal_before_they_leave() -> None:
    world = a_world()
    record = SalesforceId(world.crm.invoice("INV-1"))
    remembered: list[object] = []

    def look(request: Request) -> None:
        if request.method == "PUT" and request.path.endswith("/Invoices"):
            row = world.worker.journal.documents(Kind.INVOICE, [record])[record]
            batch = world.worker.journal.batch(row.batch or "")
            assert batch is not None
            frozen, _, _ = batch
            key = request.headers["idempotency-key"]
            remembered.append((row.state, frozen.body == request.body, frozen.key == key))

    world.roads["xero"].instead = look
    world.sync()
    assert remembered == [(State.SENDING, True, True)]


@pytest.mark.parametrize("per_minute", range(4, 8))
def test_waiting_for_the_budget_comes_before_the_intent_and_never_after_it(per_minute: int) -> None:
    world = a_world(budget={"per_minute": per_minute, "manual_per_minute": 1})
    record = SalesforceId(world.crm.invoice("INV-1"))
    waited: list[float] = []

    def look(request: Request) -> None:
        if request.method in {"PUT", "POST"} and request.path.endswith("/Invoices"):
            row = world.worker.journal.documents(Kind.INVOICE, [record])[record]
            assert row.sent_at is not None
            waited.append((world.clock.now() - row.sent_at).total_seconds())

    world.roads["xero"].instead = look
    world.sync()
    assert world.clock.slept, "the budget was meant to be tight"
    assert len(waited) == 2
    assert max(waited) < 2


def test_every_write_leaves_with_at_least_half_of_the_lease_before_it() -> None:
    """Else a slow call could still be on its way when another host takes the lane."""
    world = a_world()
    world.crm.invoice("INV-1")
    world.worker.invoices.lane.interlude = lambda: world.advance(500)
    left: list[float] = []

    def look(request: Request) -> None:
        if request.method in {"PUT", "POST"} and request.path.endswith("/Invoices"):
            lease = world.worker.lane.lease  # type: ignore[attr-defined]  # the daemon has no use for it
            assert lease is not None
            left.append((lease.until - world.clock.now()).total_seconds() / 900)

    world.roads["xero"].instead = look
    world.sync()
    assert len(left) == 2
    assert min(left) >= 0.5


def test_a_worker_that_slept_after_its_intent_and_lost_its_lane_sends_nothing() -> None:
    world = a_world()
    world.crm.invoice("INV-1")

    def another_host_takes_the_lane(moment: str) -> None:
        if moment == "journal.intend.after":
            with world.engine.begin() as tx:
                tx.execute(update(leases).values(owner="there/else", fence=leases.c.fence + 1))

    world.moments = another_host_takes_the_lane
    assert world.sync().exit == Exit.BUSY
    assert [one for one in world.requests("xero") if one.startswith("PUT")] == []


def test_once_the_answer_is_in_the_bytes_are_forgotten() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.sync()
    assert world.worker.journal.batch(world.row("INV-1").batch or "") is None


@pytest.mark.parametrize("fault", ["drop_after_commit", "drop_before_commit", "slow", "truncated"])
def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_bytes(fault: str) -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    seen = puts(world)
    world.fault("xero", fault, **INVOICES, seconds=100)
    result = world.sync()
    assert result.counts["created"] == 1
    first, second = seen
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    world.advance(200)
    assert len(world.documents_of("INV-1")) == 1


def test_the_second_call_waits_until_the_first_is_surely_over() -> None:
    world = a_world(timing={"timeout_s": 40})
    world.crm.invoice("INV-1")
    at: list[float] = []
    world.roads["xero"].instead = lambda r: (
        at.append(world.clock.now().timestamp()) if r.path.endswith("/Invoices") else None
    )
    world.fault("xero", "drop_after_commit", **INVOICES)
    world.sync()
    first, second = at[1], at[2]  # the first one is the look
    assert second - first >= 39


def test_a_repeat_that_is_held_up_on_its_way_still_arrives_within_the_life_of_its_key() -> None:
    """Four minutes later: after six the same bytes would make a second draft."""
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", "drop_after_commit", **INVOICES)
    world.fault("xero", "slow_before", **INVOICES, seconds=250, times=9)
    world.sync()
    world.plane.xero_door.faults.clear()
    world.settle("invoices")
    assert len(world.documents_of("INV-1")) == 1


def test_a_key_is_not_replayed_under_another_token() -> None:
    world = a_world()
    world.sync()
    world.crm.invoice("INV-1")
    world.advance(1800 - 120 - 30)  # before the wait is over a new token is due
    seen = puts(world)
    world.fault("xero", "drop_after_commit", **INVOICES)
    assert world.sync().counts["in_doubt"] == ["INV-1"]
    assert len(seen) == 1
    world.sync()
    assert len(seen) == 1
    assert world.document("INV-1")["status"] == "AUTHORISED"


def test_a_key_is_not_replayed_when_its_life_may_be_over() -> None:
    world = a_world(timing={"timeout_s": 110, "quiet_s": 300, "key_life_s": 100})
    world.crm.invoice("INV-1")
    seen = puts(world)
    world.fault("xero", "slow_after", **INVOICES, seconds=400)
    assert world.sync().counts["in_doubt"] == ["INV-1"]
    assert len(seen) == 1


@pytest.mark.parametrize("fault", ["500_after", "500_before", "503_before"])
def test_an_error_of_the_server_is_not_asked_for_again_since_its_key_would_bring_the_same(
    fault: str,
) -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    seen = puts(world)
    world.fault("xero", fault, **INVOICES)
    assert world.sync().counts["in_doubt"] == ["INV-1"]
    assert world.row("INV-1").state is State.UNSURE
    assert len(seen) == 1


@pytest.mark.parametrize("then", ["429_minute", "500_before", "503_before", "html_before"])
def test_whatever_the_second_call_meets_the_first_may_have_been_done(then: str) -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", "drop_after_commit", **INVOICES)
    world.fault("xero", then, **INVOICES, times=9, retry_after=500)
    world.sync()
    assert world.row("INV-1").state is State.UNSURE
    world.plane.xero_door.faults.clear()
    world.settle("invoices")
    assert len(world.documents_of("INV-1")) == 1


def test_a_vendor_that_cannot_be_reached_leaves_the_rows_as_they_were() -> None:
    world = a_world()
    world.sync()
    world.crm.invoice("INV-1")
    world.sync()  # the books and the contact are known by now
    world.crm.invoice("INV-2")
    world.roads["xero"].hook = lambda _: None
    world.roads["xero"].down = True
    result = world.sync()
    world.roads["xero"].down = False
    assert result.exit == 4
    row = world.row("INV-2")
    assert (row.state, row.generation) == (State.NEW, 1)
    assert "nothing was done" in world.journey("INV-2")
    assert world.sync().counts["created"] == 1


def test_a_limit_that_passes_soon_is_waited_out_three_times_and_no_more() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", "429_concurrent", method="PUT", path="Invoices", times=4)
    sent = puts(world)
    assert world.sync().exit == 4
    assert len(sent) == 4
    assert world.row("INV-1").state is State.NEW
    world.sync()
    assert world.document("INV-1")["status"] == "AUTHORISED"


def test_one_poisoned_document_is_found_by_halving_and_the_others_go_on() -> None:
    world = a_world()
    for n in range(1, 8):
        world.crm.invoice(f"INV-{n}")
    refusal = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [{"ValidationErrors": [{"Message": "this one is poisoned"}]}],
    }

    def poisoned(request: Request) -> Response | None:
        bad = request.method == "PUT" and b'"Reference":"INV-5"' in request.body
        return (
            Response(400, {"Content-Type": "application/json"}, json.dumps(refusal).encode())
            if bad
            else None
        )

    world.roads["xero"].instead = poisoned
    result = world.sync()
    assert result.counts["created"] == 6
    (held,) = result.counts["held"]
    assert held["record"] == "invoice:INV-5"
    assert "this one is poisoned" in held["cause"]
    assert {one["reference"] for one in world.xero.documents()} == {
        f"INV-{n}" for n in range(1, 8)
    } - {"INV-5"}


def test_a_document_the_answer_does_not_speak_of_is_unsure_and_then_found(side: Side) -> None:
    world = side.world()
    side.enter(world, 1)
    side.enter(world, 2)

    def silent(request: Request, response: Response) -> Response:
        if request.method != "PUT" or not request.path.endswith("/Invoices"):
            return response
        body = response.json()
        first, _ = body["Invoices"]
        body["Invoices"] = [first]
        return Response(response.status, response.headers, json.dumps(body).encode())

    world.roads["xero"].reader = silent
    result = side.sync(world)
    assert result.counts["in_doubt"] == [side.number(2)]
    assert "Xero did not speak of it" in side.journey(world, 2)
    side.sync(world)
    assert len(side.documents(world, 2)) == 1
    assert side.record(world, 2)["Finance_Sync_State__c"] == "Synced"


def test_an_answer_in_another_order_is_understood(side: Side) -> None:
    world = side.world()
    for n in (1, 2, 3):
        side.enter(world, n)

    def shuffled(_: Request, response: Response) -> Response:
        body = response.json() if response.body.startswith(b"{") else {}
        if "Invoices" not in body:
            return response
        body["Invoices"] = body["Invoices"][::-1]
        return Response(response.status, response.headers, json.dumps(body).encode())

    world.roads["xero"].reader = shuffled
    side.sync(world)
    for n in (1, 2, 3):
        document = side.document(world, n)
        assert side.record(world, n)["Finance_External_ID__c"] == document["id"]


def test_asked_to_stop_nothing_new_is_begun_and_what_is_made_is_recorded() -> None:
    world = a_world(invoices={"batch": 1})
    for n in (1, 2, 3):
        world.crm.invoice(f"INV-{n}")
    made: list[str] = []

    def stop_after_the_first(name: str) -> None:
        if name == "PUT Invoices is answered":
            made.append(name)
            world.clock.stopping = True

    world.roads["xero"].hook = stop_after_the_first
    result = world.sync()
    assert result.counts == {"stopped": True}
    assert len(made) == 1
    assert world.in_doubt() == []
    world.clock.stopping = False
    world.roads["xero"].hook = lambda _: None
    world.sync()
    assert all(len(world.documents_of(f"INV-{n}")) == 1 for n in (1, 2, 3))


def test_a_key_is_not_used_again_when_its_token_dies_between_two_askings() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", "drop_before_commit", method="PUT", path="/Invoices")
    world.fault("xero", "expire_token", method="PUT", path="/Invoices", nth=2)
    world.forget_calls()
    world.sync()
    assert world.writes("Invoices") == 2, (
        "the second was refused for its token, and no third one left"
    )
    assert world.in_doubt() == ["INV-1"]
    world.settle()
    assert world.document("INV-1")["status"] == "AUTHORISED"
