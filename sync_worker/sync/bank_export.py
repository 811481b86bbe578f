"""The bank file of an approved payment batch: made once, from what the CRM says now, if that is what was approved."""

from __future__ import annotations

from datetime import date

from sync_worker.domain.approval import ActKind, ExportedFile
from sync_worker.domain.errors import Misconfigured, Rejected
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.payment_batch import (
    FILED,
    BatchStatus,
    Item,
    ItemStatus,
    Order,
    PaymentBatch,
)
from sync_worker.domain.payout import BankFile, Payee, Unpayable
from sync_worker.ports import Bank, BatchNews
from sync_worker.sync.batch_desk import (
    Desk,
    Found,
    View,
    did,
    how_to_confirm,
    marked,
    named,
    refusal,
)


def export(desk: Desk, bank: Bank | None, number: str, person: str, again: str = "") -> View:
    """Makes the file and puts it into the folder. Once: `again` is the reason why it is to be made once more."""
    person = named(person)
    if bank is None:
        raise Misconfigured(
            "the connection has no bank.format; docs/payment-batches.md says what to set for a bank file"
        )
    done = desk.catch_up()
    found = desk.found(number)
    if did(done, found, ActKind.EXPORTED, person):
        return desk.view(number)
    _may_be_exported(found, again)
    desk.must_be_as_submitted(found, person)
    _must_be_unpaid(desk, found)
    if problems := desk.troubles(found.batch):
        raise Rejected(problems)
    if changed := desk.unconfirmed(found):
        raise Rejected(how_to_confirm(number, changed))
    _put(desk, bank, found, person, again)
    return desk.view(number)


def _may_be_exported(found: Found, again: str) -> None:
    batch, now = found.batch, found.now
    if now.status in FILED:
        if not again.strip():
            raise refusal(
                f"{_exported(found)}; if its file must be made again, say why with --again"
            )
    elif batch.status in FILED or batch.sha256:
        raise refusal(
            f"the CRM says that {batch.number} was exported (SHA-256 {batch.sha256 or 'unknown'}), and this "
            "journal knows nothing of it; see with the bank what was paid, then cancel it and make a new batch"
        )
    elif now.status is not BatchStatus.APPROVED:
        raise refusal(f"{batch.number} is {now.status}; only an approved batch is exported")


def _must_be_unpaid(desk: Desk, found: Found) -> None:
    """A file that is made again must not pay what the first one has paid by now."""
    batch = found.batch
    paid = {item.milestone.id: item.milestone for item in batch.items}
    rose = [
        f"{paid[order.milestone].number} was paid {paid[order.milestone].paid - order.paid_before:.2f} since the file "
        f"of {batch.number} was made, so the bank seems to have it; pay what is missing by a new batch"
        for order in desk.journal.ordered(list(paid))
        if order.batch == batch.key and paid[order.milestone].paid > order.paid_before
    ]
    if rose:
        raise Rejected(rose)


def _exported(found: Found) -> str:
    last = found.now.exports[-1]
    name, sha256 = (last.file.name, last.file.sha256) if last.file else ("", "")
    return (
        f"{found.batch.number} was exported on {last.at:%d %b %Y %H:%M} UTC by {last.person} as {name} "
        f"(SHA-256 {sha256})"
    )


def _put(desk: Desk, bank: Bank, found: Found, person: str, again: str) -> None:
    batch, now = found.batch, desk.clock.now()
    times = len(found.now.exports)
    name = f"{batch.number}{f'-{times + 1}' if times else ''}{bank.suffix}"
    desk.folder.free(name)
    (day,) = batch.days
    file = _file(bank, batch, day or desk.today, desk)
    desk.do(
        found,
        ActKind.EXPORTED,
        person,
        BatchNews(
            batch.key,
            BatchStatus.EXPORTED,
            sha256=file.sha256,
            exported_at=now,
            items=marked(batch, ItemStatus.EXPORTED),
        ),
        words=_words(file, again),
        file=ExportedFile(name, file.sha256),
        content=file.content,
        orders=[
            Order(
                batch=batch.key,
                milestone=item.milestone.id,
                payee=payee,
                account=account,
                amount=payment.amount,
                paid_before=item.milestone.paid,
                at=now,
            )
            for item, payee, account, payment in _payments(batch)
        ],
    )


def _file(bank: Bank, batch: PaymentBatch, pay_on: date, desk: Desk) -> BankFile:
    payments = [payment for _, _, _, payment in _payments(batch)]
    made_at = desk.clock.now().astimezone(desk.zone)
    file = bank.file(batch.number, payments, pay_on, made_at)
    if isinstance(file, Unpayable):
        raise Rejected([str(problem) for problem in file.problems])
    if (file.total, file.count) != (batch.total, len(batch.items)):
        raise ValueError(
            f"the file of {batch.number} pays {file.total} to {file.count}, "
            f"the batch {batch.total} to {len(batch.items)}"
        )
    return file


def _payments(batch: PaymentBatch) -> list[tuple[Item, SalesforceId, str, Payee]]:
    """Each item with whom and where it pays, and as the bank file says it: the milestone's number is the reference."""
    return [
        (
            item,
            payee.record,
            payee.account,
            Payee(payee.name, payee.account, item.amount, reference=item.milestone.number),
        )
        for item in batch.items
        if (payee := item.milestone.payee) and item.amount is not None
    ]


def _words(file: BankFile, again: str) -> str:
    said = f"{file.format}: {file.total:.2f} to {file.count}"
    if file.hash_total:
        said += f", hash total {file.hash_total}"
    return f"{said}; again: {' '.join(again.split())}" if again.strip() else said
