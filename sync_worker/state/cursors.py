"""The rows of `cursors`: up to which instant, by a vendor's own clock, something has been read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from sync_worker.state.store import upsert
from sync_worker.state.tables import cursors

_AT = select(cursors.c.at).where(
    cursors.c.connection == bindparam("ours"), cursors.c.name == bindparam("which")
)


def at(tx: Connection, connection: str, name: str) -> datetime | None:
    return tx.execute(_AT, {"ours": connection, "which": name}).scalar()


def move(tx: Connection, connection: str, name: str, to: datetime) -> None:
    """Forwards or back: going back is how a sweep is asked for."""
    row = {"connection": connection, "name": name, "at": to}
    tx.execute(upsert(tx.dialect.name, cursors), row)
