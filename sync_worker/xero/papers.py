"""Files on a Xero document: one call puts up one. Xero replaces a file that has the same name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sync_worker.domain.batch import Done, Frozen, Outcome, Unanswered
from sync_worker.domain.errors import Rejected
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.xero.client import XeroClient
from sync_worker.xero.frozen import freeze_bytes
from sync_worker.xero.wire import AttachmentElement, elements


class XeroPapers:
    """ports.LedgerAttachments. IncludeOnline, which shows a file to a customer, is for sales alone and left out."""

    def __init__(self, client: XeroClient) -> None:
        self._client = client

    def names(self, document: XeroId) -> frozenset[str]:
        try:
            body = self._client.read(
                lambda api, tenant: api.get_invoice_attachments(
                    tenant, document, _preload_content=False
                )
            )
        except Rejected:
            return frozenset()  # no such document: nothing hangs on it
        found = elements(body, "Attachments")
        return frozenset(AttachmentElement.read(one).FileName for one in found)

    def prepare(
        self, document: XeroId, name: str, content: bytes, record: SalesforceId, generation: int
    ) -> Frozen:
        return freeze_bytes(
            "PUT",
            f"Invoices/{document}/Attachments/{quote(name)}",
            content,
            [record],
            tenant=self._client.tenant(),
            salt=str(generation),
        )


def outcomes(frozen: Frozen, body: Mapping[str, Any]) -> list[Outcome]:
    """Of the one file that was sent."""
    (record,) = frozen.records
    made = [AttachmentElement.model_validate(one) for one in elements(body, "Attachments")]
    if len(made) != 1 or not made[0].AttachmentID:
        return [Unanswered(record)]
    return [Done(record, XeroId(made[0].AttachmentID), made[0].FileName, "", None)]
