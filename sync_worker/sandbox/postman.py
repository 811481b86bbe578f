"""Carries Xero's webhooks to their receiver, which must be on this machine, and reports back what became of them."""

from __future__ import annotations

import http.client
import ipaddress
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from sync_worker.sandbox.xero.webhooks import PATIENCE_S, Delivery, Webhooks

BEAT_S = 0.5


class Postman:
    """Sends what is due. `lock` keeps the core at rest while the queue is read and written, never while sending."""

    def __init__(
        self, webhooks: Callable[[], Webhooks], lock: AbstractContextManager[object]
    ) -> None:
        self._webhooks = webhooks  # asked anew each time: a reset starts with none
        self._lock = lock
        self._round = threading.Lock()  # one round at a time, so that events keep their order
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def subscribe(self, url: str, key: str) -> bool:
        """Set the receiver and try whether it checks signatures; ValueError for one that is not on loopback."""
        _check(url)
        with self._lock:
            sent = self._webhooks().subscribe(url, key)
        statuses = [post(delivery) for delivery in sent]
        with self._lock:
            return self._webhooks().prove(sent, statuses)

    def deliver(self) -> int:
        """Send all that is due; how many deliveries were heard."""
        heard = 0
        with self._round:
            while True:
                with self._lock:
                    delivery = self._webhooks().due()
                if delivery is None:
                    return heard
                status = post(delivery)
                with self._lock:
                    self._webhooks().heard(delivery, status)
                heard += status is not None and 200 <= status < 300

    def start(self) -> None:
        """Make rounds from now on, until `stop`."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._rounds, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _rounds(self) -> None:
        while not self._stopped.wait(BEAT_S):
            self.deliver()


def post(delivery: Delivery) -> int | None:
    """The receiver's status; None if it could not be reached or took too long."""
    address = urlsplit(delivery.url)
    connection = http.client.HTTPConnection(
        address.hostname or "", address.port or 80, timeout=PATIENCE_S
    )
    path = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
    try:
        connection.request("POST", path, delivery.body, delivery.headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _check(url: str) -> None:
    address = urlsplit(url)
    host = address.hostname or ""
    try:
        near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    if address.scheme != "http" or not near:
        raise ValueError("url must be http on a loopback address")
