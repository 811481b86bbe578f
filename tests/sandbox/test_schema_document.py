"""The page for administrators says what the deployable folder holds, field by field."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "salesforce-schema.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "config" / "salesforce" / "force-app" / "main" / "default"
METADATA = "{http://soap.sforce.com/2006/04/metadata}"
OBJECTS = sorted(folder.name for folder in (PACKAGE / "objects").iterdir())


def section_of(sobject: str) -> str:
    """From the heading that names the object to the next heading."""
    sections: list[str] = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    heading = f"(`{sobject}`)" if sobject.endswith("__c") else f"{sobject} (standard)"
    return next(section for section in sections if heading in section.splitlines()[0])


def table_of(sobject: str) -> dict[str, tuple[str, str, str]]:
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", section_of(sobject), re.MULTILINE
    )
    return {name: (label, type_, writer) for name, label, type_, writer, _ in rows}


def metadata_of(sobject: str) -> dict[str, ElementTree.Element]:
    folder = PACKAGE / "objects" / sobject / "fields"
    roots = [ElementTree.parse(file).getroot() for file in folder.glob("*.xml")]
    return {value(root, "fullName"): root for root in roots}


def value(root: ElementTree.Element, name: str) -> str:
    return root.findtext(METADATA + name) or ""


def type_in_words(root: ElementTree.Element) -> str:
    kind = value(root, "type")
    if kind in {"Currency", "Number"}:
        number = f"{kind}({value(root, 'precision')}, {value(root, 'scale')})"
        return f"Formula {number}" if value(root, "formula") else number
    if kind in {"Text", "LongTextArea"}:
        unique = ", unique, external id" if value(root, "externalId") == "true" else ""
        return f"{kind}({value(root, 'length')}){unique}"
    words = {
        "Lookup": f"Lookup({value(root, 'referenceTo')})",
        "MasterDetail": f"MasterDetail({value(root, 'referenceTo')})",
        "Picklist": f"Picklist: {', '.join(choices(root))}",
        "Summary": f"Roll-up {value(root, 'summaryOperation').upper()}"
        f"({value(root, 'summarizedField')})",
        "Checkbox": f"Checkbox, default {value(root, 'defaultValue')}",
    }
    return words.get(kind, kind)


def choices(root: ElementTree.Element) -> list[str]:
    found = root.iterfind(f".//{METADATA}valueSetDefinition/{METADATA}value")
    return [value(choice, "fullName") for choice in found]


@pytest.mark.parametrize("sobject", OBJECTS)
def test_the_page_lists_every_field_with_its_label_and_type(sobject: str) -> None:
    told = {name: (label, type_) for name, (label, type_, _) in table_of(sobject).items()}
    assert told == {
        name: (value(root, "label"), type_in_words(root))
        for name, root in metadata_of(sobject).items()
    }


@pytest.mark.parametrize("sobject", OBJECTS)
def test_the_page_says_of_every_field_who_writes_it(sobject: str) -> None:
    for name, (_, type_, writer) in table_of(sobject).items():
        assert re.search("CRM user|automation|sync-worker|button", writer), name
        assert ("automation" in writer) or not type_.startswith(("Roll-up", "Formula")), name


def test_what_the_worker_writes_is_what_its_permission_sets_let_it_write() -> None:
    sets = PACKAGE.glob("permissionsets/Finance_*_Integration.permissionset-meta.xml")
    editable = {
        value(permission, "field")
        for file in sets
        for permission in ElementTree.parse(file).getroot().iter(f"{METADATA}fieldPermissions")
        if value(permission, "editable") == "true"
    }
    written = {
        f"{sobject}.{name}"
        for sobject in OBJECTS
        for name, (_, type_, writer) in table_of(sobject).items()
        if "sync-worker" in writer and not type_.startswith("MasterDetail")
    }
    assert written <= editable
    assert editable - written == {"Payment__c.Stripe_Payment_ID__c"}


def test_the_page_names_the_permission_sets_and_the_two_presets() -> None:
    for file in (PACKAGE / "permissionsets").iterdir():
        assert f"`{file.name.split('.')[0]}`" in PAGE
    for preset in ("`own`", "`maica_cc__`", "`maica__`", "sf project deploy start --source-dir"):
        assert preset in PAGE
