"""Files: a document, its versions with the bytes, and the links that say on which records it is seen.

Only a version is ever inserted; the document and the first links come of it (Object reference v68, ContentVersion,
ContentDocument and ContentDocumentLink). The bytes come as base64, in JSON, and are read by an address of their own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import PurePosixPath

from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.schema import Field, PicklistValue, Schema, SObject
from sync_worker.sandbox.salesforce.store import Store
from sync_worker.sandbox.salesforce.values import Row

VERSION, DOCUMENT, LINK = "ContentVersion", "ContentDocument", "ContentDocumentLink"
OBJECTS = frozenset(each.lower() for each in (VERSION, DOCUMENT, LINK))
Make = Callable[[str, Row], str]  # an object and values: the id of the new row


def objects(system: Callable[[], list[Field]]) -> list[SObject]:
    """`system` gives the fields that the platform keeps on every row."""
    document = SObject(DOCUMENT, "Content Document", "Content Documents", "069", writable=False)
    version = SObject(VERSION, "Content Version", "Content Versions", "068")
    link = SObject(LINK, "Content Document Link", "Content Document Links", "06A")
    document.fields = [
        *system(),
        Field("Title", "Title", "string", 255, name_field=True, createable=False),
        *(_kept(*each) for each in _SHARED),
        _lookup("LatestPublishedVersionId", "Latest Published Version ID", VERSION, kept=True),
    ]
    version.fields = [
        *system(),
        _lookup("ContentDocumentId", "Content Document ID", DOCUMENT, below="ContentVersions"),
        Field("Title", "Title", "string", 255, name_field=True),
        Field("Description", "Description", "textarea", 1000),
        Field("PathOnClient", "Path On Client", "string", 500, required=True, updateable=False),
        Field("ReasonForChange", "Reason For Change", "string", 1000, updateable=False),
        Field("VersionData", "Version Data", "base64", required=True, updateable=False),
        _lookup("FirstPublishLocationId", "First Publish Location ID"),
        *(_kept(*each) for each in (*_SHARED, *_OF_A_VERSION)),
    ]
    wanted = {"Id", "IsDeleted", "SystemModstamp"}
    link.fields = [
        *(each for each in system() if each.name in wanted),
        _lookup("ContentDocumentId", "Content Document ID", DOCUMENT, below="ContentDocumentLinks"),
        _lookup("LinkedEntityId", "Linked Entity ID", below="ContentDocumentLinks"),
        _choice("ShareType", "Share Type", "V C I", "V"),
        _choice("Visibility", "Visibility", "AllUsers InternalUsers SharedUsers", "AllUsers"),
    ]
    for sobject, name in ((version, "ContentDocumentId"), (link, "ContentDocumentId")):
        field = next(each for each in sobject.fields if each.name == name)
        field.updateable, field.delete_constraint = False, "Cascade"
    entity = next(each for each in link.fields if each.name == "LinkedEntityId")
    entity.required, entity.updateable, entity.delete_constraint = True, False, "Cascade"
    next(each for each in link.fields if each.name == "ContentDocumentId").required = True
    return [document, version, link]


def reach(objects: Mapping[str, SObject]) -> None:
    """A file can be linked to a row of any object that is not itself part of a file."""
    targets = tuple(name for name in objects if name.lower() not in OBJECTS)
    for name, lookup in ((VERSION, "FirstPublishLocationId"), (LINK, "LinkedEntityId")):
        field = next(each for each in objects[name].fields if each.name == lookup)
        field.reference_to = targets


def bytes_of(text: str) -> bytes:
    """What a version's base64 stands for. Raises Refused."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        problem = "VersionData: value not of required type: the text is not base64"  # our own words
        raise Refused("INVALID_BASE64", problem, ["VersionData"], 400) from None


def complete(version: Row) -> None:
    """What the platform finds out of a new version's path and bytes. What is missing is left to whoever checks."""
    if "PathOnClient" not in version or "VersionData" not in version:
        return
    content, path = bytes_of(version["VersionData"]), PurePosixPath(version["PathOnClient"])
    suffix = path.suffix.removeprefix(".")
    version.setdefault("Title", path.stem)
    version.update(
        FileType=suffix.upper() or "UNKNOWN",
        ContentSize=Decimal(len(content)),
        Checksum=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        ContentLocation="S",
        Origin="C",
        VersionNumber="1",
        IsLatest=True,
    )
    if suffix:
        version["FileExtension"] = suffix


def publish(version: Row, schema: Schema, store: Store, make: Make) -> None:
    """The document of a file's first version with its links: the owner's, and one to where it was published.

    A later version takes the place of the one before it. Which ShareType the link to a record gets is unsettled: V, as
    the API's examples have it.
    """
    shown = {name: version[name] for name, *_ in _SHARED if name in version}
    shown |= {"Title": version["Title"], "LatestPublishedVersionId": version["Id"]}
    known = version.get("ContentDocumentId")
    if known:
        _succeed(version, known, shown, schema, store)
        return
    document = version["ContentDocumentId"] = make(DOCUMENT, shown)
    make(LINK, _link(document, version["OwnerId"], "I"))
    if place := version.get("FirstPublishLocationId"):
        make(LINK, _link(document, place, "V"))


def _succeed(version: Row, known: str, shown: Row, schema: Schema, store: Store) -> None:
    sobject, document = schema.get(VERSION), schema.get(DOCUMENT)
    versions, documents = store.table(sobject), store.table(document)
    before = versions.children(sobject.known("ContentDocumentId"), known)
    for each in before:
        if versions.live[each].get("IsLatest"):
            store.put(versions, each, {**versions.live[each], "IsLatest": False})
    version["VersionNumber"] = str(len(before) + 1)
    store.put(documents, known, {**documents.live[known], **shown})


def address(base: str, version: Row) -> str:
    """Where the bytes are read: this stands in JSON in their place."""
    return f"{base}/sobjects/{VERSION}/{version['Id']}/VersionData"


def _link(document: str, entity: str, share: str) -> Row:
    return {"ContentDocumentId": document, "LinkedEntityId": entity, "ShareType": share}


_SHARED = (
    ("FileExtension", "File Extension", "string", 40),
    ("FileType", "File Type", "string", 20),
    ("ContentSize", "Content Size", "int", 0),
)
_OF_A_VERSION = (
    ("Checksum", "Checksum", "string", 50),
    ("ContentLocation", "Content Location", "string", 40),
    ("Origin", "Content Origin", "string", 40),
    ("VersionNumber", "Version Number", "string", 20),
    ("IsLatest", "Is Latest", "boolean", 0),
)


def _kept(name: str, label: str, kind: str, length: int) -> Field:
    return Field(name, label, kind, length, createable=False, updateable=False, system=True)


def _lookup(
    name: str, label: str, target: str = "", *, below: str | None = None, kept: bool = False
) -> Field:
    """Without a target it leads to rows of any object, see `reach`."""
    return Field(
        name,
        label,
        "reference",
        18,
        reference_to=(target,) if target else (),
        relationship=name.removesuffix("Id"),
        children_name=below,
        createable=not kept,
        updateable=False,
    )


def _choice(name: str, label: str, values: str, default: str) -> Field:
    choices = tuple(PicklistValue(each, each, each == default) for each in values.split())
    return Field(name, label, "picklist", 40, picklist=choices, restricted=True, default=default)
