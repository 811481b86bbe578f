"""What is unsettled about Xero, or differs between its plans, or goes wrong there for a while; turned while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sync_worker.sandbox.xero.limits import Limits


@dataclass(frozen=True, slots=True)
class Knobs:
    limits: Limits | None
    key_scope: str = "app"  # or "token": whose an idempotency key is (Xero's pages; a live probe)
    key_store_down: bool = False  # a write with a key is answered 500 (Xero's documentation)
    modified_since: str = "inclusive"  # or "exclusive"
    late_visibility_s: float = 0  # lists lag behind writes by so much
    default_format: str = "xml"  # or "json": what a caller gets that does not ask for JSON
    novelties: Mapping[str, str] = field(default_factory=dict)  # member: a word no SDK knows yet


def turned(knobs: Knobs, turns: Mapping[str, Any]) -> Knobs:
    """The knobs with some of them turned; ValueError for one that is not there or cannot stand so."""
    for name, value in turns.items():
        if name not in _TURNS:
            raise ValueError(f"unknown knob {name!r}; known: {', '.join(_TURNS)}")
        if not _TURNS[name](value):
            raise ValueError(f"{name} cannot be {value!r}")
    return replace(knobs, **turns)


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


_TURNS: Mapping[str, Callable[[Any], bool]] = {
    "key_scope": _one_of("app", "token"),
    "key_store_down": lambda value: isinstance(value, bool),
    "modified_since": _one_of("inclusive", "exclusive"),
    "late_visibility_s": lambda value: not isinstance(value, (bool, str)) and value >= 0,
    "default_format": _one_of("xml", "json"),
    "novelties": lambda value: isinstance(value, dict) and all(isinstance(v, str) for v in value.values()),
}  # fmt: skip
