"""What every seeded invoice draws on: people, price list and plan managers, put into the CRM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds.people import PLAN_MANAGERS, People, plan_manager
from sync_worker.sandbox.seeds.prices import CARE, PRICES, UNKNOWN_ACCOUNT, Price

CENT = Decimal("0.01")


@lru_cache(maxsize=4096)
def to_the_cent(quantity: Decimal, rate: Decimal) -> Decimal:
    """Half up, line by line, as Xero rounds."""
    return (quantity * rate).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice.

    Rates include GST where there is any, so amounts add up to what is owed.
    """

    item: Price = CARE
    quantity: Decimal = Decimal(2)
    rate: Decimal = CARE.rate
    include: bool = True
    description: str | None = None

    @property
    def amount(self) -> Decimal:
        return to_the_cent(self.quantity, self.rate)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`items` gives a price's record id by its number; `managers` are record ids, too."""

    people: People
    items: dict[str, str]
    managers: list[str]
    today: date

    @classmethod
    def put_into(cls, org: SalesforceOrg, seed: int, today: date) -> Catalogue:
        prices = (*PRICES, UNKNOWN_ACCOUNT)
        ids = org.load("Support_Item__c", [price.record() for price in prices])
        managers = org.load("Account", map(plan_manager, range(len(PLAN_MANAGERS))))
        items = {price.number: id_ for price, id_ in zip(prices, ids, strict=True)}
        return cls(People(seed, today), items, managers, today)

    def line(self, line: Line, invoice: str, served: date) -> dict[str, object]:
        return {
            "Invoice__c": invoice,
            "Support_Item__c": self.items[line.item.number],
            "Quantity__c": line.quantity,
            "Rate__c": line.rate,
            "Include__c": line.include,
            "Service_Date__c": served.isoformat(),
            "Description__c": line.description,
        }
