"""The seeded grant maker, all the way: approved, billed, put into a batch, approved by a second person, ordered."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from sync_worker.daemon.outcome import Exit
from sync_worker.sandbox.seeds import grants
from tests.bankfiles.readers import read_aba
from tests.office import ABA, BATCH, Office
from tests.world import a_world

BILLS = {"account_code": "480"}


def a_round(folder: Path) -> Office:
    world = a_world(
        profile="grants",
        seeded=40,
        sends=("bills",),
        bills=BILLS,
        bank={**ABA, "folder": str(folder)},
    )
    grants.submit(world.org, world.xero, seed=0)
    grants.approve(world.org, world.xero, seed=0)
    assert world.sync("bills").exit == Exit.HELD  # the hard cases wait
    world.sync("payments")
    world.sync("verify")
    return Office(world, folder)


def test_a_round_of_milestones_is_paid_by_one_file_that_says_what_the_bills_say(
    tmp_path: Path,
) -> None:
    office = a_round(tmp_path)
    world = office.world
    owed = {
        row["Name"]: row["Finance_External_ID__c"]
        for row in world.org.rows("Milestone__c")
        if row["Finance_Sync_State__c"] == "Synced"
        and row["Status__c"] == "Approved"
        and row["Name"] != "MS-H10"
    }
    assert len(owed) > 10
    content = office.exported(*owed)
    bills = {bill["id"]: bill for bill in world.xero.documents()}
    read = read_aba(content)
    assert {one.reference: one.amount for one in read.payees} == {
        number: Decimal(str(bills[bill]["total"])) for number, bill in owed.items()
    }
    assert read.total == Decimal(str(office.batch()["Total_Amount__c"]))
    assert office.told()["journal"] == "Exported"


def test_an_applicant_without_an_account_and_a_bill_that_is_held_are_not_paid(
    tmp_path: Path,
) -> None:
    office = a_round(tmp_path)
    office.ann("new")
    refused = office.ann("add", BATCH, "MS-H10", "MS-H07")
    assert "Penniless Theatre has no bank account" in refused.problems[0]
    assert "the bill of MS-H07 is held" in refused.problems[1]
