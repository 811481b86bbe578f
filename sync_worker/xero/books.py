"""The organisation's books, read in as few calls as the settings need: three, and one more for each
thing configured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import urllib3
from xero_python.accounting import AccountingApi

from sync_worker.domain.books import Account, Books, TaxRate
from sync_worker.domain.ids import XeroId
from sync_worker.ports import Clock
from sync_worker.xero.client import XeroClient
from sync_worker.xero.wire import (
    AccountWire,
    BrandingThemeWire,
    CurrencyWire,
    OrganisationWire,
    TaxRateWire,
    TrackingOptionWire,
    TrackingWire,
    elements,
)

FRESH = timedelta(minutes=15)
CONTROL_ACCOUNTS = frozenset({"DEBTORS", "CREDITORS"})


class XeroBooks:
    """ports.LedgerBooks; what was read is believed for a quarter of an hour."""

    def __init__(self, client: XeroClient, clock: Clock, *, tracking: bool, branding: bool) -> None:
        self._client = client
        self._clock = clock
        self._tracking = tracking
        self._branding = branding
        self._read_at: datetime | None = None
        self._books: Books | None = None

    def books(self) -> Books:
        now = self._clock.now()
        if self._books is None or self._read_at is None or now - self._read_at > FRESH:
            self._books, self._read_at = self._fetch(), now
        return self._books

    def forget(self) -> None:
        self._books = None

    def _fetch(self) -> Books:
        organisation = OrganisationWire.read(
            self._list("Organisations", lambda api, t: api.get_organisations(t, **_RAW))[0]
        )
        accounts = self._list("Accounts", lambda api, t: api.get_accounts(t, **_RAW))
        rates = self._list("TaxRates", lambda api, t: api.get_tax_rates(t, **_RAW))
        categories = self._tracking_categories() if self._tracking else []
        return Books(
            tenant_name=organisation.Name,
            base_currency=organisation.BaseCurrency,
            short_code=organisation.ShortCode,
            period_lock=organisation.PeriodLockDate,
            year_end_lock=organisation.EndOfYearLockDate,
            accounts={one.code: one for one in map(_account, accounts) if one.code},
            tax_rates={one.type: one for one in map(_tax_rate, rates)},
            tracking={
                one.Name: frozenset(option.Name for option in _active(one.Options))
                for one in categories
            },
            category_ids={one.Name: XeroId(one.TrackingCategoryID) for one in categories},
            option_ids={
                (one.Name, option.Name): XeroId(option.TrackingOptionID)
                for one in categories
                for option in _active(one.Options)
            },
            branding_themes=self._branding_themes() if self._branding else {},
        )

    def add_option(self, category: str, option: str) -> None:
        if self._books:
            self._books = self._books.with_options(category, [option])

    def currencies(self) -> frozenset[str]:
        """Those the organisation subscribes to; asked only where an invoice is in another than the base currency."""
        found = self._list("Currencies", lambda api, t: api.get_currencies(t, **_RAW))
        return frozenset(CurrencyWire.read(one).Code for one in found)

    def _tracking_categories(self) -> Sequence[TrackingWire]:
        found = self._list(
            "TrackingCategories", lambda api, t: api.get_tracking_categories(t, **_RAW)
        )
        return _active(TrackingWire.read(one) for one in found)

    def _branding_themes(self) -> dict[str, XeroId]:
        found = self._list("BrandingThemes", lambda api, t: api.get_branding_themes(t, **_RAW))
        themes = (BrandingThemeWire.read(one) for one in found)
        return {theme.Name: XeroId(theme.BrandingThemeID) for theme in themes}

    def _list(
        self, key: str, call: Callable[[AccountingApi, str], urllib3.BaseHTTPResponse]
    ) -> list[Mapping[str, Any]]:
        return elements(self._client.read(call), key)


_RAW: dict[str, Any] = {"_preload_content": False}
"""The SDK's models refuse new enum values and nulls; our own take what is there."""


Listed = TypeVar("Listed", TrackingWire, TrackingOptionWire)


def _active(found: Iterable[Listed]) -> list[Listed]:
    return [one for one in found if one.Status == "ACTIVE"]


def _account(one: Mapping[str, Any]) -> Account:
    wire = AccountWire.read(one)
    kind = "CONTROL" if wire.SystemAccount in CONTROL_ACCOUNTS else wire.Type
    return Account(wire.Code, wire.Name, kind, wire.Status, wire.TaxType)


def _tax_rate(one: Mapping[str, Any]) -> TaxRate:
    wire = TaxRateWire.read(one)
    return TaxRate(
        wire.TaxType,
        wire.Name,
        wire.EffectiveRate,
        wire.Status,
        wire.CanApplyToRevenue,
        wire.CanApplyToExpenses,
    )
