"""kill -9 at random moments of a real daemon: nothing is ever made twice, nothing is ever lost."""

from __future__ import annotations

import pytest

from tests.kills.ordeal import Ordeal

pytestmark = [pytest.mark.kills, pytest.mark.enable_socket, pytest.mark.timeout(240)]


@pytest.mark.parametrize("numbering", ["xero", "crm"])
def test_a_daemon_killed_at_bad_moments_makes_each_invoice_once(numbering: str) -> None:
    summary = Ordeal(seed=11, kills=5, numbering=numbering).run()
    assert len(summary.kills) == 5
    assert summary.invoices > 30
    assert summary.wrong == []


def test_a_journal_lost_with_its_daemon_is_made_good_from_xero() -> None:
    summary = Ordeal(seed=5, kills=3, lose_journal=True).run()
    assert summary.journals_lost == 1
    assert summary.wrong == []
