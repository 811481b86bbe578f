"""A copy of the journal, made while it is in use: whole, for its user alone, never in the place of another file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from sync_worker.domain.errors import Misconfigured


def back_up(engine: Engine, goal: Path) -> int:
    """Bytes written. What is committed when it begins is in it, whatever is written meanwhile. Raises
    Misconfigured."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or file in {None, "", ":memory:"}:
        raise Misconfigured(
            f"The journal {engine.url.render_as_string()} is no file; back it up with its own tools, such as pg_dump."
        )
    if goal.exists():
        raise Misconfigured(f"{goal} is there already and is not overwritten; name a new file.")
    try:
        copy(Path(str(file)), goal)
    except (OSError, sqlite3.Error) as failure:
        raise Misconfigured(
            f"The journal could not be copied to {goal} ({failure}); "
            f"name a file in a folder that this user may write and that has room."
        ) from failure
    return goal.stat().st_size


def copy(source: Path, goal: Path) -> None:
    """Under another name until it is whole: a copy that was cut off must not pass for one."""
    part = goal.with_name(f"{goal.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(part)) as there:
            here.backup(there)
        part.replace(goal)
    finally:
        part.unlink(missing_ok=True)
