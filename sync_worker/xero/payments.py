"""Payments in Xero, as they change: one call a poll serves receipts, refunds and deletions alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sync_worker.domain.payment import LedgerPayment
from sync_worker.xero.client import XeroClient
from sync_worker.xero.invoices import PAGE, modified_since, next_key
from sync_worker.xero.wire import PaymentElement, elements


class XeroPayments:
    """ports.LedgerPayments. No `where`: it triggers Xero's high-volume refusal, and one stream serves all kinds."""

    def __init__(self, client: XeroClient) -> None:
        self._client = client

    def changed(self, since: datetime | None) -> Iterator[list[LedgerPayment]]:
        page = 1
        while True:
            found = self._page(since, page)
            yield found
            if len(found) < PAGE:
                return
            since, page = next_key(since, found[-1].updated_at, page)

    def _page(self, since: datetime | None, page: int) -> list[LedgerPayment]:
        body = self._client.read(
            lambda api, tenant: api.get_payments(
                tenant,
                order="UpdatedDateUTC ASC",
                page=page,
                page_size=PAGE,
                _preload_content=False,
                **modified_since(since),
            )
        )
        return [PaymentElement.read(one).payment() for one in elements(body, "Payments")]
