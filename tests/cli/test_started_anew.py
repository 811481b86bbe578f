"""A sandbox that was reset begins with the same ids again, while the journal remembers what it held before."""

from __future__ import annotations

from sync_worker.sandbox.control import ControlPlane
from tests.cli.conftest import Operator
from tests.daemon.books import crm_invoice, due_invoices, xero_references


def test_an_old_journal_does_not_keep_new_invoices_back(
    operator: Operator, plane: ControlPlane
) -> None:
    due_invoices(plane, "INV-1", "INV-2")
    assert operator.types("sync", "invoices").code == 0
    xero_id = crm_invoice(plane, "INV-1")["Finance_External_ID__c"]
    with plane.held():
        plane.xero.pay(xero_id, "40.00")
    assert operator.types("sync", "payments").code == 0
    plane.reset()
    due_invoices(plane, "INV-1", "INV-2", "INV-3")
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 0, said.stdout
    assert xero_references(plane) == ["INV-1", "INV-2", "INV-3"]
    again = operator.types("sync", "invoices", "--json").json["processes"]["invoices"]
    assert again["created"] == 0
    for number in ("INV-1", "INV-2", "INV-3"):
        assert crm_invoice(plane, number)["Finance_Sync_State__c"] == "Synced"


def test_payments_of_a_new_beginning_arrive(operator: Operator, plane: ControlPlane) -> None:
    for _ in range(2):
        plane.reset()
        due_invoices(plane, "INV-1")
        assert operator.types("sync", "invoices").code == 0
        xero_id = crm_invoice(plane, "INV-1")["Finance_External_ID__c"]
        with plane.held():
            plane.xero.pay(xero_id, "40.00")
        said = operator.types("sync", "payments", "--json").json["processes"]["payments"]
        assert said["created"] == 1
        assert crm_invoice(plane, "INV-1")["Total_Payment_Amount__c"] == 40
