"""The command sandbox: pretend vendors, served on loopback."""

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

MOST_IN_MEMORY = 200_000  # invoices; about 5 KB each


def add_to(main: click.Group) -> None:
    command(main, "sandbox", connection=False)(_sandbox_options(sandbox))


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
        with served(
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
            say_where(asked, running)
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


@contextmanager
def served(**options: Any) -> Iterator[Sandbox]:
    from sync_worker.sandbox.edge import Sandbox
    from sync_worker.wiring import project_folder

    with Sandbox(metadata=project_folder("salesforce"), **options) as running:
        yield running


def say_where(asked: Asked, running: Sandbox) -> None:
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
