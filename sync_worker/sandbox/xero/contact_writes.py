"""Creating, updating and archiving contacts, alone or in passing inside a document.

PUT refuses a name or number that is taken; POST silently updates whoever holds it (reported from a live probe).
Archived contacts cannot be edited, nor brought back, and keep their ContactNumber (recorded).
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import contacts, errors, reading, wire, writes
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Contact, ContactPerson
from sync_worker.sandbox.xero.where import fold

CONTACTS = writes.Kind("Contacts", "HasValidationErrors")
_STATUSES = {"ACTIVE": "ACTIVE", "ARCHIVED": "ARCHIVED", "GDPRREQUEST": "GDPRREQUEST"}
_TERMS = {
    "DAYSAFTERBILLDATE": "DAYSAFTERBILLDATE",
    "DAYSAFTERBILLMONTH": "DAYSAFTERBILLMONTH",
    "OFCURRENTMONTH": "OFCURRENTMONTH",
    "OFFOLLOWINGMONTH": "OFFOLLOWINGMONTH",
}
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")

_TEXTS = {  # record field: (member, longest)
    "number": ("ContactNumber", 50),
    "account_number": ("AccountNumber", 50),
    "name": ("Name", 255),
    "first_name": ("FirstName", 255),
    "last_name": ("LastName", 255),
    "company_number": ("CompanyNumber", 50),
    "email": ("EmailAddress", 255),
    "bank_details": ("BankAccountDetails", 255),
    "tax_number": ("TaxNumber", 50),
    "receivable_tax": ("AccountsReceivableTaxType", 50),
    "payable_tax": ("AccountsPayableTaxType", 50),
    "sales_account": ("SalesDefaultAccountCode", 50),
    "purchases_account": ("PurchasesDefaultAccountCode", 50),
    "website": ("Website", 2000),
    "currency": ("DefaultCurrency", 3),
}


def put_contacts(call: Call) -> Response:
    def create(sent: Sent) -> dict[str, Any]:
        return contacts.written(save(call.books, sent, None))

    return writes.write(call, CONTACTS, create)


def post_contacts(call: Call) -> Response:
    def update_or_create(sent: Sent) -> dict[str, Any]:
        return contacts.written(save(call.books, sent, _meant(call.books, sent)))

    return writes.write(call, CONTACTS, update_or_create)


def post_contact(call: Call) -> Response:
    existing = contacts.find(call.books, call.segments[1])
    if existing is None:
        raise errors.not_found()

    def update(sent: Sent) -> dict[str, Any]:
        return contacts.written(save(call.books, sent, existing))

    return writes.write(call, CONTACTS, update)


def save(books: Books, sent: Sent, existing: Contact | None) -> Contact:
    """Create or update one contact. What is not sent stays; phones and addresses are merged by their type."""
    if existing is not None and existing.status == "ARCHIVED":
        echo = _echo(sent, existing.id)
        raise Invalid([errors.CONTACT_ARCHIVED], {**echo, "Name": echo["Name"] or existing.name})
    changes = _changes(sent, existing)
    name = changes.get("name", existing.name if existing else None)
    problems = [] if name else [errors.CONTACT_UNNAMED]
    problems += _problems(books, changes, existing)
    if problems:
        raise Invalid(problems, _echo(sent, existing.id if existing else wire.EMPTY_GUID))
    now = books.now()
    if existing is None:
        changes["status"] = "ACTIVE"  # a contact cannot be made archived; unsettled
        contact = Contact(id=books.new_id(), updated=now, created=now, by_api=True, **changes)
        books.note(contact.id, "Created", f"{contact.name} was created.")
    else:
        contact = replace(existing, updated=now, **changes)
        change = "Archived" if contact.status != existing.status else "Edited"
        books.note(contact.id, change, f"{contact.name} was {change.lower()}.")
    books.contacts.put(contact)
    return contact


def of_document(books: Books, sent: Sent | None, held: Contact | None) -> Contact:
    """The contact a document is for: the one it has, one found by id, number or name, or one made in passing.

    Members beside the identifying ones update the contact, and persons not listed are dropped (Xero's invoices page).
    """
    if not sent:
        if held is None:
            raise Invalid([errors.CONTACT_NEEDED])
        return held
    contact_id = reading.guid(sent, "contactid")
    number, name = reading.text(sent, "contactnumber"), reading.text(sent, "name")
    if contact_id and contact_id != wire.EMPTY_GUID:
        contact = books.contacts.get(contact_id)
        if contact is None:
            raise Invalid([errors.CONTACT_UNKNOWN])
    elif number or name:
        contact = _by_number_or_name(books, number, name)
    else:
        raise Invalid([errors.CONTACT_UNNAMED])
    if contact is not None and contact.status == "ARCHIVED":
        raise Invalid([errors.DOCUMENT_CONTACT_ARCHIVED])
    if contact is None:
        return save(books, sent, None)
    return save(books, sent, contact) if _says_more(sent, contact) else contact


def _says_more(sent: Sent, contact: Contact) -> bool:
    if len(sent) == 1:
        return False
    changes = _changes(sent, contact)
    changes.pop("status", None)
    return any(getattr(contact, field) != value for field, value in changes.items())


def _meant(books: Books, sent: Sent) -> Contact | None:
    """Whom a POST is about. An id nobody has ends the whole call with 404 (recorded)."""
    contact_id = reading.guid(sent, "contactid")
    if contact_id and contact_id != wire.EMPTY_GUID:
        contact = books.contacts.get(contact_id)
        if contact is None:
            raise errors.not_found()
        return contact
    return _by_number_or_name(
        books, reading.text(sent, "contactnumber"), reading.text(sent, "name")
    )


def _by_number_or_name(books: Books, number: str | None, name: str | None) -> Contact | None:
    if number and (contact := books.contacts.first("contact number", fold(number))):
        return contact
    return books.contacts.first("active name", fold(_tidy(name))) if name else None


def _tidy(name: str) -> str:
    return " ".join(name.split(" ")).strip() if "  " not in name else " ".join(name.split())


def _changes(sent: Sent, existing: Contact | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for field, (member, _) in _TEXTS.items():
        value = reading.text(sent, member.lower())
        if value is not None:
            changes[field] = value or (None if field in ("number", "currency") else "")
    if changes.get("name"):
        changes["name"] = _tidy(changes["name"])
    elif "name" in changes:
        del changes["name"]  # a name cannot be emptied
    status = reading.word(sent, "contactstatus", _STATUSES, "ContactStatus")
    if status:
        changes["status"] = status
    phones, addresses = reading.records(sent, "phones"), reading.records(sent, "addresses")
    if phones:
        held = existing.phones if existing else ()
        changes["phones"] = _merged(held, phones, "phonetype", contacts.PHONE_FIELDS, "DEFAULT")
    if addresses:
        held = existing.addresses if existing else ()
        changes["addresses"] = _merged(
            held, addresses, "addresstype", contacts.ADDRESS_FIELDS, "POBOX"
        )
    persons = reading.records(sent, "contactpersons")
    if persons is not None:
        changes["persons"] = tuple(_person(person) for person in persons)
    terms = reading.record(sent, "paymentterms")
    if terms:
        changes["terms"] = _payment_terms(terms)
    return changes


def _merged(
    held: contacts.Slots, sent: list[Sent], type_member: str, fields: tuple[str, ...], usual: str
) -> contacts.Slots:
    slots = {kind: dict(values) for kind, values in held}
    for slot in sent:
        kind = (reading.text(slot, type_member) or usual).upper()
        values = slots.setdefault(kind, {})
        for field in fields:
            value = reading.text(slot, field.lower())
            if value is not None:
                values[field] = value
    return tuple((kind, tuple(values.items())) for kind, values in slots.items())


def _person(sent: Sent) -> ContactPerson:
    return ContactPerson(
        reading.text(sent, "firstname") or "",
        reading.text(sent, "lastname") or "",
        reading.text(sent, "emailaddress") or "",
        reading.flag(sent, "includeinemails") or False,
    )


def _payment_terms(sent: Sent) -> tuple[tuple[str, int, str], ...]:
    terms = []
    for side in ("Bills", "Sales"):
        term = reading.record(sent, side.lower())
        day = reading.number(term, "day") if term else None
        kind = reading.word(term, "type", _TERMS, "PaymentTermType") if term else None
        if day is not None and kind is not None:
            terms.append((side, int(day), kind))
    return tuple(terms)


def _problems(books: Books, changes: dict[str, Any], existing: Contact | None) -> list[str]:
    problems = [
        errors.TOO_LONG.format(field=member, limit=longest)
        for field, (member, longest) in _TEXTS.items()
        if len(changes.get(field) or "") > longest
    ]
    name, number, email = (changes.get(field) for field in ("name", "number", "email"))
    if name and ("<" in name or ">" in name):
        problems.append(errors.NAME_SHAPE)
    if name and _another(books, "active name", name, existing):
        problems.append(errors.NAME_TAKEN.format(name=name))
    if number and _another(books, "contact number", number, existing):
        problems.append(errors.CONTACT_NUMBER_TAKEN.format(number=number))
    if email and not _EMAIL.fullmatch(email):
        problems.append(errors.EMAIL_SHAPE)
    if len(changes.get("persons", ())) > 5:
        problems.append(errors.FIVE_PERSONS)
    currency = changes.get("currency")
    if currency and currency.upper() not in books.currencies:
        problems.append(errors.CURRENCY_UNKNOWN.format(code=currency))
    return problems


def _another(books: Books, lookup: str, key: str, existing: Contact | None) -> bool:
    held = books.contacts.first(lookup, fold(key))
    return held is not None and (existing is None or held.id != existing.id)


def _echo(sent: Sent, contact_id: str) -> dict[str, Any]:
    """A refused contact as it comes back: what was sent, under the id or the empty one (recorded)."""
    texts = {
        member: reading.text(sent, member.lower())
        for member, _ in _TEXTS.values()
        if member not in ("Website", "DefaultCurrency")
    }
    number, account_number = texts.pop("ContactNumber"), texts.pop("AccountNumber")
    return {
        "ContactID": contact_id,
        "ContactNumber": number,
        "AccountNumber": account_number,
        "ContactStatus": reading.text(sent, "contactstatus"),
        **texts,
        "Addresses": _echoed(sent, "addresses", "AddressType", contacts.ADDRESS_FIELDS),
        "Phones": _echoed(sent, "phones", "PhoneType", contacts.PHONE_FIELDS),
        "ContactGroups": [],
        "IsSupplier": reading.flag(sent, "issupplier"),
        "IsCustomer": reading.flag(sent, "iscustomer"),
        "ContactPersons": [],
        "HasValidationErrors": True,
    }


def _echoed(sent: Sent, name: str, kind: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            **{field: reading.text(slot, field.lower()) for field in (kind, *fields)},
            "ValidationErrors": [],
        }
        for slot in reading.records(sent, name) or ()
    ]
