"""What the deploying org asks of each component beyond its grammar: what it must say, and that what it names exists.

Of standard objects and fields an org has many more than the sandbox knows, so only custom names can be missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from sync_worker.sandbox.salesforce.metadata.components import FIELD, OBJECT, Component, Key
from sync_worker.sandbox.salesforce.metadata.elements import Xml
from sync_worker.sandbox.salesforce.metadata.faults import Broken, missing
from sync_worker.sandbox.salesforce.metadata.field_rules import broken_rules
from sync_worker.sandbox.salesforce.schema import Field, Schema


@dataclass(frozen=True, slots=True)
class Setup:
    """The org as it would be: its schema, and the keys of all its components."""

    schema: Schema
    keys: Container[Key]

    def has(self, kind: str, name: str) -> bool:
        return (kind, name.lower()) in self.keys

    def has_object(self, name: str) -> bool:
        return "__" not in name or self.schema.find(name) is not None

    def field(self, sobject: str, name: str) -> Field | None:
        found = self.schema.find(sobject)
        return found.find(name) if found else None

    def has_field(self, sobject: str, name: str) -> bool:
        if self.field(sobject, name) is not None:
            return True
        found = self.schema.find(sobject)
        return "__" not in name and "__" not in sobject and (found is None or not found.custom)


def loose_ends(component: Component, setup: Setup) -> Iterator[Broken]:
    check = _CHECKS.get(component.kind)
    return check(component, setup) if check else iter(())


def _object(component: Component, setup: Setup) -> Iterator[Broken]:
    xml, name = component.xml, component.name
    if name.endswith("__c"):
        for tag in ("label", "pluralLabel"):
            if not xml.text(tag):
                yield Broken(f"Must specify a non-empty {tag} for the CustomObject")
        if xml.one("nameField") is None:
            yield Broken("Must specify a nameField of type Text or AutoNumber")
    found = setup.schema.find(name)
    has_master = found is not None and any(each.master for each in found.fields)
    if xml.text("sharingModel") == "ControlledByParent" and not has_master:
        yield Broken(
            "Cannot set sharingModel to ControlledByParent on a CustomObject without a MasterDetail"
            " relationship field",
            xml.one("sharingModel"),
        )
    if has_master and xml.text("sharingModel") not in ("", "ControlledByParent"):
        yield Broken(
            f"Cannot set sharingModel to {xml.text('sharingModel')} on a CustomObject with a MasterDetail"
            " relationship field",
            xml.one("sharingModel"),
        )
    chosen = xml.text("compactLayoutAssignment", "SYSTEM")
    if chosen != "SYSTEM" and not setup.has("CompactLayout", f"{name}.{chosen}"):
        place = xml.one("compactLayoutAssignment")
        yield missing("compactLayoutAssignment", "CompactLayout", f"{name}.{chosen}", place)


def _field(component: Component, setup: Setup) -> Iterator[Broken]:
    xml = component.xml
    sobject, _, name = component.name.partition(".")
    if not name.endswith("__c"):
        return
    yield from broken_rules(xml, xml.text("fullName") or name)
    field = setup.field(sobject, name)
    if field and field.children_name:
        yield from _child_relationship(field, xml, setup)
    yield from _permissions_in(xml.one("formula"), setup)


def _child_relationship(field: Field, xml: Xml, setup: Setup) -> Iterator[Broken]:
    parent = setup.schema.get(field.reference_to[0])
    named = (each.field for each in parent.children if each.field.children_name)
    same = [each for each in named if _same(each.children_name, field.children_name)]
    if len(same) > 1:
        name = xml.text("relationshipName")
        yield Broken(
            f"There is already a Child Relationship named {name} on {parent.name}.",
            xml.one("relationshipName"),
        )


def _rule(component: Component, setup: Setup) -> Iterator[Broken]:
    for tag in ("errorConditionFormula", "errorMessage"):
        if not component.xml.text(tag):
            yield Broken(f"Required field is missing: {tag}")
    yield from _permissions_in(component.xml.one("errorConditionFormula"), setup)


def _permissions_in(formula: Xml | None, setup: Setup) -> Iterator[Broken]:
    for name in re.findall(r"\$Permission\.(\w+)", formula.content if formula else ""):
        if not setup.has("CustomPermission", name):
            yield Broken(f"Field $Permission.{name} does not exist. Check spelling.", formula)


def _list_view(component: Component, setup: Setup) -> Iterator[Broken]:
    sobject = component.name.partition(".")[0]
    filters = [each.one("field") for each in component.xml.all("filters")]
    for place in (*component.xml.all("columns"), *filters):
        if place and not place.content.isupper() and not setup.has_field(sobject, place.content):
            yield Broken(f"Could not resolve list view column: {place.content}", place)


def _compact_layout(component: Component, setup: Setup) -> Iterator[Broken]:
    sobject = component.name.partition(".")[0]
    yield from _fields_of(component.xml.all("fields"), sobject, "fields", setup)


def _fields_of(places: list[Xml], sobject: str, tag: str, setup: Setup) -> Iterator[Broken]:
    for place in places:
        if not place.content.isupper() and not setup.has_field(sobject, place.content):
            yield missing(tag, FIELD, f"{sobject}.{place.content}", place)


def _permission_set(component: Component, setup: Setup) -> Iterator[Broken]:
    for granted in component.xml.all("objectPermissions"):
        place = granted.one("object")
        if place and not setup.has_object(place.content):
            yield missing("object", OBJECT, place.content, place)
        yield from _verbs_without_reading(granted)
    for granted in component.xml.all("fieldPermissions"):
        yield from _field_permission(granted, setup)
    for tag, element, kind in (
        ("customPermissions", "name", "CustomPermission"),
        ("tabSettings", "tab", "CustomTab"),
    ):
        for granted in component.xml.all(tag):
            place = granted.one(element)
            standard = kind == "CustomTab" and place and "__" not in place.content
            if place and not standard and not setup.has(kind, place.content):
                yield missing(element, kind, place.content, place)


def _verbs_without_reading(granted: Xml) -> Iterator[Broken]:
    name = granted.text("object")
    needs = {
        "allowCreate": "allowRead",
        "allowEdit": "allowRead",
        "allowDelete": "allowEdit",
        "viewAllRecords": "allowRead",
        "modifyAllRecords": "allowDelete",
    }
    words = {"allowRead": "Read", "allowEdit": "Edit", "allowDelete": "Delete"}
    for verb, needed in needs.items():
        if granted.flag(verb) and not granted.flag(needed):
            told = verb.removeprefix("allow").removesuffix("Records").replace("All", " All")
            problem = f"Permission {told[0].upper()}{told[1:]} {name} depends on permission(s): {words[needed]} {name}"
            yield Broken(problem, granted)


def _field_permission(granted: Xml, setup: Setup) -> Iterator[Broken]:
    """Required and master-detail fields follow their object; naming them is an error of its own."""
    place = granted.one("field")
    if place is None:
        return
    sobject, _, name = place.content.partition(".")
    field = setup.field(sobject, name)
    if not setup.has_field(sobject, name):
        yield missing("field", FIELD, place.content, place)
    elif field and field.custom and (field.required or field.master):
        yield Broken(f"You cannot deploy to a required field: {place.content}", place)


def _layout(component: Component, setup: Setup) -> Iterator[Broken]:
    xml, sobject = component.xml, component.name.partition("-")[0]
    if not setup.has_object(sobject):
        yield missing("fullName", OBJECT, sobject)
        return
    items = [item.one("field") for item in xml.below("layoutItems")]
    named = [place for place in items if place]
    yield from _fields_of(named, sobject, "field", setup)
    shown = {place.content.lower() for place in named}
    found = setup.schema.find(sobject)
    for field in found.fields if found else ():
        if field.custom and field.required and field.name.lower() not in shown:
            yield Broken(f"Layout must contain an item for required layout field: {field.name}")
    for related in xml.all("relatedLists"):
        yield from _related_list(related, setup)
    for item in xml.below("platformActionListItems"):
        action = item.text("actionName")
        custom = item.text("actionType") == "QuickAction" and "__" in action
        if custom and not setup.has("QuickAction", action):
            yield missing("QuickAction", "QuickAction", action, item.one("actionName"))


def _related_list(related: Xml, setup: Setup) -> Iterator[Broken]:
    place = related.one("relatedList")
    child, _, lookup = (place.content if place else "").partition(".")
    if place and lookup and not setup.has_field(child, lookup):
        yield Broken(f"Cannot find related list:{place.content}", place)
    elif lookup:
        yield from _fields_of(related.all("fields"), child, "fields", setup)


def _quick_action(component: Component, setup: Setup) -> Iterator[Broken]:
    xml, (sobject, _, action) = component.xml, component.name.partition(".")
    if action and not setup.has_object(sobject):
        yield missing("fullName", OBJECT, sobject)
    target, flow = xml.one("targetObject"), xml.one("flowDefinition")
    if target and not setup.has_object(target.content):
        yield missing("targetObject", OBJECT, target.content, target)
    if flow and not setup.has("Flow", flow.content):
        yield missing("flowDefinition", "FlowDefinition", flow.content, flow)
    overrides = [each.one("field") for each in xml.all("fieldOverrides")]
    changed = target.content if target else sobject
    yield from _fields_of([each for each in overrides if each], changed, "field", setup)


def _flow(component: Component, setup: Setup) -> Iterator[Broken]:
    for step in component.xml.children:
        place = step.one("object")
        if place is None:
            continue
        if not setup.has_object(place.content):
            yield missing("object", OBJECT, place.content, place)
            continue
        parts = [*step.all("inputAssignments"), *step.all("filters")]
        named = [each.one("field") for each in parts]
        fields = [*step.all("queriedFields"), *(each for each in named if each)]
        yield from _fields_of(fields, place.content, "field", setup)


def _tab(component: Component, setup: Setup) -> Iterator[Broken]:
    if component.xml.flag("customObject") and setup.schema.find(component.name) is None:
        yield missing("fullName", OBJECT, component.name)


def _application(component: Component, setup: Setup) -> Iterator[Broken]:
    for place in component.xml.all("tabs"):
        if "__" in place.content and not setup.has("CustomTab", place.content):
            yield missing("tabs", "CustomTab", place.content, place)


_CHECKS: dict[str, Callable[[Component, Setup], Iterator[Broken]]] = {
    "CompactLayout": _compact_layout,
    "CustomApplication": _application,
    "CustomField": _field,
    "CustomObject": _object,
    "CustomTab": _tab,
    "Flow": _flow,
    "Layout": _layout,
    "ListView": _list_view,
    "PermissionSet": _permission_set,
    "QuickAction": _quick_action,
    "ValidationRule": _rule,
}


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").lower() == (other or "").lower()
