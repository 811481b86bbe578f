"""Reads a source-format metadata folder into a schema: the very files an admin deploys decide how the sandbox behaves.

With a namespace every custom name in the files takes its prefix, as if the package had been installed with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from sync_worker.sandbox.salesforce.formula import FormulaError, compile_formula
from sync_worker.sandbox.salesforce.schema import (
    Field,
    PermissionSet,
    PicklistValue,
    Rollup,
    Schema,
    SObject,
    ValidationRule,
)
from sync_worker.sandbox.salesforce.standard import standard_objects, system_fields


class MetadataError(ValueError):
    """A metadata file that the sandbox cannot take, and why."""


def load_schema(folder: Path, namespace: str = "") -> Schema:
    """The standard objects plus what the folder adds. Raises MetadataError naming the file."""
    return _Loader(folder, namespace).load()


class Xml:
    """One element of a metadata file, asked by bare tag names."""

    def __init__(self, element: ElementTree.Element) -> None:
        self._element = element

    @classmethod
    def read(cls, file: Path) -> Xml:
        text = file.read_bytes()
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise MetadataError(f"{file}: metadata files carry no document type or entities")
        try:
            return cls(ElementTree.fromstring(text))  # noqa: S314 - entities are refused above
        except ElementTree.ParseError as problem:
            raise MetadataError(f"{file}: {problem}") from None

    @property
    def content(self) -> str:
        return (self._element.text or "").strip()

    def all(self, tag: str) -> list[Xml]:
        return [Xml(each) for each in self._element if each.tag.rpartition("}")[2] == tag]

    def one(self, tag: str) -> Xml | None:
        return next(iter(self.all(tag)), None)

    def text(self, tag: str, default: str = "") -> str:
        found = self.one(tag)
        return found.content if found else default

    def flag(self, tag: str, default: bool = False) -> bool:
        return self.text(tag, str(default)).lower() == "true"

    def number(self, tag: str) -> int:
        return int(self.text(tag, "0") or 0)


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
_CUSTOM_NAME = re.compile(r"\b([A-Za-z]\w*?)(__c|__r)\b")


class _Loader:
    def __init__(self, folder: Path, namespace: str) -> None:
        found = sorted(folder.rglob("objects"))
        if not found:
            raise MetadataError(f"{folder}: no objects folder in it")
        self._package = found[0].parent
        self._namespace = namespace
        self._objects = {each.name: each for each in standard_objects()}
        self._formulas: list[tuple[Path, SObject, Field, bool]] = []

    def load(self) -> Schema:
        for number, folder in enumerate(sorted((self._package / "objects").iterdir())):
            if folder.is_dir():
                self._object(folder, number)
        schema = Schema(self._objects.values(), self._permission_sets())
        self._compile_formulas(schema)
        for folder in sorted((self._package / "objects").iterdir()):
            self._rules(folder, schema)
        return schema

    def _object(self, folder: Path, number: int) -> None:
        name = self.qualified(folder.name)
        definition = folder / f"{folder.name}.object-meta.xml"
        if name not in self._objects:
            if not definition.exists():
                raise MetadataError(f"{folder}: {definition.name} is missing")
            self._objects[name] = self._custom_object(name, Xml.read(definition), number)
        for file in sorted((folder / "fields").glob("*.field-meta.xml")):
            self._objects[name].add(self._field(self._objects[name], file))

    def _custom_object(self, name: str, xml: Xml, number: int) -> SObject:
        detail = xml.text("sharingModel") == "ControlledByParent"
        sobject = SObject(
            name,
            xml.text("label"),
            xml.text("pluralLabel"),
            f"a0{chr(ord('0') + number) if number < 10 else chr(ord('A') + number - 10)}",
            detail=detail,
            fields=system_fields(owned=not detail),
        )
        name_xml = xml.one("nameField") or xml
        auto = name_xml.text("displayFormat") if name_xml.text("type") == "AutoNumber" else None
        sobject.add(
            Field(
                "Name",
                name_xml.text("label") or "Name",
                "string",
                255 if auto else 80,
                name_field=True,
                auto_number=auto,
                createable=not auto,
                updateable=not auto,
            )
        )
        return sobject

    def _field(self, sobject: SObject, file: Path) -> Field:
        xml = Xml.read(file)
        kind = xml.text("type")
        if kind not in _KINDS and kind != "Summary":
            raise MetadataError(f"{file}: field type {kind!r} is not known to the sandbox")
        field = Field(
            self.qualified(xml.text("fullName")),
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
        self._relation(field, xml, kind)
        self._choices(field, xml, kind)
        self._calculation(field, xml, kind)
        if field.formula_text is not None:
            zero = xml.text("formulaTreatBlanksAs", "BlankAsZero") == "BlankAsZero"
            self._formulas.append((file, sobject, field, zero))
        return field

    def _relation(self, field: Field, xml: Xml, kind: str) -> None:
        if kind not in ("Lookup", "MasterDetail"):
            return
        field.reference_to = (self.qualified(xml.text("referenceTo")),)
        field.relationship = f"{field.name[:-3]}__r"
        below = xml.text("relationshipName")
        field.children_name = self.qualified(f"{below}__r") if below else None
        field.master = kind == "MasterDetail"
        field.required = field.required or field.master
        field.reparentable = not field.master or xml.flag("reparentableMasterDetail")
        field.delete_constraint = (
            "Cascade" if field.master else xml.text("deleteConstraint", "SetNull")
        )

    def _choices(self, field: Field, xml: Xml, kind: str) -> None:
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

    def _calculation(self, field: Field, xml: Xml, kind: str) -> None:
        if xml.one("formula"):
            field.formula_text = self.qualified(xml.text("formula"))
        if kind == "Summary":
            detail, _, master = self.qualified(xml.text("summaryForeignKey")).partition(".")
            summed = self.qualified(xml.text("summarizedField")).partition(".")[2] or None
            field.rollup = Rollup(
                xml.text("summaryOperation").lower(),
                detail,
                master,
                summed,
                tuple(
                    (
                        self.qualified(each.text("field")).partition(".")[2],
                        each.text("operation"),
                        each.text("value"),
                    )
                    for each in xml.all("summaryFilterItems")
                ),
            )
        if field.calculated:
            field.createable = field.updateable = False

    def _compile_formulas(self, schema: Schema) -> None:
        contact = schema.get("Contact")
        name = contact.find("Name")
        if name and name.formula_text:
            name.formula = compile_formula(name.formula_text, contact, schema.find)
        for file, sobject, field, zero in self._formulas:
            try:
                field.formula = compile_formula(
                    field.formula_text or "", sobject, schema.find, zero_blanks=zero
                )
            except FormulaError as problem:
                raise MetadataError(f"{file}: {problem}") from None
        for sobject in schema.objects.values():
            for field in sobject.fields:
                self._take_the_type_of_its_source(schema, field)

    def _take_the_type_of_its_source(self, schema: Schema, field: Field) -> None:
        """A roll-up has the type and size of what it gathers; a count is a whole number."""
        if field.rollup is None:
            return
        detail = schema.find(field.rollup.detail)
        if detail is None or detail.find(field.rollup.master_field) is None:
            raise MetadataError(f"{field.name}: {field.rollup.detail} has no such master field")
        source = detail.find(field.rollup.summed_field or "")
        if source is None and field.rollup.operation != "count":
            raise MetadataError(f"{field.name}: cannot summarise {field.rollup.summed_field}")
        field.type = source.type if source else "double"
        field.precision, field.scale = (18, source.scale) if source else (18, 0)

    def _rules(self, folder: Path, schema: Schema) -> None:
        for file in sorted((folder / "validationRules").glob("*.validationRule-meta.xml")):
            xml = Xml.read(file)
            sobject = schema.get(self.qualified(folder.name))
            condition = self.qualified(xml.text("errorConditionFormula"))
            try:
                formula = compile_formula(condition, sobject, schema.find)
            except FormulaError as problem:
                raise MetadataError(f"{file}: {problem}") from None
            if xml.flag("active"):
                sobject.rules.append(
                    ValidationRule(
                        xml.text("fullName"),
                        formula,
                        xml.text("errorMessage"),
                        self.qualified(xml.text("errorDisplayField")) or None,
                    )
                )

    def _permission_sets(self) -> Iterator[PermissionSet]:
        for file in sorted((self._package / "permissionsets").glob("*.permissionset-meta.xml")):
            xml = Xml.read(file)
            yield PermissionSet(
                file.name.partition(".")[0],
                xml.text("label"),
                {
                    self.qualified(each.text("object")).lower(): _verbs(each)
                    for each in xml.all("objectPermissions")
                },
                {
                    self.qualified(each.text("field")).lower(): (
                        each.flag("readable"),
                        each.flag("editable"),
                    )
                    for each in xml.all("fieldPermissions")
                },
                frozenset(
                    each.text("name").lower()
                    for each in xml.all("customPermissions")
                    if each.flag("enabled")
                ),
            )

    def qualified(self, text: str) -> str:
        """The same text with the namespace before every custom name that has none yet."""
        if not self._namespace:
            return text
        return _CUSTOM_NAME.sub(
            lambda match: (
                match[0] if "__" in match[1] else f"{self._namespace}__{match[1]}{match[2]}"
            ),
            text,
        )


def _verbs(xml: Xml) -> frozenset[str]:
    words = {
        "allowRead": "read",
        "allowCreate": "create",
        "allowEdit": "edit",
        "allowDelete": "delete",
        "viewAllRecords": "read all",
        "modifyAllRecords": "edit all",
    }
    return frozenset(verb for tag, verb in words.items() if xml.flag(tag))
