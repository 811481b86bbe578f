"""The ways out without sockets: requests, urllib3 and the letters' way on top, a sandbox's doors and mail box below.

What goes wrong is given the very exceptions that sockets give, with retries off: a cut connection, a time-out, half an
answer, a connection refused. The clock is virtual, so a slow answer takes no time at all; what a server finishes after
its client has gone away it finishes when the clock gets there.
"""

from __future__ import annotations

import http.client
import io
import smtplib
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from aiosmtpd.smtp import Envelope
from requests.adapters import HTTPAdapter

from sync_worker.sandbox.door import Cut, Door, Ticket
from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.mailbox import Slot

ON_THE_ROAD = 0.05
"""Seconds any call takes: two calls never stand at one instant."""
Hook = Callable[[str], None]


class Trouble(Exception):
    """What befell a call on its way."""


class Lost(Trouble):
    """The connection was cut before any answer."""


class Half(Trouble):
    """Only a part of the answer came."""


class Late(Trouble):
    """No answer within the time-out."""


class Refused(Trouble):
    """Nobody listens: the request never left."""


class Time:
    """The one clock of both vendors and the worker. What servers still have to finish, they finish at its instant."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._agenda: list[tuple[datetime, Callable[[], object]]] = []

    def now(self) -> datetime:
        return self._clock.now()

    def pass_by(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        while due := [one for one in self._agenda if one[0] <= until]:
            first = min(due, key=lambda one: one[0])
            self._agenda.remove(first)
            self._clock.advance(max(0.0, (first[0] - self.now()).total_seconds()))
            first[1]()
        self._clock.advance(max(0.0, (until - self.now()).total_seconds()))

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        self._agenda.append((self.now() + timedelta(seconds=seconds), work))


class Dripping(io.BytesIO):
    """A body that comes byte by byte."""

    def __init__(self, body: bytes, wait: Callable[[], None]) -> None:
        super().__init__(body)
        self._wait = wait

    def read1(self, size: int | None = -1, /) -> bytes:
        self._wait()
        return super().read1(min(size or 1, 1))


class Road:
    """To one vendor's door. `down` refuses every connection; `hook` is told before a request arrives and when it is
    done; `instead` sees every request and may give a Response in the vendor's place; `reader` may change an answer;
    `drip_s` is how long each byte of an answer takes to arrive."""

    def __init__(self, door: Door, time: Time) -> None:
        self.door = door
        self.down = False
        self.drip_s = 0.0
        self.hook: Hook = lambda _: None
        self.instead: Callable[[Request], object] = lambda _: None
        self.reader: Callable[[Request, Response], Response] = lambda _, response: response
        self._time = time

    def take(self, method: str, url: str, headers: Any, body: Any, timeout: float) -> Response:
        if self.down:
            raise Refused
        sent = body.encode() if isinstance(body, str) else body or b""
        texts = {str(k): v.decode() if isinstance(v, bytes) else str(v) for k, v in headers.items()}
        request = Request.to(method, url, {"Host": urlsplit(url).netloc, **texts}, sent)
        answer = self.instead(request)
        if isinstance(answer, Response):
            return answer
        self._time.pass_by(ON_THE_ROAD)
        name = f"{method} {request.path.rpartition('/')[2]}"
        self.hook(f"{name} has left")
        response = self._answer(self.door.admit(request), timeout)
        self.hook(f"{name} is answered")
        return self.reader(request, response)

    def arriving(self, response: Response) -> urllib3.HTTPResponse:
        """The answer as it comes in, not read yet."""
        return urllib3.HTTPResponse(
            body=Dripping(response.body, lambda: self._time.pass_by(self.drip_s))
            if self.drip_s
            else io.BytesIO(response.body),
            headers=dict(response.headers),
            status=response.status,
            preload_content=False,
            decode_content=False,
        )

    def _answer(self, ticket: Ticket, timeout: float) -> Response:
        if ticket.delay_s > timeout:
            self._time.later(ticket.delay_s, lambda: self._work(ticket))
            self._time.pass_by(timeout)
            raise Late
        self._time.pass_by(ticket.delay_s)
        response = self._work(ticket)
        if ticket.fault and ticket.effect.works_later:
            # At its moment, not when the next request happens to come.
            self._time.later(ticket.fault.seconds, self.door.catch_up)
        self._time.pass_by(min(ticket.answer_delay_s, timeout))
        if ticket.answer_delay_s > timeout:
            raise Late
        if isinstance(response, Cut):
            raise Half if response.reply else Lost
        return response

    def _work(self, ticket: Ticket) -> Response | Cut:
        try:
            return self.door.answer(ticket)
        except Cut as cut:
            return cut


class XeroWay:
    """Stands where urllib3's PoolManager stands."""

    def __init__(self, road: Road) -> None:
        self._road = road

    def request(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        timeout = options["timeout"]
        assert isinstance(timeout, urllib3.Timeout), "a call without a time-out may hang for ever"
        assert options.get("redirect") is False, "a redirect could carry the token elsewhere"
        pool: Any = None
        try:
            response = self._road.take(
                method, url, options.get("headers") or {}, options.get("body"), _read(timeout)
            )
        except Refused:
            raise urllib3.exceptions.NewConnectionError(pool, "nobody listens") from None
        except Late:
            raise urllib3.exceptions.ReadTimeoutError(pool, url, "read timed out") from None
        except Half:
            raise urllib3.exceptions.ProtocolError(
                "broken", http.client.IncompleteRead(b"")
            ) from None
        except Lost:
            raise urllib3.exceptions.ProtocolError("aborted", _gone()) from None
        return self._road.arriving(response)


class SalesforceWay(HTTPAdapter):
    """Stands where requests' HTTPAdapter stands."""

    def __init__(self, road: Road) -> None:
        super().__init__()
        self._road = road

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        timeout = options["timeout"]
        assert isinstance(timeout, tuple), "a call without a time-out may hang for ever"
        url, method, pool = str(request.url), str(request.method), None
        errors = urllib3.exceptions
        try:
            response = self._road.take(method, url, request.headers, request.body, timeout[1])
        except Refused:
            never: Any = errors.NewConnectionError(pool, "nobody listens")  # type: ignore[arg-type]  # only its words are read
            told = errors.MaxRetryError(pool, url, never)  # type: ignore[arg-type]  # only its words are read
            raise requests.ConnectionError(told, request=request) from None
        except Late:
            late = errors.ReadTimeoutError(pool, url, "read timed out")  # type: ignore[arg-type]  # only its words are read
            raise requests.ReadTimeout(late, request=request) from None
        except Half:
            half = errors.ProtocolError("broken", http.client.IncompleteRead(b""))
            raise requests.exceptions.ChunkedEncodingError(half, request=request) from None
        except Lost:
            lost = errors.ProtocolError("aborted", _gone())
            raise requests.ConnectionError(lost, request=request) from None
        answer: requests.Response = self.build_response(request, self._road.arriving(response))
        return answer


class MailWay:
    """Stands where smtplib.SMTP stands."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot

    def __call__(self, *_: Any, **options: Any) -> Any:
        assert options["timeout"], "a mail server without a time-out may hang for ever"
        return Line(self._slot)


class Line:
    """A line to a mail box: what smtplib says comes to the slot's own answers, which are aiosmtpd's hooks."""

    def __init__(self, slot: Slot) -> None:
        self._slot: Any = slot
        self._envelope = Envelope()
        self._cut = False

    @property
    def transport(self) -> Line:
        """What the slot closes to cut the line."""
        return self

    def close(self) -> None:
        self._cut = True

    def ehlo_or_helo_if_needed(self) -> None: ...

    def quit(self) -> None: ...

    def mail(self, sender: str) -> tuple[int, bytes]:
        return self._said(self._slot.handle_MAIL(self, None, self._envelope, sender, []))

    def rcpt(self, to: str) -> tuple[int, bytes]:
        return self._said(self._slot.handle_RCPT(self, None, self._envelope, to, []))

    def data(self, content: bytes) -> tuple[int, bytes]:
        self._envelope.content = content
        return self._said(self._slot.handle_DATA(self, None, self._envelope))

    def _said(self, answer: Coroutine[Any, Any, str]) -> tuple[int, bytes]:
        """The slot waits for nothing, so that its answer is there at once."""
        said = ""
        try:
            answer.send(None)
        except StopIteration as end:
            said = str(end.value)
        if self._cut:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        code, _, words = said.partition(" ")
        return int(code), words.encode()


def _read(timeout: urllib3.Timeout) -> float:
    seconds = timeout.read_timeout
    assert isinstance(seconds, float | int)
    return float(seconds)


def _gone() -> http.client.RemoteDisconnected:
    return http.client.RemoteDisconnected("Remote end closed connection without response")
