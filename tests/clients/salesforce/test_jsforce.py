"""jsforce finds in the sandbox what it would find in an org."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync_worker.sandbox.edge import Sandbox
from tests.clients.salesforce.conftest import HERE, METADATA, Run
from tests.sandbox.salesforce.packages import archive_files, zipped

pytestmark = pytest.mark.clients


def test_a_whole_program_with_jsforce_runs_through(sandbox: Sandbox, run: Run) -> None:
    told = sandbox.credentials()["salesforce"]
    script = str(HERE / "jsforce.mjs")
    said = run("node", script, told["url"], told["client_id"], told["client_secret"])
    assert said.strip() == "jsforce is content"


def test_an_archive_is_deployed_with_jsforce(empty: Sandbox, run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "deploy.zip"
    archive.write_bytes(zipped(archive_files(METADATA)))
    token = empty.org.tokens.issue()
    said = run("node", str(HERE / "deploy.mjs"), empty.salesforce_url, token, str(archive))
    told = json.loads(said)
    assert (told["status"], told["numberComponentErrors"]) == ("Succeeded", 0)
    assert empty.org.schema.find("Payment__c") is not None
