"""How fast the pretend Xero is in process, in processor time: `python -m tests.sandbox.speed`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence

from sync_worker.sandbox.http import Request
from sync_worker.sandbox.xero.app import TENANT_ID
from tests.sandbox.xero.client import Xero, a_line


def main() -> None:
    for lines in (1, 3):
        xero = Xero()
        contact = xero.contact()
        batches = [put(xero, contact, batch, 50, lines) for batch in range(40)]
        singles = [put(xero, contact, 1000 + one, 1, lines) for one in range(1000)]
        report(f"PUTs of 50 invoices with {lines} lines", xero, batches)
        report(f"PUTs of one invoice with {lines} lines", xero, singles)
        invoice_id = xero.sandbox.documents()[0]["id"]
        report("GETs of one invoice", xero, [get(xero, f"Invoices/{invoice_id}")] * 2000)
        report("GETs of a page of 100 invoices", xero, [get(xero, "Invoices?page=1")] * 50)


def report(what: str, xero: Xero, requests: Sequence[Request]) -> None:
    seconds = measured(lambda: [xero.sandbox.handle(request) for request in requests])
    sys.stdout.write(f"{len(requests) / seconds:8.0f} a second: {what}\n")


def measured(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def put(xero: Xero, contact: str, batch: int, size: int, lines: int) -> Request:
    invoices = [
        xero.an_invoice(
            Contact={"ContactID": contact},
            Reference=f"{batch}-{one}",
            LineItems=[a_line()] * lines,
        )
        for one in range(size)
    ]
    body = json.dumps({"Invoices": invoices}).encode()
    return Request.to("PUT", "/api.xro/2.0/Invoices?summarizeErrors=false", headers(xero), body)


def get(xero: Xero, path: str) -> Request:
    return Request.to("GET", f"/api.xro/2.0/{path}", headers(xero))


def headers(xero: Xero) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {xero.token}",
        "xero-tenant-id": TENANT_ID,
        "Accept": "application/json",
    }


if __name__ == "__main__":
    main()
