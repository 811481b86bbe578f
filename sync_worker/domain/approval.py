"""Who did what with a payment batch, and what follows from it: one person fills it, another one approves it.

The CRM shows a batch's status; what counts is what is told here from the acts of people that the journal keeps.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sync_worker.domain.payment_batch import OPEN, BatchStatus, Order, Payee


class ActKind(StrEnum):
    MADE = "made"
    ADDED = "added"
    REMOVED = "removed"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    CONFIRMED = "accounts confirmed"
    VOIDED = "voided"
    EXPORTED = "exported"
    SENT = "sent"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """The bank file of one export; its bytes are not kept."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Act:
    """What one person did with one batch."""

    batch: str
    """Its key."""
    kind: ActKind
    person: str
    at: datetime
    payload: str = ""
    """What the batch paid when it was done, as `PaymentBatch.payload` tells it."""
    words: str = ""
    """What was done and why, for whoever looks later."""
    file: ExportedFile | None = None
    number: str = ""
    """What people call the batch; it has none yet when it is made."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a batch stands by all acts on it."""

    status: BatchStatus = BatchStatus.DRAFT
    hands: tuple[str, ...] = ()
    """Who made, filled or submitted it, ever: none of them approves it."""
    payload: str = ""
    """What was submitted, and so what is approved."""
    approved_by: str = ""
    confirmed_at: datetime | None = None
    """When somebody last confirmed the changed accounts of this payload."""
    exports: tuple[Act, ...] = field(default=())

    def by_same_hand(self, person: str) -> bool:
        return any(same_person(person, hand) for hand in self.hands)


def standing(acts: Iterable[Act]) -> Standing:
    now = Standing()
    for act in acts:
        now = _after(now, act)
    return now


def _after(now: Standing, act: Act) -> Standing:
    hands = (*now.hands, act.person)
    match act.kind:
        case ActKind.MADE:
            return replace(now, hands=hands)
        case ActKind.ADDED | ActKind.REMOVED:
            return replace(_void(now) if now.status in OPEN else now, hands=hands)
        case ActKind.SUBMITTED:
            return replace(now, status=BatchStatus.SUBMITTED, payload=act.payload, hands=hands)
        case ActKind.APPROVED:
            return replace(now, status=BatchStatus.APPROVED, approved_by=act.person)
        case ActKind.CONFIRMED:
            return replace(now, confirmed_at=act.at)
        case ActKind.VOIDED:
            return _void(now)
        case ActKind.EXPORTED:
            return replace(now, status=BatchStatus.EXPORTED, exports=(*now.exports, act))
        case ActKind.SENT:
            return replace(now, status=BatchStatus.SENT)
        case ActKind.CANCELLED:
            return replace(now, status=BatchStatus.CANCELLED)


def _void(now: Standing) -> Standing:
    return replace(now, status=BatchStatus.DRAFT, payload="", approved_by="", confirmed_at=None)


def same_person(one: str, other: str) -> bool:
    """Until there are logins a person is a name: neither case nor blanks make another one of it."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True, slots=True)
class ChangedAccount:
    """A payee whose account is not the one that was last paid into."""

    payee: Payee
    before: Order

    def __str__(self) -> str:
        return (
            f"{self.payee.name} was last paid into {self.before.account} "
            f"(file of {self.before.at:%d %b %Y}), now it is {self.payee.account}"
        )


def changed_accounts(payees: Iterable[Payee], last: Sequence[Order]) -> list[ChangedAccount]:
    """Those whose account was changed since. One that was never paid has none to differ from."""
    before = {order.payee: order for order in last}
    unique = {payee.record: payee for payee in payees}
    return [
        ChangedAccount(payee, before[record])
        for record, payee in unique.items()
        if record in before and _number(before[record]) != payee.number
    ]


def _number(order: Order) -> str:
    return Payee(order.payee, "", order.account).number
