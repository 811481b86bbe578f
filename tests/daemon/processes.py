"""The worker as an operator has it: a settings file, a process, signals, what it says on stderr."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sync_worker.cli import main
from sync_worker.sandbox.edge import Sandbox

METADATA = Path(__file__).resolve().parents[2] / "config" / "salesforce"
Tables = Mapping[str, Any]


def a_sandbox(**knobs: Any) -> Sandbox:
    return Sandbox(metadata=METADATA, **knobs)


def settings_file(
    folder: Path,
    credentials: Mapping[str, Mapping[str, str]],
    connection: Tables | None = None,
    *,
    clock: str = "system",
    mail: Tables | None = None,
) -> Path:
    """A settings file for the vendors behind `credentials`, its journal in a folder of its own; `connection` adds to
    the connection's tables or replaces what stands in them."""
    crm, xero = credentials["salesforce"], credentials["xero"]
    tables: dict[str, Any] = {
        "salesforce": dict(crm),
        "xero": {key: value for key, value in xero.items() if key != "url"}
        | {"api_url": xero["url"], "identity_url": xero["url"]},
    }
    for name, value in (connection or {}).items():
        table = isinstance(value, Mapping)
        tables[name] = {**tables.get(name, {}), **value} if table else value
    path = folder / "sync_worker.toml"
    path.write_text(
        toml(
            {
                "journal": {"path": str(folder / "journal" / "journal.db")},
                "log": {"format": "json"},
                "time": {"source": clock},
                "mail": dict(mail or {}),
                "connections": {"main": tables},
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


# Each worker is a process of its own, forked from one that has imported the program already: what is tried here is how
# workers live and die, and a second of imports for each would only hide it.
_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(
    [
        __name__,
        "sync_worker.cli",
        "sync_worker.wiring",
        "sync_worker.daemon.lifecycle",
        "alembic.command",
        "alembic.config",
    ]
)


class Worker:
    """One `sync-worker` process. What it says is kept in files, so that no pipe ever fills up."""

    def __init__(
        self, config: Path, *words: str, variables: Mapping[str, str] | None = None
    ) -> None:
        self._said = config.with_name(f"said-{time.monotonic_ns()}")
        self._process = _forked.Process(
            target=_live,
            args=((*words, "--config", str(config)), dict(variables or {}), str(self._said)),
        )
        self._process.start()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def stdout(self) -> str:
        return read(self._said)

    @property
    def stderr(self) -> str:
        return read(self._said.with_suffix(".err"))

    def events(self) -> list[dict[str, Any]]:
        """Its log, line by line; every line must be one whole JSON object."""
        whole, _, _ = self.stderr.rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def said(self, event: str, **facts: Any) -> list[dict[str, Any]]:
        told = {"event": event, **facts}
        return [
            one
            for one in self.events()
            if all(one.get(key) == value for key, value in told.items())
        ]

    def await_event(self, event: str, within_s: float = 60, **facts: Any) -> dict[str, Any]:
        eventually(lambda: bool(self.said(event, **facts)) or not self.alive, within_s, event)
        found = self.said(event, **facts)
        assert found, f"it ended without {event!r}: {self.stderr}"
        return found[0]

    def answer(self, within_s: float = 60) -> Any:
        """Its JSON, once it has ended. Nothing else may stand on stdout."""
        self.ended(within_s)
        return json.loads(self.stdout)

    def ended(self, within_s: float = 60) -> int:
        """Its exit code."""
        self._process.join(within_s)
        assert self._process.exitcode is not None, f"it still runs after {within_s} s"
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Asleep, as on a machine that was suspended."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """kill -9: it cannot say goodbye."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self.alive:
            self.kill()


def read(path: Path) -> str:
    """Empty while its process has not come to life yet."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def eventually(true: Callable[[], bool], within_s: float = 60, what: str = "it") -> None:
    """Ends as soon as it is true; a busy machine may take its time."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s} s"
        time.sleep(0.02)


def _live(words: tuple[str, ...], variables: dict[str, str], said: str) -> None:
    for number, path in ((1, said), (2, f"{said}.err")):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    for name in [name for name in os.environ if name.startswith("SYNC_")]:
        del os.environ[name]
    os.environ.update(variables)
    main(list(words))
