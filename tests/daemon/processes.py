"""The worker as an operator has it: a settings file, a process, signals, what it says on stderr."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sync_worker.sandbox.edge import Sandbox

METADATA = Path(__file__).resolve().parents[2] / "config" / "salesforce"
Tables = Mapping[str, Any]


def a_sandbox(**knobs: Any) -> Sandbox:
    return Sandbox(metadata=METADATA, **knobs)


def settings_file(
    folder: Path,
    credentials: Mapping[str, Mapping[str, str]],
    *,
    clock: str = "system",
    name: str = "main",
    **connection: Tables,
) -> Path:
    """A settings file for the vendors behind `credentials`, its journal in a folder of its own; `connection` adds to
    the connection's tables or replaces what stands in them."""
    crm, xero = credentials["salesforce"], credentials["xero"]
    tables: dict[str, Any] = {
        "salesforce": dict(crm),
        "xero": {key: value for key, value in xero.items() if key != "url"}
        | {"api_url": xero["url"], "identity_url": xero["url"]},
    }
    for table, values in connection.items():
        tables[table] = {**tables.get(table, {}), **values}
    path = folder / "sync_worker.toml"
    path.write_text(
        toml(
            {
                "journal": {"path": str(folder / "journal" / "journal.db")},
                "log": {"format": "json"},
                "time": {"source": clock},
                "connections": {name: tables},
            }
        ),
        encoding="utf-8",
    )
    return path


def toml(tables: Tables) -> str:
    return "\n".join(_toml(tables, ()))


def _toml(table: Tables, path: tuple[str, ...]) -> Iterator[str]:
    if path:
        yield f"[{'.'.join(path)}]"
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{json.dumps(key)} = {json.dumps(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _toml(value, (*path, json.dumps(key)))


class Worker:
    """One `sync-worker` process. What it says is kept in files, so that no pipe ever fills up."""

    def __init__(self, config: Path, *words: str, variables: Mapping[str, str] | None = None):
        self._said = config.with_name(f"said-{time.monotonic_ns()}")
        with self._said.open("wb") as out, self._said.with_suffix(".err").open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sync_worker", *words, "--config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**_without_ours(), **(variables or {})},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def stdout(self) -> str:
        return self._said.read_text(encoding="utf-8")

    @property
    def stderr(self) -> str:
        return self._said.with_suffix(".err").read_text(encoding="utf-8")

    def events(self) -> list[dict[str, Any]]:
        """Its log, line by line; every line must be one whole JSON object."""
        whole, _, _ = self.stderr.rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def said(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.events() if one["event"] == event]

    def await_event(self, event: str, within_s: float = 20) -> dict[str, Any]:
        eventually(lambda: bool(self.said(event)) or not self.alive, within_s, event)
        assert self.said(event), f"it ended without {event!r}: {self.stderr}"
        return self.said(event)[0]

    def answer(self, within_s: float = 60) -> Any:
        """Its JSON, once it has ended. Nothing else may stand on stdout."""
        self.ended(within_s)
        return json.loads(self.stdout)

    def ended(self, within_s: float = 60) -> int:
        return self._process.wait(within_s)

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9: it cannot say goodbye."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self.alive:
            self.kill()


def eventually(true: Callable[[], bool], within_s: float = 20, what: str = "it") -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s} s"
        time.sleep(0.02)


def _without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SYNC_")}
