"""Where the sandbox has its routes from: what is imitated, after which public source, and how sure that is.

Each vendor's `sources.py` has one entry for each family of its routes, paths spelt as the vendor spells them.
`docs/generate.py` writes them into docs/endpoints.md; tests/test_docs.py holds them against the routes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

VERIFIED, REPORTED, UNSETTLED = "verified", "reported", "unsettled"

Route = tuple[str, str]  # method and path, the path in small letters and its variable parts as {}


@dataclass(frozen=True, slots=True)
class Known:
    """`at` holds methods and a path each. Open questions within a family that is verified stand in `what`."""

    what: str
    source: str
    sure: str
    at: tuple[str, ...]

    def spelt(self) -> Iterable[tuple[Route, str]]:
        """Each route with its path as the vendor spells it."""
        for line in self.at:
            *methods, path = line.split(" ")
            for method in methods:
                yield (method, plain(path)), path


def plain(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).lower()


def told(families: Iterable[Known]) -> Mapping[Route, Known]:
    return {route: known for known in families for route, _ in known.spelt()}
