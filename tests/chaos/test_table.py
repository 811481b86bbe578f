"""The chaos table is whole: every number once, every test there, every numbered test in it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.table import FAULTS, Fault

ROOT = Path(__file__).resolve().parents[2]
LAST = 96


def test_every_number_stands_in_the_table_once() -> None:
    assert Counter(one.number for one in FAULTS) == Counter(range(1, LAST + 1))


@pytest.mark.parametrize("one", FAULTS, ids=lambda one: f"F{one.number:02}")
def test_a_fault_has_its_test_or_its_reason_and_not_both(one: Fault) -> None:
    assert bool(one.tests) != bool(one.reason)
    assert bool(one.outcome) == bool(one.tests)
    for test in one.tests:
        path, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_test_that_bears_a_number_stands_in_the_table() -> None:
    told = {test for one in FAULTS for test in one.tests}
    there = {
        f"{path.relative_to(ROOT).as_posix()}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_f\d\d_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert sorted(there - told) == []
