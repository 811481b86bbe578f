"""What the door promises of any vendor: a true log, and faults that befall just what was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sync_worker.sandbox.door import Cut, Door
from sync_worker.sandbox.faults import EFFECTS, fault_from
from sync_worker.sandbox.http import Clock, Request, Response

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Ledger:
    """The smallest vendor: each request adds one line to it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.remembered: list[tuple[str, int]] = []
        self.tokens_dead = False
        self.in_flight = 0

    def handle(self, request: Request) -> Response:
        if self.tokens_dead:
            return Response(401, {}, b"who are you?")
        self.lines.append(request.path)
        body = json.dumps({"lines": len(self.lines), "in_flight": self.in_flight}).encode()
        return Response(200, {"Content-Type": "application/json"}, body)

    def refusal(self, kind: str, _: Request, retry_after: int | None = None) -> Response:
        if kind == "html":
            return Response(200, {"Content-Type": "text/html"}, b"<html>busy</html>")
        return Response(int(kind[:3]), {"Retry-After": str(retry_after or 33)}, kind.encode())

    def remember_reply(self, request: Request, response: Response) -> None:
        self.remembered.append((request.headers["idempotency-key"], response.status))

    def expire_tokens(self) -> None:
        self.tokens_dead = True

    def reset(self) -> None:
        self.lines.clear()

    def credentials(self, url: str) -> dict[str, str]:
        return {"url": url}


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def door(ledger: Ledger) -> Door:
    return Door(ledger, Clock(lambda: NOON), vendor="ledger")


def suffer(door: Door, do: str, match: Mapping[str, Any] | None = None, **order: Any) -> None:
    door.faults.add(fault_from({"do": do, "match": match or {}, **order}))


def put(path: str = "/Invoices", key: str = "k1") -> Request:
    return Request.to("PUT", path, {"Idempotency-Key": key}, b"{}")


def test_an_undisturbed_request_is_answered_and_noted(door: Door) -> None:
    response = door.handle(put("/Invoices?page=2&where=a%20b"))
    (entry,) = door.requests()
    assert response.status == 200
    assert (entry.n, entry.vendor, entry.method) == (1, "ledger", "PUT")
    assert entry.path == "/Invoices?page=2&where=a+b"
    assert (entry.status, entry.idempotency_key, entry.fault) == (200, "k1", None)
    assert entry.at == "2026-03-04T12:00:00.000+00:00"


def test_every_answer_bears_the_date_of_the_shared_clock(door: Door) -> None:
    assert door.handle(put()).headers["Date"] == "Wed, 04 Mar 2026 12:00:00 GMT"


def test_a_request_under_way_stands_in_the_log_without_a_status(door: Door) -> None:
    ticket = door.admit(put())
    assert door.requests()[0].status is None
    door.answer(ticket)
    assert door.requests()[0].status == 200


def test_the_log_can_be_forgotten_and_begins_again_at_one(door: Door) -> None:
    door.handle(put())
    door.forget_requests()
    door.handle(put())
    assert [entry.n for entry in door.requests()] == [1]


@pytest.mark.parametrize(("do", "done"), [("drop_before_commit", 0), ("drop_after_commit", 1)])
def test_a_dropped_connection_says_whether_the_work_was_done(
    door: Door, ledger: Ledger, do: str, done: int
) -> None:
    suffer(door, do)
    with pytest.raises(Cut) as cut:
        door.handle(put())
    assert len(ledger.lines) == done
    assert (cut.value.done, cut.value.reply) == (bool(done), None)
    assert (door.requests()[0].status, door.requests()[0].fault) == (0, do)


def test_a_truncated_answer_is_done_and_carries_what_it_would_have_been(
    door: Door, ledger: Ledger
) -> None:
    suffer(door, "truncated")
    with pytest.raises(Cut) as cut:
        door.handle(put())
    assert cut.value.done
    assert cut.value.reply is not None
    assert cut.value.reply.json() == {"lines": 1, "in_flight": 1}
    assert len(ledger.lines) == 1


@pytest.mark.parametrize(
    ("do", "status", "done"),
    [
        ("429_minute", 429, 0),
        ("429_day", 429, 0),
        ("429_concurrent", 429, 0),
        ("429_app", 429, 0),
        ("500_before", 500, 0),
        ("500_after", 500, 1),
        ("503_before", 503, 0),
        ("html", 200, 1),
        ("html_before", 200, 0),
    ],
)
def test_a_refusal_is_worded_by_the_vendor_before_or_after_the_work(
    door: Door, ledger: Ledger, do: str, status: int, done: int
) -> None:
    suffer(door, do)
    response = door.handle(put())
    assert response.status == status
    assert len(ledger.lines) == done
    assert b"lines" not in response.body
    assert door.handle(put()).json()["lines"] == done + 1, "once only"


def test_the_500_of_a_write_that_landed_is_what_its_key_replays(door: Door, ledger: Ledger) -> None:
    suffer(door, "500_after")
    door.handle(put(key="k9"))
    assert ledger.remembered == [("k9", 500)]


def test_a_refusal_waits_as_the_vendor_says_unless_asked_otherwise(door: Door) -> None:
    suffer(door, "429_minute")
    suffer(door, "429_minute", retry_after=7)
    suffer(door, "503_before", retry_after=9)
    waits = [door.handle(put()).headers["Retry-After"] for _ in range(3)]
    assert waits == ["33", "7", "9"]


def test_expired_tokens_are_refused_by_the_vendor_itself(door: Door) -> None:
    suffer(door, "expire_token", {"path": "/Payments"})
    assert door.handle(put("/Invoices")).status == 200
    assert door.handle(put("/Payments")).status == 401


@pytest.mark.parametrize(
    ("do", "before", "after"), [("slow", 4, 0), ("slow_before", 4, 0), ("slow_after", 0, 4)]
)
def test_a_slow_request_waits_before_or_after_the_work(
    door: Door, do: str, before: float, after: float
) -> None:
    suffer(door, do, seconds=4)
    ticket = door.admit(put())
    assert (ticket.delay_s, ticket.answer_delay_s) == (before, after)
    assert door.answer(ticket).status == 200


def test_seconds_hold_back_what_is_heard_of_any_fault(door: Door) -> None:
    suffer(door, "drop_after_commit", seconds=2.5)
    assert door.admit(put()).answer_delay_s == 2.5


def test_a_fault_befalls_the_nth_matching_request_and_as_many_after_it(door: Door) -> None:
    suffer(door, "500_before", {"path": "/invoices", "method": "put", "nth": 2}, times=2)
    told = [put("/Contacts"), put(), Request.to("GET", "/Invoices"), put(), put(), put()]
    assert [door.handle(request).status for request in told] == [200, 200, 200, 500, 500, 200]


def test_a_path_is_matched_as_a_part_or_as_a_regular_expression_with_its_query(
    door: Door,
) -> None:
    suffer(door, "500_before", {"path": r"invoices/[0-9a-f-]{3}$"})
    suffer(door, "503_before", {"path": "query?q=SELECT"})
    assert door.handle(put("/Invoices/12345")).status == 200
    assert door.handle(put("/Invoices/12a")).status == 500
    assert door.handle(Request.to("GET", "/query?q=SELECT+Id")).status == 503


def test_faults_take_turns_oldest_first_one_a_request(door: Door) -> None:
    suffer(door, "500_before")
    suffer(door, "503_before")
    assert [door.handle(put()).status for _ in range(3)] == [500, 503, 200]


def test_standing_faults_can_be_read_and_cleared(door: Door) -> None:
    suffer(door, "slow", {"path": "/Invoices", "nth": 3}, times=2, seconds=5)
    door.handle(put())
    assert door.faults.standing() == [
        {
            "match": {"path": "/Invoices", "nth": 3},
            "do": "slow",
            "times": 2,
            "seen": 1,
            "seconds": 5.0,
        }
    ]
    door.faults.clear()
    assert door.faults.standing() == []


def test_the_vendor_learns_how_many_requests_were_under_way_when_this_one_came(
    door: Door,
) -> None:
    tickets = [door.admit(put(), in_flight=n) for n in (1, 2, 3)]
    assert [door.answer(t).json()["in_flight"] for t in reversed(tickets)] == [3, 2, 1]


def test_the_control_plane_is_neither_logged_nor_disturbed(door: Door, ledger: Ledger) -> None:
    door.control = lambda _: Response(200, {}, b"{}")
    suffer(door, "500_before")
    assert door.handle(Request.to("GET", "/_sandbox/requests")).status == 200
    assert door.requests() == []
    assert ledger.lines == []
    assert len(door.faults.standing()) == 1


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ({}, "do must be one of drop_before_commit, drop_after_commit, slow"),
        ({"do": "explode"}, "do must be one of"),
        ({"do": "slow", "sceonds": 3}, "unknown key 'sceonds'; known: match, do, times"),
        ({"do": "slow", "seconds": -1}, "seconds must lie between 0 and"),
        ({"do": "slow", "seconds": True}, "seconds must be a number of seconds"),
        ({"do": "slow", "times": 0}, "times must be 1 or more"),
        ({"do": "slow", "match": {"nth": "2"}}, "nth must be a whole number"),
        ({"do": "slow", "match": {"path": "("}}, "path is no regular expression"),
        ({"do": "slow", "match": {"url": "x"}}, "unknown key 'url'; known: method, path, nth"),
        ({"do": "slow", "match": "x"}, "match must be an object"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_in_one_sentence(
    order: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=r"\w") as refused:
        fault_from(order)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_fault_on_the_list_can_be_ordered() -> None:
    for do in EFFECTS:
        assert fault_from({"do": do}).as_json()["do"] == do
