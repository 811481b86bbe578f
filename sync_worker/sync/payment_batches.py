"""Payment batches: made, filled, submitted by one person and approved by another one, and told to be at the bank.

Each function is one command of one person. It looks at the CRM as it is now, refuses with a reason or does one act,
and changes nothing where the same act was done before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sync_worker.domain.approval import Act, ActKind, same_person
from sync_worker.domain.errors import Misconfigured, Rejected
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.payment_batch import (
    FILED,
    BatchStatus,
    ItemStatus,
    Payable,
    PaymentBatch,
    amount_trouble,
    too_much,
)
from sync_worker.domain.text import printable
from sync_worker.ports import BatchNews, ItemNews
from sync_worker.sync.batch_desk import (
    Desk,
    Found,
    View,
    did,
    how_to_confirm,
    marked,
    must_be_open,
    named,
    refusal,
)

LONGEST_TEXT = 255
"""Of a title and of a reason, in the CRM."""


def new(desk: Desk, title: str, pay_on: date | None, person: str) -> View:
    """An empty batch. Asked for once more before anything is in it, it is the same one."""
    person, title = named(person), _text("a title", title)
    _must_not_have_passed(desk, pay_on)
    desk.catch_up()
    for there in desk.crm.standing(closed=False):
        if there.title.casefold() != title.casefold():
            continue
        (view,) = desk.views([there])
        hands = view.found.now.hands
        same = hands and same_person(hands[0], person) and there.pay_on == pay_on
        if same and not there.items:
            return view
        raise Misconfigured(
            f"there is {there.number} {there.title!r} already, and it is {there.status}; "
            "use it, or give the new one another title"
        )
    key = desk.journal.new_key()
    batch = PaymentBatch(SalesforceId(""), key, "", title, BatchStatus.DRAFT, pay_on)
    news = BatchNews(key, BatchStatus.DRAFT, title=title, pay_on=pay_on)
    desk.do(Found(batch, ()), ActKind.MADE, person, news, words=title)
    made = desk.crm.keyed(key)
    if made is None:
        raise refusal(f"{title!r} was made in the CRM, and somebody deleted it at once")
    return desk.views([made])[0]


def add(
    desk: Desk,
    number: str,
    milestones: Sequence[str],
    person: str,
    *,
    amount: Decimal | None = None,
    pay_on: date | None = None,
) -> View:
    """Puts milestones into a batch, each with what is open of it or with one given amount; one that is there already
    gets its amount anew. Where that changes something, a batch that was submitted or approved has to be so again."""
    person = named(person)
    _must_not_have_passed(desk, pay_on)
    desk.catch_up()
    found = desk.found(number)
    must_be_open(found)
    payables = _payables(desk, milestones)
    items, problems = _items(desk, found.batch, payables, amount, pay_on)
    problems += _other_days(found.batch, payables, pay_on)
    if problems:
        raise Misconfigured(*problems)
    if all(_is_there(found.batch, item) for item in items):
        return desk.view(number)
    words = ", ".join(
        f"{payable.number} with {item.amount:.2f}"
        for payable, item in zip(payables, items, strict=True)
    )
    news = BatchNews(found.batch.key, BatchStatus.DRAFT, items=tuple(items))
    desk.do(found, ActKind.ADDED, person, news, words=words)
    return desk.view(number)


def remove(desk: Desk, number: str, milestones: Sequence[str], person: str, reason: str) -> View:
    """Takes milestones out again. From a batch whose file was made it says that the bank did not pay them, so that they
    may go into another one."""
    person, reason = named(person), _text("a reason", reason)
    done = desk.catch_up()
    found = desk.found(number)
    _must_be_a_witness(found, person)
    wanted = {one.casefold() for one in milestones}
    items = [item for item in found.batch.items if item.milestone.number.casefold() in wanted]
    cut_off = [act for act in done if act.kind is ActKind.REMOVED and _taken_out(act) == wanted]
    if did(cut_off, found, ActKind.REMOVED, person):
        return desk.view(number)
    missing = wanted - {item.milestone.number.casefold() for item in items}
    if missing:
        absent = ", ".join(one for one in milestones if one.casefold() in missing)
        raise Misconfigured(
            f"{number} does not hold {absent}; `sync-worker batch list {number}` shows what it does"
        )
    status = found.now.status
    _take_out(
        desk,
        replace(found, batch=replace(found.batch, items=tuple(items))),
        ActKind.REMOVED,
        status if status in FILED else BatchStatus.DRAFT,
        person,
        reason,
    )
    return desk.view(number)


def cancel(desk: Desk, number: str, person: str, reason: str) -> View:
    """Gives a batch up, with everything in it."""
    person, reason = named(person), _text("a reason", reason)
    desk.catch_up()
    found = desk.found(number)
    _must_be_a_witness(found, person)
    _take_out(desk, found, ActKind.CANCELLED, BatchStatus.CANCELLED, person, reason)
    return desk.view(number)


def submit(desk: Desk, number: str, person: str) -> View:
    """Hands a batch to a second person, who approves what stands in it now and nothing else."""
    person = named(person)
    done = desk.catch_up()
    found = desk.found(number)
    if did(done, found, ActKind.SUBMITTED, person):
        return desk.view(number)
    if found.now.status is not BatchStatus.DRAFT:
        raise refusal(
            f"{number} is {found.now.status} already; what is changed in it makes it a draft again"
        )
    if problems := desk.troubles(found.batch):
        raise Misconfigured(*problems)
    desk.do(
        found,
        ActKind.SUBMITTED,
        person,
        BatchNews(found.batch.key, BatchStatus.SUBMITTED),
        words="\n".join(found.batch.lines),
    )
    return desk.view(number)


def approve(desk: Desk, number: str, person: str, *, accounts: bool = False) -> View:
    """By another person than those who made, filled or submitted it. `accounts` says that this person has made sure, by
    another way than the CRM, of every account that is not the one last paid."""
    person = named(person)
    done = desk.catch_up()
    found = desk.found(number)
    if did(done, found, ActKind.APPROVED, person):
        return desk.view(number)
    _must_wait_for_approval(found, accounts=accounts)
    if found.now.by_same_hand(person):
        hands = ", ".join(dict.fromkeys(found.now.hands))
        raise refusal(
            f"{person} made, filled or submitted {number} ({hands}); another person has to approve it"
        )
    desk.must_be_as_submitted(found, person)
    if problems := desk.troubles(found.batch):
        raise Rejected(problems)
    changed = desk.unconfirmed(found)
    if changed and not accounts:
        raise Rejected(how_to_confirm(number, changed))
    status = found.now.status
    if changed:
        words = "; ".join(map(str, changed))
        news = BatchNews(found.batch.key, status)
        desk.do(found, ActKind.CONFIRMED, person, news, words=words)
    if status is BatchStatus.SUBMITTED:
        news = BatchNews(found.batch.key, BatchStatus.APPROVED)
        desk.do(found, ActKind.APPROVED, person, news)
    return desk.view(number)


def sent(desk: Desk, number: str, person: str) -> View:
    """Somebody has taken the file to the bank."""
    person = named(person)
    done = desk.catch_up()
    found = desk.found(number)
    if did(done, found, ActKind.SENT, person):
        return desk.view(number)
    if found.now.status is not BatchStatus.EXPORTED:
        raise refusal(
            f"{number} is {found.now.status}; only a batch whose file was made can be at the bank"
        )
    desk.do(
        found,
        ActKind.SENT,
        person,
        BatchNews(found.batch.key, BatchStatus.SENT, items=marked(found.batch, ItemStatus.SENT)),
    )
    return desk.view(number)


def _take_out(
    desk: Desk, found: Found, kind: ActKind, status: BatchStatus, person: str, reason: str
) -> None:
    batch = found.batch
    words = ", ".join(item.milestone.number for item in batch.items)
    desk.do(
        found,
        kind,
        person,
        BatchNews(batch.key, status, items=marked(batch, ItemStatus.REMOVED, reason)),
        words=f"{words}: {reason}" if words else reason,
        released=[item.milestone.id for item in batch.items],
    )


def _taken_out(act: Act) -> set[str]:
    """The numbers that a removal names first, as `_take_out` wrote them."""
    return set(act.words.partition(": ")[0].casefold().split(", "))


def _must_be_a_witness(found: Found, person: str) -> None:
    """Whoever made a file does not alone say that the bank did not pay it: the money would go out twice."""
    if found.now.status not in FILED:
        return
    takers = [act.person for act in found.acts if act.kind in {ActKind.EXPORTED, ActKind.SENT}]
    if any(same_person(person, taker) for taker in takers):
        raise refusal(
            f"{person} exported {found.batch.number} or took it to the bank; "
            "another person has to say that it was not paid"
        )


def _must_wait_for_approval(found: Found, *, accounts: bool) -> None:
    number, status = found.batch.number, found.now.status
    if status is BatchStatus.SUBMITTED or (status is BatchStatus.APPROVED and accounts):
        return
    if status is BatchStatus.DRAFT:
        raise refusal(
            f"{number} is a draft; `sync-worker batch submit {number}` comes before approval"
        )
    raise refusal(f"{number} is {status} already, approved by {found.now.approved_by}")


def _payables(desk: Desk, milestones: Sequence[str]) -> list[Payable]:
    wanted = list({one.casefold(): one for one in milestones}.values())
    by_number = desk.crm.payable(wanted)
    problems = [
        f"the CRM has {len(found) or 'no'} milestone{'s' if found else ''} numbered {number!r}; "
        f"{'give each its own number' if found else 'check the number as it stands on the record'}"
        for number, found in by_number.items()
        if len(found) != 1
    ]
    if problems:
        raise Misconfigured(*problems)
    return [found[0] for found in by_number.values()]


def _items(
    desk: Desk,
    batch: PaymentBatch,
    payables: Sequence[Payable],
    amount: Decimal | None,
    pay_on: date | None,
) -> tuple[list[ItemNews], list[str]]:
    headrooms = desk.headrooms(batch.key, payables)
    items, problems = [], []
    for payable in payables:
        room = headrooms[payable.id]
        chosen = room.left if amount is None else amount
        if wrong := room.obstacle or _unfit(payable, chosen, room.left):
            problems.append(wrong)
        items.append(ItemNews(payable.id, ItemStatus.PENDING, chosen, pay_on))
    return items, problems


def _unfit(payable: Payable, amount: Decimal, left: Decimal) -> str | None:
    if left <= 0:
        return f"{payable.number} has nothing open, here and in Xero, that is in no other batch and not at the bank"
    if wrong := amount_trouble(amount):
        return f"{payable.number} is to be paid {wrong}; give an amount in whole cents, such as 2500.00"
    return too_much(payable.number, amount, left) if amount > left else None


def _is_there(batch: PaymentBatch, wanted: ItemNews) -> bool:
    there = batch.item_of(wanted.milestone)
    same_day = wanted.pay_on is None or (there and (there.pay_on or batch.pay_on) == wanted.pay_on)
    return there is not None and there.amount == wanted.amount and bool(same_day)


def _other_days(batch: PaymentBatch, payables: Sequence[Payable], pay_on: date | None) -> list[str]:
    """A bank file pays on one day, so its batch does."""
    moved = {payable.id for payable in payables}
    days = {
        item.pay_on or batch.pay_on for item in batch.items if item.milestone.id not in moved
    } or {batch.pay_on}
    if pay_on is None or days <= {pay_on, None}:
        return []
    day = next(day for day in days if day not in {pay_on, None})
    return [
        f"{batch.number} pays on {day}, not on {pay_on}; a bank file has one day, make another batch"
    ]


def _must_not_have_passed(desk: Desk, day: date | None) -> None:
    if day is not None and day < desk.today:
        raise Misconfigured(f"{day} has passed; choose today or a later day")


def _text(what: str, text: str) -> str:
    clean = " ".join(printable(text).split())
    if not 0 < len(clean) <= LONGEST_TEXT:
        raise Misconfigured(f"{what} is needed, of at most {LONGEST_TEXT} letters")
    return clean
