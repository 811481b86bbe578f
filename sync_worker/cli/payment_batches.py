"""Commands on payment batches: batch new, add, remove, cancel, submit, approve, export, sent, list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from sync_worker.cli import show
from sync_worker.cli.beside import here_or_there, the_one
from sync_worker.cli.options import Asked, command
from sync_worker.domain.errors import Misconfigured

DAY = click.DateTime(formats=["%Y-%m-%d"])


def add_to(main: click.Group) -> None:
    main.add_command(batch)


@click.group()
def batch() -> None:
    """Pay approved milestones by bank file: one person fills a batch, another approves it, its file is made once."""


who = click.option(
    "--as",
    "person",
    required=True,
    help="Who you are; the same name each time, as there are no logins.",
)
why = click.option("--reason", required=True, help="Kept, and shown in the CRM.")
which = click.argument("batch")


@command(batch, "new")
@click.argument("title")
@click.option("--date", "pay_on", type=DAY, help="The day the bank is to pay.")
@who
def new(asked: Asked, title: str, pay_on: datetime | None, person: str) -> int:
    """Make an empty batch called TITLE, such as "June round"."""
    return _carry_out(asked, "new", person, title=title, pay_on=_day(pay_on))


@command(batch, "add")
@which
@click.argument("milestones", nargs=-1, required=True)
@click.option("--amount", help="What is paid of it; without it, all that is open.")
@click.option("--date", "pay_on", type=DAY, help="The batch's one day, where it has none yet.")
@who
def add(
    asked: Asked,
    batch: str,
    milestones: Sequence[str],
    amount: str | None,
    pay_on: datetime | None,
    person: str,
) -> int:
    """Put MILESTONES, by their numbers, into BATCH; a submitted or approved one has to be submitted again."""
    if amount is not None:
        _must_be_money(amount)
    return _carry_out(
        asked,
        "add",
        person,
        batch=batch,
        milestones=list(milestones),
        amount=amount,
        pay_on=_day(pay_on),
    )


@command(batch, "remove")
@which
@click.argument("milestones", nargs=-1, required=True)
@why
@who
def remove(asked: Asked, batch: str, milestones: Sequence[str], reason: str, person: str) -> int:
    """Take MILESTONES out of BATCH; once its file was made, say so that the bank did not pay them."""
    return _carry_out(
        asked, "remove", person, batch=batch, milestones=list(milestones), reason=reason
    )


@command(batch, "cancel")
@which
@why
@who
def cancel(asked: Asked, batch: str, reason: str, person: str) -> int:
    """Give BATCH up with everything in it."""
    return _carry_out(asked, "cancel", person, batch=batch, reason=reason)


@command(batch, "submit")
@which
@who
def submit(asked: Asked, batch: str, person: str) -> int:
    """Hand BATCH, as it is now, to another person for approval."""
    return _carry_out(asked, "submit", person, batch=batch)


@command(batch, "approve")
@which
@click.option(
    "--accounts",
    is_flag=True,
    help="You have made sure, with the payees themselves, of the accounts that have changed.",
)
@who
def approve(asked: Asked, batch: str, accounts: bool, person: str) -> int:
    """Approve BATCH as it was submitted, as another person than those who made, filled or submitted it."""
    return _carry_out(asked, "approve", person, batch=batch, accounts=accounts)


@command(batch, "export")
@which
@click.option("--again", default="", help="Why a file that was made is to be made once more.")
@who
def export(asked: Asked, batch: str, again: str, person: str) -> int:
    """Make the bank file of an approved BATCH, once."""
    return _carry_out(asked, "export", person, batch=batch, again=again)


@command(batch, "sent")
@which
@who
def sent(asked: Asked, batch: str, person: str) -> int:
    """Note that the file of BATCH is at the bank."""
    return _carry_out(asked, "sent", person, batch=batch)


@command(batch, "list")
@click.argument("batch", required=False)
@click.option("--all", "closed", is_flag=True, help="Those that were sent or cancelled as well.")
def list_(asked: Asked, batch: str | None, closed: bool) -> int:
    """Show the batches that are open, or all of one BATCH and who did what with it. Changes nothing."""
    with asked.app() as app:
        connection = app.connection(the_one(asked, app))
        connection.identify()
        batches = connection.batches.listed(batch, closed=closed)
    if asked.as_json:
        show.as_json({"batches": batches})
    elif batch is not None:
        _show(batches[0])
    else:
        _table(batches)
    return 0


def _carry_out(asked: Asked, verb: str, person: str, **words: Any) -> int:
    order = {"verb": verb, "person": person, **words}
    from sync_worker.daemon.lifecycle import heed_signals

    with asked.app() as app:
        heed_signals(app.stop)
        connection = app.connection(the_one(asked, app))
        result, _ = here_or_there(app, connection, "batch", json.dumps(order))
    if result.problems:
        show.problems(result.problems, as_json=asked.as_json)
    elif asked.as_json:
        show.as_json(dict(result.counts))
    else:
        _show(result.counts["batch"])
    return int(result.exit)


def _show(batch: Mapping[str, Any]) -> None:
    day = f" on {batch['pay_on']}" if batch["pay_on"] else ""
    show.say(
        f"{batch['number']} {batch['title']!r} is {batch['status']}: "
        f"{batch['total']} to {batch['count']}{day}"
    )
    if batch["items"]:
        columns = ("milestone", "payee", "account", "amount", "status")
        rows = [[item[name] or "" for name in columns] for item in batch["items"]]
        show.table(columns, rows)
    for act in batch["acts"]:
        first, *more = act["words"].splitlines() or [""]
        said = f": {first}" if first and not more else ""
        show.say(f"  {act['at'][:19]} {act['did']} by {act['by']}{said}")
    for words in _warnings(batch):
        show.say(words)


def _warnings(batch: Mapping[str, Any]) -> list[str]:
    """What whoever approves or exports it should not overlook."""
    said = []
    if batch["file"]:
        said.append(f"file: {batch['file']}, SHA-256 {batch['sha256']}")
    if batch["new_payees"]:
        said.append(f"never paid before: {', '.join(batch['new_payees'])}")
    said += [
        f"account changed: {one['payee']} was last paid into {one['was']}, now it is {one['is']}"
        for one in batch["changed_accounts"]
    ]
    if batch["unfinished"]:
        said.append("its last act was cut off; the next `sync-worker batch` command completes it")
    return said


def _table(batches: Sequence[Mapping[str, Any]]) -> None:
    if not batches:
        show.say("no payment batch is open; `sync-worker batch new` makes one")
        return
    columns = ("number", "title", "status", "pay_on", "total", "count", "approved_by")
    show.table(columns, [[one[name] or "" for name in columns] for one in batches])
    for one in batches:
        for words in _warnings(one):
            show.say(f"{one['number']}: {words}")


def _must_be_money(amount: str) -> None:
    try:
        Decimal(amount)
    except InvalidOperation:
        raise Misconfigured(f"{amount!r} is no amount; write it as 2500.00") from None


def _day(day: datetime | None) -> str | None:
    return day.date().isoformat() if day else None
