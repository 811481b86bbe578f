"""Whether both sides of one record still agree: what the CRM says of it and what stands in Xero. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sync_worker.domain.document import Document, Kind
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.invoice import Invoice, LedgerInvoice
from sync_worker.domain.money import ZERO, four_places


@dataclass(frozen=True, slots=True)
class Pair:
    """One record on both sides: what the journal knows, the CRM's invoice, its document, and others that carry its
    marker. None where there is none."""

    row: Document | None
    invoice: Invoice | None
    stored: LedgerInvoice | None
    others: Sequence[LedgerInvoice] = ()
    undone: bool = False
    """Another one that carried its marker was seen, voided or deleted."""

    @property
    def gone(self) -> bool:
        """Nothing of it stands in Xero any more."""
        return self.stored is None or self.stored.gone

    @property
    def waits_for_its_last_step(self) -> bool:
        """A bill in draft: it is brought to what the CRM says once its milestone is approved."""
        stored = self.stored
        return stored is not None and stored.kind is Kind.BILL and stored.status == "DRAFT"


def judged(
    pair: Pair, received: Decimal | None, *, same_contact: bool, of_all: bool
) -> Hold | None:
    """What keeps both sides from agreeing; None where they do. `received` is what the payments we know of come to,
    None where that cannot be told yet. `of_all`: the look is at everything, not only at what changed lately."""
    invoice, stored = pair.invoice, pair.stored
    if invoice is None or (pair.gone and invoice.status == "Cancelled"):
        return None
    if stored is None or stored.gone:
        how = stored.status.lower() if stored else "deleted"
        return Hold(
            HoldClass.VOIDED_IN_XERO,
            f"the document was {how} in Xero",
            "cancel the invoice in the CRM, or clear its Finance External ID to have it made anew",
        )
    if pair.others:
        other = pair.others[0]
        return Hold(
            HoldClass.SECOND_DOCUMENT,
            f"a second document of ours stands in Xero: {other.number or other.id} ({other.status})",
            f"delete or void in Xero the one with the id {other.id}, not the {stored.status} one that is linked here",
        )
    before = pair.row.hold if pair.row else None
    if before and before.hold_class is HoldClass.SECOND_DOCUMENT and not (of_all or pair.undone):
        return before  # it stands there still, and did not change lately
    if pair.waits_for_its_last_step and invoice.status != "Cancelled":
        return None
    if differences := [*_differences(invoice, stored, same_contact=same_contact)]:
        return Hold(
            HoldClass.CHANGED_SINCE,
            f"changed since it went to Xero: {'; '.join(differences)}",
            "correct the side that is wrong, by hand; nothing is sent again by itself",
        )
    if received is not None and received != stored.paid:
        return Hold(
            HoldClass.PAYMENTS_DIFFER,
            f"Xero says {stored.paid:.2f} is paid, the payments we know of come to {received:.2f}",
            "all payments are fetched again by the next run; if this stays, compare them in Xero",
        )
    return None


def _differences(invoice: Invoice, stored: LedgerInvoice, *, same_contact: bool) -> Iterator[str]:
    """Only of what no setting shapes: an invoice of last year does not drift because a rule changed."""
    if invoice.xero_id is None:
        yield f"the CRM links it to nothing, {stored.number} stands in Xero"
    elif invoice.xero_id != stored.id:
        yield f"the CRM links it to {invoice.xero_id}, ours is {stored.id}"
    if invoice.status == "Cancelled":
        yield f"it is cancelled in the CRM and {stored.status} in Xero"
    if invoice.total is not None and invoice.total != stored.total:
        yield f"the total is {invoice.total:.2f} in the CRM and {stored.total:.2f} in Xero"
    elif _amounts(invoice) != sorted(stored.lines):
        yield f"the lines are others in the CRM than in Xero, whose total is {stored.total:.2f}"
    if invoice.date != stored.date:
        yield f"the date is {invoice.date} in the CRM and {stored.date} in Xero"
    if invoice.currency and invoice.currency != stored.currency:
        yield f"the currency is {invoice.currency} in the CRM and {stored.currency} in Xero"
    if not same_contact:
        yield "it is owed by somebody else in Xero"


def _amounts(invoice: Invoice) -> list[tuple[Decimal, Decimal]]:
    return sorted(
        (four_places(line.quantity or ZERO), four_places(line.rate or ZERO))
        for line in invoice.lines
        if line.include
    )
