"""`python -m tests.mutants`: each safety rule is taken out of the real code once, and a named test must notice. A line
for each, then one JSON line; exit 1 if a mutant survives."""

from __future__ import annotations

import argparse
import json
import queue
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.mutants.mutant import Mutant, Stale
from tests.mutants.table import MUTANTS, NOT_APPLICABLE
from tests.mutants.trial import Copy, Unsound, Verdict


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="those whose words or file hold this")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    mutants = [one for one in MUTANTS if asked.only in one.broken or asked.only in one.file]
    began = time.monotonic()
    survived: list[str] = []
    try:
        for n, verdict in enumerate(judged(mutants, asked.workers), start=1):
            _say(n, len(mutants), verdict)
            survived += [] if verdict.killed else [verdict.mutant.broken]
    except (Stale, Unsound) as useless:
        sys.stderr.write(f"{useless}\n")
        return 2
    for what, why in NOT_APPLICABLE.items():
        sys.stdout.write(f"not applicable: {what}: {why}\n")
    summary = {
        "mutants": len(mutants),
        "killed": len(mutants) - len(survived),
        "survived": survived,
        "not_applicable": len(NOT_APPLICABLE),
        "seconds": round(time.monotonic() - began, 1),
    }
    sys.stdout.write(json.dumps(summary) + "\n")
    return 1 if survived else 0


def judged(mutants: Sequence[Mutant], workers: int) -> Iterator[Verdict]:
    """Each verdict as it falls, once every named test has passed on the code as it is. Raises Stale or Unsound."""
    for mutant in mutants:
        mutant.source()
        mutant.check_killers()
    copies = [Copy() for _ in range(workers)]
    try:
        killers = sorted({killer for mutant in mutants for killer in mutant.killers})
        _progress(f"trying {len(killers)} tests on the code as it is")
        copies[0].prove_sound(killers, workers)
        yield from _in_turn(mutants, copies)
    finally:
        for copy in copies:
            copy.remove()


def _in_turn(mutants: Sequence[Mutant], copies: Sequence[Copy]) -> Iterator[Verdict]:
    free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def try_it(mutant: Mutant) -> Verdict:
        copy = free.get()
        try:
            return copy.judge(mutant)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        trials = [pool.submit(try_it, mutant) for mutant in mutants]
        try:
            for trial in as_completed(trials):
                yield trial.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _say(n: int, of: int, verdict: Verdict) -> None:
    """A terminal keeps the line of a survivor; a log keeps all of them."""
    line = f"{n:3}/{of} {'killed  ' if verdict.killed else 'SURVIVED'} {verdict.mutant.broken}"
    terminal = sys.stdout.isatty()
    if verdict.killed and terminal:
        _progress(line)
    else:
        sys.stdout.write(f"{CLEAR if terminal else ''}{line}; {verdict.how}\n")
        sys.stdout.flush()


CLEAR = "\r\x1b[K"


def _progress(line: str) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"{CLEAR}{line[:100]}")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
