"""What the journal promises about payments between their page and the CRM."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_worker.domain.document import State
from sync_worker.domain.payment import LedgerPayment
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from tests.state.builders import (
    MORNING,
    StandingClock,
    a_payment,
    a_worker,
    an_invoice,
    changes,
    xero_id,
)

LATER = MORNING + timedelta(minutes=5)
EARLIER = MORNING - timedelta(minutes=5)

any_payment = st.builds(
    LedgerPayment,
    id=st.integers(1, 10**9).map(xero_id),
    invoice_id=st.none() | st.integers(1, 9).map(xero_id),
    kind=st.sampled_from(["ACCRECPAYMENT", "ARCREDITPAYMENT"]),
    status=st.sampled_from(["AUTHORISED", "DELETED"]),
    date=st.dates(date(1900, 1, 1)),
    amount=st.decimals(allow_nan=False, allow_infinity=False),
    reference=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    updated_at=st.datetimes(timezones=st.just(UTC)),
)


def test_a_payment_comes_back_as_it_was_received() -> None:
    journal = a_worker(open_engine(":memory:"), StandingClock())

    @settings(max_examples=60, deadline=None)
    @given(any_payment)
    def comes_back(payment: LedgerPayment) -> None:
        journal.applied(journal.waiting())
        if journal.receive([payment], MORNING):
            assert journal.waiting() == [payment]

    comes_back()


def test_payments_and_cursor_arrive_together(journal: SqlJournal) -> None:
    assert journal.receive([a_payment(1), a_payment(2)], MORNING) == 2
    assert journal.cursor("payments") == MORNING
    assert journal.waiting() == [a_payment(1), a_payment(2)]


def test_a_page_that_cannot_be_stored_does_not_move_the_cursor(journal: SqlJournal) -> None:
    journal.receive([a_payment(1)], MORNING)
    with pytest.raises(Exception, match=r"(?i)not.null"):
        journal.receive([a_payment(2), a_payment(3, kind=None)], LATER)
    assert journal.cursor("payments") == MORNING
    assert journal.waiting() == [a_payment(1)]


def test_an_empty_page_moves_only_the_cursor(journal: SqlJournal) -> None:
    assert journal.receive([], LATER) == 0
    assert journal.cursor("payments") == LATER


def test_an_applied_payment_met_again_does_not_wait_again(journal: SqlJournal) -> None:
    journal.receive([a_payment()], MORNING)
    journal.applied([a_payment()])
    assert journal.receive([a_payment()], LATER) == 0
    assert journal.waiting() == []


def test_a_newer_version_waits_again(journal: SqlJournal) -> None:
    journal.receive([a_payment()], MORNING)
    journal.applied([a_payment()])
    deleted = a_payment(status="DELETED", updated_at=LATER)
    assert journal.receive([deleted], LATER) == 1
    assert journal.waiting() == [deleted]


def test_another_version_of_the_same_second_counts(journal: SqlJournal) -> None:
    journal.receive([a_payment()], MORNING)
    assert journal.receive([a_payment(status="DELETED")], MORNING) == 1
    assert [payment.status for payment in journal.waiting()] == ["DELETED"]


def test_an_older_version_that_comes_late_changes_nothing(journal: SqlJournal) -> None:
    deleted = a_payment(status="DELETED")
    journal.receive([deleted], MORNING)
    assert journal.receive([a_payment(updated_at=EARLIER)], LATER) == 0
    assert journal.waiting() == [deleted]


def test_a_version_that_only_moved_its_time_waits_again_and_outdates_older_ones(
    journal: SqlJournal,
) -> None:
    journal.receive([a_payment(updated_at=EARLIER)], MORNING)
    journal.applied([a_payment()])
    touched = a_payment(updated_at=LATER)
    assert journal.receive([touched], LATER) == 1
    assert journal.receive([a_payment(amount=Decimal(1), updated_at=MORNING)], LATER) == 0
    assert journal.waiting() == [touched]


def test_the_same_version_read_again_does_not_wait_again(journal: SqlJournal) -> None:
    journal.receive([a_payment()], MORNING)
    journal.applied([a_payment()])
    assert journal.receive([a_payment()], LATER) == 0
    assert journal.waiting() == []


def test_of_two_versions_on_one_page_the_newer_stays(journal: SqlJournal) -> None:
    newer = a_payment(amount=Decimal("5.00"), updated_at=LATER)
    journal.receive([newer, a_payment()], LATER)
    assert journal.waiting() == [newer]


def test_a_version_that_came_in_meanwhile_is_not_marked_with_the_older_one(
    journal: SqlJournal,
) -> None:
    journal.receive([a_payment()], MORNING)
    handed_out = journal.waiting()
    deleted = a_payment(status="DELETED", updated_at=LATER)
    journal.receive([deleted], LATER)
    journal.applied(handed_out)
    assert journal.waiting() == [deleted]


def test_an_unmatched_payment_returns_once_its_invoice_is_linked(journal: SqlJournal) -> None:
    journal.receive([a_payment(1), a_payment(2)], MORNING)
    journal.unmatched(journal.waiting())
    assert (journal.waiting(), journal.matchable()) == ([], [])
    journal.save(changes([an_invoice(1, State.CREATED, xero_id=xero_id(1))]))
    assert journal.matchable() == []
    journal.save(changes([an_invoice(1, State.PROMOTED, xero_id=xero_id(1))]))
    journal.save(changes([an_invoice(1, State.WRITTEN, xero_id=xero_id(1))]))
    assert journal.matchable() == [a_payment(1)]
    journal.applied([a_payment(1)])
    assert journal.matchable() == []
    assert journal.overview.payments() == {"APPLIED": 1, "UNMATCHED": 1}


def test_the_oldest_wait_in_front(journal: SqlJournal) -> None:
    late, early = a_payment(1, updated_at=LATER), a_payment(2, updated_at=EARLIER)
    journal.receive([late, early], LATER)
    assert journal.waiting() == [early, late]
    assert journal.waiting(limit=1) == [early]
