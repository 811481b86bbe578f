"""The chaos table is whole: every number once, every test there, every numbered test in it, and bills with invoices."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.chaos.table import FAULTS, GRANTS, Fault

ROOT = Path(__file__).resolve().parents[2]
LAST = 96


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def takes_a_side(*tests: str) -> set[bool]:
    """Whether each is lived for invoices and for bills. Fails where one is not there."""
    answers: set[bool] = set()
    for test in tests:
        path, _, name = test.partition("::")
        found = re.search(rf"^def {name}\(([^)]*)\)", text(ROOT / path), re.MULTILINE)
        assert found, f"there is no test {test}"
        answers.add("side: Side" in found[1])
    return answers


def test_every_number_stands_in_the_table_once() -> None:
    assert [one.number for one in FAULTS] == list(range(1, LAST + 1))
    assert [one.number for one in GRANTS] == list(range(1, len(GRANTS) + 1))


@pytest.mark.parametrize("one", FAULTS, ids=lambda one: f"F{one.number:02}")
def test_a_fault_has_its_test_or_its_reason_and_not_both(one: Fault) -> None:
    assert bool(one.tests) != bool(one.reason)
    assert bool(one.outcome) == bool(one.tests or one.bills)


@pytest.mark.parametrize("one", FAULTS, ids=lambda one: f"F{one.number:02}")
def test_a_fault_says_of_bills_exactly_one_thing(one: Fault) -> None:
    """The same test lives it, a test of their own does, one test speaks for both, or it is no case."""
    both = True in takes_a_side(*one.tests)
    said = [both, bool(takes_a_side(*one.bills)), bool(one.shared), bool(one.no_bills)]
    assert sum(said) == (1 if one.tests or one.bills else 0)


@pytest.mark.parametrize("one", GRANTS, ids=lambda one: f"G{one.number:02}")
def test_what_only_a_grant_maker_has_is_proved(one: Fault) -> None:
    assert takes_a_side(*one.tests) == {False}
    assert one.outcome
    assert (one.reason, one.bills, one.shared, one.no_bills) == ("", (), "", "")


def test_every_test_that_bears_a_number_stands_in_its_row() -> None:
    told = {
        (letter, one.number, test)
        for letter, table in (("f", FAULTS), ("g", GRANTS))
        for one in table
        for test in (*one.tests, *one.bills)
    }
    there = {
        (letter, int(number), f"{path.relative_to(ROOT).as_posix()}::{name}")
        for path in (ROOT / "tests").rglob("test_*.py")
        for name, letter, number in re.findall(
            r"^def (test_([fg])(\d\d)_\w+)\(", text(path), re.MULTILINE
        )
    }
    assert sorted(there - told) == []
