"""Invoices and bills as Xero shows them: listed, alone, after a write, and inside a payment. Member order is recorded.

Lines come only with pages and single documents; a list without a page leaves them out (Xero-OpenAPI 16.1).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import contacts, errors, listing, open_credits, pdf, reading, wire
from sync_worker.sandbox.xero.arithmetic import ZERO
from sync_worker.sandbox.xero.attachments import attached
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.document_lines import line_alone, line_of_list
from sync_worker.sandbox.xero.records import Contact, Invoice
from sync_worker.sandbox.xero.where import fold

_CLOSED = frozenset({"VOIDED", "DELETED"})


def get_invoices(call: Call) -> Response:
    page = listing.page(
        call, call.books.invoices, _list(call.books), _parameter_tests(call), _named(call)
    )
    summary = reading.parameter_flag(call.request, "summaryOnly")
    lines = page.pagination is not None and not summary
    places = call.unit_places
    elements = [listed(call.books, invoice, places, lines, summary) for invoice in page.records]
    return call.answer("Invoices", elements, page.pagination)


def get_invoice(call: Call) -> Response:
    invoice = find(call.books, call.segments[1])
    if invoice is None:
        raise errors.not_found()
    if pdf.wanted(call):
        return get_pdf(call)
    return call.answer("Invoices", [single(call.books, invoice, call.unit_places)])


def get_pdf(call: Call) -> Response:
    """By `Accept: application/pdf` or by the path's last part."""
    invoice = find(call.books, call.segments[1])
    if invoice is None:
        raise errors.not_found()
    title = "TAX INVOICE" if invoice.kind == "ACCREC" else "BILL"
    name = contact_of(call.books, invoice).name
    return pdf.page(title, invoice.number, name, f"{invoice.currency} {invoice.total}")


def get_online_invoice(call: Call) -> Response:
    """A link for the customer, once the sales invoice is approved."""
    invoice = find(call.books, call.segments[1])
    if invoice is None:
        raise errors.not_found()
    if invoice.kind != "ACCREC" or invoice.status not in ("AUTHORISED", "PAID"):
        return errors.validation([{"ValidationErrors": errors.messages([errors.NO_ONLINE])}])
    return call.answer("OnlineInvoices", [{"OnlineInvoiceUrl": online_url(invoice)}])


def online_url(invoice: Invoice) -> str:
    """A stable address that looks like Xero's and names no real invoice."""
    return f"https://in.xero.com/{invoice.id.replace('-', '')}SANDBOX"


def find(books: Books, key: str) -> Invoice | None:
    """By id or by number; a sales invoice before a bill of the same number (reported)."""
    if reading.is_guid(key):
        return books.invoices.get(key.lower())
    number = fold(key)
    return books.invoices.first("number", number) or books.invoices.first("any number", number)


def listed(
    books: Books, invoice: Invoice, places: int, lines: bool, summary: bool = False
) -> dict[str, Any]:
    credited = open_credits.inside_invoice(books, invoice) if invoice.amount_credited else {}
    return {
        **_head(invoice),
        "Payments": None if summary else _payments(books, invoice),
        "CreditNotes": None if summary else credited.get("CreditNotes", []),
        "Prepayments": None if summary else credited.get("Prepayments", []),
        "Overpayments": None if summary else credited.get("Overpayments", []),
        **_amounts(invoice, ZERO if invoice.status in _CLOSED else invoice.amount_due),
        "AmountCredited": invoice.amount_credited,
        **_marks(invoice),
        "HasAttachments": bool(books.attachments.get(invoice.id)),
        "InvoiceAddresses": [],
        "HasErrors": False,
        "InvoicePaymentServices": [],
        "UpdatedDateUTCString": wire.instant_string(invoice.updated),
        "Contact": contacts.thin(contact_of(books, invoice)),
        **_dates(invoice),
        "LineItems": [line_of_list(line, places) for line in invoice.lines] if lines else [],
        **_totals(invoice),
    }


def single(books: Books, invoice: Invoice, places: int) -> dict[str, Any]:
    due = ZERO if invoice.status in _CLOSED else invoice.amount_due
    return _full(books, invoice, places, due, attachments=True)


def written(books: Books, invoice: Invoice, places: int) -> dict[str, Any]:
    """The answer to a write. A void leaves AmountDue standing in it, unlike in lists (recorded)."""
    return _full(books, invoice, places, invoice.amount_due, attachments=False)


def inside_payment(books: Books, invoice: Invoice, with_payments: bool) -> dict[str, Any]:
    """The document of a single payment (Xero-OpenAPI 16.1)."""
    return {
        **_head(invoice),
        "Payments": (_payments(books, invoice) or None) if with_payments else None,
        **_credits(books, invoice),
        **_amounts(invoice, invoice.amount_due),
        "AmountCredited": invoice.amount_credited or None,
        **_marks(invoice),
        "HasErrors": False,
        "InvoicePaymentServices": [],
        "Contact": contacts.thin(contact_of(books, invoice)),
        **_dates(invoice),
        "LineItems": [line_alone(line, 2) for line in invoice.lines],
        **_totals(invoice),
        "UpdatedDateUTCString": wire.instant_string(invoice.updated),
    }


def _full(
    books: Books, invoice: Invoice, places: int, due: Any, attachments: bool
) -> dict[str, Any]:
    return {
        **_head(invoice),
        "Payments": _payments(books, invoice) or None,
        **_credits(books, invoice),
        **_amounts(invoice, due),
        "AmountCredited": invoice.amount_credited or None,
        **_marks(invoice),
        "HasAttachments": bool(books.attachments.get(invoice.id)) if attachments else None,
        "HasErrors": False,
        "Attachments": attached(books, "Invoices", invoice.id) if attachments else None,
        "InvoicePaymentServices": [],
        "UpdatedDateUTCString": wire.instant_string(invoice.updated),
        "Contact": contacts.embedded(books, invoice.contact_id),
        **_dates(invoice),
        "LineItems": [line_alone(line, places) for line in invoice.lines],
        **_totals(invoice),
    }


def _head(invoice: Invoice) -> dict[str, Any]:
    return {
        "Type": invoice.kind,
        "InvoiceID": invoice.id,
        "InvoiceNumber": invoice.number,
        "Reference": invoice.reference,
        "Url": invoice.url,
    }


def _credits(books: Books, invoice: Invoice) -> dict[str, Any]:
    """Of a document alone: the credit notes only where there are some (recorded)."""
    credited = open_credits.inside_invoice(books, invoice) if invoice.amount_credited else {}
    return {
        "CreditNotes": credited.get("CreditNotes"),
        "Prepayments": credited.get("Prepayments", []),
        "Overpayments": credited.get("Overpayments", []),
    }


def _amounts(invoice: Invoice, due: Any) -> dict[str, Any]:
    return {"AmountDue": due, "AmountPaid": invoice.amount_paid}


def _marks(invoice: Invoice) -> dict[str, Any]:
    return {
        "SentToContact": invoice.sent if invoice.kind == "ACCREC" else None,
        "CurrencyRate": invoice.currency_rate,
        "IsDiscounted": bool(invoice.total_discount),
    }


def _dates(invoice: Invoice) -> dict[str, Any]:
    dates: dict[str, Any] = {}
    for name, value in (
        ("Date", invoice.date),
        ("DueDate", invoice.due_date),
        ("ExpectedPaymentDate", invoice.expected_date),
        ("PlannedPaymentDate", invoice.planned_date),
    ):
        if value is not None:
            dates[f"{name}String"] = wire.day_string(value)
            dates[name] = value
    dates["BrandingThemeID"] = invoice.theme_id
    dates["Status"] = invoice.status
    dates["LineAmountTypes"] = invoice.line_amount_types
    return dates


def _totals(invoice: Invoice) -> dict[str, Any]:
    return {
        "SubTotal": invoice.sub_total,
        "TotalTax": invoice.total_tax,
        "Total": invoice.total,
        "TotalDiscount": invoice.total_discount or None,
        "UpdatedDateUTC": wire.instant(invoice.updated),
        "CurrencyCode": invoice.currency,
        "FullyPaidOnDate": invoice.fully_paid_on,
    }


def _payments(books: Books, invoice: Invoice) -> list[dict[str, Any]]:
    """The living payments, thin and in the order they were made."""
    return [
        {
            "PaymentID": payment.id,
            "BatchPaymentID": payment.batch_id,
            "Date": payment.date,
            "Amount": payment.amount,
            "Reference": payment.reference,
            "CurrencyRate": payment.currency_rate,
            "HasAccount": False,
            "HasValidationErrors": False,
        }
        for payment in books.payments.find("invoice", invoice.id)
        if payment.status != "DELETED"
    ]


def _parameter_tests(call: Call) -> list[Any]:
    tests: list[Any] = []
    statuses = reading.parameter_list(call.request, "Statuses")
    if statuses is not None:
        wanted = {status.upper() for status in statuses}
        tests.append(lambda invoice: invoice.status in wanted)
    contact_ids = reading.parameter_list(call.request, "ContactIDs")
    if contact_ids is not None:
        ids = {contact_id.lower() for contact_id in contact_ids}
        tests.append(lambda invoice: invoice.contact_id in ids)
    numbers = reading.parameter_list(call.request, "InvoiceNumbers")
    if numbers is not None:
        folded = {fold(number) for number in numbers}
        tests.append(lambda invoice: fold(invoice.number) in folded)
    if reading.parameter_flag(call.request, "createdByMyApp"):
        tests.append(lambda invoice: invoice.made_by == call.client_id)
    return tests


def _named(call: Call) -> list[Invoice] | None:
    """The few invoices that numbers or contacts in the parameters leave in question."""
    shelf = call.books.invoices
    if reading.parameter_list(call.request, "IDs") is not None:
        return None
    numbers = reading.parameter_list(call.request, "InvoiceNumbers")
    if numbers is not None:
        keys = dict.fromkeys(fold(number) for number in numbers)
        return [invoice for key in keys for invoice in shelf.find("any number", key)]
    contact_ids = reading.parameter_list(call.request, "ContactIDs")
    if contact_ids is not None:
        ids = dict.fromkeys(contact_id.lower() for contact_id in contact_ids)
        return [invoice for key in ids for invoice in shelf.find("contact", key)]
    return None


def _list(books: Books) -> listing.Listing[Invoice]:
    """The list, with the fields that only the contact knows."""
    of_contact = {
        "Contact.Name": listing.Field(lambda i: contact_of(books, i).name),
        "Contact.ContactNumber": listing.Field(lambda i: contact_of(books, i).number),
    }
    return replace(INVOICE_LIST, fields={**INVOICE_LIST.fields, **of_contact})


def contact_of(books: Books, invoice: Invoice) -> Contact:
    return books.contacts[invoice.contact_id]


def _search(invoice: Invoice, term: str) -> bool:
    return any(term in place.casefold() for place in (invoice.number, invoice.reference))


INVOICE_LIST = listing.Listing[Invoice](
    plural="Invoices",
    fields={
        "InvoiceID": listing.Field(lambda i: i.id, "guid", "id"),
        "InvoiceNumber": listing.Field(lambda i: i.number, index="any number"),
        "Reference": listing.Field(lambda i: i.reference, index="reference"),
        "Type": listing.Field(lambda i: i.kind),
        "Status": listing.Field(lambda i: i.status),
        "Contact.ContactID": listing.Field(lambda i: i.contact_id, "guid", "contact"),
        "Date": listing.Field(lambda i: i.date, "date"),
        "DueDate": listing.Field(lambda i: i.due_date, "date"),
        "ExpectedPaymentDate": listing.Field(lambda i: i.expected_date, "date"),
        "PlannedPaymentDate": listing.Field(lambda i: i.planned_date, "date"),
        "FullyPaidOnDate": listing.Field(lambda i: i.fully_paid_on, "date"),
        "AmountDue": listing.Field(lambda i: i.amount_due, "number"),
        "AmountPaid": listing.Field(lambda i: i.amount_paid, "number"),
        "AmountCredited": listing.Field(lambda i: i.amount_credited, "number"),
        "SubTotal": listing.Field(lambda i: i.sub_total, "number"),
        "TotalTax": listing.Field(lambda i: i.total_tax, "number"),
        "Total": listing.Field(lambda i: i.total, "number"),
        "CurrencyCode": listing.Field(lambda i: i.currency),
        "CurrencyRate": listing.Field(lambda i: i.currency_rate, "number"),
        "LineAmountTypes": listing.Field(lambda i: i.line_amount_types),
        "SentToContact": listing.Field(lambda i: i.sent, "bool"),
        "BrandingThemeID": listing.Field(lambda i: i.theme_id, "guid"),
        "Url": listing.Field(lambda i: i.url),
        "UpdatedDateUTC": listing.Field(lambda i: i.updated, "instant"),
    },
    optimised=frozenset(
        {
            "status",
            "contact.contactid",
            "contact.name",
            "contact.contactnumber",
            "reference",
            "invoicenumber",
            "invoiceid",
            "type",
            "date",
            "duedate",
            "amountdue",
            "amountpaid",
        }
    ),
    id_parameter="IDs",
    pages_when=("page", "pageSize", "Statuses"),
    search=_search,
)
