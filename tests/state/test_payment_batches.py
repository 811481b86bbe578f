"""What people did with payment batches is kept as it was told, until it is done and for ever after."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from sync_worker.domain.approval import Act, ActKind, ExportedFile
from sync_worker.domain.errors import LaneLost
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.payment_batch import Order
from sync_worker.ports import BatchNews, ItemNews
from sync_worker.state.journal import SqlJournal
from tests.state.builders import MORNING, StandingClock, a_worker, record

NEWS = BatchNews(
    "one",
    "Exported",
    title="June",
    pay_on=date(2026, 3, 10),
    sha256="ab" * 32,
    exported_at=MORNING,
    items=(
        ItemNews(record(1), "Exported", Decimal("2500.10"), date(2026, 3, 10), "why", record(9)),
        ItemNews(record(2), "Pending"),
    ),
)


def an_act(batch: str = "one", kind: ActKind = ActKind.MADE, days: int = 0) -> Act:
    at = MORNING + timedelta(days=days)
    return Act(batch, kind, "Ann", at, "cd" * 32, "words", ExportedFile("f.aba", "ef" * 32), "PB-1")


def an_order(milestone: int = 1, batch: str = "one", account: str = "1", days: int = 0) -> Order:
    return Order(
        batch,
        record(milestone),
        SalesforceId("001"),
        account,
        Decimal("10.10"),
        Decimal(0),
        MORNING + timedelta(days=days),
    )


def test_what_is_begun_comes_back_to_the_letter_until_it_is_ended(journal: SqlJournal) -> None:
    book = journal.payment_batches
    first = book.begin(an_act(), NEWS, content=b"file")
    second = book.begin(an_act("two", ActKind.SUBMITTED), BatchNews("two", "Submitted"))
    assert book.unfinished() == [first, second]
    assert (first.news, first.content, first.act) == (NEWS, b"file", an_act())
    book.end(first, "")
    assert book.unfinished() == [second]
    assert book.acts(["one", "two", "three"]) == {
        "one": [an_act()],
        "two": [an_act("two", ActKind.SUBMITTED)],
        "three": [],
    }


def test_the_bytes_of_a_file_are_kept_no_longer_than_they_are_needed(
    engine: Engine, journal: SqlJournal
) -> None:
    begun = journal.payment_batches.begin(an_act(), NEWS, content=b"accounts of other people")
    journal.payment_batches.end(begun, "")
    with engine.begin() as tx:
        assert tx.exec_driver_sql("SELECT content FROM acts").scalar_one() is None


def test_a_file_made_again_orders_nothing_more(journal: SqlJournal) -> None:
    book = journal.payment_batches
    book.begin(an_act(), NEWS, orders=[an_order(), an_order(2)])
    book.begin(an_act(days=1), NEWS, orders=[an_order(days=1), an_order(2, days=1)])
    assert book.ordered([record(1), record(2), record(3)]) == [
        an_order(days=1),
        an_order(2, days=1),
    ]


def test_what_the_bank_did_not_pay_is_no_order_any_more_and_still_the_last_account(
    journal: SqlJournal,
) -> None:
    book = journal.payment_batches
    book.begin(an_act(), NEWS, orders=[an_order(account="old"), an_order(2, account="old")])
    book.begin(an_act("two"), NEWS, orders=[an_order(3, "two", "new", 1)])
    book.begin(an_act("two", ActKind.REMOVED), NEWS, released=[record(3), record(1)])
    assert [order.milestone for order in book.ordered([record(n) for n in range(4)])] == [
        record(1),
        record(2),
    ]
    assert [order.account for order in book.last_paid([SalesforceId("001")])] == ["new"]
    assert book.last_paid([SalesforceId("002")]) == []


def test_each_connection_has_its_own(engine: Engine, journal: SqlJournal) -> None:
    journal.payment_batches.begin(an_act(), NEWS, orders=[an_order()])
    other = SqlJournal(engine, "other", StandingClock()).payment_batches
    assert (other.unfinished(), other.acts(["one"])) == ([], {"one": []})
    assert (other.ordered([record(1)]), other.last_paid([SalesforceId("001")])) == ([], [])


def test_who_has_lost_the_lane_notes_nothing(engine: Engine, clock: StandingClock) -> None:
    journal = a_worker(engine, clock)
    begun = journal.payment_batches.begin(an_act(), NEWS)
    journal.lane.release()
    with pytest.raises(LaneLost):
        journal.payment_batches.begin(an_act(), NEWS)
    with pytest.raises(LaneLost):
        journal.payment_batches.end(begun, "")
    assert journal.payment_batches.unfinished() == [begun]


def test_no_two_keys_are_the_same(journal: SqlJournal) -> None:
    assert len({journal.payment_batches.new_key() for _ in range(100)}) == 100
