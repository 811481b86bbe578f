"""A payment batch: approved milestones that one bank file pays on one day. Not to be taken for a *batch*, which is a
call to Xero.

What can be said of it without asking anybody: what it pays as a hash, what is wrong with it, how much of a milestone
may still be paid.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import DRAFTED, DRIFT, HELD, LedgerInvoice
from sync_worker.domain.money import ZERO, to_cents


class BatchStatus(StrEnum):
    """The CRM's picklist, in the order of a batch's life."""

    DRAFT = "Draft"
    SUBMITTED = "Submitted"
    APPROVED = "Approved"
    EXPORTED = "Exported"
    SENT = "Sent"
    CANCELLED = "Cancelled"


OPEN = frozenset({BatchStatus.DRAFT, BatchStatus.SUBMITTED, BatchStatus.APPROVED})
"""Before the file is made: what it holds may still change."""
FILED = frozenset({BatchStatus.EXPORTED, BatchStatus.SENT})


class ItemStatus(StrEnum):
    PENDING = "Pending"
    EXPORTED = "Exported"
    SENT = "Sent"
    REMOVED = "Removed"


UNSETTLED = {
    DRAFTED: "is still a draft in Xero; `sync-worker sync bills` completes it",
    HELD: "is held; its Finance Message in the CRM says why and what to do",
    DRIFT: "differs from the milestone; its Finance Message in the CRM says what to do",
}
"""What keeps a bill that stands in Xero from being paid, by its sync state."""
READY = frozenset({"Approved", "Part Paid"})
"""The statuses of a milestone that may be paid."""
OWED = frozenset({"AUTHORISED", "PAID"})
"""The statuses of a bill that was approved in Xero."""


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid, and where to, as the CRM says it now."""

    record: SalesforceId
    """Of the Account, or of the Contact where a person applied."""
    name: str
    """Whose account it is, as the bank knows it."""
    account: str
    """As people write it, such as `062-000 12345678` or `12-3140-0171323-50`; empty where it is missing."""

    @property
    def number(self) -> str:
        """The account whatever hyphens and blanks it is written with: what two accounts are compared by."""
        return "".join(sign for sign in self.account if sign.isalnum())


@dataclass(frozen=True, slots=True)
class Payable:
    """A milestone, as something that can be paid."""

    id: SalesforceId
    number: str
    status: str
    exempt: bool
    bill: XeroId | None
    """In Xero, once there is one."""
    sync_state: str
    """What the CRM shows of the bill: Synced, Draft, Held or Drift; empty where it shows nothing."""
    amount: Decimal
    paid: Decimal
    """What came back from Xero as paid, by whatever way."""
    payee: Payee | None

    @property
    def obstacle(self) -> str | None:
        """Why it cannot be paid as the CRM shows it, and the cure; None where it can."""
        if self.exempt:
            return (
                f"{self.number} is exempt from syncing; pay it by hand, or take the exemption off"
            )
        if self.status not in READY:
            return f"{self.number} is {self.status or 'without a status'}; only an approved milestone is paid"
        if not self.bill:
            return f"{self.number} has no bill in Xero yet; `sync-worker sync bills` makes it"
        if self.sync_state in UNSETTLED:
            return f"the bill of {self.number} {UNSETTLED[self.sync_state]}"
        if self.payee is None:
            return f"{self.number} names no applicant; name one on its contract in the CRM"
        if not self.payee.account:
            return (
                f"{self.payee.name} has no bank account, so {self.number} cannot be paid; "
                "fill it in on the applicant in the CRM"
            )
        return None


@dataclass(frozen=True, slots=True)
class Item:
    id: SalesforceId
    milestone: Payable
    amount: Decimal | None
    pay_on: date | None
    """A day of its own; None means the batch's."""
    status: str = ItemStatus.PENDING


@dataclass(frozen=True, slots=True)
class PaymentBatch:
    """A batch of the CRM with the items that were not taken out."""

    id: SalesforceId
    key: str
    """Empty where somebody made it by hand."""
    number: str
    """What people call it, such as PB-000012."""
    title: str
    status: str
    pay_on: date | None
    items: tuple[Item, ...] = ()
    sha256: str = ""
    exported_at: datetime | None = None

    @property
    def total(self) -> Decimal:
        return sum((item.amount or ZERO for item in self.items), ZERO)

    @property
    def days(self) -> list[date | None]:
        """On which days it pays; a batch that can be exported has one."""
        found = dict.fromkeys(item.pay_on or self.pay_on for item in self.items) or {
            self.pay_on: None
        }
        return list(found)

    @property
    def payload(self) -> str:
        """SHA-256 over everything that is paid, whatever the order: to whom, into which account, how much, when, under
        which reference. Two that differ in it are two different orders to the bank."""
        lines = sorted(self._line(item) for item in self.items)
        whole = json.dumps([self.key, lines], ensure_ascii=True)
        return hashlib.sha256(whole.encode()).hexdigest()

    @property
    def lines(self) -> list[str]:
        """The payload in words, a line for each item, in one order: what two persons can compare."""
        return sorted(
            f"{item.milestone.number}: {item.amount or ZERO:.2f} to {_told(item.milestone.payee)} "
            f"on {item.pay_on or self.pay_on or 'no day'}"
            for item in self.items
        )

    def item_of(self, milestone: SalesforceId) -> Item | None:
        return next((item for item in self.items if item.milestone.id == milestone), None)

    def _line(self, item: Item) -> list[str]:
        payee = item.milestone.payee
        day = item.pay_on or self.pay_on
        return [
            item.milestone.id,
            item.milestone.number,
            *((payee.record, payee.name, payee.number) if payee else ("", "", "")),
            "" if item.amount is None else f"{item.amount.normalize():f}",
            day.isoformat() if day else "",
        ]


def _told(payee: Payee | None) -> str:
    return f"{payee.name}, {payee.account or 'no account'}" if payee else "nobody"


# How much may still be paid ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """What the CRM says another batch pays of a milestone."""

    batch: str
    """Its key, or its record id where it has none."""
    number: str
    milestone: SalesforceId
    amount: Decimal
    status: str
    """Of the batch."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a bank file told the bank to pay: the journal's own memory, which no edit of the CRM changes."""

    batch: str
    milestone: SalesforceId
    payee: SalesforceId
    account: str
    amount: Decimal
    paid_before: Decimal
    """What was paid of the milestone when the file was made."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Headroom:
    left: Decimal
    """How much of a milestone may go into one more batch."""
    obstacle: str | None
    """Why it cannot be paid at all, and the cure."""


NOTHING = Headroom(ZERO, None)


def headroom(
    payable: Payable, bill: LedgerInvoice | None, claims: Iterable[Claim], orders: Sequence[Order]
) -> Headroom:
    """Given the bill as Xero has it now, what other batches claim and what was ordered.

    No more than both sides call open: a credit in Xero is no payment in the CRM. An order waits until the milestone's
    payments have risen by it; until then it counts beside them. One that only the CRM knows counts as though it was
    the first.
    """
    known = {order.batch for order in orders}
    claims = [claim for claim in claims if claim.batch not in known]
    pending = sum((claim.amount for claim in claims if claim.status not in FILED), ZERO)
    expected = sum((claim.amount for claim in claims if claim.status in FILED), ZERO)
    for order in sorted(orders, key=lambda order: order.at):
        expected = max(expected, order.paid_before) + order.amount
    ordered = max(expected, payable.paid) - payable.paid
    due = bill.due if bill else ZERO
    left = min(payable.amount - payable.paid, due) - ordered - pending
    return Headroom(left, payable.obstacle or _unowed(payable, bill))


def _unowed(payable: Payable, bill: LedgerInvoice | None) -> str | None:
    if bill is None:
        return f"Xero does not have the bill of {payable.number}; `sync-worker sync verify` looks what became of it"
    if bill.status not in OWED:
        return (
            f"the bill of {payable.number} is {bill.status} in Xero, so nobody is to be paid for it; "
            "approve it there, or cancel the milestone"
        )
    return None


def amount_trouble(amount: Decimal) -> str | None:
    """What is wrong with an amount of money to be paid."""
    if not amount.is_finite() or amount <= 0:
        return f"{amount} is not above zero"
    return None if amount == to_cents(amount) else f"{amount} has parts of a cent"


def troubles(
    batch: PaymentBatch, headrooms: Mapping[SalesforceId, Headroom], today: date
) -> Iterator[str]:
    """Everything that keeps a batch from being paid as it stands, each with its cure."""
    if not batch.items:
        yield f"{batch.number} holds nothing; fill it with `sync-worker batch add {batch.number}`"
    yield from _day_troubles(batch, today)
    times = Counter(item.milestone.number for item in batch.items)
    for number in sorted(number for number, count in times.items() if count > 1):
        yield f"{number} stands in {batch.number} {times[number]} times; take all but one out in the CRM"
    for item in batch.items:
        yield from _item_troubles(item, headrooms.get(item.milestone.id, NOTHING))


def _day_troubles(batch: PaymentBatch, today: date) -> Iterator[str]:
    days = batch.days
    if len(days) > 1:
        said = ", ".join(sorted(str(day or "no day") for day in days))
        yield (
            f"{batch.number} pays on several days ({said}), and a bank file has one; "
            "make a batch for each day"
        )
    elif days[0] is None:
        yield f"{batch.number} has no payment date; set it on the batch in the CRM"
    elif days[0] < today:
        yield f"{batch.number} pays on {days[0]}, which has passed; set a later date on it in the CRM"


def _item_troubles(item: Item, room: Headroom) -> Iterator[str]:
    milestone = item.milestone
    if room.obstacle:
        yield room.obstacle
    elif item.amount is None:
        yield f"{milestone.number} has no amount; set it in the CRM"
    elif wrong := amount_trouble(item.amount):
        yield f"{milestone.number} is to be paid {wrong}; correct the amount"
    elif item.amount > room.left:
        yield too_much(milestone.number, item.amount, room.left)


def too_much(number: str, amount: Decimal, left: Decimal) -> str:
    return (
        f"{number} is to be paid {amount:.2f}, and {max(left, ZERO):.2f} of it is open, here and in Xero, "
        "and in no other batch; "
        "lower the amount, or take it out of the other batch"
    )
