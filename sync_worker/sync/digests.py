"""What waits for a person is told by letter: one digest of what newly waits, not a letter for each, and not every time.

Each record is told once while it waits for the same reason, again when the reason is another, and again when it was
cured and waits once more. A run that failed as a whole is told once a day for each cause: at once where a person has to
act, and where a vendor is out of reach once that has lasted. What has been told stands in the journal, committed
together with the letter.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sync_worker.domain.document import NEEDS_A_PERSON, WAITING, Document, Kind
from sync_worker.domain.errors import OutcomeUnknown, SyncError, Transient
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.letter import Digest, Trouble
from sync_worker.domain.link import ledger_link
from sync_worker.ports import Clock, Journal, LedgerBooks, Letters

ALL = 100_000
LASTS = timedelta(hours=2)
"""Without a run that came to its end, before people are told of what may pass by itself."""
PASSES = (
    "see that this host reaches both vendors, and that both are in order; it goes on by itself then"
)
STAYS = "correct what it names, here or at the vendor; it goes on by itself then"
DATE_CURES = frozenset({HoldClass.PERIOD_LOCKED, HoldClass.DATE_MISSING})


@dataclass(frozen=True, slots=True)
class Digests:
    journal: Journal
    letters: Letters
    books: LedgerBooks
    clock: Clock
    connection: str
    to: str
    crm_url: str
    kinds: Sequence[Kind]
    every: timedelta


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that ended early, with nobody waiting for its answer."""

    process: str
    error: SyncError


@dataclass(frozen=True, slots=True)
class _Waits:
    """Something that waits, and a fingerprint of why."""

    trouble: Trouble
    fingerprint: str


def tell(
    work: Digests, refused: Mapping[str, str] | None = None, failure: Failure | None = None
) -> None:
    """Queues a digest where something newly waits and the last one is long enough ago. `refused` are the payments that
    the CRM refuses and why; None where this run did not come to them."""
    waits = dict(_waiting(work))
    waits |= {f"payment:{one}": _payment(work, one, why) for one, why in (refused or {}).items()}
    waits |= _failed(work, failure) if failure else {}
    told = work.letters.told()
    over = {"payment": refused is not None, "run": False}
    ended = [one for one in told if one not in waits and over.get(one.partition(":")[0], True)]
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


def _failed(work: Digests, failure: Failure) -> dict[str, _Waits]:
    """By its cause, whichever process met it, and told anew another day. What passes by itself is one cause, however
    often its words change."""
    passes = isinstance(failure.error, (Transient, OutcomeUnknown))
    now, since = work.clock.now(), work.journal.fruitless_since(failure.process)
    if passes and since is not None and now - since < LASTS:
        return {}
    said = "; ".join(str(failure.error).splitlines())
    lasts = f"; no run has come to its end since {since:%d %b %Y %H:%M} UTC" if since else ""
    trouble = Trouble(
        record=f"run:{failure.process}",
        cause=said + lasts,
        cure=PASSES if passes else STAYS,
        retry=f"sync-worker check --connection {shlex.quote(work.connection)}",
    )
    cause = "passes" if passes else hashlib.sha256(said.encode()).hexdigest()[:16]
    return {f"run:{cause}": _Waits(trouble, now.date().isoformat())}


def _print(kind: str, trouble: Trouble) -> str:
    return hashlib.sha256(f"{kind}\t{trouble.cause}".encode()).hexdigest()
