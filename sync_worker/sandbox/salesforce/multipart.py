"""Bodies in several parts, as form uploads send them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sync_worker.sandbox.http import Request
from sync_worker.sandbox.salesforce.errors import Refused


@dataclass(frozen=True, slots=True)
class Part:
    content_type: str
    body: bytes


def parts_of(request: Request) -> Mapping[str, Part]:
    """By the parts' names. Raises Refused for a body that is not in parts."""
    kind = request.headers.get("content-type", "")
    boundary = re.search(r'boundary="?([^";]+)"?', kind)
    if not kind.lower().startswith("multipart/") or boundary is None:
        raise Refused("INVALID_CONTENT_TYPE", f"Content-Type not supported: {kind}")
    found: dict[str, Part] = {}
    pieces = (b"\r\n" + request.body).split(b"\r\n--" + boundary[1].encode())
    for piece in pieces[1:]:
        head, _, body = piece.partition(b"\r\n\r\n")
        name = re.search(rb'name="?([^";\r\n]+)"?', head)
        if name:
            spoken = re.search(rb"(?i)^content-type:\s*([^\r\n]+)", head, re.MULTILINE)
            found[name[1].decode()] = Part(spoken[1].decode().strip() if spoken else "", body)
    return found
