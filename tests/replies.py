"""Every reply the pretend Xero gives during a test run is walked against the vendor SDK's models; see sdk_walk.

A plugin of pytest. A folder of this run takes what served sandboxes answer, also in processes of their own and in
those of pytest-xdist; what is wrong with it fails the run, even when every test has passed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from sync_worker.sandbox.witness import VARIABLE
from tests.sandbox.xero import sdk_walk

COMPLAINTS = "complaints.txt"
FOLDER = pytest.StashKey[Path]()
FOUND = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # whoever begins the run, and not its helpers
        config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="replies-"))
        os.environ[VARIABLE] = str(config.stash[FOLDER])
    sdk_walk.watch(_note)


def pytest_sessionfinish(session: pytest.Session) -> None:
    folder = session.config.stash.get(FOLDER, None)
    if folder is None:
        return
    noted = folder / COMPLAINTS
    told = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
    found = list(dict.fromkeys((*told, *sdk_walk.kept_in(folder))))
    shutil.rmtree(folder)
    session.config.stash[FOUND] = found
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    found = config.stash.get(FOUND, [])
    if found:
        terminalreporter.section("replies the vendor's SDK could not read", red=True)
        for one in found:
            terminalreporter.line(one)


def _note(complaint: str) -> None:
    with (Path(os.environ[VARIABLE]) / COMPLAINTS).open("a", encoding="utf-8") as file:
        file.write(f"{complaint}\n")
