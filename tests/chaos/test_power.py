"""F58: the power fails. Whatever leaves for Xero, the journal that knows of it lies on the disk by then."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from sync_worker.sandbox.http import Request
from sync_worker.state.engine import open_engine
from tests.oracle import wrongs
from tests.sides import INVOICES, Side
from tests.unwritten import unwritten, why_untold
from tests.world import World


class Careless(sqlite3.Connection):
    """Leaves it to the kernel when a commit is written."""

    def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:
        return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *more)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder of which it can be told; /tmp often lies in memory, /var/tmp does not."""
    with TemporaryDirectory(dir="/var/tmp") as other:
        untold = {folder: why_untold(folder) for folder in (tmp_path, Path(other))}
        told = [folder for folder, why in untold.items() if not why]
        if not told:
            pytest.skip(f"{'; '.join(untold.values())}: only SQLite's settings were looked at")
        yield told[0]


@contextmanager
def only_in_memory(
    world: World, folder: Path, how: type[sqlite3.Connection] = sqlite3.Connection
) -> Iterator[list[tuple[str, int]]]:
    """The journal is a file, as a daemon has it. Of each write to Xero: what it was, and how many pages of the journal
    a power cut would have taken just then."""
    journal, seen = folder / "journal.db", list[tuple[str, int]]()

    def look(request: Request) -> None:
        if request.method in {"PUT", "POST"} and "/api.xro/" in request.path:
            files = [journal, *folder.glob("journal.db-wal")]
            seen.append((f"{request.method} {request.path}", sum(map(unwritten, files))))

    world.engine = open_engine(journal, factory=how)
    world.restart()
    world.roads["xero"].instead = look
    yield seen
    world.engine.dispose()


def test_f58_before_anything_leaves_for_xero_the_journal_lies_on_the_disk(
    side: Side, disk: Path
) -> None:
    world = side.world(rules={"batch": 1})
    for n in range(3):
        side.enter(world, n)
    with only_in_memory(world, disk) as seen:
        side.sync(world)
    assert len(seen) == 1 + 2 * 3, "a contact, and each record as a draft and completed"
    assert [one for one in seen if one[1]] == []
    assert wrongs(world.org, world.xero) == []


def test_what_a_careless_commit_leaves_in_memory_is_seen(disk: Path) -> None:
    """Or the test above could not fail."""
    world = INVOICES.world()
    INVOICES.enter(world, 1)
    with only_in_memory(world, disk, Careless) as seen:
        INVOICES.sync(world)
    assert min(pages for _, pages in seen) > 0
