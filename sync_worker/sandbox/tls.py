"""Both http and https on one port: whoever begins with a TLS handshake gets TLS.

simple-salesforce 1.12.10 writes https into every address and cannot be told otherwise; curl and jsforce speak what the
address says. The certificate is made on the spot and signed by nobody, so clients of https turn verification off.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from socket import MSG_PEEK, socket

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HANDSHAKE = 0x16
"""The first byte of a TLS record that begins a connection (RFC 8446, 5.1); no HTTP method begins with it."""

FAREWELL_S = 0.2
"""How long a client may take to say goodbye; many never do."""

Protocol = Callable[[], asyncio.Protocol]


class Welcome:
    """Accepts on a listening socket. Stands where asyncio's own server would, as far as uvicorn asks of it."""

    def __init__(self, listening: socket, protocol: Protocol) -> None:
        self._listening = listening
        self._protocol = protocol
        self._tasks: set[asyncio.Task[None]] = set()
        listening.setblocking(False)
        self._begin(self._accept())

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._listening)
            self._begin(self._hand_over(connection))

    async def _hand_over(self, connection: socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            first = await _first_byte(loop, connection)
            if first == HANDSHAKE:
                await loop.connect_accepted_socket(
                    self._protocol, connection, ssl=certified(), ssl_shutdown_timeout=FAREWELL_S
                )
            else:
                await loop.connect_accepted_socket(self._protocol, connection)
        except (OSError, ssl.SSLError):
            connection.close()  # gone before a word, or no handshake after all


async def _first_byte(loop: asyncio.AbstractEventLoop, connection: socket) -> int | None:
    """Looked at, not taken out; None where the client left without a word."""
    readable = loop.create_future()
    loop.add_reader(connection, readable.set_result, None)
    try:
        await readable
    finally:
        loop.remove_reader(connection)
    seen = connection.recv(1, MSG_PEEK)
    return seen[0] if seen else None


@cache
def certified() -> ssl.SSLContext:
    """A server's side of TLS for this machine's loopback names, made once per process."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sync-worker sandbox")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), *map(x509.IPAddress, map(ip_address, ("127.0.0.1", "::1")))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="sandbox-tls-") as folder:
        chain = Path(folder) / "chain.pem"
        chain.touch(mode=0o600)
        chain.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context.load_cert_chain(chain)
    return context
