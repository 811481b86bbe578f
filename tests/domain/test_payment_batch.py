"""What a payment batch is worth to two persons: the same hash for the same orders, and never more than is owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.approval import Act, ActKind, changed_accounts, same_person, standing
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import LedgerInvoice
from sync_worker.domain.payment_batch import (
    BatchStatus,
    Claim,
    Item,
    Order,
    Payable,
    Payee,
    PaymentBatch,
    headroom,
)

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
BILL = XeroId("00000000-0000-4000-8000-000000000001")
OWED = LedgerInvoice(
    id=BILL,
    number="MS-1",
    reference="",
    status="AUTHORISED",
    total=Decimal(1000),
    url="",
    updated_at=NOON,
    due=Decimal(1000),
)
MONEY = st.decimals(min_value=0, max_value=10_000, places=2)


def a_payee(n: int = 1, account: str = "062-000 12345678") -> Payee:
    return Payee(SalesforceId(f"001{n:015d}"), f"Payee {n}", account)


def a_milestone(n: int = 1, amount: str = "1000.00", paid: str = "0") -> Payable:
    return Payable(
        id=SalesforceId(f"a00{n:015d}"),
        number=f"MS-{n}",
        status="Approved",
        exempt=False,
        bill=BILL,
        sync_state="Synced",
        amount=Decimal(amount),
        paid=Decimal(paid),
        payee=a_payee(n),
    )


def an_item(n: int, amount: str = "10.00") -> Item:
    return Item(SalesforceId(f"a0B{n:015d}"), a_milestone(n), Decimal(amount), None)


def a_batch(*items: Item) -> PaymentBatch:
    day = date(2026, 3, 10)
    return PaymentBatch(SalesforceId("a0A"), "key", "PB-1", "June", "Draft", day, items)


def an_order(amount: str, paid_before: str = "0", days: int = 0, batch: str = "other") -> Order:
    return Order(
        batch=batch,
        milestone=a_milestone().id,
        payee=a_payee().record,
        account=a_payee().account,
        amount=Decimal(amount),
        paid_before=Decimal(paid_before),
        at=NOON + timedelta(days=days),
    )


@given(st.permutations(range(6)), st.randoms(use_true_random=False))
def test_the_order_of_items_makes_no_other_payload(order: list[int], chance: Random) -> None:
    items = [an_item(n, f"{chance.randrange(1, 10**6) / 100:.2f}") for n in range(6)]
    assert a_batch(*items).payload == a_batch(*(items[n] for n in order)).payload


def test_every_fact_that_is_paid_makes_another_payload() -> None:
    batch = a_batch(an_item(1), an_item(2))
    one, two = batch.items
    milestone = one.milestone
    others = (
        a_batch(one),
        a_batch(one, two, an_item(3)),
        a_batch(one, two, two),
        a_batch(replace(one, amount=Decimal("10.01")), two),
        a_batch(replace(one, amount=None), two),
        a_batch(replace(one, pay_on=date(2026, 3, 11)), two),
        a_batch(replace(one, milestone=replace(milestone, number="MS-9")), two),
        a_batch(replace(one, milestone=replace(milestone, payee=None)), two),
        a_batch(
            replace(one, milestone=replace(milestone, payee=a_payee(1, "062-000 12345679"))), two
        ),
        a_batch(replace(one, milestone=replace(milestone, payee=a_payee(7))), two),
        replace(batch, pay_on=None),
        replace(batch, key="another"),
    )
    assert len({one.payload for one in (batch, *others)}) == len(others) + 1


def test_how_a_number_is_written_makes_no_other_payload() -> None:
    one = an_item(1, "10.00")
    spelt = replace(one.milestone, payee=a_payee(1, "062000-1234 5678"))
    again = replace(one, amount=Decimal("10.0"), pay_on=date(2026, 3, 10), milestone=spelt)
    assert a_batch(one).payload == a_batch(again).payload


@pytest.mark.parametrize(
    ("paid", "orders", "left"),
    [
        ("0", [], "1000"),
        ("300", [], "700"),
        ("0", [an_order("400")], "600"),
        ("400", [an_order("400")], "600"),
        ("300", [an_order("400", "300")], "300"),
        ("700", [an_order("400", "300")], "300"),
        ("300", [an_order("400"), an_order("300", "400", 5)], "300"),
        ("1000", [an_order("400")], "0"),
    ],
)
def test_what_was_ordered_counts_once_before_and_after_it_is_paid(
    paid: str, orders: list[Order], left: str
) -> None:
    assert headroom(a_milestone(paid=paid), OWED, [], orders).left == Decimal(left)


@given(st.lists(st.tuples(MONEY, st.booleans()), max_size=8))
def test_however_batches_and_payments_come_no_milestone_is_ordered_above_its_amount(
    wishes: list[tuple[Decimal, bool]],
) -> None:
    """Each wish is granted as far as there is headroom; payments come back at some time, in the order of the orders."""
    milestone, orders, unpaid = a_milestone(), list[Order](), list[Decimal]()
    for day, (wish, pays) in enumerate(wishes):
        granted = min(wish, headroom(milestone, OWED, [], orders).left)
        order = an_order(str(granted), str(milestone.paid), day, f"batch {day}")
        orders.append(order)
        unpaid.append(granted)
        if pays:
            milestone = replace(milestone, paid=milestone.paid + sum(unpaid, Decimal(0)))
            unpaid.clear()
    assert sum((order.amount for order in orders), Decimal(0)) <= milestone.amount
    assert headroom(milestone, OWED, [], orders).left >= 0


def test_no_more_than_xero_calls_due_may_be_ordered_and_nothing_of_a_bill_nobody_owes() -> None:
    credited = replace(OWED, due=Decimal(700))
    assert headroom(a_milestone(), credited, [], []).left == 700
    assert headroom(a_milestone(), credited, [], [an_order("400")]).left == 300
    assert headroom(a_milestone(paid="400"), replace(OWED, due=Decimal(300)), [], []).left == 300
    assert headroom(a_milestone(paid="400"), OWED, [], []).left == 600
    assert headroom(a_milestone(), OWED, [], []).obstacle is None
    for bill in (None, replace(OWED, status="VOIDED"), replace(OWED, status="DRAFT")):
        assert "MS-1" in (headroom(a_milestone(), bill, [], []).obstacle or "")


def test_what_only_the_crm_knows_of_counts_too() -> None:
    def claim(amount: str, status: str, batch: str) -> Claim:
        return Claim(batch, "PB-9", a_milestone().id, Decimal(amount), status)

    claims = [claim("100", "Draft", "a"), claim("200", "", "b"), claim("300", "Sent", "c")]
    assert headroom(a_milestone(), OWED, claims, []).left == 400
    assert headroom(a_milestone(), OWED, claims, [an_order("300", batch="c")]).left == 400


# Who did what


@pytest.mark.parametrize("other", ["ann mary", " Ann  Mary ", "ANN MARY", "Ａｎｎ Mary"])
def test_neither_case_nor_blanks_nor_wide_letters_make_another_person(other: str) -> None:
    assert same_person("Ann Mary", other)
    assert not same_person("Ann Mary", other + "a")


def acts(*kinds: ActKind) -> list[Act]:
    return [Act("key", kind, "Ann", NOON, payload=f"{n}") for n, kind in enumerate(kinds)]


@pytest.mark.parametrize("edit", [ActKind.ADDED, ActKind.REMOVED, ActKind.VOIDED])
def test_an_edit_makes_a_draft_of_what_was_approved(edit: ActKind) -> None:
    now = standing(acts(ActKind.MADE, ActKind.SUBMITTED, ActKind.CONFIRMED, ActKind.APPROVED, edit))
    assert (now.status, now.payload, now.approved_by, now.confirmed_at) == (
        BatchStatus.DRAFT,
        "",
        "",
        None,
    )


def test_what_was_exported_stays_so_whatever_is_taken_out() -> None:
    way = (ActKind.MADE, ActKind.SUBMITTED, ActKind.APPROVED, ActKind.EXPORTED)
    assert standing(acts(*way, ActKind.REMOVED)).status is BatchStatus.EXPORTED
    assert standing(acts(*way, ActKind.SENT)).status is BatchStatus.SENT
    assert standing(acts(*way, ActKind.CANCELLED)).status is BatchStatus.CANCELLED


def test_only_an_account_that_was_paid_before_can_have_changed() -> None:
    paid = an_order("1")
    assert changed_accounts([a_payee(1)], [paid]) == []
    assert changed_accounts([a_payee(1, "062 000 12345678")], [paid]) == []
    (changed,) = changed_accounts([a_payee(1, "062-000 12345679"), a_payee(2)], [paid])
    assert changed.payee.record == a_payee(1).record
