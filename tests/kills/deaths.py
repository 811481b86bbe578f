"""The deaths that are died: each moment by both signals under each seed, in the circumstances in which it is met.

What else befalls a life follows from the seed: which life it is, who numbers, a vendor that is still at work for a
caller long dead, a second death while the first is being repaired, a journal that is lost with its daemon.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from random import Random

NEVER = "journal.none.after"
"""A moment that never comes: whoever waits for it tells at its end which ones came."""
NEVER_PASSED = "the moment never came"


@dataclass(frozen=True, slots=True)
class Death:
    """One way to die. `earlier`: how the life before ended, so that this one has something to repair."""

    point: str
    ending: str
    seed: int
    numbering: str = "xero"
    nth: int = 1
    earlier: str = ""
    again_at: str = ""
    slow: bool = False
    journal_lost: bool = False
    life: str = "care"
    command: str = ""
    """The one that dies, where people type commands."""

    @property
    def words(self) -> str:
        return f"{self.point}:{self.nth}:{self.ending}"


@dataclass(frozen=True, slots=True)
class Verdict:
    death: Death
    wrong: Sequence[str]
    made: Mapping[str, int] = field(default_factory=dict)
    """What stood in the end: invoices, bills, payments ..."""
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Met:
    """Where a moment was met, and how often in one life."""

    life: str
    numbering: str
    earlier: str
    times: int
    command: str = ""


Points = Mapping[str, Sequence[Met]]
"""Of each moment all circumstances in which it was met, the plainest first."""


def deaths(points: Points, seeds: int) -> Iterator[Death]:
    for point, ending, seed in product(points, ("KILL", "TERM"), range(1, seeds + 1)):
        yield death(points, point, ending, seed)


def death(points: Points, point: str, ending: str, seed: int) -> Death:
    """What the seed makes of it, the same each time; the first seed adds nothing to the plainest circumstances."""
    if seed == 1:
        return _plain(points[point][0], point, ending, seed)
    chance = Random(f"{point} {ending} {seed}")
    lives = list(dict.fromkeys(one.life for one in points[point]))
    life = chance.choice(lives)
    met = chance.choice([one for one in points[point] if one.life == life])
    there = [other for other, mets in points.items() if any(one.life == life for one in mets)]
    return replace(
        _plain(met, point, ending, seed),
        nth=chance.randint(1, max(1, met.times // 2)),
        slow=chance.random() < 0.5,
        again_at=chance.choice(there) if chance.random() < 0.5 else "",
        journal_lost=ending == "KILL" and chance.random() < 0.25,
    )


def _plain(met: Met, point: str, ending: str, seed: int) -> Death:
    return Death(
        point, ending, seed, met.numbering, earlier=met.earlier, life=met.life, command=met.command
    )
