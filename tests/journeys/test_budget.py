"""Calls are what an organisation runs short of: a thousand invoices must not cost more than a handful."""

from __future__ import annotations

import pytest

from tests.oracle import wrongs
from tests.world import a_world


@pytest.mark.parametrize(("numbering", "allowed"), [("crm", 36), ("xero", 56)])
def test_a_thousand_invoices_for_two_hundred_new_people_cost_few_calls(
    numbering: str, allowed: int
) -> None:
    world = a_world(invoices={"numbering": numbering})
    world.crm.invoices(1000, people=200, lines=5)
    started = world.clock.now()
    result = world.sync()
    world.sync("payments")
    assert result.counts["created"] == 1000
    assert world.calls("xero") <= allowed
    assert world.calls("salesforce") <= 24
    assert (world.clock.now() - started).total_seconds() < 180
    assert wrongs(world.org, world.xero) == []
    world.forget_calls()
    world.advance(300)
    again = world.sync()
    assert world.sync("payments").counts["created"] == again.counts["created"] == 0
    assert world.calls("xero") <= 2
    assert world.calls("salesforce") <= 2


def test_a_new_process_costs_one_look_and_no_more() -> None:
    world = a_world()
    world.crm.invoices(120, people=5)
    world.sync()
    world.restart()
    world.forget_calls()
    assert world.sync().counts["created"] == 0
    assert world.calls("xero") == 1
    assert world.calls("salesforce") <= 2
