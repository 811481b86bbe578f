"""One connection, put together: both vendors, the lane between them, and the processes."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

import structlog

from sync_worker.daemon.payment_batches import Batches
from sync_worker.daemon.runner import Connection
from sync_worker.domain.document import Kind
from sync_worker.domain.errors import Misconfigured
from sync_worker.domain.rules import InvoiceRules
from sync_worker.papers.audit import drawn
from sync_worker.ports import CrmInvoices
from sync_worker.salesforce.invoices import CALLED as INVOICE
from sync_worker.salesforce.invoices import Ready, SalesforceInvoices
from sync_worker.salesforce.milestones import CALLED as MILESTONE
from sync_worker.salesforce.milestones import SalesforceMilestones
from sync_worker.salesforce.papers import SalesforcePapers
from sync_worker.salesforce.parties import SalesforceParties
from sync_worker.salesforce.payment_batches import SalesforcePaymentBatches
from sync_worker.salesforce.payments import SalesforcePayments
from sync_worker.settings import Connection as ConnectionSettings
from sync_worker.state.journal import SqlJournal
from sync_worker.sync.attempt import Lane, Patience
from sync_worker.sync.batch_desk import Desk
from sync_worker.sync.contacts import Directory
from sync_worker.sync.invoices import InvoiceSync
from sync_worker.sync.leftovers import Leftovers
from sync_worker.sync.linking import Linking
from sync_worker.sync.options import Options
from sync_worker.sync.papers import PaperSync
from sync_worker.sync.payments import PaymentSync, Side
from sync_worker.sync.recover import Recovery
from sync_worker.sync.verify import VerifyRules, VerifySync
from sync_worker.wiring.bank import bank_of, folder_of
from sync_worker.wiring.crm import Crm
from sync_worker.wiring.ground import Ground
from sync_worker.wiring.ledger import (
    books_of,
    ledger_client,
)
from sync_worker.wiring.post import notices_of, outbox_of
from sync_worker.wiring.rules import bill_rules, invoice_rules, payment_rules, rules_of
from sync_worker.xero.books import XeroBooks
from sync_worker.xero.client import XeroClient
from sync_worker.xero.contacts import XeroContacts
from sync_worker.xero.invoices import Style, XeroInvoices
from sync_worker.xero.papers import XeroPapers
from sync_worker.xero.payments import XeroPayments
from sync_worker.xero.sender import XeroSender
from sync_worker.xero.tracking import XeroTracking

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
    lane = Lane(
        journal=journal,
        sender=XeroSender(client),
        clock=ground.clock,
        patience=Patience(
            timeout=settings.timing.timeout_s,
            quiet=settings.timing.quiet_s,
            key_life=settings.timing.key_life_s,
        ),
        tell=log.info,
    )
    books = books_of(client, ground.clock, *rules_of(settings))
    between = _Between(settings, lane, crm, client, books, progress)
    invoices, bills = between.invoices(), between.bills()
    sent = [work for work in (invoices, bills) if f"{work.rules.kind}s" in settings.sends]
    told = {Kind.BILL: notices_of(ground, name, journal, books, bills.crm)}
    connection = Connection(
        name=name,
        clock=ground.clock,
        journal=journal,
        lane=journal.lane,
        requests=journal.requests,
        switches=journal.switches,
        processes=settings.processes,
        invoices=invoices,
        bills=bills,
        papers=between.papers(),
        payments=PaymentSync(
            lane=lane,
            ledger=XeroPayments(client),
            sides=[replace(between.side(work), notices=told.get(work.rules.kind)) for work in sent],
            rules=payment_rules(settings),
            progress=counted("payments", progress),
        ),
        verify=[between.verify(work) for work in sent],
        batches=Batches(
            Desk(
                crm=SalesforcePaymentBatches(crm.client, crm.names),
                bills=bills.ledger,
                journal=journal.payment_batches,
                folder=folder_of(settings.bank, ground.moments),
                clock=ground.clock,
                zone=ZoneInfo(settings.time_zone),
                guard=journal.guard,
                tell=log.info,
            ),
            bank_of(settings.bank),
        ),
        outbox=outbox_of(ground, name, journal, books, [work.rules.kind for work in sent]),
        identify=lambda: identify(settings, crm, client, journal),
        for_a_person=client.budget.for_a_person,
        calls=lambda: {"xero": client.budget.calls, "salesforce": crm.calls.salesforce},
        lease_s=settings.timing.lease_s,
        host=platform.node() or "localhost",
    )
    lane.interlude = connection.answer_requests
    return connection


@dataclass(frozen=True, slots=True)
class _Between:
    """Both vendors and the lane between them, for what goes over it: the same parts for invoices and for bills."""

    settings: ConnectionSettings
    lane: Lane
    crm: Crm
    client: XeroClient
    books: XeroBooks
    progress: Progress

    def invoices(self) -> InvoiceSync:
        rules = invoice_rules(self.settings)
        ready = Ready(rules.ready_status, rules.ready_funding, rules.start_date)
        return self._sync(
            rules,
            SalesforceInvoices(self.crm.client, self.crm.names, ready),
            sent_to_contact=self.settings.invoices.sent_to_contact,
        )

    def bills(self) -> InvoiceSync:
        rules = bill_rules(self.settings)
        return self._sync(
            rules, SalesforceMilestones(self.crm.client, self.crm.names, rules.points)
        )

    def _sync(
        self, rules: InvoiceRules, records: CrmInvoices, *, sent_to_contact: bool = False
    ) -> InvoiceSync:
        style = Style(
            kind=rules.kind,
            crm_numbers=rules.crm_numbers,
            status=rules.status,
            sent_to_contact=sent_to_contact,
            marker=self.settings.marker,
        )
        lane, books = self.lane, self.books
        ledger, contacts = XeroInvoices(self.client, books, style), XeroContacts(self.client)
        parties = SalesforceParties(self.crm.client, self.crm.names)
        options = Options(lane, XeroTracking(self.client, books), books, rules)
        linking = Linking(lane, records, ledger, contacts, books, rules)
        return InvoiceSync(
            lane=lane,
            crm=records,
            ledger=ledger,
            books=books,
            directory=Directory(lane, contacts, parties, rules),
            recovery=Recovery(lane, ledger, rules),
            linking=linking,
            leftovers=Leftovers(lane, records, ledger, linking, rules),
            rules=rules,
            prepare=options.ensure if rules.tracking_category else lambda _: None,
            progress=counted(f"{rules.kind}s", self.progress),
        )

    def papers(self) -> PaperSync:
        chosen, books = self.settings.bills, self.books

        @cache
        def currency() -> str:
            """Read once: Xero never changes it."""
            return books.books().base_currency

        return PaperSync(
            lane=self.lane,
            crm=SalesforcePapers(self.crm.client, self.crm.names),
            ledger=XeroPapers(self.client),
            drawn=drawn,
            currency=currency,
            audits=chosen.attach_audit,
            files=chosen.attach_files,
        )

    def side(self, work: InvoiceSync) -> Side:
        called = {Kind.INVOICE: INVOICE, Kind.BILL: MILESTONE}[work.rules.kind]
        payments = SalesforcePayments(self.crm.client, self.crm.names, called)
        return Side(work.rules.kind, payments, work.crm)

    def verify(self, work: InvoiceSync) -> VerifySync:
        chosen = self.settings.verify
        return VerifySync(
            lane=self.lane,
            crm=work.crm,
            ledger=work.ledger,
            contacts=work.directory.ledger,
            recovery=work.recovery,
            linking=work.linking,
            rules=VerifyRules(
                timedelta(hours=chosen.recent_hours), timedelta(days=chosen.all_every_days)
            ),
            progress=counted("verify", self.progress),
        )


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
