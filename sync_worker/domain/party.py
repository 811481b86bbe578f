"""A party: whoever the CRM says an invoice is for, and the contact that stands for it in Xero."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from sync_worker.domain.ids import SalesforceId, XeroId


@dataclass(frozen=True, slots=True)
class Address:
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A participant or plan manager as the CRM knows it. Empty text means the CRM does not know."""

    id: SalesforceId
    sobject: str
    """The CRM object it is a row of, as this org names it: where its Xero id is written back."""
    name: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    account_number: str = ""
    """A stable number that no relative shares (the NDIS number), kept in Xero's AccountNumber."""
    address: Address = field(default_factory=Address)
    xero_id: XeroId | None = None


class Standing(StrEnum):
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    GDPR = "GDPRREQUEST"


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as Xero knows it, as far as we look."""

    id: XeroId
    name: str
    standing: str = Standing.ACTIVE
    number: str = ""
    """Xero's ContactNumber: the CRM id, where we or another integration put one."""
    account_number: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    address: Address = field(default_factory=Address)
    merged_into: XeroId | None = None


def ledger_name(name: str) -> str:
    """A name as Xero accepts it: no angle brackets, no leading, trailing or doubled spaces, at most 255 characters."""
    return re.sub(r"\s+", " ", re.sub(r"[<>]", " ", name)).strip()[:255].rstrip()


def same_name(one: str, other: str) -> bool:
    return ledger_name(one).casefold() == ledger_name(other).casefold()


def second_factor(party: Party, contact: Contact) -> bool:
    """Whether something besides the name says that both are one. A stable number decides where both have one; else the
    e-mail address. Families share phones and addresses, so those never count."""
    if party.account_number and contact.account_number:
        return party.account_number == contact.account_number
    return bool(party.email) and party.email.casefold() == contact.email.casefold()


def differences(party: Party, contact: Contact) -> dict[str, str | Address]:
    """What we own and would change on the contact, by field. An empty CRM value never overwrites, and a name is changed
    only on a contact that carries our number: nobody else's contact is renamed."""
    wanted: dict[str, str | Address] = {
        "email": party.email,
        "phone": party.phone,
        "account_number": party.account_number,
    }
    if contact.number == party.id:
        wanted |= {
            "name": ledger_name(party.name),
            "first_name": party.first_name,
            "last_name": party.last_name,
        }
    elif not contact.number:
        wanted["number"] = party.id
    if party.address != Address():
        wanted["address"] = party.address
    return {
        name: value for name, value in wanted.items() if value and value != getattr(contact, name)
    }
