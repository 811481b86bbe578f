"""The rows of `payments`: what Xero reported, from the page it stood on until the CRM has it.

A newer version of a payment takes the older one's place and waits again; a late, older one is
dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    exists,
    func,
    select,
    update,
)

from sync_worker.domain.document import LINKED, Kind
from sync_worker.domain.ids import XeroId
from sync_worker.domain.payment import LedgerPayment
from sync_worker.state.store import in_chunks, upsert
from sync_worker.state.tables import documents, payments


class Progress(StrEnum):
    WAITING = "WAITING"
    """The CRM does not have this version yet."""
    APPLIED = "APPLIED"
    UNMATCHED = "UNMATCHED"
    """On an invoice the CRM does not know, or not yet."""


def receive(tx: Connection, connection: str, arrived: Sequence[LedgerPayment]) -> int:
    """How many were new or changed. What only moved its time waits again too: the CRM may have lost its record since,
    and where it has not, planning finds nothing to write."""
    stored = _versions(tx, connection, (payment.id for payment in arrived))
    rows = []
    for payment in arrived:
        version = (payment.updated_at, content_of(payment))
        known = stored.get(payment.id)
        if known is not None and (version == known or version[0] < known[0]):
            continue
        stored[payment.id] = version
        rows.append(_row(connection, payment, version[1]))
    if rows:
        tx.execute(upsert(tx.dialect.name, payments), rows)
    return len(rows)


def waiting(tx: Connection, connection: str, limit: int) -> list[LedgerPayment]:
    """Oldest first."""
    return _select(tx, _WAITING, connection, limit)


def matchable(tx: Connection, connection: str, limit: int) -> list[LedgerPayment]:
    """Put aside before, and on an invoice that both sides know by now."""
    return _select(tx, _MATCHABLE, connection, limit)


def received(tx: Connection, connection: str, invoices: Iterable[XeroId]) -> dict[XeroId, Decimal]:
    sums: dict[XeroId, Decimal] = {}
    for chunk in in_chunks(invoices):
        query = select(payments.c.invoice_id, payments.c.amount).where(
            payments.c.connection == connection,
            payments.c.invoice_id.in_(chunk),
            payments.c.status != "DELETED",
        )
        for invoice, amount in tx.execute(query):
            sums[invoice] = sums.get(invoice, Decimal(0)) + amount
    return sums


def has_unmatched(tx: Connection, connection: str) -> bool:
    return bool(tx.execute(_ASIDE, {"ours": connection}).scalar())


def wake(tx: Connection, connection: str, invoices: Iterable[XeroId]) -> int:
    return sum(
        tx.execute(
            update(payments)
            .where(
                payments.c.connection == connection,
                payments.c.state == Progress.UNMATCHED,
                payments.c.invoice_id.in_(chunk),
            )
            .values(state=Progress.WAITING)
        ).rowcount
        for chunk in in_chunks(invoices)
    )


def mark(
    tx: Connection, connection: str, progress: Progress, done: Sequence[LedgerPayment]
) -> None:
    """Only the version that was handed out is marked: one that came in meanwhile goes on
    waiting."""
    if done:
        tx.execute(
            _MARK,
            [
                {"ours": connection, "payment": p.id, "version": content_of(p), "to": progress}
                for p in done
            ],
        )


def count(tx: Connection, connection: str) -> dict[str, int]:
    """How many payments stand where."""
    query = (
        select(payments.c.state, func.count().label("number"))
        .where(payments.c.connection == connection)
        .group_by(payments.c.state)
    )
    return {row.state: row.number for row in tx.execute(query)}


def content_of(payment: LedgerPayment) -> str:
    """A hash of everything but the time: Xero moves the time of a payment without changing the
    payment."""
    facts = (
        payment.invoice_id,
        payment.kind,
        payment.status,
        payment.date.isoformat(),
        str(payment.amount),
        payment.reference,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _versions(tx: Connection, connection: str, ids: Iterable[XeroId]) -> dict[str, tuple[Any, Any]]:
    return {
        row.id: (row.updated_at, row.content)
        for chunk in in_chunks(ids)
        for row in tx.execute(
            select(payments.c.id, payments.c.updated_at, payments.c.content).where(
                payments.c.connection == connection, payments.c.id.in_(chunk)
            )
        )
    }


def _row(connection: str, payment: LedgerPayment, content: str) -> dict[str, object]:
    return {
        "connection": connection,
        "id": payment.id,
        "invoice_id": payment.invoice_id,
        "kind": payment.kind,
        "status": payment.status,
        "date": payment.date,
        "amount": payment.amount,
        "reference": payment.reference,
        "updated_at": payment.updated_at,
        "content": content,
        "state": Progress.WAITING,
    }


_MARK = (
    update(payments)
    .where(
        payments.c.connection == bindparam("ours"),
        payments.c.id == bindparam("payment"),
        payments.c.content == bindparam("version"),
    )
    .values(state=bindparam("to"))
)


def _oldest_first(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(payments)
        .where(and_(payments.c.connection == bindparam("ours"), *conditions))
        .order_by(payments.c.updated_at, payments.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


_LINKED = exists().where(
    documents.c.connection == payments.c.connection,
    documents.c.kind.in_([Kind.INVOICE, Kind.BILL]),
    documents.c.xero_id == payments.c.invoice_id,
    documents.c.state.in_(LINKED),
)
_WAITING = _oldest_first(payments.c.state == Progress.WAITING)
_MATCHABLE = _oldest_first(payments.c.state == Progress.UNMATCHED, _LINKED)
_ASIDE = select(
    exists().where(
        payments.c.connection == bindparam("ours"), payments.c.state == Progress.UNMATCHED
    )
)


def _select(tx: Connection, query: Any, connection: str, limit: int) -> list[LedgerPayment]:
    return [_payment(row) for row in tx.execute(query, {"ours": connection, "limit": limit})]


def _payment(row: Row[Any]) -> LedgerPayment:
    return LedgerPayment(
        id=row.id,
        invoice_id=row.invoice_id,
        kind=row.kind,
        status=row.status,
        date=row.date,
        amount=row.amount,
        reference=row.reference,
        updated_at=row.updated_at,
    )
