"""Who pays by payment batches in a random life: three people type commands, mostly the next one that makes sense."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.besides import stands_in
from tests.simulation.commands import Command
from tests.simulation.life import Life
from tests.world import Row

ANN, BOB, CARA = "Ann", "Bob", "Cara"
NEXT = {"Draft": "submit", "Submitted": "approve", "Approved": "export", "Exported": "sent"}
VERBS = ("add", "submit", "approve", "export", "sent", "remove", "cancel")
READY = {"Approved", "Part Paid"}
AFTERNOONS = (0, 0, 5, 7, 9)
"""Commands."""
IN_GOOD_TIME = timedelta(days=5)
"""From when a batch is made to the day on which it pays."""


@dataclass
class Office:
    """Of one life."""

    life: Life
    dice: random.Random
    made: int = 0

    def afternoon(self) -> Iterator[Command]:
        """One command after the other; each is over, or dead, before the next is typed."""
        for _ in range(self.dice.choice(AFTERNOONS)):
            if not self._payable() and self.dice.random() < 0.9:
                return
            command = self._next()
            yield command

    def edit_an_item(self) -> str:
        """Behind the worker's back, in the CRM's own pages."""
        items = self.life.world.org.rows("Payment_Batch_Item__c")
        if not items:
            return ""
        self.life.world.crm.edit(
            "Payment_Batch_Item__c", self.dice.choice(items)["Id"], Amount__c=5
        )
        return "edited an item of a payment batch in the CRM"

    # What is typed ------------------------------------------------------------------------------

    def _next(self) -> Command:
        batches = [row for row in self._batches() if row["Status__c"] not in {"Sent", "Cancelled"}]
        if not batches or self.dice.random() < 0.05:
            self.made += 1
            day = (self.life.world.time.now() + IN_GOOD_TIME).date().isoformat()
            return Command(ANN, "new", words=(("title", f"Round {self.made}"), ("pay_on", day)))
        row = self.dice.choice(self._batches()) if self.dice.random() < 0.15 else batches[-1]
        items = stands_in(self.life.world.org, row["Name"])
        if self.dice.random() < 0.15:
            verb = self.dice.choice(VERBS)
        else:
            verb = "add" if not items else NEXT.get(row["Status__c"], "export")
        return self._command(verb, row["Name"], sorted(number for number, _, _ in items))

    def _command(self, verb: str, batch: str, inside: list[str]) -> Command:
        dice = self.dice
        words: tuple[tuple[str, Any], ...] = ()
        milestones: tuple[str, ...] = ()
        person = ANN if dice.random() < 0.95 else BOB
        match verb:
            case "add":
                milestones = tuple(self._some(self._payable()))
                words = (("amount", dice.choice((None, None, None, "50.00"))), ("pay_on", None))
            case "remove":
                milestones = (dice.choice(inside),) if inside else ("MS-1",)
                person = dice.choice((ANN, BOB))
            case "cancel":
                person = dice.choice((ANN, BOB))
            case "approve":
                person = dice.choice((BOB, BOB, CARA, CARA, ANN))
                words = (("accounts", dice.random() < 0.5),)
            case "export":
                words = (("again", dice.choice(("", "", "the bank lost it"))),)
            case _:
                pass
        return Command(person, verb, batch, milestones, words)

    def _payable(self) -> list[str]:
        """Milestones that look as if they could be paid."""
        return [
            row["Name"]
            for row in self.life.world.org.rows("Milestone__c")
            if row["Finance_Sync_State__c"] == "Synced" and row["Status__c"] in READY
        ]

    def _some(self, numbers: list[str]) -> list[str]:
        """And now and then one that does not."""
        if not numbers or self.dice.random() < 0.1:
            numbers = [row["Name"] for row in self.life.world.org.rows("Milestone__c")] or ["MS-1"]
        return self.dice.sample(numbers, min(len(numbers), self.dice.choice((1, 2, 3))))

    def _batches(self) -> list[Row]:
        return self.life.world.org.rows("Payment_Batch__c")
