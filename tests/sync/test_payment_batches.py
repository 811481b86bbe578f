"""A payment batch is filled by one person and approved by another; what was approved is what is paid, and once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.domain.payout import BankFile, Payee, Unpayable
from sync_worker.ports import Bank
from sync_worker.sync import bank_export
from tests.bankfiles.readers import read_aba, read_bnz, read_pain001
from tests.office import BATCH, DAY, Office, an_office

SECOND = "PB-000002"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return an_office(tmp_path)


# The whole way


def test_two_milestones_go_through_a_batch_into_a_file_whose_sums_are_the_items(
    office: Office,
) -> None:
    office.milestone("MS-1", "5000.00")
    office.milestone("MS-2", "1250.55", "Meeniyan Touring Hall")
    content = office.exported("MS-1", "MS-2")
    read = read_aba(content)
    items = office.items()
    assert (
        read.total == sum(Decimal(str(item["Amount__c"])) for item in items) == Decimal("6250.55")
    )
    assert {(one.name, one.amount, one.reference) for one in read.payees} == {
        ("Halfway Museum", Decimal("5000.00"), "MS-1"),
        ("Meeniyan Touring Hall", Decimal("1250.55"), "MS-2"),
    }
    assert read.pay_on.isoformat() == DAY
    batch = office.batch()
    assert batch["File_SHA256__c"] == hashlib.sha256(content).hexdigest()
    assert batch["Exported_At__c"]
    assert (batch["Status__c"], {item["Status__c"] for item in items}) == ("Exported", {"Exported"})
    assert office.ann("sent").exit == Exit.DONE
    assert (office.batch()["Status__c"], {one["Status__c"] for one in office.items()}) == (
        "Sent",
        {"Sent"},
    )
    assert office.acts() == [
        "made by Ann",
        "added by Ann",
        "submitted by Ann",
        "approved by Bob",
        "exported by Ann",
        "sent by Ann",
    ]


def test_the_file_is_for_its_owner_alone_and_no_half_of_it_is_left(office: Office) -> None:
    office.milestone("MS-1")
    office.exported("MS-1")
    assert office.files() == [f"{BATCH}.aba"]
    assert (office.folder / f"{BATCH}.aba").stat().st_mode & 0o777 == 0o600


def test_a_new_zealand_grant_maker_pays_by_its_own_bank(tmp_path: Path) -> None:
    nz = {"format": "bnz", "payer_account": "12-3140-0171323-50"}
    office = an_office(tmp_path, **nz)
    who = {"Bank_BSB__c": None, "Bank_Account_Number__c": "12-3140-0171323-50"}
    office.applicants.organisation("Tahua Trust", **who)
    office.milestone("MS-1", "80.00", "Tahua Trust")
    read = read_bnz(office.exported("MS-1"))
    assert (read.total, read.count, read.payees[0].account) == (Decimal(80), 1, "1231400171323050")
    assert "hash total" in office.told()["acts"][-1]["words"]


def test_the_same_batch_can_go_out_as_iso_20022(tmp_path: Path) -> None:
    office = an_office(tmp_path, format="pain001")
    office.milestone("MS-1", "12.34")
    assert read_pain001(office.exported("MS-1")).total == Decimal("12.34")
    assert office.files() == [f"{BATCH}.xml"]


# Making and filling


def test_a_batch_asked_for_twice_is_one_batch(office: Office) -> None:
    assert office.ann("new").exit == Exit.DONE
    again = office.ann("new", title="JUNE  round")
    assert again.counts["batch"]["number"] == BATCH
    assert len(office.batches()) == 1


@pytest.mark.parametrize(
    ("person", "words"), [("Bob", {}), ("Ann", {"pay_on": "2026-03-11"})], ids=["person", "day"]
)
def test_another_batch_needs_another_title(
    office: Office, person: str, words: dict[str, str]
) -> None:
    office.ann("new")
    refused = office.does(person, "new", **words)
    assert refused.exit == Exit.USAGE
    assert f"there is {BATCH} 'June round' already" in refused.problems[0]
    assert office.does(person, "new", title="July round").exit == Exit.DONE


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"pay_on": "2026-03-03"}, "2026-03-03 has passed"),
        ({"title": "  "}, "a title is needed"),
        ({"title": "x" * 256}, "a title is needed, of at most 255"),
        ({"person": " "}, "--as names nobody"),
    ],
)
def test_a_batch_that_makes_no_sense_is_not_made(
    office: Office, words: dict[str, str], why: str
) -> None:
    refused = office.ann("new", **words)
    assert refused.exit == Exit.USAGE
    assert why in refused.problems[0]
    assert office.batches() == []


def test_a_milestone_goes_in_with_what_is_open_of_it(office: Office) -> None:
    office.milestone("MS-1", "5000.00")
    office.paid("MS-1", "1500.00")
    office.filled("ms-1")
    assert office.item("MS-1")["Amount__c"] == 3500


def test_a_part_of_a_milestone_can_be_paid_and_its_amount_set_anew(office: Office) -> None:
    office.milestone("MS-1")
    office.ann("new")
    assert office.ann("add", BATCH, "MS-1", amount="2000.00").exit == Exit.DONE
    assert office.ann("add", BATCH, "MS-1", amount="2500.00").exit == Exit.DONE
    assert office.item("MS-1")["Amount__c"] == 2500
    assert office.batch()["Total_Amount__c"] == 2500


def test_what_one_batch_holds_cannot_go_into_another(office: Office) -> None:
    office.milestone("MS-1", "5000.00")
    office.ann("new")
    office.ann("add", BATCH, "MS-1", amount="3000.00")
    office.ann("new", title="July round")
    refused = office.ann("add", SECOND, "MS-1", amount="2000.01")
    assert refused.exit == Exit.USAGE
    assert "MS-1 is to be paid 2000.01, and 2000.00 of it is open" in refused.problems[0]
    assert office.items(SECOND) == []
    assert office.ann("add", SECOND, "MS-1").exit == Exit.DONE
    assert office.item("MS-1", SECOND)["Amount__c"] == 2000
    office.ann("new", title="August round")
    refused = office.ann("add", "PB-000003", "MS-1")
    assert "MS-1 has nothing open" in refused.problems[0]


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(office: Office) -> None:
    contact = office.org.save("Contact", {"LastName": "Nobody"})
    nobody = office.org.save("Application__c", {"Name": "APP-0"})
    pauper = office.org.save("Application__c", {"Name": "APP-1", "Applicant_Contact__c": contact})
    office.milestone("MS-1")
    office.milestone("MS-2", Exempt_from_Sync__c=True)
    office.milestone("MS-3", Status__c="Submitted")
    office.milestone("MS-4", Finance_External_ID__c=None)
    office.milestone("MS-5", Application__c=nobody)
    office.milestone("MS-6", Application__c=pauper)
    for n, state in enumerate(("Draft", "Held", "Drift", "Synced"), start=7):
        office.milestone(f"MS-{n}", Finance_Sync_State__c=state)
    office.ann("new")
    refused = office.ann("add", BATCH, *(f"MS-{n}" for n in range(1, 11)))
    assert refused.exit == Exit.USAGE
    said = " ".join(refused.problems)
    assert len(refused.problems) == 8
    for words in (
        "MS-2 is exempt",
        "MS-3 is Submitted",
        "MS-4 has no bill in Xero",
        "MS-5 names no applicant",
        "Nobody has no bank account, so MS-6",
        "the bill of MS-7 is still a draft in Xero",
        "the bill of MS-8 is held",
        "the bill of MS-9 differs",
    ):
        assert words in said
    assert office.items() == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"amount": "0"}, "is not above zero"),
        ({"amount": "1.005"}, "parts of a cent"),
        ({"amount": "NaN"}, "is not above zero"),
        ({"amount": "5000.01"}, "5000.00 of it is open"),
        ({"pay_on": "2026-03-11"}, f"{BATCH} pays on {DAY}, not on 2026-03-11"),
        ({"pay_on": "2026-03-01"}, "has passed"),
        ({"batch": "PB-999999"}, "has no payment batch 'PB-999999'"),
        ({"milestones": ["MS-9"]}, "the CRM has no milestone numbered 'MS-9'"),
    ],
)
def test_what_cannot_be_added_is_refused_with_the_cure(
    office: Office, words: dict[str, str], why: str
) -> None:
    office.milestone("MS-1")
    office.ann("new")
    refused = office.ann("add", BATCH, "MS-1", **words)
    assert refused.exit == Exit.USAGE
    assert why in refused.problems[0]
    assert office.items() == []


def test_a_milestone_number_given_twice_pays_neither(office: Office) -> None:
    office.milestone("MS-1")
    office.milestone("MS-1")
    office.ann("new")
    refused = office.ann("add", BATCH, "MS-1")
    assert (
        "the CRM has 2 milestones numbered 'MS-1'; give each its own number" in refused.problems[0]
    )


def test_a_person_who_applied_is_paid_and_the_contract_comes_before_the_application(
    office: Office,
) -> None:
    bank = {
        "Bank_BSB__c": "062-222",
        "Bank_Account_Number__c": "444",
        "Bank_Account_Name__c": "P Poet",
    }
    poet = office.org.save("Contact", {"LastName": "Poet", **bank})
    choir = office.applicants.organisation("Exeter Choir")
    signed = office.org.save("Contract__c", {"Name": "CON-1", "Applicant_Contact__c": poet})
    asked = office.org.save("Application__c", {"Name": "APP-1", "Applicant__c": choir})
    office.milestone("MS-1", Contract__c=signed, Application__c=asked)
    office.milestone("MS-2", Application__c=asked)
    office.filled("MS-1", "MS-2")
    paid = {(item["milestone"], item["payee"], item["account"]) for item in office.told()["items"]}
    assert paid == {
        ("MS-1", "P Poet", "062-222 444"),
        ("MS-2", "Exeter Choir", "062-111 10000000"),
    }


def test_a_batch_without_a_day_takes_it_from_its_items(office: Office) -> None:
    office.milestone("MS-1")
    office.milestone("MS-2")
    office.ann("new", pay_on=None)
    office.ann("add", BATCH, "MS-1", pay_on=DAY)
    refused = office.ann("add", BATCH, "MS-2", pay_on="2026-03-11")
    assert f"{BATCH} pays on {DAY}, not on 2026-03-11" in refused.problems[0]
    assert office.ann("add", BATCH, "MS-1", pay_on="2026-03-12").exit == Exit.DONE
    assert office.told()["pay_on"] == "2026-03-12"
    assert office.ann("submit").exit == Exit.DONE


def test_a_batch_made_by_hand_is_nobodys_and_left_alone(office: Office) -> None:
    office.org.save("Payment_Batch__c", {"Title__c": "By hand", "Status__c": "Draft"})
    refused = office.ann("submit")
    assert "was not made by `sync-worker batch new`" in refused.problems[0]
    assert office.told()["acts"] == []


# Taking out


def test_what_is_taken_out_may_go_into_another_batch(office: Office) -> None:
    office.milestone("MS-1")
    office.milestone("MS-2")
    office.filled("MS-1", "MS-2")
    assert office.bob("remove", BATCH, "ms-1", reason="sent back to the panel").exit == Exit.DONE
    assert (office.item("MS-1")["Status__c"], office.item("MS-1")["Reason__c"]) == (
        "Removed",
        "sent back to the panel",
    )
    office.filled("MS-1", batch=SECOND)
    assert office.ann("add", BATCH, "MS-1").exit == Exit.USAGE
    office.ann("remove", SECOND, "MS-1")
    assert office.ann("add", BATCH, "MS-1").exit == Exit.DONE
    assert (office.item("MS-1")["Status__c"], office.item("MS-1")["Reason__c"]) == ("Pending", None)


def test_what_is_not_in_a_batch_cannot_be_taken_out(office: Office) -> None:
    office.milestone("MS-1")
    office.filled("MS-1")
    refused = office.ann("remove", BATCH, "MS-1", "MS-7")
    assert f"{BATCH} does not hold MS-7" in refused.problems[0]
    assert office.item("MS-1")["Status__c"] == "Pending"
    assert "a reason is needed" in office.ann("remove", BATCH, "MS-1", reason="").problems[0]


def test_a_cancelled_batch_holds_nothing_and_stays_cancelled(office: Office) -> None:
    office.milestone("MS-1")
    office.approved("MS-1")
    assert office.ann("cancel").exit == Exit.DONE
    assert office.batch()["Status__c"] == "Cancelled"
    refused = office.ann("export")
    assert refused.exit == Exit.HELD
    assert "was cancelled" in refused.problems[0]
    office.filled("MS-1", batch=SECOND)


def test_an_empty_batch_can_be_cancelled(office: Office) -> None:
    office.ann("new")
    assert office.ann("cancel").exit == Exit.DONE


# Four eyes


@pytest.mark.parametrize("name", ["Ann", " ann ", "ANN"])
def test_whoever_made_a_batch_cannot_approve_it(office: Office, name: str) -> None:
    office.milestone("MS-1")
    office.filled("MS-1")
    office.ann("submit")
    refused = office.does(name, "approve")
    assert refused.exit == Exit.HELD
    assert (
        "made, filled or submitted PB-000001 (Ann); another person has to approve it"
        in (refused.problems[0])
    )
    assert office.batch()["Status__c"] == "Submitted"


def test_whoever_only_added_or_submitted_cannot_approve_either(office: Office) -> None:
    office.milestone("MS-1")
    office.ann("new")
    office.bob("add", BATCH, "MS-1")
    office.does("Cy", "submit")
    for name in ("Ann", "Bob", "Cy"):
        assert office.does(name, "approve").exit == Exit.HELD
    assert office.does("Di", "approve").exit == Exit.DONE


@pytest.mark.parametrize(
    ("verb", "why"),
    [
        ("approve", "comes before approval"),
        ("export", "only an approved batch"),
        ("sent", "is Draft"),
    ],
)
def test_no_step_is_left_out(office: Office, verb: str, why: str) -> None:
    office.milestone("MS-1")
    office.filled("MS-1")
    refused = office.bob(verb)
    assert refused.exit == Exit.HELD
    assert why in refused.problems[0]
    assert office.files() == []


def test_what_is_approved_is_not_approved_again(office: Office) -> None:
    office.milestone("MS-1")
    office.approved("MS-1")
    assert "is Approved already, approved by Bob" in office.does("Cy", "approve").problems[0]
    assert "is Approved already" in office.ann("submit").problems[0]


def test_an_addition_takes_submission_and_approval_back(office: Office) -> None:
    office.milestone("MS-1")
    office.milestone("MS-2")
    office.approved("MS-1")
    assert office.ann("add", BATCH, "MS-2").exit == Exit.DONE
    assert office.batch()["Status__c"] == "Draft"
    assert office.ann("export").exit == Exit.HELD
    office.ann("submit")
    assert office.bob("approve").exit == Exit.DONE


def test_adding_what_is_there_already_changes_nothing_and_voids_nothing(office: Office) -> None:
    office.milestone("MS-1")
    office.approved("MS-1")
    assert office.ann("add", BATCH, "MS-1").exit == Exit.DONE
    assert office.ann("add", BATCH, "MS-1", pay_on=DAY).exit == Exit.DONE
    assert office.batch()["Status__c"] == "Approved"
    assert office.acts().count("added by Ann") == 1


def test_an_empty_batch_is_not_submitted(office: Office) -> None:
    office.ann("new", pay_on=None)
    refused = office.ann("submit")
    assert refused.exit == Exit.USAGE
    assert "holds nothing" in refused.problems[0]
    assert "has no payment date" in refused.problems[1]


def test_what_people_spoil_in_the_crm_is_found_before_it_is_submitted(office: Office) -> None:
    for n in range(1, 6):
        office.milestone(f"MS-{n}")
    office.filled(*(f"MS-{n}" for n in range(1, 6)))
    office.edit_item("MS-1", Amount__c=None)
    office.edit_item("MS-2", Amount__c=-5)
    office.edit_item("MS-3", Amount__c=5001)
    office.edit_item("MS-4", Payment_Date__c="2026-03-12")
    office.edit_milestone("MS-5", Status__c="Cancelled")
    again = {"Milestone__c": office.record("MS-4"), "Amount__c": 1, "Status__c": "Pending"}
    office.org.save("Payment_Batch_Item__c", {"Payment_Batch__c": office.batch()["Id"], **again})
    said = " ".join(office.ann("submit").problems)
    for words in (
        "MS-1 has no amount",
        "MS-2 is to be paid -5",
        "MS-3 is to be paid 5001.00, and 5000.00",
        f"pays on several days ({DAY}, 2026-03-12)",
        "MS-4 stands in PB-000001 2 times",
        "MS-5 is Cancelled",
    ):
        assert words in said
    assert office.batch()["Status__c"] == "Draft"


# Tampering


@pytest.mark.parametrize("verb", ["approve", "export"])
def test_a_changed_amount_is_refused_and_nothing_is_approved_any_more(
    office: Office, verb: str
) -> None:
    office.milestone("MS-1")
    office.filled("MS-1")
    office.ann("submit")
    if verb == "export":
        office.bob("approve")
    office.edit_item("MS-1", Amount__c=4999)
    refused = office.bob(verb)
    assert refused.exit == Exit.HELD
    assert "was MS-1: 5000.00 to Halfway Museum" in refused.problems[0]
    assert "is MS-1: 4999.00 to Halfway Museum" in refused.problems[0]
    assert "nothing is approved any more" in refused.problems[0]
    assert (office.files(), office.batch()["Status__c"]) == ([], "Draft")
    assert office.acts()[-1] == "voided by Bob"
    office.edit_item("MS-1", Amount__c=5000)
    assert office.bob("export").exit == Exit.HELD  # what was approved once is not approved for ever


def test_every_thing_that_is_paid_is_held_against_what_was_approved(office: Office) -> None:
    """Account, name, day, payee, and an item more or less."""
    office.milestone("MS-1")
    office.milestone("MS-2")
    other = office.applicants.organisation("Other Ltd")
    tampering: tuple[Callable[[], object], ...] = (
        lambda: office.move_account("Halfway Museum", "99999999"),
        lambda: office.org.edit(
            "Account",
            office.applicants.known["Halfway Museum"],
            {"Bank_Account_Name__c": "M Thief"},
        ),
        lambda: office.edit_batch(Payment_Date__c="2026-03-20"),
        lambda: office.org.edit(
            "Contract__c", office.org.rows("Contract__c")[0]["Id"], {"Applicant__c": other}
        ),
        lambda: office.edit_item("MS-2", Status__c="Removed"),
    )
    office.filled("MS-1", "MS-2")
    for tamper in tampering:
        assert office.ann("submit").exit == Exit.DONE
        assert office.bob("approve").exit == Exit.DONE
        tamper()
        refused = office.ann("export")
        assert refused.exit == Exit.HELD
        assert "was changed since it was submitted" in refused.problems[0]
    assert office.files() == []


def test_many_differences_are_not_all_told(office: Office) -> None:
    numbers = [f"MS-{n}" for n in range(1, 4)]
    for number in numbers:
        office.milestone(number)
    office.approved(*numbers)
    office.move_account("Halfway Museum", "99999999")
    assert "; and more" in office.ann("export").problems[0]


def test_a_status_set_by_hand_approves_nothing(office: Office) -> None:
    office.milestone("MS-1")
    office.filled("MS-1")
    office.edit_batch(Status__c="Approved")
    assert "is Draft; only an approved batch" in office.ann("export").problems[0]
    office.ann("submit")
    office.edit_batch(Status__c="Approved")
    refused = office.bob("approve")
    assert "its status in the CRM is Approved, and not Submitted" in refused.problems[0]
    assert office.batch()["Status__c"] == "Draft"


def test_what_was_paid_meanwhile_is_not_paid_again(office: Office) -> None:
    office.milestone("MS-1")
    office.approved("MS-1")
    office.paid("MS-1", "5000.00")
    office.edit_milestone("MS-1", Status__c="Paid")
    refused = office.ann("export")
    assert refused.exit == Exit.HELD
    assert "MS-1 is Paid" in refused.problems[0]
    assert office.files() == []


def test_what_was_paid_in_part_before_approval_is_seen(office: Office) -> None:
    office.milestone("MS-1")
    office.filled("MS-1")
    office.ann("submit")
    office.paid("MS-1", "0.01")
    refused = office.bob("approve")
    assert "4999.99 of it is open" in refused.problems[0]
    assert office.batch()["Status__c"] == "Submitted"


# Accounts


def test_a_first_account_is_said_to_be_new_and_a_known_one_is_not(office: Office) -> None:
    office.milestone("MS-1", "100.00")
    office.milestone("MS-2", "100.00")
    office.approved("MS-1")
    assert office.told()["new_payees"] == ["Halfway Museum"]
    office.ann("export")
    office.filled("MS-2", batch=SECOND)
    assert office.told(SECOND)["new_payees"] == []


def test_a_changed_account_waits_until_another_person_has_made_sure(office: Office) -> None:
    office.milestone("MS-1")
    office.milestone("MS-2")
    office.exported("MS-1")
    office.move_account("Halfway Museum", "66666666")
    office.filled("MS-2", batch=SECOND)
    office.ann("submit", SECOND)
    refused = office.bob("approve", SECOND)
    assert refused.exit == Exit.HELD
    assert refused.problems[0].startswith(
        "Halfway Museum was last paid into 062-111 10000000 (file of 04 Mar 2026), now it is 062-111 66666666"
    )
    assert f"batch approve {SECOND} --accounts" in refused.problems[0]
    assert office.told(SECOND)["changed_accounts"][0]["is"] == "062-111 66666666"
    assert office.ann("approve", SECOND, accounts=True).exit == Exit.HELD
    assert office.bob("approve", SECOND, accounts=True).exit == Exit.DONE
    assert office.ann("export", SECOND).exit == Exit.DONE
    assert "accounts confirmed by Bob" in office.acts(SECOND)


def test_hyphens_and_blanks_make_no_other_account(office: Office) -> None:
    office.milestone("MS-1")
    office.milestone("MS-2")
    office.exported("MS-1")
    office.org.edit("Account", office.applicants.known["Halfway Museum"], {"Bank_BSB__c": "062111"})
    office.approved("MS-2", batch=SECOND)


def test_an_account_that_another_file_paid_into_after_the_approval_is_confirmed_again(
    office: Office,
) -> None:
    for number in ("MS-1", "MS-2"):
        office.milestone(number)
    office.approved("MS-1")
    office.move_account("Halfway Museum", "66666666")
    office.exported("MS-2", batch=SECOND)
    office.move_account("Halfway Museum", "10000000")
    refused = office.ann("export")
    assert refused.exit == Exit.HELD
    assert "was last paid into 062-111 66666666" in refused.problems[0]
    assert office.bob("approve", accounts=True).exit == Exit.DONE
    assert office.acts()[-2:] == ["approved by Bob", "accounts confirmed by Bob"]
    assert office.ann("export").exit == Exit.DONE


# Once


def test_a_second_export_needs_a_reason_which_is_kept(office: Office) -> None:
    office.milestone("MS-1")
    first = office.exported("MS-1")
    refused = office.ann("export")
    assert refused.exit == Exit.HELD
    assert hashlib.sha256(first).hexdigest() in refused.problems[0]
    assert "say why with --again" in refused.problems[0]
    assert office.files() == [f"{BATCH}.aba"]
    again = office.ann("export", again="the bank  lost it")
    assert again.exit == Exit.DONE
    assert office.files() == [f"{BATCH}-2.aba", f"{BATCH}.aba"]
    assert office.told()["acts"][-1]["words"].endswith("; again: the bank lost it")
    assert office.told()["exports"] == 2


def test_what_was_paid_since_is_not_paid_by_a_second_file(office: Office) -> None:
    """Half of the milestone is ordered, and comes back as paid: the other half is open, and not for this file."""
    office.milestone("MS-1", "5000.00")
    office.ann("new")
    office.ann("add", BATCH, "MS-1", amount="2500.00")
    office.ann("submit")
    office.bob("approve")
    office.ann("export")
    office.paid("MS-1", "2500.00")
    office.edit_milestone("MS-1", Status__c="Part Paid")
    refused = office.ann("export", again="nobody remembers")
    assert refused.exit == Exit.HELD
    assert "MS-1 was paid 2500.00 since the file of PB-000001 was made" in refused.problems[0]
    assert office.files() == [f"{BATCH}.aba"]


def test_a_batch_edited_after_its_export_is_not_exported_again(office: Office) -> None:
    office.milestone("MS-1")
    office.exported("MS-1")
    office.edit_item("MS-1", Amount__c=1)
    refused = office.ann("export", again="lost")
    assert "cannot be exported again: what it pays was changed" in refused.problems[0]
    assert office.batch()["Status__c"] == "Exported"
    assert office.ann("add", BATCH, "MS-1").exit == Exit.HELD
    assert office.files() == [f"{BATCH}.aba"]


def test_what_went_to_the_bank_is_not_ordered_again_whatever_the_crm_says(office: Office) -> None:
    office.milestone("MS-1")
    office.exported("MS-1")
    office.edit_item("MS-1", Status__c="Removed")
    office.edit_batch(Status__c="Cancelled")
    office.ann("new", SECOND, title="Another")
    refused = office.ann("add", SECOND, "MS-1")
    assert (
        "MS-1 has nothing open, here and in Xero, that is in no other batch and not at the bank"
        in (refused.problems[0])
    )


def test_a_credit_in_xero_is_not_paid_out_though_the_crm_knows_nothing_of_it(
    office: Office,
) -> None:
    office.milestone("MS-1", "5000.00")
    office.milestone("MS-2", "700.00")
    office.credit("MS-2", "100.00")
    office.approved("MS-1", "MS-2")
    assert office.item("MS-2")["Amount__c"] == 600
    office.credit("MS-1", "400.00")
    office.world.forget_calls()
    refused = office.ann("export")
    assert (refused.exit, office.files()) == (Exit.HELD, [])
    assert (
        "MS-1 is to be paid 5000.00, and 4600.00 of it is open, here and in Xero"
        in (refused.problems[0])
    )
    assert office.world.writes("Invoices") == 0


def test_nobody_is_paid_for_a_bill_that_was_voided_in_xero_a_minute_ago(office: Office) -> None:
    office.milestone("MS-1")
    office.approved("MS-1")
    office.world.xero.void_invoice(office.bill("MS-1"))
    refused = office.ann("export")
    assert (refused.exit, office.files()) == (Exit.HELD, [])
    assert "the bill of MS-1 is VOIDED in Xero" in refused.problems[0]


def test_once_its_payment_came_back_the_rest_of_a_milestone_can_be_paid(office: Office) -> None:
    office.milestone("MS-1", "5000.00")
    office.paid("MS-1", "1000.00")
    office.ann("new")
    office.ann("add", BATCH, "MS-1", amount="2000.00")
    office.ann("submit")
    office.bob("approve")
    office.ann("export")
    office.paid("MS-1", "2000.00")
    office.edit_milestone("MS-1", Status__c="Part Paid")
    office.filled("MS-1", batch=SECOND)
    assert office.item("MS-1", SECOND)["Amount__c"] == 2000


def test_what_the_bank_did_not_pay_is_freed_by_somebody_who_did_not_send_it(office: Office) -> None:
    office.milestone("MS-1")
    office.exported("MS-1")
    office.bob("sent")
    for person in ("Ann", "Bob"):
        refused = office.does(person, "remove", BATCH, "MS-1", reason="bounced")
        assert refused.exit == Exit.HELD
        assert "another person has to say that it was not paid" in refused.problems[0]
    assert office.does("Cy", "remove", BATCH, "MS-1", reason="bounced").exit == Exit.DONE
    assert office.batch()["Status__c"] == "Sent"
    office.filled("MS-1", batch=SECOND)


def test_a_batch_the_crm_calls_exported_is_not_exported_by_a_journal_that_forgot(
    office: Office,
) -> None:
    office.milestone("MS-1")
    office.exported("MS-1")
    office.world.lose_journal()
    refused = office.ann("export", again="lost")
    assert refused.exit == Exit.HELD
    assert "this journal knows nothing of it" in refused.problems[0]
    office.ann("new", SECOND, title="Another")
    assert "MS-1 has nothing open" in office.ann("add", SECOND, "MS-1").problems[0]
    assert office.does("Cy", "cancel").exit == Exit.DONE
    assert office.ann("add", SECOND, "MS-1").exit == Exit.DONE


def test_an_approval_is_lost_with_the_journal(office: Office) -> None:
    office.milestone("MS-1")
    office.approved("MS-1")
    office.world.lose_journal()
    assert "only an approved batch is exported" in office.ann("export").problems[0]


# Files that cannot be


def test_without_a_bank_nothing_is_exported(tmp_path: Path) -> None:
    office = an_office(tmp_path, format=None)
    office.milestone("MS-1")
    office.approved("MS-1")
    refused = office.ann("export")
    assert refused.exit == Exit.USAGE
    assert "bank.format" in refused.problems[0]


def test_a_name_the_bank_cannot_read_is_refused_and_the_batch_stays_approved(
    office: Office,
) -> None:
    office.applicants.organisation("Café Ōtautahi")
    office.milestone("MS-1", who="Café Ōtautahi")
    office.approved("MS-1")
    refused = office.ann("export")
    assert refused.exit == Exit.HELD
    assert "'é' and 'Ō'" in refused.problems[0]
    assert (office.batch()["Status__c"], office.files()) == ("Approved", [])


def test_a_day_that_passed_meanwhile_is_refused(office: Office) -> None:
    office.milestone("MS-1")
    office.approved("MS-1")
    office.world.advance(timedelta(days=10).total_seconds())
    refused = office.ann("export")
    assert "pays on 2026-03-10, which has passed" in refused.problems[0]


def test_a_file_in_the_way_is_not_overwritten(office: Office) -> None:
    office.milestone("MS-1")
    office.approved("MS-1")
    office.folder.mkdir()
    (office.folder / f"{BATCH}.aba").write_text("mine")
    refused = office.ann("export")
    assert refused.exit == Exit.USAGE
    assert "it is not overwritten" in refused.problems[0]
    assert (office.folder / f"{BATCH}.aba").read_text() == "mine"
    assert office.batch()["Status__c"] == "Approved"


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    office = an_office(tmp_path)
    office.milestone("MS-1")
    office.approved("MS-1")
    refused = office.ann("export")
    assert "for bank files cannot be written" in refused.problems[0]
    assert office.batch()["Status__c"] == "Approved"


def test_a_file_whose_sums_are_not_the_batchs_is_never_written(office: Office) -> None:
    class Skimming:
        """A bank whose writer loses a payment."""

        suffix = ".aba"

        def __init__(self, bank: Bank) -> None:
            self._bank = bank

        def file(
            self, name: str, payments: Sequence[Payee], pay_on: date, made_at: datetime
        ) -> BankFile | Unpayable:
            return self._bank.file(name, payments[1:], pay_on, made_at)

    office.milestone("MS-1", "10.00")
    office.milestone("MS-2", "20.00")
    office.approved("MS-1", "MS-2")
    batches = office.world.worker.batches
    assert batches.bank
    with (
        office.world.worker.held(),
        pytest.raises(ValueError, match=r"pays 20\.00 to 1, the batch 30"),
    ):
        bank_export.export(batches.desk, Skimming(batches.bank), BATCH, "Ann")
    assert (office.files(), office.batch()["Status__c"]) == ([], "Approved")
