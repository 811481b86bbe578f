"""What every command shares: which settings, which connection, JSON or words, and what an error's exit code is."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sync_worker.cli import show
from sync_worker.domain.errors import LaneLost, Misconfigured, Rejected, SyncError, Transient

if TYPE_CHECKING:
    from sync_worker.settings import Settings
    from sync_worker.wiring import App

Command = TypeVar("Command", bound=Callable[..., Any])

FAULT = 70
"""Exit code of a fault of this program (EX_SOFTWARE)."""
DEFAULT_FILE = Path("config/sync_worker.toml")


@dataclass(slots=True)
class Asked:
    """What the operator said around the command's own words."""

    config: Path | None = None
    as_json: bool = False
    connection: str | None = None

    def settings(self) -> Settings:
        from sync_worker import settings

        from_environment = os.environ.get("SYNC_CONFIG")
        path = self.config or (Path(from_environment) if from_environment else None)
        if path is None and DEFAULT_FILE.exists():
            path = DEFAULT_FILE
        loaded = settings.load(path)
        from sync_worker.daemon import log

        log.set_up(loaded.log.format, loaded.log.level)
        return loaded

    @contextmanager
    def app(self) -> Iterator[App]:
        from sync_worker import wiring

        with wiring.opened(self.settings()) as app:
            yield app

    def names(self, app: App) -> list[str]:
        return list(app.settings.chosen(self.connection))


def command(
    group: click.Group, name: str, *, connection: bool = True
) -> Callable[[Command], Command]:
    """A command of `group` with the shared options; its function gets an `Asked` first."""

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def wrapped(
            config: Path | None, as_json: bool, connection: str | None = None, **rest: Any
        ) -> None:
            context = click.get_current_context().find_root()
            asked = Asked(config or context.params.get("config"), as_json, connection)
            sys.exit(_guarded(lambda: function(asked, **rest), as_json=as_json))

        wrapped.__doc__ = function.__doc__
        shaped: Any = wrapped
        # What the command declared by itself lies below; the shared options come after it in the help.
        shaped.__click_params__ = list(reversed(_shared(connection=connection))) + list(
            getattr(function, "__click_params__", [])
        )
        group.command(name)(shaped)
        return function

    return decorate


def _shared(*, connection: bool) -> list[click.Option]:
    options = [
        click.Option(
            ["--config"],
            type=click.Path(path_type=Path, dir_okay=False),
            help="Settings file; default SYNC_CONFIG or config/sync_worker.toml.",
        ),
        click.Option(
            ["--json", "as_json"], is_flag=True, help="JSON on stdout, all else on stderr."
        ),
    ]
    if connection:
        options.append(click.Option(["--connection"], help="Only this connection."))
    return options


def _guarded(work: Callable[[], int | None], *, as_json: bool) -> int:
    try:
        return int(work() or 0)
    except BrokenPipeError:  # whoever read our words, such as `head`, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Misconfigured as wrong:
        show.problems(wrong.problems, as_json=as_json)
        return 2
    except LaneLost as busy:
        show.problems((str(busy),), as_json=as_json)
        return 3
    except Rejected as refused:
        show.problems((str(refused),), as_json=as_json)
        return 1
    except (Transient, SyncError) as failure:
        show.problems((str(failure),), as_json=as_json)
        return 4
    except Exception as bug:  # noqa: BLE001 - the last guard: a fault of this program, with its trace
        traceback.print_exc()
        show.problems(
            (f"this is a fault of the program ({type(bug).__name__}); please report it",),
            as_json=as_json,
        )
        return FAULT
