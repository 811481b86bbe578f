"""Makes the schema out of components: the very files an admin deploys decide how the sandbox behaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sync_worker.sandbox.salesforce import files
from sync_worker.sandbox.salesforce.formula import Formula, FormulaError, compile_formula
from sync_worker.sandbox.salesforce.ids import DIGITS
from sync_worker.sandbox.salesforce.metadata.components import (
    FIELD,
    OBJECT,
    PERMISSION_SET,
    RULE,
    Component,
    Key,
    MetadataError,
    from_folder,
)
from sync_worker.sandbox.salesforce.metadata.elements import Xml
from sync_worker.sandbox.salesforce.metadata.faults import Broken, Fault, missing
from sync_worker.sandbox.salesforce.metadata.fields import field_from
from sync_worker.sandbox.salesforce.schema import (
    Field,
    PermissionSet,
    Schema,
    SObject,
    ValidationRule,
)
from sync_worker.sandbox.salesforce.standard import standard_objects, system_fields

Prefixes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Built:
    """A schema of all components without faults, and the faults of the others."""

    schema: Schema
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Installation:
    """What an org is set up with."""

    components: dict[Key, Component]
    prefixes: Prefixes
    schema: Schema


def install(folder: Path | None, namespace: str = "") -> Installation:
    """An org set up with the folder, or with standard objects alone. Raises MetadataError naming the file."""
    components = from_folder(folder, namespace) if folder else []
    prefixes: Prefixes = {}
    built = build(components, prefixes)
    for fault in built.faults:
        raise MetadataError(f"{fault.component.file}: {fault.problem}")
    return Installation({each.key: each for each in components}, prefixes, built.schema)


def build(components: Iterable[Component], prefixes: Prefixes) -> Built:
    """Key prefixes are given out in order of name and kept in `prefixes` for the next time."""
    return _Builder(prefixes).build(list(components))


class _Builder:
    def __init__(self, prefixes: Prefixes) -> None:
        self._prefixes = prefixes
        self._objects = {each.name: each for each in standard_objects()}
        self._permission_sets: list[PermissionSet] = []
        self._formulas: list[tuple[Component, SObject, Field]] = []
        self._rollups: list[tuple[Component, SObject, Field]] = []
        self._faults: list[Fault] = []

    def build(self, components: list[Component]) -> Built:
        ordered = sorted(components, key=lambda each: each.name)
        for name in sorted({each.sobject for each in ordered if each.kind in (OBJECT, FIELD)}):
            self._prefixes.setdefault(name, _prefix(len(self._prefixes)))
        for kind, make in (
            (OBJECT, self._add_object),
            (FIELD, self._add_field),
            (PERMISSION_SET, self._add_permission_set),
        ):
            self._each(ordered, kind, make)
        files.reach(self._objects)
        schema = Schema(self._objects.values(), self._permission_sets)
        self._compile_formulas(schema)
        self._each(ordered, RULE, lambda component: self._add_rule(component, schema))
        return Built(schema, self._faults)

    def _each(
        self, components: list[Component], kind: str, make: Callable[[Component], None]
    ) -> None:
        for component in components:
            if component.kind == kind:
                self._attempt(component, partial(make, component))

    def _attempt(self, component: Component, make: Callable[[], None]) -> None:
        try:
            make()
        except Broken as broken:
            self._faults.append(Fault(component, str(broken), broken.place or component.xml))

    def _add_object(self, component: Component) -> None:
        name = component.sobject
        if name in self._objects:
            return
        if not name.endswith("__c"):
            raise Broken(f"the object {name} is not imitated by the sandbox")
        self._objects[name] = self._custom_object(name, component.xml)

    def _add_field(self, component: Component) -> None:
        sobject = self._objects.get(component.sobject)
        if sobject is None:
            raise missing("fullName", OBJECT, component.sobject)
        name = component.name.partition(".")[2]
        if name.endswith("__c"):
            self._take(component, sobject, field_from(component, self._objects))
        elif all(each.name.lower() != name.lower() for each in sobject.fields):
            raise Broken("Could not resolve standard field's name.", component.xml.one("fullName"))

    def _take(self, component: Component, sobject: SObject, new: Field) -> None:
        sobject.add(new)
        if new.formula_text is not None:
            self._formulas.append((component, sobject, new))
        if new.rollup is not None:
            self._rollups.append((component, sobject, new))

    def _custom_object(self, name: str, xml: Xml) -> SObject:
        detail = xml.text("sharingModel") == "ControlledByParent"
        sobject = SObject(
            name,
            xml.text("label"),
            xml.text("pluralLabel"),
            self._prefixes[name],
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

    def _compile_formulas(self, schema: Schema) -> None:
        contact = schema.get("Contact")
        name = contact.find("Name")
        if name and name.formula_text:
            name.formula = compile_formula(name.formula_text, contact, schema.find)
        for component, sobject, new in self._formulas:
            self._attempt(component, partial(_compile, component, sobject, new, schema))
        for component, sobject, new in self._rollups:
            self._attempt(component, partial(_take_source, component, sobject, new, schema))

    def _add_rule(self, component: Component, schema: Schema) -> None:
        xml, sobject = component.xml, schema.find(component.sobject)
        if sobject is None:
            raise missing("fullName", OBJECT, component.sobject)
        place = xml.one("errorConditionFormula")
        condition = component.qualified(place.content if place else "")
        formula = _formula(condition, place, sobject, schema)
        shown_at = component.qualified(xml.text("errorDisplayField")) or None
        if shown_at and sobject.find(shown_at) is None:
            place = xml.one("errorDisplayField")
            raise missing("errorDisplayField", FIELD, f"{sobject.name}.{shown_at}", place)
        if xml.flag("active"):
            name = component.name.partition(".")[2]
            sobject.rules.append(ValidationRule(name, formula, xml.text("errorMessage"), shown_at))

    def _add_permission_set(self, component: Component) -> None:
        xml, qualified = component.xml, component.qualified
        self._permission_sets.append(
            PermissionSet(
                component.name,
                xml.text("label"),
                {
                    qualified(each.text("object")).lower(): _verbs(each)
                    for each in xml.all("objectPermissions")
                },
                {
                    qualified(each.text("field")).lower(): (
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
        )


def _prefix(number: int) -> str:
    """Custom objects are a00, a01 and so on; each org gives them out as its objects come."""
    return f"a{DIGITS[number // len(DIGITS)]}{DIGITS[number % len(DIGITS)]}"


def _compile(component: Component, sobject: SObject, new: Field, schema: Schema) -> None:
    place = component.xml.one("formula")
    zero = component.xml.text("formulaTreatBlanksAs", "BlankAsZero") == "BlankAsZero"
    new.formula = _formula(new.formula_text or "", place, sobject, schema, zero=zero)


def _formula(
    text: str, place: Xml | None, sobject: SObject, schema: Schema, *, zero: bool = False
) -> Formula:
    try:
        return compile_formula(text, sobject, schema.find, zero_blanks=zero)
    except FormulaError as problem:
        raise Broken(str(problem), place) from None


def _take_source(component: Component, sobject: SObject, new: Field, schema: Schema) -> None:
    """A roll-up has the type and size of what it gathers; a count is a whole number."""
    rollup, xml = new.rollup, component.xml
    if rollup is None:
        return
    detail = schema.find(rollup.detail)
    master = detail.find(rollup.master_field) if detail else None
    if detail is None or master is None or not master.master:
        raise missing(
            "summaryForeignKey",
            "CustomField",
            f"{rollup.detail}.{rollup.master_field}",
            xml.one("summaryForeignKey"),
        )
    if sobject.name not in master.reference_to:
        raise Broken("Summary foreign key must lead to this object", xml.one("summaryForeignKey"))
    for name, *_ in rollup.filters:
        if detail.find(name) is None:
            place = xml.one("summaryFilterItems")
            raise missing("field", "CustomField", f"{rollup.detail}.{name}", place)
    source = detail.find(rollup.summed_field or "")
    if source is None and rollup.operation != "count":
        name = f"{rollup.detail}.{rollup.summed_field}"
        raise missing("summarizedField", "CustomField", name, xml.one("summarizedField"))
    new.type = source.type if source else "double"
    new.precision, new.scale = (18, source.scale) if source else (18, 0)


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
