"""F30 and some of G01 to G31: what only bills, papers and batches can suffer, where no other test tells it."""

from __future__ import annotations

import base64
import json
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from sync_worker.daemon.outcome import Exit
from sync_worker.ports import unwatched
from sync_worker.sandbox.http import Request, Response
from tests.bankfiles.readers import read_aba
from tests.office import BATCH, Office, an_office
from tests.oracle import wrongs
from tests.world import World, a_grant_world

CATEGORY = "Funding Category"
FILE = f"{BATCH}.aba"


# Bills --------------------------------------------------------------------------------------------


def test_f30_a_bill_that_a_person_types_while_ours_is_made_is_not_owed_twice() -> None:
    world = a_grant_world()
    world.crm.milestone("MS-0")
    world.sync("bills")
    world.crm.milestone("MS-1", "5000.00")
    line = {"Description": "By hand", "UnitAmount": 5000, "AccountCode": "480"}

    def type_it(event: str) -> None:
        if event == "PUT Invoices is answered":
            world.roads["xero"].hook = lambda _: None
            contact = world.bill("MS-0")["contact_id"]
            named = {"kind": "ACCPAY", "status": "AUTHORISED", "InvoiceNumber": "MS-1"}
            world.xero.add_invoice(contact, [line], **named)

    world.roads["xero"].hook = type_it
    world.forget_calls()
    (held,) = world.sync("bills").counts["held"]
    assert held["class"] == "possible-duplicate"
    assert sorted(one["status"] for one in world.bills("MS-1")) == ["AUTHORISED", "DRAFT"]
    assert (world.writes("Invoices", "PUT"), world.writes("Invoices", "POST")) == (1, 0)


def people_change(world: World, status: str, *, option: bool) -> None:
    """Somebody archives, deletes or restores the tracking category in Xero, or the option of our bills in it."""
    (category,) = [one for one in world.xero.books.tracking if one.name == CATEGORY]
    options = tuple(
        replace(one, status=status) if one.name == "Community" else one for one in category.options
    )
    changed = {"options": options} if option else {"status": status}
    world.xero.books.tracking.put(replace(category, **changed))


@pytest.mark.parametrize("option", [False, True], ids=["category", "option"])
@pytest.mark.parametrize("status", ["ARCHIVED", "DELETED"])
def test_g04_a_tracking_that_goes_away_between_the_look_and_the_bill_makes_none_without_it(
    status: str, option: bool
) -> None:
    world = a_grant_world(tracking_category=CATEGORY)
    world.crm.milestone("MS-0")
    world.sync("bills")
    world.crm.milestone("MS-1")

    def change(event: str) -> None:
        if event == "PUT Invoices has left":
            world.roads["xero"].hook = lambda _: None
            people_change(world, status, option=option)

    world.roads["xero"].hook = change
    world.forget_calls()
    (held,) = world.sync("bills").counts["held"]
    assert "Tracking category or option could not be found" in held["cause"]
    assert (world.bills("MS-1"), world.writes("Invoices", "PUT")) == ([], 1)
    people_change(world, "ACTIVE", option=option)
    world.advance(2 * 3600)
    world.sync("bills")
    assert wrongs(world.org, world.xero) == []


# Papers -------------------------------------------------------------------------------------------


def test_g13_a_kind_of_file_that_xero_does_not_take_waits_by_itself_and_costs_one_call() -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    film = {
        "PathOnClient": "Film.mp4",
        "VersionData": base64.b64encode(b"moving").decode(),
        "FirstPublishLocationId": world.crm.milestone(),
    }
    world.org.save("ContentVersion", film)
    refusal = {"Elements": [{"ValidationErrors": [{"Message": "File type not supported"}]}]}
    sent: list[Request] = []

    def refuse(request: Request) -> Response | None:
        if "/Attachments/" not in request.path:
            return None
        sent.append(request)
        return Response(400, {"Content-Type": "application/json"}, json.dumps(refusal).encode())

    world.roads["xero"].instead = refuse
    (held,) = world.sync("bills").counts["held"]
    assert held["class"] == "attachment-refused"
    assert "File type not supported" in held["cause"]
    world.sync("bills")
    assert len(sent) == 1
    bill, row = world.bill(), world.milestone()
    assert (bill["status"], row["Finance_Sync_State__c"]) == ("AUTHORISED", "Synced")


# Batches ------------------------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """One batch of two milestones, approved."""
    office = an_office(tmp_path)
    office.milestone("MS-1", "5000.00")
    office.milestone("MS-2", "70.00")
    office.approved("MS-1", "MS-2")
    return office


def test_g15_a_milestone_cancelled_after_the_approval_is_not_paid(office: Office) -> None:
    office.edit_milestone("MS-2", Status__c="Cancelled")
    refused = office.ann("export")
    assert refused.exit is Exit.HELD
    assert "MS-2 is Cancelled; only an approved milestone is paid" in refused.problems
    assert (office.files(), office.batch()["Status__c"]) == ([], "Approved")
    assert office.acts()[-1] == "approved by Bob"


def test_g16_a_milestone_exempted_after_the_approval_is_not_paid(office: Office) -> None:
    office.edit_milestone("MS-2", Exempt_from_Sync__c=True)
    refused = office.ann("export")
    assert refused.exit is Exit.HELD
    assert "MS-2 is exempt from syncing" in refused.problems[0]
    assert (office.files(), office.batch()["Status__c"]) == ([], "Approved")


def test_g17_an_item_deleted_after_the_approval_voids_it(office: Office) -> None:
    """The CRM lets nobody delete a milestone that stands in a batch, so its item would have to go first."""
    office.org.remove("Payment_Batch_Item__c", office.item("MS-2")["Id"])
    office.org.remove("Milestone__c", office.record("MS-2"))
    refused = office.ann("export")
    assert refused.exit is Exit.HELD
    assert "was MS-2: 70.00 to Halfway Museum" in refused.problems[0]
    assert (office.files(), office.batch()["Status__c"]) == ([], "Draft")


@contextmanager
def a_full_disk() -> Iterator[None]:
    """No file of this process can grow by a byte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_g19_a_disk_that_is_full_at_the_export_leaves_no_half_file_and_the_next_word_brings_it(
    office: Office,
) -> None:
    with a_full_disk():
        refused = office.ann("export")
    assert refused.exit is Exit.USAGE
    assert f"the bank file {FILE} cannot be written" in refused.problems[0]
    assert FILE not in office.files()
    assert office.batch()["Status__c"] == "Approved"
    assert office.told()["unfinished"] is True
    assert office.ann("export").exit is Exit.DONE
    is_there_once(office)


@pytest.mark.parametrize("back", ["by itself", "by a person"])
def test_g20_a_folder_that_goes_between_the_word_and_the_file_costs_no_file(
    office: Office, back: str
) -> None:
    def take_away(moment: str) -> None:
        if moment == "journal.act.after":
            shutil.rmtree(office.folder)
            if back == "by a person":
                office.folder.write_text("in its place")

    office.world.moments = take_away
    done = office.ann("export")
    office.world.moments = unwatched
    if back == "by a person":
        assert done.exit is Exit.USAGE
        assert "for bank files cannot be written" in done.problems[0]
        office.folder.unlink()
        done = office.ann("export")
    assert done.exit is Exit.DONE
    is_there_once(office)


def is_there_once(office: Office) -> None:
    """The file as it was approved, and one export of it."""
    assert office.files() == [FILE]
    assert read_aba((office.folder / FILE).read_bytes()).total == 5070
    assert office.told()["exports"] == 1
    assert office.batch()["Status__c"] == "Exported"
