"""The books: what a Xero organisation allows today, read before any write so that a refusal is foreseen, not met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from sync_worker.domain.document import Kind
from sync_worker.domain.ids import XeroId


@dataclass(frozen=True, slots=True)
class Account:
    code: str
    name: str
    type: str
    status: str
    tax_type: str

    @property
    def usable_on_lines(self) -> bool:
        """Bank accounts and the debtors' and creditors' control accounts cannot stand on a line."""
        return self.status == "ACTIVE" and self.type not in {"BANK", "CONTROL"}


@dataclass(frozen=True, slots=True)
class TaxRate:
    type: str
    name: str
    percent: Decimal
    status: str
    on_revenue: bool
    on_expenses: bool = True

    def usable_for(self, kind: Kind) -> bool:
        return self.on_expenses if kind is Kind.BILL else self.on_revenue


@dataclass(frozen=True, slots=True)
class Books:
    tenant_name: str
    base_currency: str
    short_code: str
    period_lock: date | None
    year_end_lock: date | None
    accounts: Mapping[str, Account]
    tax_rates: Mapping[str, TaxRate]
    tracking: Mapping[str, frozenset[str]] = field(default_factory=dict)
    category_ids: Mapping[str, XeroId] = field(default_factory=dict)
    option_ids: Mapping[tuple[str, str], XeroId] = field(default_factory=dict)
    """By category and option."""
    branding_themes: Mapping[str, XeroId] = field(default_factory=dict)

    def option(self, category: str, name: str) -> str | None:
        """A tracking option as Xero spells it, whatever its case; None where it has none."""
        wanted = name.strip().casefold()
        options = self.tracking.get(category, frozenset())
        return next((one for one in options if one.casefold() == wanted), None)

    def option_id(self, category: str, name: str) -> XeroId | None:
        return self.option_ids.get((category, self.option(category, name) or ""))

    def with_options(self, category: str, names: Iterable[str]) -> Books:
        """The books as they would be with these options."""
        options = self.tracking.get(category, frozenset()) | {name.strip() for name in names}
        return replace(self, tracking={**self.tracking, category: options})

    @property
    def locked_until(self) -> date | None:
        """A document dated on or before this day is refused."""
        return max((day for day in (self.period_lock, self.year_end_lock) if day), default=None)

    def tax_rate(self, name: str) -> TaxRate | None:
        """By code or by the label people see, whatever its case."""
        if found := self.tax_rates.get(name):
            return found
        wanted = name.casefold()
        return next(
            (
                rate
                for rate in self.tax_rates.values()
                if rate.name.casefold() == wanted or rate.type.casefold() == wanted
            ),
            None,
        )
