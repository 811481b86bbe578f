"""The rows of `cursors`: up to which instant, by a vendor's own clock, something has been read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from sync_worker.state.store import upsert
from sync_worker.state.tables import cursors


def at(tx: Connection, connection: str, name: str) -> datetime | None:
    return tx.execute(
        select(cursors.c.at).where(cursors.c.connection == connection, cursors.c.name == name)
    ).scalar()


def move(tx: Connection, connection: str, name: str, to: datetime) -> None:
    """Forwards or back: going back is how a sweep is asked for."""
    row = {"connection": connection, "name": name, "at": to}
    tx.execute(upsert(tx.dialect.name, cursors), row)
