"""Which record an operator means by `invoice:NUMBER`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync_worker.cli.options import Asked
from sync_worker.domain.document import Document, Kind
from sync_worker.domain.errors import Misconfigured

if TYPE_CHECKING:
    from sync_worker.wiring import App


@dataclass(frozen=True, slots=True)
class Found:
    connection: str
    document: Document


def record_named(app: App, asked: Asked, record: str) -> Found:
    """The one record of the journal that is meant. Raises Misconfigured with the way to say it."""
    word, colon, number = record.partition(":")
    kinds = {kind.value: kind for kind in Kind}
    if not colon or word not in kinds or not number:
        msg = f"{record!r} names no record; write it as invoice:NUMBER, such as invoice:INV-0042"
        raise Misconfigured(msg)
    found = [
        Found(name, document)
        for name in asked.names(app)
        for document in app.journal(name).numbered(kinds[word], number)
    ]
    if not found:
        msg = f"the journal knows no {word} numbered {number!r}; it is known once a run has seen it as due"
        raise Misconfigured(msg)
    if len(found) > 1:
        where = ", ".join(f"{one.connection} ({one.document.record})" for one in found)
        msg = f"{record!r} is known {len(found)} times: {where}; say which with --connection"
        raise Misconfigured(msg)
    return found[0]
