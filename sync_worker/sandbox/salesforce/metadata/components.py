"""The components of an org's setup: objects, fields, rules, permission sets, pages, by type and full name.

A source folder keeps each in a file of its own; in the Metadata API's archives whatever belongs to an object stands in
the object's file. Both come out the same here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from sync_worker.sandbox.salesforce.metadata.elements import Xml, XmlFault

OBJECT, FIELD, RULE, PERMISSION_SET = (
    "CustomObject",
    "CustomField",
    "ValidationRule",
    "PermissionSet",
)
# By the element in an object's file, which names the folder in source format too: type and suffix.
PARTS_OF_AN_OBJECT = {
    "fields": (FIELD, "field"),
    "validationRules": (RULE, "validationRule"),
    "listViews": ("ListView", "listView"),
    "compactLayouts": ("CompactLayout", "compactLayout"),
    "fieldSets": ("FieldSet", "fieldSet"),
    "webLinks": ("WebLink", "webLink"),
}
# By folder.
WHOLE_FILES = {
    "applications": ("CustomApplication", "app"),
    "customPermissions": ("CustomPermission", "customPermission"),
    "flows": ("Flow", "flow"),
    "layouts": ("Layout", "layout"),
    "permissionsets": (PERMISSION_SET, "permissionset"),
    "quickActions": ("QuickAction", "quickAction"),
    "tabs": ("CustomTab", "tab"),
}
KINDS = frozenset(
    [OBJECT, *(kind for kind, _ in (*PARTS_OF_AN_OBJECT.values(), *WHOLE_FILES.values()))]
)
Key = tuple[str, str]


class MetadataError(ValueError):
    """A metadata file that the sandbox cannot take, and why."""


@dataclass(frozen=True, slots=True)
class Component:
    """`file` is where it stood. With a namespace its own names and those it uses take the prefix, as if installed."""

    kind: str
    name: str
    xml: Xml
    file: str
    namespace: str = ""

    @property
    def key(self) -> Key:
        return self.kind, self.name.lower()

    @property
    def sobject(self) -> str:
        """The object that it is, or belongs to."""
        return self.qualified(self.name.partition(".")[0])

    def qualified(self, text: str) -> str:
        """The same text with the namespace before every custom name that has none yet."""
        if not self.namespace:
            return text
        return _CUSTOM_NAME.sub(
            lambda match: (
                match[0] if "__" in match[1] else f"{self.namespace}__{match[1]}{match[2]}"
            ),
            text,
        )


def from_folder(folder: Path, namespace: str = "") -> list[Component]:
    """All components of a source-format folder. Raises MetadataError naming the file."""
    found = sorted(folder.rglob("objects"))
    if not found:
        raise MetadataError(f"{folder}: no objects folder in it")
    package = found[0].parent
    return [
        Component(kind, name, _read(file), str(file.relative_to(folder)), namespace)
        for kind, name, file in _files(package)
    ]


def from_object_file(name: str, xml: Xml, file: str) -> Iterator[Component]:
    """The object and its parts out of one `.object` file."""
    own = replace_children(xml, [e for e in xml.children if e.tag not in PARTS_OF_AN_OBJECT])
    yield Component(OBJECT, name, own, file)
    for element in xml.children:
        if element.tag in PARTS_OF_AN_OBJECT:
            kind, _ = PARTS_OF_AN_OBJECT[element.tag]
            yield Component(
                kind, f"{name}.{element.text('fullName')}", replace(element, tag=kind), file
            )


def replace_children(xml: Xml, children: list[Xml]) -> Xml:
    return replace(xml, children=children)


_CUSTOM_NAME = re.compile(r"\b([A-Za-z]\w*?)(__c|__r)\b")


def _files(package: Path) -> Iterator[tuple[str, str, Path]]:
    for folder in sorted(each for each in (package / "objects").iterdir() if each.is_dir()):
        definition = folder / f"{folder.name}.object-meta.xml"
        if definition.exists():
            yield OBJECT, folder.name, definition
        for part, (kind, suffix) in PARTS_OF_AN_OBJECT.items():
            for file in sorted((folder / part).glob(f"*.{suffix}-meta.xml")):
                yield kind, f"{folder.name}.{_stem(file)}", file
    for place, (kind, suffix) in WHOLE_FILES.items():
        for file in sorted((package / place).glob(f"*.{suffix}-meta.xml")):
            yield kind, _stem(file), file


def _stem(file: Path) -> str:
    """`Invoice__c.Sync.quickAction-meta.xml` is Invoice__c.Sync."""
    return file.name.removesuffix("-meta.xml").rpartition(".")[0]


def _read(file: Path) -> Xml:
    try:
        return _parsed(file.read_bytes())
    except XmlFault as fault:
        raise MetadataError(f"{file}: {fault.problem} (line {fault.line})") from None


@lru_cache(maxsize=2048)
def _parsed(text: bytes) -> Xml:
    """The same folder is loaded by each org of a process, and what was read is never changed."""
    return Xml.parse(text)
