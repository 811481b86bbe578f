"""batch new, add, remove, cancel, submit, approve, export, sent, list: as two people type them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import Fault
from tests.bankfiles.readers import read_aba
from tests.cli.conftest import Operator, Said, an_operator
from tests.daemon.processes import Worker
from tests.office import ABA, approved_milestone

TODAY = "2099-01-01"  # never passed on the sandbox's clock


@pytest.fixture
def office(vendors: Sandbox, tmp_path: Path) -> Operator:
    return an_operator(vendors, tmp_path, bank={**ABA, "folder": str(tmp_path / "files")})


def ann(office: Operator, *words: str) -> Said:
    return office.types("batch", *words, "--as", "Ann")


def bob(office: Operator, *words: str) -> Said:
    return office.types("batch", *words, "--as", "Bob")


def filled(office: Operator, plane: ControlPlane) -> None:
    approved_milestone(plane, "MS-1")
    assert ann(office, "new", "June round", "--date", TODAY).code == 0
    assert ann(office, "add", "PB-000001", "MS-1", "--amount", "2500.00").code == 0


def test_two_people_pay_a_milestone_in_words(
    office: Operator, plane: ControlPlane, tmp_path: Path
) -> None:
    filled(office, plane)
    assert (
        "'June round' is Draft: 2500.00 to 1 on 2099-01-01"
        in office.types("batch", "list", "PB-000001").stdout
    )
    assert "is Submitted" in ann(office, "submit", "PB-000001").stdout
    refused = ann(office, "approve", "PB-000001")
    assert refused.code == 1
    assert "another person has to approve it" in refused.stderr
    approved = bob(office, "approve", "PB-000001")
    assert (approved.code, "never paid before: Museum of MS-1" in approved.stdout) == (0, True)
    exported = ann(office, "export", "PB-000001")
    content = (tmp_path / "files" / "PB-000001.aba").read_bytes()
    assert f"file: PB-000001.aba, SHA-256 {hashlib.sha256(content).hexdigest()}" in exported.stdout
    assert read_aba(content).total == 2500
    assert "is Sent" in ann(office, "sent", "PB-000001").stdout
    listed = office.types("batch", "list")
    assert (listed.code, listed.stdout) == (
        0,
        "no payment batch is open; `sync-worker batch new` makes one\n",
    )
    assert "June round" in office.types("batch", "list", "--all").stdout


def test_machines_get_one_document_for_each_command(office: Operator, plane: ControlPlane) -> None:
    filled(office, plane)
    assert ann(office, "submit", "PB-000001", "--json").json["batch"]["status"] == "Submitted"
    refused = ann(office, "approve", "PB-000001", "--json")
    assert (refused.code, list(refused.json)) == (1, ["problems"])
    assert bob(office, "approve", "PB-000001", "--json").json["batch"]["approved_by"] == "Bob"
    (listed,) = office.types("batch", "list", "--json").json["batches"]
    assert (listed["total"], listed["items"][0]["account"]) == ("2500.00", "062-111 10000000")


def test_a_changed_account_is_shown_to_whoever_looks(office: Operator, plane: ControlPlane) -> None:
    approved_milestone(plane, "MS-1")
    ann(office, "new", "June", "--date", TODAY)
    ann(office, "add", "PB-000001", "MS-1", "--amount", "100")
    ann(office, "submit", "PB-000001")
    bob(office, "approve", "PB-000001")
    ann(office, "export", "PB-000001")
    with plane.held():
        (account,) = plane.org.rows("Account")
        plane.org.edit("Account", account["Id"], {"Bank_Account_Number__c": "777"})
    ann(office, "new", "July", "--date", TODAY)
    ann(office, "add", "PB-000002", "MS-1")
    ann(office, "submit", "PB-000002")
    assert (
        "PB-000002: account changed: Museum of MS-1 was last paid into 062-111 10000000, now it is"
        in (office.types("batch", "list").stdout.replace("\n", " "))
    )
    assert bob(office, "approve", "PB-000002").code == 1
    assert bob(office, "approve", "PB-000002", "--accounts").code == 0


def test_milestones_are_taken_out_and_batches_given_up_with_a_reason(
    office: Operator, plane: ControlPlane
) -> None:
    filled(office, plane)
    removed = ann(office, "remove", "PB-000001", "MS-1", "--reason", "a typing error", "--json")
    assert removed.json["batch"]["count"] == 0
    cancelled = ann(office, "cancel", "PB-000001", "--reason", "no money")
    assert "cancelled by Ann: no money" in cancelled.stdout


def test_an_act_that_was_cut_off_is_shown_and_completed(
    office: Operator, plane: ControlPlane
) -> None:
    filled(office, plane)
    plane.salesforce_door.faults.add(Fault("503_before", method="PATCH", times=99))
    assert ann(office, "submit", "PB-000001").code == 4
    plane.salesforce_door.faults.clear()
    assert "its last act was cut off" in office.types("batch", "list").stdout
    assert bob(office, "approve", "PB-000001").code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["add", "PB-000001", "MS-1", "--amount", "much", "--as", "Ann"], "'much' is no amount"),
        (["submit", "PB-000009", "--as", "Ann"], "no payment batch 'PB-000009'"),
        (["submit", "PB-000001"], "--as"),
        (["new", "June", "--date", "tomorrow", "--as", "Ann"], "tomorrow"),
    ],
)
def test_wrong_words_are_a_wrong_usage(office: Operator, words: list[str], why: str) -> None:
    said = office.types("batch", *words)
    assert said.code == 2
    assert why in said.stderr


def test_beside_a_daemon_it_is_the_daemon_that_writes(
    office: Operator, plane: ControlPlane, tmp_path: Path
) -> None:
    approved_milestone(plane, "MS-1")
    with Worker(office.config, "run") as daemon:
        daemon.await_event("daemon started")
        ann(office, "new", "June round", "--date", TODAY)
        ann(office, "add", "PB-000001", "MS-1")
        ann(office, "submit", "PB-000001")
        refused = ann(office, "approve", "PB-000001", "--json")
        assert (refused.code, "another person" in refused.json["problems"][0]) == (1, True)
        bob(office, "approve", "PB-000001")
        assert ann(office, "export", "PB-000001", "--json").json["batch"]["exports"] == 1
        assert daemon.said("request taken", command="batch")
    assert read_aba((tmp_path / "files" / "PB-000001.aba").read_bytes()).total == 5000
