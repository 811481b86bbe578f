"""Whatever goes wrong with any one call, some runs later every invoice stands once in Xero and both sides know it."""

from __future__ import annotations

import pytest

from tests.oracle import unpaid_in_crm, wrongs
from tests.world import World, a_world

FAULTS = (
    "drop_before_commit",
    "drop_after_commit",
    "slow",
    "slow_after",
    "429_minute",
    "429_day",
    "429_concurrent",
    "429_app",
    "500_before",
    "500_after",
    "503_before",
    "truncated",
    "html",
    "html_before",
    "expire_token",
)
WRITES = {
    "a contact is made": ("xero", "PUT", "Contacts"),
    "an invoice is made": ("xero", "PUT", "Invoices"),
    "an invoice is completed": ("xero", "POST", "Invoices"),
    "a contact's id is written back": ("salesforce", "PATCH", "composite/sobjects"),
}


def three_invoices_of_two_people(numbering: str = "xero") -> World:
    world = a_world(invoices={"numbering": numbering})
    second = world.crm.participant("Ann Other", Email="ann@care.example")
    world.crm.invoice("INV-1")
    world.crm.invoice(
        "INV-2", lines=[world.crm.line(3, "33.335"), world.crm.line("0.125", "70.23")]
    )
    world.crm.invoice("INV-3", who=second)
    return world


@pytest.mark.parametrize(("nth", "times"), [(1, 1), (2, 1), (1, 3)])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("write", WRITES)
def test_a_fault_in_a_write_never_doubles_or_loses_an_invoice(
    write: str, fault: str, nth: int, times: int
) -> None:
    vendor, method, path = WRITES[write]
    world = three_invoices_of_two_people()
    world.fault(vendor, fault, method=method, path=path, nth=nth, times=times, seconds=130)
    world.settle("invoices")
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("write", ["a contact is made", "an invoice is made"])
def test_where_the_crm_numbers_its_number_is_the_fence(write: str, fault: str) -> None:
    vendor, method, path = WRITES[write]
    world = three_invoices_of_two_people("crm")
    world.fault(vendor, fault, method=method, path=path, times=2, seconds=130)
    world.settle("invoices")
    assert wrongs(world.org, world.xero) == []
    assert {one["number"] for one in world.xero.documents()} == {"INV-1", "INV-2", "INV-3"}


@pytest.mark.parametrize(("nth", "times"), [(1, 1), (1, 4), (2, 3)])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_while_payments_are_recorded_never_doubles_or_loses_one(
    fault: str, nth: int, times: int
) -> None:
    world = three_invoices_of_two_people()
    world.sync()
    world.xero.pay(world.document("INV-1")["id"], "40.00")
    world.xero.pay(world.document("INV-3")["id"], "100.00")
    world.fault("salesforce", fault, method="PATCH", nth=nth, times=times, seconds=130)
    world.settle("payments")
    assert wrongs(world.org, world.xero) == []
    assert unpaid_in_crm(world.org, world.xero) == []


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("vendor", ["salesforce", "xero"])
def test_a_fault_in_a_read_only_costs_time(vendor: str, fault: str) -> None:
    world = three_invoices_of_two_people()
    world.fault(vendor, fault, method="GET", times=7, seconds=130)
    world.settle("invoices")
    world.xero.pay(world.document("INV-1")["id"], "40.00")
    world.fault(vendor, fault, method="GET", times=7, seconds=130)
    world.settle("payments")
    assert wrongs(world.org, world.xero) == []
    assert unpaid_in_crm(world.org, world.xero) == []
