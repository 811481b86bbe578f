"""What is due, who owes, and what counts as a change."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sync_worker.domain.rules import details_hash, input_hash
from tests.builders import a_line, a_party, an_invoice, some_rules, xero_id


@pytest.mark.parametrize(
    ("facts", "rules", "reason"),
    [
        ({}, {}, ""),
        ({"xero_id": xero_id()}, {}, "in Xero already"),
        ({"status": "Cancelled"}, {}, "cancelled"),
        ({"status": "Entered"}, {"ready_status": ("Not Paid",)}, "status 'Entered'"),
        ({"funding_type": "Agency-Managed"}, {"ready_funding": ("Self-Managed",)}, "funding type"),
        (
            {"date": date(2025, 6, 30)},
            {"start_date": date(2025, 7, 1)},
            "before the start on 01 Jul 2025",
        ),
        ({"date": date(2025, 7, 1)}, {"start_date": date(2025, 7, 1)}, ""),
        ({"lines": ()}, {}, "no lines"),
    ],
)
def test_whoever_asks_is_told_why_it_is_not_due(
    facts: dict[str, object], rules: dict[str, object], reason: str
) -> None:
    said = some_rules(**rules).not_due(an_invoice(**facts))
    assert (reason in said) if reason else said == ""


def test_the_participant_owes_unless_the_funding_says_otherwise() -> None:
    manager = a_party(name="Plan Partners")
    rules = some_rules(debtor_by_funding={"Plan-Managed": "plan_manager"})
    invoice = an_invoice(plan_manager=manager)
    assert rules.debtor(invoice) == invoice.participant
    assert rules.debtor(an_invoice(plan_manager=manager, funding_type="Plan-Managed")) == manager
    assert rules.debtor(an_invoice(funding_type="Plan-Managed")) is None


@pytest.mark.parametrize(
    ("numbers", "status", "two"),
    [
        (False, "AUTHORISED", True),
        (False, "SUBMITTED", True),
        (False, "DRAFT", False),
        (True, "AUTHORISED", False),
    ],
)
def test_two_steps_where_nothing_in_xero_would_stop_a_second_one(
    numbers: bool, status: str, two: bool
) -> None:
    assert some_rules(crm_numbers=numbers, status=status).two_steps is two


@pytest.mark.parametrize(
    "facts",
    [
        {"date": date(2026, 3, 5)},
        {"total": Decimal(1)},
        {"participant": a_party(email="new@care.example")},
        {"lines": (a_line(rate="51"),)},
        {"lines": (a_line(account_code="201"),)},
        {"status": "Not Paid"},
    ],
)
def test_what_shapes_the_document_is_a_change(facts: dict[str, object]) -> None:
    assert input_hash(an_invoice(**facts), some_rules()) != input_hash(an_invoice(), some_rules())


@pytest.mark.parametrize(
    "facts",
    [
        {"sync_state": "Held"},
        {"requested_at": datetime(2026, 3, 4, tzinfo=UTC)},
        {"modified_at": datetime(2026, 3, 4, tzinfo=UTC)},
    ],
)
def test_what_we_write_ourselves_is_none(facts: dict[str, object]) -> None:
    assert input_hash(an_invoice(**facts), some_rules()) == input_hash(an_invoice(), some_rules())


def test_another_rule_is_a_change() -> None:
    assert input_hash(an_invoice(), some_rules(tax_type="OUTPUT")) != input_hash(
        an_invoice(), some_rules()
    )


def test_a_partys_details_are_told_apart_from_its_link() -> None:
    assert details_hash(a_party(xero_id=xero_id())) == details_hash(a_party())
    assert details_hash(a_party(phone="1")) != details_hash(a_party())


def test_the_hash_of_a_bills_inputs_is_the_same_in_every_process() -> None:
    words = (
        "from sync_worker.domain.rules import *;"
        "from sync_worker.wiring.rules import bill_rules;"
        "from sync_worker.settings import Connection;"
        "c = Connection.model_validate({'sends': ['bills'],"
        "'salesforce': {'url': 'https://a.my.salesforce.com', 'client_id': 'x', 'client_secret': 'y'},"
        "'xero': {'client_id': 'x', 'client_secret': 'y'},"
        "'bills': {'publish': ['milestone-approved', 'contract-executed']}});"
        "print(repr(bill_rules(c)))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", words],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(told) == 1
