"""The lane of one connection: at most one worker sends for it, wherever it runs.

A lease is a row with an owner, a fence number that only grows, and an end. The owner is the host
and the journal, not the process, and on one host a kernel lock decides: whoever restarts after a
crash has its lane back at once, while the lane of another host has to be waited out."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from sync_worker.domain.errors import LaneLost, Transient
from sync_worker.state.exclusion import exclusion
from sync_worker.state.pins import journal_id
from sync_worker.state.store import Store, dialect_insert
from sync_worker.state.tables import leases

_OVER = datetime(1970, 1, 1, tzinfo=UTC)
_OURS = and_(
    leases.c.connection == bindparam("ours"),
    leases.c.owner == bindparam("by"),
    leases.c.fence == bindparam("number"),
)
_STILL_OURS = select(leases.c.fence).where(_OURS).with_for_update(read=True)
_MOVE_END = update(leases).where(_OURS).values(until=bindparam("end"))


@dataclass(frozen=True, slots=True)
class Lease:
    owner: str
    fence: int
    until: datetime
    ttl: timedelta


@cache
def _take(dialect: str) -> Any:
    """Whoever's statement comes second changes no row and gets no fence."""
    insert = dialect_insert(dialect, leases)
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["connection"],
        set_={"owner": new.owner, "fence": leases.c.fence + 1, "until": new.until},
        where=or_(leases.c.until < bindparam("now"), leases.c.owner == new.owner),
    ).returning(leases.c.fence)


class Lane:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._exclusion = exclusion(store.engine, store.connection)
        self._lease: Lease | None = None

    @property
    def lease(self) -> Lease | None:
        return self._lease

    def acquire(self, ttl_s: float, owner_host: str) -> Lease | None:
        """None, at once, while another worker has the lane."""
        if self._exclusion and not self._exclusion.take():
            return None
        try:
            self._lease = self._claim(timedelta(seconds=ttl_s), owner_host)
        finally:
            if self._lease is None:
                self._unlock()
        return self._lease

    def renew(self) -> Lease:
        """Raises LaneLost where the lane has passed to another worker."""
        lease = self._held()
        renewed = replace(lease, until=self._store.clock.now() + lease.ttl)
        with self._store.writing("renew") as tx:
            kept = tx.execute(_MOVE_END, {**self._named(lease), "end": renewed.until}).rowcount
        if not kept:
            self._lose()
        self._lease = renewed
        return renewed

    def release(self) -> None:
        """The row stays, so that the fence goes on growing. Where the journal cannot be written the lease runs out by
        itself, and at once for whoever comes on this host: the kernel lock is dropped in any case."""
        lease, self._lease = self._lease, None
        try:
            if lease:
                with suppress(Transient), self._store.writing("release") as tx:
                    tx.execute(_MOVE_END, {**self._named(lease), "end": _OVER})
        finally:
            self._unlock()

    def guard(self) -> None:
        """Raises LaneLost unless the lane is still ours; renews the lease when less than half of it
        is left."""
        lease = self._held()
        if lease.until - self._store.clock.now() < lease.ttl / 2:
            self.renew()
            return
        with self._store.reading() as tx:
            self.confirm(tx)

    def confirm(self, tx: Connection) -> None:
        """The same question inside a transaction. A lease that ran out and that nobody took is
        still ours: what a slow call brought back can be recorded."""
        # SQLite leaves FOR SHARE out, its writers being alone anyway; on PostgreSQL a taker has to
        # wait for our commit.
        if tx.execute(_STILL_OURS, self._named(self._held())).scalar() is None:
            self._lose()

    def _claim(self, ttl: timedelta, host: str) -> Lease | None:
        now = self._store.clock.now()
        with self._store.writing("acquire") as tx:
            owner = f"{host}/{journal_id(tx)}"
            if self._exclusion is None:  # pragma: no cover - takes a server
                # Nothing else tells a twin on this host from a restart.
                owner = f"{owner}/{secrets.token_hex(4)}"
            new = {
                "connection": self._store.connection,
                "owner": owner,
                "fence": 1,
                "until": now + ttl,
                "now": now,
            }
            fence = tx.execute(_take(tx.dialect.name), new).scalar()
        return None if fence is None else Lease(owner, fence, now + ttl, ttl)

    def _named(self, lease: Lease) -> dict[str, object]:
        return {"ours": self._store.connection, "by": lease.owner, "number": lease.fence}

    def _held(self) -> Lease:
        if self._lease is None:
            raise LaneLost(
                f"No lane of {self._store.connection!r} is held here; "
                f"it must be taken before anything is written."
            )
        return self._lease

    def _lose(self) -> None:
        self._lease = None
        raise LaneLost(
            f"Another worker has taken the lane of {self._store.connection!r}; "
            f"nothing more is sent or recorded here."
        )

    def _unlock(self) -> None:
        if self._exclusion:  # pragma: no branch - none on a server alone
            self._exclusion.drop()
