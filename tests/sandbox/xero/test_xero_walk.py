"""The walk finds whatever the vendor's SDK could not read, in whichever process a sandbox has said it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec import Raw

from sync_worker.sandbox.witness import VARIABLE
from sync_worker.sandbox.xero import invoices
from tests import replies
from tests.sandbox.xero.client import Xero, a_line
from tests.sandbox.xero.sdk_walk import faults, kept_in

Element = dict[str, Any]
SERVED = [sys.executable, "-m", "sync_worker", "sandbox", "--json", "--no-limits"]
SERVED += ["--salesforce-port", "0", "--xero-port", "0", "--mail-port", "0"]


@pytest.mark.parametrize(
    ("element", "fault"),
    [
        ({"Status": None}, "Invoices[0].Status: null"),
        ({"Total": "1.00"}, "Invoices[0].Total: '1.00' is no float"),
        ({"Date": "2026-11-01"}, "Invoices[0].Date: '2026-11-01' is no date[ms-format]"),
        ({"LineAmountTypes": "EXCLUSIVE"}, "Invoices[0].LineAmountTypes: 'EXCLUSIVE' is no LineAmountTypes"),
        ({"Oops": 1}, "Invoices[0].Oops: unknown"),
        ({"LineItems": [{"Quantity": True}]}, "Invoices[0].LineItems[0].Quantity: True is no float"),
    ],
)  # fmt: skip
def test_the_walk_catches_what_the_models_would_not_read(
    element: dict[str, object], fault: str
) -> None:
    assert faults({"Id": "x", "Invoices": [{"InvoiceID": "i", **element}]}) == [fault]


def plant(monkeypatch: pytest.MonkeyPatch, **members: object) -> None:
    """Let every listed invoice carry these members; None stands for a missing one, Raw("null") for a null."""
    listed = invoices.listed

    def planted(*given: Any) -> dict[str, Any]:
        return {**listed(*given), **members}

    monkeypatch.setattr(invoices, "listed", planted)


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"Reference": Raw("null")}, "Invoices[0].Reference: null"),
        ({"Payments": Raw("null")}, "Invoices[0].Payments: null"),
        ({"Status": "ARCHIVED"}, "Invoices[0].Status: 'ARCHIVED' is no Invoice.Status"),
        ({"CurrencyCode": "XYZ"}, "Invoices[0].CurrencyCode: 'XYZ' is no CurrencyCode"),
        ({"Date": "2026-11-01"}, "Invoices[0].Date: '2026-11-01' is no date[ms-format]"),
        ({"InvoiceID": None}, "Invoices[0].InvoiceID: missing"),
    ],
)
def test_a_fault_planted_in_the_sandbox_fails_whichever_test_meets_it(
    xero: Xero,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    members: dict[str, object],
    fault: str,
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))  # or this run would fail for it, as it should
    xero.invoice()
    plant(monkeypatch, **members)
    with pytest.raises(AssertionError) as caught:
        xero.get("Invoices")
    assert fault in str(caught.value)
    assert fault in (tmp_path / replies.COMPLAINTS).read_text()


class Served:
    """A sandbox in a process of its own, called over its port."""

    def __init__(self, its: dict[str, str]) -> None:
        self.url = its["url"]
        form = {"grant_type": "client_credentials"}
        form |= {name: its[name] for name in ("client_id", "client_secret")}
        token = requests.post(f"{self.url}/connect/token", data=form, timeout=5).json()
        self._headers = {
            "Authorization": f"Bearer {token['access_token']}",
            "xero-tenant-id": its["tenant_id"],
            "Accept": "application/json",
        }

    def call(self, method: str, path: str, body: Any = None) -> None:
        url = f"{self.url}/api.xro/2.0/{path}"
        reply = requests.request(method, url, json=body, headers=self._headers, timeout=5)
        assert reply.status_code == 200, reply.text

    def people(self, **order: Any) -> None:
        reply = requests.post(f"{self.url}/_sandbox/people", json=order, timeout=5)
        assert reply.status_code == 200, reply.text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replies")


@pytest.fixture(scope="module")
def kept(folder: Path) -> list[Element]:
    """What a sandbox in a process of its own left behind of one invoice, made and listed, and of an invented word."""
    variables = {**os.environ, VARIABLE: str(folder)}
    with subprocess.Popen(SERVED, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            served = Served(json.loads(process.stdout.readline())["xero"])
            invoice = {
                "Type": "ACCREC",
                "Contact": {"Name": "Ann Lee"},
                "DueDate": "2026-11-30",
                "Status": "AUTHORISED",
                "LineItems": [a_line()],
            }
            served.call("PUT", "Invoices", {"Invoices": [invoice]})
            served.call("GET", "Invoices?page=1")
            served.people(act="turn", novelties={"Status": "FROZEN"})
            served.call("GET", "Invoices?page=1")
        finally:
            process.kill()
    (file,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.enable_socket
def test_what_a_served_sandbox_said_is_kept_and_nothing_is_wrong_with_it(
    kept: list[Element], folder: Path
) -> None:
    assert [(one["method"], one["status"], one["novelties"]) for one in kept] == [
        ("PUT", 200, {}),
        ("GET", 200, {}),
        ("GET", 200, {"Status": "FROZEN"}),
    ]
    assert kept[2]["body"]["Invoices"][0]["Status"] == "FROZEN"  # asked for, and no fault
    assert kept_in(folder) == []


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda invoice: invoice.update(Reference=None), "Reference: null"),
        (lambda invoice: invoice.update(Status="FROZEN"), "Status: 'FROZEN' is no Invoice.Status"),
        (
            lambda invoice: invoice.update(DueDate="2026-11-30"),
            "DueDate: '2026-11-30' is no date[ms-format]",
        ),
        (lambda invoice: invoice.pop("InvoiceID"), "InvoiceID: missing"),
    ],
    ids=["a null", "a new word", "a date in text", "no id"],
)
def test_a_fault_in_what_was_kept_is_found(
    kept: list[Element], tmp_path: Path, change: Callable[[Element], object], fault: str
) -> None:
    _, listed, _ = json.loads(json.dumps(kept))
    change(listed["body"]["Invoices"][0])
    (tmp_path / "1.jsonl").write_text("\n".join(json.dumps(one) for one in (kept[0], listed)))
    assert kept_in(tmp_path) == [f"GET /api.xro/2.0/Invoices: Invoices[0].{fault}"]


A_RUN = """
import json, os, pathlib

def test_that_passes():
    body = {"Invoices": [{"InvoiceID": None}]}
    line = {"method": "GET", "path": "/Invoices", "status": 200, "novelties": {}, "body": body}
    folder = pathlib.Path(os.environ["SYNC_SANDBOX_REPLIES"])
    (folder / "child.jsonl").write_text(json.dumps(line))
"""


def test_a_run_fails_for_a_reply_of_another_process_though_its_tests_pass(tmp_path: Path) -> None:
    (tmp_path / "test_run.py").write_text(A_RUN)
    words = ["-m", "pytest", "-p", "tests.replies", "--rootdir", str(tmp_path), str(tmp_path)]
    run = subprocess.run(
        [sys.executable, *words],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in run.stdout
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "GET /Invoices: Invoices[0].InvoiceID: null" in run.stdout
