"""One organisation's books: everything Xero remembers of a tenant, and the ids and times it gives out."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from string import ascii_uppercase
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Raw, Struct

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.scratch import Records, place
from sync_worker.sandbox.xero import charts, wire
from sync_worker.sandbox.xero.records import (
    Account,
    Allocation,
    Attachment,
    BankTransaction,
    Batch,
    BrandingTheme,
    Contact,
    ContactGroup,
    Credit,
    Invoice,
    Item,
    Organisation,
    Payment,
    Proposal,
    TaxRate,
    TrackingCategory,
    User,
)
from sync_worker.sandbox.xero.shelf import Shelf, Step, Trail
from sync_worker.sandbox.xero.where import fold

FAMILIES = (CREDIT_NOTES, PREPAYMENTS, OVERPAYMENTS) = (
    "CreditNotes",
    "Prepayments",
    "Overpayments",
)
PROPOSALS = {"PurchaseOrders": "PO", "Quotes": "QU"}  # and what their numbers begin with
MOST_RENDERED = 20_000
SYSTEM = "System Generated"  # the user of everything the API does (recorded)


class Note(Struct, frozen=True, gc=False):
    """One line of a document's history."""

    when: int
    changes: str
    user: str
    details: str


@dataclass(frozen=True, slots=True)
class Currency:
    code: str
    description: str


class Rendered(dict[str, tuple[Contact, Raw]]):
    """Contacts as documents embed them, written once for all of them; forgotten when there are too many."""

    def __setitem__(self, contact_id: str, rendered: tuple[Contact, Raw]) -> None:
        if len(self) >= MOST_RENDERED:
            self.clear()
        super().__setitem__(contact_id, rendered)


class Books:
    """The records of one tenant. `begin` opens a step that `take_back` can undo.

    `store` is a folder for a file with whatever grows with the number of invoices, if that is too much for memory.
    """

    def __init__(
        self, clock: Clock, *, tenant_id: str, name: str, seed: int, store: Path | None = None
    ) -> None:
        self._clock = clock
        self._records_random = Random(f"{seed}/{tenant_id}")
        self._replies_random = Random(f"{seed}/{tenant_id}/replies")
        self._trail: Trail = []
        many = place(store)
        self.tenant_id = tenant_id
        self.accounts = Shelf[Account](
            self._trail,
            {"code": lambda a: fold(a.code) or None, "name": lambda a: fold(a.name)},
        )
        self.tax_rates = Shelf[TaxRate](self._trail, {"name": lambda t: fold(t.name)})
        self.tracking = Shelf[TrackingCategory](self._trail, {"name": lambda c: fold(c.name)})
        self.contacts = Shelf[Contact](self._trail, CONTACT_LOOKUPS, many)
        self.invoices = Shelf[Invoice](self._trail, INVOICE_LOOKUPS, many)
        self.payments = Shelf[Payment](self._trail, PAYMENT_LOOKUPS, many)
        self.credits = {family: Shelf[Credit](self._trail, CREDIT_LOOKUPS) for family in FAMILIES}
        self.allocations = Shelf[Allocation](self._trail, ALLOCATION_LOOKUPS)
        self.bank_transactions = Shelf[BankTransaction](self._trail, {})
        self.batches = Shelf[Batch](self._trail, {})
        self.proposals = {
            plural: Shelf[Proposal](self._trail, PROPOSAL_LOOKUPS) for plural in PROPOSALS
        }
        self.items = Shelf[Item](self._trail, {"code": _item_code})
        self.groups = Shelf[ContactGroup](self._trail, {"name": _group_name})
        self.attachments: dict[str, tuple[Attachment, ...]] = {}
        self.currencies: dict[str, Currency] = {}
        self.history: Records[tuple[Note, ...]] = many.records(pickle.dumps, pickle.loads)
        self.rendered = Rendered()
        self._next_numbers = dict.fromkeys(("INV", "CN", *PROPOSALS.values()), 1)
        opened = self.now()
        self.organisation: Organisation = charts.organisation(self.new_id(), name, opened)
        self.theme: BrandingTheme = charts.theme(self.new_id())
        self.users: tuple[User, ...] = charts.users(self.new_id, opened)
        self._open_with_defaults(opened)
        self._zone = ZoneInfo(charts.ZONE)

    def now(self) -> int:
        """The clock in milliseconds."""
        return wire.milliseconds(self._clock.now())

    def today(self) -> date:
        """Today where the organisation is: the date a document gets that has none."""
        return self._clock.now().astimezone(self._zone).date()

    def new_id(self) -> str:
        return _guid(self._records_random.getrandbits(128))

    def reply_id(self) -> str:
        """The id of a reply, from a source of its own: reading more or less does not change the records' ids."""
        return _guid(self._replies_random.getrandbits(128))

    def entropy(self) -> str:
        """Twenty capital letters, as webhook bodies hold."""
        return "".join(self._replies_random.choices(ascii_uppercase, k=20))

    def next_invoice_number(self) -> str:
        """The next free number of the organisation's sequence: `INV-0001` and on."""
        return self._next_free("INV", self.invoices)

    def next_credit_note_number(self) -> str:
        """Likewise for credit notes: `CN-0001` and on."""
        return self._next_free("CN", self.credits[CREDIT_NOTES])

    def next_proposal_number(self, plural: str) -> str:
        """Likewise for purchase orders and quotes: `PO-0001`, `QU-0001`."""
        return self._next_free(PROPOSALS[plural], self.proposals[plural])

    def begin(self) -> None:
        self._trail.clear()
        self._numbers_before = dict(self._next_numbers)

    def take_back(self, to: int = 0) -> None:
        """Undo the steps since `begin`, or since `mark` gave `to`."""
        while len(self._trail) > to:
            self._trail.pop()()
        if to == 0:
            self._next_numbers = dict(self._numbers_before)
        del self._trail[to:]

    def mark(self) -> int:
        return len(self._trail)

    def changes(self) -> list[tuple[Any, Any]]:
        """Before and after of every record put since `begin`."""
        return [(step.before, step.after) for step in self._trail if isinstance(step, Step)]

    def note(self, record_id: str, changes: str, details: str, user: str = SYSTEM) -> Note:
        note = Note(self.now(), changes, user, details)
        notes = self.history.get(record_id) or ()
        self.history[record_id] = (*notes, note)
        self._trail.append(lambda: self.history.__setitem__(record_id, notes))
        return note

    def _next_free(self, prefix: str, shelf: Shelf[Any]) -> str:
        while True:
            number = f"{prefix}-{self._next_numbers[prefix]:04d}"
            self._next_numbers[prefix] += 1
            if not shelf.has("number", fold(number)):
                return number

    def _open_with_defaults(self, opened: int) -> None:
        for account in charts.accounts(self.new_id, opened):
            self.accounts.put(account)
        for rate in charts.tax_rates(opened):
            self.tax_rates.put(rate)
        code = self.organisation.base_currency
        self.currencies[code] = Currency(code, charts.CURRENCIES[code])
        self.begin()


def _guid(bits: int) -> str:
    """128 bits as a random (version 4) guid."""
    digits = f"{bits & _FREE | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_FREE = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF  # the bits that version and variant leave to chance
_VERSION_4 = 0x00000000_0000_4000_8000_000000000000


def _taken_credit_number(credit: Credit) -> str | None:
    if credit.kind != "ACCRECCREDIT" or credit.status == "DELETED" or not credit.number:
        return None
    return fold(credit.number)


def _item_code(item: Item) -> str | None:
    return None if item.deleted else fold(item.code)


def _group_name(group: ContactGroup) -> str | None:
    return fold(group.name) if group.status == "ACTIVE" else None


def _taken_number(invoice: Invoice) -> str | None:
    """The number a sales invoice holds. Bills share theirs freely (Xero's invoices page); a deleted draft lets go of
    its number, a voided invoice does not (both unsettled)."""
    if invoice.kind != "ACCREC" or invoice.status == "DELETED" or not invoice.number:
        return None
    return fold(invoice.number)


INVOICE_LOOKUPS = {
    "number": _taken_number,
    "any number": lambda invoice: fold(invoice.number) or None,
    "contact": lambda invoice: invoice.contact_id,
    "reference": lambda invoice: fold(invoice.reference) or None,
}
PAYMENT_LOOKUPS = {
    "invoice": lambda payment: payment.invoice_id,
    "batch": lambda payment: payment.batch_id,
}
CREDIT_LOOKUPS = {
    "number": _taken_credit_number,
    "any number": lambda credit: fold(credit.number) or None,
    "contact": lambda credit: credit.contact_id,
    "reference": lambda credit: fold(credit.reference) or None,
}
PROPOSAL_LOOKUPS = {"number": lambda proposal: fold(proposal.number) or None}
ALLOCATION_LOOKUPS = {
    "invoice": lambda allocation: None if allocation.deleted else allocation.invoice_id,
    "credit": lambda allocation: None if allocation.deleted else allocation.credit_id,
}
CONTACT_LOOKUPS = {
    "active name": lambda contact: fold(contact.name) if contact.status == "ACTIVE" else None,
    "name": lambda contact: fold(contact.name),
    "contact number": lambda contact: fold(contact.number or "") or None,
    "account number": lambda contact: fold(contact.account_number or "") or None,
    "email": lambda contact: fold(contact.email or "") or None,
}
