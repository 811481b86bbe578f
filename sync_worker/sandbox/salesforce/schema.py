"""What the org's objects look like: fields, relationships, rules and permission sets, found by name in any case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

TEXT_TYPES = frozenset({"string", "textarea", "picklist", "email", "phone", "url", "combobox"})
NUMBER_TYPES = frozenset({"currency", "double", "percent", "int"})


class Calculation(Protocol):
    """A compiled formula: its value for a row, given what it sees beyond the row and what the row was before."""

    def of(
        self, row: dict[str, Any], outside: Any, before: dict[str, Any] | None = None
    ) -> Any: ...


@dataclass(slots=True)
class PicklistValue:
    name: str
    label: str
    default: bool = False


@dataclass(slots=True)
class Rollup:
    """A roll-up summary: which detail field is gathered, over which master-detail, how, and which details count."""

    operation: str
    detail: str
    master_field: str
    summed_field: str | None
    filters: tuple[tuple[str, str, str], ...] = ()


@dataclass(slots=True)
class Field:
    """One field. `type` is the API's own word for it, as describe tells it."""

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    long_text: bool = False
    default: object = None
    picklist: tuple[PicklistValue, ...] = ()
    restricted: bool = False
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None  # the name in a parent path, such as Invoice__r
    children_name: str | None = None  # the parent's name for its children, such as Payments__r
    master: bool = False
    reparentable: bool = True
    delete_constraint: str = "SetNull"
    formula: Calculation | None = None
    formula_text: str | None = None
    rollup: Rollup | None = None
    auto_number: str | None = None
    createable: bool = True
    updateable: bool = True
    name_field: bool = False
    system: bool = False
    address: str = ""  # of a compound address: what its parts' names begin with
    help_text: str | None = None

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def filterable(self) -> bool:
        """Long texts, whole addresses and bytes can be neither filtered nor sorted by."""
        return not self.long_text and not self.address and self.type != "base64"

    @property
    def groupable(self) -> bool:
        """What GROUP BY takes: no amounts, moments or formulas (SOQL reference, Considerations for GROUP BY)."""
        closed = self.type == "datetime" or self.type in NUMBER_TYPES - {"int"}
        return self.filterable and not closed and self.formula is None

    @property
    def aggregatable(self) -> bool:
        """What COUNT, MIN and their like take (SOQL reference, Support for Field Types in Aggregate Functions)."""
        return self.filterable and self.type != "boolean"

    @property
    def calculated(self) -> bool:
        return self.formula is not None or self.formula_text is not None or self.rollup is not None


@dataclass(slots=True)
class ValidationRule:
    name: str
    condition: Calculation
    message: str
    error_field: str | None


@dataclass(slots=True)
class Child:
    """One way down from a parent: the child object, its lookup field, and the relationship's name if it has one."""

    sobject: SObject
    field: Field


@dataclass(slots=True)
class SObject:
    name: str
    label: str
    plural: str
    prefix: str
    fields: list[Field] = field(default_factory=list)
    rules: list[ValidationRule] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    detail: bool = False
    writable: bool = True
    _by_name: dict[str, Field] = field(default_factory=dict)
    _by_relationship: dict[str, Field] = field(default_factory=dict)
    _children_by_name: dict[str, Child] = field(default_factory=dict)

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    def add(self, new: Field) -> None:
        self.fields.append(new)

    def find(self, name: str) -> Field | None:
        return self._by_name.get(name.lower())

    def known(self, name: str) -> Field:
        """A field that must be there; KeyError names it if it is not."""
        return self._by_name[name.lower()]

    def parent_field(self, relationship: str) -> Field | None:
        """The lookup behind `Invoice__r` in a parent path."""
        return self._by_relationship.get(relationship.lower())

    def child(self, relationship: str) -> Child | None:
        """The children behind `Payments__r` in a sub-select."""
        return self._children_by_name.get(relationship.lower())

    @property
    def name_field(self) -> Field | None:
        return next((each for each in self.fields if each.name_field), None)

    def index(self) -> None:
        self._by_name = {each.name.lower(): each for each in self.fields}
        self._by_relationship = {
            each.relationship.lower(): each for each in self.fields if each.relationship
        }
        self._children_by_name = {
            child.field.children_name.lower(): child
            for child in self.children
            if child.field.children_name
        }


@dataclass(slots=True)
class PermissionSet:
    """What one permission set allows, by lower-case names: objects to verbs, `object.field` to (readable, editable)."""

    name: str
    label: str
    objects: dict[str, frozenset[str]]
    fields: dict[str, tuple[bool, bool]]
    custom: frozenset[str]


class Schema:
    """All objects of the org and its permission sets."""

    def __init__(
        self, objects: Iterable[SObject], permission_sets: Iterable[PermissionSet] = ()
    ) -> None:
        self.objects = {each.name.lower(): each for each in objects}
        self.permission_sets = {each.name.lower(): each for each in permission_sets}
        self._by_prefix = {each.prefix: each for each in self.objects.values()}
        for child in self.objects.values():
            for lookup in child.fields:
                for parent in lookup.reference_to:
                    if parent.lower() in self.objects:
                        self.objects[parent.lower()].children.append(Child(child, lookup))
        for each in self.objects.values():
            each.index()

    def find(self, name: str) -> SObject | None:
        return self.objects.get(name.lower())

    def get(self, name: str) -> SObject:
        return self.objects[name.lower()]

    def of_id(self, record_id: str) -> SObject | None:
        return self._by_prefix.get(record_id[:3])

    def rollups(self) -> dict[str, list[tuple[SObject, Field, Rollup]]]:
        """The roll-up fields of any parent, by the name of the detail whose rows they gather, in lower case."""
        found: dict[str, list[tuple[SObject, Field, Rollup]]] = {}
        for parent in self.objects.values():
            for each in parent.fields:
                if each.rollup:
                    found.setdefault(each.rollup.detail.lower(), []).append(
                        (parent, each, each.rollup)
                    )
        return found
