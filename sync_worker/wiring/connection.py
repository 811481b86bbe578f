"""One connection, put together: both vendors, the lane between them, and the processes."""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import timedelta

import structlog

from sync_worker.daemon.runner import Connection
from sync_worker.domain.document import Kind
from sync_worker.domain.errors import Misconfigured
from sync_worker.salesforce.invoices import Ready, SalesforceInvoices
from sync_worker.salesforce.parties import SalesforceParties
from sync_worker.salesforce.payments import SalesforcePayments
from sync_worker.settings import Connection as ConnectionSettings
from sync_worker.state.journal import SqlJournal
from sync_worker.sync.attempt import Lane, Patience
from sync_worker.sync.contacts import Directory
from sync_worker.sync.invoices import InvoiceSync
from sync_worker.sync.leftovers import Leftovers
from sync_worker.sync.linking import Linking
from sync_worker.sync.payments import PaymentSync, Side
from sync_worker.sync.recover import Recovery
from sync_worker.sync.verify import VerifyRules, VerifySync
from sync_worker.wiring.crm import Crm
from sync_worker.wiring.ground import Ground
from sync_worker.wiring.ledger import (
    books_of,
    ledger_client,
)
from sync_worker.wiring.rules import invoice_rules, payment_rules
from sync_worker.xero.client import XeroClient
from sync_worker.xero.contacts import XeroContacts
from sync_worker.xero.invoices import Style, XeroInvoices
from sync_worker.xero.payments import XeroPayments
from sync_worker.xero.sender import XeroSender

log = structlog.get_logger()

WORTH_A_LINE = 1000
"""Records between two lines of progress in the log."""

Progress = Callable[[str, int], None]


def connected(
    ground: Ground, name: str, settings: ConnectionSettings, progress: Progress
) -> Connection:
    journal = ground.journal(name)
    crm = Crm(ground, settings, journal)
    client = ledger_client(ground, name, settings, journal.switches)
    rules = invoice_rules(settings)
    patience = Patience(
        timeout=settings.timing.timeout_s,
        quiet=settings.timing.quiet_s,
        key_life=settings.timing.key_life_s,
    )
    books = books_of(client, ground.clock, rules)
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
        clock=ground.clock,
        patience=patience,
        tell=log.info,
    )
    parties = SalesforceParties(crm.client, crm.names)
    linking = Linking(lane, invoices, ledger, books, rules)
    recovery = Recovery(lane, ledger, rules)
    contacts = XeroContacts(client)
    connection = Connection(
        name=name,
        clock=ground.clock,
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
            progress=counted("invoices", progress),
        ),
        payments=PaymentSync(
            lane=lane,
            ledger=XeroPayments(client),
            sides=[
                Side(Kind.INVOICE, SalesforcePayments(crm.client, crm.names), invoices),
            ],
            rules=payment_rules(settings),
            progress=counted("payments", progress),
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
            progress=counted("verify", progress),
        ),
        identify=lambda: identify(settings, crm, client, journal),
        for_a_person=client.budget.for_a_person,
        calls=lambda: {"xero": client.budget.calls, "salesforce": crm.calls.salesforce},
        lease_s=settings.timing.lease_s,
        host=platform.node() or "localhost",
    )
    lane.interlude = connection.answer_requests
    return connection


def counted(process: str, progress: Progress) -> Callable[[int], None]:
    """Progress for whoever watches a terminal, and a plain line for whoever reads the log of long work."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(process, more)
        if more >= WORTH_A_LINE:
            log.info("work under way", process=process, done=done)

    return count


def identify(
    settings: ConnectionSettings, crm: Crm, client: XeroClient, journal: SqlJournal
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
