"""Webhooks on their way: to a real receiver on this machine, through the control plane."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.http import Clock, Request
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import XeroSandbox

METADATA = Path(__file__).resolve().parents[2] / "config" / "salesforce"
KEY = "a-signing-key"


class Receiver(HTTPServer):
    """Answers 200 to right signatures, 401 to wrong ones, 500 while it is unwell."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Ear)
        self.well = True
        self.events: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks?a=1"


class _Ear(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        digest = hmac.new(KEY.encode(), body, hashlib.sha256).digest()
        right = self.headers["x-xero-signature"] == base64.b64encode(digest).decode()
        if right and self.server.well:
            self.server.events += json.loads(body)["events"]
        self.send_response(401 if not right else 200 if self.server.well else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def plane() -> ControlPlane:
    clock = Clock()
    return ControlPlane(clock, SalesforceOrg(clock, metadata=METADATA), XeroSandbox(clock))


def ask(plane: ControlPlane, method: str, path: str, **order: Any) -> Any:
    body = json.dumps(order).encode() if method == "POST" else b""
    reply = plane.xero_door.handle(Request.to(method, f"/_sandbox/{path}", {}, body))
    return reply.json()


def test_a_receiver_that_checks_signatures_hears_what_changes(
    plane: ControlPlane, receiver: Receiver
) -> None:
    told = ask(plane, "POST", "webhooks", url=receiver.url, key=KEY)
    assert told == {"url": receiver.url, "status": "ok", "waiting": 0}
    ask(plane, "POST", "people", act="add_contact", name="Ann")
    assert ask(plane, "POST", "webhooks/deliver")["heard"] == 1
    assert [event["eventCategory"] for event in receiver.events] == ["CONTACT"]


def test_an_unwell_receiver_is_tried_again_on_the_sandboxes_clock(
    plane: ControlPlane, receiver: Receiver
) -> None:
    ask(plane, "POST", "webhooks", url=receiver.url, key=KEY)
    receiver.well = False
    ask(plane, "POST", "people", act="add_contact", name="Ann")
    assert ask(plane, "POST", "webhooks/deliver")["heard"] == 0
    receiver.well = True
    assert ask(plane, "POST", "webhooks/deliver")["heard"] == 0
    ask(plane, "POST", "clock", advance_s=900)
    assert ask(plane, "POST", "webhooks/deliver") == {
        "heard": 1,
        "url": receiver.url,
        "status": "ok",
        "waiting": 0,
    }


def test_after_a_reset_the_receiver_is_set_anew(plane: ControlPlane, receiver: Receiver) -> None:
    ask(plane, "POST", "webhooks", url=receiver.url, key=KEY)
    ask(plane, "POST", "reset")
    assert ask(plane, "GET", "webhooks") == {"url": "", "status": "none", "waiting": 0}
    ask(plane, "POST", "webhooks", url=receiver.url, key=KEY)
    ask(plane, "POST", "people", act="add_contact", name="Ann")
    assert ask(plane, "POST", "webhooks/deliver")["heard"] == 1


def test_a_receiver_with_another_key_stays_pending(plane: ControlPlane, receiver: Receiver) -> None:
    told = ask(plane, "POST", "webhooks", url=receiver.url, key="another")
    assert told["status"] == "pending"


def test_nobody_at_home_is_no_receiver(plane: ControlPlane) -> None:
    told = ask(plane, "POST", "webhooks", url="http://127.0.0.1:9/", key=KEY)
    assert told["status"] == "pending"


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://127.0.0.1/", "", "http://10.0.0.1/"]
)
def test_only_this_machine_is_rung(plane: ControlPlane, url: str) -> None:
    told = ask(plane, "POST", "webhooks", url=url, key=KEY)
    assert told == {"error": "url must be http on a loopback address"}


def test_a_round_is_made_while_the_sandbox_serves(plane: ControlPlane, receiver: Receiver) -> None:
    ask(plane, "POST", "webhooks", url=receiver.url, key=KEY)
    plane.postman.start()
    try:
        ask(plane, "POST", "people", act="add_contact", name="Ann")
        deadline = threading.Event()
        for _ in range(200):
            if receiver.events:
                break
            deadline.wait(0.02)
    finally:
        plane.postman.stop()
    assert len(receiver.events) == 1
