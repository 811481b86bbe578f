"""The post: what lies in the outbox leaves, each letter once, and what becomes of it is known or said not to be.

Like a document for Xero a letter is committed as SENDING before it is handed over, for nothing can be looked up
afterwards. Where the outcome is lost, an operator's digest goes again, under the same Message-ID: told twice does no
harm, and untold is a silent failure. An applicant's letter does not: whoever is told twice of a payment may believe
that money came twice. It is shown as UNSURE until a person decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sync_worker.domain.errors import Misconfigured
from sync_worker.domain.letter import (
    FOR_A_PERSON,
    Delivery,
    Letter,
    NotSent,
    Outgoing,
    PaymentNotice,
    Sent,
    SentPerhaps,
    Stage,
    next_post,
)
from sync_worker.ports import Clock, Letters, Mail, Stationery
from sync_worker.sync.attempt import Tell

MOST = 200
"""Letters posted in one run; whatever else waits goes with the next one."""


@dataclass(frozen=True, slots=True)
class Post:
    letters: Letters
    mail: Mail
    stationery: Stationery
    clock: Clock
    guard: Callable[[], object]
    """The lane: whoever lost it sends nothing."""
    tell: Tell


@dataclass(slots=True)
class Report:
    sent: int = 0
    waiting: int = 0
    trouble: str = ""
    """Why those wait."""
    for_a_person: list[Outgoing] = field(default_factory=list)
    """All that were refused or are in doubt, until a person has decided about each."""


def deliver(post: Post) -> Report:
    """Nothing about the mail server is raised: what cannot leave waits."""
    report = Report()
    for letter in post.letters.staged(Stage.SENDING):
        lost = SentPerhaps("", "the worker ended while it was handed over; it may have arrived")
        post.letters.move(letter, _after(post, letter, lost))
    now = post.clock.now()
    for letter in post.letters.staged(Stage.WAITING, limit=MOST):
        if post.clock.stopping:
            break
        if letter.next_try_at is None or letter.next_try_at <= now:
            fate = _posted(post, letter)
            report.sent += isinstance(fate, Sent)
            if isinstance(fate, NotSent):
                report.trouble = fate.words
                if fate.every:
                    break
    report.waiting = post.letters.count(Stage.WAITING)
    report.for_a_person = post.letters.staged(*FOR_A_PERSON)
    return report


def _posted(post: Post, letter: Outgoing) -> Delivery | None:
    """None where a person decided about it meanwhile."""
    try:
        written = _written(post.stationery, letter)
    except Misconfigured as wrong:
        post.tell("letter not written", letter=letter.key, reason=str(wrong))
        return NotSent(str(wrong), again=True)
    post.guard()
    sending = replace(letter, stage=Stage.SENDING)
    if not post.letters.move(letter, sending):
        return None
    fate = post.mail.send(written)
    after = _after(post, sending, fate)
    post.letters.move(sending, after)
    post.tell("letter posted", letter=letter.key, stage=after.stage.lower(), answer=fate.words)
    return fate


def _written(stationery: Stationery, letter: Outgoing) -> Letter:
    match letter.told:
        case PaymentNotice() as notice:
            return stationery.payment(notice)
        case digest:
            return stationery.sync_errors(digest)


def _after(post: Post, letter: Outgoing, fate: Delivery) -> Outgoing:
    letter = replace(letter, words=fate.words, next_try_at=None)
    match fate:
        case Sent():
            return replace(letter, stage=Stage.SENT)
        case NotSent(every=True):
            return replace(letter, stage=Stage.WAITING)
        case NotSent(again=True):
            return _later(post, letter)
        case NotSent():
            return replace(letter, stage=Stage.REFUSED)
        case SentPerhaps() if letter.harmless_twice:
            return _later(post, letter)
        case _:
            return replace(letter, stage=Stage.UNSURE)


def _later(post: Post, letter: Outgoing) -> Outgoing:
    attempts = letter.attempts + 1
    wait = next_post(attempts)
    if wait is None:
        words = f"given up after {attempts} tries: {letter.words}"
        return replace(letter, stage=Stage.REFUSED, attempts=attempts, words=words)
    at = post.clock.now() + wait
    return replace(letter, stage=Stage.WAITING, attempts=attempts, next_try_at=at)
