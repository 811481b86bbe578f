"""The rules of one connection: what a bookkeeper decided once about every invoice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from sync_worker.domain.invoice import Invoice
from sync_worker.domain.money import LineAmountTypes
from sync_worker.domain.party import Party


@dataclass(frozen=True, slots=True)
class InvoiceRules:
    status: str = "AUTHORISED"
    crm_numbers: bool = False
    line_amount_types: LineAmountTypes = LineAmountTypes.INCLUSIVE
    account_code: str = ""
    """For lines whose support item names none; empty holds such lines."""
    tax_type: str = "GST Free Income"
    due_days: int = 14
    line_template: str = "{description}"
    branding_theme: str = ""
    tracking: tuple[tuple[str, str], ...] = ()
    debtor_by_funding: Mapping[str, str] = field(default_factory=dict)
    """Funding type to `participant` or `plan_manager`; a funding type not named means the participant."""
    suffix_same_names: bool = False
    batch: int = 50
    ready_status: tuple[str, ...] = ()
    ready_funding: tuple[str, ...] = ()
    start_date: date | None = None

    @property
    def two_steps(self) -> bool:
        """Made as a draft and completed by id: where nothing on Xero's side would stop a second one."""
        return not self.crm_numbers and self.status != "DRAFT"

    def debtor(self, invoice: Invoice) -> Party | None:
        if self.debtor_by_funding.get(invoice.funding_type) == "plan_manager":
            return invoice.plan_manager
        return invoice.participant

    def not_due(self, invoice: Invoice) -> str:
        """Why an invoice is not due, or nothing where it is."""
        if invoice.xero_id:
            return f"it is in Xero already ({invoice.xero_id})"
        if invoice.status == "Cancelled":
            return "it is cancelled"
        if self.ready_status and invoice.status not in self.ready_status:
            return f"its status {invoice.status!r} is not one of those to send"
        if self.ready_funding and invoice.funding_type not in self.ready_funding:
            return f"its funding type {invoice.funding_type!r} is not one of those to send"
        if self.start_date and invoice.date and invoice.date < self.start_date:
            return f"it is dated before the start on {self.start_date:%d %b %Y}"
        if not invoice.lines and not invoice.trouble:
            return "it has no lines yet"
        return ""


def input_hash(invoice: Invoice, rules: InvoiceRules, *, with_contacts: bool = False) -> str:
    """Of all that shapes the document: the same inputs that were refused once are refused again.

    Which contacts the parties are linked to shapes no document, and we write those links ourselves; `with_contacts`
    counts them in, for a hold that such a link would cure.
    """
    shape = replace(invoice, xero_id=None, sync_state="", requested_at=None, modified_at=None)
    if not with_contacts:
        shape = replace(
            shape,
            participant=_unlinked(invoice.participant),
            plan_manager=_unlinked(invoice.plan_manager),
        )
    return hashlib.sha256(repr((shape, rules)).encode()).hexdigest()[:32]


def _unlinked(party: Party | None) -> Party | None:
    return replace(party, xero_id=None) if party else None


def details_hash(party: Party) -> str:
    """Of what a contact is made of in Xero."""
    return hashlib.sha256(repr(replace(party, xero_id=None)).encode()).hexdigest()[:32]
