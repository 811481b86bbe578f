"""An archive in the Metadata API's format, unpacked: what its package.xml names, and the components in its files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from sync_worker.sandbox.salesforce.metadata.components import (
    KINDS,
    OBJECT,
    WHOLE_FILES,
    Component,
    Key,
    from_object_file,
)
from sync_worker.sandbox.salesforce.metadata.elements import Xml, XmlFault
from sync_worker.sandbox.salesforce.metadata.faults import Broken
from sync_worker.sandbox.salesforce.metadata.grammar import vendors_grammar

MOST_FILES = 10_000
MOST_BYTES = 400 * 1024 * 1024
PACKAGE = "package.xml"
DESTRUCTIVE = ("destructiveChangesPre.xml", "destructiveChanges.xml", "destructiveChangesPost.xml")


class BadArchive(ValueError):
    """Nothing of it can be deployed."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a file, or a name in package.xml, cannot be deployed."""

    kind: str
    name: str
    file: str
    problem: str
    line: int = 0
    column: int = 0


@dataclass(slots=True)
class Archive:
    """`named` holds what package.xml lists, `gone` what is to be deleted."""

    components: list[Component] = field(default_factory=list)
    named: dict[Key, str] = field(default_factory=dict)
    wholesale: set[str] = field(default_factory=set)
    gone: list[Key] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)

    @classmethod
    def unpacked(cls, data: bytes) -> Archive:
        """Raises BadArchive."""
        return _Unpacking(_files(data)).archive


class _Unpacking:
    def __init__(self, files: dict[str, bytes]) -> None:
        self.archive = Archive()
        root = _root(files)
        for path in sorted(files):
            if path.startswith(root) and not path.endswith("/"):
                self._file(path.removeprefix(root), files[path])

    def _file(self, path: str, text: bytes) -> None:
        place, _, name = path.rpartition("/")
        if path == PACKAGE or path in DESTRUCTIVE:
            kind = "Package"
        elif place == "objects" and name.endswith(".object"):
            kind = OBJECT
        elif place in WHOLE_FILES and name.endswith(f".{WHOLE_FILES[place][1]}"):
            kind = WHOLE_FILES[place][0]
        else:
            problem = "this kind of file is not imitated by the sandbox"
            self._complain(Complaint("", path, path, problem))
            return
        stem = name.rpartition(".")[0]
        xml = self._parsed(kind, stem, path, text)
        if xml is None:
            return
        if kind == "Package":
            self._list(path, xml)
        elif kind == OBJECT:
            self.archive.components += from_object_file(stem, xml, path)
        else:
            self.archive.components.append(Component(kind, stem, xml, path))

    def _parsed(self, kind: str, name: str, path: str, text: bytes) -> Xml | None:
        """The file's root, unless its parser has something against it."""
        try:
            xml = Xml.parse(text)
        except XmlFault as fault:
            told = f"Error parsing file: {fault.problem}"
            self._complain(Complaint(kind, name, path, told, fault.line, fault.column))
            return None
        broken = next(_grammatical(xml, kind), None)
        if broken is not None:
            at = broken.place or xml
            self._complain(Complaint(kind, name, path, broken.problem, at.line, at.column))
            return None
        return xml

    def _list(self, path: str, xml: Xml) -> None:
        for types in xml.all("types"):
            kind = types.text("name")
            if kind not in KINDS:
                problem = _unknown_type(kind, path)
                self._complain(Complaint("", path, path, problem, types.line, types.column))
            for member in (each.content for each in types.all("members")):
                if path != PACKAGE:
                    self.archive.gone.append((kind, member.lower()))
                elif member == "*":
                    self.archive.wholesale.add(kind)
                else:
                    self.archive.named[kind, member.lower()] = member

    def _complain(self, complaint: Complaint) -> None:
        self.archive.complaints.append(complaint)


def _unknown_type(kind: str, path: str) -> str:
    """Types that the vendor has and the sandbox has not are told from those that nobody has."""
    if kind in vendors_grammar().parts:
        return f"Components of type {kind} are not imitated by the sandbox"
    return f"Unknown type name '{kind}' specified in {path}"


def _grammatical(xml: Xml, kind: str) -> Iterator[Broken]:
    if xml.tag != kind:
        told = f"Element {{http://soap.sforce.com/2006/04/metadata}}{xml.tag} invalid at this location in type {kind}"
        yield Broken(f"Error parsing file: {told}", xml)
    else:
        yield from vendors_grammar().faults(xml, kind)


def _files(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as unzipped:
            infos = unzipped.infolist()
            if len(infos) > MOST_FILES:
                raise BadArchive(f"LIMIT_EXCEEDED: Maximum number of files exceeded: {MOST_FILES}")
            if sum(info.file_size for info in infos) > MOST_BYTES:
                raise BadArchive("LIMIT_EXCEEDED: Maximum size of request reached")
            return {info.filename: unzipped.read(info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        # The last two are zipfile's words for a compression it does not know and for a file with a password.
        raise BadArchive("INVALID_ZIP_FILE: the file is not a valid zip archive") from None


def _root(files: dict[str, bytes]) -> str:
    """The folder of package.xml: the archive's own, or one folder in it."""
    homes = sorted(path.removesuffix(PACKAGE) for path in files if path.endswith(PACKAGE))
    home = next((each for each in homes if each.count("/") <= 1), None)
    if home is None:
        raise BadArchive("No package.xml found")
    return home
