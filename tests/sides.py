"""Both kinds of record in one small vocabulary, for what is promised of invoices and of bills alike.

    def test_made_once(side: Side) -> None:
        world = side.world()
        side.enter(world, 1)
        side.sync(world)
        assert side.document(world, 1)["status"] == "AUTHORISED"

A test that takes `side` runs once for each (tests/conftest.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync_worker.daemon.outcome import Result
from sync_worker.domain.document import Document, Kind
from sync_worker.sandbox.seeds.applicants import open_books
from tests.world import Row, World, a_world


@dataclass(frozen=True, slots=True)
class Side:
    """How people enter a record of this kind, which process sends it, and what stands for it in Xero. Records go by a
    number `n`: INV-1, MS-1."""

    kind: Kind
    process: str
    sobject: str
    prefix: str
    payer: str
    """Who it is for where a test says nothing."""
    payment: str
    """The CRM's record of a payment."""
    unpaid: str
    partly: str
    """Its status in the CRM before and after something is paid."""

    def world(self, *, rules: Row | None = None, **settings: Any) -> World:
        """`rules` are the settings of the process, `settings` the connection's, and the knobs of both vendors."""
        world = a_world(**self.settings(**(rules or {})), **settings)
        if self.kind is Kind.BILL:
            open_books(world.xero)
        return world

    def settings(self, **rules: Any) -> Row:
        """A connection that sends these alone, bills without papers."""
        if self.kind is Kind.INVOICE:
            return {"invoices": rules}
        plain = {"account_code": "480", "attach_audit": False, "attach_files": False}
        return {"sends": ["bills"], "bills": {**plain, **rules}}

    def number(self, n: object) -> str:
        return f"{self.prefix}-{n}"

    def label(self, n: object) -> str:
        """As commands and holds call it."""
        return f"{self.kind}:{self.number(n)}"

    def enter(self, world: World, n: object, *, who: str | None = None, **values: Any) -> str:
        """One that is due, of 100.00, for `payer`; the record's id."""
        if self.kind is Kind.INVOICE:
            return world.crm.invoice(self.number(n), who=who, **values)
        return world.crm.milestone(self.number(n), "100.00", who=who, **values)

    def enter_many(self, world: World, count: int, *, people: int = 1) -> list[str]:
        """As fast as can be: INV-0001 or MS-0001 and on."""
        if self.kind is Kind.INVOICE:
            return world.crm.invoices(count, people=people)
        return world.crm.milestones(count, applicants=people)

    def dated(self, day: str) -> Row:
        """What is entered to have it of that day, and due on it where the settings give no time to pay."""
        if self.kind is Kind.INVOICE:
            return {"Invoice_Date__c": day, "Due_Date__c": day}
        return {"Bill_Date__c": day}

    def described(self, world: World, words: str) -> Row:
        """What is entered to have its line say so."""
        if self.kind is Kind.INVOICE:
            item = world.crm.support_item(words)
            return {"lines": [world.crm.line(item=item, Description__c=words)]}
        return {"Title__c": words}

    def party(self, world: World, name: str, **values: Any) -> str:
        """Somebody whom it may be for; the record's id."""
        if self.kind is Kind.INVOICE:
            return world.crm.participant(name, **values)
        return world.crm.applicant(name, **values)

    def sync(self, world: World) -> Result:
        return world.sync(self.process)

    def settle(self, world: World, *more: str, **how: Any) -> None:
        world.settle(self.process, *more, **how)

    def ask(self, world: World, n: object) -> Result:
        """Somebody types its command."""
        with world.worker.held():
            if self.kind is Kind.INVOICE:
                return world.worker.run_invoice(self.number(n))
            return world.worker.run_bill(self.number(n))

    def record(self, world: World, n: object) -> Row:
        """The CRM's."""
        (found,) = [row for row in world.org.rows(self.sobject) if row["Name"] == self.number(n)]
        return found

    def row(self, world: World, n: object) -> Document:
        """The journal's."""
        return world.row(self.number(n), self.kind)

    def held(self, world: World, n: object) -> str:
        """The class under which it waits, and nothing where it does not."""
        hold = self.row(world, n).hold
        return str(hold.hold_class) if hold else ""

    def journey(self, world: World, n: object) -> str:
        steps = world.worker.journal.journey(self.kind, self.row(world, n).record)
        return "\n".join(f"{step.state}: {step.words}" for step in steps)

    def documents(self, world: World, n: object) -> list[Row]:
        """All that stand for it in Xero, whatever became of them."""
        number = self.number(n)
        return world.documents_of(number) if self.kind is Kind.INVOICE else world.bills(number)

    def document(self, world: World, n: object) -> Row:
        (found,) = self.documents(world, n)
        return found

    def payments(self, world: World) -> list[Row]:
        return world.org.rows(self.payment)

    def edit(self, world: World, n: object, **values: Any) -> None:
        world.crm.edit(self.sobject, self.record(world, n)["Id"], **values)


INVOICES = Side(
    Kind.INVOICE,
    "invoices",
    "Invoice__c",
    "INV",
    "Sam Client",
    "Payment__c",
    "Entered",
    "Partially Paid",
)
BILLS = Side(
    Kind.BILL,
    "bills",
    "Milestone__c",
    "MS",
    "Exeter Choir",
    "Milestone_Payment__c",
    "Approved",
    "Part Paid",
)
SIDES = (INVOICES, BILLS)
