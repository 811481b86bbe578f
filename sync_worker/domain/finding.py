"""A finding: something that would keep a connection from working, and what ends it."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    problem: str
    cure: str
    away: bool = False
    """A vendor that cannot be reached is nobody's mistake, and may be back in a minute."""


def finding(side: str, said: str, otherwise: str, *, away: bool = False) -> Finding:
    """From an error that names its cure behind a semicolon, or else the usual cure."""
    problem, _, cure = said.partition("; ")
    return Finding(f"{side}: {problem}", cure or otherwise, away)
