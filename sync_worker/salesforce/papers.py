"""What hangs on a bill: the facts of its audit document, and the files of its milestone.

A file is a ContentDocument with versions; a ContentDocumentLink says on which record it stands (Object reference v68).
Links are asked for by the records they lead to, since Salesforce answers no other question about them; the bytes of a
version have an address of their own, and are fetched only when they are to be sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from more_itertools import chunked
from simple_salesforce.format import format_soql

from sync_worker.domain.errors import Rejected
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import SYNCED
from sync_worker.domain.paper import Audit, Billed, File
from sync_worker.salesforce.client import ID_LIST, Row, SalesforceClient
from sync_worker.salesforce.milestones import APPLICATION, CALLED, CATEGORY, CONTRACT
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.values import amount, day, instant

NO_FILES = "SNOTE", "LINK"
"""Kinds of file that have no bytes to send: notes, which people write for each other, and links to other places."""
BILLED = "Approved", "Part Paid", "Paid"
"""Statuses of a milestone whose bill is complete, for an org that goes without the sync state."""
APPLICANTS = "Applicant__c", "Applicant_Contact__c"


class SalesforcePapers:
    """ports.CrmPapers on a real org."""

    def __init__(self, client: SalesforceClient, names: Names) -> None:
        self._client = client
        self._milestone = names.of(CALLED.sobject)
        self._contract = names.of(CONTRACT)
        self._application = names.of(APPLICATION)
        self._select = self._selection()

    def billed_since(self, since: dt.datetime) -> Iterator[Billed]:
        changed = format_soql("LastModifiedDate > {}", since)
        return self._billed(f"{changed} ORDER BY LastModifiedDate, Id")

    def billed(self, bills: Sequence[XeroId]) -> list[Billed]:
        field = self._milestone("Finance_External_ID__c")
        return [
            one
            for part in chunked(bills, ID_LIST)
            for one in self._billed(field + format_soql(" IN {}", part))
        ]

    def numbered(self, number: str) -> list[Billed]:
        return list(self._billed(format_soql("Name = {}", number)))

    def files(self, milestones: Sequence[SalesforceId]) -> list[File]:
        rows = [
            row
            for part in chunked(milestones, ID_LIST)
            for row in self._client.rows(
                "SELECT Id, LinkedEntityId, ContentDocument.Title, ContentDocument.FileExtension, "
                "ContentDocument.FileType, ContentDocument.ContentSize, ContentDocument.CreatedDate, "
                "ContentDocument.LatestPublishedVersionId FROM ContentDocumentLink "
                + format_soql("WHERE LinkedEntityId IN {}", part)
            )
            if row["ContentDocument"].get("FileType") not in NO_FILES
        ]
        rows.sort(key=lambda row: (row["ContentDocument"]["CreatedDate"], row["Id"]))
        return [_file(row) for row in rows]

    def content(self, file: File) -> bytes:
        """Held against its size: a page that says sorry, with status 200, must not become somebody's invoice."""
        content = self._client.content(f"sobjects/ContentVersion/{file.version}/VersionData")
        if len(content) != file.size:
            raise Rejected([f"{len(content)} bytes came of a file of {file.size}"])
        return content

    # Reading ----------------------------------------------------------------------------------

    def _selection(self) -> str:
        field, contract = self._milestone, self._milestone.parent(CONTRACT)
        application = self._milestone.parent(APPLICATION)
        columns = [
            "Id",
            "Name",
            "LastModifiedDate",
            *field.present(
                "Title__c",
                "Amount__c",
                "Bill_Date__c",
                "Approved_At__c",
                "Approved_By__c",
                "Finance_External_ID__c",
                "Xero_Bill_Number__c",
                "Finance_Synced_At__c",
            ),
            f"{contract}.Name",
            *(f"{contract}.{name}" for name in self._contract.present("Start_Date__c")),
            *(f"{contract}.{self._contract.parent(one)}.Name" for one in APPLICANTS),
            *(f"{application}.{self._application.parent(one)}.Name" for one in APPLICANTS),
            f"{field.parent(CATEGORY)}.Name",
        ]
        ready = [f"{field('Finance_External_ID__c')} != null"]
        if state := field("Finance_Sync_State__c"):
            ready.append(format_soql(f"{state} = {{}}", SYNCED))
        else:
            ready.append(field("Status__c") + format_soql(" IN {}", list(BILLED)))
        if exempt := field("Exempt_from_Sync__c"):
            ready.append(f"{exempt} = false")
        return f"SELECT {', '.join(columns)} FROM {field.api_name} WHERE {' AND '.join(ready)} AND "

    def _billed(self, condition: str) -> Iterator[Billed]:
        return (self._translated(row) for row in self._client.rows(self._select + condition))

    def _translated(self, row: Row) -> Billed:
        field = self._milestone
        contract = row.get(field.parent(CONTRACT)) or {}
        category = row.get(field.parent(CATEGORY)) or {}
        xero_id = XeroId(row[field("Finance_External_ID__c")].lower())
        audit = Audit(
            milestone=row["Name"],
            title=row.get(field("Title__c")) or "",
            applicant=self._applicant(row),
            contract=contract.get("Name") or "",
            category=category.get("Name") or "",
            amount=amount(row.get(field("Amount__c"))),
            currency="",
            approved_at=instant(row.get(field("Approved_At__c"))),
            approved_by=str(row.get(field("Approved_By__c")) or ""),
            bill=row.get(field("Xero_Bill_Number__c")) or "",
            bill_date=day(row.get(field("Bill_Date__c")))
            or day(contract.get(self._contract("Start_Date__c"))),
            xero_id=xero_id,
            billed_at=instant(row.get(field("Finance_Synced_At__c"))),
        )
        modified_at = dt.datetime.fromisoformat(row["LastModifiedDate"])
        return Billed(SalesforceId(row["Id"]), xero_id, modified_at, audit)

    def _applicant(self, row: Row) -> str:
        """In the order in which the bill's payee is chosen (milestones.py)."""
        for fields, lookup in ((self._contract, CONTRACT), (self._application, APPLICATION)):
            parent = row.get(self._milestone.parent(lookup)) or {}
            for applicant in APPLICANTS:
                if party := parent.get(fields.parent(applicant)):
                    return str(party["Name"])
        return ""


def _file(row: Row) -> File:
    document = row["ContentDocument"]
    return File(
        link=SalesforceId(row["Id"]),
        milestone=SalesforceId(row["LinkedEntityId"]),
        version=SalesforceId(document["LatestPublishedVersionId"]),
        title=document.get("Title") or "",
        extension=document.get("FileExtension") or "",
        size=int(document.get("ContentSize") or 0),
    )
