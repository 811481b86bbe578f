"""Files as the platform keeps them: a version comes in, its document and links come of it, the bytes go out again."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from tests.sandbox.salesforce.conftest import Client

BYTES = b"%PDF-1.7\n\x00\xff a tax invoice \r\n%%EOF"


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def uploaded(client: Client, content: bytes = BYTES, **values: Any) -> dict[str, Any]:
    """The version as it reads afterwards."""
    given = {"PathOnClient": "Invoice 12.pdf", "VersionData": text(content), **values}
    return client.read("ContentVersion", client.create("ContentVersion", **given))


def links_of(client: Client, record: str) -> list[dict[str, Any]]:
    soql = (
        "SELECT ContentDocumentId, ShareType, Visibility FROM ContentDocumentLink"
        f" WHERE LinkedEntityId = '{record}'"
    )
    return client.records(soql)


def test_a_version_is_described_by_its_bytes_and_its_path(client: Client) -> None:
    version = uploaded(client)
    assert version["ContentSize"] == len(BYTES)
    assert isinstance(version["ContentSize"], int)
    assert version["Checksum"] == hashlib.md5(BYTES, usedforsecurity=False).hexdigest()
    assert (version["Title"], version["FileExtension"], version["FileType"]) == (
        "Invoice 12",
        "pdf",
        "PDF",
    )
    assert (version["VersionNumber"], version["IsLatest"]) == ("1", True)


def test_the_bytes_are_read_at_the_address_that_stands_in_their_place(client: Client) -> None:
    version = uploaded(client)
    address = f"/services/data/v63.0/sobjects/ContentVersion/{version['Id']}/VersionData"
    assert version["VersionData"] == address
    soql = f"SELECT VersionData FROM ContentVersion WHERE Id = '{version['Id']}'"
    assert client.records(soql) == [{"VersionData": address}]
    answered = client.call("GET", address)
    assert (answered.status, answered.body) == (200, BYTES)
    assert answered.headers["Content-Type"] == "application/octetstream"


def test_bytes_stay_what_they_were_in_a_store_on_disk(
    make_org: Callable[..., SalesforceOrg], tmp_path: Any
) -> None:
    client = Client(make_org(store=tmp_path))
    milestone = client.create("Milestone__c", Name="M-1")
    version = uploaded(client, FirstPublishLocationId=milestone)
    assert client.call("GET", version["VersionData"]).body == BYTES
    (link,) = links_of(client, milestone)
    assert link["ContentDocumentId"] == version["ContentDocumentId"]
    soql = f"SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{milestone}'"
    assert client.read("ContentDocumentLink", client.records(soql)[0]["Id"])["ShareType"] == "V"


def test_a_file_published_at_a_milestone_is_linked_to_it_and_to_its_owner(client: Client) -> None:
    milestone = client.create("Milestone__c", Name="M-1")
    version = uploaded(client, FirstPublishLocationId=milestone)
    document = version["ContentDocumentId"]
    linked = {"ContentDocumentId": document, "ShareType": "V", "Visibility": "AllUsers"}
    assert links_of(client, milestone) == [linked]
    assert [each["ShareType"] for each in links_of(client, version["OwnerId"])] == ["I"]
    latest = client.read("ContentDocument", document)
    assert (latest["LatestPublishedVersionId"], latest["Title"]) == (version["Id"], "Invoice 12")


def test_a_file_can_be_linked_afterwards_and_is_found_below_the_record(client: Client) -> None:
    milestone, version = client.create("Milestone__c", Name="M-1"), uploaded(client)
    client.create(
        "ContentDocumentLink",
        ContentDocumentId=version["ContentDocumentId"],
        LinkedEntityId=milestone,
        ShareType="V",
    )
    soql = (
        "SELECT Id, (SELECT ContentDocument.LatestPublishedVersionId, ContentDocument.Title"
        " FROM ContentDocumentLinks) FROM Milestone__c"
    )
    (found,) = client.records(soql)
    (link,) = found["ContentDocumentLinks"]["records"]
    assert link["ContentDocument"]["LatestPublishedVersionId"] == version["Id"]


def test_a_new_version_takes_the_place_of_the_old_one(client: Client) -> None:
    first = uploaded(client)
    second = uploaded(client, b"corrected", ContentDocumentId=first["ContentDocumentId"])
    soql = "SELECT Id, VersionNumber FROM ContentVersion WHERE IsLatest = true"
    assert client.records(soql) == [{"Id": second["Id"], "VersionNumber": "2"}]
    document = client.read("ContentDocument", first["ContentDocumentId"])
    assert document["LatestPublishedVersionId"] == second["Id"]
    assert client.call("GET", first["VersionData"]).body == BYTES


@pytest.mark.parametrize(
    "clause",
    ["", " WHERE ShareType = 'V'", " WHERE ShareType = 'V' OR LinkedEntityId = '001000000000001'"],
)
def test_links_are_never_asked_for_all_at_once(client: Client, clause: str) -> None:
    refused = client.query(f"SELECT Id FROM ContentDocumentLink{clause}")[0]
    assert refused["errorCode"] == "MALFORMED_QUERY"
    assert "requires a filter by a single Id on ContentDocumentId" in refused["message"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"PathOnClient": "a.pdf"}, "REQUIRED_FIELD_MISSING"),
        ({"VersionData": "YQ=="}, "REQUIRED_FIELD_MISSING"),
        ({"PathOnClient": "a.pdf", "VersionData": "not base64"}, "INVALID_BASE64"),
        (
            {
                "PathOnClient": "a.pdf",
                "VersionData": "YQ==",
                "FirstPublishLocationId": "001000000000001",
            },
            "INVALID_CROSS_REFERENCE_KEY",
        ),
    ],
)
def test_a_file_that_is_not_whole_leaves_nothing_behind(
    client: Client, values: dict[str, str], code: str
) -> None:
    assert client.refused("POST", "sobjects/ContentVersion", values)["errorCode"] == code
    assert client.query("SELECT COUNT() FROM ContentDocument")["totalSize"] == 0


def test_a_document_is_not_made_by_hand_and_its_bytes_are_not_searched(client: Client) -> None:
    refused = client.refused("POST", "sobjects/ContentDocument", {"Title": "A"})
    assert refused["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    answered = client.query("SELECT Id FROM ContentVersion WHERE VersionData = 'a'")
    assert "can not be filtered" in answered[0]["message"]


def test_a_file_goes_off_a_record_with_the_record_and_stays_a_file(
    client: Client, org: SalesforceOrg
) -> None:
    milestone = client.create("Milestone__c", Name="M-1")
    version = uploaded(client, FirstPublishLocationId=milestone)
    org.remove("Milestone__c", milestone)
    assert links_of(client, milestone) == []
    assert client.call("GET", version["VersionData"]).body == BYTES


def test_the_integration_user_reads_files_though_no_permission_set_names_them(
    make_org: Callable[..., SalesforceOrg],
) -> None:
    org = make_org(permission_set="Finance_Grants_Integration")
    milestone = org.save("Milestone__c", {"Name": "M-1"})
    file = {"PathOnClient": "a.txt", "VersionData": text(b"a"), "FirstPublishLocationId": milestone}
    org.save("ContentVersion", file)
    client = Client(org)
    (link,) = links_of(client, milestone)
    soql = (
        "SELECT Title, VersionData FROM ContentVersion WHERE IsLatest = true"
        f" AND ContentDocumentId = '{link['ContentDocumentId']}'"
    )
    (version,) = client.records(soql)
    assert client.call("GET", version["VersionData"]).body == b"a"


def test_a_link_may_lead_anywhere_and_says_so(client: Client) -> None:
    fields = client.call("GET", "sobjects/ContentDocumentLink/describe").json()["fields"]
    entity = next(each for each in fields if each["name"] == "LinkedEntityId")
    assert entity["polymorphicForeignKey"] is True
    assert {"Milestone__c", "Account", "User"} <= set(entity["referenceTo"])
    assert "ContentVersion" not in entity["referenceTo"]
