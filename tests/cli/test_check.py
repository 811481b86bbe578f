"""check: everything that is missing, at once, each with its cure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sync_worker.sandbox.edge import Sandbox
from tests.cli.conftest import Operator, an_operator
from tests.daemon.processes import METADATA, a_sandbox

OBJECTS = Path("force-app/main/default/objects")


def problems(operator: Operator) -> list[str]:
    said = operator.types("check", "--json")
    assert said.code == 2
    assert all(one["cure"] and one["connection"] == "main" for one in said.json["problems"])
    return [one["problem"] for one in said.json["problems"]]


def test_where_all_is_there_it_says_so(operator: Operator) -> None:
    said = operator.types("check", "--json")
    assert (said.code, said.json) == (0, {"problems": []})
    assert operator.types("check").stdout.startswith("all is there")


@pytest.mark.usefixtures("socket_enabled")
def test_the_permission_set_that_we_ship_is_enough(tmp_path: Path) -> None:
    with a_sandbox(salesforce={"permission_set": "Finance_Sync_Integration"}) as vendors:
        said = an_operator(vendors, tmp_path).types("check", "--json")
    assert said.json == {"problems": []}


@pytest.mark.usefixtures("socket_enabled")
def test_every_missing_field_is_named_at_once(tmp_path: Path) -> None:
    schema = tmp_path / "salesforce"
    shutil.copytree(METADATA, schema)
    for name in ("Finance_Message__c", "Finance_Link__c"):
        (schema / OBJECTS / f"Invoice__c/fields/{name}.field-meta.xml").unlink()
    (schema / OBJECTS / "Payment__c/fields/Reason__c.field-meta.xml").unlink()
    shutil.rmtree(schema / "force-app/main/default/layouts", ignore_errors=True)
    with Sandbox(metadata=schema) as vendors:
        found = problems(an_operator(vendors, tmp_path))
    assert len(found) == 3
    for field in ("Invoice__c.Finance_Message__c", "Invoice__c.Finance_Link__c"):
        assert any(f"the field {field} is missing" in one for one in found)


@pytest.mark.usefixtures("socket_enabled")
def test_every_missing_permission_is_named(tmp_path: Path) -> None:
    schema = tmp_path / "salesforce"
    shutil.copytree(METADATA, schema)
    (granted,) = schema.rglob("Finance_Sync_Integration.permissionset-meta.xml")
    words = granted.read_text()
    for field in ("Invoice__c.Finance_External_ID__c", "Contact.Finance_External_ID__c"):
        words = words.replace(
            f"<editable>true</editable>\n        <field>{field}</field>",
            f"<editable>false</editable>\n        <field>{field}</field>",
        )
    granted.write_text(words)
    rights = {"permission_set": "Finance_Sync_Integration"}
    with Sandbox(metadata=schema, salesforce=rights) as vendors:
        found = problems(an_operator(vendors, tmp_path))
    assert [one.partition("edit ")[2] for one in found] == [
        "Invoice__c.Finance_External_ID__c",
        "Contact.Finance_External_ID__c",
    ]


def test_settings_that_xero_does_not_know_are_named_together(
    vendors: Sandbox, tmp_path: Path
) -> None:
    wrong = {
        "account_code": "999",
        "tax_type": "Sales Tax",
        "tracking": {"Region": "North"},
        "branding_theme": "Fancy",
    }
    found = problems(an_operator(vendors, tmp_path, invoices=wrong))
    assert len(found) == 4
    for words in ("'999'", "'Sales Tax'", "Region = North", "'Fancy'"):
        assert any(words in one for one in found), words


def test_both_wrong_logins_are_named_at_once(vendors: Sandbox, tmp_path: Path) -> None:
    operator = an_operator(
        vendors, tmp_path, salesforce={"client_secret": "no"}, xero={"client_secret": "neither"}
    )
    found = problems(operator)
    assert len(found) == 2
    assert found[0].startswith("Salesforce: ")
    assert found[1].startswith("Xero: ")
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 2
    assert "neither" not in said.stdout + said.stderr


def test_in_words_each_problem_is_followed_by_its_cure(vendors: Sandbox, tmp_path: Path) -> None:
    said = an_operator(vendors, tmp_path, invoices={"account_code": "999"}).types("check")
    assert said.code == 2
    first, second = said.stdout.splitlines()
    assert first.startswith("main: Xero:")
    assert second.startswith("    to do: ")


def test_vendors_that_are_away_are_nobodys_mistake(tmp_path: Path) -> None:
    with Sandbox(metadata=METADATA) as vendors:
        operator = an_operator(vendors, tmp_path)
    said = operator.types("check", "--json")
    assert said.code == 4
    assert len(said.json["problems"]) == 2
