"""A part of the simulation in every test run: some of the deaths, some of the lives, always the same ones.

`make simulate` has all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import journals
from tests.simulation import chance, deaths, half_written, together
from tests.simulation.deaths import LIVES, Case, Pair
from tests.simulation.life import PASSED, Life

PAGE = Path(__file__).resolve().parents[2] / "docs" / "crash-points.md"
RARELY = 88
"""A life with a moment that few others have: a vendor that is left alone."""
EVERY = 101
"""One in so many of all deaths; a prime, so that every end, gap and journal meets every kind of moment."""


def some_deaths() -> Iterator[Case]:
    number = 0
    for row in deaths.rows_of_cases():
        life, *others = row
        for n in range(1, len(deaths.moments_of(life)) + 1):
            number += 1
            if number % EVERY == 0:
                yield Case(life, n, *others)


@pytest.mark.parametrize("life", LIVES)
def test_whoever_dies_at_any_moment_leaves_nothing_twice_and_nothing_lost(life: str) -> None:
    for case in some_deaths():
        if case.life == life:
            _, died, found = deaths.lived(case)
            assert died, f"{case.name} names no moment"
            assert not found, f"make simulate ARGS='--case {case.name}'"


@pytest.mark.parametrize("life", deaths.PAIRED)
def test_whoever_dies_again_in_the_repair_leaves_nothing_twice_and_nothing_lost(life: str) -> None:
    for first in deaths.first_moments(life)[::9]:
        for second in (20, 33):
            pair = Pair(life, first, second)
            assert not deaths.lived_twice(pair)[3], f"make simulate ARGS='--case {pair.name}'"


@pytest.mark.parametrize("first", [0, 15, 30])
def test_nothing_is_twice_and_nothing_lost_in_any_life(first: int) -> None:
    bad = chance.all_lives(first, first + 15)
    assert not bad.failures
    assert not bad.crashed


@pytest.mark.parametrize("numbering", ["xero", "crm"])
@pytest.mark.parametrize("hosts", [False, True], ids=["beside", "apart"])
def test_two_workers_never_send_one_invoice_twice(numbering: str, *, hosts: bool) -> None:
    for first in range(6, 34, 9):
        for second in (1, 14):
            for asleep in (0.0, together.ASLEEP):
                case = together.Case(numbering, hosts, asleep, (first, second))
                _, _, found = together.lived(case)
                assert not found, f"make simulate ARGS='--case {case.name}'"


def test_a_journal_deleted_in_the_middle_of_much_work_costs_hardly_a_call() -> None:
    kept, lost, words = half_written.compared(invoices=60, people=12, batch=5)
    assert lost.drafts_before == 60, words
    assert not kept.found
    assert not lost.found
    assert lost.calls - kept.calls <= half_written.MOST_BEYOND, words


def test_a_seed_is_one_life() -> None:
    first, again = chance.lived(4)[0], chance.lived(4)[0]
    assert first.story == again.story


@pytest.mark.parametrize("seed", range(50, 56))
def test_a_life_is_the_same_on_the_shorter_way_to_its_journal(seed: int) -> None:
    whole = chance.lived(seed)[0]
    with journals.shortened():
        short = chance.lived(seed)[0]
        assert short.story == whole.story
        assert told(short) == told(whole)


def told(life: Life) -> object:
    """What stands on both sides, and the worker's own words about it."""
    rows = [*life.world.org.rows("Invoice__c"), *life.world.org.rows("Milestone__c")]
    return rows, life.world.xero.documents(), life.journeys()


# The table of crash points ----------------------------------------------------------------------------


def named_moments() -> set[str]:
    page = PAGE.read_text(encoding="utf-8")
    calls = set(re.findall(r"`((?:xero|salesforce|mail|bank)\.[A-Z]+\.[\w/]+)`", page))
    commits = re.findall(r"commits? ((?:`\w+`(?:, )?)+)", page)
    return calls | {f"journal.{name}" for some in commits for name in re.findall(r"`(\w+)`", some)}


def test_every_moment_is_a_point_of_the_table_and_every_point_is_a_moment() -> None:
    for life in LIVES:
        deaths.moments_of(life)
    chance.all_lives(0, 40)
    chance.lived(RARELY)
    deaths.lived_twice(Pair("papers", 30, 0))  # where an answer was lost, the bill is looked at
    passed = {name.rpartition(".")[0] for name in PASSED}
    assert passed <= named_moments()
    assert named_moments() <= passed


def test_the_table_has_all_the_points_and_counts_them_right() -> None:
    page = PAGE.read_text(encoding="utf-8")
    points = re.findall(r"^\| ([ICBAPRLDTJ]\d+) \| .+ \| \S.* \|$", page, re.MULTILINE)
    wanted = [*_numbered("I", 24, 2), *_numbered("C", 6), *_numbered("B", 6), *_numbered("A", 5)]
    wanted += [*_numbered("P", 12), *_numbered("R", 4), *_numbered("L", 5), *_numbered("D", 5)]
    wanted += [*_numbered("T", 6), *_numbered("J", 6)]
    assert points == wanted
    assert f"= {len(points)} points" in page


def _numbered(letter: str, count: int, width: int = 1) -> list[str]:
    return [f"{letter}{n:0{width}}" for n in range(1, count + 1)]
