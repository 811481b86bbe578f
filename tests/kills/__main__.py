"""`python -m tests.kills --kills 50`: a line per kill, then one JSON line; exit 1 if anything was doubled or lost."""

from __future__ import annotations

import argparse
import json
import sys

from tests.kills.ordeal import Kill, Ordeal


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--numbering", choices=("xero", "crm"), default="xero")
    parser.add_argument("--lose-journal", action="store_true")
    asked = parser.parse_args()
    ordeal = Ordeal(
        seed=asked.seed,
        kills=asked.kills,
        numbering=asked.numbering,
        lose_journal=asked.lose_journal,
    )
    summary = ordeal.run(say)
    sys.stdout.write(json.dumps(summary.as_json()) + "\n")
    return 1 if summary.wrong else 0


def say(kill: Kill) -> None:
    verdict = "; ".join(kill.wrong) or "nothing twice"
    lived = f"after {kill.lived_s:5.2f} s and {kill.calls:3} calls"
    sys.stdout.write(f"kill {kill.n:3}: {lived}, last {kill.last}: {verdict}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
