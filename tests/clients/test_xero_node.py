"""xero-node, the vendor's SDK for Node, and openid-client below it, as real processes (`make clients`)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.xero.errors import ACCOUNT_UNKNOWN, TOO_MUCH

HERE = Path(__file__).resolve().parent
METADATA = HERE.parents[1] / "config" / "salesforce"

pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def node() -> str:
    """Node with xero-node beside this file, or a loud word about what is missing."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed: nothing here was tried with xero-node")
    if not (HERE / "node_modules" / "xero-node").is_dir():
        pytest.skip(f"xero-node is not installed: run `npm install` in {HERE}")
    return found


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(metadata=METADATA) as served:
        yield served


def tried(node: str, script: str, sandbox: Sandbox) -> tuple[dict[str, str], dict[str, Any]]:
    """The sandbox's credentials, and what the script saw with them."""
    told = sandbox.credentials()["xero"]
    arguments = [told[name] for name in ("url", "client_id", "client_secret", "tenant_id")]
    ran = subprocess.run(
        [node, HERE / script, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return told, json.loads(ran.stdout.splitlines()[-1])


def test_a_workers_day_with_xero_node(node: str, sandbox: Sandbox) -> None:
    told, seen = tried(node, "xero-node.mjs", sandbox)
    unknown = ACCOUNT_UNKNOWN.format(code="999")
    assert seen == {
        "token": {"type": "Bearer", "lives": 1800, "refresh": False},
        "tenants": [told["tenant_id"]],
        "limits": [
            "x-appminlimit-remaining",
            "x-daylimit-remaining",
            "x-minlimit-remaining",
        ],
        "apart": [["OK", False], ["ERROR", True]],
        "together": {
            "status": 400,
            "type": "ValidationException",
            "said": ["Invoice # must be unique.", unknown],
        },
        "first": {"number": "N-1", "total": 100, "status": "AUTHORISED"},
        "keyed": True,
        "paid": ["ACCRECPAYMENT", 60, "AUTHORISED"],
        "payments": [1, 1],
        "over": TOO_MUCH,
        "gone": "DELETED",
        "credited": ["PAID", 0, 100, 1],
        "attached": "a note.txt",
        "found": ["N-1"],
        "organisation": "AUD",
        "missing": 404,
        "limited": {"status": 429, "retryAfter": "7", "problem": "minute"},
        "expired": 401,
    }


def test_a_persons_consent_with_openid_client(node: str, sandbox: Sandbox) -> None:
    told, seen = tried(node, "openid-client.mjs", sandbox)
    assert seen == {
        "issuer": "https://identity.xero.com",
        "page": True,
        "denied": "access_denied",
        "person": "owner@sandbox.example",
        "same": True,
        "rotated": True,
        "connections": [told["tenant_id"]],
        "revoked": "invalid_grant",
        "after": 401,
    }
