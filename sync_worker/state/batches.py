"""The rows of `batches`: the bytes that are about to leave, kept until no document needs them any
more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, select, update

from sync_worker.domain.batch import Frozen
from sync_worker.domain.document import IN_DOUBT
from sync_worker.domain.ids import SalesforceId
from sync_worker.ports import Change
from sync_worker.state.store import dialect_insert
from sync_worker.state.tables import batches, documents


def about_to_send(
    tx: Connection, connection: str, frozen: Frozen, token: str, sent_at: datetime
) -> None:
    """Sent again, a batch keeps the token and the time it first left with. Raises ValueError if its
    bytes or its key are not those it first left with: such a batch would be another one under the
    same name."""
    row = {
        "connection": connection,
        "id": frozen.id,
        "method": frozen.method,
        "path": frozen.path,
        "body": frozen.body,
        "key": frozen.key,
        "token": token,
        "records": json.dumps(frozen.records),
        "sent_count": 1,
        "sent_at": sent_at,
    }
    if tx.execute(_insert_or_count(tx.dialect.name), row).scalar() is None:
        raise ValueError(f"batch {frozen.id} left before with other bytes or another key")


def must_name_it(frozen: Frozen, changes: Sequence[Change]) -> None:
    """Raises ValueError where a document leaves in a batch that its row does not name: nothing
    would keep its bytes."""
    for change in changes:
        if change.document.state in IN_DOUBT and change.document.batch != frozen.id:
            raise ValueError(
                f"{change.document.record} leaves in batch {frozen.id} and says "
                f"{change.document.batch}"
            )


def earliest(changes: Sequence[Change], now: datetime) -> datetime:
    """When a batch leaves, by the clock its documents go by."""
    return min((c.document.sent_at for c in changes if c.document.sent_at), default=now)


def replayable(tx: Connection, connection: str, batch: str) -> tuple[Frozen, str, datetime] | None:
    row = tx.execute(
        select(batches).where(
            batches.c.connection == connection,
            batches.c.id == batch,
            batches.c.body.is_not(None),
        )
    ).one_or_none()
    if row is None:
        return None
    records = tuple(SalesforceId(record) for record in json.loads(row.records))
    frozen = Frozen(row.id, row.method, row.path, row.body, row.key, records)
    return frozen, row.token, row.sent_at


def forget_settled(tx: Connection, connection: str) -> None:
    """Drops the bytes of every batch that none of its documents is in doubt about."""
    tx.execute(_FORGET, {"ours": connection})


_in_doubt = exists().where(
    documents.c.connection == batches.c.connection,
    documents.c.batch == batches.c.id,
    documents.c.state.in_(IN_DOUBT),
)
_FORGET = (
    update(batches)
    .where(batches.c.connection == bindparam("ours"), batches.c.body.is_not(None), ~_in_doubt)
    .values(body=None)
)


@cache
def _insert_or_count(dialect: str) -> Any:
    statement = dialect_insert(dialect, batches)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["connection", "id"],
        set_={"body": new.body, "sent_count": batches.c.sent_count + 1},
        where=and_(
            batches.c.path == new.path,
            batches.c.key.is_not_distinct_from(new.key),
            (batches.c.body == new.body) | batches.c.body.is_(None),
        ),
    ).returning(batches.c.sent_count)
