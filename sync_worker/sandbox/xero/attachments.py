"""Files that hang on documents and contacts: listed, put up under their name, and given back byte for byte.

At most 10 to a document; 10 MB each (Xero's attachments page; other pages say 25 MB).
"""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import quote

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import errors, reading
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.places import record_id
from sync_worker.sandbox.xero.records import Attachment
from sync_worker.sandbox.xero.where import fold

MOST = 10
LARGEST = 10 * 1024 * 1024
_HOST = "https://api.xero.com/api.xro/2.0"
_SHOW_ONLINE = frozenset({"invoices", "creditnotes"})  # the only ones a customer sees


def get_attachments(call: Call) -> Response:
    place = call.segments[0]
    return call.answer("Attachments", attached(call.books, place, record_id(call)))


def get_content(call: Call) -> Response:
    """The file itself, by AttachmentID or by name."""
    key = call.segments[3]
    for one in call.books.attachments.get(record_id(call), ()):
        if one.id == key.lower() or fold(one.name) == fold(key):
            return Response(200, {"Content-Type": one.mime}, one.content)
    raise errors.not_found()


def put_attachment(call: Call) -> Response:
    """PUT and POST alike: a file of that name is replaced, and keeps its id."""
    books, document = call.books, record_id(call)
    name, held = call.segments[3], books.attachments.get(document, ())
    before = next((one for one in held if fold(one.name) == fold(name)), None)
    content = call.request.body
    problem = _problem(content, len(held), before is None)
    if problem is not None:
        return errors.validation(
            [{"FileName": name, "ValidationErrors": errors.messages([problem])}]
        )
    mime = call.request.headers.get("content-type", "").partition(";")[0].strip()
    if mime in ("", "application/octet-stream", "application/json"):  # what SDKs send for anything
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    online = (
        reading.parameter_flag(call.request, "IncludeOnline")
        and call.segments[0].lower() in _SHOW_ONLINE
    )
    made = Attachment(before.id if before else books.new_id(), name, mime, content, online)
    books.attachments[document] = (*(one for one in held if one is not before), made)
    books.note(document, "Attached a file", f"Attached the file {name}")
    return call.answer("Attachments", [_rendered(made, call.segments[0], document)])


def attached(books: Books, place: str, document: str) -> list[dict[str, Any]]:
    return [_rendered(one, place, document) for one in books.attachments.get(document, ())]


def _problem(content: bytes, count: int, new: bool) -> str | None:
    if not content:
        return errors.ATTACHMENT_EMPTY
    if len(content) > LARGEST:
        return errors.ATTACHMENT_SIZE
    return errors.TEN_ATTACHMENTS if new and count >= MOST else None


def _rendered(one: Attachment, place: str, document: str) -> dict[str, Any]:
    return {
        "AttachmentID": one.id,
        "FileName": one.name,
        "Url": f"{_HOST}/{place}/{document}/Attachments/{quote(one.name)}",
        "MimeType": one.mime,
        "ContentLength": len(one.content),
        "IncludeOnline": one.online or None,  # only where it is so (recorded)
    }
