"""The journal of one connection, as the processes see it: `ports.Journal`, and around it the lane
that guards writing, the operator's switches, the requests left for the lane's holder, and the
overview.

Every method is one transaction. What belongs to the lane is written only by whoever holds it: the
fence is checked in the same transaction, so that a worker that lost its lane can change nothing,
however late it wakes up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine

from sync_worker.domain.batch import Frozen
from sync_worker.domain.document import Document, Kind, Sighting, State
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.payment import LedgerPayment
from sync_worker.ports import Change, Clock, Moments, Step, unwatched
from sync_worker.state import batches, cursors, documents, inbox, pins, runs, sightings
from sync_worker.state.inbox import Progress
from sync_worker.state.lease import Lane
from sync_worker.state.letters import SqlLetters
from sync_worker.state.overview import Overview
from sync_worker.state.payment_batches import PaymentBatches
from sync_worker.state.requests import Requests
from sync_worker.state.runs import RunRow
from sync_worker.state.space import Space
from sync_worker.state.store import Store
from sync_worker.state.switches import Switches

PAYMENTS = "payments"
"""The cursor that moves with the inbox."""


class SqlJournal:
    def __init__(
        self,
        engine: Engine,
        connection: str,
        clock: Clock,
        moments: Moments = unwatched,
        *,
        free_mb: int = 0,
    ) -> None:
        self._store = Store(engine, connection, clock, moments)
        self._run = ""
        self._space = Space(engine, free_mb)
        self.lane = Lane(self._store)
        self.switches = Switches(self._store)
        self.requests = Requests(self._store)
        self.overview = Overview(self._store)
        self.payment_batches = PaymentBatches(self._store, self.lane)
        self.letters = SqlLetters(self._store, self.lane)

    # Documents

    def documents(
        self, kind: Kind, records: Iterable[SalesforceId]
    ) -> dict[SalesforceId, Document]:
        with self._store.reading() as tx:
            return documents.by_record(tx, self._store.connection, kind, records)

    def in_state(self, kind: Kind, states: Sequence[State], limit: int = 1000) -> list[Document]:
        with self._store.reading() as tx:
            return documents.in_state(tx, self._store.connection, [kind], states, limit)

    def by_xero_id(self, kind: Kind, ids: Sequence[XeroId]) -> dict[XeroId, Document]:
        with self._store.reading() as tx:
            return documents.by_xero_id(tx, self._store.connection, kind, ids)

    def numbered(self, kind: Kind, number: str) -> list[Document]:
        with self._store.reading() as tx:
            return documents.numbered(tx, self._store.connection, kind, number)

    def save(self, changes: Sequence[Change]) -> None:
        if changes:
            with self._in_lane("save") as tx:
                self._write(tx, changes)

    def intend(self, frozen: Frozen, token: str, changes: Sequence[Change]) -> None:
        batches.must_name_it(frozen, changes)
        sent_at = batches.earliest(changes, self._store.clock.now())
        with self._in_lane("intend") as tx:
            batches.about_to_send(tx, self._store.connection, frozen, token, sent_at)
            self._write(tx, changes)

    def settle(self, frozen: Frozen, changes: Sequence[Change]) -> None:
        """What a record's row says of its batch decides whether the bytes stay: none in doubt, none
        kept."""
        with self._in_lane("settle") as tx:
            self._write(tx, changes)

    def batch(self, batch: str) -> tuple[Frozen, str, datetime] | None:
        with self._store.reading() as tx:
            return batches.replayable(tx, self._store.connection, batch)

    def release_hold(self, kind: Kind, record: SalesforceId) -> bool:
        """A person's word: a waiting record is tried again at the next run. Needs no lane; False
        where it does not wait."""
        with self._store.writing("release_hold") as tx:
            now = self._store.clock.now()
            return documents.release(tx, self._store.connection, self._run, now, kind, record)

    def see(self, seen: Sequence[Sighting]) -> None:
        if seen:
            with self._in_lane("see") as tx:
                sightings.write(tx, self._store.connection, seen)

    def seen(self, records: Iterable[SalesforceId]) -> dict[SalesforceId, Sighting]:
        with self._store.reading() as tx:
            return sightings.by_record(tx, self._store.connection, records)

    def journey(self, kind: Kind, record: SalesforceId) -> list[Step]:
        with self._store.reading() as tx:
            return documents.journey(tx, self._store.connection, kind, record)

    # Inbox

    def receive(self, payments: Sequence[LedgerPayment], cursor: datetime) -> int:
        with self._in_lane("receive") as tx:
            cursors.move(tx, self._store.connection, PAYMENTS, cursor)
            return inbox.receive(tx, self._store.connection, payments)

    def waiting(self, limit: int = 1000) -> list[LedgerPayment]:
        with self._store.reading() as tx:
            return inbox.waiting(tx, self._store.connection, limit)

    def matchable(self, limit: int = 1000) -> list[LedgerPayment]:
        with self._store.reading() as tx:
            return inbox.matchable(tx, self._store.connection, limit)

    def applied(self, payments: Sequence[LedgerPayment]) -> None:
        with self._in_lane("applied") as tx:
            inbox.mark(tx, self._store.connection, Progress.APPLIED, payments)

    def unmatched(self, payments: Sequence[LedgerPayment]) -> None:
        with self._in_lane("unmatched") as tx:
            inbox.mark(tx, self._store.connection, Progress.UNMATCHED, payments)

    def received(self, invoices: Sequence[XeroId]) -> dict[XeroId, Decimal]:
        with self._store.reading() as tx:
            return inbox.received(tx, self._store.connection, invoices)

    def has_unmatched(self) -> bool:
        with self._store.reading() as tx:
            return inbox.has_unmatched(tx, self._store.connection)

    def wake(self, invoices: Sequence[XeroId]) -> int:
        with self._in_lane("wake") as tx:
            return inbox.wake(tx, self._store.connection, invoices)

    # Cursors, runs and the lane

    def cursor(self, name: str) -> datetime | None:
        with self._store.reading() as tx:
            return cursors.at(tx, self._store.connection, name)

    def move_cursor(self, name: str, to: datetime) -> None:
        with self._in_lane("move_cursor") as tx:
            cursors.move(tx, self._store.connection, name, to)

    def fruitless_since(self, process: str) -> datetime | None:
        with self._store.reading() as tx:
            return runs.fruitless_since(tx, self._store.connection, process)

    @contextmanager
    def run(self, process: str) -> Iterator[RunRow]:
        """Left by an error it is closed as failed, left by a stop as stopped, left without a word
        as done. What is written meanwhile carries its id."""
        alone = self.lane.lease is not None
        with runs.opened(self._store, process, alone=alone) as run:
            around, self._run = self._run, run.id
            try:
                yield run
            finally:
                self._run = around

    def guard(self) -> None:
        self.lane.guard()
        self._space.guard()

    def pin(self, tenant_id: str, org_id: str) -> None:
        pins.pin(self._store, tenant_id, org_id)

    @contextmanager
    def _in_lane(self, what: str) -> Iterator[Connection]:
        with self._store.writing(what) as tx:
            self.lane.confirm(tx)
            yield tx

    def _write(self, tx: Connection, changes: Sequence[Change]) -> None:
        now = self._store.clock.now()
        documents.write(tx, self._store.connection, self._run, now, changes)
        batches.forget_settled(tx, self._store.connection)
