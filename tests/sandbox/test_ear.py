"""One port over real sockets: what arrives arrives whole, and what breaks really breaks."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from sync_worker.sandbox.door import Door
from sync_worker.sandbox.ear import Ear
from sync_worker.sandbox.faults import fault_from
from sync_worker.sandbox.http import Clock, Request, Response

CAPS = {414: 2_000, 431: 4_000, 413: 100_000}


class Echo:
    """A vendor that answers with what it heard."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.heard = 0

    def handle(self, request: Request) -> Response:
        self.heard += 1
        if request.method == "DELETE":
            return Response(204)
        told = {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": dict(request.headers),
            "body": request.body.decode(),
            "in_flight": self.in_flight,
        }
        return Response(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

    def refusal(self, kind: str, _: Request, retry_after: int | None = None) -> Response:
        return Response(int(kind[:3]), {}, kind.encode())

    def expire_tokens(self) -> None: ...

    def reset(self) -> None: ...

    def credentials(self, url: str) -> dict[str, str]:
        return {"url": url}


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def door(echo: Echo) -> Door:
    return Door(echo, Clock(lambda: datetime(2026, 3, 4, 12, tzinfo=UTC)))


@pytest.fixture
def address(door: Door) -> Iterator[tuple[str, int]]:
    ear = Ear(door, CAPS, "127.0.0.1", 0)
    ear.bind()
    thread = threading.Thread(target=lambda: asyncio.run(ear.serve()))
    thread.start()
    parts = urlsplit(ear.url)
    assert parts.hostname is not None
    assert parts.port is not None
    yield parts.hostname, parts.port
    ear.close()
    thread.join()


@pytest.fixture
def line(address: tuple[str, int]) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(*address, timeout=5)
    yield connection
    connection.close()


def ask(line: http.client.HTTPConnection, *args: Any, **kwargs: Any) -> dict[str, Any]:
    line.request(*args, **kwargs)
    told: dict[str, Any] = json.loads(line.getresponse().read())
    return told


def suffer(door: Door, do: str, **order: Any) -> None:
    door.faults.add(fault_from({"do": do, **order}))


def test_a_request_arrives_as_it_was_sent(line: http.client.HTTPConnection) -> None:
    told = ask(
        line, "PATCH", "/a%2Fb//c?q=x+y%3D&empty=", body=b'{"n":1}', headers={"X-Own": "Yes"}
    )
    assert (told["method"], told["path"], told["body"]) == ("PATCH", "/a%2Fb//c", '{"n":1}')
    assert told["query"] == [["q", "x y="], ["empty", ""]]
    assert told["headers"]["x-own"] == "Yes"


def test_a_body_in_chunks_arrives_whole(line: http.client.HTTPConnection) -> None:
    parts = iter([b"grant_type=", b"client", b"_credentials"])
    told = ask(line, "POST", "/token", body=parts, encode_chunked=True)
    assert told["body"] == "grant_type=client_credentials"


def test_a_connection_is_kept_for_the_next_request(
    line: http.client.HTTPConnection, echo: Echo
) -> None:
    ask(line, "GET", "/1")
    first = line.sock
    line.request("DELETE", "/2")
    response = line.getresponse()
    assert (response.status, response.read()) == (204, b"")
    assert response.headers["Content-Length"] is None
    ask(line, "GET", "/3")
    assert line.sock is first
    assert echo.heard == 3


def test_the_date_is_the_clocks_and_no_server_is_named(line: http.client.HTTPConnection) -> None:
    line.request("GET", "/")
    response = line.getresponse()
    assert response.headers.get_all("Date") == ["Wed, 04 Mar 2026 12:00:00 GMT"]
    assert "Server" not in response.headers


@pytest.mark.parametrize(("do", "done"), [("drop_before_commit", 0), ("drop_after_commit", 1)])
def test_a_cut_connection_ends_without_a_byte(
    line: http.client.HTTPConnection, door: Door, echo: Echo, do: str, done: int
) -> None:
    suffer(door, do)
    line.request("GET", "/")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        line.getresponse()
    assert echo.heard == done
    line.close()
    assert ask(line, "GET", "/again")["path"] == "/again"


@pytest.mark.parametrize("size", [10, 90_000])
def test_a_truncated_answer_promises_more_than_it_gives(
    line: http.client.HTTPConnection, door: Door, size: int
) -> None:
    suffer(door, "truncated")
    line.request("POST", "/", body=b"x" * size)
    response = line.getresponse()
    with pytest.raises(http.client.IncompleteRead) as broken:
        response.read()
    whole = int(response.headers["Content-Length"])
    assert len(broken.value.partial) == whole // 2
    assert broken.value.expected == whole - whole // 2


def test_a_slow_request_holds_up_nobody_else(
    line: http.client.HTTPConnection, address: tuple[str, int], door: Door
) -> None:
    suffer(door, "slow", match={"path": "/slow"}, seconds=0.4)
    slow = http.client.HTTPConnection(*address, timeout=5)
    began = time.monotonic()
    slow.request("GET", "/slow")
    time.sleep(0.05)
    ask(line, "GET", "/quick")
    assert time.monotonic() - began < 0.35
    assert slow.getresponse().status == 200
    assert time.monotonic() - began >= 0.4
    slow.close()


def test_a_client_that_gives_up_waiting_finds_the_work_done_later(
    address: tuple[str, int], door: Door, echo: Echo
) -> None:
    suffer(door, "slow", seconds=0.2)
    impatient = http.client.HTTPConnection(*address, timeout=0.05)
    impatient.request("PUT", "/", body=b"{}")
    with pytest.raises(TimeoutError):
        impatient.getresponse()
    impatient.close()
    assert echo.heard == 0
    time.sleep(0.3)
    assert echo.heard == 1


def test_those_who_come_together_are_counted_together(address: tuple[str, int], door: Door) -> None:
    suffer(door, "slow", times=8, seconds=0.2)

    def one(_: int) -> int:
        line = http.client.HTTPConnection(*address, timeout=5)
        told = ask(line, "GET", "/")
        line.close()
        return int(told["in_flight"])

    with ThreadPoolExecutor(8) as callers:
        assert sorted(callers.map(one, range(8))) == list(range(1, 9))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"url": "/" + "a" * 2_001}, 414),
        ({"url": "/", "headers": {"X-Long": "a" * 4_001}}, 431),
        ({"url": "/", "body": b"a" * 100_001}, 413),
    ],
    ids=["address", "headers", "body"],
)
def test_what_is_too_long_is_refused_at_the_edge(
    line: http.client.HTTPConnection, echo: Echo, sent: dict[str, Any], status: int
) -> None:
    line.request("POST", **sent)
    assert line.getresponse().status == status
    assert echo.heard == 0


def test_answers_come_without_the_wait_of_a_delayed_packet(
    line: http.client.HTTPConnection,
) -> None:
    ask(line, "GET", "/")
    began = time.monotonic()
    for _ in range(20):
        ask(line, "GET", "/")
    assert (time.monotonic() - began) / 20 < 0.02


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_nothing_but_loopback_is_listened_on(door: Door, host: str) -> None:
    with pytest.raises(ValueError, match="only listens on loopback"):
        Ear(door, CAPS, host, 0)


def test_a_port_that_is_taken_is_an_error_at_once(door: Door) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ear = Ear(door, CAPS, "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            ear.bind()
