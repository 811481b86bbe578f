"""Milestones become bills, on the same lane as invoices: one bill each, whenever it is made and whatever happens."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.domain.document import Kind, State
from sync_worker.domain.hold import HoldClass
from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.seeds.applicants import open_books
from tests.killing import killed_at
from tests.world import World, a_grant_world, a_world

BOTH_POINTS = ["contract-executed", "milestone-approved"]
CATEGORY = "Funding Category"
DAYS = 86_400


def held(world: World, process: str = "bills") -> dict[str, str]:
    """The class of each hold of a run, by record."""
    return {one["record"]: one["class"] for one in world.sync(process).counts["held"]}


# One milestone ------------------------------------------------------------------------------------


def test_an_approved_milestone_becomes_one_authorised_bill_and_each_side_knows_the_other() -> None:
    world = a_grant_world()
    world.crm.milestone("MS-1", "5000.00")
    result = world.sync("bills")
    assert (result.exit, result.counts["created"]) == (Exit.DONE, 1)
    bill, row = world.bill("MS-1"), world.milestone("MS-1")
    assert (bill["status"], bill["total"]) == ("AUTHORISED", Decimal("5000.00"))
    assert bill["contact_name"] == "Exeter Choir"
    assert (bill["date"], bill["due_date"]) == (date(2026, 2, 10), date(2026, 2, 24))
    (line,) = bill["lines"]
    assert (line["description"], line["account_code"]) == ("Concert of MS-1", "480")
    assert line["tax_type"] == "EXEMPTEXPENSES"
    assert row["Finance_External_ID__c"] == bill["id"]
    assert (row["Finance_Sync_State__c"], row["Xero_Bill_Number__c"]) == ("Synced", "MS-1")
    assert f"AccountsPayable/View.aspx?InvoiceID={bill['id']}" in row["Finance_Link__c"]


def test_a_bill_is_made_as_a_draft_first_since_xero_takes_any_number_twice() -> None:
    world = a_grant_world()
    world.crm.milestone()
    world.fault("xero", "drop_before_commit", path="Invoices", method="POST", times=9)
    world.sync("bills")
    assert world.bill()["status"] == "DRAFT"
    assert world.milestone()["Finance_External_ID__c"] is None


def test_a_second_run_finds_nothing_to_do() -> None:
    world = a_grant_world()
    world.crm.milestone()
    world.sync("bills")
    world.forget_calls()
    assert world.sync("bills").counts["created"] == 0
    assert (world.calls("xero"), world.calls("salesforce")) == (0, 1)


def test_the_application_pays_where_there_is_no_contract_and_an_organisation_comes_before_a_person() -> (
    None
):
    world = a_grant_world()
    person = world.crm.participant("Ada Painter", Email="ada@painter.example")
    application = world.org.save(
        "Application__c", {"Name": "APP-1", "Applicant_Contact__c": person}
    )
    world.crm.milestone(
        "MS-1", Application__c=application, Contract__c=None, Bill_Date__c="2026-03-01"
    )
    world.crm.milestone("MS-2", contract={"Applicant_Contact__c": person})
    world.sync("bills")
    assert world.bill("MS-1")["contact_name"] == "Ada Painter"
    assert world.bill("MS-2")["contact_name"] == "Exeter Choir"


def test_the_applicant_an_admin_mapped_is_paid_on_that_contact() -> None:
    world = a_grant_world()
    contact = world.xero.add_contact("Exeter Choir (Treasurer)")
    world.crm.milestone(who=world.crm.applicant("Exeter Choir", Finance_External_ID__c=contact))
    world.sync("bills")
    assert world.bill()["contact_id"] == contact


@pytest.mark.parametrize(
    "values",
    [
        {"Exempt_from_Sync__c": True},
        {"Status__c": "Cancelled"},
        {"Status__c": "Submitted"},
        {"Status__c": "Resubmission Requested"},
        {"Amount__c": Decimal(0)},
    ],
)
def test_what_is_not_due_is_left_alone(values: dict[str, Any]) -> None:
    world = a_grant_world()
    world.crm.milestone(**values)
    world.sync("bills")
    assert world.bills() == []
    assert world.milestone()["Finance_Sync_State__c"] is None


def test_asked_for_by_number_one_that_is_not_due_says_why() -> None:
    world = a_grant_world(start_date="2026-03-01")
    world.crm.milestone("MS-1", Exempt_from_Sync__c=True)
    world.crm.milestone("MS-2", Status__c="Cancelled")
    world.crm.milestone("MS-3", Status__c="Paid")
    world.crm.milestone("MS-4", Status__c="Draft")
    world.crm.milestone("MS-5", 0)
    world.crm.milestone("MS-6")
    told = {}
    with world.worker.held():
        for number in ("MS-1", "MS-2", "MS-3", "MS-4", "MS-5", "MS-6"):
            (skipped,) = world.worker.run_bill(number).counts["skipped"]
            told[number] = skipped["reason"]
    assert told == {
        "MS-1": "it is exempt from syncing",
        "MS-2": "it is cancelled",
        "MS-3": "its status is 'Paid', and only approved milestones are billed",
        "MS-4": "it has not come to a publish point yet (milestone-approved)",
        "MS-5": "it comes to nothing",
        "MS-6": "it is dated before the start on 01 Mar 2026",
    }


# Publish points -----------------------------------------------------------------------------------


def test_a_signed_contract_makes_a_draft_and_the_approval_completes_that_one() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Draft")
    world.sync("bills")
    draft = world.bill()
    assert draft["status"] == "DRAFT"
    assert world.milestone()["Finance_External_ID__c"] == draft["id"]
    assert world.milestone()["Finance_Sync_State__c"] == "Draft"
    world.forget_calls()
    assert world.sync("bills").counts["created"] == 0
    assert world.calls("xero") == 0, "a draft that waits for its approval costs nothing"
    world.crm.edit("Milestone__c", milestone, Status__c="Approved", Amount__c=Decimal("4500.00"))
    world.sync("bills")
    bill = world.bill()
    assert (bill["id"], bill["status"]) == (draft["id"], "AUTHORISED")
    assert bill["total"] == Decimal("4500.00"), "what was approved is what is owed"
    assert world.milestone()["Finance_Sync_State__c"] == "Synced"


def test_with_the_contract_alone_all_bills_stay_drafts() -> None:
    world = a_grant_world(publish=["contract-executed"])
    world.crm.milestone()
    world.sync("bills")
    world.sync("bills")
    assert world.bill()["status"] == "DRAFT"
    assert world.milestone()["Finance_Sync_State__c"] == "Draft"


def test_an_unsigned_contract_makes_nothing() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    world.crm.milestone(Status__c="Draft", contract={"Executed_Date__c": None})
    world.sync("bills")
    assert world.bills() == []


def test_the_look_afterwards_spares_a_draft_that_waits_for_its_approval() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    world.crm.edit("Milestone__c", milestone, Amount__c=Decimal("10.00"))
    world.advance(9 * DAYS)
    assert held(world, "verify") == {}
    assert (world.bill()["status"], world.milestone()["Finance_Sync_State__c"]) == (
        "DRAFT",
        "Draft",
    )


def test_a_cancelled_milestone_whose_draft_stands_in_xero_is_shown() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    world.crm.edit("Milestone__c", milestone, Status__c="Cancelled")
    assert held(world, "verify") == {"bill:MS-1": "changed-since"}
    assert "cancelled in the CRM and DRAFT in Xero" in world.milestone()["Finance_Message__c"]
    world.crm.edit("Milestone__c", milestone, Status__c="Submitted")
    assert held(world, "verify") == {}
    assert world.milestone()["Finance_Sync_State__c"] == "Draft"
    world.crm.edit("Milestone__c", milestone, Status__c="Cancelled")
    world.xero.void_invoice(world.bill()["id"])
    assert held(world, "verify") == {}, "both sides agree that there is none"


def test_a_draft_that_xero_does_not_list_yet_is_not_called_deleted() -> None:
    world = a_grant_world(books={"late_visibility_s": 240})
    world.crm.milestone()
    assert held(world) == {}
    assert (world.bill()["status"], world.milestone()["Finance_Message__c"]) == ("DRAFT", None)
    world.advance(300)
    assert held(world) == {}
    assert world.bill()["status"] == "AUTHORISED"
    assert world.milestone()["Finance_Sync_State__c"] == "Synced"


def test_a_draft_that_was_deleted_in_xero_is_shown_and_not_made_again() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    world.xero.edit_invoice(world.bill()["id"], status="DELETED")
    world.crm.edit("Milestone__c", milestone, Status__c="Approved")
    assert held(world) == {"bill:MS-1": "voided-in-xero"}
    assert len(world.bills()) == 1


def test_a_draft_somebody_else_made_is_completed_where_it_is_made_out_to_the_payee() -> None:
    world = a_grant_world()
    contact = world.xero.add_contact("Exeter Choir")
    draft = _drafted_by_hand(world, contact)
    world.crm.milestone(
        who=world.crm.applicant("Exeter Choir", Finance_External_ID__c=contact),
        Finance_External_ID__c=draft,
        Finance_Sync_State__c="Draft",
    )
    world.sync("bills")
    assert (world.bill()["id"], world.bill()["status"]) == (draft, "AUTHORISED")


def test_a_draft_that_does_not_stand_in_xero_is_not_taken_for_one() -> None:
    world = a_grant_world()
    world.crm.milestone(
        Finance_External_ID__c="00000000-0000-4000-8000-000000000001", Finance_Sync_State__c="Draft"
    )
    assert held(world) == {"bill:MS-1": "voided-in-xero"}
    assert world.bills() == []


def _drafted_by_hand(world: World, contact: str, number: str = "MS-1", **values: Any) -> str:
    line = {"Description": "By hand", "UnitAmount": 5000, "AccountCode": "480"}
    return world.xero.add_invoice(
        contact,
        [line | {"TaxType": "EXEMPTEXPENSES"}],
        kind="ACCPAY",
        status=values.pop("status", "DRAFT"),
        InvoiceNumber=number,
        **values,
    )


# Held ---------------------------------------------------------------------------------------------


def test_a_locked_date_is_held_before_anything_is_written_and_another_date_makes_one_bill() -> None:
    world = a_grant_world(tracking_category=CATEGORY)
    world.xero.set_lock_dates(period=date(2026, 2, 28))
    world.crm.milestone(category="Regional Touring")
    assert held(world) == {"bill:MS-1": "period-locked"}
    assert world.writes("") == world.writes("", "POST") == 0
    assert "sync bill NUMBER --date" in world.milestone()["Finance_Message__c"]
    with world.worker.held():
        assert world.worker.run_bill("MS-1", date(2026, 3, 2)).exit is Exit.DONE
    assert (world.bill()["date"], world.bill()["status"]) == (date(2026, 3, 2), "AUTHORISED")
    assert world.milestone()["Bill_Date__c"] == "2026-03-02"
    world.sync("bills")
    assert len(world.bills()) == 1


@pytest.mark.parametrize(
    ("values", "hold"),
    [
        ({"contract": {"Start_Date__c": None}}, "date-missing"),
        ({"contract": {"Applicant__c": None}}, "debtor-missing"),
        ({"category": "Closed"}, "account-invalid"),
    ],
)
def test_what_xero_would_refuse_is_held_with_its_cure(values: dict[str, Any], hold: str) -> None:
    world = a_grant_world()
    world.crm.funding_category("Closed", Finance_Account_Code__c="999")
    world.crm.milestone(**values)
    assert held(world) == {"bill:MS-1": hold}
    assert world.writes("Invoices") == 0
    assert "To do:" in world.milestone()["Finance_Message__c"]


def test_a_tax_rate_that_cannot_stand_on_purchases_holds_the_bill() -> None:
    world = a_grant_world(tax_type="GST on Income")
    world.crm.milestone()
    assert held(world) == {"bill:MS-1": "tax-invalid"}


def test_a_draft_made_out_to_another_payee_is_not_completed() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    (contract,) = world.org.rows("Contract__c")
    world.crm.edit("Contract__c", contract["Id"], Applicant__c=world.crm.applicant("Other Choir"))
    world.crm.milestone("MS-2", who=world.crm.applicant("Other Choir"))
    world.crm.edit("Milestone__c", milestone, Status__c="Approved")
    assert held(world) == {"bill:MS-1": "payee-changed"}
    assert world.bill("MS-1")["status"] == "DRAFT"


def test_a_draft_of_nobody_we_know_is_not_completed() -> None:
    world = a_grant_world()
    draft = _drafted_by_hand(world, world.xero.add_contact("Former Choir"))
    world.crm.milestone(Finance_External_ID__c=draft, Finance_Sync_State__c="Draft")
    assert held(world) == {"bill:MS-1": "payee-changed"}
    assert world.bill()["status"] == "DRAFT"


def test_where_it_dies_before_the_crm_is_told_a_draft_that_waits_is_shown_by_the_next_run() -> None:
    """Else the CRM would go on to say Draft until the hold is looked at again, an hour later."""
    world = a_grant_world(publish=BOTH_POINTS)
    for number in ("MS-1", "MS-2"):
        world.crm.milestone(number, Status__c="Submitted")
    world.sync("bills")
    other = world.crm.applicant("Other Choir")
    world.crm.edit("Contract__c", world.milestone("MS-1")["Contract__c"], Applicant__c=other)
    for number in ("MS-1", "MS-2"):
        world.crm.edit("Milestone__c", world.milestone(number)["Id"], Status__c="Approved")
    with killed_at(world, "salesforce.PATCH.composite/sobjects.before"):
        world.sync("bills")
    assert held(world) == {"bill:MS-1": "payee-changed"}
    assert world.milestone("MS-1")["Finance_Sync_State__c"] == "Held"
    assert world.milestone("MS-2")["Finance_Sync_State__c"] == "Synced"


def test_a_payee_merged_in_xero_is_still_the_same() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    into = world.xero.add_contact("Exeter Choir Inc")
    world.xero.merge_contacts(world.contact("Exeter Choir")["id"], into)
    world.crm.edit("Milestone__c", milestone, Status__c="Approved")
    assert held(world) == {}
    assert (world.bill()["status"], world.bill()["contact_id"]) == ("AUTHORISED", into)


def test_the_same_bill_typed_in_by_somebody_else_stops_the_second_one() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    ours = world.bill()
    double = _drafted_by_hand(world, ours["contact_id"], status="AUTHORISED")
    world.crm.edit("Milestone__c", milestone, Status__c="Approved")
    assert held(world) == {"bill:MS-1": "possible-duplicate"}
    assert {one["id"]: one["status"] for one in world.bills()} == {
        ours["id"]: "DRAFT",
        double: "AUTHORISED",
    }
    world.xero.void_invoice(double)
    with world.worker.held():
        world.worker.run_bill("MS-1")
    assert {one["id"]: one["status"] for one in world.bills()} == {
        ours["id"]: "AUTHORISED",
        double: "VOIDED",
    }


def test_an_exempted_milestone_is_left_alone_and_comes_back_when_it_is_not() -> None:
    world = a_grant_world()
    world.crm.milestone()
    with world.worker.held():
        exempted = world.worker.asked("exempt", "MS-1")
    assert exempted.counts == {"exempt": "MS-1", "now": True, "xero_id": None}
    assert world.sync("bills").counts["created"] == 0
    with world.worker.held():
        world.worker.asked("exempt off", "MS-1")
    assert world.sync("bills").counts["created"] == 1


def test_a_number_the_crm_does_not_have_is_a_sentence_and_nothing_is_written() -> None:
    world = a_grant_world()
    world.crm.milestone("MS-1")
    world.crm.milestone("MS-1")
    with world.worker.held():
        assert world.worker.run_bill("MS-9").problems == (
            "the CRM has no milestone numbered 'MS-9'; check the number as it stands on the record",
        )
        assert world.worker.run_bill("MS-1").problems == (
            "the CRM has 2 milestones numbered 'MS-1'; give each its own number",
        )
    assert world.writes("Invoices") == 0


def test_a_date_the_crm_refuses_is_told_and_nothing_is_sent() -> None:
    world = a_grant_world()
    world.org.lock_rows([world.crm.milestone()], times=9)
    with world.worker.held():
        result = world.worker.run_bill("MS-1", date(2026, 3, 2))
    assert result.exit is Exit.HELD
    (problem,) = result.problems
    assert problem.startswith("the CRM refused to change MS-1: UNABLE_TO_LOCK_ROW")
    assert world.bills() == []


# Asked for on the record --------------------------------------------------------------------------


def test_a_milestone_somebody_asked_for_on_the_record_is_billed_and_the_request_is_answered() -> (
    None
):
    world = a_grant_world()
    world.crm.milestone("MS-1", Finance_Sync_Requested_At__c="2026-03-04T11:00:00Z")
    world.crm.milestone(
        "MS-2", Exempt_from_Sync__c=True, Finance_Sync_Requested_At__c="2026-03-04T11:00:00Z"
    )
    result = world.sync_requested()
    assert result.counts["created"] == 1
    assert world.milestone("MS-1")["Finance_Sync_Requested_At__c"] is None
    assert world.milestone("MS-2")["Finance_Message__c"] == "Not sent: it is exempt from syncing."


# Tracking options ---------------------------------------------------------------------------------


def test_a_missing_tracking_option_is_made_once_for_all_who_need_it() -> None:
    world = a_grant_world(tracking_category=CATEGORY)
    world.crm.milestone("MS-1", category="Regional Touring")
    world.crm.milestone("MS-2", category="Regional Touring")
    world.sync("bills")
    assert world.writes("TrackingCategories") == 1
    assert world.row("Regional Touring", Kind.OPTION).state is State.WRITTEN
    for number in ("MS-1", "MS-2"):
        (line,) = world.bill(number)["lines"]
        assert [one["option"] for one in _tracking(line)] == ["Regional Touring"]
    world.crm.milestone("MS-3", category="Regional Touring")
    world.sync("bills")
    assert world.writes("TrackingCategories") == 1


def _tracking(line: dict[str, Any]) -> list[dict[str, str]]:
    return [{"option": getattr(one, "option", "")} for one in line["tracking"]]


def test_a_name_of_its_own_on_the_category_is_the_option_whatever_its_case() -> None:
    world = a_grant_world(tracking_category=CATEGORY)
    world.crm.funding_category("Arts and letters", Tracking_Option__c="ARTS")
    world.crm.milestone(category="Arts and letters")
    world.sync("bills")
    assert world.writes("TrackingCategories") == 0
    assert world.bill()["status"] == "AUTHORISED"


@pytest.mark.parametrize("fault", ["drop_after_commit", "drop_before_commit"])
def test_an_option_whose_answer_was_lost_is_there_once(fault: str) -> None:
    world = a_grant_world(tracking_category=CATEGORY)
    world.crm.milestone(category="Regional Touring")
    world.fault("xero", fault, path="TrackingCategories", method="PUT")
    world.settle("bills")
    assert world.bill()["status"] == "AUTHORISED"
    assert world.row("Regional Touring", Kind.OPTION).state is State.WRITTEN


def test_an_option_that_the_answer_does_not_speak_of_is_looked_for_and_not_made_again() -> None:
    world = a_grant_world(tracking_category=CATEGORY)
    world.crm.milestone(category="Regional Touring")

    def silent(request: Request, response: Response) -> Response:
        if request.method != "PUT" or "TrackingCategories" not in request.path:
            return response
        return Response(response.status, response.headers, b'{"Options": []}')

    world.roads["xero"].reader = silent
    world.sync("bills")
    assert world.writes("TrackingCategories") == 1
    assert world.row("Regional Touring", Kind.OPTION).state is State.WRITTEN
    assert world.bill()["status"] == "AUTHORISED"


def test_a_category_without_room_holds_the_bill_and_makes_nothing() -> None:
    world = a_grant_world(tracking_category=CATEGORY)
    for name in ("Regional Touring", "First Nations"):
        world.crm.milestone(name, category=name)
    world.crm.milestone("MS-3", category="One Too Many")
    assert held(world) == {"bill:MS-3": "tracking-invalid"}
    assert world.bills("MS-3") == []


def test_a_tracking_category_that_xero_lacks_is_left_to_the_preflight() -> None:
    world = a_grant_world(tracking_category="Program")
    world.crm.milestone()
    assert held(world) == {"bill:MS-1": "tracking-invalid"}
    assert world.writes("TrackingCategories") == 0


# Payments -----------------------------------------------------------------------------------------


def payments(world: World) -> list[dict[str, Any]]:
    return world.org.rows("Milestone_Payment__c")


def test_what_is_paid_in_xero_is_a_milestone_payment_and_the_milestone_says_how_far_it_is_paid() -> (
    None
):
    world = a_grant_world()
    milestone = world.crm.milestone()
    world.sync("bills")
    paid = world.xero.pay(world.bill()["id"], "2000.00", on="2026-03-03", reference="Batch 7")
    world.sync("payments")
    (record,) = payments(world)
    assert (record["Milestone__c"], record["Finance_External_ID__c"]) == (milestone, paid)
    assert (record["Payment_Amount__c"], record["Reference__c"]) == (Decimal(2000), "Batch 7")
    assert record["Paid__c"] is record["Include__c"] is True
    row = world.milestone()
    assert (row["Status__c"], row["Total_Payment_Amount__c"]) == ("Part Paid", Decimal(2000))
    world.xero.pay(world.bill()["id"], "3000.00")
    world.sync("payments")
    assert world.milestone()["Status__c"] == "Paid"
    assert world.milestone()["Payment_Balance__c"] == 0
    world.forget_calls()
    assert world.sync("payments").counts["created"] == 0
    assert world.calls("salesforce") == 0


def test_a_payment_taken_back_in_xero_is_switched_off_and_the_milestone_is_approved_again() -> None:
    world = a_grant_world()
    world.crm.milestone()
    world.sync("bills")
    paid = world.xero.pay(world.bill()["id"], "5000.00")
    world.sync("payments")
    world.xero.unpay(paid)
    world.sync("payments")
    (record,) = payments(world)
    assert record["Paid__c"] is record["Include__c"] is False
    assert record["Reason__c"] == "deleted in Xero"
    assert (world.milestone()["Status__c"], world.milestone()["Total_Payment_Amount__c"]) == (
        "Approved",
        0,
    )


def test_where_both_are_sent_one_poll_serves_invoices_and_milestones() -> None:
    world = a_world(sends=["invoices", "bills"], bills={"account_code": "480"})
    open_books(world.xero)
    world.crm.invoice("INV-1")
    world.crm.milestone("MS-1")
    world.sync("invoices")
    world.sync("bills")
    world.xero.pay(world.document("INV-1")["id"], "100.00")
    world.xero.pay(world.bill("MS-1")["id"], "5000.00")
    world.forget_calls()
    assert world.sync("payments").counts["created"] == 2
    assert world.calls("xero") == 1
    assert world.invoice("INV-1")["Status__c"] == "Fully Paid"
    assert world.milestone("MS-1")["Status__c"] == "Paid"
    assert world.sync("verify").counts == {"verified": 2, "linked": 0, "held": []}


def test_a_connection_that_sends_no_bills_leaves_their_payments_alone() -> None:
    world = a_world()
    open_books(world.xero)
    contact = world.xero.add_contact("Landlord")
    world.xero.pay(_drafted_by_hand(world, contact, status="AUTHORISED"), "10.00")
    assert world.sync("payments").counts["created"] == 0
    assert world.worker.journal.waiting() == []


# Looked at again, and after a lost journal --------------------------------------------------------


def test_f41_a_milestone_edited_after_its_bill_went_is_shown_once_as_drift() -> None:
    world = a_grant_world()
    milestone = world.crm.milestone()
    world.sync("bills")
    world.crm.edit("Milestone__c", milestone, Amount__c=Decimal(4000))
    assert held(world, "verify") == {"bill:MS-1": "changed-since"}
    said = world.milestone()["Finance_Message__c"]
    assert "the total is 4000.00 in the CRM and 5000.00 in Xero" in said
    world.forget_calls()
    assert held(world, "verify") == {"bill:MS-1": "changed-since"}
    assert not [one for one in world.requests("salesforce") if one.startswith("PATCH")]
    assert world.bill()["total"] == Decimal(5000)


def test_a_bill_edited_in_xero_is_shown_as_drift_on_the_milestone() -> None:
    world = a_grant_world()
    world.crm.milestone()
    world.sync("bills")
    world.xero.edit_invoice(world.bill()["id"], date=date(2026, 2, 20))
    assert held(world, "verify") == {"bill:MS-1": "changed-since"}
    assert world.milestone()["Finance_Sync_State__c"] == "Drift"
    world.xero.edit_invoice(world.bill()["id"], date=date(2026, 2, 10))
    assert held(world, "verify") == {}
    assert world.milestone()["Finance_Sync_State__c"] == "Synced"


def test_a_bill_completed_before_the_journal_was_lost_and_paid_since_is_not_shown_as_a_draft() -> (
    None
):
    world = a_grant_world(publish=BOTH_POINTS, papers=True)
    milestone = world.crm.milestone("MS-1", "1000.00", Status__c="Submitted")
    world.sync("bills")
    world.crm.edit("Milestone__c", milestone, Status__c="Approved")
    with killed_at(world, "xero.POST.Invoices.after"):
        world.sync("bills")
    world.lose_journal()
    world.xero.pay(world.bill()["id"], "1000.00")
    world.sync("payments")
    assert world.milestone()["Status__c"] == "Paid", "so that it is not due any more"
    assert held(world, "verify") == {}
    assert world.milestone()["Finance_Sync_State__c"] == "Synced"
    assert world.sync("bills").counts["attached"] == 1, "and its papers follow"


def test_a_bill_that_only_the_look_afterwards_finds_and_links_gets_its_papers() -> None:
    world = a_grant_world(papers=True)
    world.crm.milestone("MS-1", "1000.00")
    with killed_at(world, "xero.POST.Invoices.after"):
        world.sync("bills")
    world.lose_journal()
    world.xero.pay(world.bill()["id"], "1000.00")
    assert world.sync("verify").counts["linked"] == 1
    world.sync("payments")
    assert world.milestone()["Status__c"] == "Paid", "so that it is not due any more"
    assert world.sync("bills").counts["attached"] == 1


@pytest.mark.parametrize("status", ["Submitted", "Approved"])
def test_after_a_lost_journal_the_draft_that_stands_is_the_one_that_is_completed(
    status: str,
) -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    world.lose_journal()
    world.crm.edit("Milestone__c", milestone, Status__c=status)
    world.settle("bills")
    assert world.bill()["status"] == ("AUTHORISED" if status == "Approved" else "DRAFT")


@pytest.mark.parametrize("fault", ["drop_after_commit", "drop_before_commit"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_lost_answer_leaves_one_bill(fault: str, method: str) -> None:
    world = a_grant_world()
    world.crm.milestone()
    world.fault("xero", fault, path="Invoices", method=method, times=3)
    world.settle("bills")
    assert world.bill()["status"] == "AUTHORISED"
    assert world.milestone()["Finance_External_ID__c"] == world.bill()["id"]


def test_invoices_and_bills_are_looked_for_apart_so_that_neither_takes_the_other_for_its_own() -> (
    None
):
    world = a_world(sends=["invoices", "bills"], bills={"account_code": "480"})
    open_books(world.xero)
    world.crm.invoice("INV-1")
    world.crm.milestone("MS-1")
    world.sync("invoices")
    world.sync("bills")
    world.lose_journal()
    world.settle("invoices", "bills", "verify")
    assert len(world.bills("MS-1")) == len(world.documents_of("INV-1")) == 1
    assert world.row("MS-1", Kind.BILL).xero_id == world.bill("MS-1")["id"]
    assert world.row("INV-1").xero_id == world.document("INV-1")["id"]
    hold = world.row("INV-1").hold
    assert hold is None or hold.hold_class is not HoldClass.SECOND_DOCUMENT


# The seed, and the calls --------------------------------------------------------------------------


def test_the_hard_cases_of_the_grants_seed_end_as_the_seed_foretells() -> None:
    world = a_grant_world(profile="grants", seeded=30, tracking_category=CATEGORY)
    world.plane.act("grants", "submit", 1)
    foretold = world.plane.act("grants", "approve", 1)
    result = world.sync("bills")
    assert result.counts["created"] == foretold.created
    classes = {one["record"].removeprefix("bill:"): one["class"] for one in result.counts["held"]}
    assert classes == foretold.held


def test_a_thousand_milestones_of_two_hundred_applicants_cost_at_most_eighty_calls() -> None:
    world = a_grant_world(profile="grants", seeded=1020, tracking_category=CATEGORY)
    world.plane.act("grants", "submit", 1)
    world.plane.act("grants", "approve", 1)
    world.forget_calls()
    result = world.sync("bills")
    assert result.counts["created"] > 960
    options = world.writes("TrackingCategories")
    assert world.calls("xero") - options <= 80


def test_the_permission_set_that_we_ship_is_enough_for_the_whole_way() -> None:
    world = a_grant_world(publish=BOTH_POINTS, org={"permission_set": "Finance_Grants_Integration"})
    milestone = world.crm.milestone(Status__c="Submitted")
    assert [one.problem for one in world.app.checks("main")] == []
    world.sync("bills")
    world.crm.edit("Milestone__c", milestone, Status__c="Approved")
    world.sync("bills")
    world.xero.pay(world.bill()["id"], "5000.00")
    assert world.sync("payments").problems == ()
    assert world.milestone()["Status__c"] == "Paid"


# What is completed says what the CRM says ---------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop_before_commit", "503_before", "429_minute"])
def test_a_draft_whose_new_contents_never_arrived_is_not_completed_with_the_old_ones(
    fault: str,
) -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    world.crm.edit("Milestone__c", milestone, Status__c="Approved", Amount__c=Decimal("1500.00"))
    world.fault("xero", fault, path="Invoices", method="POST", times=4)
    world.settle("bills")
    assert (world.bill()["status"], world.bill()["total"]) == ("AUTHORISED", Decimal("1500.00"))


def test_a_draft_edited_before_it_had_to_wait_is_completed_with_the_new_contents() -> None:
    world = a_grant_world(publish=BOTH_POINTS)
    milestone = world.crm.milestone(Status__c="Submitted")
    world.sync("bills")
    world.crm.edit("Milestone__c", milestone, Status__c="Approved", Amount__c=Decimal("1500.00"))
    world.xero.set_lock_dates(period=date(2026, 2, 28))
    assert held(world) == {"bill:MS-1": "period-locked"}
    world.xero.set_lock_dates(period=None)
    with world.worker.held():
        world.worker.run_bill("MS-1")
    assert (world.bill()["status"], world.bill()["total"]) == ("AUTHORISED", Decimal("1500.00"))
