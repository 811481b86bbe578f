"""An invoice as the CRM holds it, and as it is to stand in Xero.

To Xero a bill is an invoice too, the other way round: so a milestone is read as one, and takes the same lane.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sync_worker.domain.document import Kind
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.money import LineAmountTypes
from sync_worker.domain.party import Party

SYNCED, DRAFTED, HELD, DRIFT = "Synced", "Draft", "Held", "Drift"
"""What the CRM's field for the sync state says. DRAFTED: a draft stands in Xero, to be completed later."""


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice line of the CRM with what its support item, or funding category, says of it."""

    quantity: Decimal | None
    rate: Decimal | None
    include: bool = True
    item: str = ""
    item_code: str = ""
    item_description: str = ""
    """The support item's own wording for Xero; where empty, its name is used."""
    description: str = ""
    account_code: str = ""
    tax_type: str = ""
    """A Xero tax code or the label people see; empty means the connection's default."""
    service_date: dt.date | None = None
    tracking_option: str = ""
    """Of the connection's tracking category."""
    tracking_source: SalesforceId | None = None
    """The CRM record that names the option."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A CRM invoice with its lines and the parties it may be owed by; or a milestone, with the one it is owed to."""

    id: SalesforceId
    number: str
    date: dt.date | None
    due_date: dt.date | None
    status: str
    funding_type: str
    total: Decimal | None
    """What the CRM says is owed, tax included; None where the CRM does not say."""
    currency: str
    participant: Party | None
    plan_manager: Party | None
    lines: tuple[Line, ...]
    xero_id: XeroId | None = None
    sync_state: str = ""
    requested_at: dt.datetime | None = None
    modified_at: dt.datetime | None = None
    trouble: str = ""
    """Why the CRM's row cannot be read; then only what names it is there."""
    payee: Party | None = None
    """Whom we owe it: a milestone's applicant."""
    exempt: bool = False
    executed: bool = False
    """Whether the contract of a milestone is signed by all."""
    title: str = ""
    """What a milestone is called, beside its number."""

    @property
    def parties(self) -> tuple[Party, ...]:
        return tuple(one for one in (self.participant, self.plan_manager, self.payee) if one)

    @property
    def to_be_completed(self) -> bool:
        """The CRM links it, to a draft that may still wait for its last step."""
        return self.xero_id is not None and self.sync_state in {DRAFTED, HELD}


@dataclass(frozen=True, slots=True)
class DraftLine:
    description: str
    quantity: Decimal
    unit_amount: Decimal
    account_code: str
    tax_type: str
    tracking: tuple[tuple[str, str], ...] = ()
    """(category, option) by name; Xero takes two at the most."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice as Xero is to hold it: everything but the contact's id, which is known only once
    the contact stands."""

    record: SalesforceId
    number: str
    """The CRM's number. It becomes the Reference, and the InvoiceNumber too where the CRM numbers invoices."""
    date: dt.date
    due_date: dt.date
    line_amount_types: LineAmountTypes
    lines: tuple[DraftLine, ...]
    total: Decimal
    currency: str = ""
    branding_theme: str = ""


@dataclass(frozen=True, slots=True)
class LedgerInvoice:
    """An invoice as Xero holds it, as far as we look."""

    id: XeroId
    number: str
    reference: str
    status: str
    total: Decimal
    url: str
    updated_at: dt.datetime
    date: dt.date | None = None
    currency: str = ""
    contact: XeroId | None = None
    lines: tuple[tuple[Decimal, Decimal], ...] = ()
    """(quantity, unit amount) each, to four places."""
    paid: Decimal = Decimal(0)
    """By payments alone, in its own currency; credits are not among them."""
    due: Decimal = Decimal(0)
    """What is still owed, credits considered."""
    messages: tuple[str, ...] = ()
    kind: Kind = Kind.INVOICE

    @property
    def gone(self) -> bool:
        """Deleted as a draft, or voided: it stays in Xero's lists, and nobody owes it."""
        return self.status in {"DELETED", "VOIDED"}
