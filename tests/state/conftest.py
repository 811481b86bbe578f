"""Every promise of the journal is tried in memory and in a file, and on PostgreSQL where
SYNC_TEST_PG_DSN names one (as a SQLAlchemy URL with its driver; each test makes and drops a schema
of its own)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from tests.state.builders import StandingClock, a_worker

SERVER = os.environ.get("SYNC_TEST_PG_DSN", "")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(params=["memory", "file", *(["server"] if SERVER else [])])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "server":
        with a_schema(f"journal_{os.getpid()}") as url:
            engine = open_engine(url)
            yield engine
            engine.dispose()
        return
    engine = open_engine(":memory:" if request.param == "memory" else tmp_path / "journal.db")
    yield engine
    engine.dispose()


@pytest.fixture
def journal(engine: Engine, clock: StandingClock) -> SqlJournal:
    return a_worker(engine, clock)


@contextmanager
def a_schema(name: str) -> Iterator[str]:
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        within = make_url(SERVER).update_query_dict({"options": f"-csearch_path={name}"})
        yield within.render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    server.dispose()
