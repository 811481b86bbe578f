"""The chaos table is whole: every number once, every test there, every test of this folder in it."""

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
    assert sum(map(bool, (one.tests, one.reason, one.owed))) == 1
    assert bool(one.outcome) == bool(one.tests)
    for test in one.tests:
        path, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_numbered_test_stands_in_the_table() -> None:
    told = {test for one in FAULTS for test in one.tests}
    there = {
        f"tests/chaos/{path.name}::{name}"
        for path in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"^def (test_f\d\d_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert there <= told
