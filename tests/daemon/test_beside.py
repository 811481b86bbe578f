"""Commands beside a running daemon: answered by it where they may be, refused where they may not."""

from __future__ import annotations

import re
from pathlib import Path

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import Fault
from tests.daemon.books import crm_invoice, due_invoices, xero_references
from tests.daemon.processes import Worker, eventually
from tests.daemon.test_lifecycle import MADE, NOT_AGAIN, await_call, settings, slow

TOKEN = re.compile(r"00D\w{12,15}!\w|eyJ[\w-]{8,}\.|Bearer \w")
"""How Salesforce's and Xero's access tokens look."""


def test_sync_invoice_is_answered_by_the_daemon(vendors: Sandbox, tmp_path: Path) -> None:
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        daemon.await_event("run ended", process="invoices")
        due_invoices(vendors.control, "INV-1")
        with Worker(config, "sync", "invoice", "INV-1", "--json") as command:
            said = command.answer(20)
            assert command.ended() == 0
        assert said["processes"]["invoices"]["created"] == 1
        assert said["calls"]["xero"] > 0
        assert daemon.said("request taken")
    assert xero_references(vendors.control) == ["INV-1"]


def test_sync_invoice_does_not_wait_for_a_long_run(vendors: Sandbox, tmp_path: Path) -> None:
    due_invoices(vendors.control, *(f"INV-{n}" for n in range(8)))
    slow(vendors, 0.5, times=8)
    config = settings(tmp_path, vendors, invoices={**NOT_AGAIN, "batch": 1})
    with Worker(config, "run") as daemon:
        await_call(vendors, "PUT", MADE)
        with Worker(config, "sync", "invoice", "INV-7", "--json") as command:
            assert command.answer(20)["processes"]["invoices"]["created"] == 1
            assert command.ended() == 0
        assert crm_invoice(vendors.control, "INV-7")["Finance_Sync_State__c"] == "Synced"
        assert len(xero_references(vendors.control)) < 8, "the long run was over before"
        eventually(lambda: len(xero_references(vendors.control)) == 8, 30, "the long run")
        daemon.terminate()
        assert daemon.ended(20) == 0
    assert len(xero_references(vendors.control)) == 8


def test_an_unknown_number_beside_a_daemon_is_a_wrong_usage(
    vendors: Sandbox, tmp_path: Path
) -> None:
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        daemon.await_event("daemon started")
        with Worker(config, "sync", "invoice", "INV-404", "--json") as command:
            assert "INV-404" in command.answer(20)["problems"][0]
            assert command.ended() == 2
        assert daemon.alive


def test_a_whole_run_beside_a_daemon_is_refused(vendors: Sandbox, tmp_path: Path) -> None:
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        daemon.await_event("daemon started")
        for process in ("invoices", "payments"):
            with Worker(config, "sync", process, "--json") as command:
                assert command.ended(20) == 3
                assert "another instance" in command.answer()["problems"][0]


def test_looking_needs_no_lane(vendors: Sandbox, tmp_path: Path) -> None:
    due_invoices(vendors.control, "INV-1")
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        daemon.await_event("run ended", process="invoices")
        eventually(lambda: bool(crm_invoice(vendors.control, "INV-1")["Finance_Link__c"]))
        with Worker(config, "status", "--alive", "--json") as status:
            standing = status.answer(20)["connections"]["main"]
            assert status.ended() == 0
        assert standing["alive"]
        with Worker(config, "journey", "invoice:INV-1", "--json") as journey:
            assert journey.answer(20)["state"] in {"WRITTEN", "VERIFIED"}


def test_what_a_person_asks_for_on_the_record_is_done(vendors: Sandbox, tmp_path: Path) -> None:
    config = settings(tmp_path, vendors, invoices={**NOT_AGAIN, "request_poll_s": 1})
    with Worker(config, "run") as daemon:
        daemon.await_event("run ended", process="invoices")
        record = due_invoices(vendors.control, "INV-1")["INV-1"]
        now = vendors.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        with vendors.control.held():
            vendors.org.edit("Invoice__c", record, {"Finance_Sync_Requested_At__c": now})
        eventually(
            lambda: bool(crm_invoice(vendors.control, "INV-1")["Finance_External_ID__c"]), 15
        )
    row = crm_invoice(vendors.control, "INV-1")
    assert row["Finance_Sync_Requested_At__c"] is None
    assert row["Finance_Sync_State__c"] == "Synced"


def test_the_log_holds_no_secret_and_one_event_a_line(vendors: Sandbox, tmp_path: Path) -> None:
    due_invoices(vendors.control, "INV-1", "INV-2")
    for door in vendors.control.doors:
        for do in ("expire_token", "500_before", "html", "truncated"):
            door.faults.add(Fault(do, method="GET", path="/api.xro|/services/data", nth=2))
    config = settings(tmp_path, vendors, invoices={"schedule": {"every_s": 1}})
    with Worker(config, "run", variables={"SYNC_LOG__LEVEL": "debug"}) as daemon:
        eventually(lambda: len(xero_references(vendors.control)) == 2, 30, "both invoices")
        daemon.terminate()
        assert daemon.ended(20) == 0
    assert len(daemon.events()) > 3
    kept = [daemon.stderr, daemon.stdout]
    kept += [path.read_text("latin-1") for path in (tmp_path / "journal").iterdir()]
    for values in vendors.credentials().values():
        assert not any(values["client_secret"] in text for text in kept)
    assert not any(TOKEN.search(text) for text in kept)


def test_a_request_for_what_is_not_due_is_answered_on_the_record(
    vendors: Sandbox, tmp_path: Path
) -> None:
    now = vendors.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    due_invoices(vendors.control, "INV-1", Status__c="Cancelled", Finance_Sync_Requested_At__c=now)
    config = settings(tmp_path, vendors, invoices={**NOT_AGAIN, "request_poll_s": 1})
    with Worker(config, "run"):
        eventually(
            lambda: not crm_invoice(vendors.control, "INV-1")["Finance_Sync_Requested_At__c"], 15
        )
    assert "cancelled" in crm_invoice(vendors.control, "INV-1")["Finance_Message__c"]
    assert xero_references(vendors.control) == []


def test_a_command_whose_daemon_dies_takes_over(vendors: Sandbox, tmp_path: Path) -> None:
    config = settings(tmp_path, vendors)
    with Worker(config, "run") as daemon:
        daemon.await_event("run ended", process="invoices")
        due_invoices(vendors.control, "INV-1")
        slow(vendors, 1.5)
        with Worker(config, "sync", "invoice", "INV-1", "--json") as command:
            await_call(vendors, "PUT", MADE)
            daemon.kill()
            assert command.ended(30) in {0, 4}, command.stderr
    eventually(lambda: xero_references(vendors.control) == ["INV-1"], 5)
    with Worker(config, "sync", "invoices", "--json") as again:
        assert again.ended(30) == 0
    assert xero_references(vendors.control) == ["INV-1"]
    assert crm_invoice(vendors.control, "INV-1")["Finance_Sync_State__c"] == "Synced"
