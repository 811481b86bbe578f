"""Groups of contacts: made, renamed, deleted, and who belongs to them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import errors, listing, reading, writes
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import ContactGroup
from sync_worker.sandbox.xero.where import fold

GROUPS = writes.Kind("ContactGroups", "HasValidationErrors")
_MEMBERS = writes.Kind("Contacts", "HasValidationErrors")


def get_groups(call: Call) -> Response:
    """Their members come with a single group only (Xero-OpenAPI 16.1)."""
    shown = listing.plain(call, call.books.groups, GROUP_LIST)
    living = [group for group in shown if group.status == "ACTIVE"]
    return call.answer("ContactGroups", [_rendered(call.books, group) for group in living])


def get_group(call: Call) -> Response:
    return call.answer("ContactGroups", [_rendered(call.books, _found(call), members=True)])


def put_groups(call: Call) -> Response:
    return writes.write(call, GROUPS, lambda sent: _saved(call.books, sent, None))


def post_group(call: Call) -> Response:
    """A new name, or `{"Status": "DELETED"}`."""
    existing = _found(call)
    return writes.write(call, GROUPS, lambda sent: _saved(call.books, sent, existing))


def put_members(call: Call) -> Response:
    group_id = _found(call).id

    def add(sent: Sent) -> dict[str, Any]:
        contact_id = reading.guid(sent, "contactid")
        if contact_id is None or contact_id not in call.books.contacts:
            raise Invalid([errors.CONTACT_UNKNOWN], {"ContactID": contact_id})
        group = call.books.groups[group_id]
        members = (*(one for one in group.members if one != contact_id), contact_id)
        _put(call.books, replace(group, members=members))
        return {**_member(contact_id), "ValidationErrors": []}

    return writes.write(call, _MEMBERS, add)


def delete_members(call: Call) -> Response:
    """All of them, or the one the path names."""
    group = _found(call)
    gone = call.segments[3].lower() if len(call.segments) > 3 else None
    if gone is not None and gone not in group.members:
        raise errors.not_found()
    left = tuple(one for one in group.members if gone is not None and one != gone)
    _put(call.books, replace(group, members=left))
    return Response(204)


def _saved(books: Books, sent: Sent, existing: ContactGroup | None) -> dict[str, Any]:
    name = reading.text(sent, "name") or (existing.name if existing else "")
    holder = books.groups.first("name", fold(name))
    problems = [] if name else [errors.FIELD_NEEDED.format(field="Name")]
    if holder is not None and holder != existing:
        problems.append(errors.NAME_NOT_UNIQUE)
    if problems:
        raise Invalid(problems, {"Name": name})
    status = (reading.text(sent, "status") or "ACTIVE").upper()
    before = existing or ContactGroup(books.new_id(), name, 0)
    group = replace(before, name=name, status="DELETED" if status == "DELETED" else "ACTIVE")
    return _rendered(books, _put(books, group))


def _put(books: Books, group: ContactGroup) -> ContactGroup:
    stamped = replace(group, updated=books.now())
    books.groups.put(stamped)
    return stamped


def _found(call: Call) -> ContactGroup:
    group = call.books.groups.get(call.segments[1].lower())
    if group is None or group.status != "ACTIVE":
        raise errors.not_found()
    return group


def _rendered(books: Books, group: ContactGroup, members: bool = False) -> dict[str, Any]:
    shown = group.members if members else ()
    return {
        "ContactGroupID": group.id,
        "Name": group.name,
        "Status": group.status,
        "Contacts": [
            {"ContactID": one, "Name": books.contacts[one].name, **_member(one)} for one in shown
        ],
        "HasValidationErrors": False,
    }


def _member(contact_id: str) -> dict[str, Any]:
    return {
        "ContactID": contact_id,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


GROUP_LIST = listing.Listing[ContactGroup](
    plural="ContactGroups",
    fields={
        "ContactGroupID": listing.Field(lambda g: g.id, "guid", "id"),
        "Name": listing.Field(lambda g: g.name),
        "Status": listing.Field(lambda g: g.status),
        "UpdatedDateUTC": listing.Field(lambda g: g.updated, "instant"),
    },
)
