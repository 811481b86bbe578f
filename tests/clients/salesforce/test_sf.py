"""The sf command line finds in the sandbox what it would find in an org."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

from sync_worker.sandbox.edge import Sandbox
from tests.clients.salesforce.conftest import METADATA, Run

pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]


class Sf:
    """The command line, with an org that it knows as `sandbox`."""

    def __init__(self, run: Run, sandbox: Sandbox) -> None:
        self._run = run
        self.url = sandbox.salesforce_url
        self.sandbox = sandbox

    def __call__(self, *words: str, code: int = 0, **more: str) -> Any:
        return json.loads(self._run("sf", *words, "--json", code=code, **more))["result"]

    def failing(self, *words: str, **more: str) -> Any:
        told = json.loads(self._run("sf", *words, "--json", code=1, **more))
        return told.get("result") or told

    def log_in(self) -> None:
        told = self.sandbox.credentials()["salesforce"]
        form = {"grant_type": "client_credentials"} | {
            key: told[key] for key in ("client_id", "client_secret")
        }
        reply = requests.post(f"{self.url}/services/oauth2/token", data=form, timeout=10)
        words = ("--instance-url", self.url, "--no-prompt", "--alias", "sandbox", "--set-default")
        self("org", "login", "access-token", *words, SF_ACCESS_TOKEN=reply.json()["access_token"])

    def deploy(self, verb: str, folder: Path, *more: str, code: int = 0) -> Any:
        words = ("project", "deploy", verb, "--source-dir", "force-app", *more)
        return json.loads(
            self._run(
                "sf", *words, "--json", code=code, cwd=folder, SF_ORG_METADATA_REST_DEPLOY="true"
            )
        )["result"]


@pytest.fixture
def sf(run: Run, sandbox: Sandbox) -> Sf:
    sf = Sf(run, sandbox)
    sf.log_in()
    return sf


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the shipped project, since deploying leaves notes beside it."""
    return Path(shutil.copytree(METADATA, tmp_path / "project"))


def test_records_are_made_changed_queried_and_told_with_their_children(
    sf: Sf, tmp_path: Path
) -> None:
    made = sf("data", "create", "record", "--sobject", "Contact", "--values", "LastName=Alder")
    values = f"Name=A Participant__c={made['id']} Total_Amount__c=10"
    invoice = sf("data", "create", "record", "--sobject", "Invoice__c", "--values", values)["id"]
    words = ("--sobject", "Invoice__c", "--record-id", invoice, "--values", "Status__c='Not Paid'")
    sf("data", "update", "record", *words)
    tree = {
        "records": [
            {
                "attributes": {"type": "Account", "referenceId": f"a{n}"},
                "Name": f"Plan {n}",
                "Contacts": {
                    "records": [
                        {
                            "attributes": {"type": "Contact", "referenceId": f"c{n}{m}"},
                            "LastName": f"Person {m}",
                        }
                        for m in range(4)
                    ]
                },
            }
            for n in range(2)
        ]
    }
    file = tmp_path / "tree.json"
    file.write_text(json.dumps(tree))
    assert len(sf("data", "import", "tree", "--files", str(file))) == 10
    soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account ORDER BY Name"
    found = sf("data", "query", "--query", soql)
    assert found["totalSize"] == 2
    assert [each["LastName"] for each in found["records"][0]["Contacts"]["records"]] == [
        "Person 0",
        "Person 1",
        "Person 2",
        "Person 3",
    ]
    read = sf("data", "get", "record", "--sobject", "Invoice__c", "--record-id", invoice)
    assert (read["Status__c"], read["Payment_Balance__c"]) == ("Not Paid", 10)
    bad = sf.failing("data", "query", "--query", "SELECT Nope FROM Account")
    assert "No such column 'Nope'" in bad["message"]
    sf("data", "delete", "record", "--sobject", "Invoice__c", "--record-id", invoice)


def test_rows_are_upserted_in_bulk(sf: Sf, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("Name,Finance_External_ID__c\nA,x1\nB,x2\n")
    words = ("--sobject", "Account", "--external-id", "Finance_External_ID__c", "--wait", "5")
    told = sf("data", "upsert", "bulk", "--file", str(file), *words)
    assert told["jobInfo"]["state"] == "JobComplete"
    assert told["jobInfo"]["numberRecordsProcessed"] == 2
    again = sf("data", "upsert", "bulk", "--file", str(file), *words)
    assert {each["sf__Created"] for each in again["records"]["successfulResults"]} == {"false"}
    out = tmp_path / "out.csv"
    soql = "SELECT Name FROM Account ORDER BY Name"
    sf("data", "export", "bulk", "--query", soql, "--output-file", str(out), "--wait", "5")
    assert out.read_text().split() == ['"Name"', '"A"', '"B"']


def test_an_org_is_displayed_and_its_objects_are_listed(sf: Sf) -> None:
    shown = sf("org", "display")
    assert shown["username"] == "integration@sandbox.example"
    assert "Invoice__c" in sf("sobject", "list", "--sobject", "custom")
    described = sf("sobject", "describe", "--sobject", "Invoice__c")
    assert described["keyPrefix"].startswith("a0")
    limits = sf("org", "list", "limits")
    assert any(each["name"] == "DailyApiRequests" for each in limits)


def test_the_shipped_setup_is_validated_and_deployed_to_an_empty_org(
    run: Run, empty: Sandbox, project: Path
) -> None:
    sf = Sf(run, empty)
    sf.log_in()
    validated = sf.deploy("validate", project)
    assert (validated["status"], validated["checkOnly"]) == ("Succeeded", True)
    assert empty.org.schema.find("Invoice__c") is None
    told = sf.deploy("start", project)
    assert (told["status"], told["numberComponentErrors"]) == ("Succeeded", 0)
    assert {each["state"] for each in told["files"]} == {"Created"}
    assert empty.org.schema.get("Invoice__c").find("Total_Payment_Amount__c")
    values = "Name=A Total_Amount__c=10"
    sf("data", "create", "record", "--sobject", "Invoice__c", "--values", values)


def test_a_broken_setup_is_refused_with_file_place_and_reason(
    run: Run, empty: Sandbox, project: Path
) -> None:
    sf = Sf(run, empty)
    sf.log_in()
    default = project / "force-app" / "main" / "default"
    file = default / "objects" / "Invoice__c" / "fields" / "Plan_Manager__c.field-meta.xml"
    file.write_text(file.read_text().replace(">Account<", ">Manager__c<"))
    told = sf.deploy("start", project, code=1)
    assert (told["status"], told["success"]) == ("Failed", False)
    failed = [each for each in told["files"] if each["state"] == "Failed"]
    assert any(
        each["fullName"] == "Invoice__c.Plan_Manager__c"
        and "'Manager__c' does not resolve" in each["error"]
        for each in failed
    ), failed
    assert empty.org.schema.find("Invoice__c") is None
