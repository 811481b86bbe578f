"""Journals, documents and payments that say only what a test is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from sync_worker.domain.batch import Frozen
from sync_worker.domain.document import WAITING, Document, Kind, Sighting, State
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.moves import STANDING
from sync_worker.domain.payment import LedgerPayment
from sync_worker.ports import Change
from sync_worker.state.journal import SqlJournal

MORNING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NO_LINES = Hold(HoldClass.NO_LINES, "The invoice has no lines.", "Add a line in the CRM.")


class StandingClock:
    """Time passes only when a test says so."""

    stopping = False

    def __init__(self) -> None:
        self._now = MORNING

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(seconds=seconds)

    def advance(self, **passed: float) -> None:
        self._now += timedelta(**passed)


def a_worker(engine: Engine, clock: StandingClock, connection: str = "main") -> SqlJournal:
    """A journal whose lane is taken."""
    journal = SqlJournal(engine, connection, clock)
    assert journal.lane.acquire(900, "here")
    return journal


def record(number: int) -> SalesforceId:
    return SalesforceId(f"a00{number:015d}")


def xero_id(number: int) -> XeroId:
    return XeroId(f"00000000-0000-4000-8000-{number:012d}")


def an_invoice(number: int = 1, state: State = State.NEW, **facts: Any) -> Document:
    """With what its state says it has."""
    needed: dict[str, Any] = {}
    if state is State.SENDING:
        needed = {"batch": "b1", "sent_at": MORNING}
    elif state in WAITING:
        needed = {"hold": NO_LINES}
    elif state in STANDING:
        needed = {"xero_id": xero_id(number)}
    return Document(Kind.INVOICE, record(number), f"INV-{number}", state, **{**needed, **facts})


def invoices(count: int, state: State = State.NEW, **facts: Any) -> list[Document]:
    return [an_invoice(number, state, **facts) for number in range(1, count + 1)]


def changes(documents: Sequence[Document], words: str = "detected") -> list[Change]:
    return [Change(document, words) for document in documents]


def a_batch(count: int = 2, name: str = "b1", body: bytes = b'{"Invoices":[]}') -> Frozen:
    records = tuple(record(number) for number in range(1, count + 1))
    return Frozen(name, "PUT", "Invoices?summarizeErrors=false", body, f"v1-{name}", records)


def a_payment(number: int = 1, **facts: Any) -> LedgerPayment:
    payment = LedgerPayment(
        id=xero_id(1000 + number),
        invoice_id=xero_id(number),
        kind="ACCRECPAYMENT",
        status="AUTHORISED",
        date=date(2026, 3, 1),
        amount=Decimal("110.00"),
        reference="",
        updated_at=MORNING,
    )
    return replace(payment, **facts)


def a_sighting(number: int = 1, made: int = 1, **facts: Any) -> Sighting:
    sighting = Sighting(
        record=record(number),
        generation=1,
        xero_id=xero_id(made),
        xero_number=f"INV-{number}",
        reference="",
        status="AUTHORISED",
        total=Decimal("110.00"),
    )
    return replace(sighting, **facts)
