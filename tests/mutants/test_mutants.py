"""The table of safety mutations is true of the code as it is, and its runner tells a kill from a survivor."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants.mutant import HOUSE, Mutant, Stale
from tests.mutants.table import MUTANTS
from tests.mutants.trial import Copy, Unsound

QUICK = "tests/domain/test_moves.py::test_a_generation_never_comes_back"


@pytest.fixture(scope="module")
def copy() -> Iterator[Copy]:
    copy = Copy()
    yield copy
    copy.remove()


def the_mutant(killer: str) -> Mutant:
    return next(one for one in MUTANTS if one.killers == (killer,))


def test_every_rule_that_can_be_taken_out_still_stands_once_and_names_its_tests() -> None:
    stale: list[str] = []
    for mutant in MUTANTS:
        for check in (mutant.source, mutant.check_killers):
            try:
                check()
            except Stale as gone:
                stale.append(str(gone))
    assert stale == []
    assert len({mutant.broken for mutant in MUTANTS}) == len(MUTANTS)


def test_no_mutant_dies_only_of_a_name_that_is_not_there(tmp_path: Path) -> None:
    for n, mutant in enumerate(MUTANTS):
        (tmp_path / f"mutant_{n}.py").write_text(mutant.source(), encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E9,F821", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_a_broken_rule_is_noticed_and_the_house_is_not_touched(copy: Copy) -> None:
    mutant = the_mutant(QUICK)
    before = (HOUSE / mutant.file).read_bytes()
    verdict = copy.judge(mutant)
    assert verdict.killed
    assert verdict.how.startswith("test_a_generation_never_comes_back: ")
    assert (HOUSE / mutant.file).read_bytes() == before
    assert (copy.root / mutant.file).read_bytes() == before


def test_a_rule_that_no_test_misses_is_told(copy: Copy) -> None:
    other = "tests/domain/test_moves.py::test_a_contact_has_fewer_ways"
    verdict = copy.judge(replace(the_mutant(QUICK), killers=(other,)))
    assert not verdict.killed
    assert verdict.how == "every named test passed"


def test_a_mutant_under_which_nothing_can_be_imported_proves_nothing(copy: Copy) -> None:
    mutant = the_mutant(QUICK)
    with pytest.raises(Unsound, match="pytest could not run"):
        copy.judge(replace(mutant, becomes=f"{mutant.text} ("))
    with pytest.raises(Stale, match="stands 0 times"):
        replace(mutant, text="nowhere to be read").source()
    with pytest.raises(Stale, match="there is no test"):
        replace(mutant, killers=("tests/domain/test_moves.py::test_that_is_gone",)).check_killers()
