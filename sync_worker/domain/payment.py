"""A payment: as Xero reports it, and as the CRM records it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from sync_worker.domain.document import Kind
from sync_worker.domain.ids import SalesforceId, XeroId

SETTLES = {"ACCRECPAYMENT": Kind.INVOICE, "ACCPAYPAYMENT": Kind.BILL}
"""By Xero's PaymentType."""


@dataclass(frozen=True, slots=True)
class LedgerPayment:
    """A payment in Xero. Amounts are in the document's currency."""

    id: XeroId
    invoice_id: XeroId | None
    kind: str
    """Xero's PaymentType, e.g. ACCRECPAYMENT."""
    status: str
    date: date
    amount: Decimal
    reference: str
    updated_at: datetime

    @property
    def deleted(self) -> bool:
        return self.status == "DELETED"

    @property
    def document_id(self) -> XeroId:
        """The id of the document it settles; only asked of those that settle one."""
        if self.invoice_id is None:
            msg = f"the payment {self.id} settles no document"
            raise ValueError(msg)
        return self.invoice_id

    @property
    def settles(self) -> Kind | None:
        """What it is money for; None for the others, which refund or apply credits."""
        return SETTLES.get(self.kind) if self.invoice_id is not None else None


class PaymentType(StrEnum):
    """The CRM's picklist: Reconciliation came from Xero, Stripe was in the CRM already."""

    RECONCILIATION = "Reconciliation"
    STRIPE = "Stripe"


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A Payment row of the CRM."""

    invoice: SalesforceId
    type: str
    source: str
    paid: bool
    include: bool
    date: datetime | None
    amount: Decimal
    xero_id: XeroId | None
    reference: str = ""
    reason: str = ""


def noon(day: date, zone: ZoneInfo) -> datetime:
    """Xero knows only a day; noon in the connection's zone shows as that day wherever the CRM user sits nearby."""
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def repeats(payment: LedgerPayment, stripe: PaymentRecord, zone: ZoneInfo, days: int) -> bool:
    """Whether a Xero payment is the same money as a Stripe payment the CRM has: same amount, a near date."""
    if stripe.date is None:
        return False
    apart = abs((payment.date - stripe.date.astimezone(zone).date()).days)
    return stripe.type == PaymentType.STRIPE and stripe.amount == payment.amount and apart <= days


@dataclass(frozen=True, slots=True)
class Settled:
    """The words of one kind for how far something is paid."""

    unpaid: str
    partly: str
    wholly: str
    kept: frozenset[str]
    """Others that say the same as `unpaid`, or that have nothing to do with money: only the CRM knows them."""


SETTLED = {
    Kind.INVOICE: Settled("Entered", "Partially Paid", "Fully Paid", frozenset({"Not Paid"})),
    Kind.BILL: Settled(
        "Approved",
        "Part Paid",
        "Paid",
        frozenset({"Draft", "Submitted", "Resubmission Requested"}),
    ),
}


def settled_status(
    total: Decimal | None, paid: Decimal, status: str, kind: Kind = Kind.INVOICE
) -> str:
    """The record's status by what is paid. What is cancelled stays cancelled."""
    words = SETTLED[kind]
    if status == "Cancelled" or total is None:
        return status
    if paid <= 0:
        return status if status in words.kept else words.unpaid
    return words.wholly if paid >= total else words.partly
