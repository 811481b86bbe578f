"""`python -m tests.simulation`: all of it, or one case again with its story.

The last line of stdout is one JSON object; the exit code is 1 where any life ended badly.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator

from tests import journals
from tests.oracle import Breach, Kind
from tests.simulation import chance, deaths, half_written, tally, together
from tests.simulation.life import Life
from tests.simulation.tally import STORIES, Progress, Tally, Unit

EACH = 50
"""Random lives in one unit of work."""


def main() -> int:
    asked = _arguments()
    tally.quietly()
    with journals.shortened(), tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder  # bank files of all processes lie in it, and go with it
        return _again(asked.case) if asked.case else _all(asked)


def _all(asked: argparse.Namespace) -> int:
    progress = Progress()
    whole, points = Tally(), {name: len(deaths.moments_of(name)) for name in deaths.LIVES}
    if not asked.only:
        _half_written(whole)
    for phase, units in _phases(asked.seed, asked.seeds, points):
        if asked.only and asked.only not in phase:
            continue
        progress.enter(phase)
        part = tally.played(units, asked.processes, progress)
        progress.say(part, last=True)
        whole.add(part)
    for failure in whole.failures[:STORIES]:
        print(f"{failure.name}: {'; '.join(failure.words)}")
        print(f"    again, with its story: make simulate ARGS='--case {failure.name}'")
    for crash in whole.crashed[:STORIES]:
        print(f"{crash}\n    again: make simulate ARGS='--case {crash.partition(': ')[0]}'")
    print(json.dumps(_summary(whole, points, progress, asked.seed)))
    return 0 if whole.clean else 1


def _half_written(whole: Tally) -> None:
    kept, lost, words = half_written.compared()
    print(words, flush=True)
    whole.judge("half-written", lambda: [*kept.found, *lost.found])
    if lost.calls - kept.calls > half_written.MOST_BEYOND:
        whole.crashed.append(f"half-written: {words}")


def _phases(first: int, seeds: int, points: dict[str, int]) -> Iterator[tuple[str, list[Unit]]]:
    yield (
        "every moment x every end x gap x journal",
        [(deaths.all_moments, row) for row in deaths.rows_of_cases()],
    )
    pairs = [(name, n) for name in deaths.PAIRED for n in deaths.first_moments(name)]
    yield "every pair of moments", [(deaths.all_seconds, pair) for pair in pairs]
    yield "two workers on one document", list(together.all_units())
    ranges = [
        (start, min(start + EACH, first + seeds)) for start in range(first, first + seeds, EACH)
    ]
    yield "random lives", [(chance.all_lives, each) for each in ranges]


def _summary(
    whole: Tally, points: dict[str, int], progress: Progress, seed: int
) -> dict[str, object]:
    counts = whole.counts
    return {
        "scenarios": whole.scenarios,
        "crash_points": sum(points.values()),
        "duplicates": counts[Kind.DUPLICATE],
        "lost": counts[Kind.LOST] + len(whole.crashed),
        "different": counts[Kind.DIFFERENT],
        "orphaned": counts[Kind.ORPHANED],
        "per_second": round(whole.scenarios / max(progress.seconds, 0.001), 1),
        "seed": seed,
    }


# One case again ---------------------------------------------------------------------------------------


def _again(name: str) -> int:
    life, found = _played(name)
    print("\n".join(life.story))
    print("\n".join(life.journeys()))
    for breach in found:
        print(f"{breach.kind}: {breach.words}")
    if not found:
        print("nothing is wrong")
    return 1 if found else 0


def _played(name: str) -> tuple[Life, list[Breach]]:
    kind, *words = name.split(":")
    match kind:
        case "seed":
            return chance.lived(int(words[0]))
        case "pair":
            life, _, _, found = deaths.lived_twice(
                deaths.Pair(words[0], int(words[1]), int(words[2]))
            )
            return life, found
        case "half-written":
            _, lost, _ = half_written.compared()
            return lost.life, lost.found
        case "two":
            return together.played(together.Case.named(words))
        case _:
            life, _, found = deaths.lived(deaths.Case(kind, int(words[0]), *words[1:]))
            return life, found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000, help="random lives (default 20,000)")
    parser.add_argument("--seed", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--case", help="play one case again and tell its story")
    parser.add_argument("--only", help="only the phases whose name holds this")
    parser.add_argument("--processes", type=int, default=tally.cores())
    return parser.parse_args()


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # A seed is one life only where sets are walked in the same order every time.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main())
