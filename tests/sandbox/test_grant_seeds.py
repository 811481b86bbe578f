"""The seeded grant maker: the same for the same seed, its hard cases as they are told, and what people then do."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sync_worker.domain.hold import HoldClass
from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds import applicants, grants
from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.seeds.hard import CREATED, SYNCED, UNTOUCHED
from sync_worker.sandbox.seeds.hard_milestones import CASES, Case
from sync_worker.sandbox.xero.app import XeroSandbox
from sync_worker.sandbox.xero.errors import Invalid

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 3, 4, 2, tzinfo=UTC)
LOCK = date(2025, 8, 31)
HELD = {
    "MS-H03": "period-locked",
    "MS-H07": "payee-changed",
    "MS-H09": "date-missing",
    "MS-H18": "account-invalid",
    "MS-H19": "debtor-missing",
    "MS-H20": "tracking-invalid",
}


class World:
    """Two vendors with one seeding in them."""

    def __init__(self, milestones: int, seed: int = 0, namespace: str = "") -> None:
        clock = Clock(lambda: NOON)
        metadata = ROOT / "config" / "salesforce"
        self.org = SalesforceOrg(clock, metadata=metadata, namespace=namespace)
        self.xero = XeroSandbox(clock)
        self.seed = seed
        self.foretold = grants.seed(self.org, self.xero, invoices=milestones, seed=seed)

    def reviewed(self) -> Foretold:
        grants.submit(self.org, self.xero, seed=self.seed)
        return grants.approve(self.org, self.xero, seed=self.seed)

    @property
    def milestones(self) -> dict[str, dict[str, Any]]:
        return {row["Name"]: row for row in self.org.rows("Milestone__c")}

    def of(self, sobject: str, record: str | None) -> dict[str, Any]:
        return next(row for row in self.org.rows(sobject) if row["Id"] == record)

    def payee(self, number: str) -> dict[str, Any]:
        contract = self.of("Contract__c", self.milestones[number]["Contract__c"])
        return self.of("Account", contract["Applicant__c"])

    def bill(self, number: str) -> dict[str, Any]:
        return next(bill for bill in self.xero.documents() if bill["number"] == number)

    def options(self) -> set[str]:
        (category,) = self.xero.books.tracking
        return {option.name for option in category.options}


@pytest.fixture(scope="module")
def world() -> World:
    return World(120, seed=1)


def test_the_same_seed_gives_the_same_data_and_another_seed_other_data(world: World) -> None:
    again, other = World(120, seed=1), World(120, seed=2)
    assert again.milestones == world.milestones
    assert again.org.rows("ContentDocumentLink") == world.org.rows("ContentDocumentLink")
    assert again.xero.documents() == world.xero.documents()
    assert other.milestones != world.milestones


def test_there_are_as_many_milestones_as_asked_and_never_fewer_than_hard_cases(
    world: World,
) -> None:
    assert len(world.milestones) == world.foretold.milestones == 120
    assert World(1).foretold.milestones == len(CASES) == 20


def test_five_milestones_stand_under_one_contract(world: World) -> None:
    plain = [row for name, row in world.milestones.items() if not name.startswith("MS-H")]
    assert set(Counter(row["Contract__c"] for row in plain).values()) == {5}
    assert len(world.org.rows("Contact")) > 2, "some applicants are persons"


def test_no_two_applicants_share_a_name_or_a_bank_account() -> None:
    rows = [applicants.organisation(n) for n in range(12_000)]
    for key in ("Name", "Finance_Email__c"):
        assert len({row[key] for row in rows}) == len(rows)
    accounts = {(row["Bank_BSB__c"], row["Bank_Account_Number__c"]) for row in rows}
    assert len(accounts) == len(rows)
    assert all(re.fullmatch(r"\d{3}-\d{3}", str(row["Bank_BSB__c"])) for row in rows)


def test_nothing_is_approved_before_somebody_has_approved_it() -> None:
    world = World(60)
    assert world.foretold.created == 0
    billed = {case.number for case in CASES if case.fate == SYNCED}
    assert {n for n, row in world.milestones.items() if row["Status__c"] == "Approved"} == billed


def test_review_foretells_what_becomes_of_each_milestone() -> None:
    world = World(120, seed=1)
    foretold = world.reviewed()
    stands = Counter(row["Status__c"] for row in world.milestones.values())
    assert foretold.held == HELD
    assert foretold.untouched == ("MS-H05", "MS-H11", "MS-H14", "MS-H15", "MS-H16")
    exempt_or_nothing, synced = 2, 2
    assert foretold.created == stands["Approved"] - len(HELD) - exempt_or_nothing - synced
    assert stands["Resubmission Requested"] > 1
    assert (stands["Submitted"], stands["Draft"], stands["Cancelled"]) == (0, 1, 1)


def test_who_approves_twice_approves_nothing_more() -> None:
    world = World(30)
    world.reviewed()
    assert world.reviewed() == Foretold()


def test_executed_contracts_could_have_these_drafts_made(world: World) -> None:
    contracts = {row["Id"]: row for row in world.org.rows("Contract__c")}
    due = [
        name
        for name, row in world.milestones.items()
        if row["Contract__c"]
        and contracts[row["Contract__c"]]["Executed_Date__c"]
        and not row["Exempt_from_Sync__c"]
        and not row["Finance_External_ID__c"]
        and row["Status__c"] != "Cancelled"
        and row["Amount__c"]
        and name not in HELD
    ]
    assert world.foretold.drafts == len(due)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_a_fate_is_a_hold_of_ours_or_one_that_is_told_here(case: Case) -> None:
    """`payee-changed` is the process of bills to add."""
    known = {*HoldClass, CREATED, SYNCED, UNTOUCHED, "payee-changed"}
    assert case.fate in known
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {case.number} \|", page, re.MULTILINE)


def test_bill_dates_lie_after_the_lock_but_where_they_shall_not(world: World) -> None:
    for number, row in world.milestones.items():
        contract = row["Contract__c"] and world.of("Contract__c", row["Contract__c"])
        day = row["Bill_Date__c"] or (contract and contract["Start_Date__c"])
        assert (day is None) == (number == "MS-H09")
        if day:
            assert (date.fromisoformat(day) <= LOCK) == (number == "MS-H03")


def test_xero_itself_refuses_the_locked_bill_and_the_unknown_account() -> None:
    world = World(20)
    contact = world.xero.add_contact("Somebody")
    for day, code, said in (("2025-08-26", "480", "lock"), ("2026-03-01", "999", "999")):
        line = {"Description": "Care", "UnitAmount": "1", "AccountCode": code}
        with pytest.raises(Invalid, match=rf"(?i){said}"):
            world.xero.add_invoice(contact, [line], kind="ACCPAY", InvoiceNumber="B", Date=day)


def test_the_mapped_payee_has_another_name_in_xero(world: World) -> None:
    payee = world.payee("MS-H06")
    contacts = {each["id"]: each["name"] for each in world.xero.contacts()}
    assert contacts[payee["Finance_External_ID__c"]] == "Mapleton Players (Treasurer)"


def test_the_draft_of_the_changed_payee_is_made_out_to_another(world: World) -> None:
    bill = world.bill("MS-H07")
    contacts = {each["id"]: each["name"] for each in world.xero.contacts()}
    assert (bill["status"], bill["kind"]) == ("DRAFT", "ACCPAY")
    assert contacts[bill["contact_id"]] != world.payee("MS-H07")["Name"]
    assert world.milestones["MS-H07"]["Finance_External_ID__c"] == bill["id"]


def test_what_was_billed_before_is_paid_in_part_and_in_full(world: World) -> None:
    assert world.bill("MS-H12")["amount_due"] == Decimal(2500)
    assert world.bill("MS-H13")["status"] == "PAID"
    assert (world.foretold.payments_created, world.foretold.payments_included) == (3, 3)


def test_only_one_payee_has_no_bank_account(world: World) -> None:
    without = [row["Name"] for row in world.org.rows("Account") if not row["Bank_BSB__c"]]
    assert without == ["Penniless Theatre"]
    assert world.foretold.without_account == ("MS-H10",)


def test_xero_has_room_for_two_options_more_and_three_are_wanted(world: World) -> None:
    options = world.options()
    wanted = {row["Name"] for row in world.org.rows("Funding_Category__c")}
    assert len(options) == 98
    assert wanted - options == {*applicants.NEW, applicants.ONE_TOO_MANY}
    last = max(world.milestones.values(), key=lambda row: str(row["Id"]))
    assert last["Name"] == "MS-H20", "whoever goes by age comes to it last"


def test_uploaded_invoices_are_files_of_their_milestones(world: World) -> None:
    ids = {row["Id"] for row in world.milestones.values()}
    links = [row for row in world.org.rows("ContentDocumentLink") if row["LinkedEntityId"] in ids]
    assert len(links) == world.foretold.files == 1 + 13
    assert {row["FileType"] for row in world.org.rows("ContentVersion")} == {"PDF"}


def test_people_pay_bills_and_say_how_many() -> None:
    world = World(20)
    contact = world.xero.add_contact("Somebody")
    for number in range(50):
        line = {"Description": "Grant", "UnitAmount": "99.99", "AccountCode": "480"}
        world.xero.add_invoice(contact, [line], kind="ACCPAY", InvoiceNumber=f"B{number}")
    before = len(world.xero.payments())
    some = grants.pay_some(world.org, world.xero, seed=4)
    assert some.payments_created == len(world.xero.payments()) - before
    rest = grants.pay_all(world.org, world.xero, seed=4)
    assert rest.payments_created > 0
    wholly_unpaid = [
        bill
        for bill in world.xero.documents()
        if bill["status"] == "AUTHORISED" and bill["amount_due"] == bill["total"]
    ]
    assert wholly_unpaid == []


def test_a_packages_names_change_nothing_but_the_names() -> None:
    world, own = World(30, namespace="acme"), World(30)
    assert world.foretold == own.foretold
    assert world.reviewed() == own.reviewed()
