"""Secrets at rest: AES-256-GCM under a key that never stands in the journal.

A sealed value knows its place (connection and field), so that a value moved to another row is refused like a changed
one. Two keys may be held at once: the first seals, both open, until everything is sealed under the first.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_worker.domain.errors import Misconfigured

KEY_BYTES = 32
_NAME = 4
_NONCE = 12  # as NIST SP 800-38D wants it; random, which is safe for 2**32 values under one key


class Seal:
    """`keys` are 32 bytes each, the one that seals first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_name(key): AESGCM(key) for key in keys}
        self._first = _name(keys[0])

    def close(self, text: str, *place: str) -> bytes:
        """The key's name, a nonce, and the sealed text."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._keys[self._first].encrypt(nonce, text.encode(), _bound(place))
        return self._first + nonce + sealed

    def open(self, sealed: bytes, *place: str) -> str:
        """Raises Misconfigured where the value was changed, moved, or sealed under a key that is not here."""
        key = self._keys.get(sealed[:_NAME])
        if key is None:
            raise Misconfigured(
                f"the Xero tokens of {place[0]!r} are sealed under another key than secrets.key; put that key into "
                f"secrets.old_key, or run `sync-worker connect {place[0]}`"
            )
        nonce, rest = sealed[_NAME : _NAME + _NONCE], sealed[_NAME + _NONCE :]
        try:
            return key.decrypt(nonce, rest, _bound(place)).decode()
        except InvalidTag:
            raise Misconfigured(
                f"the Xero tokens of {place[0]!r} were changed in the journal, or belong to another connection; "
                f"nothing was sent, run `sync-worker connect {place[0]}`"
            ) from None


def _name(key: bytes) -> bytes:
    """Tells keys apart without telling anything of them."""
    return sha256(b"sync-worker seal " + key).digest()[:_NAME]


def _bound(place: Sequence[str]) -> bytes:
    return json.dumps(place).encode()
