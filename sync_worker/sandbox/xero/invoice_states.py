"""The steps a document's status may take, what payments freeze, and what a lock date forbids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from msgspec.structs import replace

from sync_worker.sandbox.xero import errors, reading
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Invoice, Line

APPROVED = frozenset({"SUBMITTED", "AUTHORISED", "PAID"})  # must be complete
_POSTED = frozenset({"AUTHORISED", "PAID", "VOIDED"})  # stands in the ledger, so lock dates bind it
_FIRST = frozenset({"DRAFT", "SUBMITTED", "AUTHORISED"})
_STEPS = {
    "DRAFT": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "SUBMITTED": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "AUTHORISED": frozenset({"AUTHORISED", "VOIDED"}),
    "PAID": frozenset({"PAID"}),
}


class Dated(Protocol):
    """What stands in the ledger on a day."""

    @property
    def date(self) -> date | None: ...
    @property
    def status(self) -> str: ...


class Settled(Protocol):
    """An invoice, or a credit note: both take the same steps."""

    @property
    def status(self) -> str: ...
    @property
    def settled_in_part(self) -> bool: ...


def refusal(existing: Settled | None, wanted: str | None) -> str | None:
    """Why a document cannot be written with that status, or None. Voided and deleted ones are closed for good."""
    if existing is None:
        return None if wanted is None or wanted in _FIRST else errors.BAD_FIRST_STATUS
    steps = _STEPS.get(existing.status)
    if steps is None:
        return errors.BAD_STATUS
    if wanted is None or (
        wanted in steps and not (wanted == "VOIDED" and existing.settled_in_part)
    ):
        return None
    if existing.settled_in_part:
        return errors.STATUS_HAS_PAYMENTS.format(status=wanted)
    return errors.BAD_STATUS


def settled(invoice: Invoice, on: date | None = None) -> Invoice:
    """PAID when nothing is left to pay, AUTHORISED again when something is. `on` is the day of the last payment."""
    if invoice.status not in ("AUTHORISED", "PAID"):
        return invoice
    if invoice.amount_due > 0:
        if invoice.status == "AUTHORISED":
            return invoice
        return replace(invoice, status="AUTHORISED", fully_paid_on=None)
    return replace(
        invoice, status="PAID", fully_paid_on=on or invoice.fully_paid_on or invoice.date
    )


def lock_problems(books: Books, existing: Dated | None, wanted: Dated) -> list[str]:
    """A posted document may be neither moved into nor changed within a locked period. Drafts may."""
    organisation = books.organisation
    locks = (
        (organisation.year_end_lock, errors.YEAR_LOCK, errors.YEAR_LOCK_EDIT),
        (organisation.period_lock, errors.PERIOD_LOCK, errors.PERIOD_LOCK_EDIT),
    )
    for lock, dated, edited in locks:
        if lock is None:
            continue
        if existing is not None and existing.status in _POSTED and _within(existing.date, lock):
            return [edited]
        if wanted.status in _POSTED and _within(wanted.date, lock):
            return [dated.format(date=_readable(lock))]
    return []


def frozen_problems(
    before: Invoice, after: Invoice, sent_lines: Sequence[Sent] | None
) -> list[str]:
    """Once something is paid only words, accounts and tracking of known lines may change (Xero's documentation)."""
    if sent_lines is not None:
        ids = {line.id for line in before.lines}
        if any(reading.guid(line, "lineitemid") not in ids for line in sent_lines):
            return [errors.LINE_ID_NEEDED]
    same = (
        before.date == after.date
        and before.currency == after.currency
        and before.line_amount_types == after.line_amount_types
        and [_price(line) for line in before.lines] == [_price(line) for line in after.lines]
    )
    return [] if same else [errors.HAS_PAYMENTS]


def _price(line: Line) -> tuple[object, ...]:
    return (
        line.id,
        line.quantity,
        line.unit_amount,
        line.line_amount,
        line.tax_type,
        line.tax_amount,
    )


def _within(day: date | None, lock: date) -> bool:
    return day is not None and day <= lock


def _readable(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
