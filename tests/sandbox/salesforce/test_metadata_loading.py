"""Metadata files decide the schema; formulas and rules in them are read or refused at load time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.metadata.building import install
from sync_worker.sandbox.salesforce.metadata.components import MetadataError
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from tests.sandbox.salesforce.conftest import NOON, Client

OBJECT = """<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><label>Thing</label>
<pluralLabel>Things</pluralLabel><nameField><label>Name</label><type>Text</type></nameField>
<sharingModel>ReadWrite</sharingModel></CustomObject>"""


FEW = """<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata"><label>Few</label>
<objectPermissions><object>Thing__c</object><allowRead>true</allowRead><allowEdit>true</allowEdit></objectPermissions>
<fieldPermissions><field>Thing__c.Shown__c</field><readable>true</readable></fieldPermissions></PermissionSet>"""


def field(name: str, kind: str, more: str) -> str:
    return f"""<CustomField xmlns="http://soap.sforce.com/2006/04/metadata"><fullName>{name}</fullName>
<label>{name[:-3]}</label><type>{kind}</type>{more}</CustomField>"""


def package(folder: Path, **fields: tuple[str, str]) -> Path:
    thing = folder / "main" / "objects" / "Thing__c"
    (thing / "fields").mkdir(parents=True)
    (thing / "Thing__c.object-meta.xml").write_text(OBJECT)
    for name, (kind, more) in fields.items():
        (thing / "fields" / f"{name}.field-meta.xml").write_text(field(name, kind, more))
    return folder


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("IF(ISBLANK(A__c), 1, A__c * 2 + 1)", Decimal(7)),
        ("ROUND(A__c / 7, 2)", Decimal("0.43")),
        ("NULLVALUE(B__c, 5) - BLANKVALUE(A__c, 9)", Decimal(2)),
        ("LEN(T__c) + 2 ^ 3", Decimal(11)),
        ("-(A__c) + MAX(1, 4)", Decimal(1)),
        ("CASE(T__c, 'abc', 1, 'x', 2, 3)", Decimal(1)),
        ("IF(AND(A__c > 2, NOT(A__c >= 4), OR(FALSE, T__c = 'abc')), 1, 0)", Decimal(1)),
        ("IF(T__c <> 'abc' || A__c == 3 && TRUE, 1, 0)", Decimal(1)),
        ("DATE(2026, 3, 6) - TODAY()", Decimal(2)),
        ("A__c / 0", None),
        ("/* a note */ VALUE(TEXT(A__c) & '0')", Decimal(30)),
    ],
)
def test_a_formula_is_worked_out(tmp_path: Path, formula: str, value: Decimal | None) -> None:
    escaped = formula.replace("&", "&amp;").replace("<", "&lt;")
    more = f"<formula>{escaped}</formula><precision>18</precision><scale>2</scale>"
    blanks = "<formulaTreatBlanksAs>BlankAsBlank</formulaTreatBlanksAs>"
    number = ("Number", "<precision>18</precision><scale>2</scale>")
    folder = package(
        tmp_path,
        F__c=("Number", more + blanks),
        A__c=number,
        B__c=number,
        T__c=("Text", "<length>9</length>"),
    )
    org = SalesforceOrg(Clock(lambda: NOON), metadata=folder)
    org.load("Thing__c", [{"A__c": 3, "T__c": "abc"}])
    assert org.rows("Thing__c")[0]["F__c"] == value


@pytest.mark.parametrize(
    ("formula", "problem"),
    [
        ("VLOOKUP(Name, Name, Name)", "Unknown function VLOOKUP"),
        ("Nope__c + 1", "Field Nope__c does not exist"),
        ("Nope__r.Name", "Field Nope__r does not exist"),
        ("IF(TRUE, 1", "Syntax error"),
        ("1 +", "Syntax error"),
    ],
)
def test_a_formula_that_is_not_understood_is_refused_with_its_file(
    tmp_path: Path, formula: str, problem: str
) -> None:
    folder = package(tmp_path, F__c=("Number", f"<formula>{formula}</formula>"))
    with pytest.raises(MetadataError, match=f"F__c.field-meta.xml: .*({problem})"):
        install(folder)


def test_a_hidden_field_or_object_looks_like_one_that_is_not_there(tmp_path: Path) -> None:
    text = ("Text", "<length>9</length>")
    folder = package(tmp_path, Shown__c=text, Hidden__c=text)
    (folder / "main" / "permissionsets").mkdir()
    (folder / "main" / "permissionsets" / "Few.permissionset-meta.xml").write_text(FEW)
    org = SalesforceOrg(Clock(lambda: NOON), metadata=folder, permission_set="Few")
    org.load("Thing__c", [{"Shown__c": "a", "Hidden__c": "b"}])
    client = Client(org)
    assert client.records("SELECT Shown__c FROM Thing__c") == [{"Shown__c": "a"}]
    refused = client.query("SELECT Hidden__c FROM Thing__c")[0]
    assert refused["errorCode"] == "INVALID_FIELD"
    assert "No such column 'Hidden__c' on entity 'Thing__c'" in refused["message"]
    assert client.query("SELECT Id FROM Account")[0]["errorCode"] == "INVALID_TYPE"
    record = client.records("SELECT FIELDS(ALL) FROM Thing__c LIMIT 1")[0]
    assert "Hidden__c" not in record
    made = client.refused("PATCH", f"sobjects/Thing__c/{record['Id']}", {"Hidden__c": "c"})
    assert made["message"] == "No such column 'Hidden__c' on sobject of type Thing__c"


def test_entities_and_broken_files_are_refused(tmp_path: Path) -> None:
    folder = package(tmp_path)
    file = folder / "main" / "objects" / "Thing__c" / "Thing__c.object-meta.xml"
    file.write_text('<!DOCTYPE x [<!ENTITY a "b">]>' + OBJECT)
    with pytest.raises(MetadataError, match="no document type"):
        install(folder)
    file.write_text("<CustomObject>")
    with pytest.raises(MetadataError, match=r"Thing__c\.object-meta\.xml"):
        install(folder)


def test_an_unknown_field_type_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match="no objects folder"):
        install(tmp_path)
    with pytest.raises(MetadataError, match="field type 'Hologram'"):
        install(package(tmp_path, F__c=("Hologram", "")))
