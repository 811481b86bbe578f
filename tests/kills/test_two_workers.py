"""Two workers on one journal, as two hosts have on a database server: no kernel lock between them, only the lease.

A worker that slept through its lease goes on where it stood. What it does then is judged call by call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.daemon.runner import Connection
from sync_worker.wiring import App, Ways
from tests.oracle import wrongs
from tests.ways import SalesforceWay, XeroWay
from tests.world import World, a_world

ASLEEP = 40 * 60.0
WRITES = ("PUT /api.xro", "POST /api.xro", "PATCH /services/data")
PROCESSES = ("invoices", "payments")


def a_pair(numbering: str) -> tuple[World, Connection]:
    """Three invoices are due, two of them to one new participant; one that stands in Xero already was paid."""
    world = a_world(invoices={"numbering": numbering, "batch": 2})
    world.crm.invoice("INV-0", who=world.crm.participant("Kim Lee"))
    world.sync()
    world.xero.pay(world.document("INV-0")["id"], "60.00")
    for number in ("INV-1", "INV-2"):
        world.crm.invoice(number)
    world.crm.invoice("INV-3", who=world.crm.participant("Robin Reed"))
    world.crm.invoice(
        "INV-4",
        lines=[world.crm.line(item=world.crm.support_item("Old", Finance_Account_Code__c="999"))],
    )
    world.forget_calls()
    ways = Ways(SalesforceWay(world.roads["salesforce"]), XeroWay(world.roads["xero"]))
    other = App(world.settings, world.clock, world.engine, ways=ways).connection("main")
    for worker in (world.worker, other):
        worker.lane._exclusion = None  # type: ignore[attr-defined]  # as on a database server
    return world, other


def lived(worker: Connection) -> list[Exit]:
    with worker.held() as ours:
        return [worker.run(process).exit for process in PROCESSES] if ours else [Exit.BUSY]


def moments(numbering: str) -> list[str]:
    """Every moment of one life, the first time it comes and the last. Those inside a commit are left out: whoever
    sleeps there has the journal locked, and no other worker gets past it."""
    world, _ = a_pair(numbering)
    told: list[str] = []
    world.moments = lambda moment: told.append(f"{moment}:{told_before(told, moment) + 1}")
    lived(world.worker)
    within = [one for one in told if one.startswith("journal.") and ".before" in one]
    last = {one.rpartition(":")[0]: one for one in told}.values()
    return [one for one in told if one not in within and (one in last or one.endswith(":1"))]


def told_before(told: list[str], moment: str) -> int:
    return sum(one.rpartition(":")[0] == moment for one in told)


class Sleeper:
    """At its moment the worker falls asleep for long; meanwhile another one does all there is to do."""

    def __init__(self, world: World, at: str, meanwhile: Callable[[], object]) -> None:
        self._world, self._meanwhile = world, meanwhile
        self._point, _, nth = at.rpartition(":")
        self._left = int(nth)
        self.writes_before: Counter[str] = Counter()

    def __call__(self, moment: str) -> None:
        self._left -= moment == self._point
        if moment == self._point and self._left == 0:
            self._world.advance(ASLEEP)
            self._meanwhile()
            self.writes_before = writes(self._world)


def writes(world: World) -> Counter[str]:
    calls = [*world.requests("xero"), *world.requests("salesforce")]
    return Counter(call for call in calls if call.startswith(WRITES))


def on_its_way(at: str) -> int:
    """Calls that nobody can call back: the lane was asked for, then sleep came, then the call left."""
    call = at.startswith(("xero.PUT", "xero.POST.C", "xero.POST.I", "salesforce.PATCH"))
    return int(call and ".before" in at)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("numbering", ["xero", "crm"])
def test_f65_a_worker_that_slept_through_its_lease_does_no_harm(numbering: str) -> None:
    harm = {at: done for at in moments(numbering) if (done := harm_done(numbering, at))}
    assert not harm, "\n".join(f"{at}: {one}" for at, done in harm.items() for one in done)


def harm_done(numbering: str, at: str) -> list[str]:
    """What is wrong in the end, in words, after one worker slept at that moment and another did its work."""
    world, other = a_pair(numbering)
    sleeper = world.moments = Sleeper(world, at, lambda: lived(other))
    lived(world.worker)
    late = list((writes(world) - sleeper.writes_before).elements())
    world.moments = lambda _: None
    lived(other)
    drafts = [one for one in world.xero.documents() if one["status"] == "DRAFT"]
    for draft in drafts:  # a person takes away what nobody owes
        world.xero.act("void_invoice", invoice_id=draft["id"])
    lived(other)
    harm = wrongs(world.org, world.xero, due=("INV-0", "INV-1", "INV-2", "INV-3"))
    if len(late) > on_its_way(at):
        harm.append(f"it sent {late} after its sleep")
    if len(drafts) > 2 * on_its_way(at):
        harm.append(f"{len(drafts)} drafts were left")
    return harm


def test_f64_two_workers_of_one_journal_take_turns_and_neither_starves() -> None:
    """Whoever has not the lane does nothing. Let go it is free at once, after a death when the lease is over."""
    world, other = a_pair("xero")
    with world.worker.held():
        assert lived(other) == [Exit.BUSY]
        assert writes(world) == Counter()
    assert Exit.BUSY not in lived(other)
    assert Exit.BUSY not in lived(world.worker)
    with world.worker.held():
        world.worker.lane._lease = None  # type: ignore[attr-defined]  # as a dead process leaves it
    assert lived(other) == [Exit.BUSY]
    world.advance(world.worker.lease_s + 1)
    assert Exit.BUSY not in lived(other)
    assert wrongs(world.org, world.xero, due=("INV-0", "INV-1", "INV-2", "INV-3")) == []
