"""The journal is deleted in the middle of a great many documents: all of it is found again in the CRM and in Xero, for
hardly more calls than the rest of the work costs anyway.

The worker dies right after Xero did its last first step: all documents stand in Xero, the first thousand of them
linked, the others as drafts that no CRM record knows, fifty of these so fresh that nobody has read the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle import Breach
from tests.simulation.life import Life, a_life
from tests.simulation.points import Points

INVOICES, PEOPLE, BATCH = 2000, 400, 50
MOST_BEYOND = 20
"""Xero calls that the loss of a journal may cost."""


@dataclass(frozen=True, slots=True)
class Recovered:
    life: Life
    calls: int
    """To Xero, from the restart until all is settled."""
    found: list[Breach]
    linked_before: int
    drafts_before: int


def recovered(
    journal: str, *, invoices: int = INVOICES, people: int = PEOPLE, batch: int = BATCH
) -> Recovered:
    """With the journal `kept` the calls are the floor: what is left of the work costs so much anyway."""
    life = a_life("xero", batch=batch)
    life.processes = ("invoices",)
    world = life.world
    world.crm.invoices(invoices, people=people)
    world.xero.turn_limits(none=True)
    left = invoices // batch

    def last_first_step(moment: str) -> None:
        nonlocal left
        left -= moment == "xero.PUT.Invoices.after"
        if not left:
            points.end(moment)

    points = Points(world.clock, every=last_first_step)
    life.lived_with("invoices", points)
    linked = sum(1 for row in world.org.rows("Invoice__c") if row["Finance_External_ID__c"])
    drafts = sum(1 for one in world.xero.documents() if one["status"] == "DRAFT")
    world.forget_calls()
    life.restart(5, journal)
    found = life.judged()
    return Recovered(life, world.calls("xero"), found, linked, drafts)


def compared(**size: int) -> tuple[Recovered, Recovered, str]:
    """With the journal, without it, and both in one sentence."""
    kept, lost = recovered("kept", **size), recovered("lost", **size)
    beyond = lost.calls - kept.calls
    words = (
        f"journal deleted with {lost.drafts_before} documents half written and {lost.linked_before} linked: "
        f"{lost.calls} Xero calls to the end, {kept.calls} with the journal, {beyond} beyond the floor"
    )
    return kept, lost, words
