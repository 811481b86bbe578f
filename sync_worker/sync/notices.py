"""Which payments an applicant is told of by letter, and from when on.

A letter is prepared before the CRM gets the payment, and released once the CRM has it. So it is written exactly where
this journal brought the payment into the CRM, whenever the worker dies in between; and a payment that the CRM had
before, as after a lost journal, brings none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sync_worker.domain.books import Books
from sync_worker.domain.ids import XeroId
from sync_worker.domain.invoice import Invoice
from sync_worker.domain.letter import PaymentNotice, payment_key
from sync_worker.domain.party import Party
from sync_worker.domain.payment import LedgerPayment, PaymentRecord
from sync_worker.ports import Clock, CrmInvoices, LedgerBooks, Letters, Standing
from sync_worker.sync.attempt import Tell

Planned = tuple[LedgerPayment, PaymentRecord, Standing]
"""A payment, the record the CRM is about to get, and what the CRM knew of its milestone until then."""


@dataclass(frozen=True, slots=True)
class Notices:
    letters: Letters
    records: CrmInvoices
    books: LedgerBooks
    clock: Clock
    max_age: timedelta
    """What was paid longer ago is told to nobody: it is history that a new connection brings along."""
    tell: Tell

    def prepare(self, planned: Iterable[Planned]) -> dict[XeroId, str]:
        """Before the CRM gets them. Answers the payments of which nobody can be told, and why."""
        new = [one for one in planned if _is_news(*one)]
        recent = [one for one in new if self._recent(one[0])]
        if len(recent) < len(new):
            self.tell("payments too old for a letter", payments=len(new) - len(recent))
        if not recent:
            return {}
        milestones = self.records.by_id(list({standing.record for _, _, standing in recent}))
        books = self.books.books()
        unaddressed: dict[XeroId, str] = {}
        notices: list[PaymentNotice] = []
        for payment, record, standing in recent:
            payee = _payee(standing, milestones.get(standing.record))
            if isinstance(payee, Party):
                title = milestones[standing.record].title
                notices.append(_notice(payment, record, standing, payee, title, books))
            else:
                unaddressed[payment.id] = payee
        if notices:
            self.letters.prepare(notices)
        return unaddressed

    def release(self, payments: Sequence[LedgerPayment]) -> None:
        """The CRM has them now. What was taken back in Xero before its letter left is not told."""
        for deleted, act in ((False, self.letters.release), (True, self.letters.withdraw)):
            if keys := [payment_key(one.id) for one in payments if one.deleted is deleted]:
                act(keys)

    def _recent(self, payment: LedgerPayment) -> bool:
        return self.clock.now().date() - payment.date <= self.max_age


def _is_news(payment: LedgerPayment, record: PaymentRecord, standing: Standing) -> bool:
    """Money that counts, and that the CRM does not know."""
    return record.include and all(one.xero_id != payment.id for one in standing.payments)


def _payee(standing: Standing, milestone: Invoice | None) -> Party | str:
    """Whom to tell, or why nobody can be told."""
    if milestone is None:
        return f"the milestone {standing.number} is gone from the CRM"
    if milestone.payee is None:
        return f"the milestone {standing.number} has no applicant"
    if not milestone.payee.email:
        return f"{milestone.payee.name} has no e-mail address in the CRM"
    return milestone.payee


def _notice(
    payment: LedgerPayment,
    record: PaymentRecord,
    standing: Standing,
    payee: Party,
    title: str,
    books: Books,
) -> PaymentNotice:
    before = sum((one.amount for one in standing.payments if one.include), Decimal(0))
    owed = standing.total or Decimal(0)
    return PaymentNotice(
        payment=payment.id,
        to=payee.email,
        applicant=payee.name,
        organisation=books.tenant_name,
        milestone=standing.number,
        bill=standing.number,
        amount=record.amount,
        currency=books.base_currency,
        paid_on=payment.date,
        outstanding=max(Decimal(0), owed - before - record.amount),
        title=title,
    )
