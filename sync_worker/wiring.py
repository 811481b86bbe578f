"""The one place that knows every concrete class: settings in, parts out."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
import urllib3
from pydantic import SecretStr
from sqlalchemy import Engine

from sync_worker.daemon.clock import SandboxClock, SystemClock
from sync_worker.daemon.rehearsal import rehearsal
from sync_worker.daemon.runner import PROCESSES, Connection
from sync_worker.daemon.schedule import Job, job
from sync_worker.domain.errors import Misconfigured, SyncError
from sync_worker.domain.finding import Finding
from sync_worker.domain.rules import InvoiceRules
from sync_worker.notify.smtp import MailServer, SmtpMail
from sync_worker.notify.templates import Templates
from sync_worker.ports import Clock, Mail, Moments, Parkings, unwatched
from sync_worker.salesforce.check import KNOWN, SalesforceCheck
from sync_worker.salesforce.client import SalesforceClient
from sync_worker.salesforce.invoices import Ready, SalesforceInvoices
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.parties import SalesforceParties
from sync_worker.salesforce.payments import SalesforcePayments
from sync_worker.salesforce.session import Login, SalesforceSession
from sync_worker.settings import Connection as ConnectionSettings
from sync_worker.settings import Settings
from sync_worker.state.backup import back_up
from sync_worker.state.consents import SqlConsents
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from sync_worker.state.migrate import head_is
from sync_worker.state.seal import Seal
from sync_worker.state.store import Store
from sync_worker.sync.attempt import Lane, Patience
from sync_worker.sync.contacts import Directory
from sync_worker.sync.invoices import InvoiceSync
from sync_worker.sync.leftovers import Leftovers
from sync_worker.sync.linking import Linking
from sync_worker.sync.payments import PaymentRules, PaymentSync
from sync_worker.sync.recover import Recovery
from sync_worker.sync.verify import VerifyRules, VerifySync
from sync_worker.xero.books import XeroBooks
from sync_worker.xero.budget import Budget
from sync_worker.xero.check import problems as xero_problems
from sync_worker.xero.client import XeroClient
from sync_worker.xero.consent import Door, XeroConsent
from sync_worker.xero.contacts import XeroContacts
from sync_worker.xero.invoices import Style, XeroInvoices
from sync_worker.xero.login import XeroLogin
from sync_worker.xero.payments import XeroPayments
from sync_worker.xero.rotation import RotatingTokens
from sync_worker.xero.sender import XeroSender
from sync_worker.xero.tokens import CustomTokens, Tokens
from sync_worker.xero.transport import Bounded, Pool, Watched, pool

log = structlog.get_logger()

WORTH_A_LINE = 1000
"""Records between two lines of progress in the log."""

STAY_S = 12 * 3600
"""Seconds between two renewals of a consent that no run has renewed."""
SLACK_S = 30
"""Seconds beyond the longest a request can take, after which its process is taken for dead."""

Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Calls:
    """Counted where they leave."""

    salesforce: int = 0

    def counted(self, headers: Mapping[str, str]) -> None:
        del headers
        self.salesforce += 1


@dataclass(frozen=True, slots=True)
class Ways:
    """Other ways to the vendors than sockets: a sandbox's cores in the same process."""

    salesforce: Any = None
    xero: Pool | None = None


@dataclass(slots=True)
class App:
    """The program, put together for one configuration."""

    settings: Settings
    clock: Clock
    engine: Engine
    stop: threading.Event = field(default_factory=threading.Event)
    ways: Ways = field(default_factory=Ways)
    moments: Moments = unwatched

    def journal(self, name: str) -> SqlJournal:
        return SqlJournal(
            self.engine, name, self.clock, self.moments, free_mb=self.settings.journal.free_mb
        )

    def back_up(self, goal: Path) -> int:
        return back_up(self.engine, goal)

    def journal_version(self) -> str:
        return head_is(self.engine) or "new"

    def mail(self) -> Mail | None:
        """The way letters leave; None where no mail server is set."""
        chosen = self.settings.mail
        if chosen.host is None or chosen.sender is None:
            return None
        server = MailServer(
            host=chosen.host,
            port=chosen.port,
            tls=chosen.tls,
            user=chosen.user,
            password=_open(chosen.password),
            ca_file=chosen.ca_file,
            timeout_s=chosen.timeout_s,
        )
        return SmtpMail(server, chosen.sender, self.clock)

    def templates(self) -> Templates:
        own = self.settings.mail.templates
        if own is not None and not own.is_dir():
            msg = (
                f"mail.templates names {str(own)!r}, which is no folder; correct it or take it out"
            )
            raise Misconfigured(msg)
        return Templates(*([own] if own else []), project_folder("templates"))

    def connection(self, name: str, progress: Progress = lambda *_: None) -> Connection:
        return _connection(self, name, self.settings.connections[name], progress)

    def consents(self, name: str) -> SqlConsents:
        keys = self.settings.secrets.keys()
        return SqlConsents(
            Store(self.engine, name, self.clock, self.moments), Seal(keys) if keys else None
        )

    def tokens(self, name: str) -> RotatingTokens:
        """Of a connection that has a person's consent. Raises Misconfigured for any other."""
        settings = self.settings.connections[name]
        if settings.xero.grant != "consent":
            msg = (
                f"{name!r} is a custom connection (xero.grant), which is made and ended in Xero itself; "
                "docs/going-live.md has both ways"
            )
            raise Misconfigured(msg)
        return _rotating(self, name, settings, _way(self, settings))

    def consent(self, name: str) -> XeroConsent:
        self.tokens(name)
        settings = self.settings.connections[name]
        xero, way = settings.xero, _way(self, settings)
        return XeroConsent(
            Door(xero.login_url, xero.api_url, xero.redirect_uri, xero.scopes),
            _login(self, settings, way),
            self.consents(name),
            clock=self.clock,
            way=way,
            timeout=_timeout(settings),
        )

    def checks(self, name: str) -> Iterator[Finding]:
        """Everything that would keep this connection from working; nothing is written."""
        settings = self.settings.connections[name]
        journal = self.journal(name)
        crm = _Crm(self, settings, journal)
        yield from SalesforceCheck(crm.client, crm.names).problems()
        rules = invoice_rules(settings)
        ledger = _ledger(self, name, settings, journal.switches)
        yield from xero_problems(_books(ledger, self.clock, rules), rules)
        if self.settings.mail.host is not None:
            yield from self.templates().problems()

    def jobs(self, connection: Connection) -> Iterator[Job]:
        settings = self.settings.connections[connection.name]
        zone = ZoneInfo(settings.time_zone)
        for process in PROCESSES:
            yield _scheduled(connection.name, settings, process, partial(connection.run, process))
        yield job(
            f"{connection.name}/requests",
            connection.answer_requests,
            every_s=1,
            cron=None,
            zone=zone,
        )
        if settings.invoices.request_poll_s:
            yield job(
                f"{connection.name}/requested",
                connection.run_requested,
                every_s=settings.invoices.request_poll_s,
                cron=None,
                zone=zone,
            )
        if settings.xero.grant == "consent":
            # Processes may be paused for longer than a refresh token lives.
            yield job(
                f"{connection.name}/tokens",
                partial(_stay_connected, self, connection.name),
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
        for process in PROCESSES:
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


def project_folder(name: str) -> Path:
    """A folder of config/: beside the package in a checkout, inside it where a wheel was installed."""
    package = Path(__file__).resolve().parent
    for place in (package.parent / "config" / name, package / "_config" / name):
        if place.exists():
            return place
    msg = f"the folder config/{name} is missing from this installation; install the package again"
    raise Misconfigured(msg)


class _Crm:
    """One org's session, client and names."""

    def __init__(self, app: App, settings: ConnectionSettings, journal: SqlJournal) -> None:
        crm = settings.salesforce
        self.calls = Calls()
        self.session = SalesforceSession(
            Login(
                url=crm.url,
                client_id=crm.client_id,
                client_secret=_open(crm.client_secret),
                username=crm.username,
                private_key=_open(crm.private_key),
                audience=crm.audience,
            ),
            timeout=(settings.timing.connect_timeout_s, settings.timing.timeout_s),
            most_s=settings.timing.most_s,
            clock=app.clock,
            adapter=app.ways.salesforce,
            counted=self.calls.counted,
            moments=app.moments,
        )
        self.client = SalesforceClient(
            self.session,
            crm.url,
            api_version=crm.api_version,
            page_size=crm.page_size,
            clock=app.clock,
            parkings=journal.switches,
            guard=journal.guard,
        )
        if strange := sorted(set(crm.names) - KNOWN):
            msg = (
                f"salesforce.names speaks of {', '.join(strange)}, which the worker does not use; "
                "docs/salesforce-schema.md has the names"
            )
            raise Misconfigured(msg)
        prefix = crm.prefix if crm.profile == "maica" else ""
        self.names = Names(prefix, crm.names)


def _way(app: App, settings: ConnectionSettings) -> Pool:
    bounded = Bounded(app.ways.xero or pool(), app.clock, settings.timing.most_s)
    return Watched(bounded, app.moments)


def _timeout(settings: ConnectionSettings) -> urllib3.Timeout:
    return urllib3.Timeout(
        connect=settings.timing.connect_timeout_s, read=settings.timing.timeout_s
    )


def _login(app: App, settings: ConnectionSettings, way: Pool) -> XeroLogin:
    return XeroLogin(
        client_id=settings.xero.client_id,
        client_secret=_open(settings.xero.client_secret),
        identity_url=settings.xero.identity_url,
        timeout=_timeout(settings),
        clock=app.clock,
        way=way,
    )


def _rotating(app: App, name: str, settings: ConnectionSettings, way: Pool) -> RotatingTokens:
    slowest = settings.timing.connect_timeout_s + settings.timing.most_s
    return RotatingTokens(
        _login(app, settings, way),
        app.consents(name),
        app.clock,
        tenant_id=settings.xero.tenant_id,
        claim_life=timedelta(seconds=slowest + SLACK_S),
        tell=partial(log.warning, connection=name),
    )


def _stay_connected(app: App, name: str) -> None:
    """A refresh token dies when it is not used for 60 days."""
    try:
        app.tokens(name).fresh()
    except SyncError as failure:
        health = app.consents(name).health()
        left = health.days_left(app.clock.now()) if health else 0
        log.warning("consent not renewed", connection=name, days_left=left, reason=str(failure))


def _tokens(app: App, name: str, settings: ConnectionSettings, way: Pool) -> Tokens:
    if settings.xero.grant == "consent":
        return _rotating(app, name, settings, way)
    xero = settings.xero
    return CustomTokens(
        _login(app, settings, way), app.clock, scopes=xero.scopes, tenant_id=xero.tenant_id
    )


def _ledger(app: App, name: str, settings: ConnectionSettings, parkings: Parkings) -> XeroClient:
    limits, way = settings.budget, _way(app, settings)
    budget = Budget(
        app.clock,
        parkings,
        per_minute=limits.per_minute,
        manual_per_minute=limits.manual_per_minute,
        per_day=limits.per_day,
        manual_per_day=limits.manual_per_day,
    )
    return XeroClient(
        tokens=_tokens(app, name, settings, way),
        api_url=settings.xero.api_url,
        timeout=_timeout(settings),
        budget=budget,
        clock=app.clock,
        way=way,
    )


def _books(client: XeroClient, clock: Clock, rules: InvoiceRules) -> XeroBooks:
    return XeroBooks(
        client, clock, tracking=bool(rules.tracking), branding=bool(rules.branding_theme)
    )


def _connection(
    app: App, name: str, settings: ConnectionSettings, progress: Progress
) -> Connection:
    journal = app.journal(name)
    crm = _Crm(app, settings, journal)
    client = _ledger(app, name, settings, journal.switches)
    rules = invoice_rules(settings)
    patience = Patience(
        timeout=settings.timing.timeout_s,
        quiet=settings.timing.quiet_s,
        key_life=settings.timing.key_life_s,
    )
    books = _books(client, app.clock, rules)
    style = Style(
        crm_numbers=rules.crm_numbers,
        status=rules.status,
        sent_to_contact=settings.invoices.sent_to_contact,
        marker=settings.marker,
    )
    ledger = XeroInvoices(client, books, style)
    invoices = SalesforceInvoices(
        crm.client,
        crm.names,
        Ready(rules.ready_status, rules.ready_funding, rules.start_date),
    )
    lane = Lane(
        journal=journal,
        sender=XeroSender(client),
        clock=app.clock,
        patience=patience,
        tell=log.info,
    )
    parties = SalesforceParties(crm.client, crm.names)
    linking = Linking(lane, invoices, ledger, books, rules)
    recovery = Recovery(lane, ledger, drafts_stay=rules.status == "DRAFT")
    contacts = XeroContacts(client)
    connection = Connection(
        name=name,
        clock=app.clock,
        journal=journal,
        lane=journal.lane,
        requests=journal.requests,
        switches=journal.switches,
        invoices=InvoiceSync(
            lane=lane,
            crm=invoices,
            ledger=ledger,
            books=books,
            directory=Directory(lane, contacts, parties, rules),
            recovery=recovery,
            linking=linking,
            leftovers=Leftovers(lane, invoices, ledger, linking, rules),
            rules=rules,
            progress=_counted("invoices", progress),
        ),
        payments=PaymentSync(
            lane=lane,
            ledger=XeroPayments(client),
            crm=SalesforcePayments(crm.client, crm.names),
            invoices=invoices,
            rules=payment_rules(settings),
            progress=_counted("payments", progress),
        ),
        verify=VerifySync(
            lane=lane,
            crm=invoices,
            ledger=ledger,
            contacts=contacts,
            recovery=recovery,
            linking=linking,
            rules=VerifyRules(
                timedelta(hours=settings.verify.recent_hours),
                timedelta(days=settings.verify.all_every_days),
            ),
            progress=_counted("verify", progress),
        ),
        identify=lambda: _identify(settings, crm, client, journal),
        for_a_person=client.budget.for_a_person,
        calls=lambda: {"xero": client.budget.calls, "salesforce": crm.calls.salesforce},
        lease_s=settings.timing.lease_s,
        host=platform.node() or "localhost",
    )
    lane.interlude = connection.answer_requests
    return connection


def _counted(process: str, progress: Progress) -> Callable[[int], None]:
    """Progress for whoever watches a terminal, and a plain line for whoever reads the log of long work."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(process, more)
        if more >= WORTH_A_LINE:
            log.info("work under way", process=process, done=done)

    return count


def _identify(
    settings: ConnectionSettings, crm: _Crm, client: XeroClient, journal: SqlJournal
) -> None:
    """Who is on both sides, held against the settings' pins and against what this journal has always worked for."""
    crm.session.login()
    pinned = settings.salesforce.org_id
    if pinned and pinned[:15] != crm.session.org_id[:15]:
        msg = (
            f"the login leads to the Salesforce org {crm.session.org_id}, "
            f"but salesforce.org_id pins {pinned}; nothing was done"
        )
        raise Misconfigured(msg)
    journal.pin(client.tenant(), crm.session.org_id)


def invoice_rules(settings: ConnectionSettings) -> InvoiceRules:
    chosen = settings.invoices
    return InvoiceRules(
        status=chosen.status,
        crm_numbers=chosen.numbering == "crm",
        line_amount_types=chosen.line_amount_types,
        account_code=chosen.account_code or "",
        tax_type=chosen.tax_type,
        due_days=chosen.due_days,
        line_template=chosen.line_template,
        branding_theme=chosen.branding_theme,
        tracking=tuple(chosen.tracking.items()),
        debtor_by_funding=dict(chosen.debtor_by_funding),
        suffix_same_names=chosen.same_name == "suffix",
        batch=chosen.batch,
        ready_status=chosen.ready_status,
        ready_funding=chosen.ready_funding,
        start_date=chosen.start_date,
    )


def payment_rules(settings: ConnectionSettings) -> PaymentRules:
    chosen = settings.payments
    return PaymentRules(
        zone=ZoneInfo(settings.time_zone),
        overlap=timedelta(seconds=chosen.overlap_s),
        stripe_days=chosen.stripe_days,
        write_status=chosen.write_status,
        worker_rolls_up=chosen.rollup == "worker",
    )


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
