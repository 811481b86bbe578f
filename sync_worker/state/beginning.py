"""How a transaction begins in SQLite, whose driver must not begin any of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import PoolProxiedConnection

_READS = "only reads"
"""In what the pool knows of a connection, until its next transaction begins."""


@contextmanager
def only_reading(engine: Engine) -> Iterator[Connection]:
    """A steady view; never waits for a writer and never makes one wait."""
    with engine.connect() as connection:
        connection.info[_READS] = True
        with connection.begin():
            yield connection


def begin(connection: PoolProxiedConnection) -> None:
    """Writers queue up at once instead of failing when they first write; readers wait for
    nobody."""
    readonly = connection.info.pop(_READS, False)
    # Straight to the driver: through SQLAlchemy this one word costs as much as a whole look-up.
    driver: Any = connection.driver_connection
    driver.execute("BEGIN" if readonly else "BEGIN IMMEDIATE")
