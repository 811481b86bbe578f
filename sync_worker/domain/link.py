"""The link: this CRM record and that Xero record are one. Its marker travels inside the document, so that the journal
is never the only memory of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync_worker.domain.document import Kind
from sync_worker.domain.ids import SalesforceId, XeroId

_MARKER = re.compile(r"/([a-zA-Z0-9]{18})\?g=(\d+)$")


@dataclass(frozen=True, slots=True)
class Marker:
    """Our identity inside a Xero document: which record, and which try at making it."""

    record: SalesforceId
    generation: int

    def url(self, base: str) -> str:
        return f"{base.rstrip('/')}/{self.record}?g={self.generation}"

    @classmethod
    def read(cls, url: str) -> Marker | None:
        found = _MARKER.search(url)
        return cls(SalesforceId(found[1]), int(found[2])) if found else None


def ledger_link(short_code: str, invoice: XeroId, kind: Kind = Kind.INVOICE) -> str:
    """Where a person sees the document in Xero; made from the id, so it costs no call."""
    ledger = "AccountsPayable" if kind is Kind.BILL else "AccountsReceivable"
    target = f"/{ledger}/View.aspx?InvoiceID={invoice}"
    if not short_code:
        return f"https://go.xero.com{target}"
    return f"https://go.xero.com/organisationlogin/default.aspx?shortcode={short_code}&redirecturl={target}"
