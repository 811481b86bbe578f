"""Freezing a write: the bytes and the key are fixed once, before anything is committed or sent."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sync_worker.domain.batch import Frozen
from sync_worker.domain.ids import SalesforceId


def freeze(
    method: str,
    path: str,
    plural: str,
    members: Sequence[tuple[SalesforceId, Mapping[str, Any]]],
    *,
    tenant: str,
    salt: str = "",
    keyed: bool = True,
) -> Frozen:
    """`salt` holds what must make the key differ though the body is the same, such as the generations.

    Keys go with creations only: replayed under an update, a key would bring an older content back.
    """
    body = json.dumps(
        {plural: [element for _, element in members]}, default=_number, separators=(",", ":")
    ).encode()
    records = [record for record, _ in members]
    return freeze_bytes(method, path, body, records, tenant=tenant, salt=salt, keyed=keyed)


def freeze_bytes(
    method: str,
    path: str,
    body: bytes,
    records: Sequence[SalesforceId],
    *,
    tenant: str,
    salt: str,
    keyed: bool = True,
) -> Frozen:
    """The same for a body that is whole already, such as a file."""
    digest = hashlib.sha256(b"\n".join([tenant.encode(), path.encode(), salt.encode(), body]))
    return Frozen(
        id=digest.hexdigest()[:32],
        method=method,
        path=path,
        body=body,
        key=f"v1-{digest.hexdigest()[:40]}" if keyed else None,
        records=tuple(records),
    )


def content_type(path: str) -> str:
    """What the bytes of a write are: JSON, but for a file, whose name ends the path. So nothing more than the path has
    to be kept of it. Only the types built into Python count, whatever else a machine knows."""
    if "/Attachments/" not in path:
        return "application/json"
    kind, _ = _TYPES.guess_type(path)
    return kind or "application/octet-stream"


_TYPES = mimetypes.MimeTypes()


def _number(value: object) -> float:
    """An amount as a JSON number. Fifteen digits survive a float unharmed; more would be changed on the way."""
    if not isinstance(value, Decimal):
        msg = f"{value!r} cannot be sent"
        raise TypeError(msg)
    number = float(value)
    if Decimal(repr(number)) != value:
        msg = f"{value} has more digits than can be sent unharmed"
        raise ValueError(msg)
    return number
