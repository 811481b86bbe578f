"""Commands that steer: retry, pause, resume, migrate, backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync_worker.cli import show
from sync_worker.cli.options import Asked, command
from sync_worker.cli.records import record_named
from sync_worker.domain.errors import Misconfigured

if TYPE_CHECKING:
    from sync_worker.wiring import App

PROCESSES = ("invoices", "bills", "payments", "verify")


def add_to(main: click.Group) -> None:
    retry_it = click.argument("record")(retry)
    command(main, "retry")(retry_it)
    which = click.argument("process", type=click.Choice(PROCESSES), required=False)
    reason = click.option("--reason", default="by an operator", help="Shown to whoever looks.")
    command(main, "pause")(reason(which(pause)))
    command(main, "resume")(
        click.argument("process", type=click.Choice(PROCESSES), required=False)(resume)
    )
    command(main, "migrate", connection=False)(migrate)
    goal = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    command(main, "backup", connection=False)(goal(backup))


def retry(asked: Asked, record: str) -> int:
    """Have a held RECORD (invoice:NUMBER) tried again at the next run, whatever its turn."""
    with asked.app() as app:
        found = record_named(app, asked, record)
        journal = app.journal(found.connection)
        if not journal.release_hold(found.document.kind, found.document.record):
            state = found.document.state
            raise Misconfigured(
                f"{record} is not held, it is {state}; `sync-worker journey {record}` tells its story"
            )
        if asked.as_json:
            show.as_json({"record": record, "retry": "at the next run"})
        else:
            show.say(f"{record} will be tried again at the next run")
    return 0


def pause(asked: Asked, process: str | None, reason: str) -> int:
    """Pause a PROCESS, or all, until resumed; what is in flight is finished."""
    with asked.app() as app:
        for name in asked.names(app):
            for one in _meant(app, name, process):
                app.journal(name).switches.pause(one, reason)
        _say_paused(asked, app)
    return 0


def resume(asked: Asked, process: str | None) -> int:
    """Resume a paused PROCESS, or all."""
    with asked.app() as app:
        for name in asked.names(app):
            for one in _meant(app, name, process):
                app.journal(name).switches.resume(one)
        _say_paused(asked, app)
    return 0


def _meant(app: App, name: str, process: str | None) -> tuple[str, ...]:
    return (process,) if process else app.settings.connections[name].processes


def migrate(asked: Asked) -> int:
    """Bring the journal up to this program's version; opening it does the same, this only shows it."""
    with asked.app() as app:
        head = app.journal_version()
        if asked.as_json:
            show.as_json({"journal": str(app.settings.journal.path), "version": head})
        else:
            show.say(
                f"the journal {app.settings.journal.path} is at version {head}, which is this program's own"
            )
    return 0


def backup(asked: Asked, file: Path) -> int:
    """Copy the journal to a new FILE, also beside a running daemon."""
    with asked.app() as app:
        size = app.back_up(file)
        if asked.as_json:
            show.as_json({"backup": str(file), "bytes": size})
        else:
            show.say(f"the journal {app.settings.journal.path} was copied to {file} ({size} bytes)")
    return 0


def _say_paused(asked: Asked, app: App) -> None:
    paused = {name: sorted(app.journal(name).switches.paused()) for name in asked.names(app)}
    if asked.as_json:
        show.as_json({"paused": paused})
        return
    for name, processes in paused.items():
        show.say(
            f"{name}: {', '.join(processes) + ' paused' if processes else 'nothing is paused'}"
        )
