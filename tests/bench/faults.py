"""`python -m tests.bench.faults`: what 10,000 invoices cost in Xero calls where 5 % of all calls meet a fault.

The real code and both SDKs on virtual time, without sockets, once undisturbed and once with faults drawn from a seed.
Both worlds must end clean, every invoice once in Xero and linked, and the second one may cost at most 15 % more Xero
calls. The last line is JSON; exit 1 if one of that is not so. Words: the number of invoices, the seed.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from sync_worker.daemon import log
from sync_worker.daemon.outcome import Exit
from sync_worker.sandbox.faults import EFFECTS, Fault, Faults
from sync_worker.sandbox.http import Request
from tests.oracle import wrongs
from tests.sides import INVOICES, Side
from tests.world import World

RECORDS, SHARE, MOST_MORE, SEED = 10_000, 0.05, 0.15, 1
EVERY_S = 300
"""Seconds between two runs, as the schedule has it."""
KINDS = sorted(set(EFFECTS) - {"then", "429_day"})
"""All that may befall a call, apart from the day's end: a day is no overhead, it is a day."""
SLOW_S = 130.0
"""Longer than the worker waits for an answer."""


class Weather(Faults):
    """Any call may meet a fault; which one, and of which kind, follows from the seed."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self._share = share
        self._dice = random.Random(seed)

    def befalling(self, request: Request, path: str) -> Fault | None:
        del request, path
        if self._dice.random() >= self._share:
            return None
        kind = self._dice.choice(KINDS)
        return Fault(kind, seconds=SLOW_S if "slow" in kind or kind == "late_commit" else 0.0)


def measure(
    records: int, share: float, seed: int, side: Side = INVOICES, batch: int = 50
) -> dict[str, Any]:
    """A world filled, and synced until all is done: its Xero calls, its runs, and what is wrong at the end."""
    world = side.world(
        rules={"batch": batch}, books={"limits": None}, budget={"per_day": 1_000_000}
    )
    side.enter_many(world, records, people=max(1, records // 5))
    for n, road in enumerate(world.roads.values()):
        road.door.faults = Weather(share, 1000 * seed + n)
    runs = _until_done(side, world)
    for road in world.roads.values():
        road.door.faults = Faults()
    # Sandbox calls that were put off are done by now; one look more, without faults, for what they left.
    side.settle(world)
    return {"xero": world.calls("xero"), "runs": runs, "wrongs": wrongs(world.org, world.xero)}


def _until_done(side: Side, world: World, most: int = 500) -> int:
    for run in range(1, most):
        ended = side.sync(world).exit
        if ended is Exit.DONE and not world.in_doubt():
            return run
        world.advance(EVERY_S)
    return most


def main(words: list[str]) -> int:
    log.set_up("auto", "error")
    invoices = int(words[0]) if words else RECORDS
    seed = int(words[1]) if words[1:] else SEED
    calm, stormy = measure(invoices, 0, seed), measure(invoices, SHARE, seed)
    more = stormy["xero"] / calm["xero"] - 1
    clean = not calm["wrongs"] and not stormy["wrongs"]
    for wrong in [*calm["wrongs"], *stormy["wrongs"]][:10]:
        sys.stderr.write(f"{wrong}\n")
    told = {
        "invoices": invoices,
        "seed": seed,
        "calls_without_faults": calm["xero"],
        "calls_with_faults": stormy["xero"],
        "more": round(more, 3),
        "runs": stormy["runs"],
        "clean": clean,
    }
    sys.stdout.write(json.dumps({**told, "ok": clean and more <= MOST_MORE}) + "\n")
    return 0 if clean and more <= MOST_MORE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
