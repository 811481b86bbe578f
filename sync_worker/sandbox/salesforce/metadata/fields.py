"""One field's file as a field of the schema."""

from __future__ import annotations

from collections.abc import Container

from sync_worker.sandbox.salesforce.metadata.components import Component
from sync_worker.sandbox.salesforce.metadata.elements import Xml
from sync_worker.sandbox.salesforce.metadata.faults import Broken
from sync_worker.sandbox.salesforce.schema import Field, PicklistValue, Rollup


def field_from(component: Component, objects: Container[str]) -> Field:
    """`objects` are the names a relationship may lead to. Raises Broken."""
    xml = component.xml
    kind = xml.text("type")
    if kind not in _KINDS and kind != "Summary":
        raise Broken(f"field type {kind!r} is not known to the sandbox", xml.one("type"))
    field = Field(
        component.qualified(component.name.partition(".")[2]),
        xml.text("label"),
        _KINDS.get(kind, "currency"),
        length=xml.number("length"),
        precision=xml.number("precision"),
        scale=xml.number("scale"),
        required=xml.flag("required"),
        unique=xml.flag("unique"),
        external_id=xml.flag("externalId"),
        case_sensitive=xml.flag("caseSensitive"),
        long_text=kind in ("LongTextArea", "Html"),
        help_text=xml.text("inlineHelpText") or None,
    )
    field.length = field.length or _LENGTHS.get(field.type, 0)
    if kind in ("Lookup", "MasterDetail"):
        _relate(field, component, objects, master=kind == "MasterDetail")
    _give_choices(field, xml, kind)
    if xml.one("formula"):
        field.formula_text = component.qualified(xml.text("formula"))
    if kind == "Summary":
        field.rollup = _rollup(component)
    if field.calculated:
        field.createable = field.updateable = False
    return field


_KINDS = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Html": "textarea",
    "Currency": "currency",
    "Number": "double",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
    "Picklist": "picklist",
    "Lookup": "reference",
    "MasterDetail": "reference",
    "AutoNumber": "string",
}
_LENGTHS = {"email": 80, "phone": 40, "url": 255, "picklist": 255, "reference": 18, "textarea": 255}


def _relate(field: Field, component: Component, objects: Container[str], *, master: bool) -> None:
    xml, target = component.xml, component.qualified(component.xml.text("referenceTo"))
    if target not in objects:
        problem = f"referenceTo value of '{target}' does not resolve to a valid sObject type"
        raise Broken(problem, xml.one("referenceTo"))
    field.reference_to = (target,)
    field.relationship = f"{field.name[:-3]}__r"
    below = xml.text("relationshipName")
    field.children_name = component.qualified(f"{below}__r") if below else None
    field.master = master
    field.required = field.required or master
    field.reparentable = not master or xml.flag("reparentableMasterDetail")
    field.delete_constraint = "Cascade" if master else xml.text("deleteConstraint", "SetNull")


def _give_choices(field: Field, xml: Xml, kind: str) -> None:
    values = xml.one("valueSet")
    definition = values.one("valueSetDefinition") if values else None
    if values and definition:
        field.restricted = values.flag("restricted")
        field.picklist = tuple(
            PicklistValue(each.text("fullName"), each.text("label"), each.flag("default"))
            for each in definition.all("value")
        )
        field.default = next((each.name for each in field.picklist if each.default), None)
    if kind == "Checkbox":
        field.default = xml.flag("defaultValue")
    if kind == "AutoNumber":
        field.auto_number = xml.text("displayFormat")
        field.createable = field.updateable = False


def _rollup(component: Component) -> Rollup:
    xml, qualified = component.xml, component.qualified
    detail, _, master = qualified(xml.text("summaryForeignKey")).partition(".")
    return Rollup(
        xml.text("summaryOperation").lower(),
        detail,
        master,
        qualified(xml.text("summarizedField")).partition(".")[2] or None,
        tuple(
            (
                qualified(each.text("field")).partition(".")[2],
                each.text("operation"),
                each.text("value"),
            )
            for each in xml.all("summaryFilterItems")
        ),
    )
