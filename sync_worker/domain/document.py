"""What we know of one CRM record's standing in Xero: the journal's row, and the states it moves through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sync_worker.domain.hold import Hold
from sync_worker.domain.ids import SalesforceId, XeroId


class Kind(StrEnum):
    """What a record becomes in Xero."""

    CONTACT = "contact"
    INVOICE = "invoice"
    BILL = "bill"
    OPTION = "option"
    """A tracking option, made for a record of the CRM that names it."""
    ATTACHMENT = "attachment"
    """A file on a bill; its `xero_id` is the bill's, and its `number` the file's name there."""


class State(StrEnum):
    """How far a record has come. `moves` has every way from one to another."""

    NEW = "NEW"
    """Known and due; nothing was ever sent under this generation."""
    SENDING = "SENDING"
    """Bytes and key are committed and may have left; until an answer is recorded, treat as sent."""
    UNSURE = "UNSURE"
    """Sent, and the answer is lost. Look before anything else."""
    CREATED = "CREATED"
    """It stands in Xero, as a draft where it is made in two steps."""
    PROMOTED = "PROMOTED"
    """It stands in Xero in its final status; the CRM does not know yet."""
    WRITTEN = "WRITTEN"
    """Both sides know each other."""
    VERIFIED = "VERIFIED"
    """Looked at on both sides since, and they agree."""
    DRIFT = "DRIFT"
    """Somebody changed one side since; a person decides which is right."""
    HELD = "HELD"
    """Waits for a person or for its inputs to change."""
    REJECTED = "REJECTED"
    """Xero refused it in its own words; waits like a held one."""
    CANCELLED = "CANCELLED"
    """The CRM record went away before anything was sent."""
    ORPHAN = "ORPHAN"
    """The CRM record went away after the document was made; a person decides."""


IN_DOUBT = (State.SENDING, State.UNSURE)
WAITING = (State.HELD, State.REJECTED)
NEEDS_A_PERSON = (*WAITING, State.DRIFT, State.ORPHAN)
"""Those with a reason and a cure."""
LINKED = (State.WRITTEN, State.VERIFIED, State.DRIFT, State.ORPHAN)
"""Those that came to their end once. Where the CRM shows one of them as due again, its id was cleared."""


@dataclass(frozen=True, slots=True)
class Document:
    """One record's row. `generation` counts proven-absent tries, so that no marker or key is ever used for two."""

    kind: Kind
    record: SalesforceId
    number: str
    state: State = State.NEW
    generation: int = 1
    input_hash: str = ""
    """Of everything in the CRM and the rules that shaped it. A held record is tried again when this changes."""
    total: Decimal | None = None
    batch: str | None = None
    sent_at: datetime | None = None
    """By Xero's own clock: nothing is called absent before QUIET has passed since."""
    xero_id: XeroId | None = None
    xero_number: str = ""
    hold: Hold | None = None
    attempts: int = 0
    next_try_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def document_id(self) -> XeroId:
        """Its id in Xero. Asking for it before there is one is a mistake of this program, never a blank on the wire."""
        if self.xero_id is None:
            msg = f"{self.kind} {self.number} does not stand in Xero"
            raise ValueError(msg)
        return self.xero_id


@dataclass(frozen=True, slots=True)
class Sighting:
    """A document that carries our marker and that the journal does not know: the journal is new, older or lost."""

    record: SalesforceId
    generation: int
    xero_id: XeroId
    xero_number: str
    reference: str
    status: str
    total: Decimal
