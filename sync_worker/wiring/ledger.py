"""Xero's parts: the way there, the login, the tokens and the client."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import structlog
import urllib3

from sync_worker.domain.errors import SyncError
from sync_worker.domain.rules import InvoiceRules
from sync_worker.ports import Clock, Parkings
from sync_worker.settings import Connection as ConnectionSettings
from sync_worker.wiring.ground import Ground, opened_secret
from sync_worker.xero.books import XeroBooks
from sync_worker.xero.budget import Budget
from sync_worker.xero.client import XeroClient
from sync_worker.xero.login import XeroLogin
from sync_worker.xero.rotation import RotatingTokens
from sync_worker.xero.tokens import CustomTokens, Tokens
from sync_worker.xero.transport import Bounded, Pool, Watched, pool

log = structlog.get_logger()

SLACK_S = 30
"""Seconds beyond the longest a request can take, after which its process is taken for dead."""


def way_to(ground: Ground, settings: ConnectionSettings) -> Pool:
    bounded = Bounded(ground.ways.xero or pool(), ground.clock, settings.timing.most_s)
    return Watched(bounded, ground.moments)


def timeout(settings: ConnectionSettings) -> urllib3.Timeout:
    return urllib3.Timeout(
        connect=settings.timing.connect_timeout_s, read=settings.timing.timeout_s
    )


def login(ground: Ground, settings: ConnectionSettings, way: Pool) -> XeroLogin:
    return XeroLogin(
        client_id=settings.xero.client_id,
        client_secret=opened_secret(settings.xero.client_secret),
        identity_url=settings.xero.identity_url,
        timeout=timeout(settings),
        clock=ground.clock,
        way=way,
    )


def rotating(ground: Ground, name: str, settings: ConnectionSettings, way: Pool) -> RotatingTokens:
    slowest = settings.timing.connect_timeout_s + settings.timing.most_s
    return RotatingTokens(
        login(ground, settings, way),
        ground.consents(name),
        ground.clock,
        tenant_id=settings.xero.tenant_id,
        claim_life=timedelta(seconds=slowest + SLACK_S),
        tell=partial(log.warning, connection=name),
    )


def stay_connected(ground: Ground, name: str) -> None:
    """A refresh token dies when it is not used for 60 days."""
    settings = ground.settings.connections[name]
    try:
        rotating(ground, name, settings, way_to(ground, settings)).fresh()
    except SyncError as failure:
        health = ground.consents(name).health()
        left = health.days_left(ground.clock.now()) if health else 0
        log.warning("consent not renewed", connection=name, days_left=left, reason=str(failure))


def tokens(ground: Ground, name: str, settings: ConnectionSettings, way: Pool) -> Tokens:
    if settings.xero.grant == "consent":
        return rotating(ground, name, settings, way)
    xero = settings.xero
    return CustomTokens(
        login(ground, settings, way), ground.clock, scopes=settings.scopes, tenant_id=xero.tenant_id
    )


def ledger_client(
    ground: Ground, name: str, settings: ConnectionSettings, parkings: Parkings
) -> XeroClient:
    limits, way = settings.budget, way_to(ground, settings)
    budget = Budget(
        ground.clock,
        parkings,
        per_minute=limits.per_minute,
        manual_per_minute=limits.manual_per_minute,
        per_day=limits.per_day,
        manual_per_day=limits.manual_per_day,
    )
    return XeroClient(
        tokens=tokens(ground, name, settings, way),
        api_url=settings.xero.api_url,
        timeout=timeout(settings),
        budget=budget,
        clock=ground.clock,
        way=way,
    )


def books_of(client: XeroClient, clock: Clock, *rules: InvoiceRules) -> XeroBooks:
    return XeroBooks(
        client,
        clock,
        tracking=any(one.tracking or one.tracking_category for one in rules),
        branding=any(one.branding_theme for one in rules),
    )
