"""The rules of one connection: what a bookkeeper decided once about every invoice, and about every bill."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import ClassVar

from sync_worker.domain.document import Kind
from sync_worker.domain.invoice import DRAFTED, SYNCED, Invoice
from sync_worker.domain.money import LineAmountTypes
from sync_worker.domain.party import Party


@dataclass(frozen=True, slots=True)
class Words:
    """What people call things, for reasons and cures."""

    record: str
    date: str
    date_cure: str
    lock_cure: str
    debtor: str
    debtor_stands_on: str
    item: str
    uses: str
    account: str
    settings: str


@dataclass(frozen=True, slots=True)
class InvoiceRules:
    kind: ClassVar[Kind] = Kind.INVOICE
    words: ClassVar[Words] = Words(
        record="invoice",
        date="Invoice Date",
        date_cure="enter the Invoice Date",
        lock_cure="change the Invoice Date, or have an adviser move the lock date in Xero; "
        "it is never re-dated by itself",
        debtor="who is to owe it",
        debtor_stands_on="invoice",
        item="support item",
        uses="sales",
        account="revenue account",
        settings="invoices",
    )

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
    tracking_category: str = ""
    """The one of which the record itself names an option."""
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

    @property
    def completes(self) -> bool:
        """Whether a draft in Xero is ever brought to another status."""
        return self.status != "DRAFT"

    def final_status(self, invoice: Invoice) -> str:
        """The status it is to reach in Xero, as things are."""
        del invoice
        return self.status

    def sync_state(self, invoice: Invoice) -> str:
        """What the CRM shows once it stands there."""
        del invoice
        return SYNCED

    def debtor(self, invoice: Invoice) -> Party | None:
        """On whose account it stands in Xero."""
        if self.debtor_by_funding.get(invoice.funding_type) == "plan_manager":
            return invoice.plan_manager
        return invoice.participant

    def called(self, invoice: Invoice) -> str:
        """What people call the one on whose account it stands."""
        return self.debtor_by_funding.get(invoice.funding_type, "participant").replace("_", " ")

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


APPROVED, CANCELLED = "Approved", "Cancelled"
REVIEWED = frozenset({"Draft", "Submitted", "Resubmission Requested", APPROVED})
"""A milestone's statuses before anything of it is paid."""


class Point(StrEnum):
    """When a milestone's bill goes to Xero."""

    CONTRACT_EXECUTED = "contract-executed"
    """As a draft, to be completed when the milestone is approved."""
    MILESTONE_APPROVED = "milestone-approved"


@dataclass(frozen=True, slots=True)
class BillRules(InvoiceRules):
    """The same for bills, with what differs: a milestone's number is no fence in Xero, which takes any supplier's
    number twice, so that a bill is always made in two steps."""

    kind: ClassVar[Kind] = Kind.BILL
    words: ClassVar[Words] = Words(
        record="milestone",
        date="Bill Date, and its contract no Start Date",
        date_cure="enter a Bill Date on the milestone, or retry with: sync bill NUMBER --date YYYY-MM-DD",
        lock_cure="retry with another date (sync bill NUMBER --date YYYY-MM-DD), or have an adviser move the lock date "
        "in Xero; it is never re-dated by itself",
        debtor="who is to be paid",
        debtor_stands_on="milestone's contract or application",
        item="funding category",
        uses="purchases",
        account="expense account",
        settings="bills",
    )

    points: tuple[Point, ...] = (Point.MILESTONE_APPROVED,)
    """In one order: they are part of the input hash."""

    @property
    def two_steps(self) -> bool:
        return True

    def final_status(self, invoice: Invoice) -> str:
        approved = invoice.status == APPROVED and Point.MILESTONE_APPROVED in self.points
        return self.status if approved else "DRAFT"

    def sync_state(self, invoice: Invoice) -> str:
        return DRAFTED if self.final_status(invoice) == "DRAFT" else SYNCED

    def debtor(self, invoice: Invoice) -> Party | None:
        return invoice.payee

    def called(self, invoice: Invoice) -> str:
        del invoice
        return "applicant"

    def not_due(self, invoice: Invoice) -> str:
        if invoice.exempt:
            return "it is exempt from syncing"
        if invoice.status == CANCELLED:
            return "it is cancelled"
        completing = invoice.to_be_completed and self.final_status(invoice) != "DRAFT"
        if invoice.xero_id and not completing:
            return f"it is in Xero already ({invoice.xero_id})"
        if invoice.trouble:
            return ""
        if invoice.status not in REVIEWED:
            return f"its status is {invoice.status!r}, and only approved milestones are billed"
        if not self._reached(invoice):
            return f"it has not come to a publish point yet ({', '.join(self.points)})"
        if not invoice.total:
            return "it comes to nothing"
        if self.start_date and invoice.date and invoice.date < self.start_date:
            return f"it is dated before the start on {self.start_date:%d %b %Y}"
        return ""

    def _reached(self, invoice: Invoice) -> bool:
        executed = Point.CONTRACT_EXECUTED in self.points and invoice.executed
        return executed or self.final_status(invoice) != "DRAFT"


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
            payee=_unlinked(invoice.payee),
        )
    return hashlib.sha256(repr((shape, rules)).encode()).hexdigest()[:32]


def _unlinked(party: Party | None) -> Party | None:
    return replace(party, xero_id=None) if party else None


def details_hash(party: Party) -> str:
    """Of what a contact is made of in Xero."""
    return hashlib.sha256(repr(replace(party, xero_id=None)).encode()).hexdigest()[:32]
