"""sync invoices, sync payments, sync invoice NUMBER: what they do, what they say, and how they end."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import Fault
from tests.cli.conftest import Operator, an_operator
from tests.daemon.books import crm_invoice, due_invoices, xero_references


def test_what_is_due_is_sent_and_counted(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1", "INV-2")
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 0
    assert set(said.json) == {"processes", "calls"}
    invoices = said.json["processes"]["invoices"]
    assert {name: invoices[name] for name in ("created", "updated", "linked", "held")} == {
        "created": 2,
        "updated": 0,
        "linked": 0,
        "held": [],
    }
    assert set(said.json["calls"]) == {"xero", "salesforce"}
    assert xero_references(plane) == ["INV-1", "INV-2"]


def test_people_read_the_same_in_words(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1")
    said = operator.types("sync", "invoices")
    assert said.code == 0
    assert "1 created" in said.stdout
    assert "calls:" in said.stdout


def test_what_is_held_makes_the_exit_code_1(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1")
    due_invoices(plane, "INV-2", who="Someone Else", Total_Amount__c=99)
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 1
    (held,) = said.json["processes"]["invoices"]["held"]
    assert set(held) == {"record", "class", "cause", "cure"}
    assert held["record"] == "invoice:INV-2"
    assert held["class"] == "total-differs"
    assert xero_references(plane) == ["INV-1"]


def test_a_lost_answer_makes_the_exit_code_4_and_is_found_later(
    operator: Operator, plane: ControlPlane
) -> None:
    due_invoices(plane, "INV-1")
    lost = Fault("drop_after_commit", method="PUT", path="/api.xro/2.0/Invoices", times=9)
    plane.xero_door.faults.add(lost)
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 4
    assert said.json["processes"]["invoices"]["in_doubt"] == ["INV-1"]
    plane.xero_door.faults.clear()
    assert operator.types("sync", "invoices", "--json").code == 0
    assert xero_references(plane) == ["INV-1"]
    assert crm_invoice(plane, "INV-1")["Finance_Sync_State__c"] == "Synced"


@pytest.mark.parametrize("vendor", ["salesforce", "xero"])
def test_a_vendor_that_is_down_makes_the_exit_code_4(
    operator: Operator, plane: ControlPlane, vendor: str
) -> None:
    due_invoices(plane, "INV-1")
    door = next(door for door in plane.doors if door.vendor == vendor)
    door.faults.add(Fault("503_before", path="/", times=1000))
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 4
    (problem,) = said.json["problems"]
    assert vendor.capitalize() in problem
    assert problem in said.stderr
    assert xero_references(plane) == []


def test_a_machine_where_nobody_listens_makes_the_exit_code_4(
    vendors: Sandbox, tmp_path: Path
) -> None:
    operator = an_operator(vendors, tmp_path, salesforce={"url": "http://127.0.0.1:9"})
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 4
    assert "http://127.0.0.1:9" in said.json["problems"][0]


def test_payments_come_back(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1")
    operator.types("sync", "invoices")
    xero_id = crm_invoice(plane, "INV-1")["Finance_External_ID__c"]
    with plane.held():
        plane.xero.pay(xero_id, "60.00")
        plane.xero.pay(xero_id, "40.00")
    said = operator.types("sync", "payments", "--json")
    assert said.code == 0
    assert said.json["processes"]["payments"]["created"] == 2
    row = crm_invoice(plane, "INV-1")
    assert (row["Total_Payment_Amount__c"], row["Status__c"]) == (100, "Fully Paid")
    again = operator.types("sync", "payments", "--json").json["processes"]["payments"]
    assert (again["created"], again["updated"]) == (0, 0)


def test_one_invoice_goes_alone(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1", "INV-2")
    said = operator.types("sync", "invoice", "INV-2", "--json")
    assert said.code == 0
    assert said.json["processes"]["invoices"]["created"] == 1
    assert xero_references(plane) == ["INV-2"]


def test_an_invoice_that_nobody_knows_is_a_wrong_usage(operator: Operator) -> None:
    said = operator.types("sync", "invoice", "INV-404", "--json")
    assert said.code == 2
    assert said.json["problems"] == [
        "the CRM has no invoice numbered 'INV-404'; check the number as it stands on the record"
    ]


def test_a_number_with_a_quote_is_only_a_number(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "O'Hara \\ 1")
    assert operator.types("sync", "invoice", "O'Hara \\ 1").code == 0
    assert xero_references(plane) == ["O'Hara \\ 1"]


def test_two_invoices_of_one_number_are_not_guessed_at(
    operator: Operator, plane: ControlPlane
) -> None:
    due_invoices(plane, "INV-1")
    due_invoices(plane, "INV-1", who="Someone Else")
    said = operator.types("sync", "invoice", "INV-1", "--json")
    assert said.code == 2
    assert "2 invoices numbered 'INV-1'" in said.json["problems"][0]
    assert xero_references(plane) == []


def test_an_invoice_sent_before_is_sent_only_once(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1")
    for _ in range(2):
        assert operator.types("sync", "invoice", "INV-1").code == 0
    assert xero_references(plane) == ["INV-1"]


def test_another_org_than_the_pinned_one_is_refused(vendors: Sandbox, tmp_path: Path) -> None:
    due_invoices(vendors.control, "INV-1")
    operator = an_operator(vendors, tmp_path, salesforce={"org_id": "00D5g000000AAAAEA4"})
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 2
    assert "pins 00D5g000000AAAAEA4" in said.json["problems"][0]
    assert xero_references(vendors.control) == []


def test_a_journal_serves_one_pair_of_organisations_only(vendors: Sandbox, tmp_path: Path) -> None:
    assert an_operator(vendors, tmp_path).types("sync", "invoices").code == 0
    other = "7d0a2b1e-0000-4000-8000-000000000001"
    with vendors.control.held():
        vendors.xero.connect(other, "Another Company")
    operator = an_operator(vendors, tmp_path, xero={"tenant_id": other})
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 2
    assert other in said.json["problems"][0]
