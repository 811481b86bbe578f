"""The way of one invoice through the rooms. Changing this list is allowed; doing it unawares is not."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from tests.world import a_world

OURS = "sync_worker."
BESIDE = tuple(f"sync_worker.{room}" for room in ("sandbox", "state", "domain", "ports", "wiring"))
THE_WAY = [
    "daemon.runner",
    "salesforce.session",
    "answers",
    "xero.client",
    "xero.tokens",
    "sync.invoices",
    "sync.contacts",
    "sync.recover",
    "xero.invoices",
    "xero.budget",
    "xero.login",
    "xero.transport",
    "xero.wire",
    "xero.sender",
    "sync.leftovers",
    "sync.linking",
    "salesforce.invoices",
    "salesforce.names",
    "salesforce.linked",
    "salesforce.client",
    "salesforce.values",
    "salesforce.parties",
    "xero.books",
    "sync.preflight",
    "xero.contacts",
    "xero.frozen",
    "sync.attempt",
    "salesforce.writes",
    "sync.documents",
    "daemon.outcome",
]


def test_one_invoice_passes_these_modules_in_this_order() -> None:
    world = a_world()
    world.crm.invoice("INV-1")
    visited: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        name = str(frame.f_globals.get("__name__", ""))
        if event == "call" and name.startswith(OURS) and not name.startswith(BESIDE):
            short = name.removeprefix(OURS)
            if short not in visited:
                visited.append(short)

    worker = world.worker
    with worker.held():
        sys.setprofile(note)
        try:
            worker.run("invoices")
        finally:
            sys.setprofile(None)
    assert world.document("INV-1")["status"] == "AUTHORISED"
    assert visited == THE_WAY
