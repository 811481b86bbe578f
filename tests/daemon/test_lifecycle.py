"""A daemon starts, is asked to stop, and never shares its lane."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import Fault
from tests.daemon.books import crm_invoice, due_invoices, xero_references
from tests.daemon.processes import Tables, Worker, eventually, settings_file

NOT_AGAIN = {"schedule": {"every_s": 3600}}
MADE = "/api.xro/2.0/Invoices"


def settings(folder: Path, vendors: Sandbox, **tables: Tables) -> Path:
    """Each process runs at the start and then not again."""
    once = {"invoices": NOT_AGAIN, "payments": NOT_AGAIN}
    return settings_file(folder, vendors.credentials(), {**once, **tables})


def slow(vendors: Sandbox, seconds: float, times: int = 1) -> None:
    fault = Fault("slow_before", method="PUT", path=MADE, seconds=seconds, times=times)
    vendors.control.xero_door.faults.add(fault)


def await_call(vendors: Sandbox, method: str, path: str) -> None:
    door = vendors.control.xero_door
    eventually(
        lambda: any(one.method == method and path in one.path for one in door.requests()),
        what=f"{method} {path}",
    )


def test_f56_asked_to_stop_it_finishes_the_call_in_flight(vendors: Sandbox, tmp_path: Path) -> None:
    due_invoices(vendors.control, "INV-1")
    slow(vendors, 1.5)
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        await_call(vendors, "PUT", MADE)
        daemon.terminate()
        assert daemon.ended(within_s=10) == 0
        assert daemon.said("daemon stopped")
    assert xero_references(vendors.control) == ["INV-1"]
    with Worker(config, "sync", "invoices", "--json") as again:
        assert again.answer()["processes"]["invoices"]["created"] == 0
    assert xero_references(vendors.control) == ["INV-1"]
    assert crm_invoice(vendors.control, "INV-1")["Finance_Sync_State__c"] == "Synced"


def test_f56_asked_a_second_time_it_leaves_at_once(vendors: Sandbox, tmp_path: Path) -> None:
    due_invoices(vendors.control, "INV-1")
    slow(vendors, 4)
    with Worker(settings(tmp_path, vendors), "run") as daemon:
        await_call(vendors, "PUT", MADE)
        daemon.terminate()
        daemon.await_event("stopping, finishing what is in flight")
        began = time.monotonic()
        daemon.terminate()
        assert daemon.ended(within_s=5) == 130
        assert time.monotonic() - began < 2


def test_f63_a_second_daemon_is_told_that_the_lane_is_taken(
    vendors: Sandbox, tmp_path: Path
) -> None:
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as first:
        first.await_event("daemon started")
        with Worker(config, "run") as second:
            assert second.ended(within_s=20) == 3
            assert "another instance has the lease" in second.stderr
        assert first.alive


def test_a_killed_daemon_leaves_its_lane_to_the_next_at_once(
    vendors: Sandbox, tmp_path: Path
) -> None:
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as first:
        first.await_event("daemon started")
        first.kill()
    with Worker(config, "run") as second:
        second.await_event("daemon started", within_s=10)
        second.terminate()
        assert second.ended(10) == 0


def test_a_vendor_that_is_away_does_not_end_the_daemon(tmp_path: Path, vendors: Sandbox) -> None:
    due_invoices(vendors.control, "INV-1")
    door = vendors.control.salesforce_door
    door.faults.add(Fault("503_before", path="oauth2/token", times=6))
    soon = {"schedule": {"every_s": 1}}
    with Worker(settings(tmp_path, vendors, invoices=soon), "run") as daemon:
        eventually(lambda: xero_references(vendors.control) == ["INV-1"], 40, "the invoice")
        assert daemon.alive


def test_a_wrong_secret_ends_the_daemon_at_once(vendors: Sandbox, tmp_path: Path) -> None:
    config = settings(tmp_path, vendors, salesforce={"client_secret": "not-the-right-one"})
    with Worker(config, "run") as daemon:
        assert daemon.ended(20) == 2
        assert "refused the login" in daemon.stderr
        assert "not-the-right-one" not in daemon.stderr


@pytest.mark.parametrize("process", ["invoices", "payments"])
def test_a_paused_process_stays_paused_in_the_daemon(
    vendors: Sandbox, tmp_path: Path, process: str
) -> None:
    config = settings(tmp_path, vendors)
    with Worker(config, "pause", process, "--json") as pause:
        assert pause.answer() == {"paused": {"main": [process]}}
    with Worker(config, "run") as daemon:
        assert daemon.await_event("run skipped, paused")["process"] == process


def test_waiting_for_the_call_budget_ends_when_asked_to_stop(
    vendors: Sandbox, tmp_path: Path
) -> None:
    due_invoices(vendors.control, "INV-1")
    scarce = {"per_minute": 4, "manual_per_minute": 0}
    with Worker(settings(tmp_path, vendors, budget=scarce), "run") as daemon:
        door = vendors.control.xero_door
        eventually(lambda: sum("/api.xro/" in one.path for one in door.requests()) == 4)
        time.sleep(0.3)
        daemon.terminate()
        assert daemon.ended(within_s=5) == 0
    assert len(xero_references(vendors.control)) <= 1
