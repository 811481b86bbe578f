"""The hard cases of the grants profile, one each, under numbers of their own: MS-H01 and on.

Each case says in what state CRM and Xero are when people begin to submit and approve, and what must come of it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds import applicants
from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.seeds.hard import (
    CREATED,
    HALF,
    SYNCED,
    UNTOUCHED,
    last_of_month_before,
    noon,
)
from sync_worker.sandbox.seeds.people import People
from sync_worker.sandbox.xero.app import XeroSandbox
from sync_worker.sandbox.xero.pdf import drawn

EARLIER, LATER = "before the lock", "after the lock"
NOBODY, A_PERSON = "", "a person"


@dataclass(frozen=True, slots=True)
class Case:
    """`fate` as in the care profile; `status` is where people leave the milestone once they have reviewed it.

    `who` is the applicant: an organisation's name, A_PERSON or NOBODY. `begins` is the start of its contract, None
    without one; `billed_on` the bill date of its own, if any. `in_xero`: how the payee stands there.
    """

    number: str
    title: str
    who: str
    fate: str = CREATED
    status: str = "Approved"
    amount: Decimal = Decimal("5000.00")
    category: str = "Community"
    begins: str | None = LATER
    billed_on: str | None = None
    in_xero: str = ""
    paid: tuple[Decimal, ...] = ()
    exempt: bool = False
    bank_account: bool = True
    uploaded: bool = False

    @property
    def drafted(self) -> bool:
        """Whether a contract that is executed has a bill made before anybody approves it."""
        awaits_review = self.status in {"Draft", "Resubmission Requested"}
        return self.begins is not None and (self.fate == CREATED or awaits_review)


CASES = (
    Case("MS-H01", "First concert", "Meeniyan Touring Hall", category=applicants.NEW[0]),
    Case("MS-H02", "Language week", "Yarrun Language Centre", category=applicants.NEW[1]),
    Case("MS-H03", "Roof repair", "Lockwood Hall Trust", "period-locked", begins=EARLIER),
    Case("MS-H04", "Floor repair", "Lockyer Hall Trust", begins=EARLIER, billed_on=LATER),
    Case("MS-H05", "Paid by hand", "Exeter Choir", UNTOUCHED, exempt=True),
    Case("MS-H06", "Season opening", "Mapleton Players", in_xero="mapped"),
    Case("MS-H07", "Second stage", "Mergefield Arts", "payee-changed", in_xero="draft of another"),
    Case("MS-H08", "Small grant", "No Paper Garden", begins=None, billed_on=LATER),
    Case("MS-H09", "Small grant", "No Date Garden", "date-missing", begins=None),
    Case("MS-H10", "Set design", "Penniless Theatre", bank_account=False),
    Case("MS-H11", "Final report", "Reportville Library", UNTOUCHED, amount=Decimal(0)),
    Case("MS-H12", "Half way", "Halfway Museum", SYNCED, in_xero="linked", paid=(HALF,)),
    Case("MS-H13", "All of it", "Fullarton Museum", SYNCED, in_xero="linked", paid=(HALF, HALF)),
    Case("MS-H14", "Budget", "Resubmit Radio", UNTOUCHED, status="Resubmission Requested"),
    Case("MS-H15", "Withdrawn", "Cancelton Cinema", UNTOUCHED, status="Cancelled"),
    Case("MS-H16", "Still to be done", "Draftwood Shed", UNTOUCHED, status="Draft"),
    Case("MS-H17", "Atelier 🎨 “naïve” 漢字", A_PERSON, category="Youth", uploaded=True),
    Case("MS-H18", "Old fund", "Oldfield Archive", "account-invalid", category=applicants.CLOSED),
    Case("MS-H19", "Whose is it?", NOBODY, "debtor-missing"),
    # Last of all, when the options of the first two have taken the places that were left.
    Case("MS-H20", "Flood", "Toomany Relief", "tracking-invalid", category=applicants.ONE_TOO_MANY),
)
LAST = CASES[-1:]
PERSON_NUMBER = 0
BEFORE_REVIEW = {SYNCED: "Approved", "Cancelled": "Cancelled"}  # by fate or status; else Draft
IN_XERO = {"mapped": "{} (Treasurer)", "linked": "{}", "draft of another": "Former {}"}
BILLED = {"linked", "draft of another"}
Row = dict[str, Any]


class HardMilestones:
    """Puts the cases into both vendors: all but the last, and the last once the plain ones stand there."""

    def __init__(
        self, org: SalesforceOrg, xero: XeroSandbox, funds: Mapping[str, str], people: People
    ) -> None:
        self._org, self._xero, self._funds, self._people = org, xero, funds, people
        self._today = xero.books.today()
        self.lock = last_of_month_before(self._today - timedelta(days=180))
        xero.set_lock_dates(period=self.lock)

    def fill(self, cases: Sequence[Case]) -> None:
        for case in cases:
            self._fill(case)

    def _fill(self, case: Case) -> None:
        org, contact = self._org, self._contact(case)
        payee = self._payee(case, contact)
        row = {"Name": f"APP-{case.number}", "Title__c": case.title, **payee}
        (application,) = org.load("Application__c", [row])
        row = {
            "Name": case.number,
            "Title__c": case.title,
            "Application__c": application,
            "Contract__c": self._contract(case, application, payee),
            "Funding_Category__c": self._funds[case.category],
            "Amount__c": case.amount,
            "Due_Date__c": self._today.isoformat(),
            "Bill_Date__c": self._day(case.billed_on).isoformat() if case.billed_on else None,
            "Exempt_from_Sync__c": case.exempt,
            "Status__c": BEFORE_REVIEW.get(case.fate, BEFORE_REVIEW.get(case.status, "Draft")),
        }
        if case.in_xero in BILLED:
            row |= self._billed(case, str(contact))
        (milestone,) = org.load("Milestone__c", [row])
        if case.uploaded:
            upload(org, case.number, milestone)

    def _contract(self, case: Case, application: str, payee: Row) -> str | None:
        if case.begins is None:
            return None
        begins = self._day(case.begins)
        row = {
            "Name": f"CON-{case.number}",
            "Application__c": application,
            "Start_Date__c": begins.isoformat(),
            "Executed_Date__c": (begins - timedelta(days=7)).isoformat(),
            **payee,
        }
        return self._org.load("Contract__c", [row])[0]

    def _day(self, when: str) -> date:
        return self.lock - timedelta(days=5) if when == EARLIER else self._today - timedelta(20)

    def _contact(self, case: Case) -> str | None:
        """Who stands in Xero on the case's account: by the name of CRM's applicant, or by another."""
        name = IN_XERO.get(case.in_xero)
        return self._xero.add_contact(name.format(case.who)) if name else None

    def _payee(self, case: Case, contact: str | None) -> Row:
        if case.who == NOBODY:
            return {}
        if case.who == A_PERSON:
            row = applicants.person(self._people, PERSON_NUMBER)
            return {"Applicant_Contact__c": self._org.load("Contact", [row])[0]}
        row = applicants.organisation(CASES.index(case), case.who)
        if not case.bank_account:
            row = {name: value for name, value in row.items() if not name.startswith("Bank_")}
        if case.in_xero in {"mapped", "linked"}:
            row["Finance_External_ID__c"] = contact
        return {"Applicant__c": self._org.load("Account", [row])[0]}

    def _billed(self, case: Case, contact: str) -> Row:
        """The bill that stands in Xero already: approved and paid, or drafted for somebody else."""
        day = self._day(LATER)
        line = {
            "Description": case.title,
            "UnitAmount": case.amount,
            "AccountCode": applicants.GRANTS_PAID,
            "TaxType": "EXEMPTEXPENSES",
        }
        bill = self._xero.add_invoice(
            contact,
            [line],
            kind="ACCPAY",
            status="AUTHORISED" if case.fate == SYNCED else "DRAFT",
            InvoiceNumber=case.number,
            Date=day,
            LineAmountTypes="Inclusive",
        )
        for n, share in enumerate(case.paid):
            self._xero.pay(bill, case.amount * share, self._today - timedelta(days=8 - n))
        return {
            "Finance_External_ID__c": bill,
            "Xero_Bill_Number__c": case.number,
            "Finance_Sync_State__c": "Synced" if case.fate == SYNCED else "Draft",
            "Finance_Synced_At__c": noon(day),
        }


def upload(org: SalesforceOrg, number: str, milestone: str) -> None:
    """The applicant's own invoice, as a file of the milestone."""
    content = drawn([f"Tax invoice for milestone {number}"])
    org.save(
        "ContentVersion",
        {
            "PathOnClient": f"Invoice {number}.pdf",
            "VersionData": base64.b64encode(content).decode(),
            "FirstPublishLocationId": milestone,
        },
    )


def foretold_before() -> Foretold:
    """What the hard cases come to before anybody has reviewed anything."""
    paid = sum(len(case.paid) for case in CASES)
    return Foretold(
        drafts=sum(case.drafted for case in CASES),
        payments_created=paid,
        payments_included=paid,
        files=sum(case.uploaded for case in CASES),
        without_account=tuple(case.number for case in CASES if not case.bank_account),
    )


def foretold_after() -> Foretold:
    """And once all that can be approved is approved."""
    waits = {case.number: case.fate for case in CASES}
    return Foretold(
        created=sum(fate == CREATED for fate in waits.values()),
        held={n: fate for n, fate in waits.items() if fate not in {CREATED, SYNCED, UNTOUCHED}},
        untouched=tuple(n for n, fate in waits.items() if fate == UNTOUCHED),
    )
