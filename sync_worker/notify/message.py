"""A letter as a message of the internet: plain text and HTML, and headers that nobody can add to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sync_worker.domain.letter import Letter


class Unsendable(ValueError):
    """This letter cannot leave as it is; the words say why."""


@dataclass(frozen=True, slots=True)
class Message:
    """`content` is what follows DATA, with CR and LF."""

    id: str
    sender: str
    to: str
    content: bytes


def composed(letter: Letter, sender: str, now: datetime) -> Message:
    """The same key gives the same Message-ID, however often and wherever it is composed."""
    mail = EmailMessage(policy=SMTP)
    ours = _address(mail, "From", sender)
    theirs = _address(mail, "To", letter.to)
    stamp = hashlib.sha256(letter.key.encode()).hexdigest()[:40]
    identity = f"<{stamp}@{ours.domain}>"
    _set(mail, "Subject", letter.subject)
    _set(mail, "Message-ID", identity)
    _set(mail, "Date", format_datetime(now))
    _set(mail, "Auto-Submitted", "auto-generated")  # RFC 3834: no absence notes to this, please
    mail.set_content(letter.plain)
    mail.add_alternative(letter.html, subtype="html")
    mail.set_boundary(f"=={stamp}==")
    return Message(identity, ours.addr_spec, theirs.addr_spec, mail.as_bytes())


def _address(mail: EmailMessage, name: str, written: str) -> Address:
    """One address, with or without a name before it. Its letters are ASCII: not every server knows others."""
    _set(mail, name, written)
    header = mail[name]
    found = header.addresses if isinstance(header, AddressHeader) else ()
    if len(found) != 1 or header.defects or not found[0].domain or not found[0].username:
        msg = f"{name}: {written!r} is not one e-mail address, such as name@example.com"
        raise Unsendable(msg)
    if not found[0].addr_spec.isascii():
        msg = f"{name}: {written!r} has letters outside ASCII; give an address without"
        raise Unsendable(msg)
    return found[0]


def _set(mail: EmailMessage, name: str, value: str) -> None:
    if any(not each.isprintable() for each in value):
        msg = f"{name}: {value!r} holds a line's end or another control character; take it out"
        raise Unsendable(msg)
    mail[name] = value
