"""The post, put together: the mail server, the templates, and what one connection tells by letter."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog

from sync_worker.daemon.outbox import Outbox
from sync_worker.domain.document import Kind
from sync_worker.domain.errors import Misconfigured
from sync_worker.notify.smtp import MailServer, SmtpMail
from sync_worker.notify.templates import Templates
from sync_worker.ports import CrmInvoices, LedgerBooks, Mail
from sync_worker.settings import Settings
from sync_worker.state.journal import SqlJournal
from sync_worker.sync.digests import Digests
from sync_worker.sync.letters import Post
from sync_worker.sync.notices import Notices
from sync_worker.wiring.ground import Ground, opened_secret

log = structlog.get_logger()


def mail_of(ground: Ground) -> Mail | None:
    """The way letters leave; None where no mail server is set."""
    chosen = ground.settings.mail
    if chosen.host is None or chosen.sender is None:
        return None
    server = MailServer(
        host=chosen.host,
        port=chosen.port,
        tls=chosen.tls,
        user=chosen.user,
        password=opened_secret(chosen.password),
        ca_file=chosen.ca_file,
        timeout_s=chosen.timeout_s,
    )
    way = ground.ways.mail or smtplib.SMTP
    return SmtpMail(server, chosen.sender, ground.clock, ground.moments, way)


def templates_of(settings: Settings) -> Templates:
    own = settings.mail.templates
    if own is not None and not own.is_dir():
        msg = f"mail.templates names {str(own)!r}, which is no folder; correct it or take it out"
        raise Misconfigured(msg)
    return Templates(*([own] if own else []), project_folder("templates"))


def outbox_of(
    ground: Ground, name: str, journal: SqlJournal, books: LedgerBooks, kinds: Sequence[Kind]
) -> Outbox | None:
    mail, chosen = mail_of(ground), ground.settings.mail
    if mail is None:
        return None
    post = Post(
        letters=journal.letters,
        mail=mail,
        stationery=templates_of(ground.settings),
        clock=ground.clock,
        guard=journal.guard,
        tell=log.info,
    )
    if chosen.error_address is None:
        return Outbox(post, None)
    digests = Digests(
        journal=journal,
        letters=journal.letters,
        books=books,
        clock=ground.clock,
        connection=name,
        to=chosen.error_address,
        crm_url=ground.settings.connections[name].salesforce.url,
        kinds=kinds,
        every=timedelta(seconds=chosen.digest_every_s),
    )
    return Outbox(post, digests)


def notices_of(
    ground: Ground, name: str, journal: SqlJournal, books: LedgerBooks, milestones: CrmInvoices
) -> Notices | None:
    """None where applicants are not to be told what was paid."""
    if not ground.settings.connections[name].bills.mail_payments:
        return None
    return Notices(
        letters=journal.letters,
        records=milestones,
        books=books,
        clock=ground.clock,
        max_age=timedelta(days=ground.settings.mail.payment_max_age_days),
        tell=log.info,
    )


def project_folder(name: str) -> Path:
    """A folder of config/: beside the package in a checkout, inside it where a wheel was installed."""
    package = Path(__file__).resolve().parents[1]
    for place in (package.parent / "config" / name, package / "_config" / name):
        if place.exists():
            return place
    msg = f"the folder config/{name} is missing from this installation; install the package again"
    raise Misconfigured(msg)
