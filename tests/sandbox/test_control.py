"""The control plane: what a tester or a demo may do to a sandbox from outside, over either door."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.door import Door
from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import XeroSandbox

METADATA = Path(__file__).resolve().parents[2] / "config" / "salesforce"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def plane() -> ControlPlane:
    clock = Clock(lambda: NOON)
    return ControlPlane(clock, SalesforceOrg(clock, metadata=METADATA), XeroSandbox(clock))


@pytest.fixture(params=["salesforce_door", "xero_door"])
def door(plane: ControlPlane, request: pytest.FixtureRequest) -> Door:
    found: Door = getattr(plane, request.param)
    return found


def send(door: Door, method: str, path: str, order: Any = None) -> Response:
    body = b"" if order is None else json.dumps(order).encode()
    return door.handle(Request.to(method, f"/_sandbox/{path}", {}, body))


def ask(door: Door, method: str, path: str, order: Any = None) -> Any:
    response = send(door, method, path, order)
    assert response.status == 200, response.body
    return response.json()


def test_the_clock_is_read_and_moved_for_both_vendors(plane: ControlPlane, door: Door) -> None:
    assert ask(door, "GET", "clock") == {"now": "2026-03-04T12:00:00+00:00"}
    assert ask(door, "POST", "clock", {"advance_s": 90.5}) == {
        "now": "2026-03-04T12:01:30.500000+00:00"
    }
    for each in plane.doors:
        assert ask(each, "GET", "clock")["now"].startswith("2026-03-04T12:01:30")


def test_requests_are_listed_by_door_and_can_be_cleared(plane: ControlPlane, door: Door) -> None:
    door.handle(Request.to("GET", "/services/data?a=1", {"Idempotency-Key": "k"}))
    (entry,) = ask(door, "GET", "requests")
    assert entry["n"] == 1
    assert (entry["method"], entry["path"]) == ("GET", "/services/data?a=1")
    assert entry["idempotency_key"] == "k"
    assert entry["vendor"] == door.vendor
    assert isinstance(entry["status"], int)
    assert all(ask(other, "GET", "requests") == [] for other in plane.doors if other is not door)
    ask(door, "DELETE", "requests")
    assert ask(door, "GET", "requests") == []
    door.handle(Request.to("GET", "/services/data"))
    ask(door, "POST", "requests/clear")
    assert ask(door, "GET", "requests") == []


def test_a_fault_is_ordered_at_the_door_where_it_shall_happen(door: Door) -> None:
    order = {"match": {"method": "GET", "nth": 2}, "do": "503_before", "retry_after": 5}
    assert ask(door, "POST", "faults", order)["do"] == "503_before"
    assert len(ask(door, "GET", "faults")) == 1
    first, second, third = (door.handle(Request.to("GET", "/nowhere")) for _ in range(3))
    assert second.status == 503
    assert 503 not in {first.status, third.status}
    assert ask(door, "GET", "faults") == []
    ask(door, "POST", "faults", {"do": "html"})
    ask(door, "DELETE", "faults")
    assert ask(door, "GET", "faults") == []


@pytest.mark.parametrize("do", ["429_minute", "429_day", "429_concurrent", "429_app"])
def test_each_vendor_words_its_own_limits(plane: ControlPlane, do: str) -> None:
    for door, status in ((plane.salesforce_door, 403), (plane.xero_door, 429)):
        ask(door, "POST", "faults", {"do": do})
        assert door.handle(Request.to("GET", "/services/data/v63.0/limits")).status == status


def test_every_refusal_can_be_had_of_both_vendors(door: Door) -> None:
    for do, status in (("500_before", 500), ("503_before", 503), ("html_before", 200)):
        ask(door, "POST", "faults", {"do": do})
        assert door.handle(Request.to("GET", "/anything")).status == status


def test_the_500_of_a_write_that_landed_is_replayed_under_its_key(plane: ControlPlane) -> None:
    door = plane.xero_door
    its = plane.xero.credentials("")
    form = {"grant_type": "client_credentials"} | {
        name: its[name] for name in ("client_id", "client_secret")
    }
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form).encode()
    token = door.handle(Request.to("POST", "/connect/token", kind, body)).json()["access_token"]
    headers = {
        "Authorization": f"Bearer {token}",
        "Xero-Tenant-Id": its["tenant_id"],
        "Idempotency-Key": "once",
        "Content-Type": "application/json",
    }
    put = Request.to(
        "PUT", "/api.xro/2.0/Contacts", headers, b'{"Contacts":[{"Name":"Ada Lovelace"}]}'
    )
    ask(door, "POST", "faults", {"do": "500_after", "match": {"method": "PUT"}})
    first, again = door.handle(put), door.handle(put)
    assert (first.status, again.status) == (500, 500)
    assert again.body == first.body
    assert [contact["name"] for contact in plane.xero.contacts()] == ["Ada Lovelace"]


def test_seeding_fills_both_vendors_and_forgets_what_was_before(
    plane: ControlPlane, door: Door
) -> None:
    told = ask(door, "POST", "seed", {"profile": "care", "invoices": 30, "seed": 7})
    assert told["invoices"] == 30
    assert len(plane.org.rows("Invoice__c")) == 30
    assert len(plane.xero.documents()) == 4
    assert ask(door, "POST", "seed", {"profile": "care", "invoices": 30, "seed": 7}) == told
    assert len(plane.org.rows("Invoice__c")) == 30


def test_people_pay_when_the_seeded_act_says_so(plane: ControlPlane, door: Door) -> None:
    ask(door, "POST", "seed", {"profile": "care", "invoices": 25})
    told = ask(door, "POST", "seed", {"profile": "care", "act": "payments", "seed": 3})
    assert told["payments_created"] == 0, "whatever is in Xero is paid, or half paid, already"
    assert len(plane.org.rows("Invoice__c")) == 25, "nothing is reset"


def test_the_empty_profile_leaves_base_data_only(plane: ControlPlane, door: Door) -> None:
    ask(door, "POST", "seed", {"profile": "care", "invoices": 25})
    ask(door, "POST", "seed", {"profile": "empty"})
    assert plane.org.rows("Invoice__c") == []
    assert plane.xero.documents() == []


def test_a_reset_empties_both_vendors_their_logs_and_their_faults(
    plane: ControlPlane, door: Door
) -> None:
    ask(door, "POST", "seed", {"profile": "care", "invoices": 25})
    for each in plane.doors:
        each.handle(Request.to("GET", "/anything"))
        ask(each, "POST", "faults", {"do": "slow"})
    assert ask(door, "POST", "reset", {}) == {}
    for each in plane.doors:
        assert ask(each, "GET", "requests") == []
        assert ask(each, "GET", "faults") == []
    assert plane.org.rows("Contact") == []
    assert plane.xero.contacts() == []


def test_people_at_work_in_xero_can_be_sent_for(plane: ControlPlane) -> None:
    door = plane.xero_door
    ask(door, "POST", "seed", {"profile": "care", "invoices": 21})
    document = next(d for d in plane.xero.documents() if d["reference"] == "INV-H12")
    before = len(plane.xero.payments())
    order = {"act": "pay", "invoice_id": document["id"], "amount": 10.1, "on": "2026-03-03"}
    paid = ask(door, "POST", "people", order)["result"]
    (made,) = [payment for payment in plane.xero.payments() if payment["id"] == paid]
    assert (made["amount"], made["date"].isoformat()) == (Decimal("10.1"), "2026-03-03")
    assert len(plane.xero.payments()) == before + 1
    ask(door, "POST", "people", {"act": "unpay", "payment_id": paid})
    ask(door, "POST", "people", {"act": "lock_dates", "period": "2026-01-31"})
    assert plane.xero.books.organisation.period_lock == date(2026, 1, 31)


def test_people_at_work_in_the_crm_can_be_sent_for(plane: ControlPlane) -> None:
    door = plane.salesforce_door
    order = {"act": "save", "sobject": "Invoice__c", "values": {"Name": "INV-7"}}
    invoice = ask(door, "POST", "people", order)["result"]
    values = {"Total_Amount__c": 12.5}
    edit = {"act": "edit", "sobject": "Invoice__c", "record_id": invoice, "values": values}
    ask(door, "POST", "people", edit)
    (row,) = plane.org.rows("Invoice__c")
    assert (row["Name"], row["Total_Amount__c"]) == ("INV-7", Decimal("12.5"))
    bad = edit | {"values": {"Status__c": "Nonsense"}}
    refused = send(door, "POST", "people", bad)
    assert refused.status == 400
    assert "restricted picklist" in refused.json()["error"]
    ask(door, "POST", "people", {"act": "remove", "sobject": "Invoice__c", "record_id": invoice})
    assert plane.org.rows("Invoice__c") == []


@pytest.mark.parametrize(
    ("call", "order", "status", "complaint"),
    [
        ("POST faults", {"do": "explode"}, 400, "do must be one of"),
        ("POST faults", {"do": "slow", "when": 1}, 400, "unknown key 'when'"),
        ("POST clock", {"advance": 5}, 400, "unknown key 'advance'; known: advance_s"),
        ("POST clock", {"advance_s": -5}, 400, "advance_s must lie between 0 and"),
        ("POST seed", {"profile": "zoo"}, 400, "profile must be one of care, empty"),
        ("POST seed", {"invoices": 0}, 400, "invoices must be 1 or more"),
        ("POST seed", {"act": "riot"}, 400, "act must be one of payments"),
        ("POST people", {"act": "dance"}, 400, "act must be one of pay"),
        ("POST people", {"act": "pay", "sum": 3}, 400, "sum"),
        ("POST people", {"act": "unpay", "payment_id": "nobody"}, 400, ""),
        ("POST reset", [], 400, "the body must be a JSON object"),
        ("POST reset", {"hard": True}, 400, "unknown key 'hard'"),
        ("PUT clock", None, 405, "/clock answers POST and GET only"),
        ("GET nothing", None, 404, "there is no /_sandbox/nothing"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_one_sentence(
    plane: ControlPlane, call: str, order: Any, status: int, complaint: str
) -> None:
    method, path = call.split()
    response = send(plane.xero_door, method, path, order)
    assert response.status == status
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert list(body) == ["error"]
    assert complaint in body["error"]
    assert "\n" not in body["error"]


def test_a_body_that_is_not_json_is_refused(plane: ControlPlane) -> None:
    response = plane.xero_door.handle(Request.to("POST", "/_sandbox/faults", {}, b"{oops"))
    assert response.status == 400
    assert "the body is not JSON" in response.json()["error"]
