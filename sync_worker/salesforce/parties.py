"""People (Contact) and organisations (Account) of the CRM, and the Xero id written back to them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.party import Address, Party
from sync_worker.ports import RowRefusal
from sync_worker.salesforce.client import Row, SalesforceClient
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.writes import rewritten


class PartyFields:
    """Which fields make a party, and how a nested row becomes one."""

    def __init__(self, names: Names) -> None:
        self._contact = names.of("Contact")
        self._account = names.of("Account")

    def person(self, path: str, *own_fields: str) -> list[str]:
        """With the Xero id, and further fields of ours where they are asked for."""
        own = self._contact.present("Finance_External_ID__c", *own_fields)
        standard = ["Id", "Name", "FirstName", "LastName", "Email", "Phone", "MobilePhone"]
        return [f"{path}.{field}" for field in (*standard, *_address("Mailing"), *own)]

    def organisation(self, path: str) -> list[str]:
        own = self._account.present("Finance_External_ID__c", "Finance_Email__c")
        return [f"{path}.{field}" for field in ("Id", "Name", "Phone", *_address("Billing"), *own)]

    def party(self, row: Row | None, sobject: str) -> Party | None:
        if not row:
            return None
        if sobject == "Contact":
            finance_id = row.get(self._contact("Finance_External_ID__c"))
            email, number = row.get("Email"), row.get(self._contact("NDIS_Number__c"))
            kind = "Mailing"
        else:
            finance_id = row.get(self._account("Finance_External_ID__c"))
            email, number = row.get(self._account("Finance_Email__c")), None
            kind = "Billing"
        return Party(
            id=SalesforceId(row["Id"]),
            sobject=sobject,
            name=row.get("Name") or "",
            first_name=row.get("FirstName") or "",
            last_name=row.get("LastName") or "",
            email=email or "",
            phone=row.get("Phone") or row.get("MobilePhone") or "",
            account_number=number or "",
            address=Address(*(row.get(field) or "" for field in _address(kind))),
            xero_id=XeroId(finance_id.lower()) if finance_id else None,
        )


class SalesforceParties:
    """ports.CrmParties on a real org."""

    def __init__(self, client: SalesforceClient, names: Names) -> None:
        self._client = client
        self._names = names

    def write_ids(self, links: Sequence[tuple[Party, XeroId]]) -> list[RowRefusal]:
        by_object = groupby(
            sorted(links, key=lambda link: link[0].sobject), lambda link: link[0].sobject
        )
        return [
            refusal
            for sobject, members in by_object
            for refusal in self._write(sobject, list(members))
        ]

    def _write(self, sobject: str, links: list[tuple[Party, XeroId]]) -> list[RowRefusal]:
        field = self._names.field(sobject, "Finance_External_ID__c")
        if not field:
            return []

        def write(links: Sequence[tuple[Party, XeroId]]) -> list[RowRefusal]:
            records = [{"Id": party.id, field: xero_id} for party, xero_id in links]
            results = self._client.update(sobject, records)
            return [
                RowRefusal(record["Id"], result.code, result.message)
                for record, result in zip(records, results, strict=True)
                if not result.success
            ]

        return rewritten(write, links, lambda link: link[0].id)


def _address(kind: str) -> tuple[str, ...]:
    return tuple(kind + part for part in ("Street", "City", "State", "PostalCode", "Country"))
