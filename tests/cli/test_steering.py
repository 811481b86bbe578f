"""retry, pause, resume, migrate: what an operator may steer."""

from __future__ import annotations

from sync_worker.sandbox.control import ControlPlane
from tests.cli.conftest import Operator
from tests.daemon.books import due_invoices, xero_references


def test_a_held_record_is_tried_again_when_asked(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1")
    with plane.held():
        plane.xero.add_contact("Robin Reed INV-1")
    assert operator.types("sync", "invoices").code == 1
    with plane.held():
        (namesake,) = (one for one in plane.xero.contacts() if one["name"] == "Robin Reed INV-1")
        plane.xero.archive_contact(namesake["id"])
    said = operator.types("retry", "invoice:INV-1", "--json")
    assert said.code == 0
    assert said.json == {"record": "invoice:INV-1", "retry": "at the next run"}
    assert operator.types("sync", "invoices").code == 0
    assert xero_references(plane) == ["INV-1"]


def test_what_is_not_held_cannot_be_retried(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1")
    operator.types("sync", "invoices")
    said = operator.types("retry", "invoice:INV-1", "--json")
    assert said.code == 2
    assert "is not held" in said.json["problems"][0]


def test_paused_is_left_alone_until_resumed(operator: Operator, plane: ControlPlane) -> None:
    due_invoices(plane, "INV-1")
    assert operator.types("pause", "invoices", "--json").json == {"paused": {"main": ["invoices"]}}
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 0
    assert said.json["processes"]["invoices"]["paused"] is True
    assert xero_references(plane) == []
    assert operator.types("resume", "--json").json == {"paused": {"main": []}}
    assert operator.types("sync", "invoices").code == 0
    assert xero_references(plane) == ["INV-1"]


def test_all_can_be_paused_at_once(operator: Operator) -> None:
    said = operator.types("pause")
    assert said.stdout == "main: invoices, payments, verify paused\n"
    assert operator.types("resume").stdout == "main: nothing is paused\n"


def test_migrate_shows_the_journals_version(operator: Operator) -> None:
    said = operator.types("migrate", "--json")
    assert said.code == 0
    assert said.json["journal"] == str(operator.journal)
    assert said.json["version"]
    assert said.json["version"] in operator.types("migrate").stdout


def test_the_journal_is_for_its_owner_only(operator: Operator) -> None:
    operator.types("migrate")
    assert operator.journal.stat().st_mode & 0o077 == 0
    operator.journal.chmod(0o644)
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 2
    assert f"chmod 600 {operator.journal}" in said.json["problems"][0]
