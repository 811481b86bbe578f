"""Webhooks: what changed is told to one receiver, signed, in order, and again until it is heard.

A delivery is repeated at once, then every 15 minutes for 24 hours, after which the subscription is disabled; events
wait 31 days and come in order when the receiver is well again (Xero's webhook pages). There is no event for payments:
that a payment tells of its invoice is widely assumed, and so here. Times are the virtual clock's. Nothing is sent from
here: whoever serves the sandbox asks for `due` deliveries, sends them and reports back.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sync_worker.sandbox.xero.records import Contact, Credit, Invoice

SIGNATURE = "x-xero-signature"
PATIENCE_S = 5  # a receiver that takes longer was not there
EVERY = 15 * 60_000
GIVES_UP = 24 * 3_600_000
KEPT = 31 * 86_400_000
MOST_EVENTS = 100  # in one delivery; unsettled
_HOST = "https://api.xero.com/api.xro/2.0"
_CATEGORIES = {"CreditNotes": "CREDITNOTE", "Prepayments": "PREPAYMENT", "Overpayments": "OVERPAYMENT"}  # fmt: skip

Told = Contact | Invoice | Credit


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST to the receiver. `right` says whether its signature is; intent to receive sends some that are not."""

    url: str
    headers: dict[str, str]
    body: bytes
    right: bool = True
    last: int = 0  # the sequence number of its last event


@dataclass(frozen=True, slots=True)
class Event:
    sequence: int
    when: int
    told: dict[str, Any]


class Webhooks:
    """The one subscription of the app. `status` is none, pending, ok or disabled."""

    def __init__(self, now: Callable[[], int], entropy: Callable[[], str]) -> None:
        self._now, self._entropy = now, entropy
        self.url = self._key = ""
        self.status = "none"
        self._events: list[Event] = []
        self._sequence = 0
        self._tries = 0
        self._next_try = 0
        self._first_failure = 0

    def subscribe(self, url: str, key: str) -> list[Delivery]:
        """Set the receiver; the POSTs of its intent to receive, to be answered to `prove`."""
        self.url, self._key, self.status = url, key, "pending"
        body = self._body([])
        return [self._delivery(body, right) for right in (True, False, False, True)]

    def prove(self, sent: Sequence[Delivery], statuses: Sequence[int | None]) -> bool:
        """Whether the receiver told right signatures (2xx) from wrong ones (401)."""
        proven = all(
            status is not None and (200 <= status < 300 if delivery.right else status == 401)
            for delivery, status in zip(sent, statuses, strict=True)
        )
        self.status = "ok" if proven else "pending"
        self._tries = self._next_try = 0
        return proven

    def note(self, tenant: str, before: Told | None, after: Told) -> None:
        """A record was made or stamped anew."""
        if self.status == "none":
            return
        self._sequence += 1
        self._events.append(Event(self._sequence, self._now(), _event(tenant, before, after)))

    def due(self) -> Delivery | None:
        """What is to be sent now, if anything."""
        now = self._now()
        self._events = [event for event in self._events if event.when + KEPT > now]
        if self.status != "ok" or not self._events or now < self._next_try:
            return None
        events = self._events[:MOST_EVENTS]
        return self._delivery(self._body(events), True, events[-1].sequence)

    def heard(self, delivery: Delivery, status: int | None) -> None:
        """What became of a delivery: the status it got, None for none in time."""
        if status is not None and 200 <= status < 300:
            self._events = [event for event in self._events if event.sequence > delivery.last]
            self._tries = self._next_try = 0
            return
        now = self._now()
        self._tries += 1
        if self._tries == 1:
            self._first_failure = now
        elif now - self._first_failure >= GIVES_UP:
            self.status = "disabled"
        self._next_try = now if self._tries == 1 else now + EVERY

    def waiting(self) -> int:
        return len(self._events)

    def _body(self, events: Sequence[Event]) -> bytes:
        told = {
            "events": [event.told for event in events],
            "firstEventSequence": events[0].sequence if events else 0,
            "lastEventSequence": events[-1].sequence if events else 0,
            "entropy": self._entropy(),
        }
        return json.dumps(told, separators=(",", ":")).encode()

    def _delivery(self, body: bytes, right: bool, last: int = 0) -> Delivery:
        key = self._key if right else f"{self._key}, but not quite"
        headers = {"Content-Type": "application/json", SIGNATURE: signature(body, key)}
        return Delivery(self.url, headers, body, right, last)


def signature(body: bytes, key: str) -> str:
    """HMAC-SHA256 of the raw body under the signing key as text, in base64 (Xero's webhook pages)."""
    return base64.b64encode(hmac.digest(key.encode(), body, "sha256")).decode()


def stamped(changes: Iterable[tuple[Any, Any]]) -> dict[str, tuple[Told | None, Told]]:
    """Of (before, after) pairs, the records worth telling of: new, or with a new time. The last of each counts."""
    told: dict[str, tuple[Told | None, Told]] = {}
    for before, after in changes:
        if isinstance(after, (Contact, Invoice, Credit)) and (
            before is None or before.updated != after.updated
        ):
            told[after.id] = (told[after.id][0] if after.id in told else before, after)
    return told


def _event(tenant: str, before: Told | None, after: Told) -> dict[str, Any]:
    place, category = _place(after)
    moment = datetime.fromtimestamp(after.updated / 1000, UTC)
    event: dict[str, Any] = {
        "resourceUrl": f"{_HOST}/{place}/{after.id}",
        "resourceId": after.id,
        "eventDateUtc": moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{after.updated % 1000:03d}",
        "eventType": "CREATE" if before is None else "UPDATE",
        "eventCategory": category,
        "tenantId": tenant,
        "tenantType": "ORGANISATION",
    }
    if isinstance(after, Credit) and category == "CREDITNOTE":
        event["data"] = {"Type": after.kind, "Status": after.status}
    return event


def _place(record: Told) -> tuple[str, str]:
    if isinstance(record, Contact):
        return "Contacts", "CONTACT"
    if isinstance(record, Invoice):
        return "Invoices", "INVOICE"
    return record.family, _CATEGORIES[record.family]
