"""The hard cases of the care profile, one each, under numbers of their own: INV-H01 and on.

Each case says in what state CRM and Xero are when the sync begins, and what must come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import NamedTuple

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds.catalogue import CENT, Catalogue, Line
from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.seeds.prices import ROOM_HIRE, UNKNOWN_ACCOUNT
from sync_worker.sandbox.xero.app import XeroSandbox

Person = Mapping[str, object]
CREATED, UNTOUCHED, SYNCED = "created", "untouched", "synced"
LONG_TEXT = ("Visit notes 👩🏽‍🦽 … “all went well” ✅ naïve café 漢字. " * 100)[:3999] + "."


@dataclass(frozen=True, slots=True)
class Case:
    """`fate` is CREATED, UNTOUCHED, SYNCED (before we began) or why it is held.

    `in_xero`: how the participant already stands in Xero, see `_stand_in_xero`. `paid`: the parts
    of the total that people paid in Xero. `off_by`: what the CRM's total is wrong by.
    """

    number: str
    who: str
    fate: str = CREATED
    lines: tuple[Line, ...] = (Line(),)
    in_xero: str = ""
    paid: tuple[Decimal, ...] = ()
    paid_by_stripe: bool = False
    off_by: Decimal = Decimal(0)
    invoice: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.include), Decimal(0))


HALF, WHOLE = Decimal("0.5"), Decimal(1)
CASES = (
    Case("INV-H01", "Alex Taylor"),  # two people of one name: the first is made,
    Case("INV-H02", "Alex Taylor", "contact-name-taken"),  # the second needs a person to decide
    Case("INV-H03", "Archie Shelved", "contact-archived", in_xero="archived"),
    Case("INV-H04", "Merle Joined", in_xero="merged"),
    Case("INV-H05", "Odette Code", "account-invalid", lines=(Line(UNKNOWN_ACCOUNT),)),
    Case("INV-H06", "Perry Lockyer", "period-locked"),
    Case("INV-H07", "Callie Void", UNTOUCHED, invoice={"Status__c": "Cancelled"}),
    Case("INV-H08", "Ines Offline", lines=(Line(), Line(quantity=Decimal(5), include=False))),
    Case("INV-H09", "Gus Mixed", lines=(Line(), Line(ROOM_HIRE, Decimal(3), ROOM_HIRE.rate))),
    Case(
        "INV-H10",
        "Penny Round",
        lines=(
            Line(quantity=Decimal(3), rate=Decimal("33.335")),
            Line(quantity=Decimal("0.125"), rate=Decimal("70.23")),
            Line(quantity=Decimal("1.5"), rate=Decimal("12.3333")),
        ),
    ),
    Case(
        "INV-H11",
        "Zoë Ünïcode-😀",
        lines=(Line(description="Swimming 🏊 & “splash” <b>day</b> \\ 'quoted'"),),
        invoice={"Description__c": LONG_TEXT},
    ),
    Case("INV-H12", "Harvey Halfpaid", SYNCED, in_xero="linked", paid=(HALF,)),
    Case("INV-H13", "Fay Fullpaid", SYNCED, in_xero="linked", paid=(WHOLE,)),
    Case("INV-H14", "Tori Twopaid", SYNCED, in_xero="linked", paid=(HALF, HALF)),
    Case("INV-H15", "Stella Stripe", SYNCED, in_xero="linked", paid=(WHOLE,), paid_by_stripe=True),
    Case("INV-H16", "Nola Noline", UNTOUCHED, lines=()),  # its lines are still to be entered
    Case("INV-H17", "Cary Centoff", "total-differs", off_by=CENT),
    Case("INV-H18", "Polly Planned", invoice={"Funding_Type__c": "Plan-Managed"}),
    Case("INV-H19", "Agnes Agency", invoice={"Funding_Type__c": "Agency-Managed"}),
    Case("INV-H20", "Stan Standing", in_xero="by number"),  # linked, not doubled
    Case("INV-H21", "Nameless Second", "contact-name-taken", in_xero="by name"),
    Case("INV-H22", "Ollie Off", "no-lines", lines=(Line(include=False),)),
)


class HardCases:
    """Puts the cases into both systems.

    `lock` is the last day of the period that is locked in Xero.
    """

    def __init__(self, org: SalesforceOrg, xero: XeroSandbox, catalogue: Catalogue) -> None:
        self._org = org
        self._xero = xero
        self._catalogue = catalogue
        self._today = catalogue.today
        self.lock = last_of_month_before(self._today - timedelta(days=180))

    def fill(self) -> Foretold:
        self._xero.set_lock_dates(period=self.lock)
        people = [self._participant(n, case) for n, case in enumerate(CASES)]
        participants = dict(zip(CASES, self._org.load("Contact", people), strict=True))
        synced = [(c, p) for c, p in zip(CASES, people, strict=True) if c.fate == SYNCED]
        standing = {
            case: self._invoice_in_xero(case, str(person["Finance_External_ID__c"]), f"INV-{n:04d}")
            for n, (case, person) in enumerate(synced, 1)
        }
        rows = [self._invoice(case, participants[case], standing.get(case)) for case in CASES]
        invoices = dict(zip(CASES, self._org.load("Invoice__c", rows), strict=True))
        lines = (row for case, invoice in invoices.items() for row in self._lines(case, invoice))
        self._org.load("Invoice_Line_Item__c", lines)
        stripe = [case for case in CASES if case.paid_by_stripe]
        self._org.load("Payment__c", [self._stripe_payment(c, invoices[c]) for c in stripe])
        for case, document in standing.items():
            self._pay_in_xero(case, document)
        return foretold_of(CASES)

    def _participant(self, n: int, case: Case) -> dict[str, object]:
        first, last = case.who.split(" ", 1)
        ndis = self._catalogue.people.ndis_number(n)
        person = self._catalogue.people.person(first, last, ndis, Random(case.number))
        stand = IN_XERO.get(case.in_xero)
        return person | {"Finance_External_ID__c": stand(self._xero, person)} if stand else person

    def _invoice(
        self, case: Case, participant: str, document: Document | None
    ) -> dict[str, object]:
        row: dict[str, object] = {
            "Name": case.number,
            "Participant__c": participant,
            "Invoice_Date__c": self._date(case).isoformat(),
            "Due_Date__c": (self._date(case) + timedelta(days=14)).isoformat(),
            "Funding_Type__c": "Self-Managed",
            "Total_Amount__c": case.total + case.off_by if case.lines else None,
        }
        row |= case.invoice
        if row["Funding_Type__c"] == "Plan-Managed":
            row["Plan_Manager__c"] = self._catalogue.managers[0]
        if document:
            row |= {
                "Status__c": "Fully Paid" if case.paid_by_stripe else "Not Paid",
                "Finance_External_ID__c": document.id,
                "Xero_Invoice_Number__c": document.number,
                "Finance_Sync_State__c": "Synced",
                "Finance_Synced_At__c": noon(self._date(case)),
            }
        return row

    def _date(self, case: Case) -> date:
        return (
            self.lock - timedelta(days=5)
            if case.fate == "period-locked"
            else self._today - timedelta(days=21)
        )

    def _lines(self, case: Case, invoice: str) -> Iterator[dict[str, object]]:
        return (self._catalogue.line(line, invoice, self._date(case)) for line in case.lines)

    def _stripe_payment(self, case: Case, invoice: str) -> dict[str, object]:
        return {
            "Invoice__c": invoice,
            "Type__c": "Stripe",
            "Source__c": "Stripe",
            "Paid__c": True,
            "Include__c": True,
            "Payment_Date__c": noon(self._today - timedelta(days=9)),
            "Payment_Amount__c": case.total,
            "Stripe_Payment_ID__c": "pi_3SandboxStripe000001",
        }

    def _invoice_in_xero(self, case: Case, contact: str, number: str) -> Document:
        """As an earlier system left it there."""
        day = self._date(case)
        lines = [
            {
                "Description": line.item.name,
                "Quantity": line.quantity,
                "UnitAmount": line.rate,
                "AccountCode": line.item.account,
                "TaxType": "EXEMPTOUTPUT",
            }
            for line in case.lines
        ]
        invoice = self._xero.add_invoice(
            contact,
            lines,
            InvoiceNumber=number,
            Reference=case.number,
            Date=day,
            DueDate=day + timedelta(days=14),
            LineAmountTypes="Inclusive",
        )
        return Document(invoice, number)

    def _pay_in_xero(self, case: Case, document: Document) -> None:
        """The parts a week ago and the days after; what rounding leaves over goes with the last."""
        left = case.total
        for n, share in enumerate(case.paid):
            last = n == len(case.paid) - 1 and sum(case.paid) == 1
            amount = left if last else (case.total * share).quantize(CENT, ROUND_HALF_UP)
            left -= amount
            self._xero.pay(document.id, amount, self._today - timedelta(days=8 - n))


class Document(NamedTuple):
    id: str
    number: str


def _archived(xero: XeroSandbox, person: Person) -> str:
    contact = _linked(xero, person)
    xero.archive_contact(contact)
    return contact


def _merged(xero: XeroSandbox, person: Person) -> str:
    """The CRM knows the contact that was merged away; the one that stayed bears the name."""
    old = xero.add_contact(f"{full_name(person)} (old)")
    xero.merge_contacts(old, _linked(xero, person))
    return old


def _linked(xero: XeroSandbox, person: Person) -> str:
    email, ndis = person["Email"], person["NDIS_Number__c"]
    return xero.add_contact(full_name(person), EmailAddress=email, AccountNumber=ndis)


def _known_by_number(xero: XeroSandbox, person: Person) -> None:
    """Stands there under the same name and NDIS number, and the CRM does not know."""
    xero.add_contact(full_name(person), AccountNumber=person["NDIS_Number__c"])


def _known_by_name(xero: XeroSandbox, person: Person) -> None:
    """Perhaps the same person, perhaps a namesake: nothing but the name to go by."""
    xero.add_contact(full_name(person))


IN_XERO: Mapping[str, Callable[[XeroSandbox, Person], str | None]] = {
    "archived": _archived,
    "merged": _merged,
    "linked": _linked,
    "by number": _known_by_number,
    "by name": _known_by_name,
}


def foretold_of(cases: Sequence[Case]) -> Foretold:
    fates = {case.number: case.fate for case in cases}
    paid = [len(case.paid) for case in cases]
    twice = sum(len(case.paid) for case in cases if case.paid_by_stripe)
    return Foretold(
        invoices=len(cases),
        created=sum(fate == CREATED for fate in fates.values()),
        payments_created=sum(paid),
        payments_included=sum(paid) - twice,
        payments_excluded=twice,
        held={n: fate for n, fate in fates.items() if fate not in {CREATED, SYNCED, UNTOUCHED}},
        untouched=tuple(n for n, fate in fates.items() if fate == UNTOUCHED),
    )


def full_name(person: Person) -> str:
    return f"{person['FirstName']} {person['LastName']}"


def noon(day: date) -> str:
    return f"{day.isoformat()}T12:00:00Z"


def last_of_month_before(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)
