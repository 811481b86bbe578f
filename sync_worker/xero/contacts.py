"""Contacts in Xero: found by id, by our number, by name; made and changed fifty at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from more_itertools import chunked

from sync_worker.domain.batch import Done, Frozen, Outcome, Refused, Unanswered
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.party import Address, Contact, Party, ledger_name
from sync_worker.xero.client import XeroClient
from sync_worker.xero.frozen import freeze
from sync_worker.xero.wire import ContactElement, elements

IDS_IN_A_CALL = 40
"""Ids in one address: about 2 KB of it."""
TERMS_IN_A_CALL = 20
PATH = "Contacts?summarizeErrors=false"
HOPS = 5
"""Merges of merges worth following."""


class XeroContacts:
    """ports.LedgerContacts."""

    def __init__(self, client: XeroClient) -> None:
        self._client = client

    def by_id(self, ids: Sequence[XeroId]) -> dict[XeroId, Contact]:
        found = self._by_id(ids)
        answer = dict(found)
        for _ in range(HOPS):
            onward = {
                asked: contact.merged_into
                for asked, contact in answer.items()
                if contact.merged_into
            }
            if not onward:
                break
            targets = self._by_id(list(dict.fromkeys(onward.values())))
            answer |= {asked: targets[to] for asked, to in onward.items() if to in targets}
            answer = {k: v for k, v in answer.items() if k not in onward or onward[k] in targets}
        return answer

    def by_number(self, records: Sequence[SalesforceId]) -> dict[SalesforceId, Contact]:
        where = (
            " OR ".join(f'ContactNumber=="{record}"' for record in part)
            for part in chunked(records, TERMS_IN_A_CALL)
        )
        return {
            SalesforceId(contact.number): contact
            for one in where
            for contact in self._listed(where=one, include_archived=True)
        }

    def named(self, names: Sequence[str]) -> list[Contact]:
        where = (
            " OR ".join(f"Name=={_quoted(ledger_name(name))}" for name in part)
            for part in chunked(names, TERMS_IN_A_CALL)
        )
        return [contact for one in where for contact in self._listed(where=one)]

    def prepare_new(self, parties: Sequence[tuple[Party, int]]) -> Frozen:
        return freeze(
            "PUT",
            PATH,
            "Contacts",
            [(party.id, _new(party)) for party, _ in parties],
            tenant=self._client.tenant(),
            salt=",".join(str(generation) for _, generation in parties),
        )

    def prepare_changes(self, changes: Sequence[tuple[Party, XeroId, Mapping[str, Any]]]) -> Frozen:
        return freeze(
            "POST",
            PATH,
            "Contacts",
            [
                (party.id, {"ContactID": contact, **_fields(what)})
                for party, contact, what in changes
            ],
            tenant=self._client.tenant(),
            keyed=False,
        )

    def _by_id(self, ids: Sequence[XeroId]) -> dict[XeroId, Contact]:
        return {
            contact.id: contact
            for part in chunked(ids, IDS_IN_A_CALL)
            for contact in self._listed(i_ds=list(part), include_archived=True)
        }

    def _listed(self, **asked: Any) -> Iterator[Contact]:
        """Asked page by page, since only paged answers name what a merged contact was merged into."""
        body = self._client.read(
            lambda api, tenant: api.get_contacts(
                tenant, page=1, page_size=1000, _preload_content=False, **asked
            )
        )
        return (ContactElement.read(one).contact() for one in elements(body, "Contacts"))


def outcomes(frozen: Frozen, body: Mapping[str, Any]) -> list[Outcome]:
    """What came of each contact. Matched by ContactNumber or ContactID, never by its place in the list."""
    answered: dict[str, ContactElement] = {}
    sent = _sent(frozen)
    by_id = {element.get("ContactID"): record for record, element in sent.items()}
    for one in elements(body, "Contacts"):
        element = ContactElement.model_validate(one)
        record = (
            by_id.get(element.ContactID) if element.ContactID in by_id else element.ContactNumber
        )
        if record in sent:
            answered[str(record)] = element
    return [_outcome(record, answered.get(record)) for record in frozen.records]


def _outcome(record: SalesforceId, element: ContactElement | None) -> Outcome:
    if element is None:
        return Unanswered(record)
    if element.refused:
        return Refused(record, element.messages)
    if not element.ContactID:
        return Unanswered(record)
    return Done(
        record, XeroId(element.ContactID), element.ContactNumber, element.ContactStatus, None
    )


def _sent(frozen: Frozen) -> dict[SalesforceId, Mapping[str, Any]]:
    return dict(zip(frozen.records, json.loads(frozen.body)["Contacts"], strict=True))


def _new(party: Party) -> dict[str, Any]:
    return {
        "Name": ledger_name(party.name),
        "ContactNumber": party.id,
        **_fields(
            {
                "first_name": party.first_name,
                "last_name": party.last_name,
                "email": party.email,
                "phone": party.phone,
                "account_number": party.account_number,
                "address": party.address,
            }
        ),
    }


_NAMES = {
    "name": "Name",
    "number": "ContactNumber",
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "EmailAddress",
    "account_number": "AccountNumber",
}


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the CRM knows: an empty value is left out, so that it never overwrites."""
    fields = {_NAMES[name]: value for name, value in values.items() if name in _NAMES and value}
    if phone := values.get("phone"):
        fields["Phones"] = [{"PhoneType": "DEFAULT", "PhoneNumber": phone}]
    address = values.get("address")
    if isinstance(address, Address) and address != Address():
        fields["Addresses"] = [
            {
                "AddressType": "STREET",
                "AddressLine1": address.street,
                "City": address.city,
                "Region": address.region,
                "PostalCode": address.postcode,
                "Country": address.country,
            }
        ]
    return fields


def _quoted(text: str) -> str:
    """A text in a where clause; a quotation mark inside it is doubled, anything else is a QueryParseException."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
