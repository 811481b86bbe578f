"""The deployable Salesforce folder, checked offline.

Shape: every file against the Metadata API 63.0 WSDL that travels with simple-salesforce
(elements, types, enumerations, required and repeated elements). Sense: whatever one file names in
another one exists, as the deploying org would ask.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest

PROJECT = Path(__file__).resolve().parents[2] / "config" / "salesforce"
PACKAGE = PROJECT / "force-app" / "main" / "default"
METADATA = "{http://soap.sforce.com/2006/04/metadata}"
XSD = "{http://www.w3.org/2001/XMLSchema}"
FILES = sorted(PACKAGE.rglob("*-meta.xml"))
OBJECT_FILES = sorted(PACKAGE.glob("objects/*/*.object-meta.xml"))
INVOICES = {"Invoice_Line_Item__c", "Invoice__c", "Payment__c", "Support_Item__c"}
GRANTS = {
    "Application__c",
    "Contract__c",
    "Funding_Category__c",
    "Milestone_Payment__c",
    "Milestone__c",
    "Payment_Batch_Item__c",
    "Payment_Batch__c",
}
BANK_ACCOUNT = {"Bank_Account_Name__c", "Bank_BSB__c", "Bank_Account_Number__c"}
STANDARD_FIELDS = {
    "Account": {"AccountNumber", "BillingAddress", "Phone", "Type", "Website"},
    "Contact": {"AccountId", "Birthdate", "Email", "MailingAddress", "MobilePhone", "Phone"},
}
EVERY_RECORD = {"Id", "Name", "CreatedById", "LastModifiedById", "OwnerId"}
PLAIN = {
    "boolean": re.compile(r"true|false"),
    "int": re.compile(r"-?\d+"),
    "double": re.compile(r"-?\d+(\.\d+)?"),
    "string": re.compile(r".*", re.DOTALL),
}


@dataclass(frozen=True)
class Element:
    type: str
    required: bool
    repeats: bool


@dataclass(frozen=True)
class Schema:
    """The vendor's grammar: elements of each complex type, values of each enumeration."""

    parts: dict[str, dict[str, Element]]
    values: dict[str, set[str]]

    def faults(self, node: ElementTree.Element, type_: str, where: str = "") -> Iterator[str]:
        where = f"{where}/{node.tag.removeprefix(METADATA)}"
        if type_ not in self.parts:
            yield from self._faults_of_text(node, type_, where)
            return
        known = self.parts[type_]
        seen = Counter(child.tag.removeprefix(METADATA) for child in node)
        missing = [name for name, e in known.items() if e.required and not seen[name]]
        yield from (f"{where}: {name} is missing" for name in missing)
        for name, count in seen.items():
            if name not in known:
                yield f"{where}: {name} is no element of {type_}"
            elif count > 1 and not known[name].repeats:
                yield f"{where}: {name} stands there {count} times"
        for child in node:
            name = child.tag.removeprefix(METADATA)
            if name in known:
                yield from self.faults(child, known[name].type, where)

    def _faults_of_text(self, node: ElementTree.Element, type_: str, where: str) -> Iterator[str]:
        text = node.text or ""
        if len(node):
            yield f"{where}: holds elements, should hold {type_}"
        elif type_ in self.values:
            if text not in self.values[type_]:
                yield f"{where}: {text!r} is no {type_}"
        elif not PLAIN[type_].fullmatch(text):
            yield f"{where}: {text!r} is no {type_}"


@cache
def vendor_schema() -> Schema:
    wsdl = files("simple_salesforce").joinpath("metadata.wsdl").read_text(encoding="utf-8")
    root = ElementTree.fromstring(wsdl)
    own: dict[str, dict[str, Element]] = {}
    bases: dict[str, str] = {}
    for complex_type in root.iter(f"{XSD}complexType"):
        name = complex_type.get("name", "")
        for extension in complex_type.iter(f"{XSD}extension"):
            bases[name] = local(extension.get("base", ""))
        own[name] = {
            element.get("name", ""): Element(
                local(element.get("type", "")),
                element.get("minOccurs", "1") != "0",
                element.get("maxOccurs", "1") == "unbounded",
            )
            for element in complex_type.iter(f"{XSD}element")
        }
    values = {
        simple.get("name", ""): {e.get("value", "") for e in simple.iter(f"{XSD}enumeration")}
        for simple in root.iter(f"{XSD}simpleType")
    }

    def whole(name: str) -> dict[str, Element]:
        return (whole(bases[name]) if name in bases else {}) | own[name]

    return Schema({name: whole(name) for name in own}, {k: v for k, v in values.items() if v})


def local(name: str) -> str:
    return name.partition(":")[2]


def parsed(file: Path) -> ElementTree.Element:
    return ElementTree.parse(file).getroot()


def text(node: ElementTree.Element, path: str) -> str:
    return node.findtext("/".join(METADATA + part for part in path.split("/"))) or ""


def texts(node: ElementTree.Element, tag: str) -> list[str]:
    return [found.text or "" for found in node.iter(METADATA + tag)]


def fields_of(sobject: str) -> dict[str, ElementTree.Element]:
    folder = PACKAGE / "objects" / sobject / "fields"
    return {text(root, "fullName"): root for root in map(parsed, sorted(folder.glob("*.xml")))}


def names_a_field(reference: str) -> bool:
    sobject, _, field = reference.partition(".")
    return field in EVERY_RECORD | STANDARD_FIELDS.get(sobject, set()) | set(fields_of(sobject))


def every_field() -> dict[str, ElementTree.Element]:
    objects = sorted(folder.name for folder in (PACKAGE / "objects").iterdir())
    return {f"{o}.{name}": root for o in objects for name, root in fields_of(o).items()}


def permission_sets() -> dict[str, ElementTree.Element]:
    found = (PACKAGE / "permissionsets").glob("*.xml")
    return {file.name.split(".")[0]: parsed(file) for file in found}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_has_the_shape_the_vendor_describes(file: Path) -> None:
    root = parsed(file)
    type_ = root.tag.removeprefix(METADATA)
    assert list(vendor_schema().faults(root, type_)) == []


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("<label>A</label><type>Txet</type>", "/CustomField/type: 'Txet' is no FieldType"),
        ("<type>Text</type><lenght>3</lenght>", "lenght is no element of CustomField"),
        ("<type>Text</type><length>three</length>", "/CustomField/length: 'three' is no int"),
        ("<type>Text</type><type>Date</type>", "type stands there 2 times"),
        ("<summaryFilterItems><field>a</field></summaryFilterItems>", "operation is missing"),
    ],
)
def test_the_check_of_shapes_sees_what_is_wrong(broken: str, complaint: str) -> None:
    xmlns = METADATA.strip("{}")
    root = ElementTree.fromstring(f'<CustomField xmlns="{xmlns}">{broken}</CustomField>')
    assert complaint in "; ".join(vendor_schema().faults(root, "CustomField"))


def test_the_project_is_one_that_the_salesforce_command_line_accepts() -> None:
    project = json.loads((PROJECT / "sfdx-project.json").read_text(encoding="utf-8"))
    assert project["sourceApiVersion"] == "63.0"
    assert [d["path"] for d in project["packageDirectories"]] == ["force-app"]
    assert (PROJECT / "force-app").is_dir()


def test_the_objects_of_ours_are_there_and_nothing_standard_is_redefined() -> None:
    assert {file.parent.name for file in OBJECT_FILES} == INVOICES | GRANTS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_named_after_what_it_holds(file: Path) -> None:
    full_name = text(parsed(file), "fullName")
    assert full_name in {"", file.name.split(".")[0]}
    if "objects" in file.parts and not file.name.endswith(".object-meta.xml"):
        assert full_name, "a child of an object bears its name inside too"


def test_every_field_has_a_label_and_says_what_it_is_for() -> None:
    for name, root in every_field().items():
        assert text(root, "label"), name
        assert text(root, "description"), name
        assert len(text(root, "inlineHelpText")) <= 510, name
        assert len(text(root, "description")) <= 1000, name


def test_relationships_point_at_objects_that_exist_and_are_named_once_per_parent() -> None:
    standard = {"Contact", "Account"}
    ours = {file.parent.name for file in OBJECT_FILES}
    children: list[tuple[str, str]] = []
    for name, root in every_field().items():
        if text(root, "type") in {"Lookup", "MasterDetail"}:
            assert text(root, "referenceTo") in ours | standard, name
            children.append((text(root, "referenceTo"), text(root, "relationshipName")))
    assert len(children) == len(set(children)) == 16


def test_a_detail_is_shared_as_its_master_is() -> None:
    for file in OBJECT_FILES:
        kinds = {text(root, "type") for root in fields_of(file.parent.name).values()}
        assert ("MasterDetail" in kinds) == (
            text(parsed(file), "sharingModel") == "ControlledByParent"
        )


def test_a_roll_up_adds_up_fields_of_a_detail_of_its_own_object() -> None:
    roll_ups = {n: r for n, r in every_field().items() if text(r, "type") == "Summary"}
    assert len(roll_ups) == 5
    for name, root in roll_ups.items():
        sobject = name.split(".")[0]
        master = every_field()[text(root, "summaryForeignKey")]
        assert (text(master, "type"), text(master, "referenceTo")) == ("MasterDetail", sobject)
        assert text(root, "summarizedField") in every_field()
        assert text(root, "summaryFilterItems/field") in every_field()


def test_formulas_and_rules_name_fields_that_exist() -> None:
    rules = {
        f"{file.parent.parent.name}.{file.name}": text(parsed(file), "errorConditionFormula")
        for file in PACKAGE.glob("objects/*/validationRules/*.xml")
    }
    formulas = {n: text(r, "formula") for n, r in every_field().items() if text(r, "formula")}
    assert len(rules) == 4
    assert len(formulas) == 3
    for name, formula in (rules | formulas).items():
        for field in re.findall(r"\b\w+__c\b", formula):
            assert names_a_field(f"{name.split('.')[0]}.{field}"), name
    permissions = {file.name.split(".")[0] for file in (PACKAGE / "customPermissions").iterdir()}
    assert set(re.findall(r"\$Permission\.(\w+)", " ".join(rules.values()))) <= permissions


def test_layouts_lists_and_compact_layouts_show_fields_that_exist() -> None:
    for file in PACKAGE.glob("layouts/*.xml"):
        sobject = file.name.split("-")[0]
        root = parsed(file)
        for item in root.iter(f"{METADATA}layoutItems"):
            assert names_a_field(f"{sobject}.{text(item, 'field')}"), file.name
        for related in root.iter(f"{METADATA}relatedLists"):
            child, _, lookup = text(related, "relatedList").partition(".")
            assert text(fields_of(child)[lookup], "referenceTo") == sobject
            shown = [f for f in texts(related, "fields") if f != "NAME"]
            assert all(names_a_field(f"{child}.{field}") for field in shown)
    for file in PACKAGE.glob("objects/*/listViews/*.xml"):
        root = parsed(file)
        named = [c for c in texts(root, "columns") if c != "NAME"] + texts(root, "field")
        assert all(names_a_field(f"{file.parent.parent.name}.{field}") for field in named)
    for file in PACKAGE.glob("objects/*/compactLayouts/*.xml"):
        root = parsed(file)
        assert all(names_a_field(f"{file.parent.parent.name}.{f}") for f in texts(root, "fields"))
        assert 1 <= len(texts(root, "fields")) <= 10


def test_every_layout_is_of_an_object_of_ours_and_shows_all_that_finance_needs() -> None:
    shown = {
        file.name.split("-")[0]: set(texts(parsed(file), "field"))
        for file in PACKAGE.glob("layouts/*.xml")
    }
    assert set(shown) == {file.parent.name for file in OBJECT_FILES}
    for sobject, fields in shown.items():
        assert set(fields_of(sobject)) <= fields, sobject


@pytest.mark.parametrize("kind", ["Invoice", "Milestone"])
def test_the_button_starts_a_flow_that_sets_the_time_of_the_request(kind: str) -> None:
    layout = parsed(PACKAGE / "layouts" / f"{kind}__c-{kind} Layout.layout-meta.xml")
    assert f"{kind}__c.Sync_with_Xero" in texts(layout, "actionName")
    action = PACKAGE / "quickActions" / f"{kind}__c.Sync_with_Xero.quickAction-meta.xml"
    flow = parsed(PACKAGE / "flows" / f"{text(parsed(action), 'flowDefinition')}.flow-meta.xml")
    update = flow.find(f"{METADATA}recordUpdates")
    assert update is not None
    assert text(update, "object") == f"{kind}__c"
    assert names_a_field(f"{kind}__c.{text(update, 'inputAssignments/field')}")
    assert text(update, "inputAssignments/value/elementReference") == "$Flow.CurrentDateTime"
    assert text(update, "filters/value/elementReference") == text(flow, "variables/name")
    assert text(flow, "start/connector/targetReference") == text(update, "name")
    assert text(flow, "status") == "Active"


def reach(name: str) -> set[str]:
    """The fields of ours that a set is about: its own objects', and its share of the people's."""
    grants = name.startswith("Finance_Grants")
    objects, aside = (GRANTS, {"NDIS_Number__c"}) if grants else (INVOICES, BANK_ACCOUNT)
    return {
        field
        for field in every_field()
        if field.split(".")[0] in {*objects, "Account", "Contact"}
        and field.split(".")[1] not in aside
    }


@pytest.mark.parametrize("name", sorted(permission_sets()))
def test_a_permission_set_lists_every_field_that_may_be_listed_and_no_other(name: str) -> None:
    root = permission_sets()[name]
    listed = {
        text(p, "field"): text(p, "editable") for p in root.iter(f"{METADATA}fieldPermissions")
    }
    assert all(names_a_field(field) for field in listed)
    for field in reach(name):
        meta = every_field()[field]
        never = text(meta, "type") == "MasterDetail" or text(meta, "required") == "true"
        assert (field in listed) is not never, field
        if text(meta, "type") == "Summary" or text(meta, "formula"):
            assert listed[field] == "false", field
    assert {field for field in listed if field.endswith("__c")} <= reach(name)
    objects = {text(p, "object") for p in root.iter(f"{METADATA}objectPermissions")}
    assert {field.split(".")[0] for field in listed} <= objects
    assert not text(root, "license"), "a set tied to a licence cannot go to the integration user"


def test_the_integration_user_writes_what_the_worker_writes_and_nothing_else() -> None:
    root = permission_sets()["Finance_Sync_Integration"]
    editable = {
        text(p, "field")
        for p in root.iter(f"{METADATA}fieldPermissions")
        if text(p, "editable") == "true"
    }
    assert {f for f in editable if not f.startswith("Payment__c.")} == {
        "Account.Finance_External_ID__c",
        "Contact.Finance_External_ID__c",
        "Invoice__c.Finance_External_ID__c",
        "Invoice__c.Finance_Link__c",
        "Invoice__c.Finance_Message__c",
        "Invoice__c.Finance_Sync_Requested_At__c",
        "Invoice__c.Finance_Sync_State__c",
        "Invoice__c.Finance_Synced_At__c",
        "Invoice__c.Status__c",
        "Invoice__c.Xero_Invoice_Number__c",
    }
    assert "ApiEnabled" in texts(root, "name")
    assert "Manage_Finance_Sync" not in texts(root, "name")
    assert objects_with(root, "allowCreate") == {"Payment__c"}
    assert objects_with(root, "allowDelete") == set()
    assert objects_with(root, "viewAllRecords") == {"Invoice__c"}


def test_the_user_for_grants_writes_links_payments_and_batches_and_sees_no_invoice() -> None:
    root = permission_sets()["Finance_Grants_Integration"]
    editable = {
        text(p, "field")
        for p in root.iter(f"{METADATA}fieldPermissions")
        if text(p, "editable") == "true"
    }
    made = {"Milestone_Payment__c", "Payment_Batch__c", "Payment_Batch_Item__c"}
    assert {f for f in editable if f.split(".")[0] not in made} == {
        "Account.Finance_External_ID__c",
        "Contact.Finance_External_ID__c",
        "Milestone__c.Bill_Date__c",
        "Milestone__c.Exempt_from_Sync__c",
        "Milestone__c.Finance_External_ID__c",
        "Milestone__c.Finance_Link__c",
        "Milestone__c.Finance_Message__c",
        "Milestone__c.Finance_Sync_Requested_At__c",
        "Milestone__c.Finance_Sync_State__c",
        "Milestone__c.Finance_Synced_At__c",
        "Milestone__c.Status__c",
        "Milestone__c.Xero_Bill_Number__c",
    }
    assert texts(root, "name") == ["ApiEnabled"]
    assert objects_with(root, "allowCreate") == made
    assert objects_with(root, "allowDelete") == set()
    assert objects_with(root, "viewAllRecords") == {"Milestone__c", "Payment_Batch__c"}
    assert objects_with(root, "allowRead") == GRANTS | {"Account", "Contact"}


def objects_with(root: ElementTree.Element, right: str) -> set[str]:
    return {
        text(p, "object")
        for p in root.iter(f"{METADATA}objectPermissions")
        if text(p, right) == "true"
    }


@pytest.mark.parametrize("name", ["Finance_Sync_Admin", "Finance_Grants_Admin"])
def test_the_finance_admin_may_mend_a_link(name: str) -> None:
    root = permission_sets()[name]
    assert text(root, "customPermissions/name") == "Manage_Finance_Sync"
    assert text(root, "customPermissions/enabled") == "true"
