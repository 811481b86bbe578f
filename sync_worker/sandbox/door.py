"""The door before one vendor's core: requests are noted here, and here faults befall them.

A request passes in two steps, so that the caller decides how waiting is done (the edge sleeps
without holding up others, a simulation moves its clock): `admit` gives a ticket; after
`ticket.delay_s`, `answer` has the core work and gives the response or raises `Cut`; either
reaches the client after `ticket.answer_delay_s`. Paths below `/_sandbox/` belong to the control
plane: never imitated, logged or disturbed.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlencode

from sync_worker.sandbox.faults import (
    CUT,
    HALF,
    HARMLESS,
    REPLY,
    Effect,
    Fault,
    Faults,
)
from sync_worker.sandbox.http import Clock, Request, Response

CONTROL = "/_sandbox/"
REMEMBERED_REQUESTS = 100_000


class Core(Protocol):
    """One imitated vendor.

    May also have `in_flight` (set before each request), `remember_reply` and `unknown_routes` (with how often each was
    asked for).
    """

    def handle(self, request: Request) -> Response: ...
    def refusal(self, kind: str, request: Request, retry_after: int | None = None) -> Response: ...
    def expire_tokens(self) -> None: ...
    def reset(self) -> None: ...
    def credentials(self, url: str) -> dict[str, str]: ...


class Cut(Exception):
    """The connection ended early. `done`: whether the vendor did the work all the same.

    `reply` is None if nothing was heard; else an answer of which only the first half of the body
    got through, under its full Content-Length.
    """

    def __init__(self, *, done: bool, reply: Response | None = None) -> None:
        super().__init__("cut after the work was done" if done else "cut before anything was done")
        self.done = done
        self.reply = reply


@dataclass(slots=True)
class Entry:
    """A line of the request log.

    `status` is None until answered and 0 if the connection was dropped.
    """

    n: int
    vendor: str
    method: str
    path: str
    idempotency_key: str | None
    at: str
    status: int | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request on its way through.

    `in_flight` counts the requests under way when it came, itself included.
    """

    request: Request
    in_flight: int
    entry: Entry | None = None
    fault: Fault | None = None

    @property
    def effect(self) -> Effect:
        return self.fault.effect if self.fault else HARMLESS

    @property
    def delay_s(self) -> float:
        return self.fault.seconds if self.fault and self.effect.waits_first else 0.0

    @property
    def answer_delay_s(self) -> float:
        waits_after = not (self.effect.waits_first or self.effect.works_later)
        return self.fault.seconds if self.fault and waits_after else 0.0


class Door:
    """One vendor's door. `control` answers what lies below `/_sandbox/`; `witness` is told what the core answers.

    `lock` is held while the core works; whoever reaches past the door (seeds, people) takes it too.
    """

    def __init__(self, core: Core, clock: Clock, *, vendor: str = "") -> None:
        self.core = core
        self.vendor = vendor
        self.control: Callable[[Request], Response] = lambda _: Response(404)
        self.people: Callable[[Mapping[str, Any]], object] = lambda _: None
        self.witness: Callable[[Request, Response], object] = lambda request, reply: None
        self.faults = Faults()
        self.lock = threading.RLock()
        self._clock = clock
        self._book = threading.Lock()  # not `lock`: a long query must not keep others from arriving
        self._log: deque[Entry] = deque(maxlen=REMEMBERED_REQUESTS)
        self._numbers = itertools.count(1)
        self._late: list[tuple[datetime, Request]] = []  # accepted, and not worked on yet

    def handle(self, request: Request) -> Response:
        """Both steps at once, without any waiting."""
        return self.answer(self.admit(request))

    def admit(self, request: Request, *, in_flight: int = 1) -> Ticket:
        if self.controls(request):
            return Ticket(request, in_flight)
        path = with_query(request)
        with self._book:
            fault = self.faults.befalling(request, path)
            entry = Entry(
                next(self._numbers),
                self.vendor,
                request.method,
                path,
                request.headers.get("idempotency-key"),
                self._clock.now().isoformat(timespec="milliseconds"),
                fault=fault.do if fault else None,
            )
            self._log.append(entry)
        return Ticket(request, in_flight, entry, fault)

    def answer(self, ticket: Ticket) -> Response:
        if ticket.entry is None:
            return self._dated(self.control(ticket.request))
        try:
            response = self._outcome(ticket)
        except Cut as cut:
            ticket.entry.status = cut.reply.status if cut.reply else 0
            raise
        ticket.entry.status = response.status
        return response

    def controls(self, request: Request) -> bool:
        return request.path.startswith(CONTROL)

    def requests(self) -> list[Entry]:
        with self._book:
            return list(self._log)

    def forget_requests(self) -> None:
        with self._book:
            self._log.clear()
            self._numbers = itertools.count(1)

    def _outcome(self, ticket: Ticket) -> Response:
        effect = ticket.effect
        with self.lock:
            self.catch_up()
            if effect.works_later and ticket.fault is not None:
                due = self._clock.now() + timedelta(seconds=ticket.fault.seconds)
                self._late.append((due, ticket.request))
            if effect.expires_tokens:
                self.core.expire_tokens()
            reply = self._worked(ticket) if effect.works else None
            if ticket.fault is not None and ticket.fault.people is not None:
                self.people(ticket.fault.people)
            if effect.hears == REPLY and reply is not None:
                return self._dated(reply)
            if effect.hears in {CUT, HALF}:
                half = effect.hears == HALF and reply is not None and reply.body
                raise Cut(done=effect.works, reply=self._dated(reply) if half and reply else None)
            waits = ticket.fault.retry_after if ticket.fault else None
            refusal = self.core.refusal(effect.hears, ticket.request, retry_after=waits)
            if effect.remembers and hasattr(self.core, "remember_reply"):
                self.core.remember_reply(ticket.request, refusal)
        return self._dated(refusal)

    def catch_up(self) -> None:
        """Do what was put off until now. Whoever reads the core past the door calls this first."""
        with self.lock:
            now = self._clock.now()
            due = [request for at, request in self._late if at <= now]
            self._late = [(at, request) for at, request in self._late if at > now]
            for request in due:
                self.core.handle(request)

    def waits(self) -> list[float]:
        """In how many seconds each thing that was put off is due."""
        now = self._clock.now()
        return [max(0.0, (at - now).total_seconds()) for at, _ in self._late]

    def forget_late(self) -> None:
        self._late.clear()

    def _worked(self, ticket: Ticket) -> Response:
        if hasattr(self.core, "in_flight"):
            self.core.in_flight = ticket.in_flight
        reply = self.core.handle(ticket.request)
        self.witness(ticket.request, reply)
        return reply

    def _dated(self, response: Response) -> Response:
        """Both vendors date every answer and clients set their watches by it: the shared clock's."""
        if any(name.lower() == "date" for name in response.headers):
            return response
        date = format_datetime(self._clock.now(), usegmt=True)
        return Response(response.status, {**response.headers, "Date": date}, response.body)


def with_query(request: Request) -> str:
    return f"{request.path}?{_encoded(request.query)}" if request.query else request.path


@lru_cache(maxsize=4096)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    """Kept, because the same long query is asked again and again."""
    return urlencode(query)
