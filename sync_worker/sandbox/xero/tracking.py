"""Tracking categories and their options: two active categories, a hundred options each."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import errors, listing, reading, wire, writes
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import TrackingCategory, TrackingOption
from sync_worker.sandbox.xero.where import fold

CATEGORIES = writes.Kind("TrackingCategories", "HasValidationErrors")
OPTIONS = writes.Kind("Options", "HasValidationErrors")
MOST_ACTIVE, MOST_OPTIONS, LONGEST_NAME = 2, 100, 100
_STATUSES = {status: status for status in ("ACTIVE", "ARCHIVED")}


def get_categories(call: Call) -> Response:
    archived = reading.parameter_flag(call.request, "includeArchived")
    shown = listing.plain(call, call.books.tracking, CATEGORY_LIST)
    return call.answer("TrackingCategories", [rendered(one, archived) for one in shown])


def get_category(call: Call) -> Response:
    return call.answer("TrackingCategories", [rendered(_found(call), archived=True)])


def put_categories(call: Call) -> Response:
    return writes.write(call, CATEGORIES, lambda sent: rendered(_added(call.books, sent), True))


def post_category(call: Call) -> Response:
    def update(sent: Sent) -> dict[str, Any]:
        category = _found(call)
        status = reading.word(sent, "status", _STATUSES, "TrackingCategoryStatus")
        name = _name(sent) or category.name
        if fold(name) != fold(category.name):
            _refuse_taken(call.books, name)
        changed = replace(
            category, name=name, status=status or category.status, updated=call.books.now()
        )
        call.books.tracking.put(changed)
        return rendered(changed, archived=True)

    return writes.write(call, CATEGORIES, update)


def delete_category(call: Call) -> Response:
    deleted = replace(_found(call), status="DELETED", updated=call.books.now())
    call.books.tracking.put(deleted)
    return call.answer("TrackingCategories", [rendered(deleted, archived=True)])


def put_options(call: Call) -> Response:
    """Options sent bare, as a list, or under the category's own key."""

    def add(sent: Sent) -> dict[str, Any]:
        category, name = _found(call), _name(sent)
        if not name:
            raise Invalid([errors.FIELD_NEEDED.format(field="Name")], {"Name": name})
        if any(
            fold(option.name) == fold(name) and option.status != "DELETED"
            for option in category.options
        ):
            raise Invalid([errors.NAME_NOT_UNIQUE], {"Name": name})
        if sum(option.status != "DELETED" for option in category.options) >= MOST_OPTIONS:
            raise Invalid([errors.HUNDRED_OPTIONS], {"Name": name})
        option = TrackingOption(call.books.new_id(), name)
        _keep(call.books, category, (*category.options, option))
        return rendered_option(option)

    return writes.write(call, OPTIONS, add)


def post_option(call: Call) -> Response:
    def update(sent: Sent) -> dict[str, Any]:
        status = reading.word(sent, "status", _STATUSES, "TrackingOptionStatus")
        return rendered_option(_changed(call, _name(sent), status))

    return writes.write(call, OPTIONS, update)


def delete_option(call: Call) -> Response:
    return call.answer("Options", [rendered_option(_changed(call, None, "DELETED"))])


def rendered(category: TrackingCategory, archived: bool) -> dict[str, Any]:
    return {
        "Name": category.name,
        "Status": category.status,
        "TrackingCategoryID": category.id,
        "Options": [
            rendered_option(option)
            for option in category.options
            if option.status == "ACTIVE" or (archived and option.status == "ARCHIVED")
        ],
    }


def rendered_option(option: TrackingOption) -> dict[str, Any]:
    return {
        "TrackingOptionID": option.id,
        "Name": option.name,
        "Status": option.status,
        "HasValidationErrors": False,
        "IsDeleted": option.status == "DELETED",
        "IsArchived": option.status == "ARCHIVED",
        "IsActive": option.status == "ACTIVE",
    }


def _added(books: Books, sent: Sent) -> TrackingCategory:
    name = _name(sent)
    if not name:
        raise Invalid([errors.FIELD_NEEDED.format(field="Name")], _echo(name))
    _refuse_taken(books, name)
    if sum(category.status == "ACTIVE" for category in books.tracking) >= MOST_ACTIVE:
        raise Invalid([errors.TWO_CATEGORIES], _echo(name))
    category = TrackingCategory(books.new_id(), name, books.now())
    books.tracking.put(category)
    return category


def _refuse_taken(books: Books, name: str) -> None:
    holders = books.tracking.find("name", fold(name))
    if any(holder.status != "DELETED" for holder in holders):
        raise Invalid([errors.NAME_NOT_UNIQUE], _echo(name))


def _name(sent: Sent) -> str | None:
    name = (reading.text(sent, "name") or "").strip() or None
    if name and len(name) > LONGEST_NAME:
        raise Invalid([errors.TOO_LONG.format(field="Name", limit=LONGEST_NAME)], _echo(name))
    return name


def _changed(call: Call, name: str | None, status: str | None) -> TrackingOption:
    category, wanted = _found(call), call.segments[3].lower()
    option = next((option for option in category.options if option.id == wanted), None)
    if option is None:
        raise errors.not_found()
    changed = replace(option, name=name or option.name, status=status or option.status)
    _keep(call.books, category, tuple(changed if o.id == wanted else o for o in category.options))
    return changed


def _keep(books: Books, category: TrackingCategory, options: tuple[TrackingOption, ...]) -> None:
    books.tracking.put(replace(category, options=options, updated=books.now()))


def _echo(name: str | None) -> dict[str, Any]:
    return {"Name": name, "TrackingCategoryID": wire.EMPTY_GUID, "Options": []}


def _found(call: Call) -> TrackingCategory:
    category = call.books.tracking.get(call.segments[1].lower())
    if category is None:
        raise errors.not_found()
    return category


CATEGORY_LIST = listing.Listing[TrackingCategory](
    plural="TrackingCategories",
    fields={
        "Name": listing.Field(lambda c: c.name),
        "Status": listing.Field(lambda c: c.status),
        "TrackingCategoryID": listing.Field(lambda c: c.id, "guid"),
    },
    hidden=lambda category: category.status != "ACTIVE",
)
