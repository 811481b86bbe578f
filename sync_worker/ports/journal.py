"""What is remembered of one connection between runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from sync_worker.domain.batch import Frozen
from sync_worker.domain.document import Document, Kind, Sighting, State
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.payment import LedgerPayment


@dataclass(frozen=True, slots=True)
class Change:
    """One row's new face, and the words that say what happened: rows and journey are committed together."""

    document: Document
    words: str


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a record's journey."""

    at: datetime
    run: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    process: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    counts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request left in the journal for whoever holds the lane."""

    id: str
    command: str
    subject: str


class Documents(Protocol):
    """The journal's rows of one connection."""

    def documents(
        self, kind: Kind, records: Iterable[SalesforceId]
    ) -> dict[SalesforceId, Document]: ...

    def in_state(
        self, kind: Kind, states: Sequence[State], limit: int = 1000
    ) -> list[Document]: ...

    def by_xero_id(self, kind: Kind, ids: Sequence[XeroId]) -> dict[XeroId, Document]: ...

    def numbered(self, kind: Kind, number: str) -> list[Document]: ...

    def save(self, changes: Sequence[Change]) -> None:
        """In one commit."""

    def intend(self, frozen: Frozen, token: str, changes: Sequence[Change]) -> None:
        """The batch's bytes and key and its rows' SENDING, in one commit, before the call. Each row names the batch."""

    def settle(self, frozen: Frozen, changes: Sequence[Change]) -> None:
        """The answer, whole, in one commit; the bytes are forgotten when no row needs them any more."""

    def batch(self, batch: str) -> tuple[Frozen, str, datetime] | None:
        """A batch whose bytes are still needed, the token it first left with, and when. None once all is settled."""

    def see(self, seen: Sequence[Sighting]) -> None: ...

    def seen(self, records: Iterable[SalesforceId]) -> dict[SalesforceId, Sighting]: ...

    def journey(self, kind: Kind, record: SalesforceId) -> list[Step]: ...


NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Where a cursor stands that was never moved."""
PAYMENTS_POLLED = "payments polled"
"""The cursor: up to what time of Xero's all payments were surely asked for."""
PAYMENTS_MISSED = "payments missed"
"""The cursor: when it was last noticed that one is missing, so that all of them are to be asked for once more."""


class Inbox(Protocol):
    """Payments between their page and the CRM."""

    def receive(self, payments: Sequence[LedgerPayment], cursor: datetime) -> int:
        """New or changed payments and the cursor in one commit; how many were new or changed."""

    def waiting(self, limit: int = 1000) -> list[LedgerPayment]: ...

    def matchable(self, limit: int = 1000) -> list[LedgerPayment]:
        """Put aside as unmatched before, and now on an invoice the journal links."""

    def applied(self, payments: Sequence[LedgerPayment]) -> None: ...

    def unmatched(self, payments: Sequence[LedgerPayment]) -> None: ...

    def received(self, invoices: Sequence[XeroId]) -> dict[XeroId, Decimal]:
        """What all payments received and not taken back come to, of each invoice that has any."""

    def has_unmatched(self) -> bool: ...

    def wake(self, invoices: Sequence[XeroId]) -> int:
        """Payments put aside on these invoices wait again; how many they are."""


class Journal(Documents, Inbox, Protocol):
    """Everything remembered about one connection between runs."""

    def cursor(self, name: str) -> datetime | None: ...

    def move_cursor(self, name: str, to: datetime) -> None: ...

    def run(self, process: str) -> AbstractContextManager[OpenRun]:
        """A run is opened at once and closed whatever happens."""

    def fruitless_since(self, process: str) -> datetime | None:
        """When a run of it last came to its end, whatever it held; else when the first began, None where none did."""

    def guard(self) -> None:
        """Before anything is written outside. Raises LaneLost unless this worker still holds the lane with its fence
        number, and renews the lease if it is due; raises Transient where the journal's disk is nearly full."""


class OpenRun(Protocol):
    id: str

    def close(self, outcome: str, counts: Mapping[str, Any]) -> None: ...
