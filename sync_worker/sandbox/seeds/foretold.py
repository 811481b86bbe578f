"""What a correct sync must make of the seeded data, told beforehand, to judge any worker by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Foretold:
    """Counts of CRM records.

    `created`: invoices, or bills of approved milestones, that must come to stand in Xero, once
    each. `payments_created`: payments in Xero that must come to stand in the CRM, of which
    `payments_included` count towards their invoice or milestone and `payments_excluded` do not.
    `held`: number of the CRM record -> why it must wait. `untouched`: numbers of records that
    nobody may send.

    Of grants alone: `drafts` bills are made before approval where contracts that are executed
    have them made; `files` were uploaded; the payees of `without_account`, by milestone, have no
    bank account, so that no bank file may hold them.
    """

    invoices: int = 0
    created: int = 0
    payments_created: int = 0
    payments_included: int = 0
    payments_excluded: int = 0
    held: Mapping[str, str] = field(default_factory=dict)
    untouched: tuple[str, ...] = ()
    milestones: int = 0
    drafts: int = 0
    files: int = 0
    without_account: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
