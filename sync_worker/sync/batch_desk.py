"""The desk at which people's acts on payment batches are taken: committed with all that follows from them, then done.

An act that a crash left between its commit and the CRM is done by the next act that anybody brings here, from what was
committed; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from sync_worker.domain.approval import (
    Act,
    ActKind,
    ChangedAccount,
    ExportedFile,
    Standing,
    changed_accounts,
    same_person,
    standing,
)
from sync_worker.domain.errors import Misconfigured, Rejected
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.payment_batch import (
    FILED,
    OPEN,
    BatchStatus,
    Headroom,
    ItemStatus,
    Order,
    Payable,
    Payee,
    PaymentBatch,
    headroom,
    troubles,
)
from sync_worker.domain.text import printable
from sync_worker.ports import (
    BatchNews,
    Begun,
    Clock,
    CrmPaymentBatches,
    Folder,
    ItemNews,
    LedgerInvoices,
    PaymentBatchJournal,
)

LONGEST_NAME = 80
DIFFERENCES_TOLD = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A batch as the CRM has it, and as the journal knows it."""

    batch: PaymentBatch
    acts: tuple[Act, ...]

    @property
    def now(self) -> Standing:
        return standing(self.acts)


@dataclass(frozen=True, slots=True)
class View:
    """A batch as people are shown it."""

    found: Found
    changed: tuple[ChangedAccount, ...]
    new: tuple[Payee, ...]
    """Payees that no bank file of ours has ever paid."""
    unfinished: bool
    """Its last act is committed and not done yet: the next command does it."""


@dataclass(frozen=True, slots=True)
class Desk:
    crm: CrmPaymentBatches
    bills: LedgerInvoices
    journal: PaymentBatchJournal
    folder: Folder
    clock: Clock
    zone: tzinfo
    guard: Callable[[], object]
    """Raises LaneLost where another worker writes for this connection."""
    tell: Callable[..., object]

    @property
    def today(self) -> date:
        return self.clock.now().astimezone(self.zone).date()

    # Finding ----------------------------------------------------------------------------------

    def found(self, number: str) -> Found:
        """The batch of that number. Raises Misconfigured where there is none of ours, Rejected where it was
        cancelled."""
        batch = self.crm.numbered(number)
        if batch is None:
            raise Misconfigured(
                f"the CRM has no payment batch {number!r}; `sync-worker batch list` shows those there are"
            )
        if not batch.key:
            raise Misconfigured(
                f"{number} was not made by `sync-worker batch new`, so nobody is known to have made it; "
                "make one there and add its milestones to it"
            )
        found = Found(batch, tuple(self.journal.acts([batch.key])[batch.key]))
        if BatchStatus.CANCELLED in {batch.status, found.now.status}:
            raise refusal(f"{number} was cancelled; make a new batch")
        return found

    def view(self, number: str) -> View:
        batch = self.crm.numbered(number)
        if batch is None:
            raise Misconfigured(f"the CRM has no payment batch {number!r}")
        return self.views([batch])[0]

    def views(self, batches: Sequence[PaymentBatch]) -> list[View]:
        acts = self.journal.acts([batch.key for batch in batches if batch.key])
        begun = {one.act.batch for one in self.journal.unfinished()}
        last = self._last_paid(payees(batches))
        known = {order.payee for order in last}
        return [
            View(
                Found(batch, tuple(acts.get(batch.key, ()))),
                tuple(changed_accounts(payees([batch]), last)),
                tuple(payee for payee in payees([batch]) if payee.record not in known),
                batch.key in begun,
            )
            for batch in batches
        ]

    # Judging ----------------------------------------------------------------------------------

    def headrooms(self, batch: str, milestones: Iterable[Payable]) -> dict[SalesforceId, Headroom]:
        """How much of each milestone the batch of that key may pay, its bill and all other batches considered."""
        payables = {one.id: one for one in milestones}
        ids = list(payables)
        claims = [one for one in self.crm.claims(ids) if one.batch != batch]
        orders = [one for one in self.journal.ordered(ids) if one.batch != batch]
        bills = self.bills.by_id(sorted({one.bill for one in payables.values() if one.bill}))
        return {
            id_: headroom(
                payable,
                bills.get(payable.bill) if payable.bill else None,
                [one for one in claims if one.milestone == id_],
                [one for one in orders if one.milestone == id_],
            )
            for id_, payable in payables.items()
        }

    def troubles(self, batch: PaymentBatch) -> list[str]:
        headrooms = self.headrooms(batch.key, [item.milestone for item in batch.items])
        return list(troubles(batch, headrooms, self.today))

    def unconfirmed(self, found: Found) -> list[ChangedAccount]:
        """Payees whose account was changed since they were last paid, and nobody else has confirmed it since."""
        everyone = payees([found.batch])
        at = found.now.confirmed_at
        return [
            one
            for one in changed_accounts(everyone, self._last_paid(everyone))
            if at is None or one.before.at >= at
        ]

    def must_be_as_submitted(self, found: Found, person: str) -> None:
        """Raises Rejected, and voids submission and approval, where the batch was changed since it was submitted."""
        batch, now = found.batch, found.now
        expected = FILED if now.status in FILED else {now.status}
        if batch.status not in expected:
            why = f"its status in the CRM is {batch.status or 'empty'}, and not {now.status}"
        elif batch.payload != now.payload:
            why = f"what it pays was changed since it was submitted ({_difference(found)})"
        else:
            return
        if now.status in FILED:
            raise refusal(
                f"{batch.number} cannot be exported again: {why}; put it back in the CRM, or make a new batch"
            )
        news = BatchNews(batch.key, BatchStatus.DRAFT)
        self.do(found, ActKind.VOIDED, person, news, words=why)
        raise refusal(
            f"{batch.number}: {why}; nothing is approved any more. Look at it, then "
            f"`sync-worker batch submit {batch.number}` and have it approved anew"
        )

    # Doing ------------------------------------------------------------------------------------

    def do(
        self,
        found: Found,
        kind: ActKind,
        person: str,
        news: BatchNews,
        *,
        words: str = "",
        file: ExportedFile | None = None,
        content: bytes | None = None,
        orders: Sequence[Order] = (),
        released: Sequence[SalesforceId] = (),
    ) -> None:
        """Commits the act, then does it. Raises Rejected with the CRM's words where it refused its part; the act
        stands."""
        batch = found.batch
        act = Act(
            batch=batch.key,
            kind=kind,
            person=person,
            at=self.clock.now(),
            payload=batch.payload,
            words=words,
            file=file,
            number=batch.number,
        )
        begun = self.journal.begin(act, news, content=content, orders=orders, released=released)
        if said := self._finish(begun):
            raise refusal(said)

    def catch_up(self) -> list[Act]:
        """What was begun and not done is done now. Raises what keeps it from being done."""
        begun = self.journal.unfinished()
        for one in begun:
            self._finish(one)
        return [one.act for one in begun]

    def _finish(self, begun: Begun) -> str:
        act = begun.act
        if begun.content is not None and act.file is not None:
            self.guard()
            self.folder.put(act.file.name, begun.content)
        refused = self.crm.write(begun.news)
        outcome = "; ".join(f"{one.record}: {one.message}" for one in refused)
        if outcome:
            outcome = f"the CRM refused a part of it ({outcome}); correct that there"
        self.journal.end(begun, outcome)
        self.tell(f"payment batch {act.kind}", batch=act.number, by=act.person, refused=outcome)
        return outcome

    def _last_paid(self, everyone: Sequence[Payee]) -> list[Order]:
        return self.journal.last_paid([payee.record for payee in everyone])


def refusal(words: str) -> Rejected:
    """The reason and the cure, in one sentence."""
    return Rejected([words])


def payees(batches: Iterable[PaymentBatch]) -> list[Payee]:
    """Everyone who is paid, once."""
    found = {
        item.milestone.payee.record: item.milestone.payee
        for batch in batches
        for item in batch.items
        if item.milestone.payee
    }
    return list(found.values())


def named(person: str) -> str:
    """Who acts. Raises Misconfigured where nobody is named."""
    name = " ".join(printable(person).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Misconfigured(
            f"--as names nobody ({person!r}); say who you are in at most {LONGEST_NAME} letters"
        )
    return name


def did(acts: Iterable[Act], found: Found, kind: ActKind, person: str) -> bool:
    """Whether this very act was begun earlier, and is done by now."""
    return any(
        act.batch == found.batch.key and act.kind is kind and same_person(act.person, person)
        for act in acts
    )


def must_be_open(found: Found) -> None:
    status = found.now.status
    if status not in OPEN:
        raise refusal(
            f"{found.batch.number} is {status}; what is in its bank file cannot be changed, make a new batch"
        )


def how_to_confirm(number: str, changed: Sequence[ChangedAccount]) -> list[str]:
    return [
        *map(str, changed),
        f"ask them by a way you knew before; then another person says `batch approve {number} --accounts`",
    ]


def marked(batch: PaymentBatch, status: ItemStatus, reason: str = "") -> tuple[ItemNews, ...]:
    """All items of a batch with a new status."""
    return tuple(
        ItemNews(item.milestone.id, status, reason=reason, id=item.id) for item in batch.items
    )


def _difference(found: Found) -> str:
    submitted = [act for act in found.acts if act.kind is ActKind.SUBMITTED][-1].words.splitlines()
    present: Mapping[str, None] = dict.fromkeys(found.batch.lines)
    gone = [f"was {line}" for line in submitted if line not in present]
    come = [f"is {line}" for line in present if line not in submitted]
    told = [line for pair in zip(gone, come, strict=False) for line in pair] or gone + come
    more = "; and more" if len(told) > DIFFERENCES_TOLD else ""
    return "; ".join(told[:DIFFERENCES_TOLD]) + more
