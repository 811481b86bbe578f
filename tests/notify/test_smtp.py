"""A letter leaves once, over TLS and with a login, and what is said of its fate is true.

The server is a real one (aiosmtpd) on loopback, with a certificate made for this run.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from sync_worker.domain.letter import Letter, NotSent, Sent, SentPerhaps
from sync_worker.notify.smtp import MailServer, SmtpMail, Tls
from sync_worker.sandbox.http import Clock as SandboxClock
from sync_worker.sandbox.mailbox import Mailbox, Slot

pytestmark = pytest.mark.usefixtures("socket_enabled")

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SENDER = "Kea Grants <grants@kea.example>"
LETTER = Letter(
    key="payment:1",
    to="Tūī Theatre <tui@theatre.example>",
    subject="Kea Grants has paid 1,500.00 NZD — Pānui",
    plain="Dear Tūī,\n\n.a line that begins with a dot\nFrom here on\n",
    html="<p>Dear <b>Tūī</b></p>\n",
)
LOGIN = ("grants", "s3cret pass")


@dataclass(frozen=True)
class Standing:
    """A clock that stands."""

    at: datetime = NOON
    stopping = False

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None: ...


class Server:
    """One mail server of a test: its slot, its box, and settings that reach it."""

    def __init__(self, slot: Slot, box: Mailbox, ca_file: Path) -> None:
        self.slot = slot
        self.box = box
        self.settings = MailServer("127.0.0.1", slot.address[1], "starttls", ca_file=ca_file)

    def mail(self, tls: Tls = "starttls", **others: Any) -> SmtpMail:
        return SmtpMail(replace(self.settings, tls=tls, **others), SENDER, Standing())

    def suffers(self, fault: str) -> None:
        self.slot.faults.append(fault)

    @property
    def kept(self) -> list[dict[str, Any]]:
        return self.box.messages()


Served = Callable[..., AbstractContextManager[Server]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def served(authority: trustme.CA, tmp_path: Path) -> Served:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    @contextmanager
    def serve(**knobs: Any) -> Iterator[Server]:
        box = Mailbox(SandboxClock(lambda: NOON))
        slot = Slot(box, **{"tls": lambda: context, **knobs})
        slot.bind()
        thread = threading.Thread(target=partial(asyncio.run, slot.serve()))
        thread.start()
        try:
            yield Server(slot, box, ca_file)
        finally:
            slot.close()
            thread.join()
            slot.unbind()

    return serve


@pytest.fixture
def server(served: Served) -> Iterator[Server]:
    with served() as running:
        yield running


def test_a_letter_arrives_as_it_was_written(server: Server) -> None:
    sent = server.mail().send(LETTER)
    assert isinstance(sent, Sent)
    (kept,) = server.kept
    assert kept["sender"] == "grants@kea.example"
    assert kept["to"] == ("tui@theatre.example",)
    assert kept["subject"] == LETTER.subject
    assert kept["message_id"] == sent.message_id
    assert kept["message_id"].endswith("@kea.example>")
    assert kept["plain"].replace("\r\n", "\n") == LETTER.plain
    assert kept["html"].replace("\r\n", "\n") == LETTER.html


def test_the_same_letter_has_the_same_message_id_so_that_a_repeat_can_be_told(
    server: Server,
) -> None:
    for key, hours in (("payment:1", 0), ("payment:1", 30), ("payment:2", 30)):
        mail = replace(server.mail(), clock=Standing(NOON + timedelta(hours=hours)))
        assert isinstance(mail.send(replace(LETTER, key=key)), Sent)
    first, again, other = (kept["message_id"] for kept in server.kept)
    assert first == again != other


def test_a_login_is_made_over_tls(served: Served) -> None:
    with served(login=LOGIN) as server:
        assert isinstance(server.mail(user=LOGIN[0], password=LOGIN[1]).send(LETTER), Sent)
        wrong = server.mail(user=LOGIN[0], password="guess").send(LETTER)
        assert isinstance(wrong, NotSent)
        assert (wrong.words[:3], wrong.again, wrong.every) == ("535", False, True)
        assert "guess" not in wrong.words
        nobody = server.mail().send(LETTER)
        assert isinstance(nobody, NotSent)
        assert (nobody.words[:3], nobody.again, nobody.every) == ("530", False, True)
        assert len(server.kept) == 1


def test_tls_from_the_first_byte(served: Served) -> None:
    with served(encrypted=True, login=LOGIN) as server:
        mail = server.mail("tls", user=LOGIN[0], password=LOGIN[1])
        assert isinstance(mail.send(LETTER), Sent)
        assert len(server.kept) == 1


@pytest.mark.parametrize(("tls", "encrypted"), [("starttls", False), ("tls", True)])
def test_a_server_with_a_strangers_certificate_gets_neither_password_nor_letter(
    served: Served, tls: Tls, encrypted: bool
) -> None:
    with served(encrypted=encrypted, login=LOGIN) as server:
        mail = server.mail(tls, ca_file=None, user=LOGIN[0], password=LOGIN[1])
        refused = mail.send(LETTER)
        assert isinstance(refused, NotSent)
        assert "certificate" in refused.words
        assert not refused.again
        assert server.kept == []


def test_a_server_that_cannot_encrypt_gets_nothing(served: Served) -> None:
    """Or whoever sits between could take STARTTLS out of the greeting."""
    with served(tls=lambda: None) as server:
        refused = server.mail().send(LETTER)
        assert isinstance(refused, NotSent)
        assert "STARTTLS" in refused.words
        assert not refused.again
        assert isinstance(server.mail("none").send(LETTER), Sent)


@pytest.mark.parametrize(
    ("fault", "again", "words"),
    [("refuse", False, "550"), ("later", True, "451"), ("hang_up", True, "closed")],
)
def test_what_is_refused_or_broken_off_before_the_letter_is_not_sent_for_sure(
    server: Server, fault: str, again: bool, words: str
) -> None:
    server.suffers(fault)
    fate = server.mail().send(LETTER)
    assert isinstance(fate, NotSent)
    assert fate.again is again
    assert words in fate.words
    assert not fate.every, "another letter may fare better"
    assert server.kept == []
    assert isinstance(server.mail().send(LETTER), Sent)


@pytest.mark.parametrize(("fault", "kept"), [("drop_before", 0), ("drop_after", 1)])
def test_a_lost_answer_is_called_unknown_whether_the_letter_arrived_or_not(
    server: Server, fault: str, kept: int
) -> None:
    server.suffers(fault)
    fate = server.mail().send(LETTER)
    assert isinstance(fate, SentPerhaps)
    assert "no answer came" in fate.words
    assert len(server.kept) == kept
    assert all(one["message_id"] == fate.message_id for one in server.kept)


def test_a_server_that_is_not_there_may_be_there_later(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    fate = server.mail(port=port).send(LETTER)
    assert isinstance(fate, NotSent)
    assert fate.again
    assert fate.every, "no letter would get through"


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        fate = server.mail(port=mute.getsockname()[1], timeout_s=0.2).send(LETTER)
    assert isinstance(fate, NotSent)
    assert fate.again


@pytest.mark.parametrize(
    ("spoilt", "field"),
    [
        ({"subject": "Paid\r\nBcc: everybody@example.com"}, "Subject"),
        ({"subject": "Paid\nBcc: everybody@example.com"}, "Subject"),
        ({"to": "tui@theatre.example\r\nBcc: everybody@example.com"}, "To"),
        ({"to": "tui@theatre.example, other@example.com"}, "To"),
        ({"to": "tui@theatre.example> RCPT TO:<other@example.com"}, "To"),
        ({"to": "tui"}, "To"),
        ({"to": ""}, "To"),
        ({"to": "tūī@theatre.example"}, "To"),
    ],
)
def test_nobody_adds_a_header_or_a_recipient(
    server: Server, spoilt: dict[str, str], field: str
) -> None:
    fate = server.mail().send(replace(LETTER, **spoilt))
    assert isinstance(fate, NotSent)
    assert fate.words.startswith(f"{field}: ")
    assert not fate.again
    assert server.kept == []
