"""The end of a run: what newly waits is told, what lies in the outbox leaves, and the run's report says what became of
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_worker.domain.letter import Outgoing
from sync_worker.sync import digests, letters
from sync_worker.sync.digests import Digests, Failure
from sync_worker.sync.letters import Post


@dataclass(frozen=True, slots=True)
class Outbox:
    letters: Post
    digests: Digests | None
    """None where nobody is to be told what waits."""

    def post(
        self,
        refused: Sequence[Mapping[str, str]] | None = None,
        failure: Failure | None = None,
    ) -> dict[str, Any]:
        """`refused` are the payments that the CRM refuses, as a run of payments reports them."""
        if self.digests:
            by_payment = {one["payment"]: one["cause"] for one in refused or ()}
            digests.tell(self.digests, by_payment if refused is not None else None, failure)
        report = letters.deliver(self.letters)
        told: dict[str, Any] = {
            "sent": report.sent,
            "waiting": report.waiting,
            "refused": [_told(one) for one in report.for_a_person],
        }
        return told | ({"trouble": report.trouble} if report.trouble else {})


def _told(letter: Outgoing) -> dict[str, str]:
    return {
        "letter": letter.key,
        "to": letter.to,
        "stage": letter.stage.lower(),
        "cause": letter.words,
    }
