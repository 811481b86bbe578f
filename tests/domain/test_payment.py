"""A payment's day, its status, and the money the CRM had first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.document import Kind
from sync_worker.domain.payment import noon, repeats, settled_status
from tests.builders import a_payment, a_record

SYDNEY = ZoneInfo("Australia/Sydney")
zones = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), zones)
def test_noon_is_the_same_day_in_the_zone_whatever_its_offset(day: date, name: str) -> None:
    at = noon(day, ZoneInfo(name))
    assert at.tzinfo is UTC
    assert at.astimezone(ZoneInfo(name)).date() == day


@pytest.mark.parametrize("hours", range(-12, 15))
def test_noon_is_that_day_in_every_whole_offset(hours: int) -> None:
    zone = ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT")
    assert noon(date(2026, 3, 4), zone) == datetime(2026, 3, 4, 12, tzinfo=UTC) - timedelta(
        hours=hours
    )


@pytest.mark.parametrize(
    ("total", "paid", "before", "after"),
    [
        (100, 0, "Entered", "Entered"),
        (100, 0, "Not Paid", "Not Paid"),
        (100, 40, "Not Paid", "Partially Paid"),
        (100, "99.99", "Entered", "Partially Paid"),
        (100, 100, "Partially Paid", "Fully Paid"),
        (100, 120, "Entered", "Fully Paid"),
        (100, 0, "Fully Paid", "Entered"),
        (100, 40, "Fully Paid", "Partially Paid"),
        (100, 100, "Cancelled", "Cancelled"),
        (None, 100, "Entered", "Entered"),
        (0, 0, "Entered", "Entered"),
    ],
)
def test_the_status_follows_what_is_paid(
    total: int | None, paid: int | str, before: str, after: str
) -> None:
    owed = None if total is None else Decimal(total)
    assert settled_status(owed, Decimal(paid), before) == after


@pytest.mark.parametrize(
    ("facts", "same"),
    [
        ({}, True),
        ({"amount": Decimal("99.99")}, False),
        ({"type": "Reconciliation"}, False),
        ({"date": datetime(2026, 2, 27, 1, tzinfo=UTC)}, True),
        ({"date": datetime(2026, 2, 26, 1, tzinfo=UTC)}, False),
        ({"date": datetime(2026, 3, 9, 1, tzinfo=UTC)}, True),
    ],
)
def test_the_same_amount_within_some_days_is_the_same_money(
    facts: dict[str, object], same: bool
) -> None:
    assert repeats(a_payment(), a_record(**facts), SYDNEY, 5) is same


def test_days_are_counted_in_the_connections_zone() -> None:
    late_evening_in_utc = datetime(2026, 3, 3, 20, tzinfo=UTC)  # the 4th in Sydney
    assert repeats(a_payment(), a_record(date=late_evening_in_utc), SYDNEY, 0)
    assert not repeats(a_payment(), a_record(date=late_evening_in_utc), ZoneInfo("UTC"), 0)


@pytest.mark.parametrize(
    ("kind", "invoice", "settles"),
    [
        ("ACCRECPAYMENT", True, Kind.INVOICE),
        ("ACCPAYPAYMENT", True, Kind.BILL),
        ("ARCREDITPAYMENT", True, None),
        ("ACCRECPAYMENT", False, None),
    ],
)
def test_only_money_for_a_sale_or_a_bill_settles_one(
    kind: str, invoice: bool, settles: Kind | None
) -> None:
    payment = a_payment(kind=kind) if invoice else a_payment(kind=kind, invoice_id=None)
    assert payment.settles is settles
