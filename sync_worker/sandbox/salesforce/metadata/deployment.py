"""One deployment judged: which components of an archive the org would take, which it would not, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sync_worker.sandbox.salesforce.metadata.archive import PACKAGE, Archive, Complaint
from sync_worker.sandbox.salesforce.metadata.building import Installation, build
from sync_worker.sandbox.salesforce.metadata.components import FIELD, OBJECT, Component, Key
from sync_worker.sandbox.salesforce.metadata.faults import Fault
from sync_worker.sandbox.salesforce.metadata.references import Setup, loose_ends

Installed = dict[Key, Component]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`installation` is the org with all that is right in the archive."""

    installation: Installation
    taken: list[Component] = field(default_factory=list)
    removed: list[Component] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)


def judge(archive: Archive, now: Installation) -> Judgement:
    """Nothing given is changed. What depends on a broken component is broken as well."""
    complaints = [
        *archive.complaints,
        *_differences(archive, now.components),
        *_twice(archive.components),
    ]
    wanted = [each for each in archive.components if _is_named(each, archive)]
    removed = [now.components[key] for key in archive.gone if key in now.components]
    while True:
        merged, prefixes = _merged(now.components, wanted, removed), dict(now.prefixes)
        built = build(merged.values(), prefixes)
        faults = [*built.faults, *_loose(wanted, Setup(built.schema, merged))]
        if not faults:
            then = Installation(merged, prefixes, built.schema)
            return Judgement(then, wanted, removed, complaints)
        complaints += [_complaint(each) for each in faults]
        broken = {each.component.key for each in faults}
        kept = [each for each in wanted if each.key not in broken]
        if len(kept) == len(wanted):
            # What is there already would break: first what is to be deleted stays, then all as it was.
            kept, removed = (wanted, []) if removed else ([], [])
        wanted = kept


def _merged(installed: Installed, wanted: list[Component], removed: list[Component]) -> Installed:
    gone = {each.key for each in removed}
    objects = {each.name.lower() for each in removed if each.kind == OBJECT}
    kept = {
        key: each
        for key, each in installed.items()
        if key not in gone and key[1].partition(".")[0] not in objects
    }
    return {**kept, **{each.key: each for each in wanted}}


def _is_named(component: Component, archive: Archive) -> bool:
    """Naming a custom object names all that stands in its file."""
    if component.key in archive.named or component.kind in archive.wholesale:
        return True
    owner = component.name.partition(".")[0].lower()
    with_object = (OBJECT, owner) in archive.named or OBJECT in archive.wholesale
    return component.file.startswith("objects/") and with_object


def _differences(archive: Archive, installed: Installed) -> Iterator[Complaint]:
    """Files that package.xml does not name, and names without a file."""
    present = {each.key for each in archive.components}
    unread = {(each.kind, each.name.lower()) for each in archive.complaints}
    for component in archive.components:
        alone = component.kind == OBJECT and component.name.lower() not in _owners(archive)
        if (component.kind != OBJECT or alone) and not _is_named(component, archive):
            yield Complaint(component.kind, component.name, component.file, "Not in package.xml")
    for (kind, low), name in archive.named.items():
        owner = (OBJECT, low.partition(".")[0])
        if (kind, low) not in present and (kind, low) not in unread and owner not in unread:
            problem = (
                f"An object '{name}' of type {kind} was named in package.xml, but was not found in zipped"
                " directory"
            )
            yield Complaint(kind, name, PACKAGE, problem)
    for kind, low in archive.gone:
        if (kind, low) not in installed:
            problem = f"No {kind} named: {low} found"
            yield Complaint(kind, low, "destructiveChanges.xml", problem)


def _twice(components: list[Component]) -> Iterator[Complaint]:
    """Two of one name in one file, such as a field pasted in again. The words are ours."""
    seen = set[Key]()
    for each in components:
        if each.key in seen:
            at = each.xml
            told = f"{each.name} stands in this file twice"
            yield Complaint(each.kind, each.name, each.file, told, at.line, at.column)
        seen.add(each.key)


def _owners(archive: Archive) -> set[str]:
    """Objects of which only parts are deployed."""
    return {each.name.partition(".")[0].lower() for each in archive.components if "." in each.name}


def _loose(wanted: list[Component], setup: Setup) -> Iterator[Fault]:
    for component in wanted:
        first = next(loose_ends(component, setup), None)
        if first is not None:
            yield Fault(component, first.problem, first.place or component.xml)


def _complaint(fault: Fault) -> Complaint:
    component, place = fault.component, fault.place
    # A component in a file of its own has no line if the whole of it is meant, as on the platform.
    whole = place is component.xml and component.kind not in (FIELD, OBJECT)
    line, column = (0, 0) if whole else (place.line, place.column)
    return Complaint(component.kind, component.name, component.file, fault.problem, line, column)
