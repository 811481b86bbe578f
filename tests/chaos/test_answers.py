"""F91 and F92: no answer goes on without end or for ever, and none is read as what it is not."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal

import pytest

from sync_worker.answers import MOST_BYTES, read_json
from sync_worker.daemon.outcome import Exit
from sync_worker.sandbox.http import Request, Response
from tests.oracle import wrongs
from tests.sides import Side
from tests.world import World, a_world

BOMB = gzip.compress(b"0" * (MOST_BYTES + 1024 * 1024), compresslevel=1)
PACKED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
DATA = {"xero": "/api.xro/2.0", "salesforce": "/services/data"}


def sent_a_bomb(world: World, vendor: str, method: str) -> None:
    def bomb(request: Request, response: Response) -> Response:
        hit = request.method == method and request.path.startswith(DATA[vendor])
        return Response(200, PACKED, BOMB) if hit else response

    world.roads[vendor].reader = bomb


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_f91_an_answer_that_unpacks_to_gigabytes_is_cut(method: str) -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    sent_a_bomb(world, "xero", method)
    assert world.sync().exit is Exit.UNSURE
    world.roads["xero"].reader = lambda _, response: response
    world.settle("invoices")
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_f91_salesforces_too(method: str) -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    sent_a_bomb(world, "salesforce", method)
    assert world.sync().exit is Exit.UNSURE
    world.roads["salesforce"].reader = lambda _, response: response
    world.settle("invoices")
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize("vendor", ["xero", "salesforce"])
def test_f91_an_answer_that_drips_ends_after_two_minutes(side: Side, vendor: str) -> None:
    world = side.world()
    side.enter(world, 1)
    side.sync(world)
    side.enter(world, 2)
    world.advance(1000)
    world.roads[vendor].drip_s = 1
    world.forget_calls()
    began = world.clock.now()
    assert side.sync(world).exit is Exit.UNSURE
    calls = len(world.requests(vendor))
    assert (world.clock.now() - began).total_seconds() <= calls * (120 + 10)
    world.roads[vendor].drip_s = 0
    side.settle(world)
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b"[Infinity]",
        b'{"Total": 1e400}',
        b'{"Total": -1E-400}',
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b"1" * 10_000,
        b"\xff\xfe\xfd",
        b"",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_f92_what_two_readers_would_read_as_two_things_is_read_by_none(text: bytes) -> None:
    with pytest.raises(ValueError):
        read_json(text)


def test_f92_amounts_keep_their_digits_and_texts_what_can_be_printed() -> None:
    read = read_json(b'{"Total": 0.10, "Name": "a\\u0000b\\ud83dc\\ud83d\\ude00"}')
    assert read == {"Total": Decimal("0.10"), "Name": "abc\N{GRINNING FACE}"}


@pytest.mark.parametrize("total", ['"100.00"', "null", "true", "[]"])
def test_f92_a_value_of_another_kind_never_ends_a_run_in_a_crash(side: Side, total: str) -> None:
    world = side.world()
    side.enter(world, 1)

    def strange(request: Request, response: Response) -> Response:
        if not request.path.endswith("/Invoices") or response.status != 200:
            return response
        body = json.loads(response.body)
        for one in body.get("Invoices", ()):
            one["Total"] = json.loads(total)
        return Response(200, response.headers, json.dumps(body).encode())

    world.roads["xero"].reader = strange
    for _ in range(3):
        assert side.sync(world).exit in {Exit.DONE, Exit.HELD, Exit.UNSURE}
        world.advance(400)
    world.roads["xero"].reader = lambda _, response: response
    world.advance(3700)
    side.settle(world)
    assert len(side.documents(world, 1)) == 1


def test_f92_payments_of_a_strange_shape_are_asked_for_again_later(side: Side) -> None:
    world = side.world()
    side.enter(world, 1)
    side.sync(world)
    world.xero.pay(side.document(world, 1)["id"], "40.00")

    def strange(request: Request, response: Response) -> Response:
        if not request.path.endswith("/Payments"):
            return response
        return Response(200, response.headers, response.body.replace(b'"Amount"', b'"Amounts"'))

    world.roads["xero"].reader = strange
    assert world.sync("payments").exit is Exit.UNSURE
    world.roads["xero"].reader = lambda _, response: response
    assert world.sync("payments").counts["created"] == 1
