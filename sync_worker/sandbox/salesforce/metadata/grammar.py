"""The vendor's grammar of metadata files: which elements each type has, and which words each enumeration.

It is read from the Metadata API's own WSDL (63.0), which comes with the simple-salesforce package. The package itself
is not imported: the sandbox stands by itself, and takes nothing of it but the vendor's file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from xml.etree import ElementTree

from sync_worker.sandbox.salesforce.metadata.elements import Xml
from sync_worker.sandbox.salesforce.metadata.faults import Broken

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_URI = "http://soap.sforce.com/2006/04/metadata"


@dataclass(frozen=True, slots=True)
class Element:
    type: str
    required: bool
    repeats: bool


@dataclass(frozen=True, slots=True)
class Grammar:
    parts: dict[str, dict[str, Element]]
    words: dict[str, frozenset[str]]

    def faults(self, xml: Xml, kind: str) -> Iterator[Broken]:
        """What the platform's parser would say of this element, in its words."""
        known = self.parts.get(kind)
        if known is None:
            yield from self._faults_of_text(xml, kind)
            return
        for name, element in known.items():
            if element.required and xml.one(name) is None:
                yield Broken(f"Required field is missing: {name}", xml)
        counts = Counter(child.tag for child in xml.children)
        for child in xml.children:
            described = known.get(child.tag)
            if described is None:
                place = f"Element {{{_URI}}}{child.tag} invalid at this location in type {kind}"
                yield Broken(f"Error parsing file: {place}", child)
            elif counts[child.tag] > 1 and not described.repeats:
                yield Broken(f"Error parsing file: Duplicate element {child.tag}", child)
            else:
                yield from self.faults(child, described.type)

    def _faults_of_text(self, xml: Xml, kind: str) -> Iterator[Broken]:
        shape = _PLAIN.get(kind)
        if xml.children:
            place = f"Unexpected element {{{_URI}}}{xml.children[0].tag} during simple type deserialization"
            yield Broken(f"Error parsing file: {place}", xml.children[0])
        elif kind in self.words and xml.content not in self.words[kind]:
            yield Broken(f"'{xml.content}' is not a valid value for the enum '{kind}'", xml)
        elif shape and not shape.fullmatch(xml.content):
            yield Broken(f"'{xml.content}' is not a valid value for the type xsd:{kind}", xml)


@cache
def vendors_grammar() -> Grammar:
    file = distribution("simple-salesforce").locate_file("simple_salesforce/metadata.wsdl")
    root = ElementTree.parse(Path(str(file))).getroot()  # noqa: S314 - an installed package's file
    own: dict[str, dict[str, Element]] = {}
    bases: dict[str, str] = {}
    for kind in root.iter(f"{_XSD}complexType"):
        name = kind.get("name", "")
        for extension in kind.iter(f"{_XSD}extension"):
            bases[name] = _local(extension.get("base", ""))
        own[name] = {
            each.get("name", ""): Element(
                _local(each.get("type", "")),
                each.get("minOccurs", "1") != "0",
                each.get("maxOccurs", "1") == "unbounded",
            )
            for each in kind.iter(f"{_XSD}element")
        }

    def whole(name: str) -> dict[str, Element]:
        return (whole(bases[name]) if name in bases else {}) | own[name]

    words = {
        kind.get("name", ""): frozenset(
            each.get("value", "") for each in kind.iter(f"{_XSD}enumeration")
        )
        for kind in root.iter(f"{_XSD}simpleType")
    }
    return Grammar({name: whole(name) for name in own}, {k: v for k, v in words.items() if v})


_PLAIN = {
    "boolean": re.compile(r"true|false|1|0"),
    "int": re.compile(r"-?\d+"),
    "double": re.compile(r"-?\d+(\.\d+)?"),
}


def _local(name: str) -> str:
    return name.partition(":")[2]
