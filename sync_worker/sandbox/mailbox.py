"""The sandbox's mail box: what is sent to its SMTP port is kept here and goes nowhere.

The port is aiosmtpd's, a real SMTP server, with STARTTLS where the client wants it. Any login is good unless one is
set.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.tls import certified

BEAT_S = 0.05
FAULTS = ("refuse", "later", "hang_up", "drop_before", "drop_after")
"""Recipient refused; message put off; the line is cut: before the message, after it, or once it is kept."""

logging.getLogger("mail.log").setLevel(logging.ERROR)  # else it tells each command of each client


@dataclass(frozen=True, slots=True)
class Received:
    """One message, as its reader sees it."""

    at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    message_id: str
    plain: str
    html: str


class Mailbox:
    """Messages, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._received: list[Received] = []
        self._lock = threading.Lock()

    def put(self, sender: str, to: tuple[str, ...], content: bytes) -> None:
        with self._lock:
            self._received.append(read(self._clock.now(), sender, to, content))

    def messages(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(one) for one in self._received]

    def clear(self) -> None:
        with self._lock:
            self._received.clear()


def read(at: datetime, sender: str, to: tuple[str, ...], content: bytes) -> Received:
    message = message_from_bytes(content, policy=default)
    bodies = {}
    if isinstance(message, EmailMessage):
        for kind in ("plain", "html"):
            part = message.get_body((kind,))
            bodies[kind] = part.get_content() if part is not None else ""
    return Received(
        at.isoformat(),
        sender,
        to,
        str(message["Subject"] or ""),
        str(message["Message-ID"] or ""),
        bodies.get("plain", ""),
        bodies.get("html", ""),
    )


class Slot:
    """The SMTP port in front of a mail box. `encrypted` begins with TLS; `faults` befall the next messages in turn."""

    def __init__(
        self,
        mailbox: Mailbox,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: Callable[[], ssl.SSLContext | None] = certified,
        encrypted: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.faults: list[str] = []
        self._mailbox = mailbox
        self._address = (host, port)
        self._tls = tls
        self._encrypted = encrypted
        self._login = login
        self._socket: socket.socket | None = None
        self._closing = False

    @property
    def address(self) -> tuple[str, int]:
        if self._socket is None:
            raise RuntimeError("the mail box has no address before it is started")
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def bind(self) -> None:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._socket = socket.create_server(self._address, family=family)

    async def serve(self) -> None:
        loop, tls = asyncio.get_running_loop(), self._tls()
        if self._socket is None:
            raise RuntimeError("the mail box is served after it has an address")
        server = await loop.create_server(
            lambda: self._protocol(loop, None if self._encrypted else tls),
            sock=self._socket,
            ssl=tls if self._encrypted else None,
        )
        async with server:
            while not self._closing:
                await asyncio.sleep(BEAT_S)

    def close(self) -> None:
        """Ends `serve`, if it runs."""
        self._closing = True

    def unbind(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _protocol(self, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None) -> SMTP:
        return SMTP(
            self,
            hostname="sandbox.example",
            ident="sandbox",
            tls_context=tls,
            auth_require_tls=not self._encrypted,
            authenticator=self._known,
            loop=loop,
        )

    def _known(self, _: SMTP, __: Session, ___: Envelope, ____: str, said: object) -> AuthResult:
        given = isinstance(said, LoginPassword) and (said.login.decode(), said.password.decode())
        return AuthResult(success=self._login in {None, given}, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds it by this name
        self, _: SMTP, session: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        if self._login is not None and not session.authenticated:
            return "530 5.7.0 log in first"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        if self._suffers("refuse"):
            return "550 5.1.1 no such mailbox here"
        if self._suffers("hang_up"):
            return self._cut(server)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self._suffers("later"):
            return "451 4.3.0 try again later"
        if not self._suffers("drop_before"):
            content = envelope.content
            if isinstance(content, bytes):
                self._mailbox.put(str(envelope.mail_from), tuple(envelope.rcpt_tos), content)
            if not self._suffers("drop_after"):
                return "250 2.0.0 kept"
        return self._cut(server)

    def _cut(self, server: SMTP) -> str:
        if server.transport is not None:
            server.transport.close()
        return "421 4.3.2 gone"  # nobody hears it any more

    def _suffers(self, fault: str) -> bool:
        if self.faults[:1] != [fault]:
            return False
        self.faults.pop(0)
        return True
