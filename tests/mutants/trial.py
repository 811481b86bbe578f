"""A copy of the house in which one mutant after another is tried; the house itself is never touched."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import HOUSE, Mutant

PATIENCE_S = 120
"""A mutant's tests take seconds. One that is waited for in vain is no kill: the table wants one that ends."""
ALL_S = 900
"""And all of them together."""
FAILED = 1
"""pytest's exit code where a test failed; another one says that nothing was tested."""


class Unsound(Exception):
    """Nothing was learned: the tests did not run, or not on this copy's code."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a mutant ended: `killed`, and by what; or what passed though it should not have."""

    mutant: Mutant
    killed: bool
    how: str


class Copy:
    """One worker's copy. Not shared between threads."""

    def __init__(self, house: Path = HOUSE) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        self.root = self._folder / "house"
        unneeded = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "var", "build")
        shutil.copytree(house, self.root, ignore=unneeded)

    def remove(self) -> None:
        shutil.rmtree(self._folder)

    def prove_sound(self, killers: Sequence[str], workers: int) -> None:
        """All the tests pass while nothing is broken, and they import this copy. Raises Unsound."""
        where = self._run(sys.executable, "-c", "import sync_worker; print(sync_worker.__file__)")
        if not Path(where.stdout.strip()).is_relative_to(self.root):
            raise Unsound(f"the tests would run on {where.stdout.strip()}, not on the copy")
        ended = self._pytest("-n", str(workers), *killers, patience_s=ALL_S)
        if ended.returncode:
            raise Unsound(f"not every named test passes on the code as it is:\n{ended.stdout}")

    def judge(self, mutant: Mutant) -> Verdict:
        """Raises Unsound where the tests did not even run."""
        mutated = mutant.source(self.root)
        file = self.root / mutant.file
        original = file.read_text(encoding="utf-8")
        try:
            self._write(file, mutated)
            ended = self._pytest("-x", *mutant.killers)
        except subprocess.TimeoutExpired:
            return Verdict(mutant, killed=False, how=f"its tests did not end in {PATIENCE_S} s")
        finally:
            self._write(file, original)
        if ended.returncode not in {0, FAILED}:
            raise Unsound(f"{mutant.broken!r}: pytest could not run:\n{ended.stdout}{ended.stderr}")
        return Verdict(mutant, ended.returncode == FAILED, _how(ended.stdout))

    def _pytest(
        self, *words: str, patience_s: float = PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        # pytest's own limit is off, so that a test that hangs is told from one that fails.
        quiet = (
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            "-o",
            "timeout=0",
            "--tb=short",
        )
        return self._run(sys.executable, "-m", "pytest", *quiet, *words, patience_s=patience_s)

    def _run(
        self, *command: str, patience_s: float = PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        env = {**ours, "PYTHONPATH": str(self.root), "COLUMNS": "200"}
        with subprocess.Popen(
            command,
            cwd=self.root,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as running:
            try:
                out, err = running.communicate(timeout=patience_s)
            except BaseException:
                os.killpg(running.pid, signal.SIGKILL)  # with the processes that a test began
                raise
        return subprocess.CompletedProcess(command, running.returncode, out, err)

    def _write(self, file: Path, text: str) -> None:
        """Python trusts compiled code by the second and the length of its source: too coarse for us."""
        file.write_text(text, encoding="utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()


def _how(said: str) -> str:
    """Which test failed, and its first words."""
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - (.*))?$", said, re.MULTILINE)
    if not found:
        return "every named test passed" if " failed" not in said else "a named test failed"
    return f"{found[1].partition('::')[2]}: {(found[2] or '').strip()}".strip(": ")
