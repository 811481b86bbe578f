"""What an operator asks of the journal: how many stand where, what waits and why, what is in doubt,
what ran last.

Only reads, needs no lane, and never waits for a worker that writes meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam, func, select, text

from sync_worker.domain.document import IN_DOUBT, NEEDS_A_PERSON, Document, Kind, State
from sync_worker.ports import Run
from sync_worker.state import documents, inbox, runs
from sync_worker.state.store import Store
from sync_worker.state.tables import cursors as cursor_rows
from sync_worker.state.tables import documents as document_rows
from sync_worker.state.tables import leases
from sync_worker.state.tables import runs as run_rows


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that waits: its hold says of what kind the trouble is, why, and what cures it."""

    document: Document
    since: datetime


@dataclass(frozen=True, slots=True)
class InDoubt:
    document: Document
    age: timedelta


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has, or last had, the lane. `until` lies in the past when nobody has it."""

    owner: str
    fence: int
    until: datetime


_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


_WAITING = (
    select(document_rows)
    .where(
        document_rows.c.connection == bindparam("ours"), document_rows.c.state.in_(NEEDS_A_PERSON)
    )
    .order_by(
        func.coalesce(document_rows.c.held_since, document_rows.c.updated_at),
        document_rows.c.record,
    )
    .limit(bindparam("limit", type_=Integer))
)


class Overview:
    def __init__(self, store: Store) -> None:
        self._store = store

    def counts(self) -> dict[tuple[Kind, State], int]:
        table = document_rows
        query = (
            select(table.c.kind, table.c.state, func.count())
            .where(table.c.connection == self._store.connection)
            .group_by(table.c.kind, table.c.state)
        )
        with self._store.reading() as tx:
            return {(Kind(kind), State(state)): n for kind, state, n in tx.execute(query)}

    def waiting(self, limit: int = 1000) -> list[Waiting]:
        """Those that wait longest first."""
        with self._store.reading() as tx:
            found = tx.execute(_WAITING, {"ours": self._store.connection, "limit": limit})
            return [
                Waiting(documents.from_row(row), row.held_since or row.updated_at) for row in found
            ]

    def in_doubt(self, limit: int = 1000) -> list[InDoubt]:
        """Oldest first; the age counts from the sending."""
        now = self._store.clock.now()
        with self._store.reading() as tx:
            found = documents.in_state(tx, self._store.connection, list(Kind), IN_DOUBT, limit)
        return [InDoubt(one, now - (one.sent_at or one.updated_at or now)) for one in found]

    def last_runs(self, each: int = 1) -> dict[str, list[Run]]:
        """The newest runs of every process, newest first."""
        table = run_rows
        place = func.row_number().over(
            partition_by=table.c.process, order_by=table.c.started_at.desc()
        )
        ranked = (
            select(table, place.label("place"))
            .where(table.c.connection == self._store.connection)
            .subquery()
        )
        query = (
            select(ranked).where(ranked.c.place <= each).order_by(ranked.c.process, ranked.c.place)
        )
        found: dict[str, list[Run]] = {}
        with self._store.reading() as tx:
            for row in tx.execute(query):
                found.setdefault(row.process, []).append(runs.from_row(row))
        return found

    def cursors(self) -> dict[str, datetime]:
        query = select(cursor_rows.c.name, cursor_rows.c.at).where(
            cursor_rows.c.connection == self._store.connection
        )
        with self._store.reading() as tx:
            return {row.name: row.at for row in tx.execute(query)}

    def payments(self) -> dict[str, int]:
        """How many payments are WAITING, APPLIED and UNMATCHED."""
        with self._store.reading() as tx:
            return inbox.count(tx, self._store.connection)

    def lane(self) -> Holder | None:
        query = select(leases).where(leases.c.connection == self._store.connection)
        with self._store.reading() as tx:
            row = tx.execute(query).one_or_none()
        return Holder(row.owner, row.fence, row.until) if row else None

    def size(self) -> int:
        """The whole journal in bytes, all connections together."""
        with self._store.reading() as tx:
            return int(tx.execute(text(_SIZE[tx.dialect.name])).scalar_one())
