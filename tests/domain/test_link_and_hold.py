"""The marker inside a document, the way to it, and how long a held record waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.hold import HoldClass, next_try
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.link import Marker, ledger_link
from tests.builders import record, xero_id

ids = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=18, max_size=18
)


@given(
    ids,
    st.integers(1, 99),
    st.sampled_from(
        ["https://acme.my.salesforce.com", "https://acme.example/c/", "http://127.0.0.1:8801"]
    ),
)
def test_a_marker_is_read_as_it_was_written(known: str, generation: int, base: str) -> None:
    marker = Marker(SalesforceId(known), generation)
    assert Marker.read(marker.url(base)) == marker


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://acme.example/",
        "https://acme.example/a03?g=1",
        "https://acme.example/a03000000000001AAA",
        "https://acme.example/a03000000000001AAA?g=x",
    ],
)
def test_what_is_no_marker_is_not_taken_for_one(url: str) -> None:
    assert Marker.read(url) is None


def test_the_link_leads_to_the_document_in_its_organisation() -> None:
    assert "shortcode=!abc" in ledger_link("!abc", xero_id())
    assert xero_id() in ledger_link("!abc", xero_id())
    assert ledger_link("", xero_id()).startswith("https://go.xero.com/AccountsReceivable/")


def test_a_held_record_waits_longer_each_time_and_then_for_a_person() -> None:
    waits = [next_try(n) for n in range(1, 14)]
    hours = [wait / timedelta(hours=1) if wait else None for wait in waits]
    assert hours == [1, 2, 4, 8, 16, 24, 24, 24, 24, 24, 24, None, None]


def test_every_kind_of_trouble_has_a_name_of_its_own() -> None:
    assert len({one.value for one in HoldClass}) == len(HoldClass)
    assert record() == "a03000000000001AAA"
