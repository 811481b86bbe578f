"""Settings read from a file and the environment, and every problem told in a sentence of its own."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from sync_worker.domain.errors import Misconfigured
from sync_worker.settings.whole import PREFIX, Settings


def load(path: Path | None) -> Settings:
    """The settings of a file and the environment. Raises Misconfigured with every problem at once."""
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as unreadable:
            msg = f"the configuration file {path} cannot be read: {unreadable.strerror}"
            raise Misconfigured(msg) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            msg = f"the configuration file {path} is not TOML: {broken}"
            raise Misconfigured(msg) from None
    problems = [*_strange_variables(values)]
    if problems:
        raise Misconfigured(*problems)
    try:
        return Settings(**values)
    except SettingsError:
        raise Misconfigured(*_unreadable_variables()) from None
    except ValidationError as wrong:
        raise Misconfigured(*(_sentence(error) for error in wrong.errors())) from None


def _strange_variables(values: dict[str, Any]) -> Iterator[str]:
    """pydantic-settings passes over unknown names at top level in silence; a typing mistake must not."""
    del values
    known = {name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if not name.upper().startswith(PREFIX):
            continue
        first, _, rest = name.upper().removeprefix(PREFIX).partition("__")
        if name.upper() in SWITCHES:
            continue
        if first not in known or not rest:
            yield f"the variable {name} names no setting; docs/configuration.md lists them"


def _unreadable_variables() -> Iterator[str]:
    """Which variables hold no JSON where a list or a table is meant; pydantic-settings does not say."""
    for name, value in os.environ.items():
        if not name.upper().startswith(PREFIX):
            continue
        source = EnvSettingsSource(Settings)
        source.env_vars = {name.lower(): value}
        try:
            source()
        except SettingsError:
            yield f"the variable {name} needs JSON, such as '[\"Entered\"]' for a list"


SWITCHES = frozenset({f"{PREFIX}CONFIG", f"{PREFIX}CRASH_AT", f"{PREFIX}SANDBOX_REPLIES"})
"""SYNC_* variables without a room: read elsewhere, but for CRASH_AT, which is a setting by itself."""


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    what = error["msg"].removeprefix("Value error, ")
    match error["type"]:
        case "missing":
            what = "is missing"
        case "extra_forbidden":
            what = "is no setting; docs/configuration.md lists them"
        case _:
            what = what[0].lower() + what[1:]
    return f"{where}: {what}" if where else what
