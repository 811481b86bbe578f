"""Requests to whoever holds the lane: a command beside a running daemon writes one down and waits
for its answer.

Anybody may ask; only the lane's holder takes them, oldest first, and answers each once. A quarter of a
year later they go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from sync_worker.ports import Asked
from sync_worker.state.store import KEPT, Store
from sync_worker.state.tables import requests

EXPIRED: Mapping[str, Any] = {"expired": True}
"""What stands in place of an answer where nobody took the request in time."""


_NEXT = (
    select(requests.c.id, requests.c.command, requests.c.subject)
    .where(requests.c.connection == bindparam("ours"), requests.c.answer.is_(None))
    .order_by(requests.c.id)
    .limit(1)
)


class Requests:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._ours = requests.c.connection == store.connection

    def ask(self, command: str, subject: str) -> str:
        row = {"command": command, "subject": subject, "asked_at": self._store.clock.now()}
        with self._store.writing("ask") as tx:
            tx.execute(
                delete(requests).where(
                    self._ours,
                    requests.c.answer.is_not(None),
                    requests.c.asked_at < self._store.clock.now() - KEPT,
                )
            )
            asked = tx.execute(
                requests.insert().returning(requests.c.id),
                {"connection": self._store.connection, **row},
            )
            return str(asked.scalar_one())

    def next_asked(self) -> Asked | None:
        """The oldest without an answer. It stays the next one until it is answered, also across a
        crash."""
        with self._store.reading() as tx:
            row = tx.execute(_NEXT, {"ours": self._store.connection}).one_or_none()
        return Asked(str(row.id), row.command, row.subject) if row else None

    def answer(self, request: str, payload: Mapping[str, Any]) -> None:
        """The first answer stays."""
        with self._store.writing("answer") as tx:
            tx.execute(
                update(requests)
                .where(self._ours, requests.c.id == int(request), requests.c.answer.is_(None))
                .values(answer=json.dumps(dict(payload), default=str))
            )

    def answer_of(self, request: str) -> dict[str, Any] | None:
        query = select(requests.c.answer).where(self._ours, requests.c.id == int(request))
        with self._store.reading() as tx:
            answer = tx.execute(query).scalar()
        return None if answer is None else json.loads(answer)

    def expire(self, older_than: timedelta) -> int:
        """Closes what nobody took in time, since whoever asked has gone; how many these were."""
        with self._store.writing("expire") as tx:
            closed = tx.execute(
                update(requests)
                .where(
                    self._ours,
                    requests.c.answer.is_(None),
                    requests.c.asked_at < self._store.clock.now() - older_than,
                )
                .values(answer=json.dumps(dict(EXPIRED)))
            )
        return closed.rowcount
