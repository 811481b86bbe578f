"""One random life from one seed: invoices of several people, troubles, deaths, lost and older journals, clocks that
jump, two or three workers at once, and people at work on both sides all the while. The same seed is the same life.

People do what the real ones do, and what they did is noted in `Deeds`: what they did by hand is not the worker's doing.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial

from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.xero.errors import Invalid
from tests import journals
from tests.oracle import GONE, Breach
from tests.simulation import together
from tests.simulation.life import A_DAY, Life, a_life
from tests.simulation.points import EXCEPTION, KILL, SIGTERM
from tests.simulation.tally import Tally
from tests.simulation.troubles import PLENTY, Troubles
from tests.world import TODAY, Row

PEOPLE = ("Sam Client", "Ann Other", "Kim Lee", "Jo Walker")
PROCESSES = ("invoices", "invoices", "invoices", "payments", "payments", "verify")
GAPS = (5, 5, 30, 90, 250, 420, 420, 1300, 3600, 93_600)
"""Seconds between a death and the next life, or between two runs."""


@dataclass
class Chance:
    """The dice of one life, and what people know of both sides."""

    life: Life
    dice: random.Random
    numbering: str
    troubles: Troubles
    entered: int = 0
    typed: int = 0
    removed: list[str] = field(default_factory=list)
    locked: bool = False
    archived: list[str] = field(default_factory=list)
    copies: list[bytes] = field(default_factory=list)

    # The worker's days --------------------------------------------------------------------------

    def live(self) -> None:
        life, dice = self.life, self.dice
        self.enter(dice.randint(1, 3))
        for _ in range(dice.choice((1, 1, 2, 2, 3, 4))):
            for _ in range(dice.choice((0, 0, 1, 1, 2))):
                self.somebody_acts()
            if dice.random() < 0.3:
                self.copies.append(journals.copied())
            for _ in range(dice.choice((0, 0, 1, 1, 2))):
                self.troubles.something_breaks()
            if dice.random() < 0.1:
                self.a_crew()
            else:
                self.one_run(dice.choice(PROCESSES))
            if dice.random() < 0.04:
                life.world.clock.ahead += timedelta(hours=dice.choice((2, -1)))
                life.tell(f"the worker's clock jumped: it is {life.world.clock.ahead} ahead")

    def one_run(self, process: str) -> None:
        life, dice = self.life, self.dice
        fatal = dice.randint(1, 70 if process == "invoices" else 30) if dice.random() < 0.55 else 0
        how = dice.choice((KILL, KILL, KILL, EXCEPTION, SIGTERM))
        every = self.at_a_moment(dice.randint(1, 60) if dice.random() < 0.3 else 0)
        points = life.lived(process, fatal, how, every)
        gap = float(dice.choice(GAPS))
        if points.ended and how != EXCEPTION:
            journal = dice.choices(("kept", "lost", "older"), (6, 2, 2))[0]
            copy = dice.choice(self.copies) if self.copies else None
            if journal == "older" and copy is None:
                journal = "lost"
            life.restart(gap, journal, copy)
        elif dice.random() < 0.1:
            life.restart(gap)
        else:
            life.world.advance(gap)

    def at_a_moment(self, nth: int) -> Callable[[str], object]:
        """People do not wait until a run is over."""
        left = [nth]

        def every(moment: str) -> None:
            left[0] -= 1
            if left[0] == 0 and not moment.startswith("journal."):
                self.life.tell(f"meanwhile, at {moment}:")
                self.somebody_acts()

        return every

    def a_crew(self) -> None:
        """Two or three workers at once, on one host or on several; one of them may stand still for a while."""
        life, dice = self.life, self.dice
        work = [dice.choice(PROCESSES) for _ in range(dice.choice((2, 2, 3)))]
        hosts = dice.random() < 0.7
        restless = dice.choice((0.03, 0.15, 0.5))
        asleep = dice.choice((0.0, 0.0, 60.0, together.ASLEEP)) if hosts else 0.0
        life.deeds.drafts_may_stay |= asleep == together.ASLEEP
        life.tell(f"{len(work)} workers {'apart' if hosts else 'beside each other'}: {work}")

        def choose(who: int, name: str) -> int | None:
            nonlocal asleep
            others = sorted(baton.alive - {who})
            if not others or dice.random() >= restless:
                return None
            other = dice.choice(others)
            life.tell(f"worker {who} stops at {name}, {other} goes on {asleep:.0f} s later")
            life.world.advance(asleep)
            asleep = 0.0
            return other

        baton = together.Baton(choose)
        baton.run(together.crew(life, baton, work, hosts=hosts))
        life.world.advance(float(dice.choice(GAPS)))

    # People -------------------------------------------------------------------------------------

    def somebody_acts(self) -> None:
        act = self.dice.choice(ACTS)
        try:
            said = act(self)
        except (Invalid, Refused) as refused:
            said = f"would have, but was refused: {refused}"
        if said:
            self.life.tell(f"people: {said}")

    def enter(self, count: int) -> None:
        for _ in range(count):
            self.life.tell(f"people: {self.enter_an_invoice()}")

    def enter_an_invoice(self) -> str:
        crm, dice = self.life.world.crm, self.dice
        self.entered += 1
        lines = [
            crm.line(dice.choice((1, 2, 3, "0.25")), dice.choice(("50.00", "33.335", "9.99")))
            for _ in range(dice.randint(1, 2))
        ]
        who = dice.choice(PEOPLE)
        crm.invoice(f"INV-{self.entered}", who=crm.participant(who), lines=lines)
        return f"entered INV-{self.entered} for {who}"

    def edit_an_invoice(self) -> str:
        row = self.an_invoice()
        if row is None or row["Finance_External_ID__c"] or row["Total_Payment_Amount__c"]:
            return ""
        world = self.life.world
        lines = [
            one for one in world.org.rows("Invoice_Line_Item__c") if one["Invoice__c"] == row["Id"]
        ]
        self.totals(row["Id"]).add(row["Total_Amount__c"])
        for line in lines[1:]:
            world.org.remove("Invoice_Line_Item__c", line["Id"])
        world.crm.edit("Invoice_Line_Item__c", lines[0]["Id"], Quantity__c=1, Rate__c=77)
        world.crm.edit("Invoice__c", row["Id"], Total_Amount__c=77)
        # Between the three there are moments at which lines and total do not agree.
        self.life.deeds.may_wait.add(row["Id"])
        self.totals(row["Id"]).add(Decimal(77))
        return f"edited {row['Name']}"

    def cancel_an_invoice(self) -> str:
        row = self.an_invoice()
        if row is None or row["Total_Payment_Amount__c"]:
            return ""
        self.life.world.crm.edit("Invoice__c", row["Id"], Status__c="Cancelled")
        return f"cancelled {row['Name']}"

    def delete_an_invoice(self) -> str:
        row = self.an_invoice()
        if row is None:
            return ""
        self.life.world.org.remove("Invoice__c", row["Id"])
        self.removed.append(row["Id"])
        return f"deleted {row['Name']} in the CRM"

    def undelete_an_invoice(self) -> str:
        if not self.removed:
            return ""
        record = self.removed.pop(self.dice.randrange(len(self.removed)))
        self.life.world.org.restore("Invoice__c", record)
        return f"took {record} out of the recycle bin"

    def new_details(self) -> str:
        name = self.dice.choice(PEOPLE)
        record = self.life.world.crm.participant(name)
        address = f"{self.dice.randrange(1000)}@care.example"
        self.life.world.crm.edit("Contact", record, Email=address)
        return f"entered the address {address} for {name}"

    def pay(self) -> str:
        document = self.a_document("AUTHORISED")
        if document is None:
            return ""
        due = document["amount_due"]
        amount = self.dice.choice((due, min(due, Decimal(10)), (due / 3).quantize(Decimal("0.01"))))
        if not amount:
            return ""
        self.life.world.xero.pay(document["id"], amount)
        return f"paid {amount} on {document['reference']} in Xero"

    def take_a_payment_back(self) -> str:
        world = self.life.world
        paid = [one for one in world.xero.payments() if one["status"] != "DELETED"]
        if not paid:
            return ""
        payment = self.dice.choice(paid)
        world.xero.unpay(payment["id"])
        return f"took the payment {payment['id']} of {payment['amount']} back in Xero"

    def pay_by_card(self) -> str:
        """The CRM has it first, as Stripe; then somebody enters the same money in Xero."""
        document = self.a_document("AUTHORISED")
        if document is None or not document["amount_due"]:
            return ""
        linked = [r for r in self.invoices() if r["Finance_External_ID__c"] == document["id"]]
        if not linked:
            return ""
        due = document["amount_due"]
        self.life.world.xero.pay(document["id"], due)
        self.life.world.crm.payment(linked[0]["Id"], str(due))
        return f"paid {due} on {document['reference']} by card, and entered it in Xero too"

    def void_a_document(self) -> str:
        document = self.a_document("AUTHORISED", "DRAFT")
        if document is None or document["amount_paid"]:
            return ""
        self.life.deeds.edited.add(document["id"])
        self.life.deeds.may_wait.add(_record(document))
        self.life.world.xero.void_invoice(document["id"])
        return f"voided {document['number']} ({document['reference']}) in Xero"

    def edit_a_document(self) -> str:
        document = self.a_document("AUTHORISED", "DRAFT")
        if document is None:
            return ""
        self.life.deeds.edited.add(document["id"])
        self.life.deeds.may_wait.add(_record(document))
        changes = self.dice.choice(
            (
                {"DueDate": "2026-12-01"},
                {"Reference": "as discussed"},
                {"LineItems": [{"Description": "Agreed", "UnitAmount": "5", "AccountCode": "200"}]},
            )
        )
        self.life.world.xero.edit_invoice(document["id"], **changes)
        return f"edited {document['number']} ({document['reference']}) in Xero: {list(changes)}"

    def touch_a_document(self) -> str:
        document = self.a_document("AUTHORISED", "DRAFT", "PAID")
        if document is None:
            return ""
        self.life.world.xero.act("touch", invoice_id=document["id"])
        return f"opened and saved {document['number']} in Xero"

    def type_a_document(self) -> str:
        """Somebody types one of the CRM's invoices into Xero by hand, number and all."""
        row = self.an_invoice()
        if row is None:
            return ""
        self.typed += 1
        xero = self.life.world.xero
        contact = xero.add_contact(f"Typed {self.typed}")
        line = {"Description": "By hand", "UnitAmount": "100", "AccountCode": "200"}
        # Either the number that the CRM has given, or the one that Xero would give next.
        theirs = [one["number"] for one in xero.documents() if one["number"].startswith("INV-00")]
        number = row["Name"] if self.dice.random() < 0.5 or not theirs else _next(max(theirs))
        if self.numbering == "crm":
            self.life.deeds.may_wait |= {r["Id"] for r in self.invoices() if r["Name"] == number}
        xero.add_invoice(contact, [line], InvoiceNumber=number, Reference=row["Name"])
        return f"typed {row['Name']} into Xero as {number}"

    def archive_a_contact(self) -> str:
        contacts = [
            one
            for one in self.life.world.xero.contacts()
            if one["number"] and one["status"] == "ACTIVE"
        ]
        if not contacts:
            return ""
        contact = self.dice.choice(contacts)
        self.blame_contact(contact["number"])
        self.archived.append(contact["id"])
        self.life.world.xero.archive_contact(contact["id"])
        return f"archived the contact {contact['name']}"

    def restore_a_contact(self) -> str:
        if not self.archived:
            return ""
        contact = self.archived.pop()
        self.life.world.xero.restore_contact(contact)
        return f"restored the contact {contact}"

    def merge_contacts(self) -> str:
        world = self.life.world
        ours = [one for one in world.xero.contacts() if one["number"] and one["status"] == "ACTIVE"]
        if not ours:
            return ""
        source = self.dice.choice(ours)
        self.typed += 1
        target = world.xero.add_contact(f"Merged {self.typed}")
        self.blame_contact(source["number"])
        world.xero.merge_contacts(source["id"], target)
        return f"merged the contact {source['name']} into another"

    def type_a_contact(self) -> str:
        name = self.dice.choice(PEOPLE)
        self.blame_contact(self.life.world.crm.participant(name))
        self.life.world.xero.add_contact(name)
        return f"typed the contact {name} into Xero"

    def lock_or_unlock(self) -> str:
        self.locked = not self.locked
        if self.locked:
            self.life.deeds.may_wait |= {row["Id"] for row in self.invoices()}
        self.life.world.xero.set_lock_dates(TODAY if self.locked else None)
        return "locked the books" if self.locked else "unlocked the books"

    # What they look at --------------------------------------------------------------------------

    def invoices(self) -> list[Row]:
        return self.life.world.org.rows("Invoice__c")

    def an_invoice(self) -> Row | None:
        rows = self.invoices()
        return self.dice.choice(rows) if rows else None

    def a_document(self, *statuses: str) -> Row | None:
        found = [
            one
            for one in self.life.world.xero.documents()
            if one["made_by"] and one["status"] in statuses and one["status"] not in GONE
        ]
        return self.dice.choice(found) if found else None

    def totals(self, record: str) -> set[Decimal]:
        deeds = self.life.deeds
        deeds.totals = {**deeds.totals, record: deeds.totals.get(record, set())}
        return deeds.totals[record]

    def blame_contact(self, party: str) -> None:
        self.life.deeds.parties.add(party)

    # In the end ---------------------------------------------------------------------------------

    def peace(self) -> None:
        """Faults end, the clock is right, the books are open; what may not wait any longer has had its day."""
        life, wait = self.life, self.troubles.end()
        life.world.clock.ahead = timedelta()
        if self.locked:
            life.tell(f"people: {self.lock_or_unlock()}")
        while self.archived:
            life.tell(f"people: {self.restored()}")
        of_these = life.deeds.parties
        life.deeds.may_wait |= {
            row["Id"] for row in self.invoices() if row["Participant__c"] in of_these
        }
        life.world.advance(A_DAY if life.deeds.may_wait else wait)
        life.tell("peace")

    def restored(self) -> str:
        try:
            return self.restore_a_contact()
        except Invalid as refused:
            return f"could not restore a contact: {refused}"


ACTS: tuple[Callable[[Chance], str], ...] = (
    Chance.enter_an_invoice,
    Chance.enter_an_invoice,
    Chance.enter_an_invoice,
    Chance.edit_an_invoice,
    Chance.edit_an_invoice,
    Chance.cancel_an_invoice,
    Chance.delete_an_invoice,
    Chance.delete_an_invoice,
    Chance.undelete_an_invoice,
    Chance.undelete_an_invoice,
    Chance.new_details,
    Chance.pay,
    Chance.pay,
    Chance.pay,
    Chance.pay,
    Chance.take_a_payment_back,
    Chance.take_a_payment_back,
    Chance.pay_by_card,
    Chance.void_a_document,
    Chance.edit_a_document,
    Chance.touch_a_document,
    Chance.type_a_document,
    Chance.archive_a_contact,
    Chance.restore_a_contact,
    Chance.merge_contacts,
    Chance.type_a_contact,
    Chance.lock_or_unlock,
)


def lived(seed: int) -> tuple[Life, list[Breach]]:
    dice = random.Random(f"life {seed}")
    random.seed(seed)  # the libraries' own waits are random too
    numbering = dice.choice(("xero", "xero", "crm"))
    life = a_life(numbering, batch=dice.choice((1, 2, 3, 50)))
    knobs = {
        "key_scope": dice.choice(("app", "token")),
        "modified_since": dice.choice(("inclusive", "exclusive")),
        "late_visibility_s": dice.choice((0, 0, 20, 240)),
    }
    life.world.xero.turn(**knobs)
    life.deeds.may_be_idle = True
    life.tell(
        f"numbering {numbering}, batches of {life.world.settings.connections['main'].invoices.batch}, {knobs}"
    )
    chance = Chance(life, dice, numbering, Troubles(life, dice))
    try:
        chance.live()
        chance.peace()
        return life, life.judged(weeks=2, sweep=dice.random() < 0.5)
    finally:
        life.world.org.set_daily_limit(PLENTY)


def all_lives(first: int, end: int) -> Tally:
    tally = Tally()
    for seed in range(first, end):
        tally.judge(f"seed:{seed}", partial(_found, seed))
    return tally


def _found(seed: int) -> list[Breach]:
    return lived(seed)[1]


def _record(document: Row) -> str:
    return str(document["url"].rpartition("/")[2].partition("?")[0])


def _next(number: str) -> str:
    head, _, digits = number.rpartition("-")
    return f"{head}-{int(digits) + 1:0{len(digits)}d}"
