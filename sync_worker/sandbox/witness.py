"""Keeps what the pretend Xero answers, for whoever wants to hold it against the vendor's own description.

`SYNC_SANDBOX_REPLIES` names a folder that exists. Each served sandbox of each process appends to a file of its own
there, a line for every JSON answer of the Accounting API as it is given: {"method", "path", "status", "novelties",
"body"}. `novelties` are the words that were asked for and no SDK knows.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero.app import XeroSandbox

VARIABLE = "SYNC_SANDBOX_REPLIES"
Witness = Callable[[Request, Response], None]

_files = itertools.count(1)


def appointed(xero: XeroSandbox) -> Witness:
    """The witness the environment asks for, or one that keeps nothing."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return lambda request, reply: None
    path = Path(folder) / f"{os.getpid()}-{next(_files)}.jsonl"

    def keep(request: Request, reply: Response) -> None:
        if not is_told_in_json(request, reply):
            return
        line = {
            "method": request.method,
            "path": request.path,
            "status": reply.status,
            "novelties": dict(xero.knobs.novelties),
            "body": reply.json(),
        }
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    return keep


def is_told_in_json(request: Request, reply: Response) -> bool:
    """Whether it is an answer of the Accounting API's own making: somebody's file may be JSON too."""
    told = reply.headers.get("Content-Type", "").startswith("application/json")
    is_file = request.method == "GET" and "/attachments/" in request.path.lower()
    return told and "/api.xro/" in request.path and not is_file
