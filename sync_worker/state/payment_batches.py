"""The rows of `acts`, what people did with payment batches, and of `orders`, what bank files told the bank to pay."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from sync_worker.domain.approval import Act, ActKind, ExportedFile
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.payment_batch import Order
from sync_worker.ports import BatchNews, Begun, ItemNews
from sync_worker.state.lease import Lane
from sync_worker.state.store import Store, in_chunks, upsert
from sync_worker.state.tables import acts, orders


class PaymentBatches:
    """ports.PaymentBatchJournal. Whatever is written is written by the lane's holder."""

    def __init__(self, store: Store, lane: Lane) -> None:
        self._store = store
        self._lane = lane
        self._acts = acts.c.connection == store.connection
        self._orders = orders.c.connection == store.connection

    def new_key(self) -> str:
        return secrets.token_hex(16)

    def begin(
        self,
        act: Act,
        news: BatchNews,
        *,
        content: bytes | None = None,
        orders: Sequence[Order] = (),
        released: Sequence[SalesforceId] = (),
    ) -> Begun:
        row = {**_row(act), "connection": self._store.connection, "news": _text(news)}
        with self._store.writing("act") as tx:
            self._lane.confirm(tx)
            added = tx.execute(acts.insert().returning(acts.c.id), {**row, "content": content})
            self._order(tx, orders)
            self._release(tx, act, released)
            return Begun(added.scalar_one(), act, news, content)

    def end(self, begun: Begun, outcome: str) -> None:
        with self._store.writing("acted") as tx:
            self._lane.confirm(tx)
            tx.execute(
                update(acts)
                .where(self._acts, acts.c.id == begun.id)
                .values(outcome=outcome, content=None)
            )

    def unfinished(self) -> list[Begun]:
        query = select(acts).where(self._acts, acts.c.outcome.is_(None)).order_by(acts.c.id)
        with self._store.reading() as tx:
            return [
                Begun(row.id, _act(row), _news(row.news), row.content) for row in tx.execute(query)
            ]

    def acts(self, batches: Sequence[str]) -> dict[str, list[Act]]:
        found: dict[str, list[Act]] = {batch: [] for batch in batches}
        with self._store.reading() as tx:
            for chunk in in_chunks(found):
                query = select(acts).where(self._acts, acts.c.batch.in_(chunk))
                for row in tx.execute(query.order_by(acts.c.id)):
                    found[row.batch].append(_act(row))
        return found

    def ordered(self, milestones: Sequence[SalesforceId]) -> list[Order]:
        query = select(orders).where(self._orders, orders.c.released_at.is_(None))
        with self._store.reading() as tx:
            return [
                _order(row)
                for chunk in in_chunks(milestones)
                for row in tx.execute(query.where(orders.c.milestone.in_(chunk)))
            ]

    def last_paid(self, payees: Sequence[SalesforceId]) -> list[Order]:
        latest = (
            select(orders.c.payee, func.max(orders.c.at).label("at"))
            .where(self._orders)
            .group_by(orders.c.payee)
            .subquery()
        )
        query = select(orders).join(
            latest, (orders.c.payee == latest.c.payee) & (orders.c.at == latest.c.at)
        )
        with self._store.reading() as tx:
            return [
                _order(row)
                for chunk in in_chunks(payees)
                for row in tx.execute(query.where(self._orders, orders.c.payee.in_(chunk)))
            ]

    def _order(self, tx: Connection, made: Sequence[Order]) -> None:
        """A file that is made again orders the same payments, not more of them."""
        if made:
            ours = {"connection": self._store.connection, "released_at": None}
            tx.execute(
                upsert(tx.dialect.name, orders), [{**asdict(order), **ours} for order in made]
            )

    def _release(self, tx: Connection, act: Act, milestones: Sequence[SalesforceId]) -> None:
        for chunk in in_chunks(milestones):
            tx.execute(
                update(orders)
                .where(self._orders, orders.c.batch == act.batch, orders.c.milestone.in_(chunk))
                .values(released_at=act.at)
            )


def _row(act: Act) -> dict[str, object]:
    return {
        "batch": act.batch,
        "number": act.number,
        "kind": act.kind,
        "person": act.person,
        "at": act.at,
        "payload": act.payload,
        "words": act.words,
        "file_name": act.file.name if act.file else None,
        "file_sha256": act.file.sha256 if act.file else None,
    }


def _act(row: Row[Any]) -> Act:
    return Act(
        batch=row.batch,
        kind=ActKind(row.kind),
        person=row.person,
        at=row.at,
        payload=row.payload,
        words=row.words,
        file=ExportedFile(row.file_name, row.file_sha256) if row.file_sha256 else None,
        number=row.number,
    )


def _order(row: Row[Any]) -> Order:
    return Order(
        batch=row.batch,
        milestone=SalesforceId(row.milestone),
        payee=SalesforceId(row.payee),
        account=row.account,
        amount=row.amount,
        paid_before=row.paid_before,
        at=row.at,
    )


def _text(news: BatchNews) -> str:
    return json.dumps(asdict(news), default=str)


def _news(text: str) -> BatchNews:
    told = json.loads(text)
    items = tuple(_item(item) for item in told.pop("items"))
    told["pay_on"] = _day(told["pay_on"])
    at = told["exported_at"]
    told["exported_at"] = datetime.fromisoformat(at) if at else None
    return BatchNews(**told, items=items)


def _item(told: dict[str, Any]) -> ItemNews:
    amount = told["amount"]
    told["amount"] = None if amount is None else Decimal(amount)
    told["pay_on"] = _day(told["pay_on"])
    return ItemNews(**told)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
