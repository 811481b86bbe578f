"""From what is due in the CRM to a link on both sides, and everything that may come between."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace as changed

from sync_worker.daemon.outcome import Exit
from sync_worker.domain.document import State
from sync_worker.sandbox.http import Request, Response
from tests.oracle import wrongs
from tests.sides import Side
from tests.world import World, a_world

INVOICES = {"path": "Invoices"}


def held(world: World, number: str) -> str:
    """The class under which the invoice waits, and nothing where it does not."""
    hold = world.row(number).hold
    return str(hold.hold_class) if hold else ""


# How it is made -----------------------------------------------------------------------------------


def test_numbered_by_xero_it_is_made_as_a_draft_and_completed_by_id() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.sync()
    assert (world.writes("Invoices", "PUT"), world.writes("Invoices", "POST")) == (1, 1)
    document = world.document("INV-1")
    assert (document["status"], document["number"]) == ("AUTHORISED", "INV-0001")
    assert world.invoice("INV-1")["Xero_Invoice_Number__c"] == "INV-0001"
    assert "made in Xero as DRAFT INV-0001" in world.journey("INV-1")


def test_numbered_by_the_crm_one_step_is_enough() -> None:
    world = a_world(invoices={"numbering": "crm"})
    world.crm.invoice("CRM-7")
    world.sync()
    assert (world.writes("Invoices", "PUT"), world.writes("Invoices", "POST")) == (1, 0)
    assert world.document("CRM-7")["number"] == "CRM-7"


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "AUTHORISED"])
@pytest.mark.parametrize("numbering", ["xero", "crm"])
def test_it_ends_in_the_status_that_was_chosen(status: str, numbering: str) -> None:
    world = a_world(invoices={"numbering": numbering, "status": status})
    world.crm.invoice("INV-1")
    world.sync()
    assert world.document("INV-1")["status"] == status
    assert world.invoice("INV-1")["Finance_Sync_State__c"] == "Synced"
    assert world.sync().counts["updated"] == 0


def test_it_carries_everything_the_bookkeeper_needs() -> None:
    world = a_world(
        invoices={"line_template": "{description} on {service_date}", "sent_to_contact": True}
    )
    item = world.crm.support_item(
        "Lawn",
        Xero_Invoice_Line_Description__c="Lawn mowing",
        Tax_Type__c="GST on Income",
        Finance_Account_Code__c="200",
    )
    record = world.crm.invoice(
        "INV-1",
        Due_Date__c="2026-04-01",
        lines=[world.crm.line("1.5", "33.3333", item=item, Service_Date__c="2026-03-01")],
    )
    world.sync()
    document = world.document("INV-1")
    (line,) = document["lines"]
    assert (str(document["date"]), str(document["due_date"])) == ("2026-03-04", "2026-04-01")
    assert document["line_amount_types"] == "Inclusive"
    assert document["sent"] is True
    assert record in document["url"]
    assert line["description"] == "Lawn mowing on 01 Mar 2026"
    assert (line["quantity"], line["unit_amount"]) == (Decimal("1.5"), Decimal("33.3333"))
    assert (line["account_code"], line["tax_type"]) == ("200", "OUTPUT")
    row = world.invoice("INV-1")
    assert document["id"] in row["Finance_Link__c"]
    assert row["Finance_Synced_At__c"].startswith("2026-03-04T12:00")


def test_due_days_stand_in_for_a_missing_due_date() -> None:
    world = a_world(invoices={"due_days": 30})
    world.crm.invoice("INV-1")
    world.sync()
    assert str(world.document("INV-1")["due_date"]) == "2026-04-03"


def test_the_plan_manager_owes_where_the_funding_says_so() -> None:
    world = a_world(invoices={"debtor_by_funding": {"Plan-Managed": "plan_manager"}})
    manager = world.crm.plan_manager("Plan Partners", Finance_Email__c="pay@plan.example")
    world.crm.invoice("INV-1", Funding_Type__c="Plan-Managed", Plan_Manager__c=manager)
    world.crm.invoice("INV-2", Funding_Type__c="Plan-Managed")
    world.crm.invoice("INV-3")
    world.sync()
    assert world.document("INV-1")["contact_name"] == "Plan Partners"
    assert world.document("INV-3")["contact_name"] == "Sam Client"
    assert held(world, "INV-2") == "debtor-missing"
    (account,) = world.org.rows("Account")
    assert account["Finance_External_ID__c"] == world.contact("Plan Partners")["id"]


# What is due --------------------------------------------------------------------------------------


def test_only_what_the_ready_filter_lets_through_is_sent() -> None:
    world = a_world(
        invoices={
            "ready_status": ["Not Paid"],
            "ready_funding": ["Self-Managed"],
            "start_date": "2026-03-01",
        }
    )
    world.crm.invoice("DUE", Status__c="Not Paid")
    world.crm.invoice("ENTERED")
    world.crm.invoice("AGENCY", Status__c="Not Paid", Funding_Type__c="Agency-Managed")
    world.crm.invoice("OLD", Status__c="Not Paid", Invoice_Date__c="2026-02-28")
    world.crm.invoice("FIRST DAY", Status__c="Not Paid", Invoice_Date__c="2026-03-01")
    world.sync()
    assert {one["reference"] for one in world.xero.documents()} == {"DUE", "FIRST DAY"}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"Status__c": "Cancelled"}, "cancelled"),
        ({"Invoice_Date__c": "2025-01-01"}, "before the start"),
    ],
)
def test_who_asks_for_one_that_is_not_due_reads_why(facts: dict[str, Any], why: str) -> None:
    world = a_world(invoices={"start_date": "2026-01-01"})
    world.crm.invoice("INV-1", **facts)
    result = world.sync_invoice("INV-1")
    (skipped,) = result.counts["skipped"]
    assert why in skipped["reason"]
    assert world.xero.documents() == []


def test_an_invoice_somebody_asks_for_goes_at_once_and_answers_on_the_record() -> None:
    world = a_world()
    world.crm.invoice("INV-1", Finance_Sync_Requested_At__c="2026-03-04T11:59:00Z")
    world.crm.invoice("INV-2")
    result = world.sync_requested()
    assert result.counts["created"] == 1
    row = world.invoice("INV-1")
    assert row["Finance_Sync_Requested_At__c"] is None
    assert row["Finance_Sync_State__c"] == "Synced"
    assert world.invoice("INV-2")["Finance_External_ID__c"] is None


def test_a_request_that_must_be_held_is_answered_too() -> None:
    world = a_world()
    world.crm.invoice(
        "INV-1", Invoice_Date__c=None, Finance_Sync_Requested_At__c="2026-03-04T11:59:00Z"
    )
    world.sync_requested()
    row = world.invoice("INV-1")
    assert row["Finance_Sync_Requested_At__c"] is None
    assert (row["Finance_Sync_State__c"], row["Finance_Message__c"] is None) == ("Held", False)
    world.forget_calls()
    world.sync_requested()
    assert world.calls("salesforce") == 1


def test_a_request_for_what_is_not_due_is_answered_and_not_asked_for_ever() -> None:
    world = a_world()
    world.crm.invoice(
        "INV-1", Status__c="Cancelled", Finance_Sync_Requested_At__c="2026-03-04T11:59:00Z"
    )
    world.sync_requested()
    row = world.invoice("INV-1")
    assert row["Finance_Sync_Requested_At__c"] is None
    assert "cancelled" in row["Finance_Message__c"]


def test_a_request_for_what_is_in_xero_already_is_answered_and_nothing_is_sent() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")
    world.sync()
    world.crm.edit("Invoice__c", record, Finance_Sync_Requested_At__c="2026-03-04T11:59:00Z")
    world.sync_requested()
    row = world.invoice("INV-1")
    assert row["Finance_Sync_Requested_At__c"] is None
    assert "in Xero already" in row["Finance_Message__c"]
    assert len(world.documents_of("INV-1")) == 1


def test_a_scheduled_run_takes_what_was_asked_for_too() -> None:
    world = a_world()
    world.crm.invoice("INV-1", Finance_Sync_Requested_At__c="2026-03-04T11:59:00Z")
    world.sync()
    assert world.invoice("INV-1")["Finance_Sync_Requested_At__c"] is None


def test_a_hold_is_not_woken_by_the_link_another_invoice_of_its_participant_got() -> None:
    world = a_world()
    who = world.crm.participant()
    unknown = world.crm.support_item(Finance_Account_Code__c="999")
    world.crm.invoice("INV-1", who=who, lines=[world.crm.line(item=unknown)])
    world.crm.invoice("INV-2", who=who)
    world.sync()
    world.forget_calls()
    world.sync()
    assert world.row("INV-1").attempts == 1
    assert world.calls("xero") <= 2


def test_two_of_one_number_are_not_guessed_between() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.crm.invoice("INV-1")
    result = world.sync_invoice("INV-1")
    assert result.exit == 2
    assert "2 invoices" in result.problems[0]
    assert world.xero.documents() == []


def test_an_unknown_number_is_said_to_be_unknown() -> None:
    result = a_world().sync_invoice("NOPE")
    assert result.exit == 2
    assert "NOPE" in result.problems[0]


# Holds --------------------------------------------------------------------------------------------


def test_a_held_invoice_goes_as_soon_as_its_inputs_are_corrected() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1", Total_Amount__c=Decimal("99.00"))
    assert world.sync().exit == 1
    assert held(world, "INV-1") == "total-differs"
    world.forget_calls()
    world.sync()
    assert world.calls("xero") == 0, "nothing has changed, so nothing is tried"
    world.crm.edit("Invoice__c", record, Total_Amount__c=Decimal("100.00"))
    world.sync()
    assert wrongs(world.org, world.xero) == []


def test_a_held_invoice_is_tried_again_by_itself_when_its_time_has_come() -> None:
    world = a_world()
    world.xero.set_lock_dates(period="2026-03-04")
    world.crm.invoice("INV-1")
    world.sync()
    assert held(world, "INV-1") == "period-locked"
    world.xero.set_lock_dates()
    world.advance(3601)
    world.sync()
    assert wrongs(world.org, world.xero) == []


def test_a_hold_nobody_cures_is_tried_twelve_times_and_then_waits_for_a_person() -> None:
    world = a_world()
    world.xero.set_lock_dates(period="2026-03-04")
    world.crm.invoice("INV-1")
    for _ in range(14):
        world.sync()
        world.sync()
        world.advance(24 * 3600 + 1)
    assert world.row("INV-1").attempts == 12
    assert world.row("INV-1").next_try_at is None


def test_a_person_who_asks_has_it_tried_again_at_once() -> None:
    world = a_world()
    world.xero.set_lock_dates(period="2026-03-04")
    world.crm.invoice("INV-1")
    world.sync()
    world.xero.set_lock_dates()
    world.advance(16 * 60)  # the books are believed for a quarter of an hour
    assert world.sync_invoice("INV-1").counts["created"] == 1


def test_the_reason_is_written_to_the_crm_once() -> None:
    world = a_world()
    world.crm.invoice("INV-1", Invoice_Date__c=None)
    world.sync()
    first = world.invoice("INV-1")
    world.advance(3601)
    world.sync()
    assert world.invoice("INV-1")["LastModifiedDate"] == first["LastModifiedDate"]


def test_a_document_xero_refuses_is_held_with_its_words_and_the_others_go_on() -> None:
    world = a_world()
    world.crm.invoice("INV-0")
    world.sync()
    world.xero.archive_contact(world.contact("Sam Client")["id"])
    world.crm.invoice("INV-1")
    world.crm.invoice("INV-2", who=world.crm.participant("Ann Other"))
    result = world.sync()
    assert result.counts["created"] == 1
    assert held(world, "INV-1") == "contact-archived"
    assert "has been archived" in world.invoice("INV-1")["Finance_Message__c"]
    assert len(world.documents_of("INV-1")) == 0
    world.xero.restore_contact(world.contact("Sam Client")["id"])
    world.advance(3601)
    world.sync()
    assert wrongs(world.org, world.xero) == []
    assert world.row("INV-1").generation == 2, "the refusal lives on under the old key"


# Numbers ------------------------------------------------------------------------------------------


def test_a_number_that_is_taken_by_somebody_else_is_held() -> None:
    world = a_world(invoices={"numbering": "crm"})
    other = world.xero.add_contact("Somebody Else")
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}
    world.xero.add_invoice(other, [line], InvoiceNumber="INV-1")
    record = world.crm.invoice("INV-1")
    world.sync()
    assert held(world, "INV-1") == "number-taken"
    world.crm.edit("Invoice__c", record, Name="INV-1A")
    world.sync()
    assert world.document("INV-1A")["number"] == "INV-1A"
    assert wrongs(world.org, world.xero) == []


def test_a_voided_number_stays_taken() -> None:
    world = a_world(invoices={"numbering": "crm"})
    other = world.xero.add_contact("Somebody Else")
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}
    world.xero.void_invoice(world.xero.add_invoice(other, [line], InvoiceNumber="INV-1"))
    world.crm.invoice("INV-1")
    world.sync()
    assert held(world, "INV-1") == "number-taken"


def test_a_number_that_is_taken_by_our_own_document_is_linked() -> None:
    world = a_world(invoices={"numbering": "crm"})
    world.crm.invoice("INV-1")
    world.fault("salesforce", "429_day", method="PATCH", nth=2, times=99)
    world.sync()
    world.plane.salesforce_door.faults.clear()
    world.lose_journal()
    world.worker.invoices.recovery.looked = True  # a look that came too early to see it
    world.sync()
    assert wrongs(world.org, world.xero) == []
    assert len(world.documents_of("INV-1")) == 1


# Between the steps --------------------------------------------------------------------------------


def a_draft_in_xero(world: World) -> None:
    """The first step is done, and the second cannot be."""
    world.fault("xero", "429_minute", method="POST", path="Invoices", times=9, retry_after=500)
    world.sync()
    world.plane.xero_door.faults.clear()
    world.advance(600)
    assert world.document("INV-1")["status"] == "DRAFT"


def test_edited_before_it_is_completed_it_is_completed_with_the_new_contents() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")
    a_draft_in_xero(world)
    (line,) = world.org.rows("Invoice_Line_Item__c")
    world.crm.edit("Invoice_Line_Item__c", line["Id"], Quantity__c=3)
    world.crm.edit("Invoice__c", record, Total_Amount__c=150)
    assert world.sync().counts["updated"] == 1
    assert world.document("INV-1")["total"] == 150
    assert wrongs(world.org, world.xero) == []


def test_not_edited_it_is_completed_as_it_is_and_nothing_is_called_updated() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    a_draft_in_xero(world)
    assert world.sync().counts["updated"] == 0
    assert wrongs(world.org, world.xero) == []


def test_edited_into_something_that_cannot_stand_it_is_held_and_not_authorised() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")
    a_draft_in_xero(world)
    world.crm.edit("Invoice__c", record, Total_Amount__c=150)
    world.settle("invoices")
    assert world.document("INV-1")["status"] == "DRAFT"
    assert held(world, "INV-1") == "total-differs"
    world.crm.edit("Invoice__c", record, Total_Amount__c=100)
    world.settle("invoices")
    assert wrongs(world.org, world.xero) == []


def test_cancelled_before_it_is_completed_it_is_not_authorised() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")
    a_draft_in_xero(world)
    world.crm.edit("Invoice__c", record, Status__c="Cancelled")
    world.settle("invoices")
    assert world.document("INV-1")["status"] == "DRAFT"
    assert "cancelled" in str(world.row("INV-1").hold)
    assert world.invoice("INV-1")["Finance_Sync_State__c"] == "Held"


def test_of_drafts_refused_as_a_whole_the_poisoned_one_is_found_and_the_others_are_completed() -> (
    None
):
    world = a_world()
    numbers = [f"INV-{n}" for n in range(1, 6)]
    for number in numbers:
        world.crm.invoice(number)
    a_draft_in_xero(world)
    poison = world.document("INV-4")["id"].encode()
    refusal = {"Elements": [{"ValidationErrors": [{"Message": "this one is poisoned"}]}]}

    def poisoned(request: Request) -> Response | None:
        if request.method != "POST" or poison not in request.body:
            return None
        return Response(400, {"Content-Type": "application/json"}, json.dumps(refusal).encode())

    world.roads["xero"].instead = poisoned
    world.sync()
    assert world.row("INV-4").state is State.REJECTED
    assert "this one is poisoned" in world.invoice("INV-4")["Finance_Message__c"]
    others = {world.document(number)["status"] for number in numbers if number != "INV-4"}
    assert others == {"AUTHORISED"}
    assert world.document("INV-4")["status"] == "DRAFT"


def test_a_draft_the_answer_does_not_speak_of_is_asked_for_by_its_id() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    a_draft_in_xero(world)

    def silent(request: Request, response: Response) -> Response:
        if request.method != "POST" or not request.path.endswith("/Invoices"):
            return response
        return Response(response.status, response.headers, b'{"Invoices": []}')

    world.roads["xero"].reader = silent
    assert world.sync().counts["in_doubt"] == ["INV-1"]
    assert "Xero did not speak of it" in world.journey("INV-1")
    world.sync()
    assert world.row("INV-1").state is State.WRITTEN
    assert wrongs(world.org, world.xero) == []


def test_a_draft_xero_does_not_complete_waits_with_its_words() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    a_draft_in_xero(world)
    refused = {
        "InvoiceID": world.document("INV-1")["id"],
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "The document date cannot be before the lock date"}],
    }
    body = json.dumps({"Invoices": [refused]}).encode()

    def no(request: Request) -> Response | None:
        posted = request.method == "POST" and request.path.endswith("/Invoices")
        return Response(200, {"Content-Type": "application/json"}, body) if posted else None

    world.roads["xero"].instead = no
    world.sync()
    assert held(world, "INV-1") == "period-locked"
    assert "before the lock date" in world.invoice("INV-1")["Finance_Message__c"]


def test_what_xero_warns_of_stands_in_the_journey() -> None:
    world = a_world()
    world.crm.invoice("INV-1")

    def warning(request: Request, response: Response) -> Response:
        if request.method != "PUT" or not request.path.endswith("/Invoices"):
            return response
        body = response.json()
        body["Invoices"][0]["Warnings"] = [{"Message": "this account will be retired"}]
        return Response(response.status, response.headers, json.dumps(body).encode())

    world.roads["xero"].reader = warning
    world.sync()
    assert "Xero warns: this account will be retired" in world.journey("INV-1")


def test_an_answer_about_something_else_is_no_answer() -> None:
    world = a_world()
    world.crm.invoice("INV-1")

    def strange(request: Request, response: Response) -> Response:
        if request.method != "PUT" or not request.path.endswith("/Invoices"):
            return response
        (one,) = response.json()["Invoices"]
        others = [{"InvoiceID": one["InvoiceID"]}, {"Url": one["Url"]}]
        body = json.dumps({"Invoices": others}).encode()
        return Response(response.status, response.headers, body)

    world.roads["xero"].reader = strange
    assert world.sync().counts["in_doubt"] == ["INV-1"]
    world.sync()
    assert world.row("INV-1").state is State.WRITTEN
    assert wrongs(world.org, world.xero) == []


def test_drafts_edited_until_they_are_too_large_together_go_by_halves_and_one_alone_is_held() -> (
    None
):
    world = a_world(invoices={"line_template": "{description}" + "x" * 4000})
    for n in (1, 2, 3):
        world.crm.invoice(f"INV-{n}")
    a_draft_in_xero(world)
    for number, lines in (("INV-1", 400), ("INV-2", 400), ("INV-3", 800)):
        record = world.invoice(number)["Id"]
        for _ in range(lines):
            world.org.save("Invoice_Line_Item__c", {"Invoice__c": record, **world.crm.line(1, "1")})
        world.crm.edit("Invoice__c", record, Total_Amount__c=100 + lines)
    world.sync()
    assert world.document("INV-1")["total"] == world.document("INV-2")["total"] == 500
    assert held(world, "INV-3") == "too-large"
    assert world.document("INV-3")["status"] == "DRAFT"


def the_rate_changes(world: World) -> None:
    rates = world.xero.books.tax_rates
    rate = next(one for one in rates if one.id == "EXEMPTOUTPUT")
    rates.put(
        changed(rate, components=tuple(changed(c, rate=Decimal(10)) for c in rate.components))
    )


def a_draft_of_another_total(world: World) -> None:
    """Xero's tax rate changed while its books were believed."""
    world.crm.invoice("INV-0")
    world.sync()
    the_rate_changes(world)
    world.crm.invoice("INV-1")
    world.sync()
    assert held(world, "INV-1") == "total-differs"


def test_a_draft_of_another_total_is_completed_once_the_crm_is_corrected() -> None:
    world = a_world(invoices={"line_amount_types": "Exclusive"})
    a_draft_of_another_total(world)
    world.advance(7200)
    world.crm.edit("Invoice__c", world.invoice("INV-1")["Id"], Total_Amount__c=220)
    (line,) = [
        one
        for one in world.org.rows("Invoice_Line_Item__c")
        if one["Invoice__c"] == world.invoice("INV-1")["Id"]
    ]
    world.crm.edit("Invoice_Line_Item__c", line["Id"], Quantity__c=4)
    world.sync()
    assert (world.document("INV-1")["status"], world.document("INV-1")["total"]) == (
        "AUTHORISED",
        220,
    )


def test_where_drafts_are_all_that_is_wanted_from_now_on_one_that_waits_is_left_alone() -> None:
    world = a_world(invoices={"line_amount_types": "Exclusive"})
    a_draft_of_another_total(world)
    world.change_settings(invoices={"line_amount_types": "Exclusive", "status": "DRAFT"})
    world.advance(7200)
    world.sync()
    assert held(world, "INV-1") == "total-differs"
    assert world.document("INV-1")["status"] == "DRAFT"


def test_numbered_by_the_crm_another_total_is_told_in_the_journey() -> None:
    world = a_world(invoices={"line_amount_types": "Exclusive", "numbering": "crm"})
    world.crm.invoice("INV-0")
    world.sync()
    the_rate_changes(world)
    world.crm.invoice("INV-1")
    world.sync()
    assert "with a total of 110.00 where 100.00 was expected" in world.journey("INV-1")


def test_a_held_invoice_is_tried_at_the_next_run_when_its_record_asks_for_it() -> None:
    world = a_world()
    item = world.crm.support_item("Odd", Finance_Account_Code__c="999")
    record = world.crm.invoice("INV-1", lines=[world.crm.line(item=item)])
    world.sync()
    tries = world.row("INV-1").attempts
    world.advance(60)
    world.sync()
    assert world.row("INV-1").attempts == tries, "not its turn yet"
    asked = world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    world.crm.edit("Invoice__c", record, Finance_Sync_Requested_At__c=asked)
    world.sync()
    assert world.row("INV-1").attempts == tries + 1


def test_an_invoice_cancelled_while_it_waits_waits_no_longer() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1", Invoice_Date__c=None)
    world.sync()
    assert held(world, "INV-1") == "date-missing"
    world.crm.edit("Invoice__c", record, Status__c="Cancelled")
    world.sync()
    assert world.row("INV-1").state is State.CANCELLED
    assert "it waits no longer" in world.journey("INV-1")


@pytest.mark.parametrize("fault", ["then", "500_after"])
def test_what_a_person_asks_for_between_two_batches_is_not_sent_again_by_the_run(
    fault: str,
) -> None:
    world = a_world(invoices={"batch": 1})
    for n in (1, 2):
        world.crm.invoice(f"INV-{n}")
    world.fault("xero", fault, method="PUT", path="Invoices", nth=2)

    def asks(name: str) -> None:
        if name == "PUT Invoices is answered":
            world.roads["xero"].hook = lambda _: None
            world.worker.requests.ask("invoice", "INV-2")

    world.roads["xero"].hook = asks
    world.sync()
    assert world.writes("Invoices") == 2
    world.settle("invoices")
    assert wrongs(world.org, world.xero) == []


def test_asked_to_stop_between_two_batches_what_is_made_is_recorded() -> None:
    world = a_world(invoices={"batch": 1, "numbering": "crm"})
    for n in (1, 2):
        world.crm.invoice(f"INV-{n}")

    def stop_after_the_first(name: str) -> None:
        if name == "PUT Invoices is answered":
            world.clock.stopping = True

    world.roads["xero"].hook = stop_after_the_first
    assert world.sync().counts == {"stopped": True}
    assert len(world.xero.documents()) == 1
    assert world.in_doubt() == []
    world.clock.stopping = False
    world.sync()
    assert wrongs(world.org, world.xero) == []


def test_whoever_asked_for_one_invoice_is_told_if_it_was_stopped_before_it_was_done() -> None:
    world = a_world()
    world.crm.invoice("INV-1")

    def stop_at_the_draft(name: str) -> None:
        if name == "PUT Invoices is answered":
            world.clock.stopping = True

    world.roads["xero"].hook = stop_at_the_draft
    stopped = world.sync_invoice("INV-1")
    assert stopped.exit is Exit.UNSURE
    assert stopped.problems == (
        "stopped before it was done; nothing is left half done, ask for it again",
    )
    assert world.document("INV-1")["status"] == "DRAFT"
    world.clock.stopping = False
    assert world.sync_invoice("INV-1").exit is Exit.DONE
    assert wrongs(world.org, world.xero) == []


def test_a_tax_rate_that_changed_unseen_is_never_authorised_with_another_total() -> None:
    """The books are believed for a quarter of an hour; what Xero made of the draft is compared all the same."""
    world = a_world(invoices={"line_amount_types": "Exclusive"})
    a_draft_of_another_total(world)
    for _ in range(4):
        world.advance(7200)
        world.sync()
    assert world.document("INV-1")["status"] == "DRAFT"


# The CRM's side -----------------------------------------------------------------------------------


def told_otherwise(world: World, number: str, method: str = "", **facts: Any) -> None:
    """From now on Xero's answers say that of the invoice, whatever it has stored."""

    def reader(request: Request, response: Response) -> Response:
        if not request.path.endswith("/Invoices") or method not in {"", request.method}:
            return response
        body = json.loads(response.body)
        for one in body["Invoices"]:
            if one.get("Reference") == number:
                one.update(facts)
        return Response(response.status, response.headers, json.dumps(body).encode())

    world.roads["xero"].reader = reader


def test_a_draft_that_is_off_by_a_cent_is_never_authorised() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    told_otherwise(world, "INV-1", Total=100.01)
    world.sync()
    assert held(world, "INV-1") == "total-differs"
    assert world.document("INV-1")["status"] == "DRAFT"


def test_an_ok_that_comes_with_a_validation_error_is_a_refusal() -> None:
    """In a locked period Xero may drop a change and say OK all the same."""
    world = a_world(invoices={"numbering": "crm"})
    world.crm.invoice("INV-1")
    errors = [{"Message": "The document date is before the lock date"}]
    told_otherwise(world, "INV-1", "PUT", ValidationErrors=errors)
    world.sync()
    assert held(world, "INV-1") == "period-locked"


def test_deleted_in_the_crm_before_anything_was_sent_nothing_is_made(side: Side) -> None:
    world = side.world()
    world.xero.set_lock_dates(period="2026-03-04")
    record = side.enter(world, 1)
    side.sync(world)
    world.xero.set_lock_dates(period=None)
    world.org.remove(side.sobject, record)
    world.advance(1000)
    side.sync(world)
    assert world.xero.documents() == []


def test_deleted_in_the_crm_after_it_was_made_it_is_left_for_a_person() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")
    a_draft_in_xero(world)
    world.org.remove("Invoice__c", record)
    world.sync()
    assert world.row("INV-1").state is State.ORPHAN
    assert world.document("INV-1")["status"] == "DRAFT"
    assert world.sync().exit == 0


def test_deleted_in_the_crm_just_before_the_write_back_it_is_left_for_a_person() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")

    def remove(name: str) -> None:
        if name == "POST Invoices is answered":
            world.org.remove("Invoice__c", record)

    world.roads["xero"].hook = remove
    world.sync()
    assert world.row("INV-1").state is State.ORPHAN


def test_restored_from_the_bin_it_is_not_made_again() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")
    a_draft_in_xero(world)
    world.org.remove("Invoice__c", record)
    world.sync()
    world.org.restore("Invoice__c", record)
    world.settle("invoices")
    assert len(world.documents_of("INV-1")) == 1
    assert wrongs(world.org, world.xero) == []


def test_a_write_back_the_crm_refuses_is_held_and_written_once_it_can_be(side: Side) -> None:
    world = side.world()
    side.enter(world, 1)
    side.sync(world)
    side.enter(world, 2)
    taken = side.enter(world, 3, Status__c="Cancelled")

    def take_the_id(name: str) -> None:
        """Somebody types the new document's id into another record, where it must be unique."""
        if name == "PUT Invoices is answered":
            side.edit(world, 3, Finance_External_ID__c=side.document(world, 2)["id"])

    world.roads["xero"].hook = take_the_id
    side.sync(world)
    world.roads["xero"].hook = lambda _: None
    assert side.held(world, 2) == "write-back-refused"
    assert "DUPLICATE_VALUE" in side.record(world, 2)["Finance_Message__c"]
    world.org.remove(side.sobject, taken)
    world.forget_calls()
    world.advance(3601)
    side.sync(world)
    assert world.writes("Invoices", "PUT") == world.writes("Invoices", "POST") == 0
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize(
    "fault",
    ["drop_after_commit", "drop_before_commit", "slow_after", "html", "500_after", "truncated"],
)
def test_a_write_back_whose_answer_is_lost_is_made_good(side: Side, fault: str) -> None:
    world = side.world()
    side.enter(world, 1)
    world.fault("salesforce", fault, method="PATCH", nth=2, times=2, seconds=100)
    side.settle(world)
    assert wrongs(world.org, world.xero) == []


def test_a_locked_row_is_written_when_it_is_free_again() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")
    world.crm.invoice("INV-2")
    world.org.lock_rows([record], times=2)
    world.sync()
    assert wrongs(world.org, world.xero) == []


def test_an_id_somebody_else_wrote_meanwhile_is_not_overwritten(side: Side) -> None:
    world = side.world()
    side.enter(world, 1)
    theirs = "11111111-2222-4333-8444-555555555555"

    def write(name: str) -> None:
        if name == "POST Invoices is answered":
            side.edit(world, 1, Finance_External_ID__c=theirs)

    world.roads["xero"].hook = write
    side.sync(world)
    assert side.record(world, 1)["Finance_External_ID__c"] == theirs
    assert side.held(world, 1) == "link-taken"


def test_an_id_a_person_cleared_is_written_again_and_nothing_is_made_twice() -> None:
    world = a_world(org={"custom_permissions": ("Manage_Finance_Sync",)})
    record = world.crm.invoice("INV-1")
    world.sync()
    world.org._store.table(world.org.schema.get("Invoice__c")).live[record][
        "Finance_External_ID__c"
    ] = None
    world.advance(3600)  # no key remembers it any more
    world.settle("invoices")
    assert len(world.documents_of("INV-1")) == 1
    assert wrongs(world.org, world.xero) == []


def test_what_a_person_had_sent_in_the_interlude_is_not_sent_again() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    world.crm.invoice("INV-2")
    asked = iter(["INV-1"])

    def a_person_asks() -> None:
        for number in asked:
            world.worker.run_invoice(number)

    world.worker.invoices.lane.interlude = a_person_asks
    world.sync()
    assert len(world.documents_of("INV-1")) == len(world.documents_of("INV-2")) == 1
    assert wrongs(world.org, world.xero) == []


def test_one_worker_at_a_time_has_the_lane() -> None:
    world = a_world()
    with world.worker.held() as ours:
        assert ours
        with world.app.connection("main").held() as theirs:
            assert not theirs


def test_many_in_a_batch_and_many_batches_all_arrive() -> None:
    world = a_world(invoices={"batch": 7})
    world.crm.invoices(45, people=9, lines=2)
    assert world.sync().counts["created"] == 45
    assert wrongs(world.org, world.xero) == []


def test_with_the_permissions_we_ask_for_and_no_others_everything_works() -> None:
    world = a_world(org={"permission_set": "Finance_Sync_Integration"})
    manager = world.crm.plan_manager(Finance_Email__c="pm@plan.example")
    record = world.crm.invoice("INV-1", Plan_Manager__c=manager)
    world.crm.invoice("INV-2", Invoice_Date__c=None)
    world.sync()
    world.xero.pay(world.document("INV-1")["id"], "40.00")
    world.sync("payments")
    assert wrongs(world.org, world.xero, due=["INV-1"]) == []
    assert world.invoice("INV-1")["Status__c"] == "Partially Paid"
    assert world.invoice("INV-2")["Finance_Sync_State__c"] == "Held"
    assert len(world.crm.payments(record)) == 1


def test_a_packaged_crm_with_a_prefix_on_every_name_works_just_the_same() -> None:
    world = a_world(
        org={"namespace": "maica_cc"}, salesforce={"profile": "maica", "prefix": "maica_cc__"}
    )
    world.crm.invoice("INV-1")
    world.sync()
    world.xero.pay(world.document("INV-1")["id"], "100.00")
    world.sync("payments")
    (row,) = world.org.rows("Invoice__c")
    assert row["maica_cc__Finance_Sync_State__c"] == "Synced"
    assert row["maica_cc__Status__c"] == "Fully Paid"
