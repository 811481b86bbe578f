"""Opens the journal: a SQLite file, a PostgreSQL URL, or `:memory:` in tests. A file that others
can read, that is damaged, or that cannot be written is refused with one sentence, because without a
journal nothing may be sent."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from sync_worker.domain.errors import Misconfigured
from sync_worker.state import migrate
from sync_worker.state.beginning import begin, only_reading

MEMORY = ":memory:"


def open_engine(
    target: str | Path,
    *,
    check: bool = True,
    factory: type[sqlite3.Connection] = sqlite3.Connection,
) -> Engine:
    """The journal at `target` (a path, a URL or `:memory:`), made if it is not there and brought up
    to date.

    `check` reads the whole file for damage; commands that only look may leave it out. `factory` is
    SQLite's own connection class, which tests replace to count or to break commits. Raises
    Misconfigured."""
    file = sqlite_file(str(target))
    if file is None:  # pragma: no cover - takes a server, see tests/state/conftest.py
        engine = create_engine(str(target), pool_pre_ping=True, hide_parameters=True)
    elif file == MEMORY:
        engine = _sqlite(file, factory, poolclass=StaticPool)
    else:
        file = os.path.realpath(
            file
        )  # the lanes' locks lie beside the file itself, by whatever name
        _prepare(Path(file))
        engine = _sqlite(file, factory)
    try:
        if check and file is not None:
            _refuse_damage(engine, file)
        migrate.upgrade(engine)
    except (DBAPIError, sqlite3.Error) as error:
        engine.dispose()
        raise Misconfigured(
            _why_not(file or make_url(str(target)).render_as_string(), error)
        ) from error
    except Misconfigured:
        engine.dispose()
        raise
    return engine


def sqlite_file(target: str) -> str | None:
    """The path behind a target, `:memory:`, or None where the target is a database server."""
    if "://" not in target:
        return target
    url = make_url(target)
    return (url.database or MEMORY) if url.get_backend_name() == "sqlite" else None


def _sqlite(file: str, factory: type[sqlite3.Connection], **options: Any) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=file),
        hide_parameters=True,  # an error must not carry names and amounts into a log
        connect_args={"check_same_thread": False, "factory": factory, "timeout": 10},
        **options,
    )
    event.listen(engine, "connect", _set_up)
    # An event of the engine would make every statement cost half as much again.
    engine.dialect.do_begin = begin  # type: ignore[assignment]  # empty in its own dialect
    return engine


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL may lose the last commit when the power fails: the row that says "about to be sent".
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _prepare(path: Path) -> None:
    """SQLite gives its -wal and -shm files the journal's own mode, so only this one has to be made
    private."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise Misconfigured(
            f"The journal {path} cannot be written ({error.strerror}); "
            f"name a path that this user may write."
        ) from error
    if path.stat().st_mode & 0o077:
        raise Misconfigured(
            f"The journal {path} is open to other users of this machine; "
            f"close it with: chmod 600 {path}"
        )


def _refuse_damage(engine: Engine, file: str) -> None:
    with only_reading(engine) as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise Misconfigured(damaged(file, found))


def _why_not(where: str, error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError):
        return damaged(where, cause)
    return f"The journal {where} cannot be opened ({cause}); nothing is sent without it."


def damaged(where: str, cause: object) -> str:
    return (
        f"The journal {where} is damaged ({cause}); put its last good copy in its place, or move "
        f"it away and start with an empty one, which finds again in Xero what was made before."
    )
