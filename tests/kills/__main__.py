"""`make kills`: real daemons, and the commands on payment batches, die at every moment there is, by kill -9 and by
SIGTERM, and daemons at random ones; a line per life that went wrong, then one JSON line; exit 1 if anything was
doubled, lost or different.

A failure prints the command that replays it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict
from shlex import quote
from typing import Any

from tests.kills import crew
from tests.kills.deaths import Death, Met, Points, Verdict, deaths
from tests.kills.moments import CIRCUMSTANCES
from tests.kills.ordeal import Summary

AT_ONCE = 8  # lives side by side: each mostly waits for its own short durations
ORDEALS: tuple[dict[str, Any], ...] = (
    {"numbering": "xero"},
    {"numbering": "crm"},
    {"numbering": "xero", "lose_journal": True},
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="lives for each moment and signal")
    parser.add_argument("--kills", type=int, default=20, help="random kills in each ordeal")
    parser.add_argument("--seed", type=int, default=1, help="of the ordeals")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--only", default="", help="only moments whose name has this in it")
    parser.add_argument(
        "--replay", type=json.loads, help="one death or ordeal, as a failure printed it"
    )
    asked = parser.parse_args()
    began = time.monotonic()
    if asked.replay:
        return _replayed(asked.replay)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.at_once, mp_context=spawn) as pool:
        points = {name: one for name, one in _points(pool).items() if asked.only in name}
        _say(f"{len(points)} moments, each by both signals under {asked.seeds} seeds")
        ordeals = [
            {"seed": asked.seed, "kills": asked.kills, **one} for one in ORDEALS if asked.kills
        ]
        verdicts, summaries = _all(pool, points, asked.seeds, ordeals)
    wrong = [*_wrong_deaths(verdicts), *_wrong_ordeals(summaries)]
    told = {
        "points": len(points),
        "runs": len(verdicts),
        "random_kills": sum(len(one.kills) for _, one in summaries),
        **_made(verdicts, summaries),
        "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }
    _say(json.dumps(told))
    return 1 if wrong else 0


def _points(pool: Executor) -> Points:
    """Every moment, with the circumstances in which it was met."""
    points: dict[str, list[Met]] = defaultdict(list)
    for life in pool.map(crew.met, *zip(*CIRCUMSTANCES, strict=True)):
        for point, met in life:
            points[point].append(met)
    return dict(sorted(points.items()))


def _all(
    pool: Executor, points: Points, seeds: int, ordeals: list[dict[str, Any]]
) -> tuple[list[Verdict], list[tuple[dict[str, Any], Summary]]]:
    """The ordeals are long, so they begin first."""
    endured = {pool.submit(crew.endured, one): one for one in ordeals}
    lives = [pool.submit(crew.died, one) for one in deaths(points, seeds)]
    verdicts = []
    for life in as_completed(lives):
        verdict = life.result()
        verdicts.append(verdict)
        if verdict.wrong or len(verdicts) % 25 == 0:
            _tell(verdict, len(verdicts))
    return verdicts, [(one, future.result()) for future, one in endured.items()]


def _made(
    verdicts: list[Verdict], summaries: list[tuple[dict[str, Any], Summary]]
) -> dict[str, int]:
    """What stood at the end of all lives, by what it is."""
    made: Counter[str] = Counter()
    for verdict in verdicts:
        made.update(verdict.made)
    for _, one in summaries:
        made.update(invoices=one.invoices, payments=one.payments)
    return dict(made)


def _replayed(words: dict[str, Any]) -> int:
    if "point" in words:
        verdict = crew.died(Death(**words))
        _tell(verdict, 1)
        return 1 if verdict.wrong else 0
    summary = crew.endured(words)
    _say(json.dumps(summary.as_json()))
    return 1 if summary.wrong else 0


def _wrong_deaths(verdicts: list[Verdict]) -> Iterator[dict[str, Any]]:
    for verdict in verdicts:
        if verdict.wrong:
            yield {"wrong": list(verdict.wrong), "replay": _replay(asdict(verdict.death))}


def _wrong_ordeals(summaries: list[tuple[dict[str, Any], Summary]]) -> Iterator[dict[str, Any]]:
    for words, summary in summaries:
        if summary.wrong:
            yield {"wrong": summary.wrong, "replay": _replay(words)}


def _replay(words: dict[str, Any]) -> str:
    return f"make kills ARGS={quote('--replay ' + quote(json.dumps(words)))}"


def _tell(verdict: Verdict, count: int) -> None:
    _say(f"{count:4} {verdict.death.words} seed {verdict.death.seed}: {verdict.seconds} s")
    for one in verdict.wrong:
        _say(f"     {one}")
    if verdict.wrong:
        _say(f"     {_replay(asdict(verdict.death))}")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
