"""`python -m tests.branches [--run FILE]`: no branch of the heart is left untried, or it is said why.

The heart is what decides whether a document is made twice or lost: the processes, the journal, and what reads and
writes Xero. The quick suites run under coverage; every line and branch they never took is printed, and so is every
line that bears `# pragma: no cover - reason` or `# pragma: no branch - reason`. A pragma without a reason is a miss.
The last line is JSON; exit 1 if a test failed or anything is missed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]
SUITES = ("sync", "state", "xero", "contracts", "journeys", "chaos", "domain")
HEART = (
    *(f"sync_worker/{room}/*.py" for room in ("sync", "state")),
    *(
        f"sync_worker/xero/{name}.py"
        for name in (
            "budget", "contacts", "errors", "frozen", "invoices", "login", "payments", "rotation", "sender", "wire",
        )
    ),
)  # fmt: skip
LISTED = re.compile(r"# pragma: no (?:cover|branch)(?: - (?P<reason>\S.*))?")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="branches-") as folder:
        report = Path(folder) / "report.json"
        tests = _run(
            "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "--cov", "--cov-branch",
            f"--cov-report=json:{report}", *(f"tests/{suite}" for suite in SUITES), *sys.argv[1:],
        )  # fmt: skip
        files = {
            name: one for name, one in json.loads(report.read_text(encoding="utf-8"))["files"].items() if _of_the_heart(name)
        }
    listed = [(place, reason) for name in files for place, reason in _listed(name)]
    missed = [place for name, one in files.items() for place in _missed(name, one)]
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


def _run(module: str, *words: str) -> int:
    return subprocess.run((sys.executable, "-m", module, *words), cwd=HOUSE).returncode


def _of_the_heart(name: str) -> bool:
    return any(Path(name).match(pattern) for pattern in HEART)


def _missed(name: str, one: dict[str, Any]) -> Iterator[str]:
    for line in one["missing_lines"]:
        yield f"{name}:{line}: never ran"
    for line, to in one["missing_branches"]:
        if line not in one["missing_lines"] and to not in one["missing_lines"]:
            yield f"{name}:{line}: never went on to {to if to > 0 else 'its end'}"


def _listed(name: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate((HOUSE / name).read_text(encoding="utf-8").splitlines(), 1):
        if found := LISTED.search(line):
            yield f"{name}:{number}", found["reason"] or ""


if __name__ == "__main__":
    sys.exit(main())
