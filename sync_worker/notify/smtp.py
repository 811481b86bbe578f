"""The way a letter leaves: one connection to one mail server, with TLS and a login.

The outcome is one of three, and the caller can rely on it. `NotSent`: refused, or broken off before the letter was
handed over. `Sent`: the server said that it has it. `SentPerhaps`: handed over, and no answer heard; the server may
have it all the same (RFC 5321, 4.5.3.2.6 and 6.1). Nothing is tried twice here. What fails before the letter is even
named, such as the login, would fail for every letter, and says so.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sync_worker.domain.letter import Delivery, Letter, NotSent, Sent, SentPerhaps
from sync_worker.notify.message import Message, Unsendable, composed
from sync_worker.ports import Clock, Moments, unwatched

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    timeout_s: float = 30


@dataclass(frozen=True, slots=True)
class SmtpMail:
    server: MailServer
    sender: str
    clock: Clock
    moments: Moments = unwatched
    way: Callable[..., smtplib.SMTP] = smtplib.SMTP
    """What opens a line that does not begin with TLS."""

    def send(self, letter: Letter) -> Delivery:
        try:
            message = composed(letter, self.sender, self.clock.now())
        except Unsendable as wrong:
            return NotSent(str(wrong), again=False)
        every = True
        try:
            with self._line(message) as line:
                _checked(line.mail(message.sender))
                every = False
                _checked(line.rcpt(message.to))
                self.moments("mail.DATA.letter.before")
                fate = _handed_over(line, message)
                self.moments("mail.DATA.letter.after")
                return fate
        except (OSError, ValueError) as failed:  # smtplib's and ssl's are OSErrors
            return NotSent(_words(failed), again=_may_pass(failed), every=every)

    @contextmanager
    def _line(self, message: Message) -> Iterator[smtplib.SMTP]:
        """A line to the server, greeted, encrypted and logged in."""
        line = self._opened(message.sender.rpartition("@")[2])
        try:
            if self.server.tls == "starttls":
                line.starttls(context=self._trust())
                line.ehlo()  # what was said in the clear does not count any more (RFC 3207, 4.2)
            if self.server.user is not None:
                line.login(self.server.user, self.server.password or "")
            yield line
            with suppress(OSError):  # what was said stands, however the parting goes
                line.quit()
        finally:
            line.close()

    def _opened(self, name: str) -> smtplib.SMTP:
        server = self.server
        if server.tls == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host,
                server.port,
                name,
                timeout=server.timeout_s,
                context=self._trust(),
            )
        else:
            line = self.way(server.host, server.port, name, timeout=server.timeout_s)
        try:
            line.ehlo_or_helo_if_needed()
        except BaseException:
            line.close()
            raise
        return line

    def _trust(self) -> ssl.SSLContext:
        file = self.server.ca_file
        return ssl.create_default_context(cafile=str(file) if file else None)


def _checked(reply: tuple[int, bytes]) -> None:
    code, words = reply
    if code // 100 != 2:
        raise smtplib.SMTPResponseException(code, words)


def _handed_over(line: smtplib.SMTP, message: Message) -> Delivery:
    try:
        code, said = line.data(message.content)
    except smtplib.SMTPDataError:
        raise  # the server did not want to hear it: nothing has left
    except OSError as lost:
        words = f"the letter was handed over and no answer came ({_words(lost)})"
        return SentPerhaps(message.id, words)
    words = said.decode("utf-8", "replace")
    if code // 100 == 2:
        return Sent(message.id, words)
    if code // 100 in {4, 5}:
        return NotSent(f"{code} {words}", again=code // 100 == 4)
    return SentPerhaps(
        message.id, f"the letter was handed over, and the answer makes no sense: {words}"
    )


def _words(failed: Exception) -> str:
    if isinstance(failed, smtplib.SMTPResponseException):
        said = failed.smtp_error
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return f"{failed.smtp_code} {words}"
    return str(failed) or type(failed).__name__


def _may_pass(failed: Exception) -> bool:
    """A refusal with a 4 passes by itself, and so may a line that broke; a wrong certificate or login does not."""
    if isinstance(failed, smtplib.SMTPResponseException):
        return failed.smtp_code // 100 == 4
    lasting = (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError)
    return isinstance(failed, OSError) and not isinstance(failed, lasting)
