"""The rows of `letters`, the outbox, and of `told`, what they have told.

A row is never deleted: its key is what keeps a letter from being written twice. What it said is forgotten once nobody
needs it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, delete, func, select, update

from sync_worker.domain.letter import FOR_A_PERSON, Digest, Outgoing, PaymentNotice, Stage
from sync_worker.state.lease import Lane
from sync_worker.state.store import Store, dialect_insert, in_chunks, upsert
from sync_worker.state.tables import letters, told

PAYMENT, SYNC_ERRORS = "payment", "sync-errors"
_FACTS: Mapping[str, TypeAdapter[Any]] = {
    PAYMENT: TypeAdapter(PaymentNotice),
    SYNC_ERRORS: TypeAdapter(Digest),
}
OVER = (Stage.SENT, Stage.DROPPED)
UNSENT = (Stage.PREPARED, Stage.WAITING, Stage.REFUSED)
"""Those that have not left, for sure."""


class SqlLetters:
    """ports.Letters, and what a person decides about one. Whatever a run writes is written by the lane's holder."""

    def __init__(self, store: Store, lane: Lane) -> None:
        self._store = store
        self._lane = lane
        self._ours = letters.c.connection == store.connection

    # What is to be told

    def prepare(self, notices: Sequence[PaymentNotice]) -> None:
        with self._in_lane("prepare_letters") as tx:
            insert = dialect_insert(tx.dialect.name, letters)
            for notice in notices:
                row = self._new(PAYMENT, notice, Stage.PREPARED)
                anew = {name: row[name] for name in ("recipient", "facts", "updated_at")}
                tx.execute(
                    insert.values(row).on_conflict_do_update(
                        index_elements=["connection", "key"],
                        set_=anew,
                        where=letters.c.stage == Stage.PREPARED,
                    )
                )

    def release(self, keys: Sequence[str]) -> None:
        with self._in_lane("release_letters") as tx:
            self._set(tx, keys, [Stage.PREPARED], stage=Stage.WAITING)

    def withdraw(self, keys: Sequence[str]) -> None:
        with self._in_lane("withdraw_letters") as tx:
            words = "its payment was taken back before it left"
            self._set(tx, keys, UNSENT, stage=Stage.DROPPED, words=words, facts=None)

    def told(self) -> Mapping[str, str]:
        query = select(told.c.record, told.c.trouble).where(
            told.c.connection == self._store.connection
        )
        with self._store.reading() as tx:
            return {row.record: row.trouble for row in tx.execute(query)}

    def tell(self, waits: Mapping[str, str], ended: Iterable[str], digest: Digest | None) -> None:
        ours = self._store.connection
        rows = [{"connection": ours, "record": r, "trouble": t} for r, t in waits.items()]
        with self._in_lane("tell") as tx:
            for chunk in in_chunks(ended):
                tx.execute(delete(told).where(told.c.connection == ours, told.c.record.in_(chunk)))
            if rows:
                tx.execute(upsert(tx.dialect.name, told), rows)
            if digest:
                tx.execute(letters.insert(), self._new(SYNC_ERRORS, digest, Stage.WAITING))

    def last_digest(self) -> datetime | None:
        query = select(func.max(letters.c.created_at)).where(
            self._ours, letters.c.kind == SYNC_ERRORS
        )
        with self._store.reading() as tx:
            return tx.execute(query).scalar()

    # The post

    def staged(self, *stages: Stage, limit: int = 1000) -> list[Outgoing]:
        query = (
            select(letters)
            .where(self._ours, letters.c.stage.in_(stages))
            .order_by(letters.c.created_at, letters.c.key)
            .limit(limit)
        )
        with self._store.reading() as tx:
            return [_outgoing(row) for row in tx.execute(query)]

    def count(self, stage: Stage) -> int:
        query = select(func.count()).where(self._ours, letters.c.stage == stage)
        with self._store.reading() as tx:
            return int(tx.execute(query).scalar_one())

    def move(self, letter: Outgoing, to: Outgoing) -> bool:
        news: dict[str, Any] = {
            "stage": to.stage,
            "attempts": to.attempts,
            "next_try_at": to.next_try_at,
            "words": to.words,
        }
        if to.stage in OVER:
            news["facts"] = None
        with self._in_lane("letter") as tx:
            return self._set(tx, [letter.key], [letter.stage], **news) == 1

    # What a person decides; needs no lane

    def again(self, key: str, to: str | None = None) -> bool:
        """A letter that was refused, is in doubt or waits goes at the next run, if need be to another address. False
        where there is none such."""
        news = {"recipient": to} if to else {}
        words = "a person had it sent again"
        with self._store.writing("letter_again") as tx:
            return self._by_hand(
                tx, key, stage=Stage.WAITING, attempts=0, next_try_at=None, words=words, **news
            )

    def drop(self, key: str) -> bool:
        with self._store.writing("letter_dropped") as tx:
            words = "a person let it be"
            return self._by_hand(tx, key, stage=Stage.DROPPED, words=words, facts=None)

    def _by_hand(self, tx: Connection, key: str, **news: Any) -> bool:
        return self._set(tx, [key], [*FOR_A_PERSON, Stage.WAITING], **news) == 1

    def _set(
        self, tx: Connection, keys: Iterable[str], stages: Sequence[Stage], **news: Any
    ) -> int:
        return sum(
            tx.execute(
                update(letters)
                .where(self._ours, letters.c.key.in_(chunk), letters.c.stage.in_(stages))
                .values(updated_at=self._store.clock.now(), **news)
            ).rowcount
            for chunk in in_chunks(keys)
        )

    def _new(self, kind: str, said: PaymentNotice | Digest, stage: Stage) -> dict[str, Any]:
        now = self._store.clock.now()
        return {
            "connection": self._store.connection,
            "key": said.key,
            "kind": kind,
            "recipient": said.to,
            "stage": stage,
            "facts": _FACTS[kind].dump_json(said).decode(),
            "attempts": 0,
            "next_try_at": None,
            "words": "",
            "created_at": now,
            "updated_at": now,
        }

    @contextmanager
    def _in_lane(self, what: str) -> Iterator[Connection]:
        with self._store.writing(what) as tx:
            self._lane.confirm(tx)
            yield tx


def _outgoing(row: Row[Any]) -> Outgoing:
    said = _FACTS[row.kind].validate_json(row.facts)
    return Outgoing(
        told=replace(said, to=row.recipient),
        stage=Stage(row.stage),
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        words=row.words,
        created_at=row.created_at,
    )
