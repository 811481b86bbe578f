"""What bookkeepers do in Xero, and what people of any trade do in the CRM, in a random life.

People do what the real ones do, and what they did is noted in `Deeds`: what they did by hand is not the worker's doing.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.xero.errors import Invalid
from tests.oracle import GONE, record_of
from tests.simulation.commands import Command
from tests.simulation.life import Life
from tests.world import TODAY, Row


@dataclass
class People(ABC):
    """Of one life, and what they know of both sides. `enter_a_record` and the acts on a record are each trade's own."""

    life: Life
    dice: random.Random
    entered: int = 0
    typed: int = 0
    removed: list[str] = field(default_factory=list)
    """Records in the recycle bin."""
    locked: bool = False
    archived: list[str] = field(default_factory=list)

    sobject: ClassVar[str]
    parties: ClassVar[tuple[str, ...]]
    """The objects that those are of to whom documents are made out."""
    processes: ClassVar[tuple[str, ...]]
    """By how often each runs among all."""
    account: ClassVar[str]
    calls: ClassVar[tuple[tuple[str, str], ...]] = ()
    """To Xero that this trade's worker makes beside the others."""
    runs: ClassVar[tuple[int, ...]] = (1, 1, 2, 2, 3, 4)
    """How many there are in one life, at even odds, and how much is done before each."""
    busy: ClassVar[tuple[int, ...]] = (0, 0, 1, 1, 2)
    tries: ClassVar[int] = 1
    """Acts that are thought of until one can be done."""

    # What a trade adds ---------------------------------------------------------------------------

    @property
    @abstractmethod
    def acts(self) -> tuple[Callable[[], str], ...]:
        """By how often each is done among all."""

    @abstractmethod
    def enter_a_record(self) -> str: ...

    def afternoon(self) -> Iterator[Command]:
        """Commands that are typed after a run."""
        return iter(())

    @abstractmethod
    def party_of(self, row: Row) -> str:
        """To whom a record's document is made out."""

    # Acting --------------------------------------------------------------------------------------

    def somebody_acts(self) -> None:
        for _ in range(self.tries):
            if self.done(self.dice.choice(self.acts)):
                return

    def done(self, act: Callable[[], str]) -> bool:
        """Whether there was anything to do."""
        try:
            said = act()
        except (Invalid, Refused) as refused:
            said = f"would have, but was refused: {refused}"
        if said:
            self.life.tell(f"people: {said}")
        return bool(said)

    def enter(self, count: int) -> None:
        for _ in range(count):
            self.life.tell(f"people: {self.enter_a_record()}")

    # In the CRM ----------------------------------------------------------------------------------

    def cancel_a_record(self) -> str:
        row = self.a_record()
        if row is None or row["Total_Payment_Amount__c"]:
            return ""
        self.life.world.crm.edit(self.sobject, row["Id"], Status__c="Cancelled")
        return f"cancelled {row['Name']}"

    def delete_a_record(self) -> str:
        row = self.a_record()
        if row is None:
            return ""
        self.life.world.org.remove(self.sobject, row["Id"])
        self.removed.append(row["Id"])
        return f"deleted {row['Name']} in the CRM"

    def undelete_a_record(self) -> str:
        if not self.removed:
            return ""
        record = self.removed.pop(self.dice.randrange(len(self.removed)))
        self.life.world.org.restore(self.sobject, record)
        return f"took {record} out of the recycle bin"

    # In Xero -------------------------------------------------------------------------------------

    def pay(self) -> str:
        document = self.a_document("AUTHORISED")
        if document is None:
            return ""
        due = document["amount_due"]
        amount = self.dice.choice((due, min(due, Decimal(10)), (due / 3).quantize(Decimal("0.01"))))
        if not amount:
            return ""
        self.life.world.xero.pay(document["id"], amount)
        return f"paid {amount} on {called(document)} in Xero"

    def take_a_payment_back(self) -> str:
        world = self.life.world
        paid = [one for one in world.xero.payments() if one["status"] != "DELETED"]
        if not paid:
            return ""
        payment = self.dice.choice(paid)
        world.xero.unpay(payment["id"])
        return f"took the payment {payment['id']} of {payment['amount']} back in Xero"

    def void_a_document(self) -> str:
        document = self.a_document("AUTHORISED", "DRAFT")
        if document is None or document["amount_paid"]:
            return ""
        self.life.deeds.edited.add(document["id"])
        self.life.deeds.may_wait.add(record_of(document))
        self.life.world.xero.void_invoice(document["id"])
        return f"voided {document['number']} ({called(document)}) in Xero"

    def edit_a_document(self) -> str:
        document = self.a_document("AUTHORISED", "DRAFT")
        if document is None:
            return ""
        self.life.deeds.edited.add(document["id"])
        self.life.deeds.may_wait.add(record_of(document))
        changes = self.dice.choice(
            (
                {"DueDate": "2026-12-01"},
                {"Reference": "as discussed"},
                {
                    "LineItems": [
                        {"Description": "Agreed", "UnitAmount": "5", "AccountCode": self.account}
                    ]
                },
            )
        )
        self.life.world.xero.edit_invoice(document["id"], **changes)
        return f"edited {document['number']} ({called(document)}) in Xero: {list(changes)}"

    def touch_a_document(self) -> str:
        document = self.a_document("AUTHORISED", "DRAFT", "PAID")
        if document is None:
            return ""
        self.life.world.xero.act("touch", invoice_id=document["id"])
        return f"opened and saved {document['number']} in Xero"

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

    def lock_or_unlock(self) -> str:
        self.locked = not self.locked
        if self.locked:
            self.life.deeds.may_wait |= {row["Id"] for row in self.records()}
        self.life.world.xero.set_lock_dates(TODAY if self.locked else None)
        return "locked the books" if self.locked else "unlocked the books"

    # What they look at --------------------------------------------------------------------------

    def records(self) -> list[Row]:
        return self.life.world.org.rows(self.sobject)

    def a_record(self) -> Row | None:
        rows = self.records()
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

    def open_up(self) -> None:
        """The books are open and the contacts back; whose contact was somebody's business may wait."""
        life = self.life
        if self.locked:
            life.tell(f"people: {self.lock_or_unlock()}")
        while self.archived:
            life.tell(f"people: {self.restored()}")
        of_these = life.deeds.parties
        life.deeds.may_wait |= {
            row["Id"] for row in self.records() if self.party_of(row) in of_these
        }

    def restored(self) -> str:
        try:
            return self.restore_a_contact()
        except Invalid as refused:
            return f"could not restore a contact: {refused}"


def called(document: Row) -> str:
    """An invoice bears the CRM's number as its reference, a bill as its own."""
    return str(document["reference"] or document["number"])


def next_after(number: str) -> str:
    head, _, digits = number.rpartition("-")
    return f"{head}-{int(digits) + 1:0{len(digits)}d}"
