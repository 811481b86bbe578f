"""A real mail server on loopback, and worlds whose letters go there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.mailbox import Mailbox, Slot

FINANCE = "finance@kea.example"


class PostOffice:
    """Its slot, its box, and the settings that lead there."""

    def __init__(self) -> None:
        self.box = Mailbox(Clock(lambda: datetime(2026, 3, 4, 12, tzinfo=UTC)))
        self.slot = Slot(self.box)
        self.slot.bind()
        self.port = self.slot.address[1]

    def mail(self, **others: Any) -> dict[str, Any]:
        server = {"host": "127.0.0.1", "port": self.port, "tls": "none", "timeout_s": 5}
        return {**server, "sender": "Kea Grants <grants@kea.example>", **others}

    def suffers(self, *faults: str) -> None:
        self.slot.faults += faults

    @property
    def letters(self) -> list[dict[str, Any]]:
        return self.box.messages()

    @property
    def subjects(self) -> list[str]:
        return [one["subject"] for one in self.letters]


@contextmanager
def a_post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    thread = threading.Thread(target=partial(asyncio.run, office.slot.serve()))
    thread.start()
    try:
        yield office
    finally:
        office.slot.close()
        thread.join()
        office.slot.unbind()
