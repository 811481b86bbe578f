"""Where a browser comes back to after consent: one address on this machine's own loopback, for as long as it takes.

Only the registered redirect URI is answered, and only with the state that was sent along; whatever else knocks is told
no and changes nothing, so that no page in a browser can end or forge a consent (RFC 8252, RFC 9700).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

from sync_worker.domain.errors import Misconfigured, Stopping
from sync_worker.ports import Clock

POLL_S = 0.2
SLOWEST_S = 5.0
"""A browser that sends its request more slowly than this is hung up on."""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>sync-worker</title></head>
<body><p>{words}</p></body></html>
"""


class Knock(NamedTuple):
    status: int
    words: str


class Redirect(TCPServer):
    """Listens on 127.0.0.1 at the port of `uri`."""

    timeout = POLL_S
    allow_reuse_address = True

    def __init__(self, uri: str) -> None:
        self._uri: SplitResult = urlsplit(uri)
        self._state = ""
        self._told: Mapping[str, str] | None = None
        super().__init__(("127.0.0.1", self._uri.port or 80), _Browser)

    def answer(
        self, state: str, *, until: Callable[[], bool], stop: Clock
    ) -> Mapping[str, str] | None:
        """The parameters that came with this state, once; None when `until` says that it is over."""
        self._state = state
        while self._told is None:
            if stop.stopping:
                raise Stopping
            if until():
                return None
            self.handle_request()
        told, self._told = self._told, None
        return told

    def knocked(self, target: str, host: str) -> Knock:
        asked = urlsplit(target)
        if asked.path != self._uri.path or host != self._uri.netloc:
            return Knock(404, "There is nothing here.")
        told = dict(parse_qsl(asked.query))
        given, expected = told.get("state", "").encode(), self._state.encode()
        if not expected or not secrets.compare_digest(given, expected):
            return Knock(400, "This is no answer to a question that is open. Nothing was changed.")
        self._state, self._told = "", told
        if "code" not in told:
            return Knock(200, "Xero gave no consent. You may close this page.")
        return Knock(200, "Thank you. You may close this page, the terminal goes on.")

    def handle_error(self, *_: Any) -> None:
        """A browser that hangs up is nobody's trouble, and its address is not for the terminal."""


class _Browser(BaseHTTPRequestHandler):
    server: Redirect
    timeout = SLOWEST_S

    def do_GET(self) -> None:
        knock = self.server.knocked(self.path, self.headers.get("Host", ""))
        page = PAGE.format(words=knock.words).encode()
        self.send_response(knock.status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def version_string(self) -> str:
        return "sync-worker"

    def log_message(self, *_: Any) -> None:
        """The address holds a code: it is told to nobody."""


@contextmanager
def listening(uri: str) -> Iterator[Redirect]:
    """Raises Misconfigured where the port is taken."""
    try:
        redirect = Redirect(uri)
    except OSError as taken:
        raise Misconfigured(
            f"nothing can listen at {uri} ({taken.strerror}); end what uses that port, or set xero.redirect_uri to "
            "another one, here and in the app at developer.xero.com"
        ) from taken
    with redirect:
        yield redirect
