"""kill -9 and SIGTERM of a real daemon, at moments chosen and at random: nothing is ever made twice, nothing is lost.

A handful of what `make kills` does at every moment.
"""

from __future__ import annotations

import pytest

from sync_worker.sandbox.edge import Sandbox
from tests.kills.deaths import Death
from tests.kills.moments import died
from tests.kills.ordeal import Ordeal

pytestmark = [pytest.mark.kills, pytest.mark.enable_socket, pytest.mark.timeout(480)]


@pytest.mark.parametrize(
    "death",
    [
        Death("journal.intend.after", "KILL", 1),
        Death("xero.PUT.Invoices.after", "KILL", 1, "crm"),
        Death("journal.settle.before", "KILL", 2, nth=5, again_at="xero.GET.Invoices.after"),
        Death("salesforce.PATCH.composite/sobjects.after", "KILL", 3, journal_lost=True),
        Death("xero.POST.Invoices.before", "TERM", 1),
    ],
    ids=lambda death: death.words,
)
def test_f57_a_daemon_that_dies_at_a_chosen_moment_makes_each_invoice_once(
    vendors: Sandbox, death: Death
) -> None:
    verdict = died(vendors, death)
    assert verdict.wrong == []
    assert verdict.made["invoices"] > 10
    assert verdict.made["payments"] > 5


@pytest.mark.parametrize(
    "death",
    [
        Death("xero.PUT.Invoices/Attachments.after", "KILL", 1, life="grants"),
        Death("journal.letter.before", "KILL", 2, nth=4, life="grants"),
    ],
    ids=lambda death: death.words,
)
def test_a_grant_makers_daemon_that_dies_at_a_chosen_moment_bills_attaches_and_tells_once(
    vendors: Sandbox, death: Death
) -> None:
    verdict = died(vendors, death)
    assert verdict.wrong == []
    assert verdict.made["bills"] > 10
    assert verdict.made["papers"] > 7
    assert verdict.made["letters"] > 4


@pytest.mark.parametrize(
    "death",
    [
        Death("journal.act.after", "KILL", 1, life="batches", command="export"),
        Death("journal.acted.after", "KILL", 1, life="batches", command="export"),
        Death("journal.receive.after", "TERM", 1, life="batches", command="export"),
    ],
    ids=lambda death: death.words,
)
def test_a_command_that_dies_at_a_chosen_moment_orders_each_payment_of_the_bank_once(
    vendors: Sandbox, death: Death
) -> None:
    verdict = died(vendors, death)
    assert verdict.wrong == []
    assert verdict.made["batches"] == 1


@pytest.mark.parametrize("numbering", ["xero", "crm"])
def test_f57_a_daemon_killed_at_random_moments_makes_each_invoice_once(numbering: str) -> None:
    summary = Ordeal(seed=11, kills=5, numbering=numbering).run()
    assert len(summary.kills) == 5
    assert summary.invoices > 30
    assert summary.wrong == []


def test_a_journal_lost_with_its_daemon_is_made_good_from_xero() -> None:
    summary = Ordeal(seed=5, kills=3, lose_journal=True).run()
    assert summary.journals_lost == 1
    assert summary.wrong == []
