"""The rows of `documents`, each record's standing, and of `steps`, its journey: written together,
or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Row, bindparam, case, select, update

from sync_worker.domain.document import WAITING, Document, Kind, State
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.moves import check
from sync_worker.ports import Change, Step
from sync_worker.state.store import in_chunks, upsert
from sync_worker.state.tables import documents, steps


def write(
    tx: Connection, connection: str, run: str, now: datetime, changes: Sequence[Change]
) -> None:
    """Each document's new face, stamped `now`, and the step that led to it. Raises ImpossibleMove."""
    if changes:
        _check(tx, connection, changes)
        tx.execute(_replace(tx.dialect.name), [_row(connection, now, c.document) for c in changes])
        tx.execute(_STEPS, [_step(connection, run, now, change) for change in changes])


def by_record(
    tx: Connection, connection: str, kind: Kind, records: Iterable[SalesforceId]
) -> dict[SalesforceId, Document]:
    found = _in(tx, connection, kind, "record", records)
    return {document.record: document for document in found}


def by_xero_id(
    tx: Connection, connection: str, kind: Kind, ids: Iterable[XeroId]
) -> dict[XeroId, Document]:
    """Where several records share one contact, the one that changed last."""
    found = _in(tx, connection, kind, "xero_id", ids)
    found.sort(key=lambda document: (document.updated_at, document.record))
    return {document.xero_id: document for document in found if document.xero_id}


def numbered(tx: Connection, connection: str, kind: Kind, number: str) -> list[Document]:
    return _select(tx, connection, {"kind": [kind], "number": [number]})


def in_state(
    tx: Connection, connection: str, kinds: Sequence[Kind], states: Sequence[State], limit: int
) -> list[Document]:
    """Oldest updated first."""
    return _select(tx, connection, {"kind": kinds, "state": states}, limit)


def journey(tx: Connection, connection: str, kind: Kind, record: SalesforceId) -> list[Step]:
    query = (
        select(steps.c.at, steps.c.run, steps.c.state, steps.c.words)
        .where(steps.c.connection == connection, steps.c.kind == kind, steps.c.record == record)
        .order_by(steps.c.id)
    )
    return [Step(at, run, state, words) for at, run, state, words in tx.execute(query)]


def release(
    tx: Connection, connection: str, run: str, now: datetime, kind: Kind, record: SalesforceId
) -> bool:
    """Lets a waiting record be tried again at the next run; False where it does not wait."""
    released = tx.execute(
        update(documents)
        .where(
            documents.c.connection == connection,
            documents.c.kind == kind,
            documents.c.record == record,
            documents.c.state.in_(WAITING),
        )
        .values(next_try_at=now, attempts=0, input_hash="", updated_at=now)
        .returning(documents.c.state)
    ).scalar()
    if released is None:
        return False
    step = {"connection": connection, "kind": kind, "record": record, "at": now, "run": run}
    tx.execute(
        steps.insert(), {**step, "state": released, "words": "a person asked for another try"}
    )
    return True


def from_row(row: Row[Any]) -> Document:
    hold = Hold(HoldClass(row.hold_class), row.cause, row.cure) if row.hold_class else None
    return Document(
        kind=Kind(row.kind),
        record=SalesforceId(row.record),
        number=row.number,
        state=State(row.state),
        generation=row.generation,
        input_hash=row.input_hash,
        total=row.total,
        batch=row.batch,
        sent_at=row.sent_at,
        xero_id=row.xero_id,
        xero_number=row.xero_number,
        hold=hold,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        updated_at=row.updated_at,
    )


def _check(tx: Connection, connection: str, changes: Sequence[Change]) -> None:
    known: dict[tuple[str, str], tuple[State, int]] = {}
    for chunk in in_chunks(change.document.record for change in changes):
        found = tx.execute(_STANDING, {"ours": connection, "records": chunk})
        for kind, record, state, generation in found:
            known[kind, record] = (State(state), generation)
    for change in changes:
        document = change.document
        check(known.get((document.kind, document.record)), document)
        known[document.kind, document.record] = (document.state, document.generation)


_STEPS = steps.insert()
_STANDING = select(
    documents.c.kind, documents.c.record, documents.c.state, documents.c.generation
).where(
    documents.c.connection == bindparam("ours"),
    documents.c.record.in_(bindparam("records", expanding=True)),
)


def _row(connection: str, now: datetime, document: Document) -> dict[str, object]:
    hold = document.hold
    return {
        "connection": connection,
        "kind": document.kind,
        "record": document.record,
        "number": document.number,
        "state": document.state,
        "generation": document.generation,
        "input_hash": document.input_hash,
        "total": document.total,
        "batch": document.batch,
        "sent_at": document.sent_at,
        "xero_id": document.xero_id,
        "xero_number": document.xero_number,
        "hold_class": hold.hold_class if hold else None,
        "cause": hold.cause if hold else None,
        "cure": hold.cure if hold else None,
        "held_since": now if hold else None,
        "attempts": document.attempts,
        "next_try_at": document.next_try_at,
        "updated_at": now,
    }


def _step(connection: str, run: str, now: datetime, change: Change) -> dict[str, object]:
    document = change.document
    return {
        "connection": connection,
        "kind": document.kind,
        "record": document.record,
        "at": now,
        "run": run,
        "state": document.state,
        "words": change.words,
    }


@cache
def _replace(dialect: str) -> Any:
    """A record that goes on waiting for the same kind of trouble keeps the day since when it
    waits."""
    return upsert(
        dialect,
        documents,
        lambda new: {
            "held_since": case(
                (documents.c.hold_class == new.hold_class, documents.c.held_since),
                else_=new.held_since,
            )
        },
    )


def _in(
    tx: Connection, connection: str, kind: Kind, column: str, values: Iterable[str]
) -> list[Document]:
    return [
        document
        for chunk in in_chunks(values)
        for document in _select(tx, connection, {"kind": [kind], column: chunk})
    ]


def _select(
    tx: Connection, connection: str, wanted: Mapping[str, Sequence[str]], limit: int | None = None
) -> list[Document]:
    """Those whose columns hold one of the values given for them; oldest updated first."""
    query = _query(tuple(wanted), limited=limit is not None)
    given = {"ours": connection, "limit": limit, **wanted}
    return [from_row(row) for row in tx.execute(query, given)]


@cache
def _query(columns: tuple[str, ...], *, limited: bool) -> Any:
    """Made once for each question: making it costs more than asking it."""
    query = (
        select(documents)
        .where(
            documents.c.connection == bindparam("ours"),
            *(documents.c[name].in_(bindparam(name, expanding=True)) for name in columns),
        )
        .order_by(documents.c.updated_at, documents.c.record)
    )
    return query.limit(bindparam("limit", type_=Integer)) if limited else query
