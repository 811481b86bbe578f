"""What befalls the journal of a real daemon: a disk that is full, a lock that is not given back, damage, an older copy.

The operating system itself refuses the writes: a limit on the size of files (RLIMIT_FSIZE) is laid on the running
process, and taken off again.
"""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sync_worker.sandbox.edge import Sandbox
from tests.daemon.books import crm_invoice, due_invoices, xero_references
from tests.daemon.processes import Worker, eventually, settings_file
from tests.daemon.test_lifecycle import MADE, await_call, slow

pytestmark = [pytest.mark.kills, pytest.mark.timeout(240)]

SHORT = {"connect_timeout_s": 1, "timeout_s": 2, "quiet_s": 3, "key_life_s": 2.5, "lease_s": 8}
SOON = {"schedule": {"every_s": 1}}
LATER = {"schedule": {"every_s": 3600}}
UNUSABLE = "the journal cannot be used"


def settings(folder: Path, vendors: Sandbox, **tables: Any) -> Path:
    busy: dict[str, Any] = {"timing": SHORT, "invoices": SOON, "payments": LATER}
    return settings_file(folder, vendors.credentials(), {**busy, **tables})


def journal(folder: Path) -> Path:
    return folder / "journal" / "journal.db"


def in_peace(vendors: Sandbox, config: Path, *numbers: str) -> None:
    """A worker that nothing befalls finds all of it in Xero and in the CRM, once."""
    with Worker(config, "run"):
        eventually(lambda: all(is_synced(vendors, number) for number in numbers), 60, "all synced")
    assert xero_references(vendors.control) == sorted(numbers)


def is_synced(vendors: Sandbox, number: str) -> bool:
    return bool(crm_invoice(vendors.control, number)["Finance_Sync_State__c"] == "Synced")


def sent(vendors: Sandbox) -> list[str]:
    """What left for Xero to be written."""
    calls = vendors.control.xero_door.requests()
    return [
        f"{one.method} {one.path}"
        for one in calls
        if one.method in {"PUT", "POST"} and "api.xro" in one.path
    ]


@contextmanager
def full_disk(worker: Worker, folder: Path) -> Iterator[None]:
    """The journal cannot grow by a byte. What the worker says is far shorter, and can be said."""
    wal = journal(folder).with_name("journal.db-wal")
    before = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (wal.stat().st_size, before[1]))
    try:
        yield
    finally:
        if worker.alive:
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, before)


def test_f51_a_disk_that_is_full_before_the_intent_sends_nothing_and_goes_on_when_there_is_room(
    vendors: Sandbox, tmp_path: Path
) -> None:
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        daemon.await_event("run ended", process="invoices")
        with full_disk(daemon, tmp_path):
            due_invoices(vendors.control, "INV-1")
            assert UNUSABLE in daemon.await_event("run failed", within_s=90)["reason"]
            assert sent(vendors) == []
        eventually(lambda: is_synced(vendors, "INV-1"), 60, "the invoice")
        assert daemon.alive
    assert xero_references(vendors.control) == ["INV-1"]


@pytest.mark.parametrize("killed", [False, True], ids=["goes on", "is killed"])
def test_f52_a_disk_that_is_full_when_the_answer_comes_makes_no_second_document(
    vendors: Sandbox, tmp_path: Path, killed: bool
) -> None:
    due_invoices(vendors.control, "INV-1")
    slow(vendors, 1.2)
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        await_call(vendors, "PUT", MADE)
        with full_disk(daemon, tmp_path):
            assert UNUSABLE in daemon.await_event("run failed", within_s=90)["reason"]
            eventually(lambda: xero_references(vendors.control) == ["INV-1"])
            if killed:
                daemon.kill()
        if not killed:
            eventually(lambda: is_synced(vendors, "INV-1"), 60, "the invoice")
    in_peace(vendors, config, "INV-1")


def test_f53_a_journal_that_is_locked_for_long_sends_nothing_and_goes_on_afterwards(
    vendors: Sandbox, tmp_path: Path
) -> None:
    """Longer than the ten seconds that a writer waits."""
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        daemon.await_event("run ended", process="invoices")
        with closing(sqlite3.connect(journal(tmp_path), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            due_invoices(vendors.control, "INV-1")
            assert UNUSABLE in daemon.await_event("run failed", within_s=60)["reason"]
            assert sent(vendors) == []
            other.execute("ROLLBACK")
        eventually(lambda: is_synced(vendors, "INV-1"), 60, "the invoice")
    assert xero_references(vendors.control) == ["INV-1"]


def a_used_journal(vendors: Sandbox, folder: Path, config: Path) -> Path:
    """Two invoices went, and the journal lies closed in one file."""
    due_invoices(vendors.control, "INV-1", "INV-2")
    with Worker(config, "sync", "invoices", "--json") as worker:
        assert worker.ended(60) == 0
    with closing(sqlite3.connect(journal(folder))) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return journal(folder)


@pytest.mark.parametrize("seed", range(4))
def test_f54_a_damaged_journal_is_refused_with_its_cure_or_does_no_harm(
    vendors: Sandbox, tmp_path: Path, seed: int
) -> None:
    config = settings(tmp_path, vendors)
    file = a_used_journal(vendors, tmp_path, config)
    damaged = bytearray(file.read_bytes())
    chance = Random(seed)
    for _ in range(4**seed):
        damaged[chance.randrange(100, len(damaged))] ^= 1 << chance.randrange(8)
    file.write_bytes(damaged)
    due_invoices(vendors.control, "INV-3", who="Kim Lee")
    vendors.control.xero_door.forget_requests()
    with Worker(config, "sync", "invoices", "--json") as worker:
        code = worker.ended(60)
        told = worker.stderr
    references = xero_references(vendors.control)
    assert references in (["INV-1", "INV-2"], ["INV-1", "INV-2", "INV-3"]), told
    if code == 2:
        assert "is damaged" in told
        assert "put its last good copy in its place" in told
        assert sent(vendors) == []
        assert file.read_bytes() == damaged, "what is damaged is left for a person to look at"


def test_f54_a_journal_damaged_under_a_running_daemon_ends_it_with_the_cure(
    vendors: Sandbox, tmp_path: Path
) -> None:
    config = settings(tmp_path, vendors)
    a_used_journal(vendors, tmp_path, config)
    with Worker(config, "run") as daemon:
        daemon.await_event("run ended", process="invoices")
        for file in journal(tmp_path).parent.glob("journal.db*"):
            if file.suffix in {".db", ".db-wal"}:
                file.write_bytes(b"\xff" * file.stat().st_size)
        due_invoices(vendors.control, "INV-3", who="Kim Lee")
        vendors.control.xero_door.forget_requests()
        eventually(lambda: "is damaged" in daemon.stderr, 60, "the damage told")
        assert "put its last good copy in its place" in daemon.stderr
        assert sent(vendors) == []


def test_f55_an_older_journal_put_back_makes_nothing_twice(
    vendors: Sandbox, tmp_path: Path
) -> None:
    config = settings(tmp_path, vendors)
    due_invoices(vendors.control, "INV-1")
    copy = tmp_path / "copy.db"
    with Worker(config, "run") as daemon:
        eventually(lambda: is_synced(vendors, "INV-1"), 60)
        with Worker(config, "backup", str(copy)) as backup:
            assert backup.ended(60) == 0
        slow(vendors, 1.2)
        due_invoices(vendors.control, "INV-2", "INV-3", who="Kim Lee")
        await_call(vendors, "PUT", MADE)
        eventually(lambda: "INV-3" in xero_references(vendors.control), 60)
        daemon.kill()
    for file in journal(tmp_path).parent.glob("journal.db*"):
        if not file.name.endswith(".lock"):
            file.unlink()
    shutil.copy(copy, journal(tmp_path))
    in_peace(vendors, config, "INV-1", "INV-2", "INV-3")


def test_a_disk_that_is_nearly_full_sends_nothing_until_there_is_room(
    vendors: Sandbox, tmp_path: Path
) -> None:
    """A ballast of a gigabyte, half of which was to stay free."""
    ballast = tmp_path / "ballast"
    free = shutil.disk_usage(tmp_path).free // 1_000_000
    if free < 3000:
        pytest.skip(f"{free} MB are free, 3000 are needed to fill some of them")
    config = settings(tmp_path, vendors)
    due_invoices(vendors.control, "INV-1")
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 1_000_000_000)
        least = {"SYNC_JOURNAL__FREE_MB": str(free - 500)}
        with Worker(config, "run", variables=least) as daemon:
            reason = daemon.await_event("run failed", within_s=90)["reason"]
            assert f"less than journal.free_mb ({free - 500}); free some space" in reason
            assert sent(vendors) == []
            ballast.unlink()
            file.truncate(0)
            eventually(lambda: is_synced(vendors, "INV-1"), 60, "the invoice")


def test_a_backup_of_a_busy_journal_is_whole_private_and_never_replaces_a_file(
    vendors: Sandbox, tmp_path: Path
) -> None:
    due_invoices(vendors.control, *(f"INV-{n}" for n in range(6)))
    config = settings(tmp_path, vendors, invoices={**SOON, "batch": 1})
    copy = tmp_path / "copy.db"
    with Worker(config, "run") as daemon:
        await_call(vendors, "PUT", MADE)
        with Worker(config, "backup", str(copy), "--json") as backup:
            assert backup.answer(60)["bytes"] == copy.stat().st_size
        with Worker(config, "backup", str(copy)) as again:
            assert again.ended(60) == 2
            assert "is there already and is not overwritten" in again.stderr
        daemon.terminate()
        assert daemon.ended(60) == 0
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("SELECT count(*) FROM documents").fetchone()[0] > 0


def test_f63_f65_a_stopped_daemon_keeps_its_lane_on_its_host_and_goes_on_where_it_stood(
    vendors: Sandbox, tmp_path: Path
) -> None:
    """On one host the kernel's lock outlasts the lease: nobody takes over from a process that is only stopped."""
    due_invoices(vendors.control, "INV-1", "INV-2")
    slow(vendors, 1.2)
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        await_call(vendors, "PUT", MADE)
        with daemon.stopped():
            time.sleep(SHORT["lease_s"] + 1)
            with Worker(config, "run") as second:
                assert second.ended(60) == 3
                assert "another instance has the lease" in second.stderr
        eventually(lambda: is_synced(vendors, "INV-2"), 60, "both invoices")
        daemon.terminate()
        assert daemon.ended(60) == 0
    assert xero_references(vendors.control) == ["INV-1", "INV-2"]
