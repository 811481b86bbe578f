"""Writes the pages of docs/ that the program can say about itself: its settings and its commands.

`make docs` writes them anew; tests/test_docs.py fails where a page and the program differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel, SecretStr

from sync_worker.cli import main
from sync_worker.settings import Connection, Settings

HERE = Path(__file__).resolve().parent

SETTINGS = """\
# Settings

Written by `make docs` from `sync_worker/settings.py`; change it there.

A TOML file holds what people discuss: `--config FILE`, else the file that `SYNC_CONFIG` names, else
`config/sync_worker.toml` where it is there. [That file](../config/sync_worker.toml) has every setting with a
comment. A name that is not below is refused, and every problem is told at once.

**Variables.** Every setting can come as a variable: `SYNC_`, then its name with `__` for each dot. Variables are
stronger than the file, and a variable that names no setting is refused.

| Setting | Variable |
|---|---|
| `journal.path` | `SYNC_JOURNAL__PATH` |
| `connections.acme.xero.client_secret` | `SYNC_CONNECTIONS__ACME__XERO__CLIENT_SECRET` |
| `connections.acme.invoices.ready_status` | `SYNC_CONNECTIONS__ACME__INVOICES__READY_STATUS='["Entered"]'` (JSON) |

A connection that variables speak of has a name in small letters.

**Secrets from files.** `client_secret_file = "/run/secrets/xero"` reads `client_secret` from that file. It works for
every setting of the type *secret*, in the TOML file and as a variable. A secret that is set in both ways is refused.

**What must fit together.** `timing.quiet_s` is longer than `timing.timeout_s`; `timing.lease_s` is longer than both
together; `timing.key_life_s` is below 360; `budget.manual_per_minute` is below `budget.per_minute`;
`payments.overlap_s` is 0 or at least 60; plain `http` is for loopback addresses only.
[Reliability](reliability.md#how-long-and-why) says why.
"""

COMMANDS = """\
# Commands

Written by `make docs` from the commands' own help; change it in `sync_worker/cli/`.

Every command has a form for people and, with `--json`, one for machines: then stdout holds one JSON document and
nothing else, and everything for people goes to stderr. RECORD is `invoice:NUMBER`, with the CRM's number, such as
`invoice:INV-000042`. [Operating](operating.md) says when to use which.

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | done, but something is held |
| 2 | usage or configuration: one clear sentence says what |
| 3 | another instance has the lease of this connection |
| 4 | a vendor cannot be reached, or an outcome is unknown; `status --alive`: no sign of life |
"""


def pages() -> dict[str, str]:
    """File name to text."""
    return {"configuration.md": configuration(), "commands.md": commands()}


def configuration() -> str:
    rooms = groupby(explained(), key=lambda setting: setting[0].rpartition(".")[0])
    return "\n".join([SETTINGS, *(_room(name, list(settings)) for name, settings in rooms)])


def _room(name: str, settings: list[tuple[str, str, str, str]]) -> str:
    rows = (
        (f"`{dotted.rpartition('.')[2]}`", kind, default, meaning)
        for dotted, kind, default, meaning in settings
    )
    table = _table(("Setting", "Type", "Default", "Meaning"), rows)
    return f"## `[{name}]`\n\n{table}"


def commands() -> str:
    return "\n".join([COMMANDS, *(_command(context) for context in walked(_context(main, None)))])


def walked(context: click.Context) -> Iterator[click.Context]:
    """Every command that does something, in the order of the alphabet."""
    if not isinstance(context.command, click.Group):
        yield context
        return
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        if command is not None:
            yield from walked(_context(command, context, name))


def _context(
    command: click.Command, parent: click.Context | None, name: str = "sync-worker"
) -> click.Context:
    return click.Context(command, info_name=name, parent=parent, **command.context_settings)


def _command(context: click.Context) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    said = (parameter.get_help_record(context) for parameter in command.params)
    options = sorted((f"`{names}`", meaning) for names, meaning in filter(None, said))
    words = "\n\n".join([f"## {context.command_path}", f"`{usage}`", command.help or ""])
    return f"{words}\n\n{_table(('Option', 'Meaning'), options)}"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | list[tuple[str, str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n" for cells in lines
    )


# What a setting says of itself -----------------------------------------------------------------


def explained(
    room: type[BaseModel] = Settings, path: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    """(name, type, default, meaning) of every setting, for docs/configuration.md."""
    for name, field in room.model_fields.items():
        dotted = f"{path}.{name}" if path else name
        if name == "connections":
            yield from explained(Connection, "connections.NAME")
            continue
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from explained(inner, dotted)
            continue
        yield dotted, _type_words(inner), _default_words(field), field.description or ""


_WORDS: dict[Any, str] = {
    SecretStr: "secret",
    str: "text",
    bool: "true or false",
    float: "seconds",
    int: "whole number",
    Path: "path",
    date: "date",
}


def _type_words(annotation: Any) -> str:
    """A type as people say it. That a setting may be left out is for its default to say."""
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Literal:
        return _choices(parts)
    if kind in {dict, tuple}:
        return "table" if kind is dict else "list of text"
    if parts:
        return _type_words(parts[0])  # the type itself: checks and None come after it
    return _choices(annotation) if issubclass(annotation, Enum) else _WORDS[annotation]


def _choices(names: Iterable[object]) -> str:
    return " or ".join(f"`{name}`" if name else "empty" for name in names)


def _default_words(field: Any) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return f"`{value!s}`".lower()
    return "none" if value in (None, "", (), {}) else f"`{value!s}`"


if __name__ == "__main__":
    for file_name, text in pages().items():
        (HERE / file_name).write_text(text, encoding="utf-8")
