"""What a correct sync must make of the seeded data, told beforehand, to judge any worker by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Foretold:
    """Counts of CRM records.

    `created`: invoices that must come to stand in Xero, once each. `payments_created`: payments in
    Xero that must come to stand in the CRM, of which `payments_included` count towards their
    invoice and `payments_excluded` do not. `held`: CRM invoice number -> why it must wait.
    `untouched`: numbers of invoices that nobody may send.
    """

    invoices: int = 0
    created: int = 0
    payments_created: int = 0
    payments_included: int = 0
    payments_excluded: int = 0
    held: Mapping[str, str] = field(default_factory=dict)
    untouched: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
