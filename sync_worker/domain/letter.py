"""A letter: what is told to somebody by e-mail, and what became of sending it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

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
    """Everything that waits on one connection, in one letter."""

    connection: str
    to: str
    troubles: tuple[Trouble, ...]

    @property
    def key(self) -> str:
        """The same while the same records wait for the same reasons, so that nobody is told twice."""
        told = "\n".join(sorted(f"{one.record}\t{one.cause}" for one in self.troubles))
        return f"sync-errors:{self.connection}:{hashlib.sha256(told.encode()).hexdigest()}"

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
    """Nothing left, for sure. `again` says whether the same letter may go later without anything being changed."""

    words: str
    again: bool


@dataclass(frozen=True, slots=True)
class SentPerhaps:
    """The letter was handed over and the answer was lost: it may have arrived or not, and nobody can look. It is not
    sent again by itself; where a person decides to, its Message-ID is the same, so that a repeat can be told."""

    message_id: str
    words: str


Delivery = Sent | NotSent | SentPerhaps
