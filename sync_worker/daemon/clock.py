"""The clocks the worker may live by: the system's, or the virtual one of a sandbox on loopback."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import urllib3

from sync_worker.domain.errors import Stopping, Transient

STALE = 0.02
"""Seconds a sandbox's time is believed; it may be moved by others at any moment."""


class SystemClock:
    """Real time. Sleeping ends at once when the program is asked to stop."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopping

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()


class SandboxClock(SystemClock):
    """The sandbox's virtual time. Waiting moves it on instead of passing it, so that an hour of call budget costs
    nothing, while both vendors and the worker still agree on what time it is."""

    def __init__(self, url: str, stop: threading.Event | None = None) -> None:
        super().__init__(stop)
        self._url = f"{url}/_sandbox/clock"
        self._pool = urllib3.PoolManager(maxsize=4, retries=False)
        self._known: tuple[float, datetime] | None = None

    def now(self) -> datetime:
        at = time.monotonic()
        if self._known is None or at - self._known[0] > STALE:
            self._known = (at, self._ask("GET"))
        return self._known[1] + timedelta(seconds=at - self._known[0])

    def sleep(self, seconds: float) -> None:
        if self.stopping:
            raise Stopping
        self._known = (time.monotonic(), self._ask("POST", {"advance_s": seconds}))

    def _ask(self, method: str, body: dict[str, float] | None = None) -> datetime:
        try:
            reply = self._pool.request(
                method,
                self._url,
                body=json.dumps(body) if body else None,
                headers={"Content-Type": "application/json"},
                timeout=10,
            )
        except urllib3.exceptions.HTTPError as failure:
            msg = (
                f"the sandbox's clock at {self._url} cannot be reached; "
                "start `sync-worker sandbox`, or set time.source to system"
            )
            raise Transient(msg) from failure
        return datetime.fromisoformat(json.loads(reply.data)["now"])
