"""Tracking options in Xero: one call makes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_worker.domain.batch import Done, Frozen, Outcome, Unanswered
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.ports import LedgerBooks
from sync_worker.xero.client import XeroClient
from sync_worker.xero.frozen import freeze
from sync_worker.xero.wire import TrackingOptionWire, elements


class XeroTracking:
    """ports.LedgerTracking."""

    def __init__(self, client: XeroClient, books: LedgerBooks) -> None:
        self._client = client
        self._books = books

    def prepare_option(self, category: str, name: str, source: SalesforceId) -> Frozen:
        category_id = self._books.books().category_ids[category]
        return freeze(
            "PUT",
            f"TrackingCategories/{category_id}/Options",
            "Options",
            [(source, {"Name": name})],
            tenant=self._client.tenant(),
            keyed=False,
        )


def outcomes(frozen: Frozen, body: Mapping[str, Any]) -> list[Outcome]:
    """Of the one option that was sent."""
    (record,) = frozen.records
    made = [TrackingOptionWire.model_validate(one) for one in elements(body, "Options")]
    if len(made) != 1 or not made[0].TrackingOptionID:
        return [Unanswered(record)]
    option = made[0]
    return [Done(record, XeroId(option.TrackingOptionID), option.Name, option.Status, None)]
