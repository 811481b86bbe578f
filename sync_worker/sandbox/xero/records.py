"""What the books hold: small frozen values, replaced and never altered. Times are milliseconds since 1970, UTC.

A PUT makes thousands of them, so they are structs and not dataclasses, which set each frozen field by a call. None
leads back to itself, so that the garbage collector need not look at them (`gc=False`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from sync_worker.sandbox.xero.arithmetic import ZERO


class Organisation(Struct, frozen=True, gc=False):
    id: str
    name: str
    base_currency: str
    created: int
    period_lock: dt.date | None = None
    year_end_lock: dt.date | None = None


class BrandingTheme(Struct, frozen=True, gc=False):
    id: str
    name: str
    sort_order: int


class Account(Struct, frozen=True, gc=False):
    id: str
    code: str
    name: str
    type: str
    tax_type: str
    updated: int
    status: str = "ACTIVE"
    description: str | None = None
    system: str | None = None
    enable_payments: bool = False
    bank_number: str | None = None
    bank_type: str | None = None
    currency: str | None = None
    show_in_claims: bool = False

    @property
    def account_class(self) -> str:
        return CLASSES[self.type]


class TaxComponent(Struct, frozen=True, gc=False):
    name: str
    rate: Decimal
    compound: bool = False
    non_recoverable: bool = False


class TaxRate(Struct, frozen=True, gc=False):
    id: str  # the TaxType
    name: str
    report_type: str
    components: tuple[TaxComponent, ...]
    applies_to: frozenset[str]  # account classes
    updated: int
    status: str = "ACTIVE"

    @property
    def display_rate(self) -> Decimal:
        return sum((part.rate for part in self.components), ZERO)

    @property
    def effective_rate(self) -> Decimal:
        """Compound components are charged on top of the others."""
        if len(self.components) == 1:
            return self.components[0].rate
        plain = sum((part.rate for part in self.components if not part.compound), ZERO)
        for part in self.components:
            if part.compound:
                plain += part.rate * (100 + plain) / 100
        return plain


class TrackingOption(Struct, frozen=True, gc=False):
    id: str
    name: str
    status: str = "ACTIVE"


class TrackingCategory(Struct, frozen=True, gc=False):
    id: str
    name: str
    updated: int
    status: str = "ACTIVE"
    options: tuple[TrackingOption, ...] = ()


class ContactPerson(Struct, frozen=True, gc=False):
    first_name: str
    last_name: str
    email: str
    include_in_emails: bool


class Contact(Struct, frozen=True, gc=False):
    id: str
    name: str
    updated: int
    status: str = "ACTIVE"
    number: str | None = None
    account_number: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company_number: str | None = None
    email: str | None = None
    bank_details: str | None = None
    tax_number: str | None = None
    receivable_tax: str | None = None
    payable_tax: str | None = None
    sales_account: str | None = None
    purchases_account: str | None = None
    website: str | None = None
    currency: str | None = None
    phones: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()  # (type, fields)
    addresses: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    persons: tuple[ContactPerson, ...] = ()
    terms: tuple[tuple[str, int, str], ...] = ()  # (Bills or Sales, day, type)
    is_customer: bool = False
    is_supplier: bool = False
    merged_to: str | None = None
    by_api: bool = False
    created: int = 0


class LineTracking(Struct, frozen=True, gc=False):
    category_id: str
    option_id: str
    category: str
    option: str


class Line(Struct, frozen=True, gc=False):
    id: str
    description: str | None
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    line_amount: Decimal = ZERO
    tax_type: str | None = None
    tax_amount: Decimal = ZERO
    account_code: str | None = None
    account_id: str | None = None
    item_code: str | None = None
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None
    discounted: Decimal = ZERO
    tracking: tuple[LineTracking, ...] = ()


class Invoice(Struct, frozen=True, gc=False):
    """A sales invoice (ACCREC) or a bill (ACCPAY)."""

    id: str
    kind: str
    number: str
    contact_id: str
    status: str
    updated: int
    reference: str = ""
    date: dt.date | None = None
    due_date: dt.date | None = None
    line_amount_types: str = "Exclusive"
    lines: tuple[Line, ...] = ()
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO
    total_discount: Decimal = ZERO
    amount_paid: Decimal = ZERO
    amount_credited: Decimal = ZERO
    currency: str = ""
    currency_rate: Decimal = Decimal("1.000000")
    theme_id: str | None = None
    url: str | None = None
    sent: bool = False
    expected_date: dt.date | None = None
    planned_date: dt.date | None = None
    fully_paid_on: dt.date | None = None
    made_by: str | None = None  # the client id of the app that made it; None for a person
    created: int = 0

    @property
    def amount_due(self) -> Decimal:
        return self.total - self.amount_paid - self.amount_credited

    @property
    def settled_in_part(self) -> bool:
        return bool(self.amount_paid or self.amount_credited)


class Credit(Struct, frozen=True, gc=False):
    """A credit note, prepayment or overpayment: set against documents, or paid back."""

    id: str
    family: str  # CreditNotes, Prepayments or Overpayments
    kind: str
    number: str
    contact_id: str
    status: str
    updated: int
    reference: str = ""
    date: dt.date | None = None
    line_amount_types: str = "Exclusive"
    lines: tuple[Line, ...] = ()
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO
    total_discount: Decimal = ZERO
    allocated: Decimal = ZERO
    refunded: Decimal = ZERO
    currency: str = ""
    currency_rate: Decimal = Decimal("1.000000")
    theme_id: str | None = None
    sent: bool = False
    fully_paid_on: dt.date | None = None
    made_by: str | None = None
    created: int = 0

    @property
    def remaining(self) -> Decimal:
        return self.total - self.allocated - self.refunded

    @property
    def settled_in_part(self) -> bool:
        return bool(self.allocated or self.refunded)

    @property
    def receivable(self) -> bool:
        """Whether it stands against sales invoices rather than bills."""
        return self.kind.startswith(("ACCREC", "RECEIVE"))


class Allocation(Struct, frozen=True, gc=False):
    """Part of a credit set against one document. Not a payment."""

    id: str
    family: str
    credit_id: str
    invoice_id: str
    amount: Decimal
    date: dt.date
    updated: int
    deleted: bool = False


class BankTransaction(Struct, frozen=True, gc=False):
    """Money spent or received without an invoice; some kinds make a prepayment or overpayment of the same id."""

    id: str
    kind: str
    contact_id: str | None
    account_id: str
    status: str
    updated: int
    reference: str = ""
    date: dt.date | None = None
    line_amount_types: str = "Exclusive"
    lines: tuple[Line, ...] = ()
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO
    currency: str = ""
    currency_rate: Decimal = Decimal("1.000000")
    reconciled: bool = False
    url: str | None = None
    created: int = 0


class Proposal(Struct, frozen=True, gc=False):
    """A purchase order or a quote."""

    id: str
    number: str
    contact_id: str
    status: str
    updated: int
    reference: str = ""
    date: dt.date | None = None
    until: dt.date | None = None  # delivery, or expiry
    arrival: dt.date | None = None
    line_amount_types: str = "Exclusive"
    lines: tuple[Line, ...] = ()
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO
    total_discount: Decimal = ZERO
    currency: str = ""
    currency_rate: Decimal = Decimal("1.000000")
    theme_id: str | None = None
    sent: bool = False
    texts: Mapping[str, str] = {}  # what only one of the two has, by Xero's names
    created: int = 0


class Batch(Struct, frozen=True, gc=False):
    """Payments made in one go. Its members are payments too, and live and die with it."""

    id: str
    kind: str
    account_id: str
    date: dt.date
    total: Decimal
    updated: int
    reference: str | None = None
    narrative: str | None = None
    details: str | None = None
    status: str = "AUTHORISED"
    reconciled: bool = False
    created: int = 0


class Price(Struct, frozen=True, gc=False):
    """One side of an item: what it costs by default and where it is booked."""

    unit_price: Decimal | None = None
    account_code: str | None = None
    tax_type: str | None = None


class Item(Struct, frozen=True, gc=False):
    id: str
    code: str
    updated: int
    name: str | None = None
    description: str | None = None
    purchase_description: str | None = None
    sold: bool = True
    purchased: bool = True
    sales: Price = Price()
    purchases: Price = Price()
    deleted: bool = False


class Attachment(Struct, frozen=True, gc=False):
    id: str
    name: str
    mime: str
    content: bytes
    online: bool


class ContactGroup(Struct, frozen=True, gc=False):
    id: str
    name: str
    updated: int
    status: str = "ACTIVE"
    members: tuple[str, ...] = ()


class User(Struct, frozen=True, gc=False):
    id: str
    email: str
    first_name: str
    last_name: str
    subscriber: bool
    role: str
    updated: int


class Payment(Struct, frozen=True, gc=False):
    id: str
    invoice_id: str  # or the credit's that is paid back
    account_id: str
    date: dt.date
    amount: Decimal
    bank_amount: Decimal
    type: str
    updated: int
    reference: str | None = None
    currency_rate: Decimal = Decimal("1.000000")
    status: str = "AUTHORISED"
    reconciled: bool = False
    batch_id: str | None = None
    created: int = 0
    family: str = "Invoices"  # where the paid document stands


CLASSES = {  # an account's class by its type (Xero's accounts page)
    "BANK": "ASSET",
    "CURRENT": "ASSET",
    "FIXED": "ASSET",
    "INVENTORY": "ASSET",
    "NONCURRENT": "ASSET",
    "PREPAYMENT": "ASSET",
    "EQUITY": "EQUITY",
    "DEPRECIATN": "EXPENSE",
    "DIRECTCOSTS": "EXPENSE",
    "EXPENSE": "EXPENSE",
    "OVERHEADS": "EXPENSE",
    "CURRLIAB": "LIABILITY",
    "LIABILITY": "LIABILITY",
    "PAYG": "LIABILITY",
    "TERMLIAB": "LIABILITY",
    "OTHERINCOME": "REVENUE",
    "REVENUE": "REVENUE",
    "SALES": "REVENUE",
}
