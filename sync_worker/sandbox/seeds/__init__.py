"""Data to begin with: the profiles a sandbox is seeded with, and what people then do in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds import care, grants
from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.xero.app import XeroSandbox

__all__ = ["PROFILES", "Foretold", "Profile", "profile_named"]


class Fill(Protocol):
    def __call__(
        self,
        org: SalesforceOrg,
        xero: XeroSandbox,
        /,
        *,
        invoices: int,
        seed: int,
        told: Callable[[int], None],
    ) -> Foretold: ...


class Act(Protocol):
    def __call__(self, org: SalesforceOrg, xero: XeroSandbox, /, *, seed: int) -> Foretold: ...


@dataclass(frozen=True, slots=True)
class Profile:
    """`invoices` is how many invoices or milestones there are unless somebody says otherwise.

    `fill` tells how many more it has made.
    """

    fill: Fill
    invoices: int
    acts: Mapping[str, Act] = field(default_factory=dict)

    def act_named(self, name: str) -> Act:
        return known(self.acts, name, "act")


def nothing(
    _: SalesforceOrg,
    __: XeroSandbox,
    /,
    *,
    invoices: int,
    seed: int,
    told: Callable[[int], None],
) -> Foretold:
    """Base data only, whatever the numbers."""
    return Foretold()


PROFILES: Mapping[str, Profile] = {
    "care": Profile(care.seed, 100, {"payments": care.pay_some}),
    "empty": Profile(nothing, 1),
    "grants": Profile(
        grants.seed,
        100,
        {
            "submit": grants.submit,
            "approve": grants.approve,
            "payments": grants.pay_some,
            "pay_all": grants.pay_all,
        },
    ),
}


def profile_named(name: str) -> Profile:
    return known(PROFILES, name, "profile")


T = TypeVar("T")


def known(table: Mapping[str, T], name: str, what: str) -> T:
    if name not in table:
        raise ValueError(f"{what} must be one of {', '.join(table) or 'none'}")
    return table[name]
