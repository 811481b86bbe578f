"""The tokens of one connection's consent, sealed, and who may renew them.

One row for each connection. A renewal is claimed by a conditional write, so no transaction is open while the vendor is
asked; a claim whose holder died ends by itself. Every write names the version it was made for, and whoever comes second
changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from sync_worker.domain.errors import Misconfigured
from sync_worker.ports import Consent, ConsentHealth, Organisation, TokenPair
from sync_worker.state import pins
from sync_worker.state.seal import Seal
from sync_worker.state.store import Store, upsert
from sync_worker.state.tables import consents

SEALED = ("access", "refresh", "previous")


class SqlConsents:
    """ports.Consents. `seal` may be missing where nothing is opened, as for `health` and `wipe`."""

    def __init__(self, store: Store, seal: Seal | None) -> None:
        self.connection = store.connection
        self._store = store
        self._seal = seal

    def health(self) -> ConsentHealth | None:
        row = self._row()
        return None if row is None else _health(row)

    def current(self) -> Consent | None:
        row = self._row()
        if row is None:
            return None
        opened = self._opened(row)
        pair = TokenPair(opened["access"] or "", row.access_ends, opened["refresh"] or "")
        return Consent(_health(row), pair, opened["previous"])

    def claim(self, consent: Consent, life: timedelta) -> datetime | None:
        now = self._store.clock.now()
        free = or_(consents.c.refreshing_since.is_(None), consents.c.refreshing_since <= now - life)
        return now if self._change("claim_renewal", consent, free, refreshing_since=now) else None

    def release(self, consent: Consent, claim: datetime) -> None:
        self._change(
            "release_renewal", consent, consents.c.refreshing_since == claim, refreshing_since=None
        )

    def save(self, consent: Consent, pair: TokenPair) -> None:
        self._change(
            "save_tokens",
            consent,
            version=consent.health.version + 1,
            access_ends=pair.access_ends,
            saved_at=self._store.clock.now(),
            refreshing_since=None,
            **self._sealed(
                {"access": pair.access, "refresh": pair.refresh, "previous": consent.pair.refresh}
            ),
        )

    def end(self, consent: Consent, because: str) -> bool:
        now = self._store.clock.now()
        return self._change(
            "end_consent", consent, ended_at=now, ended_because=because, refreshing_since=None
        )

    def begin(self, organisation: Organisation, pair: TokenPair) -> None:
        """A person connected. Raises Misconfigured where this connection always worked for other books."""
        now = self._store.clock.now()
        row = {
            "tenant_id": organisation.tenant_id,
            "tenant_name": organisation.name,
            "access_ends": pair.access_ends,
            "consented_at": now,
            "saved_at": now,
            "refreshing_since": None,
            "ended_at": None,
            "ended_because": None,
            **self._sealed({"access": pair.access, "refresh": pair.refresh, "previous": None}),
        }
        with self._store.writing("begin_consent") as tx:
            pins.must_be(tx, self.connection, organisation.tenant_id)
            # The version goes on growing, so that a renewal under way for the consent before it changes nothing.
            tx.execute(
                upsert(tx.dialect.name, consents, lambda _: {"version": consents.c.version + 1}),
                {"connection": self.connection, "version": 1, **row},
            )

    def wipe(self) -> bool:
        """False where there was none."""
        with self._store.writing("wipe_consent") as tx:
            gone = tx.execute(delete(consents).where(consents.c.connection == self.connection))
        return gone.rowcount > 0

    def seal_anew(self) -> bool:
        """Under the first key, whichever it was sealed with; False where there is nothing to seal."""
        with self._store.writing("seal_anew") as tx:
            row = self._read(tx)
            if row is None:
                return False
            mine = consents.c.connection == self.connection
            tx.execute(update(consents).where(mine).values(**self._sealed(self._opened(row))))
        return True

    def _row(self) -> Row[Any] | None:
        with self._store.reading() as tx:
            return self._read(tx)

    def _read(self, tx: Connection) -> Row[Any] | None:
        query = select(consents).where(consents.c.connection == self.connection)
        return tx.execute(query).one_or_none()

    def _change(self, what: str, consent: Consent, *conditions: Any, **values: Any) -> bool:
        """For a live consent of that version; False where it moved on."""
        statement = (
            update(consents)
            .where(
                consents.c.connection == self.connection,
                consents.c.version == consent.health.version,
                consents.c.consented_at == consent.health.consented_at,
                consents.c.ended_at.is_(None),
                *conditions,
            )
            .values(**values)
        )
        with self._store.writing(what) as tx:
            return tx.execute(statement).rowcount > 0

    def _sealed(self, texts: Mapping[str, str | None]) -> dict[str, bytes | None]:
        seal = self._key()
        return {
            field: None if text is None else seal.close(text, self.connection, field)
            for field, text in texts.items()
        }

    def _opened(self, row: Row[Any]) -> dict[str, str | None]:
        seal = self._key()
        sealed = {field: getattr(row, field) for field in SEALED}
        return {
            field: None if value is None else seal.open(value, self.connection, field)
            for field, value in sealed.items()
        }

    def _key(self) -> Seal:
        if self._seal is None:
            raise Misconfigured("there is no key to keep Xero's tokens under; set secrets.key_file")
        return self._seal


def _health(row: Row[Any]) -> ConsentHealth:
    return ConsentHealth(
        organisation=Organisation(row.tenant_id, row.tenant_name),
        version=row.version,
        consented_at=row.consented_at,
        saved_at=row.saved_at,
        refreshing_since=row.refreshing_since,
        ended_at=row.ended_at,
        ended_because=row.ended_because,
    )
