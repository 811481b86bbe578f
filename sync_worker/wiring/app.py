"""The program, put together for one configuration, and what can be asked of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sync_worker.daemon.clock import SandboxClock, SystemClock
from sync_worker.daemon.rehearsal import rehearsal
from sync_worker.daemon.runner import Connection
from sync_worker.daemon.schedule import Job, job
from sync_worker.domain.errors import Misconfigured
from sync_worker.domain.finding import Finding
from sync_worker.notify.templates import Templates
from sync_worker.ports import Clock, Mail, Moments, unwatched
from sync_worker.salesforce.check import SalesforceCheck
from sync_worker.settings import Connection as ConnectionSettings
from sync_worker.settings import Settings
from sync_worker.state.backup import back_up
from sync_worker.state.engine import open_engine
from sync_worker.state.migrate import head_is
from sync_worker.wiring.connection import Progress, connected
from sync_worker.wiring.crm import Crm
from sync_worker.wiring.ground import Ground, Ways
from sync_worker.wiring.ledger import (
    books_of,
    ledger_client,
    login,
    rotating,
    stay_connected,
    timeout,
    way_to,
)
from sync_worker.wiring.post import mail_of, templates_of
from sync_worker.wiring.rules import rules_of
from sync_worker.xero.check import problems as xero_problems
from sync_worker.xero.consent import Door, XeroConsent
from sync_worker.xero.rotation import RotatingTokens

STAY_S = 12 * 3600
"""Seconds between two renewals of a consent that no run has renewed."""


@dataclass(slots=True)
class App(Ground):
    """The program, put together for one configuration."""

    def back_up(self, goal: Path) -> int:
        return back_up(self.engine, goal)

    def journal_version(self) -> str:
        return head_is(self.engine) or "new"

    def mail(self) -> Mail | None:
        """The way letters leave; None where no mail server is set."""
        return mail_of(self)

    def templates(self) -> Templates:
        return templates_of(self.settings)

    def connection(self, name: str, progress: Progress = lambda *_: None) -> Connection:
        return connected(self, name, self.settings.connections[name], progress)

    def tokens(self, name: str) -> RotatingTokens:
        """Of a connection that has a person's consent. Raises Misconfigured for any other."""
        settings = self.settings.connections[name]
        if settings.xero.grant != "consent":
            msg = (
                f"{name!r} is a custom connection (xero.grant), which is made and ended in Xero itself; "
                "docs/going-live.md has both ways"
            )
            raise Misconfigured(msg)
        return rotating(self, name, settings, way_to(self, settings))

    def consent(self, name: str) -> XeroConsent:
        self.tokens(name)
        settings = self.settings.connections[name]
        xero, way = settings.xero, way_to(self, settings)
        return XeroConsent(
            Door(xero.login_url, xero.api_url, xero.redirect_uri, settings.scopes),
            login(self, settings, way),
            self.consents(name),
            clock=self.clock,
            way=way,
            timeout=timeout(settings),
        )

    def checks(self, name: str) -> Iterator[Finding]:
        """Everything that would keep this connection from working; nothing is written."""
        settings = self.settings.connections[name]
        journal = self.journal(name)
        crm = Crm(self, settings, journal)
        needed = (*settings.sends, *(("batches",) if settings.bank.format else ()))
        yield from SalesforceCheck(crm.client, crm.names, needed).problems()
        rules = rules_of(settings)
        ledger = ledger_client(self, name, settings, journal.switches)
        yield from xero_problems(books_of(ledger, self.clock, *rules), rules)
        if self.settings.mail.host is not None:
            yield from self.templates().problems()

    def jobs(self, connection: Connection) -> Iterator[Job]:
        settings = self.settings.connections[connection.name]
        zone = ZoneInfo(settings.time_zone)
        for process in settings.processes:
            yield _scheduled(connection.name, settings, process, partial(connection.run, process))
        yield job(
            f"{connection.name}/requests",
            connection.answer_requests,
            every_s=1,
            cron=None,
            zone=zone,
        )
        polls = [
            every for what in settings.sends if (every := getattr(settings, what).request_poll_s)
        ]
        if polls:
            yield job(
                f"{connection.name}/requested",
                connection.run_requested,
                every_s=min(polls),
                cron=None,
                zone=zone,
            )
        if settings.xero.grant == "consent":
            # Processes may be paused for longer than a refresh token lives.
            yield job(
                f"{connection.name}/tokens",
                partial(stay_connected, self, connection.name),
                every_s=STAY_S,
                cron=None,
                zone=zone,
            )


@contextmanager
def opened(
    settings: Settings,
    *,
    ways: Ways | None = None,
    clock: Clock | None = None,
    moments: Moments = unwatched,
) -> Iterator[App]:
    """The program with its journal open. Where the settings rehearse a crash, nobody else watches."""
    for name, connection in settings.connections.items():
        for process in connection.processes:
            _scheduled(
                name, connection, process, lambda: None
            )  # a wrong one is told by every command
    stop = threading.Event()
    crash = rehearsal(settings.crash_at) if settings.crash_at else None
    engine = open_engine(settings.journal.path)
    try:
        yield App(
            settings,
            clock or _clock(settings, stop),
            engine,
            stop,
            ways or Ways(),
            crash or moments,
        )
    finally:
        engine.dispose()
        if crash:
            crash.over()


def _scheduled(
    name: str, settings: ConnectionSettings, process: str, work: Callable[[], object]
) -> Job:
    schedule = getattr(settings, process).schedule
    return job(
        f"{name}/{process}",
        work,
        every_s=schedule.every_s,
        cron=schedule.cron,
        zone=ZoneInfo(settings.time_zone),
    )


def _clock(settings: Settings, stop: threading.Event) -> Clock:
    if settings.time.source == "sandbox" and settings.connections:
        return SandboxClock(next(iter(settings.connections.values())).xero.api_url, stop)
    return SystemClock(stop)
