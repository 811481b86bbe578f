"""The command demo: the whole job on an embedded sandbox of both vendors, for either kind of organisation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync_worker.cli import grants_story, show
from sync_worker.cli.options import Asked, command
from sync_worker.cli.sandboxes import say_where, served

if TYPE_CHECKING:
    from sync_worker.sandbox.edge import Sandbox
    from sync_worker.sandbox.seeds import Foretold
    from sync_worker.settings import Settings

NAME = "demo"


def add_to(main: click.Group) -> None:
    command(main, "demo", connection=False)(_options(demo))


def _options(function: Any) -> Any:
    for option in reversed(
        (
            click.option(
                "--profile",
                type=click.Choice(["care", "grants"]),
                default="care",
                show_default=True,
                help="Who it is about: one that bills participants, or one that pays applicants.",
            ),
            click.option(
                "--once",
                is_flag=True,
                help="One run of everything, then say what happened and leave.",
            ),
            click.option(
                "--invoices",
                type=click.IntRange(min=30),
                default=60,
                show_default=True,
                help="How many invoices, or milestones.",
            ),
            click.option("--seed", type=int, default=1, show_default=True),
        )
    ):
        function = option(function)
    return function


def demo(asked: Asked, profile: str, once: bool, invoices: int, seed: int) -> int:
    """The main job on an embedded sandbox: what is due goes to Xero, people pay there, payments come back."""
    with (
        tempfile.TemporaryDirectory(prefix="sync-worker-demo-") as folder,
        served(seed=seed) as running,
    ):
        foretold = running.control.fill(profile, invoices, seed)
        own = grants_story.settings(Path(folder)) if profile == "grants" else CARE
        settings = _settings(running, Path(folder) / "journal.db", own)
        if not once:
            return _for_ever(asked, running, settings)
        if profile == "grants":
            return grants_story.tell(asked, running, settings, NAME, seed)
        return _once(asked, running, settings, foretold, seed)


CARE: Mapping[str, Any] = {"invoices": {"schedule": {"every_s": 10}}}


def _settings(running: Sandbox, journal: Path, own: Mapping[str, Any]) -> Settings:
    """`own` is what this kind of organisation sets for its connection."""
    from sync_worker.daemon import log
    from sync_worker.settings import Settings

    crm, xero = running.credentials()["salesforce"], running.credentials()["xero"]
    log.set_up("auto", "error")  # what goes wrong is told by the demo itself
    more = dict(own)
    ledger = {k: v for k, v in xero.items() if k != "url"} | {
        "api_url": xero["url"],
        "identity_url": xero["url"],
        **more.pop("xero", {}),
    }
    return Settings.model_validate(
        {
            "journal": {"path": journal},
            "time": {"source": "sandbox"},
            "mail": {
                "host": running.mail_address[0],
                "port": running.mail_address[1],
                "tls": "none",
                "sender": "sync-worker <demo@sync-worker.example>",
                "error_address": "finance@acme.example",
            },
            "connections": {
                NAME: {
                    "salesforce": crm,
                    "xero": ledger,
                    "payments": {"schedule": {"every_s": 10}},
                    **more,
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
    payments = _together(first.counts, then.counts)
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


def _together(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """What two runs did; of letters that wait or were refused, each run names all there are."""
    counts = {
        name: value + then.get(name, value) for name, value in first.items() if name != "letters"
    }
    if "letters" in then:
        sent = first.get("letters", {}).get("sent", 0) + then["letters"]["sent"]
        counts["letters"] = {**then["letters"], "sent": sent}
    return counts


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
        say_where(asked, running)
        connection = app.connection(NAME)
        return int(serve([connection], list(app.jobs(connection)), app.stop))
