"""plan, status, holds, journey: they look, and change nothing."""

from __future__ import annotations

import pytest

from sync_worker.sandbox.control import ControlPlane
from tests.cli.conftest import Operator
from tests.daemon.books import crm_invoice, due_invoices, xero_references


@pytest.fixture
def held(operator: Operator, plane: ControlPlane) -> Operator:
    """One invoice stands in Xero, one waits."""
    due_invoices(plane, "INV-1")
    due_invoices(plane, "INV-2", who="Someone Else", Total_Amount__c=99)
    assert operator.types("sync", "invoices").code == 1
    return operator


def test_a_plan_says_what_would_happen_and_does_nothing(
    operator: Operator, plane: ControlPlane
) -> None:
    due_invoices(plane, "INV-1")
    due_invoices(plane, "INV-2", who="Someone Else", Total_Amount__c=99)
    said = operator.types("plan", "invoices", "--json")
    assert said.code == 0
    actions = {one["record"]: one for one in said.json["actions"]}
    assert actions["invoice:INV-1"]["action"] == "create"
    assert actions["invoice:INV-1"]["total"] == "100.00"
    assert actions["invoice:INV-2"]["action"] == "hold"
    assert "total-differs" in actions["invoice:INV-2"]["reason"]
    assert said.json["totals"] == {"200": "100.00"}
    assert xero_references(plane) == []
    assert crm_invoice(plane, "INV-2")["Finance_Sync_State__c"] is None
    assert all(one.method == "GET" or "token" in one.path for one in plane.xero_door.requests())


def test_a_plan_can_be_read(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1")
    said = operator.types("plan", "invoices")
    assert said.code == 0
    assert "invoice:INV-1" in said.stdout
    assert "account 200: 100.00" in said.stdout


def test_status_counts_and_tells_the_last_runs(held: Operator) -> None:
    said = held.types("status", "--json")
    assert said.code == 0
    standing = said.json["connections"]["main"]
    assert standing["documents"]["invoice:WRITTEN"] == 1
    assert standing["documents"]["invoice:HELD"] == 1
    assert standing["last_runs"]["invoices"]["outcome"] == "held"
    assert standing["in_doubt"] == []
    assert "no daemon is running" in held.types("status").stdout


def test_status_alive_fails_without_a_daemon(operator: Operator) -> None:
    said = operator.types("status", "--alive", "--json")
    assert said.code == 4
    assert said.json["connections"]["main"]["alive"] is False
    assert "no daemon" in said.stderr


def test_holds_show_cause_and_cure(held: Operator) -> None:
    said = held.types("holds", "--json")
    assert said.code == 1
    (one,) = said.json["held"]
    assert one["record"] == "invoice:INV-2"
    assert one["class"] == "total-differs"
    assert "99.00" in one["cause"]
    assert one["cure"]
    assert one["attempts"] == 1
    words = held.types("holds")
    assert words.code == 1
    assert one["cause"] in words.stdout
    assert f"to do: {one['cure']}" in words.stdout


def test_nothing_held_is_said_so(operator: Operator) -> None:
    assert operator.types("holds").stdout == "nothing is held\n"
    assert operator.types("holds", "--json").json == {"held": []}


def test_a_journey_tells_every_step(held: Operator, plane: ControlPlane) -> None:
    said = held.types("journey", "invoice:INV-1", "--json")
    assert said.code == 0
    told = said.json
    assert told["state"] == "WRITTEN"
    assert told["crm_id"] == crm_invoice(plane, "INV-1")["Id"]
    assert told["xero_id"] == crm_invoice(plane, "INV-1")["Finance_External_ID__c"]
    states = [step["state"] for step in told["steps"]]
    assert states == sorted(states, key=["SENDING", "CREATED", "PROMOTED", "WRITTEN"].index) or (
        states.count("SENDING") == 2
    )
    assert states[-1] == "WRITTEN"
    words = held.types("journey", "invoice:INV-1").stdout
    assert all(step["words"].split()[0] in words for step in told["steps"])


def test_the_journey_of_a_held_record_ends_with_its_cure(held: Operator) -> None:
    said = held.types("journey", "invoice:INV-2")
    assert said.code == 0
    assert "to do:" in said.stdout


@pytest.mark.parametrize("command", ["journey", "retry"])
@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("INV-1", "write it as invoice:NUMBER"),
        ("bill:", "write it as invoice:NUMBER"),
        ("invoice:INV-404", "the journal knows no invoice numbered 'INV-404'"),
    ],
)
def test_a_record_that_is_not_known_is_a_wrong_usage(
    operator: Operator, command: str, record: str, words: str
) -> None:
    said = operator.types(command, record, "--json")
    assert said.code == 2
    assert words in said.json["problems"][0]
    assert words in said.stderr
