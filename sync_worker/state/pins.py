"""Whose journal this is: its own name, and the Xero organisation and CRM org that each connection
was first used with."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from sync_worker.domain.errors import Misconfigured
from sync_worker.state.store import Store, dialect_insert
from sync_worker.state.tables import identity

_NAMED = select(identity.c.name, identity.c.value).where(identity.c.connection == bindparam("ours"))


def journal_id(tx: Connection) -> str:
    return _named(tx, "")["journal"]


def pin(store: Store, tenant_id: str, org_id: str) -> None:
    """Kept the first time; raises Misconfigured when it later differs, because the journal's links
    would point into somebody else's books, and where another connection has the same pair, because
    two lanes on one pair would send everything twice."""
    wanted = {"tenant_id": tenant_id, "org_id": org_id}
    with store.reading() as tx:
        if _named(tx, store.connection) == wanted:
            return
    with store.writing("pin") as tx:
        if twin := _twin(tx, store.connection, wanted):
            raise Misconfigured(
                f"Xero organisation {tenant_id} and CRM org {org_id} are the connection {twin!r} "
                f"of this journal already, so {store.connection!r} would send everything twice; "
                f"keep one of the two names, or start a new journal for the new name."
            )
        tx.execute(
            dialect_insert(tx.dialect.name, identity).on_conflict_do_nothing(),
            [
                {"connection": store.connection, "name": name, "value": value}
                for name, value in wanted.items()
            ],
        )
        pinned = _named(tx, store.connection)
    if pinned != wanted:
        raise Misconfigured(
            f"This journal belongs to Xero organisation {pinned['tenant_id']} and CRM org "
            f"{pinned['org_id']} under {store.connection!r}, which now leads to Xero organisation "
            f"{tenant_id} and CRM org {org_id}; "
            f"give this connection another name or another journal."
        )


def must_be(tx: Connection, connection: str, tenant_id: str) -> None:
    """Raises Misconfigured where the connection has worked for another Xero organisation."""
    pinned = _named(tx, connection).get("tenant_id", tenant_id)
    if pinned != tenant_id:
        raise Misconfigured(
            f"This journal belongs to Xero organisation {pinned} under {connection!r}, not to {tenant_id}; "
            f"connect the same one again, or give this connection another name or another journal."
        )


def _twin(tx: Connection, connection: str, wanted: dict[str, str]) -> str | None:
    """Another connection with this very pair."""
    others = tx.execute(
        select(identity.c.connection).where(
            identity.c.connection != connection,
            identity.c.name == "tenant_id",
            identity.c.value == wanted["tenant_id"],
        )
    ).scalars()
    return next((one for one in others if _named(tx, one) == wanted), None)


def _named(tx: Connection, connection: str) -> dict[str, str]:
    rows = tx.execute(_NAMED, {"ours": connection})
    return {row.name: row.value for row in rows}
