"""What is said: structlog to stderr, JSON lines for machines or columns for people, and nothing secret in either."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(
    r"secret|token|password|authorization|assertion|private_key|cookie", re.IGNORECASE
)
CHATTY = (
    "alembic",
    "asyncio",
    "simple_salesforce",
    "urllib3",
    "uvicorn",
    "xero_python",
)
SECRET_VALUES = re.compile(r"(Bearer\s+)[\w.\-!]+|(00D\w{12,15}!)[\w.]+", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def set_up(style: str, level: str) -> None:
    """`auto` writes columns on a terminal and JSON elsewhere. Libraries speak
    through the same pipe, from warnings on."""
    pretty = style == "console" or (style == "auto" and sys.stderr.isatty())
    renderer = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if pretty
        else structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redacted,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redacted,  # once more: what went wrong may quote what was sent
                renderer,
            ]
            if not pretty
            else [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Below warnings these print addresses, bodies and tokens.
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns at every tick that meets a run still on, which is how long runs are meant to go.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def redacted(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """No secret by name or by look, and one line stays one line."""
    for name, value in event.items():
        if SECRET_NAMES.search(name):
            event[name] = "[redacted]"
        elif isinstance(value, str):
            event[name] = _harmless(value, keep_lines=name == "exception")
    return event


def _harmless(text: str, *, keep_lines: bool) -> str:
    text = CONTROL.sub(" ", SECRET_VALUES.sub(r"\1\2[redacted]", text))
    return text if keep_lines else text.replace("\n", " ")
