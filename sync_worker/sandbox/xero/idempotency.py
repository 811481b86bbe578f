"""Idempotency keys: for six minutes the first answer to a key is given again, errors included.

Another request under the same key is refused; reads ignore keys; so says Xero's prompt library. Keys belong to the app
and tenant by the documentation, to one access token by a reported live probe: `scope` chooses.
"""

from __future__ import annotations

from collections import deque
from hashlib import sha256

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero import errors

LIFE = 6 * 60_000
LONGEST_KEY = 128
KEYED_METHODS = frozenset({"POST", "PUT", "PATCH"})

Owner = tuple[str, ...]


class KeyStore:
    """The answers given under keys in the last six minutes."""

    def __init__(self) -> None:
        self._answers: dict[tuple[Owner, str], tuple[bytes, Response]] = {}
        self._expiry: deque[tuple[int, tuple[Owner, str]]] = deque()

    def recall(self, owner: Owner, request: Request, now: int) -> Response | None:
        """The answer this call must get because of its key, or None when it is to be worked."""
        key = key_of(request)
        if key is None:
            return None
        if len(key) > LONGEST_KEY:
            return _refused(errors.KEY_TOO_LONG)
        self._forget(now)
        known = self._answers.get((owner, key))
        if known is None:
            return None
        print_, response = known
        return (
            response
            if print_ == _fingerprint(request)
            else _refused(errors.KEY_REUSED.format(key=key))
        )

    def remember(self, owner: Owner, request: Request, response: Response, now: int) -> None:
        """Keep the first answer; a later one for a live key replaces what is replayed but not its life."""
        key = key_of(request)
        if key is None:
            return
        place = (owner, key)
        if place not in self._answers:
            self._expiry.append((now + LIFE, place))
        self._answers[place] = (_fingerprint(request), response)

    def _forget(self, now: int) -> None:
        while self._expiry and self._expiry[0][0] <= now:
            self._answers.pop(self._expiry.popleft()[1], None)


def key_of(request: Request) -> str | None:
    if request.method not in KEYED_METHODS:
        return None
    return request.headers.get("idempotency-key") or None


def _fingerprint(request: Request) -> bytes:
    told = repr((request.method, request.path.lower(), request.query)).encode()
    return sha256(told + b"\0" + request.body).digest()


def _refused(message: str) -> Response:
    # Reported both as the top Message and inside Elements, so it is put in both places.
    return errors.refusal(
        10, "ValidationException", message, [{"ValidationErrors": errors.messages([message])}]
    )
