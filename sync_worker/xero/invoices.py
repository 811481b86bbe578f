"""Sales invoices and bills in Xero: prepared, and found again by what is written inside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from more_itertools import chunked, constrained_batches

from sync_worker.domain.batch import Done, Frozen, Outcome, Refused, Unanswered
from sync_worker.domain.books import Books
from sync_worker.domain.document import Kind
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Draft, DraftLine, LedgerInvoice
from sync_worker.domain.link import Marker
from sync_worker.ports import LedgerBooks
from sync_worker.xero.client import XeroClient
from sync_worker.xero.contacts import IDS_IN_A_CALL
from sync_worker.xero.frozen import freeze
from sync_worker.xero.wire import InvoiceElement, elements

PATH = "Invoices?summarizeErrors=false&unitdp=4"
PAGE = 1000
LONGEST_LIST = 1500
"""Characters of numbers in one address; forty ids are about as many."""


TYPES = {Kind.INVOICE: "ACCREC", Kind.BILL: "ACCPAY"}


@dataclass(frozen=True, slots=True)
class Style:
    """How this connection makes its invoices, or its bills."""

    kind: Kind = Kind.INVOICE
    crm_numbers: bool = False
    status: str = "AUTHORISED"
    sent_to_contact: bool = False
    marker: str = ""

    @property
    def numbered(self) -> bool:
        """Whether it bears the CRM's number from the beginning."""
        return self.crm_numbers or self.kind is Kind.BILL

    @property
    def first_status(self) -> str:
        """Where Xero numbers, and with bills, nothing on its side stops a second one: it is made as a draft and
        completed by id."""
        fenced = self.crm_numbers and self.kind is Kind.INVOICE
        return self.status if fenced else "DRAFT"


class XeroInvoices:
    """ports.LedgerInvoices."""

    def __init__(self, client: XeroClient, books: LedgerBooks, style: Style) -> None:
        self._client = client
        self._books = books
        self._style = style

    def prepare_new(self, drafts: Sequence[tuple[Draft, XeroId, int]]) -> Frozen:
        books = self._books.books()
        return freeze(
            "PUT",
            PATH,
            "Invoices",
            [
                (draft.record, self._new(draft, contact, generation, books))
                for draft, contact, generation in drafts
            ],
            tenant=self._client.tenant(),
            salt=",".join(str(generation) for _, _, generation in drafts),
        )

    def prepare_completion(
        self, drafts: Sequence[tuple[SalesforceId, XeroId, Draft | None]]
    ) -> Frozen:
        books = self._books.books()
        return freeze(
            "POST",
            PATH,
            "Invoices",
            [
                (record, self._completion(xero_id, draft, books))
                for record, xero_id, draft in drafts
            ],
            tenant=self._client.tenant(),
            keyed=False,
        )

    def made_by_us(self, since: datetime | None) -> Iterator[LedgerInvoice]:
        """By keyset: after a full page the last change seen is asked from again, since pages shift under edits. Only
        a page that holds a single second is turned."""
        page = 1
        while True:
            found = self._listed(
                created_by_my_app=True,
                order="UpdatedDateUTC ASC",
                page=page,
                page_size=PAGE,
                **modified_since(since),
            )
            yield from (one for one in found if one.kind is self._style.kind)
            if len(found) < PAGE:
                return
            since, page = next_key(since, found[-1].updated_at, page)

    def by_id(self, ids: Sequence[XeroId]) -> dict[XeroId, LedgerInvoice]:
        return {
            invoice.id: invoice
            for part in chunked(ids, IDS_IN_A_CALL)
            for invoice in self._listed(i_ds=list(part), page=1, page_size=PAGE)
        }

    def numbered(self, numbers: Sequence[str]) -> list[LedgerInvoice]:
        return [
            invoice
            for part in constrained_batches(numbers, LONGEST_LIST, get_len=len_with_comma)
            for invoice in self._listed(invoice_numbers=list(part), page=1, page_size=PAGE)
            if invoice.kind is self._style.kind
        ]

    def _listed(self, **asked: Any) -> list[LedgerInvoice]:
        body = self._client.read(
            lambda api, tenant: api.get_invoices(tenant, unitdp=4, _preload_content=False, **asked)
        )
        return [InvoiceElement.read(one).invoice() for one in elements(body, "Invoices")]

    def _new(self, draft: Draft, contact: XeroId, generation: int, books: Books) -> dict[str, Any]:
        numbered = {"InvoiceNumber": draft.number} if self._style.numbered else {}
        return {
            "Type": TYPES[self._style.kind],
            **numbered,
            "Contact": {"ContactID": contact},
            "Url": Marker(draft.record, generation).url(self._style.marker),
            **self._contents(draft, books),
            **self._status(self._style.first_status),
        }

    def _completion(self, xero_id: XeroId, draft: Draft | None, books: Books) -> dict[str, Any]:
        return {
            "InvoiceID": xero_id,
            **(self._contents(draft, books) if draft else {}),
            **self._status(self._style.status),
        }

    def _contents(self, draft: Draft, books: Books) -> dict[str, Any]:
        """A bill bears the supplier's reference as its number; Reference is for sales alone (Xero's documentation)."""
        theme = books.branding_themes.get(draft.branding_theme)
        sale = self._style.kind is Kind.INVOICE
        return {
            "Date": draft.date.isoformat(),
            "DueDate": draft.due_date.isoformat(),
            "LineAmountTypes": draft.line_amount_types.value,
            **({"Reference": draft.number} if sale else {}),
            **({"CurrencyCode": draft.currency} if draft.currency else {}),
            **({"BrandingThemeID": theme} if theme else {}),
            "LineItems": [_line(line) for line in draft.lines],
        }

    def _status(self, status: str) -> dict[str, Any]:
        sent = self._style.sent_to_contact and status == "AUTHORISED"
        return {"Status": status, **({"SentToContact": True} if sent else {})}


def outcomes(frozen: Frozen, body: Mapping[str, Any]) -> list[Outcome]:
    """What came of each invoice. Matched by id or by the marker inside it, never by its place in the list."""
    sent = dict(zip(frozen.records, json.loads(frozen.body)["Invoices"], strict=True))
    by_id = {one["InvoiceID"]: record for record, one in sent.items() if "InvoiceID" in one}
    answered: dict[SalesforceId, InvoiceElement] = {}
    for one in elements(body, "Invoices"):
        element = InvoiceElement.model_validate(one)
        marker = Marker.read(element.Url)
        record = by_id.get(element.InvoiceID) or (marker.record if marker else None)
        if record is not None and record in sent:
            answered[record] = element
    return [_outcome(record, answered.get(record)) for record in frozen.records]


def _outcome(record: SalesforceId, element: InvoiceElement | None) -> Outcome:
    if element is None:
        return Unanswered(record)
    if element.refused:
        return Refused(record, element.messages)
    if not element.InvoiceID:
        return Unanswered(record)
    return Done(
        record,
        XeroId(element.InvoiceID),
        element.InvoiceNumber,
        element.Status,
        element.Total,
        tuple(warning.Message for warning in element.Warnings),
    )


def len_with_comma(number: str) -> int:
    return len(number) + 1


def modified_since(since: datetime | None) -> dict[str, datetime]:
    """The SDK writes what it gets in ISO form; Xero wants whole seconds without a zone."""
    if since is None:
        return {}
    return {"if_modified_since": since.replace(tzinfo=None, microsecond=0)}


def next_key(since: datetime | None, last: datetime, page: int) -> tuple[datetime | None, int]:
    """Where to go on after a full page: from the last change, or one page on where that gets no further."""
    onward = last.replace(microsecond=0) - timedelta(seconds=1)
    if since is not None and onward <= since:
        return since, page + 1
    return onward, 1


def _line(line: DraftLine) -> dict[str, Any]:
    tracking = [{"Name": category, "Option": option} for category, option in line.tracking]
    return {
        "Description": line.description,
        "Quantity": line.quantity,
        "UnitAmount": line.unit_amount,
        "AccountCode": line.account_code,
        "TaxType": line.tax_type,
        **({"Tracking": tracking} if tracking else {}),
    }
