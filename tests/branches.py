"""`python -m tests.branches`: no branch of the heart is left untried, or the code says why.

The heart is what decides whether a document is made twice or lost: the processes, the journal, and what prepares,
sends and reads in Xero. The quick suites run under coverage; every line and branch they never took is printed, and so
is every line that bears `# pragma: no cover - reason` or `# pragma: no branch - reason`. One without a reason counts
as missed. The last line is JSON; exit 1 if a test failed or anything is missed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]
SUITES = ("sync", "state", "xero", "contracts", "journeys", "chaos", "domain")
ROOMS = ("sync", "state")
OF_XERO = (
    "budget", "contacts", "errors", "frozen", "invoices", "login", "payments", "rotation", "sender", "wire",
)  # fmt: skip
LISTED = re.compile(r"# pragma: no (?:cover|branch)(?: - (?P<reason>\S.*))?")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="branches-") as folder:
        tests, report = measured(Path(folder), sys.argv[1:])
    files = {name: report[name] for name in heart()}
    listed = [place for name in files for place in listed_in(name)]
    missed = [place for name, one in files.items() for place in missed_in(name, one)]
    missed += [f"{place}: a pragma without its reason" for place, reason in listed if not reason]
    for place, reason in listed:
        print(f"listed  {place}: {reason}")
    for place in missed:
        print(f"missed  {place}")
    found = {
        "files": len(files),
        "branches": sum(one["summary"]["num_branches"] for one in files.values()),
        "missed": len(missed),
        "listed": len(listed),
    }
    print(json.dumps(found))
    return 1 if tests or missed else 0


def heart() -> Iterator[str]:
    for room in ROOMS:
        for path in sorted((HOUSE / "sync_worker" / room).glob("*.py")):
            yield str(path.relative_to(HOUSE))
    yield from (f"sync_worker/xero/{name}.py" for name in OF_XERO)


def measured(folder: Path, words: list[str]) -> tuple[int, dict[str, Any]]:
    """How pytest ended, and coverage's report of each file."""
    report = folder / "report.json"
    ended = subprocess.run(
        (
            sys.executable, "-m", "pytest", "-q", "-n", "2",
            "--cov", "--cov-branch", f"--cov-report=json:{report}",
            *(f"tests/{suite}" for suite in SUITES), *words,
        ),
        check=False,
        cwd=HOUSE,
        env={**os.environ, "COVERAGE_FILE": str(folder / "data")},
    )  # fmt: skip
    if not report.exists():
        sys.exit(f"pytest ended with {ended.returncode} before it had measured anything")
    files: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))["files"]
    return ended.returncode, files


def missed_in(name: str, one: dict[str, Any]) -> Iterator[str]:
    never = set(one["missing_lines"])
    for line in sorted(never):
        yield f"{name}:{line}: never ran"
    for line, to in one["missing_branches"]:
        if not never & {line, to}:
            yield f"{name}:{line}: never went on to {f'line {to}' if to > 0 else 'its end'}"


def listed_in(name: str) -> Iterator[tuple[str, str]]:
    """(place, reason) of each pragma."""
    for number, line in enumerate((HOUSE / name).read_text(encoding="utf-8").splitlines(), 1):
        if found := LISTED.search(line):
            yield f"{name}:{number}", found["reason"] or ""


if __name__ == "__main__":
    sys.exit(main())
