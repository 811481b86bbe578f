"""Bulk API 2.0: rows in and out as CSV, by the same rules as one at a time."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from sync_worker.sandbox.http import Clock, Response
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from tests.sandbox.salesforce.conftest import METADATA, Client

Rows = list[dict[str, str]]


def rows_of(response: Response, delimiter: str = ",") -> Rows:
    assert response.status == 200, response.body
    assert response.headers["Content-Type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(response.body.decode()), delimiter=delimiter))


def opened(client: Client, operation: str, sobject: str, **more: Any) -> dict[str, Any]:
    order = {"operation": operation, "object": sobject, "contentType": "CSV", **more}
    response = client.call("POST", "jobs/ingest", order)
    assert response.status == 200, response.body
    job: dict[str, Any] = response.json()
    return job


def put(client: Client, job: str, text: str) -> Response:
    headers = {"authorization": f"Bearer {client.token}", "content-type": "text/csv"}
    return client.raw("PUT", f"{client.base}/jobs/ingest/{job}/batches", text.encode(), headers)


def ingest(client: Client, operation: str, sobject: str, text: str, **more: Any) -> dict[str, Any]:
    """The whole way of a job; its description when it is over."""
    job = opened(client, operation, sobject, **more)["id"]
    assert put(client, job, text).status == 201
    assert client.call("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"}).status == 200
    told: dict[str, Any] = client.call("GET", f"jobs/ingest/{job}").json()
    return told


def outcome(client: Client, job: str, which: str) -> Rows:
    return rows_of(client.call("GET", f"jobs/ingest/{job}/{which}"))


def query(client: Client, text: str, operation: str = "query", **more: Any) -> str:
    response = client.call("POST", "jobs/query", {"operation": operation, "query": text, **more})
    assert response.status == 200, response.body
    return str(response.json()["id"])


def test_a_new_job_says_where_its_rows_go(client: Client) -> None:
    job = opened(client, "insert", "account")
    assert (job["state"], job["object"], job["apiVersion"]) == ("Open", "Account", 63.0)
    assert job["contentUrl"] == f"services/data/v63.0/jobs/ingest/{job['id']}/batches"
    assert job["id"].startswith("750")


def test_rows_are_inserted_and_told_apart(client: Client) -> None:
    text = (
        'Name,Invoice_Date__c,Status__c,Description__c\n"A, b",2026-01-02,,"two\nlines"\nB,,Odd,\n'
    )
    told = ingest(client, "insert", "Invoice__c", text)
    assert (told["state"], told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (
        "JobComplete",
        2,
        1,
    )
    (good,) = outcome(client, told["id"], "successfulResults")
    assert (good["sf__Created"], good["Name"]) == ("true", "A, b")
    saved = client.read("Invoice__c", good["sf__Id"])
    assert (saved["Status__c"], saved["Description__c"]) == ("Entered", "two\nlines")
    (bad,) = outcome(client, told["id"], "failedResults")
    assert bad["sf__Error"] == (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:Status: bad value for restricted picklist field:"
        " Odd:Status__c --"
    )
    assert outcome(client, told["id"], "unprocessedrecords") == []


def test_upserts_find_parents_and_themselves_by_external_ids(client: Client) -> None:
    client.create("Invoice__c", Finance_External_ID__c="inv-1")
    text = (
        "Finance_External_ID__c,Invoice__r.Finance_External_ID__c,Payment_Amount__c,Include__c\n"
        "p1,inv-1,10.50,1\np2,inv-9,3,1\np1,inv-1,4,1\n"
    )
    told = ingest(
        client, "upsert", "Payment__c", text, externalIdFieldName="Finance_External_ID__c"
    )
    errors = [each["sf__Error"] for each in outcome(client, told["id"], "failedResults")]
    assert errors[0].startswith("INVALID_FIELD:Foreign key external ID: inv-9 not found")
    assert errors[1].startswith("DUPLICATE_VALUE:Duplicate external id specified: p1")
    amounts = client.records("SELECT Total_Payment_Amount__c FROM Invoice__c")
    assert amounts == [{"Total_Payment_Amount__c": 10.5}]
    text = "Finance_External_ID__c,Payment_Amount__c,Include__c\np1,#N/A,\n"
    again = ingest(
        client, "upsert", "Payment__c", text, externalIdFieldName="Finance_External_ID__c"
    )
    assert outcome(client, again["id"], "successfulResults")[0]["sf__Created"] == "false"
    assert client.records("SELECT Payment_Amount__c, Include__c FROM Payment__c") == [
        {"Payment_Amount__c": None, "Include__c": True}
    ]


def test_rows_are_changed_and_deleted_by_id(client: Client) -> None:
    made = client.create("Account", Name="Old")
    told = ingest(client, "update", "Account", f"Id,Name\n{made},New\n001000000000000AAA,X\n")
    assert client.read("Account", made)["Name"] == "New"
    assert told["numberRecordsFailed"] == 1
    gone = ingest(client, "delete", "Account", f"Id\n{made}\n")
    assert outcome(client, gone["id"], "successfulResults")[0]["sf__Id"] == made
    assert client.call("GET", f"sobjects/Account/{made}").status == 404


def test_line_endings_and_delimiters_are_as_agreed(client: Client) -> None:
    more = {"lineEnding": "CRLF", "columnDelimiter": "SEMICOLON"}
    told = ingest(client, "insert", "Account", "Name;Phone\r\nA;1\r\n", **more)
    response = client.call("GET", f"jobs/ingest/{told['id']}/successfulResults")
    assert response.body.startswith(b'"sf__Id";"sf__Created";"Name";"Phone"\r\n')
    failed = ingest(client, "insert", "Account", "Name\r\nA\r\n")
    assert (failed["state"], failed["errorMessage"]) == (
        "Failed",
        "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
    )
    assert outcome(client, failed["id"], "unprocessedrecords") == []


def test_a_column_that_is_none_fails_the_job(client: Client) -> None:
    failed = ingest(client, "insert", "Account", "Name,Colour__c\nA,red\n")
    assert failed["state"] == "Failed"
    assert failed["errorMessage"] == "InvalidBatch : Field name not found : Colour__c"
    assert [each["Name"] for each in outcome(client, failed["id"], "unprocessedrecords")] == ["A"]
    missing = ingest(client, "update", "Account", "Name\nA\n")
    assert missing["errorMessage"] == "InvalidBatch : Field name not found : Id"


def test_a_value_of_the_wrong_type_fails_its_row(client: Client) -> None:
    told = ingest(client, "insert", "Contact", "LastName,Birthdate\nA,soon\n")
    (bad,) = outcome(client, told["id"], "failedResults")
    assert bad["sf__Error"] == (
        "INVALID_TYPE_ON_FIELD_IN_RECORD:Birthdate: value not of required type: soon:Birthdate --"
    )


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"operation": "insert", "object": "Nope"}, "INVALIDENTITY"),
        ({"operation": "inject", "object": "Account"}, "INVALIDJOB"),
        ({"operation": "upsert", "object": "Account"}, "INVALIDJOB"),
        ({"operation": "insert", "object": "Account", "lineEnding": "CR"}, "INVALIDJOB"),
    ],
)
def test_orders_that_make_no_sense_are_refused(
    client: Client, order: dict[str, str], code: str
) -> None:
    assert client.refused("POST", "jobs/ingest", order)["errorCode"] == code


def test_a_job_takes_its_time_and_can_be_aborted(clock: Clock) -> None:
    client = Client(SalesforceOrg(clock, metadata=METADATA, bulk_s=10))
    waiting = ingest(client, "insert", "Account", "Name\nA\n")
    assert waiting["state"] == "UploadComplete"
    clock.advance(11)
    assert client.call("GET", f"jobs/ingest/{waiting['id']}").json()["state"] == "JobComplete"
    job = opened(client, "insert", "Account")["id"]
    put(client, job, "Name\nB\n")
    second = put(client, job, "Name\nC\n").json()[0]
    assert "Found multiple contents for job" in second["message"]
    aborted = client.call("PATCH", f"jobs/ingest/{job}", {"state": "Aborted"}).json()
    assert aborted["state"] == "Aborted"
    assert [each["Name"] for each in outcome(client, job, "unprocessedrecords")] == ["B"]
    assert client.call("DELETE", f"jobs/ingest/{job}").status == 204
    assert client.call("GET", f"jobs/ingest/{job}").status == 404
    listed = client.call("GET", "jobs/ingest").json()["records"]
    assert [each["id"] for each in listed] == [waiting["id"]]


def test_a_job_can_come_with_its_rows(client: Client) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="job"\r\nContent-Type: application/json\r\n\r\n'
        b'{"object":"Account","operation":"insert","contentType":"CSV"}\r\n'
        b'--b\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n'
        b"Content-Type: text/csv\r\n\r\nName\nA\nB\n\r\n--b--\r\n"
    )
    headers = {
        "authorization": f"Bearer {client.token}",
        "content-type": 'multipart/form-data; boundary="b"',
    }
    job = client.raw("POST", f"{client.base}/jobs/ingest", body, headers).json()
    assert job["state"] == "UploadComplete"
    assert len(outcome(client, job["id"], "successfulResults")) == 2


def test_a_query_gives_its_rows_page_by_page(client: Client) -> None:
    contact = client.create("Contact", LastName="Alder")
    client.create("Invoice__c", Name="A", Participant__c=contact, Total_Amount__c=10)
    client.create("Invoice__c", Name="B")
    client.create("Invoice__c", Name="C")
    job = query(
        client, "SELECT Name, Participant__r.Name, total_amount__c, CreatedDate FROM Invoice__c"
    )
    told = client.call("GET", f"jobs/query/{job}").json()
    assert (told["state"], told["numberRecordsProcessed"]) == ("JobComplete", 3)
    first = client.call("GET", f"jobs/query/{job}/results?maxRecords=2")
    assert first.headers["Sforce-NumberOfRecords"] == "2"
    assert rows_of(first)[0] == {
        "Name": "A",
        "Participant__r.Name": "Alder",
        "Total_Amount__c": "10.0",
        "CreatedDate": "2026-03-04T12:00:00.000Z",
    }
    locator = first.headers["Sforce-Locator"]
    last = client.call("GET", f"jobs/query/{job}/results?maxRecords=2&locator={locator}")
    assert (rows_of(last)[0]["Name"], last.headers["Sforce-Locator"]) == ("C", "null")


def test_a_query_of_all_rows_sees_the_recycle_bin(client: Client) -> None:
    made = client.create("Account", Name="A")
    client.call("DELETE", f"sobjects/Account/{made}")
    job = query(client, "SELECT Name, IsDeleted FROM Account", "queryAll", columnDelimiter="PIPE")
    found = rows_of(client.call("GET", f"jobs/query/{job}/results"), "|")
    assert found == [{"Name": "A", "IsDeleted": "true"}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Id FORM Account", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) FROM Account", "API_ERROR"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR"),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 5", "API_ERROR"),
        ("SELECT Colour__c FROM Account", "INVALID_FIELD"),
    ],
)
def test_queries_that_bulk_does_not_take_are_refused(client: Client, text: str, code: str) -> None:
    order = {"operation": "query", "query": text}
    assert client.refused("POST", "jobs/query", order)["errorCode"] == code


def test_results_come_when_the_query_is_over(clock: Clock) -> None:
    client = Client(SalesforceOrg(clock, metadata=METADATA, bulk_s=10))
    job = query(client, "SELECT Id FROM Account")
    assert client.call("GET", f"jobs/query/{job}/results").status == 400
    told = client.call("PATCH", f"jobs/query/{job}", {"state": "Aborted"}).json()
    assert told["state"] == "Aborted"
    assert client.call("DELETE", f"jobs/query/{job}").status == 204


def test_jobs_count_towards_limits_of_their_own(client: Client) -> None:
    query(client, "SELECT Id FROM Account")
    opened(client, "insert", "Account")
    told = client.call("GET", "limits").json()
    assert told["DailyBulkV2QueryJobs"] == {"Max": 10000, "Remaining": 9999}
    assert told["DailyBulkApiBatches"] == {"Max": 15000, "Remaining": 14999}
