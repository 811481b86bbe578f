"""What the processes need from outside: the CRM, the ledger, the journal and the clock, as small Protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from sync_worker.domain.approval import Act
from sync_worker.domain.batch import Frozen, Outcome
from sync_worker.domain.books import Books
from sync_worker.domain.document import Document, Kind, Sighting, State
from sync_worker.domain.errors import Transient
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Draft, Invoice, LedgerInvoice
from sync_worker.domain.letter import Delivery, Digest, Letter, Outgoing, PaymentNotice, Stage
from sync_worker.domain.paper import Billed, File
from sync_worker.domain.party import Contact, Party
from sync_worker.domain.payment import LedgerPayment, PaymentRecord
from sync_worker.domain.payment_batch import Claim, Order, Payable, PaymentBatch
from sync_worker.domain.payout import BankFile, Payee, Unpayable


class Clock(Protocol):
    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None:
        """Waits; raises Stopping when the program is asked to stop meanwhile."""

    @property
    def stopping(self) -> bool: ...


Moments = Callable[[str], object]
"""Told, by name, where this program may die: before and after every commit of the journal and every call, as in
`journal.intend.before` and `xero.PUT.Invoices.after`. Whoever raises or kills there rehearses a crash."""


def unwatched(moment: str) -> None:
    """Nobody rehearses."""


# The CRM -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Totals:
    """What the CRM rolls up from an invoice's payments, or has us roll up."""

    paid: Decimal = Decimal(0)
    last_paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvoiceNews:
    """What is written back to one CRM invoice or milestone; None leaves a field alone, empty text clears it."""

    record: SalesforceId
    state: str | None = None
    message: str | None = None
    xero_id: XeroId | None = None
    xero_number: str | None = None
    link: str | None = None
    synced_at: datetime | None = None
    status: str | None = None
    totals: Totals | None = None
    clear_request: bool = False
    bill_date: date | None = None
    exempt: bool | None = None


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """The CRM refused one row: its code, its words."""

    record: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An invoice the CRM already links to Xero, with the payments it knows."""

    record: SalesforceId
    number: str
    xero_id: XeroId
    status: str
    total: Decimal | None
    totals: Totals
    payments: tuple[PaymentRecord, ...] = ()


class CrmInvoices(Protocol):
    def due(self) -> Iterator[Invoice]:
        """Every invoice that passes the ready filter, oldest first; streamed."""

    def requested(self) -> list[Invoice]:
        """Those somebody asked for on the record itself."""

    def numbered(self, number: str) -> list[Invoice]: ...

    def by_id(self, records: Sequence[SalesforceId]) -> dict[SalesforceId, Invoice]: ...

    def write(self, news: Sequence[InvoiceNews]) -> list[RowRefusal]:
        """Row by row, 200 a call; a second call changes nothing. A Finance External ID is written only
        where none is."""

    def edited_since(self, since: datetime) -> Iterator[Invoice]:
        """Linked ones that changed since then, they or their lines; one may come twice."""

    def linked_since(self, since: datetime) -> list[XeroId]:
        """The Xero invoices named by CRM invoices that changed since then, by whoever linked them."""

    def linked(self, invoices: Sequence[XeroId]) -> list[Standing]:
        """Those of the given Xero invoices that the CRM knows."""


class CrmParties(Protocol):
    def write_ids(self, links: Sequence[tuple[Party, XeroId]]) -> list[RowRefusal]: ...


class CrmPayments(Protocol):
    def upsert(self, payments: Sequence[PaymentRecord]) -> list[RowRefusal]:
        """By Finance External ID, sorted by invoice, 200 a call: a second call changes nothing."""


class CrmPapers(Protocol):
    def billed_since(self, since: datetime) -> Iterator[Billed]:
        """Milestones whose bill reached its final status and that changed after then, oldest change first."""

    def billed(self, bills: Sequence[XeroId]) -> list[Billed]:
        """The milestones of these bills."""

    def numbered(self, number: str) -> list[Billed]: ...

    def files(self, milestones: Sequence[SalesforceId]) -> list[File]:
        """Every file that stands on one of them, oldest first; one call for 200 milestones."""

    def content(self, file: File) -> bytes:
        """All of it. Raises Rejected where there is no such version, this user may not see it, or something else than
        the file came."""


# The ledger --------------------------------------------------------------------------------------


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
        """What our app has made or what changed of it since then, oldest change first."""

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


# Consent at the ledger ---------------------------------------------------------------------------


UNUSED_LIFE = timedelta(days=60)
"""How long a refresh token waits to be used (Xero's documentation)."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What the ledger's login gave: an access token, when it ends, and the refresh token for the next pair."""

    access: str = field(repr=False)
    access_ends: datetime
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A set of books that a person has let us into."""

    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ConsentHealth:
    """How a consent stands; nothing of it is secret."""

    organisation: Organisation
    version: int
    consented_at: datetime
    saved_at: datetime
    """When the present pair was stored; the refresh token's life is counted from here."""
    refreshing_since: datetime | None = None
    """Somebody claimed the renewal then, and it is not known to have ended."""
    ended_at: datetime | None = None
    ended_because: str | None = None

    def days_left(self, now: datetime) -> int:
        """Until the refresh token dies unused; each renewal begins them anew. None left where it has ended."""
        if self.ended_at:
            return 0
        return max(0, (self.saved_at + UNUSED_LIFE - now).days)


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent with its tokens. `previous` is the refresh token before the present one."""

    health: ConsentHealth
    pair: TokenPair
    previous: str | None = field(default=None, repr=False)


class Consents(Protocol):
    """One connection's consent, shared by every process on the journal. Every write but `begin` and `wipe` is made for
    the version that was read, and changes nothing where another came first."""

    connection: str

    def health(self) -> ConsentHealth | None: ...

    def current(self) -> Consent | None:
        """Raises Misconfigured where the tokens cannot be opened."""

    def claim(self, consent: Consent, life: timedelta) -> datetime | None:
        """The right to renew, for so long; None where another has it or has renewed already."""

    def release(self, consent: Consent, claim: datetime) -> None:
        """Nothing was asked for sure: whoever comes next may ask at once."""

    def save(self, consent: Consent, pair: TokenPair) -> None:
        """The new pair takes the place of the present one, which becomes the previous one."""

    def end(self, consent: Consent, because: str) -> bool:
        """No more calls until a person connects again. False where the consent was changed meanwhile."""

    def begin(self, organisation: Organisation, pair: TokenPair) -> None: ...

    def wipe(self) -> bool: ...


# The journal -------------------------------------------------------------------------------------


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

    def guard(self) -> None:
        """Before anything is written outside. Raises LaneLost unless this worker still holds the lane with its fence
        number, and renews the lease if it is due; raises Transient where the journal's disk is nearly full."""


class OpenRun(Protocol):
    id: str

    def close(self, outcome: str, counts: Mapping[str, Any]) -> None: ...


# Around the processes -----------------------------------------------------------------------------


class LaneKeeper(Protocol):
    """The lease of one connection: at most one worker sends for it, wherever it runs."""

    def acquire(self, ttl_s: float, owner_host: str) -> object | None: ...

    def guard(self) -> None: ...

    def release(self) -> None: ...


class Requests(Protocol):
    """What commands ask of whoever holds the lane."""

    def ask(self, command: str, subject: str) -> str: ...

    def next_asked(self) -> Asked | None: ...

    def answer(self, request: str, payload: Mapping[str, Any]) -> None: ...

    def answer_of(self, request: str) -> dict[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Parking:
    """A vendor is left alone until an instant, because it said that we have asked enough."""

    until: datetime
    reason: str

    def refusal(self, now: datetime) -> Transient:
        """For whoever would ask it before."""
        return Transient(
            f"{self.reason}; nothing is asked of it until {self.until:%d %b %Y %H:%M:%S} UTC",
            retry_after=(self.until - now).total_seconds(),
        )


class Parkings(Protocol):
    """Which vendors are left alone; remembered on disk, so that no restart asks a closed door."""

    def park(self, vendor: str, until: datetime, reason: str) -> None: ...

    def parked(self, vendor: str) -> Parking | None:
        """None from the instant on until which it was parked."""


class Switches(Protocol):
    """What an operator has paused."""

    def paused(self) -> Mapping[str, object]: ...


# The post ----------------------------------------------------------------------------------------


class Mail(Protocol):
    def send(self, letter: Letter) -> Delivery:
        """Once, and not again by itself; nothing is raised, and what is returned can be relied on."""


class Stationery(Protocol):
    """Letters written from the operator's templates. Raises Misconfigured where one cannot be filled in."""

    def payment(self, notice: PaymentNotice) -> Letter: ...

    def sync_errors(self, digest: Digest) -> Letter: ...


class Letters(Protocol):
    """The outbox of one connection; a key stands for one letter for ever."""

    def prepare(self, notices: Sequence[PaymentNotice]) -> None:
        """Those to be released once the CRM has their payments. What went further before is left as it is."""

    def release(self, keys: Sequence[str]) -> None:
        """Those of them that were prepared may leave."""

    def withdraw(self, keys: Sequence[str]) -> None:
        """Those of them that have not left will not."""

    def told(self) -> Mapping[str, str]:
        """What waited when it was last told, by record: a fingerprint of its trouble."""

    def tell(self, told: Mapping[str, str], ended: Iterable[str], digest: Digest | None) -> None:
        """What waits by now, what does not any more, and the letter that says so, in one commit."""

    def last_digest(self) -> datetime | None: ...

    def staged(self, *stages: Stage, limit: int = 1000) -> list[Outgoing]:
        """Oldest first."""

    def count(self, stage: Stage) -> int: ...

    def move(self, letter: Outgoing, to: Outgoing) -> bool:
        """To its new stage; False where somebody moved it meanwhile. What a letter said is forgotten once it is sent
        or dropped; its key is not."""


# Payment batches ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemNews:
    """What one item of a payment batch is to be; None leaves a field alone. It is found by batch and milestone, or
    made, unless its id is known."""

    milestone: SalesforceId
    status: str
    amount: Decimal | None = None
    pay_on: date | None = None
    reason: str = ""
    id: SalesforceId | None = None


@dataclass(frozen=True, slots=True)
class BatchNews:
    """What one payment batch is to be, found by its key, or made; None leaves a field alone."""

    key: str
    status: str
    title: str | None = None
    pay_on: date | None = None
    sha256: str | None = None
    exported_at: datetime | None = None
    items: tuple[ItemNews, ...] = ()


class CrmPaymentBatches(Protocol):
    def standing(self, *, closed: bool) -> list[PaymentBatch]:
        """In the order they were made; with `closed` those that were sent or cancelled as well."""

    def numbered(self, number: str) -> PaymentBatch | None: ...

    def keyed(self, key: str) -> PaymentBatch | None: ...

    def payable(self, numbers: Sequence[str]) -> dict[str, list[Payable]]:
        """The milestones of these numbers, whatever keeps them from being paid; a number may have been given twice."""

    def claims(self, milestones: Sequence[SalesforceId]) -> list[Claim]:
        """What batches pay of them, items that were taken out and cancelled batches aside."""

    def write(self, news: BatchNews) -> list[RowRefusal]:
        """A second call changes nothing."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An act that is committed and may not be done yet: the file to be written, the news for the CRM."""

    id: int
    act: Act
    news: BatchNews
    content: bytes | None = None


class PaymentBatchJournal(Protocol):
    """What people did with payment batches, and what was ordered of the bank; of one connection."""

    def new_key(self) -> str:
        """One that no batch has."""

    def begin(
        self,
        act: Act,
        news: BatchNews,
        *,
        content: bytes | None = None,
        orders: Sequence[Order] = (),
        released: Sequence[SalesforceId] = (),
    ) -> Begun:
        """The act with all that follows from it, in one commit, before anything is done outside."""

    def end(self, begun: Begun, outcome: str) -> None:
        """Done, or refused by the CRM in these words."""

    def unfinished(self) -> list[Begun]: ...

    def acts(self, batches: Sequence[str]) -> dict[str, list[Act]]:
        """Of each batch by its key, oldest first."""

    def ordered(self, milestones: Sequence[SalesforceId]) -> list[Order]:
        """What the bank was told to pay of them and was not released."""

    def last_paid(self, payees: Sequence[SalesforceId]) -> list[Order]:
        """The latest order to each payee, released or not."""


class Bank(Protocol):
    """The payer's own bank, by the settings of one connection."""

    @property
    def suffix(self) -> str:
        """How the names of its files end."""

    def file(
        self, name: str, payments: Sequence[Payee], pay_on: date, made_at: datetime
    ) -> BankFile | Unpayable:
        """`made_at` in the payer's own zone."""


class Folder(Protocol):
    """Where bank files are put for people to take them to the bank."""

    def free(self, name: str) -> None:
        """Raises Misconfigured where a file of that name cannot be put there, or is there already."""

    def put(self, name: str, content: bytes) -> None:
        """The whole file or none, and never in the place of another one: the same file may be put again."""
