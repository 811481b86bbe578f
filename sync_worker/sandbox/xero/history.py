"""History of a document, contact or item: what was done to it, and notes that apps add."""

from __future__ import annotations

from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import errors, places, reading, wire, writes
from sync_worker.sandbox.xero.books import SYSTEM, Note
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.reading import Sent

HISTORY = writes.Kind("HistoryRecords", "HasErrors")
LONGEST_NOTE = 2_500


def get_history(call: Call) -> Response:
    """Newest first (recorded)."""
    notes = call.books.history.get(_record(call)) or ()
    return call.answer("HistoryRecords", [_rendered(note) for note in reversed(notes)])


def put_history(call: Call) -> Response:
    record_id = _record(call)

    def add(sent: Sent) -> dict[str, Any]:
        details = reading.text(sent, "details") or ""
        if not details or len(details) > LONGEST_NOTE:
            text = errors.TOO_LONG.format(field="Details", limit=LONGEST_NOTE)
            needed = errors.FIELD_NEEDED.format(field="Details")
            raise errors.Invalid([text if details else needed], {"Details": details})
        note = call.books.note(record_id, "Note", details, SYSTEM)
        return {
            "DateUTCString": wire.instant_string(note.when, ""),
            "DateUTC": wire.bare_instant(note.when),
            "Details": note.details,
            "ValidationErrors": [],
        }

    return writes.write(call, HISTORY, add)


def _rendered(note: Note) -> dict[str, Any]:
    return {
        "Changes": note.changes,
        "DateUTCString": wire.instant_string(note.when, ""),
        "DateUTC": wire.instant(note.when),
        "User": note.user,
        "Details": note.details,
    }


def _record(call: Call) -> str:
    record_id = places.find(call)
    if record_id is not None:
        return record_id
    if call.request.method == "GET":
        raise errors.not_found()
    sent = reading.elements(call.request, "HistoryRecords")
    element = {
        "Details": reading.text(sent[0], "details") if sent else None,
        "ValidationErrors": errors.messages([errors.NOT_FOR_THIS_ENDPOINT]),
    }
    raise errors.Malformed(errors.validation([element]))
