"""The rows of `sightings`: documents that carry our marker and that the journal did not know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from sync_worker.domain.document import Sighting
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.state.store import in_chunks, upsert
from sync_worker.state.tables import sightings

_GONE = frozenset({"VOIDED", "DELETED"})
_OF = select(sightings).where(
    sightings.c.connection == bindparam("ours"),
    sightings.c.record.in_(bindparam("records", expanding=True)),
)


def write(tx: Connection, connection: str, seen: Sequence[Sighting]) -> None:
    rows = [{"connection": connection, **asdict(sighting)} for sighting in seen]
    tx.execute(upsert(tx.dialect.name, sightings), rows)


def by_record(
    tx: Connection, connection: str, records: Iterable[SalesforceId]
) -> dict[SalesforceId, Sighting]:
    """One a record. Where a record was made more than once, what stands goes before what was voided
    or deleted, what is owed before a draft, then the lowest generation: whoever looks, and however
    often, takes the same one."""
    found = [
        _sighting(row)
        for chunk in in_chunks(records)
        for row in tx.execute(_OF, {"ours": connection, "records": chunk})
    ]
    found.sort(
        key=lambda one: (one.status in _GONE, one.status == "DRAFT", one.generation, one.xero_id),
        reverse=True,
    )
    return {sighting.record: sighting for sighting in found}


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(
        record=SalesforceId(row.record),
        generation=row.generation,
        xero_id=XeroId(row.xero_id),
        xero_number=row.xero_number,
        reference=row.reference,
        status=row.status,
        total=row.total,
    )
