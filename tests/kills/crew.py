"""What each process of `make kills` does: one sandbox of its own, on which one life after the other is lived."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sync_worker.sandbox.edge import Sandbox
from tests.daemon.processes import a_sandbox
from tests.kills import moments
from tests.kills.deaths import Death, Met, Verdict
from tests.kills.ordeal import Ordeal, Summary


@cache
def sandbox() -> Sandbox:
    return a_sandbox(seed=1, xero={"limits": None}).start()


def met(life: str, earlier: str, numbering: str) -> list[tuple[str, Met]]:
    return moments.met(sandbox(), life, earlier, numbering)


def died(death: Death) -> Verdict:
    return moments.died(sandbox(), death)


def endured(words: Mapping[str, Any]) -> Summary:
    return Ordeal(**words).run()
