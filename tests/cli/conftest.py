"""An operator at a terminal: commands typed against both vendors on loopback, without a process for each."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sync_worker.cli import main
from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.edge import Sandbox
from tests.daemon.processes import Tables, a_sandbox, settings_file


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """stdout must be one JSON document and nothing else."""
        return json.loads(self.stdout)


@dataclass(frozen=True, slots=True)
class Operator:
    config: Path

    def types(self, *words: str) -> Said:
        typed = CliRunner().invoke(main, [*words, "--config", str(self.config)])
        if typed.exception and not isinstance(typed.exception, SystemExit):
            raise typed.exception
        return Said(typed.exit_code, typed.stdout, typed.stderr)

    @property
    def journal(self) -> Path:
        return self.config.parent / "journal" / "journal.db"


@pytest.fixture
def vendors(socket_enabled: None) -> Iterator[Sandbox]:
    with a_sandbox(xero={"limits": None}) as sandbox:
        yield sandbox


@pytest.fixture
def plane(vendors: Sandbox) -> ControlPlane:
    return vendors.control


@pytest.fixture
def operator(vendors: Sandbox, tmp_path: Path) -> Operator:
    return an_operator(vendors, tmp_path)


def an_operator(vendors: Sandbox, folder: Path, **tables: Tables) -> Operator:
    """One whose clock is the sandbox's, so that waiting takes no time."""
    return Operator(settings_file(folder, vendors.credentials(), tables, clock="sandbox"))


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands set up signals and the log for a process of their own; here the process is the tests'."""
    for name in [name for name in os.environ if name.startswith("SYNC_")]:
        monkeypatch.delenv(name)
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    heard = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    root.handlers, root.level = handlers, level
    for number, handler in heard.items():
        signal.signal(number, handler)
