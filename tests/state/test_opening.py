"""What the journal promises when it is opened: private, whole, and of a schema this program
speaks."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from sync_worker.domain.document import Kind
from sync_worker.domain.errors import Misconfigured
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from sync_worker.state.migrate import MIGRATIONS, head_is, upgrade
from sync_worker.state.tables import SCHEMA, metadata
from tests.state.builders import StandingClock, a_worker, an_invoice, changes, invoices, record

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{now}"

def upgrade():
    with op.batch_alter_table("documents") as table:
        table.add_column(sa.Column("colour", sa.Text))
    {more}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "down" / "journal.db"


def scripts_with(tmp_path: Path, more: str = "") -> Path:
    """The migrations of a later program."""
    scripts = tmp_path / "later"
    shutil.copytree(MIGRATIONS, scripts)
    (scripts / "versions" / "9999_colour.py").write_text(NEXT.format(now=SCHEMA, more=more))
    return scripts


def test_a_new_journal_and_its_folder_are_for_its_user_alone(path: Path) -> None:
    a_worker(open_engine(path), StandingClock()).save(changes([an_invoice()]))
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()}
    assert set(modes.values()) == {"0o600"}
    assert "journal.db-wal" in modes
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_journal_open_to_others_is_refused_with_the_cure(path: Path) -> None:
    open_engine(path).dispose()
    path.chmod(0o640)
    with pytest.raises(Misconfigured, match="chmod 600"):
        open_engine(path)


def test_a_file_that_is_no_journal_is_refused(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"Dear diary, " * 1000)
    path.chmod(0o600)
    with pytest.raises(Misconfigured, match="is damaged"):
        open_engine(path)


def test_a_journal_with_a_damaged_page_is_refused(path: Path) -> None:
    engine = open_engine(path)
    a_worker(engine, StandingClock()).save(changes(invoices(2000)))
    engine.dispose()
    pages = bytearray(path.read_bytes())
    middle = len(pages) // 8192 * 4096
    pages[middle : middle + 40_960] = b"\xff" * 40_960
    path.write_bytes(pages)
    with pytest.raises(Misconfigured, match="is damaged"):
        open_engine(path)


@pytest.mark.parametrize("where", ["a-file/journal.db", "a-folder"])
def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path, where: str) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "a-folder").mkdir()
    with pytest.raises(Misconfigured, match="cannot be written"):
        open_engine(tmp_path / where)


def test_a_journal_may_be_named_by_a_url(path: Path) -> None:
    open_engine(f"sqlite:///{path}").dispose()
    assert path.exists()


def test_commits_survive_a_power_cut_and_writers_queue(path: Path) -> None:
    with open_engine(path).connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    full = 2
    assert pragma == {
        "journal_mode": "wal",
        "synchronous": full,
        "busy_timeout": 10_000,
        "foreign_keys": 1,
    }


def test_a_writer_has_the_journal_to_itself_before_it_reads_a_line(path: Path) -> None:
    """Or two could read the same and the second to write would fail at once, whatever it may wait."""
    with open_engine(path).begin(), closing(sqlite3.connect(path, timeout=0)) as other:
        other.isolation_level = None
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


def test_the_migrations_lead_to_the_tables_the_program_uses(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [SCHEMA]
    assert head_is(engine) == SCHEMA


def test_a_journal_that_is_up_to_date_is_left_alone(engine: Engine) -> None:
    assert upgrade(engine) == []


def test_an_older_journal_is_copied_and_then_upgraded(path: Path, tmp_path: Path) -> None:
    engine = open_engine(path)
    a_worker(engine, StandingClock()).save(changes([an_invoice()]))
    assert upgrade(engine, scripts_with(tmp_path), "9999") == ["9999"]
    assert head_is(engine) == "9999"
    copy = path.with_name(f"journal.db.before-{SCHEMA}")
    assert copy.stat().st_mode & 0o077 == 0
    kept = SqlJournal(open_engine(copy), "main", StandingClock())
    assert kept.documents(Kind.INVOICE, [record(1)]) != {}


def test_an_upgrade_that_fails_half_way_changes_nothing(path: Path, tmp_path: Path) -> None:
    engine = open_engine(path)
    a_worker(engine, StandingClock()).save(changes([an_invoice()]))
    with pytest.raises(ZeroDivisionError):
        upgrade(engine, scripts_with(tmp_path, more="1 / 0"), "9999")
    assert head_is(engine) == SCHEMA
    assert "colour" not in columns(path, "documents")
    assert upgrade(engine) == []


def test_a_journal_of_a_newer_program_is_refused(path: Path) -> None:
    engine = open_engine(path)
    with engine.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = 'A001'"))
    engine.dispose()
    with pytest.raises(Misconfigured, match=r"newer sync-worker \(schema A001"):
        open_engine(path)


def test_an_error_does_not_carry_what_was_being_saved(path: Path) -> None:
    journal = a_worker(open_engine(path), StandingClock())
    nameless = replace(an_invoice(), number=None, xero_number="Jane Citizen")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(DBAPIError) as failure:
        journal.save(changes([nameless]))
    assert "Citizen" not in str(failure.value)


def test_two_connections_of_one_pair_are_refused(engine: Engine, clock: StandingClock) -> None:
    SqlJournal(engine, "first", clock).pin("tenant-1", "org-1")
    SqlJournal(engine, "other org", clock).pin("tenant-1", "org-2")
    with pytest.raises(Misconfigured, match="'first'"):
        SqlJournal(engine, "second", clock).pin("tenant-1", "org-1")


def test_a_connection_is_pinned_to_its_organisations(engine: Engine, clock: StandingClock) -> None:
    journal = SqlJournal(engine, "main", clock)
    journal.pin("tenant-1", "org-1")
    journal.pin("tenant-1", "org-1")
    for other in (("tenant-2", "org-1"), ("tenant-1", "org-2")):
        with pytest.raises(Misconfigured, match="another name or another journal") as refusal:
            journal.pin(*other)
        assert {"tenant-1", "org-1", *other} <= set(str(refusal.value).replace(";", "").split())
    SqlJournal(engine, "second", clock).pin("tenant-2", "org-2")


def columns(path: Path, table: str) -> set[str]:
    connection = sqlite3.connect(path)
    found = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    connection.close()
    return found
