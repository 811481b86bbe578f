"""What every list shares: If-Modified-Since, `where`, `order`, ids, search, pages and the count before them.

Without an order the records come as they last changed. A page beyond 1,000 rows is cut to 1,000 (unsettled).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

from sync_worker.sandbox.http import Request
from sync_worker.sandbox.xero import errors, reading, where, wire
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.shelf import Record, Shelf
from sync_worker.sandbox.xero.where import Field

__all__ = ["Field", "Listing", "Page", "modified_since", "page", "plain"]

USUAL_PAGE, LARGEST_PAGE = 100, 1_000
HIGH_VOLUME = 100_000  # records one call may touch without paging or with un-optimised filters

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Listing(Generic[R]):
    """How records of one kind are listed."""

    plural: str
    fields: Mapping[str, Field]
    optimised: frozenset[str] = frozenset()
    id_parameter: str | None = None
    pages_when: tuple[str, ...] = ("page", "pageSize")
    search: Callable[[R, str], bool] | None = None
    hidden: Callable[[R], bool] | None = None  # left out unless includeArchived=true
    by_path: dict[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_path", {k.lower(): v for k, v in self.fields.items()})


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    records: Sequence[R]
    pagination: dict[str, int] | None


def page(
    call: Call,
    shelf: Shelf[R],
    listing: Listing[R],
    tests: Sequence[Callable[[R], bool]] = (),
    among: Sequence[R] | None = None,
) -> Page[R]:
    """The records the call asks for. `tests` and `among` come from parameters only that endpoint has."""
    request = call.request
    filter_ = _filter(request, listing)
    order = _order(request, listing)
    window = _window(request, listing)
    since = _since(call)
    wanted = _tests(call, listing, filter_, tests)
    among = _among(request, shelf, listing, filter_) if among is None else among
    if among is None and not wanted and order is None:
        return _straight(shelf, since, window)
    if among is None:
        records = shelf.changes(shelf.position(since))
    else:
        records = sorted((r for r in among if r.updated >= since), key=lambda r: (r.updated, r.id))
    _refuse_high_volume(len(records), window, filter_, listing)
    records = [record for record in records if all(test(record) for test in wanted)]
    if order is not None:
        records = order(records)
    return _cut(records, window)


def plain(call: Call, shelf: Shelf[R], listing: Listing[R]) -> Sequence[R]:
    """A list Xero never pages (accounts, tax rates, tracking): in the order they were added unless ordered."""
    records = list(shelf)
    since = _since(call)
    filter_ = _filter(call.request, listing)
    order = _order(call.request, listing)
    wanted = _tests(call, listing, filter_, ())
    records = [r for r in records if r.updated >= since and all(test(r) for test in wanted)]
    return records if order is None else order(records)


def modified_since(request: Request) -> datetime | None:
    """If-Modified-Since in any of the forms clients send, whole seconds of UTC; unreadable ones are ignored."""
    value = request.headers.get("if-modified-since", "").strip()
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        try:
            parsed = parsedate_to_datetime(value)
        except ValueError:
            return None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC).replace(microsecond=0)


def _since(call: Call) -> int:
    moment = modified_since(call.request)
    if moment is None:
        return 0
    return wire.milliseconds(moment) + (0 if call.modified_since_inclusive else 1_000)


def _filter(request: Request, listing: Listing[R]) -> where.Filter | None:
    text = request.parameter("where")
    return where.parse(text, listing.by_path) if text and text.strip() else None


def _tests(
    call: Call,
    listing: Listing[R],
    filter_: where.Filter | None,
    tests: Sequence[Callable[[R], bool]],
) -> list[Callable[[R], bool]]:
    request = call.request
    wanted = list(tests)
    hidden, search = listing.hidden, listing.search
    if hidden is not None and not reading.parameter_flag(request, "includeArchived"):
        wanted.append(lambda record: not hidden(record))
    if call.late_visibility_ms:
        wanted.append(_visible(call))
    term = (request.parameter("searchTerm") or "").strip().casefold()
    if search is not None and term:
        wanted.append(lambda record: search(record, term))
    if filter_ is not None:
        wanted.append(filter_.test)
    return wanted


def _visible(call: Call) -> Callable[[Any], bool]:
    """Lists lag behind writes: a new record is missing for a while, and its changes from If-Modified-Since."""
    horizon = call.books.now() - call.late_visibility_ms
    if modified_since(call.request) is None:
        return lambda record: getattr(record, "created", 0) <= horizon
    return lambda record: record.updated <= horizon


def _among(
    request: Request, shelf: Shelf[R], listing: Listing[R], filter_: where.Filter | None
) -> list[R] | None:
    """The few records that can match at all, where an id or an indexed equality says so."""
    ids = reading.parameter_list(request, listing.id_parameter) if listing.id_parameter else None
    if ids is not None:
        found = (shelf.get(record_id.lower()) for record_id in dict.fromkeys(ids))
        return [record for record in found if record is not None]
    for path, value in filter_.equalities if filter_ else ():
        field_ = listing.by_path[path]
        if field_.index == "id":
            record = shelf.get(value)
            return [] if record is None else [record]
        if field_.index is not None and value:
            return shelf.find(field_.index, value if field_.kind == "guid" else where.fold(value))
    return None


def _order(request: Request, listing: Listing[R]) -> Callable[[list[R]], list[R]] | None:
    """A sort, or None where the records already come in that order."""
    text = (request.parameter("order") or "").strip()
    if not text:
        return None
    keys: list[tuple[Callable[[Any], Any], bool]] = []
    for part in text.split(","):
        words = part.split()
        field_ = listing.by_path.get(words[0].lower()) if words else None
        down = words[1].lower() if len(words) == 2 else "asc"
        if (
            field_ is None
            or len(words) > 2
            or down not in ("asc", "desc", "ascending", "descending")
        ):
            raise errors.bad_query(f"No property or field '{part.strip()}' exists (at index 0)")
        keys.append((field_.get, down.startswith("desc")))
    if len(keys) == 1 and text.lower() in ("updateddateutc", "updateddateutc asc"):
        return None

    def sort(records: list[R]) -> list[R]:
        for get, down in reversed(keys):
            records = sorted(records, key=lambda record: _sortable(get(record)), reverse=down)
        return records

    return sort


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, where.fold(value) if isinstance(value, str) else value or 0)


def _window(request: Request, listing: Listing[R]) -> tuple[int, int] | None:
    """The page and its size, or None where the list is not paged."""
    given = (request.parameter(name) or "false" for name in listing.pages_when)
    if all(value.lower() == "false" for value in given):
        return None
    number = _whole(request, "page", 1)
    size = _whole(request, "pageSize", USUAL_PAGE)
    return max(1, number), min(max(1, size), LARGEST_PAGE)


def _whole(request: Request, name: str, default: int) -> int:
    value = request.parameter(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise errors.bad_query(f"The value '{value}' is not valid for {name}.") from None


def _straight(shelf: Shelf[R], since: int, window: tuple[int, int] | None) -> Page[R]:
    """Everything since then, in order of change: only the rows of the page are touched."""
    start, end = shelf.position(since), len(shelf)
    if window is None:
        _refuse_high_volume(end - start, window, None, None)
        return Page(shelf.changes(start), None)
    number, size = window
    first = start + (number - 1) * size
    records = shelf.changes(first, first + size)
    return Page(records, _pagination(number, size, end - start))


def _cut(records: Sequence[R], window: tuple[int, int] | None) -> Page[R]:
    if window is None:
        return Page(records, None)
    number, size = window
    first = (number - 1) * size
    return Page(records[first : first + size], _pagination(number, size, len(records)))


def _pagination(number: int, size: int, count: int) -> dict[str, int]:
    return {
        "page": number,
        "pageSize": size,
        "pageCount": math.ceil(count / size),
        "itemCount": count,
    }


def _refuse_high_volume(
    touched: int, window: Any, filter_: where.Filter | None, listing: Listing[Any] | None
) -> None:
    if touched <= HIGH_VOLUME:
        return
    unoptimised = (
        filter_ is not None and listing is not None and not filter_.fields <= listing.optimised
    )
    if window is None or unoptimised:
        raise errors.Malformed(errors.refusal(10, "ValidationException", errors.HIGH_VOLUME))
