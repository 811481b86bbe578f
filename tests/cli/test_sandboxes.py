"""sandbox and demo, as real processes: what scripts and newcomers start."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import urllib3

from tests.cli.conftest import Operator
from tests.daemon.processes import settings_file

pytestmark = pytest.mark.usefixtures("socket_enabled")
WORKER = (sys.executable, "-m", "sync_worker")
ANY_PORT = ("--salesforce-port", "0", "--xero-port", "0", "--mail-port", "0")


@contextmanager
def a_sandbox_process(*words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*WORKER, "sandbox", *ANY_PORT, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_it_says_in_one_line_where_it_is_and_ends_when_asked(tmp_path: Path) -> None:
    with a_sandbox_process("--profile", "care", "--invoices", "30", "--json") as process:
        vendors = json.loads(ready(process))
        assert set(vendors) == {"salesforce", "xero", "mail"}
        assert set(vendors["mail"]) == {"host", "port"}
        assert set(vendors["salesforce"]) == {"url", "client_id", "client_secret", "org_id"}
        assert set(vendors["xero"]) == {"url", "client_id", "client_secret", "tenant_id"}
        operator = Operator(settings_file(tmp_path, vendors, clock="sandbox"))
        assert operator.types("check", "--json").json == {"problems": []}
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_a_namespace_is_before_every_name(tmp_path: Path) -> None:
    with a_sandbox_process("--namespace", "maica_cc", "--json") as process:
        vendors = json.loads(ready(process))
        packaged = {"salesforce": {"profile": "maica"}}
        operator = Operator(settings_file(tmp_path, vendors, packaged, clock="sandbox"))
        assert operator.types("check", "--json").json == {"problems": []}


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = subprocess.run(
            [
                *WORKER,
                "sandbox",
                "--salesforce-port",
                "0",
                "--mail-port",
                "0",
                "--xero-port",
                port,
                "--json",
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert said.returncode == 2
    (problem,) = json.loads(said.stdout)["problems"]
    assert "--xero-port" in problem
    assert said.stderr == f"sync-worker: {problem}\n"


def test_the_demo_shows_the_main_job_and_ends_well() -> None:
    said = subprocess.run(
        [*WORKER, "demo", "--once", "--json"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    assert set(told) == {"processes", "calls"}
    assert told["processes"]["invoices"]["created"] > 40
    assert told["processes"]["payments"]["created"] > 20
    assert {one["class"] for one in told["processes"]["invoices"]["held"]} >= {"period-locked"}


def test_the_grant_makers_demo_walks_ten_steps_and_ends_with_what_was_ordered_paid() -> None:
    said = subprocess.run(
        [*WORKER, "demo", "--profile", "grants", "--once", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    told = json.loads(said.stdout)
    assert len(told["steps"]) == 10
    bills = {one["milestone"]: one for one in told["bills"]}
    (batch,) = told["batches"]
    assert batch["journal"] == "Sent"
    assert {bills[item["milestone"]]["status"] for item in batch["items"]} == {"Paid"}
    owed = sum(Decimal(bills[item["milestone"]]["total"]) for item in batch["items"])
    earlier = Decimal("2500.00")  # half of MS-H12 was paid before
    assert Decimal(batch["total"]) == owed - earlier
    paid = {one["milestone"] for one in told["payments"]}
    assert paid >= {item["milestone"] for item in batch["items"]}
    for item in batch["items"]:
        letters = [one for one in told["letters"] if item["milestone"] in one["subject"]]
        assert len(letters) >= 1, item


def test_the_demo_as_a_daemon_serves_until_stopped() -> None:
    with subprocess.Popen(
        [*WORKER, "demo", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["xero"]["url"]
            assert urllib3.request("GET", f"{url}/_sandbox/clock", timeout=5).status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_a_store_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("", encoding="utf-8")
    with a_sandbox_process("--store", str(tmp_path / "a file" / "in it")) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert "cannot be made" in errors
