"""What the processes need of the ledger: its books, contacts, documents and payments, and the one way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sync_worker.domain.batch import Frozen, Outcome
from sync_worker.domain.books import Books
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Draft, LedgerInvoice
from sync_worker.domain.party import Contact, Party
from sync_worker.domain.payment import LedgerPayment


class LedgerBooks(Protocol):
    def books(self) -> Books: ...

    def forget(self) -> None:
        """What was read is read anew when it is next asked for."""

    def currencies(self) -> frozenset[str]:
        """Those the organisation subscribes to."""

    def add_option(self, category: str, option: str) -> None:
        """A tracking option that was made just now is known without another look."""


class LedgerTracking(Protocol):
    def prepare_option(self, category: str, name: str, source: SalesforceId) -> Frozen:
        """One option of a category, for the CRM record that names it."""


class LedgerContacts(Protocol):
    def by_id(self, ids: Sequence[XeroId]) -> dict[XeroId, Contact]:
        """Archived and merged ones included; merged ones are answered under the id asked for."""

    def by_number(self, records: Sequence[SalesforceId]) -> dict[SalesforceId, Contact]: ...

    def named(self, names: Sequence[str]) -> list[Contact]:
        """The active contacts of these names, whatever their case."""

    def prepare_new(self, parties: Sequence[tuple[Party, int]]) -> Frozen:
        """(party, generation) each; a new generation makes a new key."""

    def prepare_changes(
        self, changes: Sequence[tuple[Party, XeroId, Mapping[str, Any]]]
    ) -> Frozen: ...


class LedgerInvoices(Protocol):
    def prepare_new(self, drafts: Sequence[tuple[Draft, XeroId, int]]) -> Frozen:
        """(draft, contact, generation) each; at most `batch` of them."""

    def prepare_completion(
        self, drafts: Sequence[tuple[SalesforceId, XeroId, Draft | None]]
    ) -> Frozen:
        """The second step: the stored draft gets its final status; with a Draft its contents are replaced too."""

    def made_by_us(self, since: datetime | None) -> Iterator[LedgerInvoice]:
        """What our app has made or what changed of it since then, oldest change first. One may come twice: as it was
        and as it is by now, or unchanged where two pages overlap."""

    def by_id(self, ids: Sequence[XeroId]) -> dict[XeroId, LedgerInvoice]: ...

    def numbered(self, numbers: Sequence[str]) -> list[LedgerInvoice]: ...


class LedgerAttachments(Protocol):
    def names(self, document: XeroId) -> frozenset[str]:
        """Of the files that hang on it."""

    def prepare(
        self, document: XeroId, name: str, content: bytes, record: SalesforceId, generation: int
    ) -> Frozen:
        """One file, for the journal's row of that record. A new generation makes a new key."""


class LedgerPayments(Protocol):
    def changed(self, since: datetime | None) -> Iterator[list[LedgerPayment]]:
        """Pages of what changed since then, by server time, deleted ones included."""


class LedgerSender(Protocol):
    """The one way out for writes."""

    def ready(self) -> None:
        """Waits until a call may leave at once: whatever waiting there is, is done before the intent."""

    def send(self, frozen: Frozen) -> list[Outcome]:
        """One call, one request on the wire. Raises Transient if nothing was done for sure, Rejected if the whole
        call was refused, OutcomeUnknown otherwise."""

    @property
    def token(self) -> str:
        """Which access token is in use, as a fingerprint: keys are replayed only under the token they left with."""

    def now(self) -> datetime:
        """Xero's own time, as far as its last answer tells."""
