"""Writes the pages of docs/ that the program can say about itself: its settings, its commands, the sandbox's routes.

`make docs` writes them anew; tests/test_docs.py fails where a page and the program differ.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel, SecretStr
from xero_python.accounting import AccountingApi

from sync_worker.cli import main
from sync_worker.domain.moves import ATTACHMENT_MOVES, CONTACT_MOVES, DOCUMENT_MOVES, Moves
from sync_worker.sandbox.salesforce import routes as salesforce
from sync_worker.sandbox.salesforce import sources as salesforce_sources
from sync_worker.sandbox.salesforce.metadata.components import KINDS
from sync_worker.sandbox.sources import Known, Route, plain
from sync_worker.sandbox.xero import routes as xero
from sync_worker.sandbox.xero import sources as xero_sources
from sync_worker.settings import Connection, Settings
from tests.chaos.table import FAULTS, GRANTS, Fault

HERE = Path(__file__).resolve().parent

SETTINGS = """\
# Settings

Written by `make docs` from `sync_worker/settings/`; change it there.

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

**What must fit together.** `timing.quiet_s` is longer than `timing.timeout_s`; `timing.lease_s` is longer than
`quiet_s` and twice `timeout_s` together; `timing.key_life_s` is below 360; `budget.manual_per_minute` is below
`budget.per_minute`; `payments.overlap_s` is 0 or at least 60; `xero.grant = "consent"` needs `secrets.key`, `custom`
needs `xero.client_secret`; plain `http` is for loopback addresses only.
[Reliability](reliability.md#how-long-and-why) says why.
"""

CHAOS = """\
# Chaos

Written by `make docs` from `tests/chaos/table.py`; change it there.

What may go wrong, what comes of it, and the test that makes it go wrong with the real code between both sandboxes. Each
counts the calls as well as judging the end. What is no case says why.

Invoices and bills keep the same promises. *The same*: the test is run once with invoices and once with bills. Where it
is not, another test does it for bills, or the one test speaks for both, or it is no case there; the table says why.
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
| 4 | a vendor is out of reach, an outcome unknown, a command stopped midway; `status --alive`: no sign of life |
"""

STATES = """\
# States and moves

Written by `make docs` from `sync_worker/domain/moves.py`; change it there. The journal refuses every move that is not
here, and the commit it belongs to. What each state means stands in [reliability](reliability.md#the-states).
"""

ENDPOINTS = """\
# Endpoints of the sandbox

Written by `make docs` from the sandbox's routes, `sync_worker/sandbox/xero/sources.py` and
`sync_worker/sandbox/salesforce/sources.py`; change it there.

Each path has its source and how sure it is:

| How sure | Meaning |
|---|---|
| verified | read in the vendor's own specification, documentation or SDK, or run with a public client |
| reported | told by third parties: recorded replies, probes of the live API, threads |
| unsettled | nobody is known to have looked; the reading that is harder on a client is taken |

That is said of paths, methods and shapes. *Seen with* a client says what it sends and what it understands, and not all
that the vendor might answer. A single sentence of a refusal may be less sure than its path: Xero's stand in
`sync_worker/sandbox/xero/errors.py`, each with where it was seen. What a row calls *open* is unsettled within it.
"""

XERO_SOURCES = """\
*Xero-OpenAPI 16.1* is github.com/XeroAPI/Xero-OpenAPI at e952d0b, 13 July 2026. The operations named here are its own
and are functions of xero-python 15.2 too, from which this page takes them. *Reported* rows name the public repository,
or the thread of its issues, in which it was told.
"""

XERO_LACKS = """\
### What is not imitated of Xero

Of the Accounting API these are missing, with all that lies below them. They answer 404 without a body, as an unknown
path does, and `GET /_sandbox/unknown` counts them: Reports, ManualJournals, Journals, BankTransfers,
RepeatingInvoices, LinkedTransactions, Budgets, PaymentServices, ExpenseClaims, Receipts, InvoiceReminders,
CISSettings, Setup. Xero's other APIs (payroll, files, assets, projects, bank feeds, finance) answer 404 uncounted.

Within what is there: tracked inventory (items have no stock), e-mail (nothing is sent, and its quotas are not counted),
bank feeds and matching with them (a person's act stands in), tax rates other than Australia's, exchange rates that move
(each currency has one rate), RoundingAmount, rights of single users, the portal in which apps and webhooks are set up.
"""

SALESFORCE_LACKS = """\
### What is not imitated of Salesforce

These answer as an unknown path or object does, and `GET /_sandbox/unknown` counts the paths: metadata retrieve by REST,
SOSL and search, Bulk API v1, composite graph, Apex REST, the Tooling API's objects, the UI API, reports, Chatter,
streaming. SOAP is refused, whatever it asks for: login, data, deploy, retrieve. So is signing in by password, refresh
token, web page or device. Pub/Sub, which is not HTTP, is not there at all.

Within what is there: objects are Account, Contact, User, Organization, those of files and what is deployed.
Profiles, record types, sharing, Apex, flows and triggers do nothing. Formulas know the functions that finance rules
need; one with another is refused when it is deployed, and so are components of any kind but these:
"""


def pages() -> dict[str, str]:
    """File name to text."""
    return {
        "configuration.md": configuration(),
        "commands.md": commands(),
        "endpoints.md": endpoints(),
        "states.md": states(),
        "chaos.md": chaos(),
    }


def chaos() -> str:
    cases = [one for one in FAULTS if one.outcome]
    proved = (
        (f"F{one.number:02}", one.fault, one.outcome, _tests(one.tests) or one.reason, _bills(one))
        for one in cases
    )
    grants = ((f"G{one.number:02}", one.fault, one.outcome, _tests(one.tests)) for one in GRANTS)
    others = ((f"F{one.number:02}", one.fault, one.reason) for one in FAULTS if not one.outcome)
    return "\n".join(
        (
            CHAOS,
            _table(("", "Fault", "Outcome", "Test", "Bills"), proved),
            "## Bills, papers, batches and letters alone\n",
            _table(("", "Fault", "Outcome", "Test"), grants),
            "## No case\n",
            _table(("", "Fault", "Why"), others),
        )
    )


def _bills(one: Fault) -> str:
    if one.no_bills:
        return f"no case: {one.no_bills}"
    return one.shared or _tests(one.bills) or "the same"


def _tests(tests: Iterable[str]) -> str:
    return "<br>".join(map(_test, tests))


def _test(test: str) -> str:
    path, _, name = test.partition("::")
    return f"[`{name}`](../{path})"


def configuration() -> str:
    rooms = groupby(explained(), key=lambda setting: setting[0].rpartition(".")[0])
    return "\n".join([SETTINGS, *(_room(name, list(settings)) for name, settings in rooms)])


def _room(name: str, settings: list[tuple[str, str, str, str]]) -> str:
    rows = (
        (f"`{dotted.rpartition('.')[2]}`", kind, default, meaning)
        for dotted, kind, default, meaning in settings
    )
    table = _table(("Setting", "Type", "Default", "Meaning"), rows)
    head = f"`[{name}]`" if name else "Before all tables"
    return f"## {head}\n\n{table}"


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


def endpoints() -> str:
    data, accounting = "`/services/data/vXX.0/`", "`/api.xro/2.0/`"
    rooms = (
        ("## Xero", XERO_SOURCES),
        ("### Signing in and connections", _routes(xero_sources.IDENTITY)),
        (
            "### Accounting",
            f"Below {accounting}.\n\n{_routes(xero_sources.ACCOUNTING, xero_routes(), sdk_operations())}",
        ),
        (XERO_LACKS, ""),
        ("## Salesforce", ""),
        ("### Without a session", _routes(salesforce_sources.OPEN)),
        ("### Data", f"Below {data}.\n\n{_routes(salesforce_sources.DATA, salesforce_routes())}"),
        (SALESFORCE_LACKS, ", ".join(f"`{kind}`" for kind in sorted(KINDS)) + ".\n"),
    )
    return "\n".join([ENDPOINTS, *(_section(*room) for room in rooms)]).rstrip() + "\n"


def states() -> str:
    drawn = {
        "A document": DOCUMENT_MOVES,
        "A contact": CONTACT_MOVES,
        "An attachment": ATTACHMENT_MOVES,
    }
    return "\n".join([STATES, *(_moves(title, moves) for title, moves in drawn.items())])


def _moves(title: str, moves: Moves) -> str:
    arrows = [
        (before or "[*]", after, when)
        for before, ways in moves.items()
        for after, when in ways.items()
    ]
    drawn = "".join(f"    {before} --> {after}: {when}\n" for before, after, when in arrows)
    return f"## {title}\n\n```mermaid\nstateDiagram-v2\n{drawn}```\n"


def xero_routes() -> set[Route]:
    """What the Accounting API's own table routes."""
    return {
        (method, "/".join(part.replace("*", "{}") for part in shape))
        for shape, methods in xero.ROUTES.items()
        for method in methods
    }


def salesforce_routes() -> set[Route]:
    """What the data API's own table routes."""
    shapes = salesforce._ROUTES  # noqa: SLF001 - the one table that requests are matched with
    return {(method, "/".join(shape).lower()) for shape, methods in shapes for method in methods}


def sdk_operations() -> dict[Route, list[str]]:
    """What xero-python calls on each route of the Accounting API, by the names of Xero's OpenAPI file."""
    found: dict[Route, list[str]] = {}
    for name, function in inspect.getmembers(AccountingApi, inspect.isfunction):
        code = inspect.getsource(function)
        path = re.search(r'get_resource_url\(\s*"/([^"]+)"', code)
        method = re.search(r'call_api\(\s*url,\s*"(\w+)"', code)
        if path and method:
            first, *rest = name.split("_")
            operation = first + "".join(word.capitalize() for word in rest)
            found.setdefault((method[1], plain(path[1])), []).append(operation)
    return found


def _routes(
    families: Iterable[Known],
    there: set[Route] | None = None,
    operations: Mapping[Route, list[str]] | None = None,
) -> str:
    """A line for each path, with those of its methods that are there; all, where no table can be asked."""
    rows: list[tuple[str, ...]] = []
    for known in families:
        spelt = [(path, route) for route, path in known.spelt() if there is None or route in there]
        for path, routes in groupby(spelt, key=lambda each: each[0]):
            found = [route for _, route in routes]
            methods = ", ".join(method for method, _ in found)
            named = [name for route in found for name in (operations or {}).get(route, ())]
            source = f"{', '.join(named)}: {known.source}" if named else known.source
            rows.append(
                (methods, f"`{path}`" if path else "itself", known.what, source, known.sure)
            )
    return _table(("Methods", "Path", "What", "Source", "How sure"), iter(rows))


def _section(head: str, body: str) -> str:
    return f"{head.rstrip()}\n\n{body}" if body else f"{head.rstrip()}\n"


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
    if isinstance(value, tuple):
        value = ", ".join(value)
    return "none" if value in (None, "", {}) else f"`{value!s}`"


if __name__ == "__main__":
    for file_name, text in pages().items():
        (HERE / file_name).write_text(text, encoding="utf-8")
