"""Real clients in real processes, and a sandbox that they reach over HTTP."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync_worker.sandbox.edge import Sandbox

HERE = Path(__file__).parent
METADATA = HERE.parents[2] / "config" / "salesforce"
BIN = HERE / "node_modules" / ".bin"
KNOBS = {"child_page_size": 2, "page_size": 5, "gzip": True}
Run = Callable[..., str]


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    """Skips loudly: `make clients` installs what is missing, if npm is there."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on this machine: no public client was tried")
    if not (HERE / "node_modules").is_dir():
        pytest.skip(f"npm ci has not run in {HERE}: no public client was tried")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(metadata=METADATA, salesforce=KNOBS) as sandbox:
        yield sandbox


@pytest.fixture
def empty() -> Iterator[Sandbox]:
    """A sandbox whose CRM nobody has set up yet."""
    with Sandbox(metadata=None) as sandbox:
        yield sandbox


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a program to its end and gives what it printed; its complaints go into the failure."""
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "SF_AUTOUPDATE_DISABLE": "true",
        "SF_DISABLE_TELEMETRY": "true",
        "SF_SKIP_NEW_VERSION_CHECK": "true",
    }

    def run(*command: str, code: int = 0, cwd: Path = HERE, **more: str) -> str:
        done = subprocess.run(
            command,
            env={**env, **more},
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run
