"""Commands with pretend vendors: sandbox, demo."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync_worker.cli import show
from sync_worker.cli.options import Asked, command
from sync_worker.domain.errors import Misconfigured

if TYPE_CHECKING:
    from sync_worker.sandbox.edge import Sandbox
    from sync_worker.sandbox.seeds import Foretold
    from sync_worker.settings import Settings

NAME = "demo"
MOST_IN_MEMORY = 200_000  # invoices; about 5 KB each


def add_to(main: click.Group) -> None:
    command(main, "sandbox", connection=False)(_sandbox_options(sandbox))
    command(main, "demo", connection=False)(_demo_options(demo))


def _sandbox_options(function: Any) -> Any:
    for option in reversed(
        (
            click.option(
                "--profile",
                type=click.Choice(["care", "empty", "grants"]),
                default="empty",
                help="What it holds at the start.",
            ),
            click.option(
                "--invoices",
                type=click.IntRange(min=1),
                help="How many CRM invoices, or milestones of grants, the profile makes.",
            ),
            click.option("--seed", type=int, default=0, help="Same seed, same data."),
            click.option(
                "--namespace",
                default="",
                help="Package prefix of every custom name, e.g. maica_cc.",
            ),
            click.option(
                "--salesforce-port", type=click.IntRange(0, 65535), default=8801, show_default=True
            ),
            click.option(
                "--xero-port", type=click.IntRange(0, 65535), default=8802, show_default=True
            ),
            click.option(
                "--mail-port",
                type=click.IntRange(0, 65535),
                default=8803,
                show_default=True,
                help="SMTP of the mail box.",
            ),
            click.option(
                "--permission-set",
                help="Sign the integration user in with this permission set instead of as an administrator.",
            ),
            click.option(
                "--store",
                type=click.Path(file_okay=False, path_type=Path),
                help="A folder for a file with all records, instead of memory. Beyond 200,000 invoices "
                "the system's folder for temporary files is taken.",
            ),
            click.option("--no-limits", is_flag=True, help="Without Xero's limits of calls."),
        )
    ):
        function = option(function)
    return function


def _demo_options(function: Any) -> Any:
    for option in reversed(
        (
            click.option(
                "--once",
                is_flag=True,
                help="One run of everything, then say what happened and leave.",
            ),
            click.option("--invoices", type=click.IntRange(min=30), default=60, show_default=True),
            click.option("--seed", type=int, default=1, show_default=True),
        )
    ):
        function = option(function)
    return function


def sandbox(
    asked: Asked,
    profile: str,
    invoices: int | None,
    seed: int,
    namespace: str,
    salesforce_port: int,
    xero_port: int,
    mail_port: int,
    permission_set: str | None,
    store: Path | None,
    no_limits: bool,
) -> int:
    """Serve a pretend Salesforce and a pretend Xero on loopback, for the real SDKs, until stopped."""
    from sync_worker.sandbox.scratch import Full

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with _sandbox(
            namespace=namespace,
            seed=seed,
            salesforce_port=salesforce_port,
            xero_port=xero_port,
            mail_port=mail_port,
            salesforce={"permission_set": permission_set} if permission_set else {},
            xero={"limits": None} if no_limits else {},
            store=_place_for(store, invoices),
        ) as running:
            with show.progress(quiet=asked.as_json) as progress:

                def told(made: int) -> None:
                    progress("seeding invoices", made)
                    if stop.is_set():
                        raise KeyboardInterrupt

                running.control.fill(profile, invoices, seed, told)
            _say_where(asked, running)
            stop.wait()
    except LookupError:
        msg = f"the metadata has no permission set {permission_set!r}; Finance_Sync_Integration is one"
        raise Misconfigured(msg) from None
    except Full as full:
        msg = f"the sandbox's store cannot take more ({full}); choose another folder with --store"
        raise Misconfigured(msg) from None
    except OSError as taken:
        msg = (
            f"the sandbox cannot listen on its port ({taken.strerror or taken}); "
            "choose others with --salesforce-port, --xero-port and --mail-port"
        )
        raise Misconfigured(msg) from None
    return 0


def _place_for(store: Path | None, invoices: int | None) -> Path | None:
    if store is None:
        return Path(tempfile.gettempdir()) if (invoices or 0) > MOST_IN_MEMORY else None
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        msg = f"--store {store} cannot be made: {problem.strerror or problem}"
        raise Misconfigured(msg) from None
    if not os.access(store, os.W_OK | os.X_OK):
        msg = f"--store {store} cannot be written to; choose another folder"
        raise Misconfigured(msg)
    return store


def demo(asked: Asked, once: bool, invoices: int, seed: int) -> int:
    """The main job on an embedded sandbox: invoices go to Xero, people pay there, payments come back."""
    with (
        tempfile.TemporaryDirectory(prefix="sync-worker-demo-") as folder,
        _sandbox(seed=seed) as running,
    ):
        foretold = running.control.fill("care", invoices, seed)
        settings = _demo_settings(running, Path(folder) / "journal.db")
        if once:
            return _once(asked, running, settings, foretold, seed)
        return _for_ever(asked, running, settings)


@contextmanager
def _sandbox(**options: Any) -> Iterator[Sandbox]:
    from sync_worker.sandbox.edge import Sandbox
    from sync_worker.wiring import project_folder

    with Sandbox(metadata=project_folder("salesforce"), **options) as running:
        yield running


def _say_where(asked: Asked, running: Sandbox) -> None:
    """Addresses and credentials, for a person or a script."""
    host, port = running.mail_address
    doors: dict[str, Mapping[str, object]] = {
        **running.credentials(),
        "mail": {"host": host, "port": port},
    }
    if asked.as_json:
        show.as_json(doors)
        return
    for door, values in doors.items():
        show.say(door)
        for name, value in values.items():
            show.say(f"  {name}: {value}")
    show.say("serving until stopped (Ctrl-C)")


def _demo_settings(running: Sandbox, journal: Path) -> Settings:
    from sync_worker.daemon import log
    from sync_worker.settings import Settings

    crm, xero = running.credentials()["salesforce"], running.credentials()["xero"]
    log.set_up("auto", "warning")
    return Settings.model_validate(
        {
            "journal": {"path": journal},
            "time": {"source": "sandbox"},
            "mail": {
                "host": running.mail_address[0],
                "port": running.mail_address[1],
                "tls": "none",
                "sender": "sync-worker <demo@sync-worker.example>",
            },
            "connections": {
                NAME: {
                    "salesforce": crm | {"url": crm["url"]},
                    "xero": {k: v for k, v in xero.items() if k != "url"}
                    | {"api_url": xero["url"], "identity_url": xero["url"]},
                    "invoices": {"schedule": {"every_s": 10}},
                    "payments": {"schedule": {"every_s": 10}},
                }
            },
        }
    )


def _once(asked: Asked, running: Sandbox, settings: Settings, foretold: Foretold, seed: int) -> int:
    from sync_worker import wiring

    with wiring.opened(settings) as app, show.progress(quiet=asked.as_json) as progress:
        connection = app.connection(NAME, progress)
        with connection.held():
            invoices = connection.run("invoices")
            first = connection.run("payments")
            paid = running.control.act("care", "payments", seed)
            then = connection.run("payments")
            calls = connection.calls()
    payments: dict[str, Any] = {
        name: value + then.counts.get(name, value) for name, value in first.counts.items()
    }
    processes = {"invoices": dict(invoices.counts), "payments": payments}
    surprises = [
        *invoices.problems,
        *first.problems,
        *then.problems,
        *_surprises(processes, foretold, foretold.payments_created + paid.payments_created),
    ]
    if asked.as_json:
        show.as_json(
            {"processes": processes, "calls": calls}
            | ({"problems": surprises} if surprises else {})
        )
    else:
        _say_demo(processes, calls, foretold)
    for surprise in surprises:
        show.aside(f"sync-worker: not as the seed foretold: {surprise}")
    return 1 if surprises else 0


def _surprises(
    processes: Mapping[str, Mapping[str, Any]], foretold: Foretold, payments: int
) -> Iterator[str]:
    invoices = processes["invoices"]
    if invoices.get("created") != foretold.created:
        yield f"{invoices.get('created')} invoices were made, {foretold.created} were due"
    held = {
        one["record"].removeprefix("invoice:"): one["class"] for one in invoices.get("held", ())
    }
    for number in sorted(held.keys() | foretold.held.keys()):
        is_so, was_told = held.get(number, "not held"), foretold.held.get(number, "no hold")
        if (is_so, was_told) != ("not held", "no hold") and is_so != was_told:
            yield f"invoice {number} is {is_so}, foretold was {was_told}"
    if processes["payments"].get("created") != payments:
        yield f"{processes['payments'].get('created')} payments arrived, {payments} were made"


def _say_demo(
    processes: Mapping[str, Mapping[str, Any]], calls: Mapping[str, int], foretold: Foretold
) -> None:
    show.say(
        f"A CRM with {foretold.invoices} invoices and a Xero organisation, both pretended on this machine.\n"
    )
    show.run(processes, calls)
    show.say(
        "\nThe held ones are part of the seed: each shows a trouble real books have, and its cure."
    )


def _for_ever(asked: Asked, running: Sandbox, settings: Settings) -> int:
    from sync_worker import wiring
    from sync_worker.daemon import log
    from sync_worker.daemon.lifecycle import heed_signals, serve

    log.set_up("auto", "info")
    with wiring.opened(settings) as app:
        heed_signals(app.stop)
        _say_where(asked, running)
        connection = app.connection(NAME)
        return int(serve([connection], list(app.jobs(connection)), app.stop))
