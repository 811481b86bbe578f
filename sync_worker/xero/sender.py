"""The one way out for writes: the frozen bytes, one request, and what came of each document."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from sync_worker.domain.batch import Frozen, Outcome
from sync_worker.domain.errors import OutcomeUnknown
from sync_worker.xero import contacts, invoices, papers, tracking
from sync_worker.xero.client import XeroClient

READERS = {
    "Contacts": contacts.outcomes,
    "Invoices": invoices.outcomes,
    "Invoices/Attachments": papers.outcomes,
    "TrackingCategories/Options": tracking.outcomes,
}
"""By what is written, without its ids and names."""


class XeroSender:
    """ports.LedgerSender."""

    def __init__(self, client: XeroClient) -> None:
        self._client = client

    def ready(self) -> None:
        self._client.ready()

    @property
    def token(self) -> str:
        return self._client.token

    def now(self) -> datetime:
        return self._client.now()

    def send(self, frozen: Frozen) -> list[Outcome]:
        body = self._client.write(frozen)
        read = READERS["/".join(frozen.path.partition("?")[0].split("/")[::2])]
        try:
            return read(frozen, body)
        except (ValidationError, ValueError) as strange:
            raise OutcomeUnknown("Xero's answer has another shape than it ever had") from strange
