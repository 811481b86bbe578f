"""The seeded care provider: the same for the same seed, right to the cent, hard cases and all."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from sync_worker.sandbox import seeds
from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds import care
from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.seeds.hard import CASES
from sync_worker.sandbox.seeds.people import People
from sync_worker.sandbox.seeds.prices import PRICES
from sync_worker.sandbox.xero.app import XeroSandbox
from sync_worker.sandbox.xero.errors import Invalid

METADATA = Path(__file__).resolve().parents[2] / "config" / "salesforce"
NOON = datetime(2026, 3, 4, 2, tzinfo=UTC)
TODAY = date(2026, 3, 4)
HELD = {
    "INV-H02": "contact-name-taken",
    "INV-H03": "contact-archived",
    "INV-H05": "account-invalid",
    "INV-H06": "period-locked",
    "INV-H17": "total-differs",
    "INV-H21": "contact-name-taken",
    "INV-H22": "no-lines",
}


class World:
    """Two vendors with one seeding in them."""

    def __init__(self, invoices: int, seed: int = 0) -> None:
        clock = Clock(lambda: NOON)
        self.org = SalesforceOrg(clock, metadata=METADATA)
        self.xero = XeroSandbox(clock)
        self.foretold = care.seed(self.org, self.xero, invoices=invoices, seed=seed)
        self.invoices = self.org.rows("Invoice__c")
        self.lines = self.org.rows("Invoice_Line_Item__c")
        self.people = self.org.rows("Contact")
        self.items = {row["Id"]: row for row in self.org.rows("Support_Item__c")}

    def invoice(self, number: str) -> dict[str, Any]:
        return next(row for row in self.invoices if row["Name"] == number)

    def lines_of(self, number: str) -> list[dict[str, Any]]:
        invoice = self.invoice(number)["Id"]
        return [line for line in self.lines if line["Invoice__c"] == invoice]

    def participant(self, number: str) -> dict[str, Any]:
        who = self.invoice(number)["Participant__c"]
        return next(row for row in self.people if row["Id"] == who)

    def contacts_named(self, name: str) -> list[dict[str, Any]]:
        return [contact for contact in self.xero.contacts() if contact["name"] == name]

    def document(self, number: str) -> dict[str, Any]:
        return next(d for d in self.xero.documents() if d["reference"] == number)


@pytest.fixture(scope="module")
def world() -> World:
    return World(invoices=300, seed=1)


def owed(lines: list[dict[str, Any]]) -> Decimal:
    amounts = (
        (line["Quantity__c"] * line["Rate__c"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        for line in lines
        if line["Include__c"]
    )
    return sum(amounts, Decimal(0))


def test_the_same_seed_gives_the_same_data_and_another_seed_other_data(world: World) -> None:
    again, other = World(300, seed=1), World(300, seed=2)
    assert again.invoices == world.invoices
    assert again.lines == world.lines
    assert again.people == world.people
    assert again.xero.documents() == world.xero.documents()
    assert again.foretold == world.foretold
    assert other.lines != world.lines


def test_there_are_as_many_invoices_as_asked_and_never_fewer_than_hard_cases() -> None:
    assert len(World(23).invoices) == 23
    assert len(World(1).invoices) == len(CASES) == 22
    assert World(1).foretold.invoices == 22


def test_about_one_participant_stands_behind_five_invoices(world: World) -> None:
    assert len(world.people) == len(CASES) + (300 - len(CASES) + 4) // 5


def test_no_two_people_share_an_ndis_number_and_only_the_namesakes_a_name(world: World) -> None:
    numbers = [row["NDIS_Number__c"] for row in world.people]
    assert len(set(numbers)) == len(numbers)
    assert all(number.startswith("430") and len(number) == 9 for number in numbers)
    names = Counter(f"{row['FirstName']} {row['LastName']}" for row in world.people)
    assert [name for name, count in names.items() if count > 1] == ["Alex Taylor"]
    emails = [row["Email"] for row in world.people]
    assert len(set(emails)) == len(emails)


def test_forty_thousand_people_have_forty_thousand_names_and_numbers() -> None:
    people = People(5, TODAY)
    assert len({people.name(n) for n in range(40_000)}) == 40_000
    assert len({people.ndis_number(n) for n in range(40_000)}) == 40_000


def test_totals_are_right_to_the_cent_but_for_the_one_that_shall_not_be(world: World) -> None:
    by_invoice: dict[str, list[dict[str, Any]]] = {}
    for line in world.lines:
        by_invoice.setdefault(line["Invoice__c"], []).append(line)
    wrong = [
        row["Name"]
        for row in world.invoices
        if row["Id"] in by_invoice and row["Total_Amount__c"] != owed(by_invoice[row["Id"]])
    ]
    assert wrong == ["INV-H17"]
    difference = world.invoice("INV-H17")["Total_Amount__c"] - owed(world.lines_of("INV-H17"))
    assert difference == Decimal("0.01")


def test_invoices_have_one_to_eight_lines_of_known_items(world: World) -> None:
    counts = Counter(line["Invoice__c"] for line in world.lines)
    assert set(counts.values()) == set(range(1, 9))
    used = {world.items[line["Support_Item__c"]]["Support_Item_Number__c"] for line in world.lines}
    assert {price.number for price in PRICES} <= used


def test_dates_lie_in_the_last_months_after_the_lock_except_the_locked_one(world: World) -> None:
    lock = date(2025, 8, 31)
    for row in world.invoices:
        day = date.fromisoformat(row["Invoice_Date__c"])
        assert (day <= lock) == (row["Name"] == "INV-H06")
        assert day < TODAY
        assert date.fromisoformat(row["Due_Date__c"]) == day + timedelta(days=14)
    for line in world.lines:
        assert date.fromisoformat(line["Service_Date__c"]) <= TODAY


def test_funding_goes_with_the_participant_and_plan_managed_ones_name_the_manager(
    world: World,
) -> None:
    plain = [row for row in world.invoices if not row["Name"].startswith("INV-H")]
    kinds = {row["Participant__c"]: row["Funding_Type__c"] for row in plain}
    assert all(kinds[row["Participant__c"]] == row["Funding_Type__c"] for row in plain)
    assert set(kinds.values()) == {"Self-Managed", "Plan-Managed", "Agency-Managed"}
    for row in plain:
        assert bool(row["Plan_Manager__c"]) == (row["Funding_Type__c"] == "Plan-Managed")


def test_what_is_foretold_adds_up(world: World) -> None:
    foretold = world.foretold
    assert foretold.held == HELD
    assert foretold.untouched == ("INV-H07", "INV-H16")
    synced = 4
    assert foretold.created == 300 - len(HELD) - len(foretold.untouched) - synced
    assert (foretold.payments_created, foretold.payments_included) == (5, 4)
    assert foretold.payments_excluded == 1
    assert seeds.Foretold(**foretold.as_json()).held == HELD


def test_the_namesakes_differ_in_everything_but_the_name(world: World) -> None:
    first, second = world.participant("INV-H01"), world.participant("INV-H02")
    assert first["Id"] != second["Id"]
    assert first["NDIS_Number__c"] != second["NDIS_Number__c"]
    assert first["Email"] != second["Email"]
    key = ("CreatedDate", "Id")
    order = [world.invoice(n) for n in ("INV-H01", "INV-H02")]
    assert sorted(order, key=lambda row: [row[k] for k in key]) == order, "the first one is made"


def test_the_archived_contact_is_the_one_the_crm_knows(world: World) -> None:
    (contact,) = world.contacts_named("Archie Shelved")
    assert contact["status"] == "ARCHIVED"
    assert world.participant("INV-H03")["Finance_External_ID__c"] == contact["id"]


def test_the_merged_contact_leads_to_the_one_that_stayed(world: World) -> None:
    (stayed,) = world.contacts_named("Merle Joined")
    (gone,) = world.contacts_named("Merle Joined (old)")
    assert world.participant("INV-H04")["Finance_External_ID__c"] == gone["id"]
    assert gone["merged_to"] == stayed["id"]
    assert stayed["status"] == "ACTIVE"


def test_the_one_with_a_number_can_be_linked_and_the_one_without_cannot(world: World) -> None:
    (known,) = world.contacts_named("Stan Standing")
    assert known["account_number"] == world.participant("INV-H20")["NDIS_Number__c"]
    (unknown,) = world.contacts_named("Nameless Second")
    assert not unknown["account_number"]
    assert not unknown["email"]
    for number in ("INV-H20", "INV-H21"):
        assert world.participant(number)["Finance_External_ID__c"] is None


def test_the_hard_lines_are_there(world: World) -> None:
    (line,) = world.lines_of("INV-H05")
    assert world.items[line["Support_Item__c"]]["Finance_Account_Code__c"] == "999"
    assert world.invoice("INV-H07")["Status__c"] == "Cancelled"
    assert [line["Include__c"] for line in world.lines_of("INV-H08")] == [True, False]
    taxes = [world.items[line["Support_Item__c"]] for line in world.lines_of("INV-H09")]
    assert [item["Tax_Type__c"] for item in taxes] == ["GST Free Income", "OUTPUT"]
    assert {item["Finance_Account_Code__c"] for item in taxes} == {"200"}
    # 100.005 and 8.77875 and 18.49995, each rounded half up
    assert world.invoice("INV-H10")["Total_Amount__c"] == Decimal("100.01") + Decimal(
        "8.78"
    ) + Decimal("18.50")
    assert len(world.invoice("INV-H11")["Description__c"]) == 4000
    assert "🏊" in world.lines_of("INV-H11")[0]["Description__c"]
    assert world.lines_of("INV-H16") == []
    assert world.invoice("INV-H18")["Plan_Manager__c"]
    assert world.invoice("INV-H19")["Funding_Type__c"] == "Agency-Managed"


@pytest.mark.parametrize(
    ("number", "payments", "left"),
    [("INV-H12", 1, "70.23"), ("INV-H13", 1, "0"), ("INV-H14", 2, "0"), ("INV-H15", 1, "0")],
)
def test_what_was_synced_before_stands_in_xero_with_its_payments(
    world: World, number: str, payments: int, left: str
) -> None:
    document, row = world.document(number), world.invoice(number)
    assert row["Finance_External_ID__c"] == document["id"]
    assert row["Xero_Invoice_Number__c"] == document["number"]
    assert row["Finance_Sync_State__c"] == "Synced"
    assert document["total"] == row["Total_Amount__c"] == Decimal("140.46")
    assert document["amount_due"] == Decimal(left)
    paid = [p for p in world.xero.payments() if p["invoice_id"] == document["id"]]
    assert len(paid) == payments


def test_the_stripe_payment_in_the_crm_is_the_same_money_as_the_one_in_xero(world: World) -> None:
    (payment,) = world.org.rows("Payment__c")
    invoice = world.invoice("INV-H15")
    assert payment["Invoice__c"] == invoice["Id"]
    assert payment["Type__c"] == "Stripe"
    assert payment["Payment_Amount__c"] == invoice["Total_Payment_Amount__c"] == Decimal("140.46")
    document = world.document("INV-H15")["id"]
    (twin,) = [p for p in world.xero.payments() if p["invoice_id"] == document]
    apart = twin["date"] - date.fromisoformat(payment["Payment_Date__c"][:10])
    assert apart == timedelta(days=1)
    assert twin["amount"] == payment["Payment_Amount__c"]


def test_people_pay_some_of_what_is_owed_and_say_how_much() -> None:
    world = World(21)
    contact = world.contacts_named("Fay Fullpaid")[0]["id"]
    for _ in range(200):
        world.xero.add_invoice(
            contact,
            [{"Description": "Care", "UnitAmount": "99.99", "AccountCode": "200"}],
        )
    before = {payment["id"] for payment in world.xero.payments()}
    told = care.pay_some(world.org, world.xero, seed=4)
    made = [p for p in world.xero.payments() if p["id"] not in before]
    assert told == Foretold(payments_created=len(made), payments_included=len(made))
    per_invoice = Counter(payment["invoice_id"] for payment in made)
    assert 160 <= len(per_invoice) <= 195
    assert 10 <= sum(count == 2 for count in per_invoice.values()) <= 32
    paid = [d for d in world.xero.documents() if d["id"] in per_invoice]
    assert 115 <= sum(d["status"] == "PAID" for d in paid) <= 165


def test_xero_reaches_the_total_the_crm_tells() -> None:
    fresh = World(300, seed=1)
    contact = fresh.xero.add_contact("Somebody")
    totals = {}
    for row in fresh.invoices:
        if row["Name"] in {*HELD, *fresh.foretold.untouched} or row["Finance_External_ID__c"]:
            continue
        lines = [in_xero(line, fresh.items) for line in fresh.lines_of(row["Name"])]
        made = fresh.xero.add_invoice(
            contact,
            [line for line in lines if line],
            LineAmountTypes="Inclusive",
            Date=row["Invoice_Date__c"],
            Reference=row["Name"],
        )
        totals[made] = row["Total_Amount__c"]
    reached = {document["id"]: document["total"] for document in fresh.xero.documents()}
    assert len(totals) == fresh.foretold.created
    assert {made: reached[made] for made in totals} == totals


def in_xero(line: dict[str, Any], items: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    item = items[line["Support_Item__c"]]
    taxes = {"OUTPUT": "OUTPUT", "GST on Income": "OUTPUT"}
    return line["Include__c"] and {
        "Description": item["Xero_Invoice_Line_Description__c"],
        "Quantity": line["Quantity__c"],
        "UnitAmount": line["Rate__c"],
        "AccountCode": item["Finance_Account_Code__c"],
        "TaxType": taxes.get(item["Tax_Type__c"], "EXEMPTOUTPUT"),
    }


@pytest.mark.parametrize(
    ("number", "said"), [("INV-H03", "archived"), ("INV-H05", "999"), ("INV-H06", "lock")]
)
def test_what_is_foretold_to_be_held_xero_itself_would_refuse(number: str, said: str) -> None:
    world = World(21)
    row = world.invoice(number)
    contact = world.participant(number)["Finance_External_ID__c"]
    lines = [in_xero(line, world.items) for line in world.lines_of(number)]
    with pytest.raises(Invalid, match=rf"(?i){said}"):
        world.xero.add_invoice(
            contact or world.xero.add_contact("Somebody"),
            lines,
            Date=row["Invoice_Date__c"],
        )


def test_a_packages_names_change_nothing_but_the_names() -> None:
    clock = Clock(lambda: NOON)
    org = SalesforceOrg(clock, metadata=METADATA, namespace="maica_cc")
    told = care.seed(org, XeroSandbox(clock), invoices=40, seed=0)
    own = World(40)
    assert told == own.foretold
    rows = org.rows("Invoice__c")
    totals = [row["maica_cc__Total_Amount__c"] for row in rows]
    assert totals == [row["Total_Amount__c"] for row in own.invoices]
