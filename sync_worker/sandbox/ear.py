"""One port of the sandbox: HTTP/1.1 on a loopback address, with one vendor's door behind it.

Requests that must wait wait here and hold up nobody else; connections that must break are really
cut here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import parse_qsl

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Arriving
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync_worker.sandbox.door import Cut, Door
from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.tls import Welcome

# h11 must take in a head that is too long before it can be refused in the vendor's way.
BIGGEST_HEAD = 256 * 1024
NO_BODY = {204, 304}


class Ear:
    """One port, with one vendor's door behind it."""

    def __init__(self, door: Door, caps: Mapping[int, int], host: str, port: int) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the sandbox only listens on loopback addresses, not on {host}")
        self._door = door
        self._caps = caps
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._connections: dict[object, asyncio.Transport] = {}
        self._in_flight = 0
        self._server = Server(
            uvicorn.Config(
                self._app,
                http=cuttable(self._connections),
                loop="asyncio",
                interface="asgi3",
                lifespan="off",
                log_config=None,
                access_log=False,
                date_header=False,  # the shared clock's date, set at the door
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=BIGGEST_HEAD,
            )
        )

    @property
    def url(self) -> str:
        if self._socket is None:
            raise RuntimeError("the sandbox has no address before it is started")
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def bind(self) -> None:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        # Named TCP outright: asyncio gives TCP_NODELAY to no other, and on a kept connection every
        # answer would then wait 40 ms for the delayed acknowledgement.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(self._address)
        except OSError:
            listening.close()
            raise
        listening.listen(512)
        self._socket = listening

    async def serve(self) -> None:
        await self._server.serve(sockets=[self._socket] if self._socket else None)

    def close(self) -> None:
        """Ends `serve`, if it runs."""
        self._server.should_exit = True

    def unbind(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await self._read(scope, receive)
        except ClientDisconnect:
            return
        except TooLong as refusal:
            await deliver(Response(refusal.status, {"Connection": "close"}), send)
            return
        try:
            await deliver(await self._response(request), send)
        except Cut as cut:
            await self._cut(cut, scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> Request:
        target = scope["raw_path"] + b"?" * bool(scope["query_string"]) + scope["query_string"]
        head = len(target) + sum(len(name) + len(value) for name, value in scope["headers"])
        self._refuse_if({414: len(target), 431: head})
        arriving = Arriving(scope, receive)
        body = bytearray()
        async for part in arriving.stream():
            body += part
            self._refuse_if({413: len(body)})
        return Request(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            {name: ", ".join(arriving.headers.getlist(name)) for name in arriving.headers}
            | ({"x-forwarded-proto": "https"} if scope["scheme"] == "https" else {}),
            bytes(body),
        )

    def _refuse_if(self, sizes: Mapping[int, int]) -> None:
        for status, size in sizes.items():
            if size > self._caps[status]:
                raise TooLong(status)

    async def _response(self, request: Request) -> Response:
        """The core works in a thread of its own; requests that wait, wait here."""
        if self._door.controls(request):
            return await asyncio.to_thread(self._door.handle, request)
        self._in_flight += 1
        try:
            ticket = self._door.admit(request, in_flight=self._in_flight)
            await asyncio.sleep(ticket.delay_s)
            try:
                return await asyncio.to_thread(self._door.answer, ticket)
            finally:
                await asyncio.sleep(ticket.answer_delay_s)
        finally:
            self._in_flight -= 1

    async def _cut(self, cut: Cut, scope: Scope, receive: Receive, send: Send) -> None:
        transport = self._connections.get(tuple(scope["client"]))
        if cut.reply is not None:
            await begin(cut.reply, send)
            half = cut.reply.body[: len(cut.reply.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        if transport is not None:
            # Half an answer leaves before the connection closes; of nothing, nothing does.
            transport.close() if cut.reply is not None else transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class Server(uvicorn.Server):
    """uvicorn's, but each connection is looked at first: some begin with TLS."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        config = self.config

        def protocol() -> asyncio.Protocol:
            return config.http_protocol_class(  # type: ignore[call-arg]  # typed as a bare Protocol
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )

        self.servers = [Welcome(one, protocol) for one in sockets or ()]  # type: ignore[misc]  # stands where a Server would
        self.started = True


class TooLong(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def deliver(response: Response, send: Send) -> None:
    await begin(response, send)
    await send({"type": "http.response.body", "body": response.body})


async def begin(response: Response, send: Send) -> None:
    headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
    if response.status not in NO_BODY:
        headers["Content-Length"] = str(len(response.body))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": encoded})


def cuttable(connections: dict[object, asyncio.Transport]) -> type[H11Protocol]:
    """uvicorn's protocol with a note of each connection by the client's address.

    An application alone can send nothing but whole answers; here it gets hold of what it must cut.
    """

    class Cuttable(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
            super().connection_made(transport)
            # Asked for now: a TLS connection does not know any more, once it is lost.
            self._whose = tuple(transport.get_extra_info("peername")[:2])
            connections[self._whose] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self._whose, None)
            super().connection_lost(exc)

    return Cuttable
