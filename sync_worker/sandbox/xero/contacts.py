"""Contacts as Xero shows them: in full inside a written document, listed, and thin inside a list of documents.

A contact made through the API has empty text where one typed in by a person has nothing at all; phones and addresses
come in fixed slots, in one order after a write and another in lists (all recorded).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Raw

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import errors, listing, reading, wire
from sync_worker.sandbox.xero.arithmetic import ZERO
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.records import Contact
from sync_worker.sandbox.xero.where import fold

PHONE_FIELDS = ("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode")
ADDRESS_FIELDS = (
    "AddressLine1",
    "AddressLine2",
    "AddressLine3",
    "AddressLine4",
    "City",
    "Region",
    "PostalCode",
    "Country",
    "AttentionTo",
)
_ALWAYS_IN_ADDRESS = frozenset({"City", "Region", "PostalCode", "Country"})
_WRITTEN_PHONES = ("DEFAULT", "DDI", "FAX", "MOBILE")
_LISTED_PHONES = ("DDI", "DEFAULT", "FAX", "MOBILE")
_ADDRESSES = ("STREET", "POBOX")

Slots = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def get_contacts(call: Call) -> Response:
    """A contact merged away shows where it went only in pages and single reads (Xero-OpenAPI 16.1)."""
    page = listing.page(call, call.books.contacts, CONTACT_LIST)
    pointer = page.pagination is not None
    summary = reading.parameter_flag(call.request, "summaryOnly")
    elements = [listed(call.books, contact, pointer, summary) for contact in page.records]
    return call.answer("Contacts", elements, page.pagination)


def get_contact(call: Call) -> Response:
    """One contact by id, or by ContactNumber, of which the first is given silently."""
    contact = find(call.books, call.segments[1])
    if contact is None:
        raise errors.not_found()
    element = listed(call.books, contact, pointer=True, summary=False)
    flag = element.pop("HasValidationErrors")
    return call.answer("Contacts", [{**element, "Attachments": [], "HasValidationErrors": flag}])


def find(books: Books, key: str) -> Contact | None:
    if reading.is_guid(key):
        return books.contacts.get(key.lower())
    return books.contacts.first("contact number", fold(key))


def written(contact: Contact) -> dict[str, Any]:
    """A contact as a write answers it, and as single documents embed it."""
    return {
        **_identity(contact),
        "Addresses": _slots(contact, "AddressType", _ADDRESSES),
        "Phones": _slots(contact, "PhoneType", _WRITTEN_PHONES),
        "UpdatedDateUTC": wire.instant(contact.updated),
        "ContactGroups": [],
        "IsSupplier": contact.is_supplier,
        "IsCustomer": contact.is_customer,
        "DefaultCurrency": contact.currency,
        "SalesDefaultAccountCode": contact.sales_account,
        "PurchasesDefaultAccountCode": contact.purchases_account,
        "SalesTrackingCategories": [],
        "PurchasesTrackingCategories": [],
        "PaymentTerms": _terms(contact),
        "ContactPersons": _persons(contact),
        "Website": contact.website,
        "HasValidationErrors": False,
    }


def embedded(books: Books, contact_id: str) -> Raw:
    """The contact of a single document, ready-made; rendered anew when the contact has changed."""
    contact = books.contacts[contact_id]
    known = books.rendered.get(contact_id)
    if known is None or known[0] is not contact:
        known = (contact, Raw(wire.dumps(written(contact))))
        books.rendered[contact_id] = known
    return known[1]


def thin(contact: Contact) -> dict[str, Any]:
    """The contact inside a list of documents (recorded)."""
    return {
        "ContactID": contact.id,
        "ContactNumber": contact.number,
        "Name": contact.name,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def listed(books: Books, contact: Contact, pointer: bool, summary: bool) -> dict[str, Any]:
    """A contact in a list. A summary leaves out what has to be worked out (Xero-OpenAPI 16.1)."""
    return {
        **_identity(contact, merged_to=contact.merged_to if pointer else None),
        "Addresses": _slots(contact, "AddressType", _ADDRESSES),
        "Phones": _slots(contact, "PhoneType", _LISTED_PHONES),
        "UpdatedDateUTC": wire.instant(contact.updated),
        "ContactGroups": _groups(books, contact) if len(books.groups) else [],
        "IsSupplier": None if summary else contact.is_supplier,
        "IsCustomer": None if summary else contact.is_customer,
        "DefaultCurrency": contact.currency,
        "SalesDefaultAccountCode": contact.sales_account,
        "PurchasesDefaultAccountCode": contact.purchases_account,
        "PaymentTerms": _terms(contact),
        "Balances": None if summary else _balances(books, contact),
        "ContactPersons": _persons(contact),
        "Website": contact.website,
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


def _groups(books: Books, contact: Contact) -> list[dict[str, Any]]:
    return [
        {
            "ContactGroupID": group.id,
            "Name": group.name,
            "Status": group.status,
            "Contacts": [],
            "HasValidationErrors": False,
        }
        for group in books.groups
        if group.status == "ACTIVE" and contact.id in group.members
    ]


def _identity(contact: Contact, merged_to: str | None = None) -> dict[str, Any]:
    empty = "" if contact.by_api else None
    return {
        "ContactID": contact.id,
        "MergedToContactID": merged_to,
        "ContactNumber": contact.number,
        "AccountNumber": contact.account_number,
        "ContactStatus": contact.status,
        "Name": contact.name,
        "FirstName": contact.first_name,
        "LastName": contact.last_name,
        "CompanyNumber": contact.company_number,
        "EmailAddress": empty if contact.email is None else contact.email,
        "BankAccountDetails": empty if contact.bank_details is None else contact.bank_details,
        "TaxNumber": contact.tax_number,
        "AccountsReceivableTaxType": contact.receivable_tax,
        "AccountsPayableTaxType": contact.payable_tax,
    }


def _slots(contact: Contact, key: str, order: Iterable[str]) -> list[dict[str, str]]:
    addresses = key == "AddressType"
    held: dict[str, dict[str, str]] = {
        kind: dict(fields) for kind, fields in (contact.addresses if addresses else contact.phones)
    }
    always = _ALWAYS_IN_ADDRESS if addresses else frozenset(PHONE_FIELDS)
    names = ADDRESS_FIELDS if addresses else PHONE_FIELDS
    slots = []
    for kind in order:
        values = held.get(kind, {})
        slot = {key: kind}
        for name in names:
            if name in values:
                slot[name] = values[name]
            elif name in always and contact.by_api:
                slot[name] = ""
        slots.append(slot)
    return slots


def _persons(contact: Contact) -> list[dict[str, Any]]:
    return [
        {
            "FirstName": person.first_name,
            "LastName": person.last_name,
            "EmailAddress": person.email,
            "IncludeInEmails": person.include_in_emails,
        }
        for person in contact.persons
    ]


def _terms(contact: Contact) -> dict[str, Any] | None:
    if not contact.terms:
        return None
    return {side: {"Day": day, "Type": kind} for side, day, kind in contact.terms}


def _balances(books: Books, contact: Contact) -> dict[str, Any] | None:
    """What is owed either way; not there at all while nothing is (recorded)."""
    today = books.today()
    sides = {
        "AccountsReceivable": _outstanding(books, contact, "ACCREC", today),
        "AccountsPayable": _outstanding(books, contact, "ACCPAY", today),
    }
    return sides if any(side["Outstanding"] for side in sides.values()) else None


def _outstanding(books: Books, contact: Contact, kind: str, today: date) -> dict[str, Decimal]:
    outstanding = overdue = ZERO
    for invoice in books.invoices.find("contact", contact.id):
        if invoice.kind == kind and invoice.status == "AUTHORISED":
            outstanding += invoice.amount_due
            if invoice.due_date is not None and invoice.due_date < today:
                overdue += invoice.amount_due
    return {"Outstanding": outstanding, "Overdue": overdue}


def _search(contact: Contact, term: str) -> bool:
    """`searchTerm` looks into Name, FirstName, LastName, ContactNumber and EmailAddress (Xero-OpenAPI 16.1)."""
    places = (contact.name, contact.first_name, contact.last_name, contact.number, contact.email)
    return any(term in place.casefold() for place in places if place)


CONTACT_LIST = listing.Listing[Contact](
    plural="Contacts",
    fields={
        "ContactID": listing.Field(lambda c: c.id, "guid", "id"),
        "ContactNumber": listing.Field(lambda c: c.number, index="contact number"),
        "AccountNumber": listing.Field(lambda c: c.account_number, index="account number"),
        "ContactStatus": listing.Field(lambda c: c.status),
        "Name": listing.Field(lambda c: c.name, index="name"),
        "FirstName": listing.Field(lambda c: c.first_name),
        "LastName": listing.Field(lambda c: c.last_name),
        "EmailAddress": listing.Field(lambda c: c.email, index="email"),
        "CompanyNumber": listing.Field(lambda c: c.company_number),
        "TaxNumber": listing.Field(lambda c: c.tax_number),
        "BankAccountDetails": listing.Field(lambda c: c.bank_details),
        "Website": listing.Field(lambda c: c.website),
        "IsCustomer": listing.Field(lambda c: c.is_customer, "bool"),
        "IsSupplier": listing.Field(lambda c: c.is_supplier, "bool"),
        "DefaultCurrency": listing.Field(lambda c: c.currency),
        "UpdatedDateUTC": listing.Field(lambda c: c.updated, "instant"),
    },
    optimised=frozenset({"name", "emailaddress", "accountnumber"}),
    id_parameter="IDs",
    pages_when=("page", "pageSize", "summaryOnly"),
    search=_search,
    hidden=lambda contact: contact.status != "ACTIVE",
)
