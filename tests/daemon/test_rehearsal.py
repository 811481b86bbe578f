"""A crash is rehearsed where it was asked for, or it is told why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_worker.daemon.rehearsal import rehearsal
from sync_worker.domain.errors import Misconfigured
from sync_worker.sandbox.edge import Sandbox
from tests.daemon.books import due_invoices, xero_references
from tests.daemon.processes import Worker
from tests.daemon.test_lifecycle import settings


@pytest.mark.parametrize(
    "words",
    [
        "intend.after",
        "journal.intend",
        "journal.intend.afterwards",
        "xero.Invoices.before",
        "crm.PATCH.sobjects.after",
        "journal.intend.after:0",
        "journal.intend.after:two",
        "journal.intend.after:1:HUP",
        "journal.intend.after:1:KILL:2",
    ],
)
def test_words_that_can_name_no_moment_are_refused(words: str) -> None:
    with pytest.raises(Misconfigured, match="names no moment; write point:n"):
        rehearsal(words)


@pytest.mark.parametrize(
    "point",
    [
        "journal.letter.before",
        "xero.PUT.Invoices/Attachments.after",
        "salesforce.PATCH.composite/sobjects.after",
        "mail.DATA.letter.before",
        "bank.PUT.file.after",
    ],
)
def test_a_moment_of_everything_that_is_written_can_be_named(point: str) -> None:
    assert rehearsal(f"{point}:2:TERM").point == point


def test_the_worker_dies_at_the_moment_asked_for(vendors: Sandbox, tmp_path: Path) -> None:
    due_invoices(vendors.control, "INV-1")
    config = settings(tmp_path, vendors)
    crash = {"SYNC_CRASH_AT": "xero.PUT.Invoices.after"}
    with Worker(config, "sync", "invoices", "--json", variables=crash) as worker:
        assert worker.ended(30) == -9
        assert worker.said("crash rehearsed", point="xero.PUT.Invoices.after", signal="SIGKILL")
    assert xero_references(vendors.control) == ["INV-1"]
    with Worker(config, "sync", "invoices", "--json") as next_one:
        assert next_one.answer(30)["processes"]["invoices"]["created"] == 0
        assert next_one.ended() == 0
    assert xero_references(vendors.control) == ["INV-1"]


def test_asked_to_stop_at_a_moment_it_finishes_what_it_began(
    vendors: Sandbox, tmp_path: Path
) -> None:
    due_invoices(vendors.control, "INV-1")
    crash = {"SYNC_CRASH_AT": "journal.intend.after:1:TERM"}
    with Worker(settings(tmp_path, vendors), "run", variables=crash) as worker:
        assert worker.ended(30) == 0
        assert worker.said("crash rehearsed", signal="SIGTERM")


def test_a_moment_that_never_came_is_told_with_those_that_came(
    vendors: Sandbox, tmp_path: Path
) -> None:
    crash = {"SYNC_CRASH_AT": "xero.PUT.Invoces.after"}
    config = settings(tmp_path, vendors)
    with Worker(config, "sync", "invoices", "--json", variables=crash) as worker:
        assert worker.ended(30) == 0
        (told,) = worker.said("rehearsed moment never came")
    assert told["passed"]["journal.acquire.after"] == 1
    assert told["passed"]["salesforce.GET.query.before"] > 0


def test_a_misspelt_rehearsal_sends_nothing(vendors: Sandbox, tmp_path: Path) -> None:
    due_invoices(vendors.control, "INV-1")
    crash = {"SYNC_CRASH_AT": "xero.PUT.Invoices"}
    with Worker(settings(tmp_path, vendors), "run", variables=crash) as worker:
        assert worker.ended(30) == 2
        assert "names no moment" in worker.stderr
    assert xero_references(vendors.control) == []
