"""A crash, rehearsed: the process kills itself at a moment chosen beforehand, so that an operator can see on a sandbox
what the next start makes of it.

The moments are those of `ports.Moments`: before and after every commit of the journal and every call to a vendor.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType

import structlog

from sync_worker.domain.errors import Misconfigured

log = structlog.get_logger()

SIGNALS = MappingProxyType({"KILL": signal.SIGKILL, "TERM": signal.SIGTERM})


@dataclass(slots=True)
class Rehearsal:
    """Told of every moment; at the `nth` passing of `point` this process is sent `ending`."""

    point: str
    nth: int = 1
    ending: signal.Signals = signal.SIGKILL
    _passed: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, moment: str) -> None:
        with self._lock:
            self._passed[moment] += 1
            now = moment == self.point and self._passed[moment] == self.nth
        if now:
            log.warning("crash rehearsed", point=self.point, nth=self.nth, signal=self.ending.name)
            os.kill(os.getpid(), self.ending)

    def over(self) -> None:
        """At the end of a life that should have ended before: says what moments there were instead."""
        if self._passed[self.point] < self.nth:
            log.warning(
                "rehearsed moment never came",
                point=self.point,
                nth=self.nth,
                passed=dict(sorted(self._passed.items())),
            )


def rehearsal(words: str) -> Rehearsal:
    """`point`, `point:n` or `point:n:TERM`, such as journal.intend.after:2. Raises Misconfigured."""
    read = _WORDS.fullmatch(words)
    if read is None:
        raise Misconfigured(
            f"crash_at {words!r} names no moment; write point:n or point:n:TERM, where point is such as "
            "journal.intend.after, xero.PUT.Invoices.before or salesforce.PATCH.composite/sobjects.after"
        )
    return Rehearsal(read["point"], int(read["nth"] or 1), SIGNALS[read["ending"] or "KILL"])


_WORDS = re.compile(
    r"(?P<point>(?:journal\.\w+|(?:xero|salesforce|mail|bank)\.[A-Z]+\.[\w/]+)\.(?:before|after))"
    r"(?::(?P<nth>[1-9]\d*)(?::(?P<ending>KILL|TERM))?)?"
)
