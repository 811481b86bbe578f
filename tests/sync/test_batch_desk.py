"""What a person does with a payment batch is done once and whole, whenever the worker dies or an answer is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.domain.ids import SalesforceId
from sync_worker.ports import unwatched
from tests.bankfiles.readers import read_aba
from tests.killing import Killed
from tests.office import BATCH, Office, an_office

STORY: tuple[Callable[[Office], object], ...] = (
    lambda office: office.ann("new"),
    lambda office: office.ann("add", BATCH, "MS-1", "MS-2"),
    lambda office: office.ann("remove", BATCH, "MS-2"),
    lambda office: office.ann("submit"),
    lambda office: office.bob("approve"),
    lambda office: office.ann("export"),
    lambda office: office.ann("sent"),
)
WRITES = ("journal.act.", "journal.acted.", "salesforce.PATCH.")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return a_filled_office(tmp_path)


def a_filled_office(folder: Path) -> Office:
    office = an_office(folder)
    office.milestone("MS-1", "5000.00")
    office.milestone("MS-2", "70.00", "Exeter Choir")
    return office


def moments(folder: Path) -> int:
    """How often the whole story passes a place where something is written."""
    office, passed = a_filled_office(folder), []
    office.world.moments = lambda moment: (
        passed.append(moment) if moment.startswith(WRITES) else None
    )
    for chapter in STORY:
        chapter(office)
    return len(passed)


def dies_at(office: Office, place: int) -> None:
    passed = 0

    def die(moment: str) -> None:
        nonlocal passed
        passed += moment.startswith(WRITES)
        if passed == place:
            passed += 1
            raise Killed(moment)

    office.world.moments = die


def is_whole(office: Office) -> None:
    """One batch, one payment, one file, one order, and all of them say the same."""
    (batch,) = office.batches()
    assert batch["Status__c"] == "Sent"
    assert {(item["Amount__c"], item["Status__c"]) for item in office.items()} == {
        (5000, "Sent"),
        (70, "Removed"),
    }
    assert office.files() == [f"{BATCH}.aba"]
    content = (office.folder / f"{BATCH}.aba").read_bytes()
    assert hashlib.sha256(content).hexdigest() == batch["File_SHA256__c"] == office.told()["sha256"]
    assert read_aba(content).total == 5000
    orders = office.world.worker.batches.desk.journal.ordered([office.record("MS-1")])
    assert [order.amount for order in orders] == [Decimal("5000.00")]
    assert sorted(set(office.acts())) == sorted(office.acts())
    assert office.world.worker.batches.desk.journal.unfinished() == []


def test_wherever_it_dies_the_command_typed_again_brings_one_whole_file(tmp_path: Path) -> None:
    places = moments(tmp_path / "counted")
    assert places > 40
    for place in range(1, places + 1):
        office = a_filled_office(tmp_path / str(place))
        dies_at(office, place)
        for chapter in STORY:
            try:
                chapter(office)
            except Killed:
                office.world.restart()
                chapter(office)
        office.world.moments = unwatched
        is_whole(office)


@pytest.mark.parametrize("fault", ["drop_before_commit", "drop_after_commit", "500_after"])
@pytest.mark.parametrize("nth", range(1, 10))
def test_a_lost_answer_of_the_crm_doubles_nothing(office: Office, fault: str, nth: int) -> None:
    office.world.fault("salesforce", fault, method="PATCH", nth=nth)
    for chapter in STORY:
        chapter(office)
    is_whole(office)


def test_what_the_crm_could_not_be_told_the_next_command_tells_it(office: Office) -> None:
    office.filled("MS-1")
    office.world.fault("salesforce", "503_before", method="PATCH", times=50)
    assert office.ann("submit").exit == Exit.UNSURE
    assert office.batch()["Status__c"] == "Draft"
    assert office.told()["unfinished"] is True
    office.world.roads["salesforce"].door.faults.clear()
    assert office.bob("approve").exit == Exit.DONE
    assert office.batch()["Status__c"] == "Approved"
    assert office.told()["unfinished"] is False


def test_a_locked_record_is_waited_for(office: Office) -> None:
    office.filled("MS-1")
    office.org.lock_rows([office.batch()["Id"]], 3)
    refused = office.ann("submit")
    assert refused.exit == Exit.UNSURE
    assert "the next `sync-worker batch` command completes" in refused.problems[0]
    assert office.ann("submit").exit == Exit.DONE
    assert office.acts() == ["made by Ann", "added by Ann", "submitted by Ann"]


def test_what_the_crm_refuses_for_good_is_said_and_keeps_nobody_waiting(office: Office) -> None:
    office.exported("MS-1", "MS-2")
    gone = {
        "act": "remove",
        "sobject": "Payment_Batch_Item__c",
        "record_id": office.item("MS-2")["Id"],
    }
    office.world.fault("salesforce", "then", method="PATCH", path="Batch_Key__c", people=gone)
    refused = office.ann("sent")
    assert refused.exit == Exit.HELD
    assert "the CRM refused a part of it" in refused.problems[0]
    assert office.item("MS-1")["Status__c"] == "Sent"
    assert office.told()["journal"] == "Sent"
    assert office.told()["unfinished"] is False


def test_what_was_cut_off_and_is_typed_again_is_done_and_not_refused(office: Office) -> None:
    office.filled("MS-1", "MS-2")
    office.world.moments = lambda moment: _die(moment, "salesforce.PATCH.composite/sobjects.before")
    with pytest.raises(Killed):
        office.ann("remove", BATCH, "MS-2")
    office.world.moments = unwatched
    office.world.restart()
    assert office.ann("remove", BATCH, "MS-2").exit is Exit.DONE
    assert office.item("MS-2")["Status__c"] == "Removed"


def test_what_was_cut_off_hides_no_other_command(office: Office) -> None:
    office.filled("MS-1", "MS-2")
    office.world.moments = lambda moment: _die(moment, "salesforce.PATCH.composite/sobjects.before")
    with pytest.raises(Killed):
        office.ann("remove", BATCH, "MS-2")
    office.world.moments = unwatched
    office.world.restart()
    refused = office.ann("remove", BATCH, "MS-3")
    assert refused.exit is Exit.USAGE
    assert "PB-000001 does not hold MS-3" in refused.problems[0]
    assert office.item("MS-2")["Status__c"] == "Removed"


def _die(moment: str, at: str) -> None:
    if moment == at:
        raise Killed(moment)


def test_a_command_that_is_stopped_before_it_was_done_says_so(office: Office) -> None:
    office.approved("MS-1")
    xero = office.world.xero
    line = {"Description": "Cakes", "UnitAmount": "9", "AccountCode": "200"}
    xero.pay(xero.add_invoice(xero.add_contact("A Neighbour"), [line]), "9.00")

    def stop_at_the_payments(event: str) -> None:
        if event == "GET Payments is answered":
            office.world.clock.stopping = True

    office.world.roads["xero"].hook = stop_at_the_payments
    stopped = office.ann("export")
    assert stopped.exit is Exit.UNSURE
    assert "stopped before it was done" in stopped.problems[0]
    assert office.files() == []
    office.world.roads["xero"].hook, office.world.clock.stopping = lambda _: None, False
    assert office.ann("export").exit is Exit.DONE
    assert office.files() == [f"{BATCH}.aba"]


def test_a_batch_deleted_while_it_is_made_is_said_to_be_gone(office: Office) -> None:
    def delete(event: str) -> None:
        if event == "PATCH Batch_Key__c is answered":
            office.org.remove("Payment_Batch__c", office.batch()["Id"])

    office.world.roads["salesforce"].hook = delete
    refused = office.ann("new")
    assert refused.exit == Exit.HELD
    assert "somebody deleted it at once" in refused.problems[0]
    with office.world.worker.held():
        assert office.world.worker.batches.desk.catch_up() == []


def test_an_approval_under_a_lost_lane_writes_nothing(office: Office) -> None:
    office.filled("MS-1")
    office.ann("submit")
    order = {"verb": "approve", "person": "Bob", "batch": BATCH, "accounts": False}
    refused = office.world.worker.run_batch(order)
    assert refused.exit == Exit.BUSY
    assert office.batch()["Status__c"] == "Submitted"
    assert office.acts()[-1] == "submitted by Ann"


def test_another_file_that_took_the_name_meanwhile_stops_the_export_until_it_is_moved(
    office: Office,
) -> None:
    office.approved("MS-1")
    theirs = office.folder / f"{BATCH}.aba"

    def put_another(moment: str) -> None:
        if moment == "journal.act.after":
            theirs.write_text("mine")

    office.world.moments = put_another
    refused = office.ann("export")
    office.world.moments = unwatched
    assert refused.exit == Exit.USAGE
    assert "has another file PB-000001.aba by now" in refused.problems[0]
    assert office.ann("new", title="Another").exit == Exit.USAGE
    theirs.unlink()
    assert office.ann("export").exit == Exit.DONE
    assert read_aba(theirs.read_bytes()).total == 5000
    assert office.told()["exports"] == 1


def test_a_batch_that_is_not_there_cannot_be_shown(office: Office) -> None:
    with pytest.raises(Exception, match="has no payment batch 'PB-7'"):
        office.world.worker.batches.listed("PB-7", closed=False)


def test_closed_batches_are_shown_only_when_asked_for(office: Office) -> None:
    office.exported("MS-1")
    office.ann("sent")
    office.ann("new", title="Another")

    def numbers(*, closed: bool) -> list[str]:
        return [one["number"] for one in office.world.worker.batches.listed(None, closed=closed)]

    assert numbers(closed=False) == ["PB-000002"]
    assert numbers(closed=True) == [BATCH, "PB-000002"]


def test_a_payee_is_found_by_record_not_by_name(office: Office) -> None:
    """Two organisations of one name have an account each, and a change of the one is no change of the other."""
    office.exported("MS-1")
    twin = office.org.save("Account", {"Name": "Halfway Museum", "Bank_Account_Number__c": "1"})
    contract = office.org.save("Contract__c", {"Name": "CON-T", "Applicant__c": twin})
    office.milestone("MS-3", Contract__c=contract)
    office.filled("MS-3", batch="PB-000002")
    told = office.told("PB-000002")
    assert told["changed_accounts"] == []
    assert told["new_payees"] == ["Halfway Museum"]
    assert SalesforceId(twin) != office.applicants.known["Halfway Museum"]
