"""Brings a journal to the schema this program speaks, in one transaction, with a copy first where
something is there to lose. A journal written by a newer program is left alone."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from sync_worker.domain.errors import Misconfigured
from sync_worker.state import backup
from sync_worker.state.beginning import only_reading
from sync_worker.state.tables import SCHEMA

MIGRATIONS = Path(__file__).parent / "migrations"

# Any number does, as long as every program that upgrades this database takes the same one.
_ADVISORY_LOCK = 7_426_001


def head_is(engine: Engine) -> str | None:
    """The revision the journal stands at; None where it is empty."""
    with only_reading(engine) as connection:
        return _revision(connection)


def upgrade(engine: Engine, scripts: Path = MIGRATIONS, target: str = SCHEMA) -> list[str]:
    """The revisions applied, in order; none where the journal is up to date, which takes no write
    lock to find out.

    Two programs may do this at once: the second waits and finds nothing left to do. Raises
    Misconfigured."""
    if head_is(engine) == target:
        return []
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # pragma: no cover - takes a server
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY_LOCK})
        return _apply(connection, scripts, target)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _apply(connection: Connection, scripts: Path, target: str) -> list[str]:
    # Alembic takes longer to import than an up-to-date journal takes to open.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    current = _revision(connection)
    ahead = [
        script.revision
        for script in reversed(
            list(ScriptDirectory.from_config(config).walk_revisions("base", target))
        )
    ]
    if current is not None and current not in ahead:
        raise Misconfigured(
            f"The journal was written by a newer sync-worker (schema {current}, this one knows "
            f"{target}); run that version, or put back the copy made before the upgrade."
        )
    pending = ahead[ahead.index(current) + 1 :] if current else ahead
    if current and pending:
        _copy(connection, current)
    command.upgrade(config, target)
    return pending


def _copy(connection: Connection, revision: str) -> None:
    """A second reader copies what is committed, while our own open transaction keeps writers
    away."""
    file = connection.engine.url.database
    if connection.dialect.name != "sqlite" or file in {None, "", ":memory:"}:
        return
    backup.copy(Path(str(file)), Path(f"{file}.before-{revision}"))
