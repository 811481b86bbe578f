"""What passes between the edge and the cores: a request, a response, and the clock both vendors share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `path` is as sent, still percent-encoded and without its query; header names are lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def to(
        cls, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Request:
        """A request for `url` (absolute or a path with its query), decoded as the edge decodes it."""
        parts = urlsplit(url)
        return cls(
            method.upper(),
            parts.path,
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in (headers or {}).items()},
            body,
        )

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, decoded one by one, so that an encoded slash stays inside its part."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    def parameter(self, name: str, default: str | None = None) -> str | None:
        """The first query parameter of that name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.query if key.lower() == wanted), default)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, ready for the wire."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


class Clock:
    """The one clock of both vendors: real time plus what `advance` has added. `read` is replaceable for simulations."""

    def __init__(self, read: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._read = read
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._read() + self._ahead

    def advance(self, seconds: float) -> datetime:
        self._ahead += timedelta(seconds=seconds)
        return self.now()
