"""An invoice's journey, as docs/an-invoices-journey.md tells it: read this first."""

from __future__ import annotations

from tests.oracle import wrongs
from tests.world import a_world


def test_from_the_crm_to_xero_and_back() -> None:
    """A coordinator enters an invoice; minutes later it stands approved in Xero, and the CRM shows its number."""
    world = a_world()
    world.crm.invoice(
        "INV-104", lines=[world.crm.line(3, "33.335"), world.crm.line("0.5", "70.23")]
    )
    result = world.sync()
    assert (result.exit, result.counts["created"], result.counts["held"]) == (0, 1, [])

    document, row = world.document("INV-104"), world.invoice("INV-104")
    assert (document["status"], document["total"], document["contact_name"]) == (
        "AUTHORISED",
        row["Total_Amount__c"],
        "Sam Client",
    )
    assert row["Xero_Invoice_Number__c"] == document["number"] == "INV-0001"
    assert (row["Finance_Sync_State__c"], row["Finance_External_ID__c"]) == (
        "Synced",
        document["id"],
    )


def test_every_step_can_be_read_afterwards() -> None:
    world = a_world()
    world.crm.invoice("INV-104")
    world.sync()
    assert world.journey("INV-104").splitlines() == [
        "SENDING: PUT Invoices is about to leave",
        "CREATED: made in Xero as DRAFT INV-0001",
        "SENDING: POST Invoices is about to leave",
        "PROMOTED: completed in Xero as AUTHORISED INV-0001",
        "WRITTEN: linked in the CRM",
    ]
    steps = world.steps("INV-104")
    assert len({step.run for step in steps}) == 1
    assert steps == sorted(steps, key=lambda step: step.at)


def test_what_cannot_go_says_why_goes_when_it_is_cured_and_keeps_nobody_else_waiting() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    broken = world.crm.invoice("INV-2", Invoice_Date__c=None)
    assert world.sync().exit == 1
    assert world.document("INV-1")["status"] == "AUTHORISED"
    row = world.invoice("INV-2")
    assert row["Finance_Sync_State__c"] == "Held"
    assert (
        row["Finance_Message__c"]
        == "the invoice has no Invoice Date. To do: enter the Invoice Date."
    )
    world.crm.edit("Invoice__c", broken, Invoice_Date__c="2026-03-04")
    assert world.sync().exit == 0
    assert wrongs(world.org, world.xero) == []


def test_a_lost_answer_is_looked_for_and_not_guessed() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.fault("xero", "500_after", method="PUT", path="Invoices")
    assert world.sync().exit == 4
    assert world.sync().exit == 0
    words = world.journey("INV-1")
    assert "it may stand in Xero or not" in words
    assert "found in Xero by our marker" in words
    assert wrongs(world.org, world.xero) == []


def test_a_lost_journal_loses_nothing_else() -> None:
    world = a_world()
    world.crm.invoices(30, people=4)
    world.sync()
    world.crm.invoice("NEW-1")
    world.lose_journal()
    assert world.sync().counts["created"] == 1
    assert wrongs(world.org, world.xero) == []


def test_pausing_is_obeyed_and_resuming_goes_on() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.app.journal("main").switches.pause("invoices", "month end")
    assert world.sync().counts == {"paused": True}
    assert world.calls("xero") == 0
    world.app.journal("main").switches.resume("invoices")
    assert world.sync().counts["created"] == 1
