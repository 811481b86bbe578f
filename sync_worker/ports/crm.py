"""What the processes need of the CRM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice
from sync_worker.domain.paper import Billed, File
from sync_worker.domain.party import Party
from sync_worker.domain.payment import PaymentRecord


@dataclass(frozen=True, slots=True)
class Totals:
    """What the CRM rolls up from an invoice's payments, or has us roll up."""

    paid: Decimal = Decimal(0)
    last_paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvoiceNews:
    """What is written back to one CRM invoice or milestone; None leaves a field alone, empty text clears it."""

    record: SalesforceId
    state: str | None = None
    message: str | None = None
    xero_id: XeroId | None = None
    xero_number: str | None = None
    link: str | None = None
    synced_at: datetime | None = None
    status: str | None = None
    totals: Totals | None = None
    clear_request: bool = False
    bill_date: date | None = None
    exempt: bool | None = None


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """The CRM refused one row: its code, its words."""

    record: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An invoice the CRM already links to Xero, with the payments it knows."""

    record: SalesforceId
    number: str
    xero_id: XeroId
    status: str
    total: Decimal | None
    totals: Totals
    payments: tuple[PaymentRecord, ...] = ()


class CrmInvoices(Protocol):
    def due(self) -> Iterator[Invoice]:
        """Every invoice that passes the ready filter, oldest first; streamed."""

    def requested(self) -> list[Invoice]:
        """Those somebody asked for on the record itself."""

    def numbered(self, number: str) -> list[Invoice]: ...

    def by_id(self, records: Sequence[SalesforceId]) -> dict[SalesforceId, Invoice]: ...

    def write(self, news: Sequence[InvoiceNews]) -> list[RowRefusal]:
        """Row by row, 200 a call; a second call changes nothing. A Finance External ID is written only
        where none is."""

    def edited_since(self, since: datetime) -> Iterator[Invoice]:
        """Linked ones that changed since then, they or their lines; one may come twice."""

    def linked_since(self, since: datetime) -> list[XeroId]:
        """The Xero invoices named by CRM invoices that changed since then, by whoever linked them."""

    def linked(self, invoices: Sequence[XeroId]) -> list[Standing]:
        """Those of the given Xero invoices that the CRM knows."""


class CrmParties(Protocol):
    def write_ids(self, links: Sequence[tuple[Party, XeroId]]) -> list[RowRefusal]: ...


class CrmPayments(Protocol):
    def upsert(self, payments: Sequence[PaymentRecord]) -> list[RowRefusal]:
        """By Finance External ID, sorted by invoice, 200 a call: a second call changes nothing."""


class CrmPapers(Protocol):
    def billed_since(self, since: datetime) -> Iterator[Billed]:
        """Milestones whose bill reached its final status and that changed after then, oldest change first."""

    def billed(self, bills: Sequence[XeroId]) -> list[Billed]:
        """The milestones of these bills."""

    def numbered(self, number: str) -> list[Billed]: ...

    def files(self, milestones: Sequence[SalesforceId]) -> list[File]:
        """Every file that stands on one of them, oldest first; one call for 200 milestones."""

    def content(self, file: File) -> bytes:
        """All of it. Raises Rejected where there is no such version, this user may not see it, or something else than
        the file came."""
