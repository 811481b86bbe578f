"""A batch: up to fifty documents in one call, frozen to bytes before it leaves, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sync_worker.domain.ids import SalesforceId, XeroId


@dataclass(frozen=True, slots=True)
class Frozen:
    """One write, ready to go: the bytes that are committed are the bytes that leave."""

    id: str
    method: str
    path: str
    """Below the Accounting API's base, with its query, e.g. `Invoices?summarizeErrors=false&unitdp=4`."""
    body: bytes
    key: str | None
    """Idempotency-Key; None only on updates by id, which may be repeated without harm."""
    records: tuple[SalesforceId, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """Xero made or changed it."""

    record: SalesforceId
    xero_id: XeroId
    number: str
    status: str
    total: Decimal | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Xero refused this one, in its own words; the others of its batch went on."""

    record: SalesforceId
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The reply does not speak of this one: its outcome is unknown."""

    record: SalesforceId


Outcome = Done | Refused | Unanswered
