"""What waits for a person is told by letter: one digest of what newly waits, not a letter for each, and not every time.

Each record is told once while it waits for the same reason, again when the reason is another, and again when it was
cured and waits once more. What has been told stands in the journal, committed together with the letter.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sync_worker.domain.document import NEEDS_A_PERSON, WAITING, Document, Kind
from sync_worker.domain.errors import SyncError
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.letter import Digest, Trouble
from sync_worker.domain.link import ledger_link
from sync_worker.ports import Clock, Documents, LedgerBooks, Letters

ALL = 100_000
DATE_CURES = frozenset({HoldClass.PERIOD_LOCKED, HoldClass.DATE_MISSING})


@dataclass(frozen=True, slots=True)
class Digests:
    journal: Documents
    letters: Letters
    books: LedgerBooks
    clock: Clock
    connection: str
    to: str
    crm_url: str
    kinds: Sequence[Kind]
    every: timedelta


@dataclass(frozen=True, slots=True)
class _Waits:
    """Something that waits, and a fingerprint of why."""

    trouble: Trouble
    fingerprint: str


def tell(work: Digests, refused: Mapping[str, str] | None = None) -> None:
    """Queues a digest where something newly waits and the last one is long enough ago. `refused` are the payments that
    the CRM refuses and why; None where this run did not come to them."""
    waits = dict(_waiting(work))
    waits |= {f"payment:{one}": _payment(work, one, why) for one, why in (refused or {}).items()}
    told = work.letters.told()
    ended = [
        one
        for one in told
        if one not in waits and (refused is not None or not one.startswith("payment:"))
    ]
    new = {one: its for one, its in waits.items() if told.get(one) != its.fingerprint}
    now, last = work.clock.now(), work.letters.last_digest()
    if last is not None and now - last < work.every:
        new = {}
    if new or ended:
        troubles = tuple(its.trouble for its in new.values())
        digest = Digest(work.connection, work.to, troubles, now) if troubles else None
        work.letters.tell({one: its.fingerprint for one, its in new.items()}, ended, digest)


def _waiting(work: Digests) -> Iterator[tuple[str, _Waits]]:
    short_code: str | None = None
    for kind in work.kinds:
        rows = work.journal.in_state(kind, NEEDS_A_PERSON, limit=ALL)
        for row, hold in [(row, row.hold) for row in rows if row.hold]:
            if row.xero_id and short_code is None:
                short_code = _short_code(work)
            trouble = _trouble(work, row, hold, short_code or "")
            yield f"{kind}:{row.record}", _Waits(trouble, _print(hold.hold_class, trouble))


def _short_code(work: Digests) -> str:
    """Xero may be out of order just now; then the link leads there without it."""
    with suppress(SyncError):
        return work.books.books().short_code
    return ""


def _trouble(work: Digests, row: Document, hold: Hold, short_code: str) -> Trouble:
    return Trouble(
        record=f"{row.kind}:{row.number}",
        cause=hold.cause,
        cure=hold.cure,
        retry=f"sync-worker {_retry(row, hold)} --connection {shlex.quote(work.connection)}",
        record_link=f"{work.crm_url.rstrip('/')}/{row.record}",
        document_link=ledger_link(short_code, row.xero_id, row.kind) if row.xero_id else "",
    )


def _retry(row: Document, hold: Hold) -> str:
    if row.state not in WAITING:
        return "sync verify"
    if row.kind is Kind.BILL and hold.hold_class in DATE_CURES:
        return f"sync bill {shlex.quote(row.number)} --date YYYY-MM-DD"
    return f"retry {shlex.quote(f'{row.kind}:{row.number}')}"


def _payment(work: Digests, payment: str, why: str) -> _Waits:
    trouble = Trouble(
        record=f"payment:{payment}",
        cause=f"the CRM refused to record it: {why}",
        cure="correct what the CRM refuses; it is tried again at every run",
        retry=f"sync-worker sync payments --connection {shlex.quote(work.connection)}",
    )
    return _Waits(trouble, _print("payment", trouble))


def _print(kind: str, trouble: Trouble) -> str:
    return hashlib.sha256(f"{kind}\t{trouble.cause}".encode()).hexdigest()
