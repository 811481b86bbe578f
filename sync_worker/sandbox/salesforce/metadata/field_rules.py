"""What the platform asks of a custom field's file: what must and what cannot stand beside its type, in what bounds.

After the Metadata API guide's page on CustomField. Where the platform's own words are not known, they are ours.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sync_worker.sandbox.salesforce.metadata.elements import Xml
from sync_worker.sandbox.salesforce.metadata.faults import Broken

MUSTS = {
    "Text": ("length",),
    "LongTextArea": ("length", "visibleLines"),
    "Html": ("length", "visibleLines"),
    "Number": ("precision", "scale"),
    "Currency": ("precision", "scale"),
    "Percent": ("precision", "scale"),
    "Checkbox": ("defaultValue",),
    "Picklist": ("valueSet",),
    "Lookup": ("referenceTo",),
    "MasterDetail": ("referenceTo", "relationshipName"),
    "Summary": ("summaryOperation", "summaryForeignKey"),
    "AutoNumber": ("displayFormat",),
}
# Which types an element belongs to; beside any other it is refused.
BELONGS = {
    "length": ("Text", "LongTextArea", "Html", "EncryptedText"),
    "visibleLines": ("LongTextArea", "Html", "MultiselectPicklist"),
    "precision": ("Number", "Currency", "Percent"),
    "scale": ("Number", "Currency", "Percent", "Location"),
    "unique": ("Text", "Number", "Email"),
    "externalId": ("Text", "Number", "Email", "AutoNumber"),
    "referenceTo": ("Lookup", "MasterDetail"),
    "relationshipName": ("Lookup", "MasterDetail"),
    "deleteConstraint": ("Lookup",),
    "valueSet": ("Picklist", "MultiselectPicklist"),
    "displayFormat": ("AutoNumber",),
    "summaryOperation": ("Summary",),
}
LONGEST = {"Text": 255, "LongTextArea": 131_072, "Html": 131_072}
MOST_DIGITS = 18
LONGEST_LABEL = 40
_NAME = re.compile(r"(?!.*__.*__c$)[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?__c")
_ONE_NUMBER = re.compile(r"[^{}]*\{0+\}[^{}]*")


def broken_rules(xml: Xml, name: str) -> Iterator[Broken]:
    """`name` is the field's as the file has it, without the package's prefix."""
    kind = xml.text("type")
    if not xml.text("label"):
        yield Broken("Must specify a non-empty label for the CustomField")
    elif len(xml.text("label")) > LONGEST_LABEL:
        yield Broken(
            f"Value too long for field: Label maximum length is:{LONGEST_LABEL}", xml.one("label")
        )
    if not _NAME.fullmatch(name):
        yield Broken(
            "The Field Name field can only contain underscores and alphanumeric characters. It must be unique,"
            " begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive"
            " underscores.",
            xml.one("fullName"),
        )
    if not kind:
        yield Broken("Must specify 'type' for a CustomField")
        return
    yield from _elements(xml, kind)
    yield from _bounds(xml, kind)
    yield from _choices(xml)


def _elements(xml: Xml, kind: str) -> Iterator[Broken]:
    for tag in () if xml.one("formula") else MUSTS.get(kind, ()):
        found = xml.one(tag)
        if found is None or not (found.content or found.children):
            yield Broken(f"Must specify '{tag}' for a CustomField of type {kind}", xml.one("type"))
    for tag, kinds in BELONGS.items():
        # A flag that is off, and what a formula's result is shown with, may stand anywhere.
        if kind not in kinds and xml.text(tag).lower() not in ("", "false") and kind != "Summary":
            yield Broken(f"Can not specify '{tag}' for a CustomField of type {kind}", xml.one(tag))


def _bounds(xml: Xml, kind: str) -> Iterator[Broken]:
    length, precision, scale = (xml.number(tag) for tag in ("length", "precision", "scale"))
    if length > LONGEST.get(kind, length):
        problem = f"The length of a {kind} field can be no more than {LONGEST[kind]}"
        yield Broken(problem, xml.one("length"))
    if precision > MOST_DIGITS:
        yield Broken(f"The precision can be no more than {MOST_DIGITS}", xml.one("precision"))
    if xml.one("precision") and scale > precision:
        yield Broken("The scale can be no more than the precision", xml.one("scale"))
    shape = xml.one("displayFormat")
    if shape and shape.content and not _ONE_NUMBER.fullmatch(shape.content):
        yield Broken("The display format must hold one number such as {0000}", shape)


def _choices(xml: Xml) -> Iterator[Broken]:
    values = xml.one("valueSet")
    definition = values.one("valueSetDefinition") if values else None
    choices = definition.all("value") if definition else []
    for name, count in Counter(each.text("fullName").lower() for each in choices).items():
        if count > 1:
            again = [each for each in choices if each.text("fullName").lower() == name][1]
            yield Broken(f"Duplicate picklist value: {again.text('fullName')}", again)
    standing = [each for each in choices if each.flag("default")]
    if len(standing) > 1:
        yield Broken("Only one picklist value can be the default", standing[1])
