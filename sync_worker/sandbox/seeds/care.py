"""A care provider: NDIS participants, their plan managers, invoices for supports delivered.

`seed` fills both vendors the same way for the same seed and clock: first the hard cases (see
`hard`), then plain invoices up to the number asked for. `pay_some` lets people in Xero pay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds.catalogue import Catalogue, Line
from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.seeds.hard import CASES, HardCases
from sync_worker.sandbox.seeds.paying import parts_paid, pay
from sync_worker.sandbox.seeds.prices import PRICES
from sync_worker.sandbox.xero.app import XeroSandbox

INVOICES_A_PARTICIPANT = 5
CHUNK = 2_000
LEFT_OUT = 0.01
KEPT_FOR_HARD_CASES = 100  # the first participant numbers
OLDEST_DAYS = 120  # all dates lie after the locked period
FUNDING = ("Self-Managed",) * 6 + ("Plan-Managed",) * 3 + ("Agency-Managed",)
QUANTITIES = {
    "Hour": [Decimal(quarters) / 4 for quarters in range(1, 33)],
    "Each": [Decimal(n) for n in range(1, 4)],
    "Kilometre": [Decimal(n) for n in range(3, 120)],
}


def seed(
    org: SalesforceOrg,
    xero: XeroSandbox,
    *,
    invoices: int,
    seed: int,
    told: Callable[[int], None] = lambda _: None,
) -> Foretold:
    """Two reset vendors, filled. There are never fewer invoices than hard cases."""
    today = xero.books.today()
    catalogue = Catalogue.put_into(org, seed, today)
    foretold = HardCases(org, xero, catalogue).fill()
    plain = max(0, invoices - len(CASES))
    PlainInvoices(org, catalogue, Random(f"care {seed}")).fill(plain, told)
    return replace(foretold, invoices=len(CASES) + plain, created=foretold.created + plain)


class PlainInvoices:
    """Invoices with nothing odd about them: 1 to 8 lines, dates in the last months."""

    def __init__(self, org: SalesforceOrg, catalogue: Catalogue, chance: Random) -> None:
        self._org = org
        self._catalogue = catalogue
        self._chance = chance
        self._pool = [
            [Line(price, quantity, price.rate) for quantity in QUANTITIES[price.unit]]
            for price in PRICES
        ]

    def fill(self, count: int, told: Callable[[int], None]) -> None:
        """In chunks: only one of them stands in memory beside the org's own rows."""
        participants = self._participants(-(-count // INVOICES_A_PARTICIPANT))
        for start in range(0, count, CHUNK):
            numbers = range(start, min(start + CHUNK, count))
            lines = [self._lines() for _ in numbers]
            days = [self._day() for _ in numbers]
            rows = (
                self._invoice(*row, participants) for row in zip(numbers, lines, days, strict=True)
            )
            ids = self._org.load("Invoice__c", rows)
            self._org.load("Invoice_Line_Item__c", self._line_rows(ids, lines, days))
            told(len(numbers))

    def _participants(self, count: int) -> list[str]:
        numbers = range(KEPT_FOR_HARD_CASES, KEPT_FOR_HARD_CASES + count)
        return self._org.load("Contact", map(self._catalogue.people.participant, numbers))

    def _invoice(
        self, n: int, lines: list[Line], day: date, participants: list[str]
    ) -> dict[str, object]:
        who = self._chance.randrange(len(participants))
        funding = FUNDING[who % len(FUNDING)]
        managers = self._catalogue.managers
        return {
            "Name": f"INV-{n + 1:06d}",
            "Participant__c": participants[who],
            "Plan_Manager__c": managers[who % len(managers)] if funding == "Plan-Managed" else None,
            "Invoice_Date__c": day.isoformat(),
            "Due_Date__c": (day + timedelta(days=14)).isoformat(),
            "Funding_Type__c": funding,
            "Total_Amount__c": sum((each.amount for each in lines if each.include), Decimal(0)),
        }

    def _lines(self) -> list[Line]:
        """About three on average. Now and then a later one is left out."""
        chance = self._chance
        lines = []
        for n in range(1 + int(8 * chance.random() ** 2)):
            kinds = self._pool[int(len(self._pool) * chance.random())]
            line = kinds[int(len(kinds) * chance.random())]
            lines.append(replace(line, include=False) if n and chance.random() < LEFT_OUT else line)
        return lines

    def _line_rows(
        self, ids: list[str], lines: list[list[Line]], days: list[date]
    ) -> Iterator[dict[str, object]]:
        for invoice, each, day in zip(ids, lines, days, strict=True):
            for back, line in enumerate(each, 1):
                yield self._catalogue.line(line, invoice, day - timedelta(days=back))

    def _day(self) -> date:
        return self._catalogue.today - timedelta(days=self._chance.randrange(1, OLDEST_DAYS))


def pay_some(_: SalesforceOrg, xero: XeroSandbox, *, seed: int) -> Foretold:
    """Today people pay most of what is approved and wholly unpaid, some of it in part or in two."""
    chance = Random(f"payments {seed}")
    return pay(xero, "ACCREC", lambda due: parts_paid(due, chance))
