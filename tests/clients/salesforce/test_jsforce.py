"""jsforce finds in the sandbox what it would find in an org."""

from __future__ import annotations

import pytest

from sync_worker.sandbox.edge import Sandbox
from tests.clients.salesforce.conftest import HERE, Run

pytestmark = pytest.mark.clients


def test_a_whole_program_with_jsforce_runs_through(sandbox: Sandbox, run: Run) -> None:
    told = sandbox.credentials()["salesforce"]
    script = str(HERE / "jsforce.mjs")
    said = run("node", script, told["url"], told["client_id"], told["client_secret"])
    assert said.strip() == "jsforce is content"
