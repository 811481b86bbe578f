"""What the commands print: JSON alone on stdout, or words and tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click


def as_json(value: Any) -> None:
    click.echo(json.dumps(value, default=str, ensure_ascii=False))


def say(words: str) -> None:
    click.echo(words)


def aside(words: str) -> None:
    """To stderr: for people, never for pipes."""
    click.echo(words, err=True)


def problems(found: Sequence[str], *, as_json: bool) -> None:
    for problem in found:
        aside(f"sync-worker: {problem}")
    if as_json:
        click.echo(json.dumps({"problems": list(found)}, ensure_ascii=False))


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False, soft_wrap=False).print(drawn)


def run(processes: Mapping[str, Mapping[str, Any]], calls: Mapping[str, int]) -> None:
    """One run in words."""
    for process, counts in processes.items():
        if counts.get("paused"):
            say(f"{process}: paused; `sync-worker resume {process}` goes on")
            continue
        said = ", ".join(
            f"{len(value) if isinstance(value, list) else value} {name.replace('_', ' ')}"
            for name, value in counts.items()
            if name != "letters" and value not in (0, [], {})
        )
        say(f"{process}: {said or 'nothing to do'}")
    held = [one for counts in processes.values() for one in counts.get("held", ())]
    holds(held)
    for counts in processes.values():
        for one in counts.get("skipped", ()):
            say(f"  {one['record']} was left alone: {one['reason']}")
        for number in counts.get("in_doubt", ()):
            say(
                f"  invoice:{number} is in doubt: its answer was lost; "
                "the next run looks for it before anything is sent"
            )
        for one in counts.get("refused", ()):
            say(f"  payment {one['payment']} was refused by the CRM: {one['cause']}")
        for one in counts.get("unaddressed", ()):
            say(f"  nobody is told of the payment {one['payment']}: {one['cause']}")
        _letters(counts.get("letters", {}))
    say(f"calls: {calls.get('xero', 0)} to Xero, {calls.get('salesforce', 0)} to Salesforce")


def _letters(told: Mapping[str, Any]) -> None:
    if told.get("sent"):
        say(f"  letters sent: {told['sent']}")
    if told.get("waiting"):
        say(f"  letters waiting: {told['waiting']} ({told.get('trouble', 'for their next turn')})")
    for one in told.get("refused", ()):
        say(f"  the letter {one['letter']} to {one['to']} is {one['stage']}: {one['cause']}")
        say(f"    to do: sync-worker letters send {one['letter']}, or drop it")


def holds(held: Sequence[Mapping[str, Any]]) -> None:
    """One message for each trouble, however many records wait for it."""
    troubles: dict[tuple[str, str, str], list[str]] = {}
    for one in held:
        trouble = one["class"], one["cause"], one["cure"]
        troubles.setdefault(trouble, []).append(one["record"])
    for (kind, cause, cure), records in troubles.items():
        say(f"  {_named(records)} ({kind}): {cause}")
        say(f"    to do: {cure}")


def _named(records: Sequence[str]) -> str:
    if len(records) == 1:
        return f"{records[0]} waits"
    more = f" and {len(records) - 3} more" if len(records) > 3 else ""
    return f"{', '.join(records[:3])}{more} wait"


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """A live count on a terminal; nothing where nobody watches, since the log says it there."""
    if quiet or not sys.stderr.isatty():
        yield lambda _process, _count: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} done"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def count(process: str, done: int) -> None:
            if process not in tasks:
                tasks[process] = bar.add_task(process, total=None)
            bar.advance(tasks[process], done)

        yield count
