"""Items: what an organisation sells and buys, by a unique code; a line that names one takes its words and prices."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import arithmetic, errors, listing, reading, wire, writes
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Item, Price
from sync_worker.sandbox.xero.where import fold

ITEMS = writes.Kind("Items", "HasErrors")
_LONGEST = {"code": 30, "name": 50, "description": 4_000, "purchasedescription": 4_000}


def get_items(call: Call) -> Response:
    """Never paged (Xero-OpenAPI 16.1)."""
    shown = listing.plain(call, call.books.items, ITEM_LIST)
    places = call.unit_places
    return call.answer("Items", [_rendered(one, places) for one in shown if not one.deleted])


def get_item(call: Call) -> Response:
    return call.answer("Items", [_rendered(_found(call), call.unit_places)])


def put_items(call: Call) -> Response:
    return writes.write(call, ITEMS, lambda sent: _saved(call, sent, None))


def post_items(call: Call) -> Response:
    """An item is found by its id or its code, else made (Xero-OpenAPI 16.1: update or create)."""
    return writes.write(call, ITEMS, lambda sent: _saved(call, sent, _meant(call.books, sent)))


def post_item(call: Call) -> Response:
    existing = _found(call)
    return writes.write(call, ITEMS, lambda sent: _saved(call, sent, existing))


def delete_item(call: Call) -> Response:
    item = _found(call)
    call.books.items.put(replace(item, deleted=True, updated=call.books.now()))
    return Response(204)


def _saved(call: Call, sent: Sent, existing: Item | None) -> dict[str, Any]:
    books = call.books
    now = books.now()
    before = existing or Item(wire.EMPTY_GUID, "", now)
    item = replace(before, **_changes(books, sent, before), updated=now)
    problems = _problems(books, sent, item)
    if problems:
        raise Invalid(problems, _rendered(item, 4))
    if existing is None:
        item = replace(item, id=books.new_id())
    books.items.put(item)
    books.note(item.id, "Edited" if existing else "Created", f"Item {item.code}")
    return {
        **_rendered(item, call.unit_places),
        "UpdatedDateUTC": wire.bare_instant(now),  # without its offset after a write (recorded)
        "ValidationErrors": [],
    }


def _changes(books: Books, sent: Sent, before: Item) -> dict[str, Any]:
    changes = {
        "code": reading.text(sent, "code"),
        "name": reading.text(sent, "name"),
        "description": reading.text(sent, "description"),
        "purchase_description": reading.text(sent, "purchasedescription"),
        "sold": reading.flag(sent, "issold"),
        "purchased": reading.flag(sent, "ispurchased"),
        "sales": _price(books, reading.record(sent, "salesdetails"), before.sales),
        "purchases": _price(books, reading.record(sent, "purchasedetails"), before.purchases),
    }
    return {name: value for name, value in changes.items() if value is not None}


def _price(books: Books, sent: Sent | None, before: Price) -> Price | None:
    """The tax is what was sent, else what it was, else the account's own (recorded)."""
    if sent is None:
        return None
    unit = reading.number(sent, "unitprice")
    code = reading.text(sent, "accountcode") or before.account_code
    account = books.accounts.first("code", fold(code)) if code else None
    return Price(
        before.unit_price if unit is None else arithmetic.four_places(unit),
        code,
        reading.text(sent, "taxtype") or before.tax_type or (account.tax_type if account else None),
    )


def _problems(books: Books, sent: Sent, item: Item) -> list[str]:
    problems = [] if item.code else [errors.FIELD_NEEDED.format(field="Code")]
    for member, longest in _LONGEST.items():
        if len(reading.text(sent, member) or "") > longest:
            problems.append(errors.TOO_LONG.format(field=member.capitalize(), limit=longest))
    holder = books.items.first("code", fold(item.code))
    if holder is not None and holder.id != item.id:
        problems.append(errors.ITEM_TAKEN.format(code=item.code))
    for price in (item.sales, item.purchases):
        code = price.account_code
        if code and books.accounts.first("code", fold(code)) is None:
            problems.append(errors.ACCOUNT_UNKNOWN.format(code=code))
    return problems


def _meant(books: Books, sent: Sent) -> Item | None:
    item_id, code = reading.guid(sent, "itemid"), reading.text(sent, "code")
    if item_id and item_id != wire.EMPTY_GUID:
        item = books.items.get(item_id)
        if item is None or item.deleted:
            raise errors.not_found()
        return item
    return books.items.first("code", fold(code)) if code else None


def _found(call: Call) -> Item:
    """By id or by code."""
    key, shelf = call.segments[1], call.books.items
    item = shelf.get(key.lower()) if reading.is_guid(key) else shelf.first("code", fold(key))
    if item is None or item.deleted:
        raise errors.not_found()
    return item


def _rendered(item: Item, places: int) -> dict[str, Any]:
    return {
        "ItemID": item.id,
        "Code": item.code,
        "Description": item.description,
        "PurchaseDescription": item.purchase_description,
        "UpdatedDateUTC": wire.instant(item.updated),
        "PurchaseDetails": _priced(item.purchases, places),
        "SalesDetails": _priced(item.sales, places),
        "Name": item.name,
        "IsTrackedAsInventory": False,
        "IsSold": item.sold,
        "IsPurchased": item.purchased,
    }


def _priced(price: Price, places: int) -> dict[str, Any]:
    unit = price.unit_price
    return {
        "UnitPrice": unit if unit is None or places == 4 else arithmetic.cents(unit),
        "AccountCode": price.account_code,
        "TaxType": price.tax_type,
    }


ITEM_LIST = listing.Listing[Item](
    plural="Items",
    fields={
        "ItemID": listing.Field(lambda i: i.id, "guid", "id"),
        "Code": listing.Field(lambda i: i.code, index="code"),
        "Name": listing.Field(lambda i: i.name),
        "IsSold": listing.Field(lambda i: i.sold, "bool"),
        "IsPurchased": listing.Field(lambda i: i.purchased, "bool"),
        "UpdatedDateUTC": listing.Field(lambda i: i.updated, "instant"),
    },
)
