"""Commands that do work: sync invoices, bills, payments, verify, one invoice or bill by its NUMBER, exempt, run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from sync_worker.cli import show
from sync_worker.cli.beside import here_or_there, the_one
from sync_worker.cli.options import Asked, command
from sync_worker.domain.errors import Misconfigured, Transient

if TYPE_CHECKING:
    from sync_worker.daemon.outcome import Result
    from sync_worker.daemon.runner import Connection
    from sync_worker.wiring import App

PROCESS_OF = {"invoice": "invoices", "bill": "bills"}
"""Under which one record's run is shown."""


def add_to(main: click.Group) -> None:
    main.add_command(sync)
    off = click.option("--off", is_flag=True, help="Put it back: it is synced again.")
    command(main, "exempt")(click.argument("number")(off(exempt)))
    command(main, "run")(run)


@click.group()
def sync() -> None:
    """Do one run now: of invoices, of bills, of payments, of the look at what was synced, or of one record."""


@command(sync, "invoices")
def sync_invoices(asked: Asked) -> int:
    """Send every invoice that is due."""
    return _one_run(asked, "invoices")


@command(sync, "bills")
def sync_bills(asked: Asked) -> int:
    """Send the bill of every milestone that is due."""
    return _one_run(asked, "bills")


@command(sync, "payments")
def sync_payments(asked: Asked) -> int:
    """Fetch the payments that changed in Xero."""
    return _one_run(asked, "payments")


@command(sync, "verify")
def sync_verify(asked: Asked) -> int:
    """Look again at what was synced, on both sides, and show what differs."""
    return _one_run(asked, "verify")


@command(sync, "invoice")
@click.argument("number")
def sync_invoice(asked: Asked, number: str) -> int:
    """Send the one invoice NUMBER now, before all others; also beside a running daemon."""
    return _one_record(asked, "invoice", number)


@command(sync, "bill")
@click.argument("number")
@click.option(
    "--date",
    "dated",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Another date for the bill; it is put on the milestone.",
)
def sync_bill(asked: Asked, number: str, dated: datetime | None) -> int:
    """Send the bill of the one milestone NUMBER now, before all others; also beside a running daemon."""
    return _one_record(asked, f"bill {dated:%Y-%m-%d}" if dated else "bill", number)


def exempt(asked: Asked, number: str, off: bool) -> int:
    """Take the milestone NUMBER out of syncing: no bill of it is made any more, and what stands in Xero stays."""
    return _one_record(asked, "exempt off" if off else "exempt", number)


def _one_record(asked: Asked, request: str, number: str) -> int:
    kind = "invoice" if request == "invoice" else "bill"
    with asked.app() as app:
        _heed(app)
        connection = app.connection(the_one(asked, app))
        _sends(connection, f"{kind}s")
        subject = number.removeprefix(f"{kind}:")
        return _finish(asked, [here_or_there(app, connection, request, subject)])


def _sends(connection: Connection, process: str) -> None:
    if process not in connection.processes:
        msg = f"the connection {connection.name!r} does not run {process}; its setting `sends` says what goes to Xero"
        raise Misconfigured(msg)


def run(asked: Asked) -> int:
    """Run as a daemon, on the schedules of every connection, until stopped."""
    from sync_worker.daemon.lifecycle import serve

    with asked.app() as app:
        _heed(app)
        connections = [app.connection(name) for name in asked.names(app)]
        for connection in connections:
            _identify(connection)
        jobs = [job for connection in connections for job in app.jobs(connection)]
        code = serve(connections, jobs, app.stop)
    if code:
        problem = (
            "another instance has the lease of a connection; stop it, or wait until its lease ends"
        )
        show.problems((problem,), as_json=asked.as_json)
    return int(code)


def _identify(connection: Connection) -> None:
    """A wrong setting ends the daemon at once; a vendor that is away does not, since it will come back."""
    try:
        connection.identify()
    except Transient as away:
        show.aside(f"sync-worker: {away}; the schedule goes on trying")


def _heed(app: App) -> None:
    from sync_worker.daemon.lifecycle import heed_signals

    heed_signals(app.stop)


def _one_run(asked: Asked, process: str) -> int:
    with asked.app() as app, show.progress(quiet=asked.as_json) as progress:
        _heed(app)
        connections = [app.connection(name, progress) for name in asked.names(app)]
        able = [one for one in connections if process in one.processes]
        if not able:
            _sends(connections[0], process)
        results = [_held_run(connection, process) for connection in able]
    return _finish(asked, results)


def _held_run(connection: Connection, process: str) -> tuple[Result, Mapping[str, int]]:
    with connection.held() as ours:
        if not ours:
            return _busy(connection, process), connection.calls()
        result = connection.run(process)
        return result, connection.calls()


def _busy(connection: Connection, process: str) -> Result:
    from sync_worker.daemon.outcome import Exit, Result

    problem = (
        f"another instance has the lease of {connection.name!r}; its schedule does this too, "
        "or stop it first"
    )
    return Result(process, Exit.BUSY, problems=(problem,))


def _finish(asked: Asked, results: list[tuple[Result, Mapping[str, int]]]) -> int:
    """Prints what happened and answers the worst exit code."""
    processes: dict[str, dict[str, Any]] = {}
    calls = {"xero": 0, "salesforce": 0}
    problems: list[str] = []
    for result, spent in results:
        name = PROCESS_OF.get(result.process, result.process)
        _add(processes.setdefault(name, {}), result.counts)
        calls = {side: calls[side] + spent.get(side, 0) for side in calls}
        problems += result.problems
    document = {"processes": processes, "calls": calls}
    if problems:
        document["problems"] = problems
        for problem in problems:
            show.aside(f"sync-worker: {problem}")
    if asked.as_json:
        show.as_json(document)
    elif not problems:
        show.run(processes, calls)
    return max(int(result.exit) for result, _ in results)


def _add(total: dict[str, Any], counts: Mapping[str, Any]) -> None:
    for name, value in counts.items():
        total[name] = (
            total[name] + value if name in total and not isinstance(value, bool) else value
        )
