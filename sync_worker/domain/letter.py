"""A letter: what is told to somebody by e-mail, and what became of sending it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

MOST_SHOWN = 50
"""Troubles that one digest spells out; it counts the others."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Ready to go. Two letters with the same key are the same letter, however often it is sent."""

    key: str
    to: str
    subject: str
    plain: str
    html: str


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """What an applicant is told when money for a milestone has been paid."""

    payment: str
    """The id of the payment in Xero: one letter for each."""
    to: str
    applicant: str
    organisation: str
    milestone: str
    bill: str
    amount: Decimal
    currency: str
    paid_on: date
    outstanding: Decimal
    """What is left to pay of this milestone; zero where it is paid in full."""
    title: str = ""
    """The milestone's own name; empty where the CRM has none, or was not asked."""

    @property
    def key(self) -> str:
        return payment_key(self.payment)


def payment_key(payment: str) -> str:
    """One letter for each payment, for ever."""
    return f"payment:{payment}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A record that waits: why, what ends it, where to look and what to type afterwards."""

    record: str
    cause: str
    """With Xero's own words where there are any."""
    cure: str
    retry: str
    record_link: str = ""
    document_link: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """What newly waits on one connection, in one letter."""

    connection: str
    to: str
    troubles: tuple[Trouble, ...]
    at: datetime
    """When it was written: what was cured and waits again for the same reason is told in another letter."""

    @property
    def key(self) -> str:
        told = "\n".join(sorted(f"{one.record}\t{one.cause}" for one in self.troubles))
        troubles = hashlib.sha256(told.encode()).hexdigest()[:16]
        return f"sync-errors:{self.connection}:{self.at:%Y-%m-%dT%H:%M:%SZ}:{troubles}"

    @property
    def shown(self) -> tuple[Trouble, ...]:
        return self.troubles[:MOST_SHOWN]

    @property
    def more(self) -> int:
        return len(self.troubles) - len(self.shown)


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail server has taken it over, in these words."""

    message_id: str
    words: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing left, for sure. `again` says whether the same letter may go later without anything being changed;
    `every` that the server lets no letter through as things are, whichever it is."""

    words: str
    again: bool
    every: bool = False


@dataclass(frozen=True, slots=True)
class SentPerhaps:
    """The letter was handed over and the answer was lost: it may have arrived or not, and nobody can look. It is not
    sent again by itself; where a person decides to, its Message-ID is the same, so that a repeat can be told."""

    message_id: str
    words: str


Delivery = Sent | NotSent | SentPerhaps


# The outbox ---------------------------------------------------------------------------------------


class Stage(StrEnum):
    """How far a letter has come."""

    PREPARED = "PREPARED"
    """Written before the CRM has the payment it tells of; it goes nowhere until the CRM has it."""
    WAITING = "WAITING"
    """To be sent by the next run."""
    SENDING = "SENDING"
    """Committed before it is handed over: it may have left."""
    SENT = "SENT"
    UNSURE = "UNSURE"
    """Handed over, and the answer is lost. A person decides whether it is sent again."""
    REFUSED = "REFUSED"
    """It did not leave and will not by itself; a person decides."""
    DROPPED = "DROPPED"
    """Not to be sent any more: the payment was taken back first, or a person said so."""


FOR_A_PERSON = (Stage.REFUSED, Stage.UNSURE)
MOST_TRIES = 24


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter in the outbox: what it tells, and how far it has come."""

    told: PaymentNotice | Digest
    stage: Stage
    attempts: int = 0
    next_try_at: datetime | None = None
    words: str = ""
    """What the mail server, or a person, said last."""
    created_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.told.key

    @property
    def to(self) -> str:
        return self.told.to

    @property
    def harmless_twice(self) -> bool:
        """An operator who is told the same twice shrugs; an applicant may believe that money came twice."""
        return isinstance(self.told, Digest)


def next_post(attempts: int) -> timedelta | None:
    """When a letter that was put off is tried again: after 1, 2, 4 ... minutes, at most 6 hours. After four days and a
    half it is given up, as mail servers do (RFC 5321, 4.5.4.1)."""
    if attempts >= MOST_TRIES:
        return None
    return timedelta(minutes=min(360, 2 ** max(0, attempts - 1)))
