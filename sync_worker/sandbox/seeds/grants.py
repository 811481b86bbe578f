"""A grant maker: applicants, contracts and the milestones that are paid when they are reached.

`seed` fills both vendors the same way for the same seed and clock; nothing is submitted yet. Then people act: `submit`,
`approve`, and in Xero `pay_some` or `pay_all`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds import applicants
from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.seeds.hard_milestones import (
    CASES,
    LAST,
    HardMilestones,
    foretold_after,
    foretold_before,
    upload,
)
from sync_worker.sandbox.seeds.paying import parts_paid, pay
from sync_worker.sandbox.seeds.people import People
from sync_worker.sandbox.xero.app import XeroSandbox

MILESTONES_AN_APPLICANT = 5
KEPT_FOR_HARD_CASES = 100  # the first applicant numbers
CHUNK = 2_000
UPLOADED_EVERY = 8
SENT_BACK = 0.04  # of those that were submitted
OLDEST_DAYS = 120  # all contracts begin after the locked period
TITLES = ("First stage", "Half way", "Opening", "Public report", "Final report")
PANEL = "Ngaire Panel"

Row = dict[str, Any]


def seed(
    org: SalesforceOrg,
    xero: XeroSandbox,
    *,
    invoices: int,
    seed: int,
    told: Callable[[int], None] = lambda _: None,
) -> Foretold:
    """Two reset vendors, filled with `invoices` milestones, but never fewer than hard cases."""
    funds, people = applicants.categories(org), People(seed, xero.books.today())
    applicants.open_books(xero)
    hard = HardMilestones(org, xero, funds, people)
    hard.fill(CASES[: -len(LAST)])
    plain = max(0, invoices - len(CASES))
    PlainMilestones(org, xero, funds, people, seed).fill(plain, told)
    hard.fill(LAST)
    foretold = foretold_before()
    return replace(
        foretold,
        milestones=len(CASES) + plain,
        drafts=foretold.drafts + plain,
        files=foretold.files + -(-plain // UPLOADED_EVERY),
    )


class PlainMilestones:
    """Milestones with nothing odd about them, five of each applicant under one contract."""

    def __init__(
        self,
        org: SalesforceOrg,
        xero: XeroSandbox,
        funds: Mapping[str, str],
        people: People,
        seed: int,
    ) -> None:
        self._org = org
        self._funds = [funds[name] for name in (*applicants.KNOWN, *applicants.NEW)]
        self._people = people
        self._today = xero.books.today()
        self._chance = Random(f"grants {seed}")

    def fill(self, count: int, told: Callable[[int], None]) -> None:
        grants = self._contracts(-(-count // MILESTONES_AN_APPLICANT))
        for start in range(0, count, CHUNK):
            numbers = range(start, min(start + CHUNK, count))
            rows = (self._milestone(n, grants[n // MILESTONES_AN_APPLICANT]) for n in numbers)
            ids = self._org.load("Milestone__c", rows)
            for n, milestone in zip(numbers, ids, strict=True):
                if n % UPLOADED_EVERY == 0:
                    upload(self._org, _number(n), milestone)
            told(len(numbers))

    def _contracts(self, count: int) -> list[Row]:
        """What the milestones of each applicant have in common."""
        payees = self._applicants(count)
        rows = [
            {"Name": f"APP-{n + 1:06d}", "Title__c": f"Grant round, applicant {n + 1}", **payee}
            for n, payee in enumerate(payees)
        ]
        applications = self._org.load("Application__c", rows)
        begun = [
            self._today - timedelta(self._chance.randrange(1, OLDEST_DAYS)) for _ in range(count)
        ]
        rows = [
            {
                "Name": f"CON-{n + 1:06d}",
                "Application__c": applications[n],
                "Start_Date__c": begun[n].isoformat(),
                "Executed_Date__c": (begun[n] - timedelta(days=7)).isoformat(),
                **payees[n],
            }
            for n in range(count)
        ]
        contracts = self._org.load("Contract__c", rows)
        return [
            {
                "Application__c": application,
                "Contract__c": contract,
                "Funding_Category__c": self._funds[n % len(self._funds)],
            }
            for n, (application, contract) in enumerate(zip(applications, contracts, strict=True))
        ]

    def _applicants(self, count: int) -> list[Row]:
        numbers = range(KEPT_FOR_HARD_CASES, KEPT_FOR_HARD_CASES + count)
        persons = [n for n in numbers if applicants.is_person(n)]
        others = [n for n in numbers if not applicants.is_person(n)]
        contacts = self._org.load("Contact", (applicants.person(self._people, n) for n in persons))
        accounts = self._org.load("Account", map(applicants.organisation, others))
        payees = {
            n: {"Applicant_Contact__c": id_} for n, id_ in zip(persons, contacts, strict=True)
        }
        payees |= {n: {"Applicant__c": id_} for n, id_ in zip(others, accounts, strict=True)}
        return [payees[n] for n in numbers]

    def _milestone(self, n: int, grant: Row) -> Row:
        stage, chance = n % MILESTONES_AN_APPLICANT, self._chance
        return {
            "Name": _number(n),
            "Title__c": TITLES[stage],
            "Amount__c": Decimal(chance.randrange(50_000, 2_000_000, 25)) / 100,
            "Due_Date__c": (self._today + timedelta(days=30 * stage - 60)).isoformat(),
            **grant,
        }


def submit(org: SalesforceOrg, xero: XeroSandbox, *, seed: int) -> Foretold:
    """Applicants submit what they have drafted. Nothing goes to Xero for that."""
    kept = {case.number for case in CASES if case.status == "Draft"}
    due = [row for row in _milestones(org, "Draft") if row["Name"] not in kept]
    now = xero.clock.now()
    for row in due:
        org.edit("Milestone__c", row["Id"], {"Status__c": "Submitted", "Submitted_At__c": now})
    return Foretold(milestones=len(due))


def approve(org: SalesforceOrg, xero: XeroSandbox, *, seed: int) -> Foretold:
    """The panel approves what was submitted, or now and then asks for it again."""
    chance, now = Random(f"approvals {seed}"), xero.clock.now()
    hard = {case.number: case.status for case in CASES}
    approved = {"Status__c": "Approved", "Approved_At__c": now, "Approved_By__c": PANEL}
    sent_back = {"Status__c": "Resubmission Requested"}
    submitted, plain = _milestones(org, "Submitted"), 0
    for row in submitted:
        number = row["Name"]
        again = hard[number] != "Approved" if number in hard else chance.random() < SENT_BACK
        plain += number not in hard and not again
        org.edit("Milestone__c", row["Id"], sent_back if again else approved)
    if not submitted:
        return Foretold()
    foretold = foretold_after()
    return replace(foretold, milestones=len(submitted), created=foretold.created + plain)


def pay_some(_: SalesforceOrg, xero: XeroSandbox, *, seed: int) -> Foretold:
    """Today people pay most of the bills that are approved and wholly unpaid, some in part or in two."""
    chance = Random(f"payments {seed}")
    return pay(xero, "ACCPAY", lambda due: parts_paid(due, chance))


def pay_all(_: SalesforceOrg, xero: XeroSandbox, *, seed: int) -> Foretold:
    """The bank feed brings one payment for each bill that is approved and wholly unpaid."""
    return pay(xero, "ACCPAY", lambda due: [due])


def _milestones(org: SalesforceOrg, status: str) -> list[Row]:
    name = f"{org.namespace}__Status__c" if org.namespace else "Status__c"
    return [row for row in org.rows("Milestone__c") if row[name] == status]


def _number(n: int) -> str:
    return f"MS-{n + 1:06d}"
