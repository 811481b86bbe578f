"""The operator's switches: processes that are paused until somebody resumes them, and vendors that
are left alone until an instant because their quota is used up. Anybody may turn them; no lane is
needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from sync_worker.ports import Parking
from sync_worker.state.store import Store, upsert
from sync_worker.state.tables import parkings, pauses


@dataclass(frozen=True, slots=True)
class Pause:
    reason: str
    since: datetime


_PAUSED = select(pauses).where(pauses.c.connection == bindparam("ours"))
_PARKED = select(parkings).where(
    parkings.c.connection == bindparam("ours"), parkings.c.until > bindparam("now")
)


class Switches:
    def __init__(self, store: Store) -> None:
        self._store = store

    def pause(self, process: str, reason: str) -> None:
        row = {"process": process, "reason": reason, "since": self._store.clock.now()}
        with self._store.writing("pause") as tx:
            tx.execute(
                upsert(tx.dialect.name, pauses), {"connection": self._store.connection, **row}
            )

    def resume(self, process: str) -> bool:
        """False where it was not paused."""
        with self._store.writing("resume") as tx:
            gone = tx.execute(
                delete(pauses).where(
                    pauses.c.connection == self._store.connection, pauses.c.process == process
                )
            )
        return gone.rowcount > 0

    def paused(self) -> dict[str, Pause]:
        with self._store.reading() as tx:
            paused = tx.execute(_PAUSED, {"ours": self._store.connection})
            return {row.process: Pause(row.reason, row.since) for row in paused}

    def park(self, vendor: str, until: datetime, reason: str) -> None:
        row = {"vendor": vendor, "until": until, "reason": reason}
        with self._store.writing("park") as tx:
            tx.execute(
                upsert(tx.dialect.name, parkings), {"connection": self._store.connection, **row}
            )

    def parked(self, vendor: str) -> Parking | None:
        """None from the instant on until which it was parked."""
        return self.parkings().get(vendor)

    def parkings(self) -> dict[str, Parking]:
        """Every vendor that is left alone now."""
        ours = {"ours": self._store.connection, "now": self._store.clock.now()}
        with self._store.reading() as tx:
            parked = tx.execute(_PARKED, ours)
            return {row.vendor: Parking(row.until, row.reason) for row in parked}
