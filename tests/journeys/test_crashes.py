"""The program dies at any moment: the next run finishes what was begun, and never makes anything twice.

A death is an exception that nothing may catch, from a commit of the journal or from a call, at the n-th such point for
n = 1, 2, 3 ... until a run gets through. Dead stays dead: until the restart, no further point is passed.
"""

from __future__ import annotations

import pytest

from tests import journals
from tests.oracle import unpaid_in_crm, wrongs
from tests.world import World, a_world


class Killed(BaseException):
    """kill -9, as far as a process can do it to itself."""


class Points:
    """Counts the moments at which a process may die, and dies at the n-th."""

    def __init__(self, fatal: int) -> None:
        self._fatal = fatal
        self.passed: list[str] = []

    def __call__(self, name: str) -> None:
        if self.died:
            raise Killed
        if name.startswith("GET") or name == "commit begins":
            return  # for a process that is killed, the same moment as the one before
        self.passed.append(name)
        if self.died:
            raise Killed

    @property
    def died(self) -> bool:
        return len(self.passed) >= self._fatal


def a_death(world: World, fatal: int, *processes: str) -> Points:
    """Runs the processes until the n-th moment; a restart and what is remembered are up to the caller."""
    points = Points(fatal)
    disk = journals.the_disk()
    disk.hook = points
    for road in world.roads.values():
        road.hook = points
    try:
        for process in processes:
            world.sync(process)
    except Killed:
        pass
    finally:
        disk.hook = world.roads["xero"].hook = world.roads["salesforce"].hook = lambda _: None
        disk.close()
    return points


def deaths(limit: int = 200) -> range:
    return range(1, limit)


def a_small_world(numbering: str) -> World:
    world = a_world(invoices={"numbering": numbering, "batch": 2})
    second = world.crm.participant("Ann Other")
    world.crm.invoice("INV-1", lines=[world.crm.line(3, "33.335"), world.crm.line(1, "9.99")])
    world.crm.invoice("INV-2")
    world.crm.invoice("INV-3", who=second)
    return world


@pytest.mark.parametrize(
    ("numbering", "journal", "gap"),
    [
        ("xero", "kept", 5),
        ("xero", "kept", 420),
        ("xero", "kept", 93_600),
        ("xero", "lost", 5),
        ("crm", "kept", 5),
        ("crm", "lost", 420),
    ],
)
def test_a_crash_at_any_moment_ends_with_each_invoice_once_in_xero(
    numbering: str, journal: str, gap: float
) -> None:
    for fatal in deaths():
        world = a_small_world(numbering)
        points = a_death(world, fatal, "invoices")
        if not points.died:
            break
        world.advance(gap)
        world.lose_journal() if journal == "lost" else world.restart()
        world.settle("invoices")
        assert wrongs(world.org, world.xero) == [], f"died at {fatal}: {points.passed[-1]}"
    assert fatal > 15, "so few moments at which to die?"


@pytest.mark.parametrize("journal", ["kept", "lost"])
def test_a_crash_while_payments_arrive_ends_with_each_payment_once_in_the_crm(journal: str) -> None:
    for fatal in deaths():
        world = a_small_world("xero")
        world.sync()
        world.xero.pay(world.document("INV-1")["id"], "10.00")
        world.xero.pay(world.document("INV-1")["id"], "20.00")
        world.xero.pay(world.document("INV-3")["id"], "100.00")
        points = a_death(world, fatal, "payments")
        if not points.died:
            break
        world.advance(5)
        world.lose_journal() if journal == "lost" else world.restart()
        world.settle("payments")
        assert wrongs(world.org, world.xero) == [], f"died at {fatal}: {points.passed[-1]}"
        assert unpaid_in_crm(world.org, world.xero) == [], f"died at {fatal}: {points.passed[-1]}"
    assert fatal > 5


@pytest.mark.parametrize("again", [7])
def test_a_crash_in_the_recovery_from_a_crash_changes_nothing(again: int) -> None:
    for fatal in deaths():
        world = a_small_world("xero")
        if not a_death(world, fatal, "invoices").died:
            break
        world.advance(5)
        world.restart()
        a_death(world, again, "invoices")
        world.advance(5)
        world.restart()
        world.settle("invoices")
        assert wrongs(world.org, world.xero) == [], f"died at {fatal}, then at {again}"
