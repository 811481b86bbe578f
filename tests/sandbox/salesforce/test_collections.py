"""Up to 200 rows in one call, each with its own result."""

from __future__ import annotations

from typing import Any

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from tests.sandbox.salesforce.conftest import Client


def invoices(*rows: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"records": [{"attributes": {"type": "Invoice__c"}, **row} for row in rows], **options}


def test_good_rows_stay_and_bad_rows_are_told(client: Client) -> None:
    body = invoices({"Name": "a"}, {"Status__c": "Bad"}, {"Name": "c"})
    results = client.call("POST", "composite/sobjects", body).json()
    assert [each["success"] for each in results] == [True, False, True]
    assert results[1]["errors"] == [
        {
            "statusCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "message": "Status: bad value for restricted picklist field: Bad",
            "fields": ["Status__c"],
        }
    ]
    assert "id" not in results[1]
    assert client.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 2


def test_all_or_none_takes_the_good_rows_back(client: Client) -> None:
    body = invoices({"Name": "a"}, {"Status__c": "Bad"}, allOrNone=True)
    results = client.call("POST", "composite/sobjects", body).json()
    assert [each["errors"][0]["statusCode"] for each in results] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    ]
    assert client.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 0


def test_rolled_back_rows_leave_the_unique_index_and_the_roll_ups_as_they_were(
    client: Client,
) -> None:
    invoice = client.create("Invoice__c")
    good = {"Finance_External_ID__c": "p", "Invoice__c": invoice, "Payment_Amount__c": 5}
    client.upsert_many("Payment__c", good, {"Finance_External_ID__c": "q"}, allOrNone=True)
    assert client.read("Invoice__c", invoice)["Total_Payment_Amount__c"] == 0.0
    assert client.upsert_many("Payment__c", good)[0]["created"] is True


def test_upsert_creates_changes_and_refuses_the_second_of_two_equal_ids(client: Client) -> None:
    invoice = client.create("Invoice__c")
    row = {"Finance_External_ID__c": "p", "Invoice__c": invoice, "Payment_Amount__c": 5}
    first = client.upsert_many("Payment__c", row, {**row, "Finance_External_ID__c": "P"})
    assert first[0]["created"] is True
    assert first[1]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    again = client.upsert_many("Payment__c", {**row, "Payment_Amount__c": 6})
    assert (again[0]["id"], again[0]["created"]) == (first[0]["id"], False)
    assert client.read("Invoice__c", invoice)["Total_Payment_Amount__c"] == 6.0


def test_change_takes_id_in_either_spelling_and_tells_ids_that_are_not_there(
    client: Client,
) -> None:
    made = client.create("Invoice__c")
    body = invoices(
        {"id": made, "Name": "a"}, {"Id": f"{made[:3]}000000000009AAA"}, {"id": "nonsense"}, {}
    )
    results = client.call("PATCH", "composite/sobjects", body).json()
    assert [
        each.get("errors", [{}])[:1] and each["errors"][0]["statusCode"] for each in results[1:]
    ] == [
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "MISSING_ARGUMENT",
    ]
    assert client.read("Invoice__c", made)["Name"] == "a"


def test_201_rows_are_refused_as_a_whole(client: Client) -> None:
    refused = client.refused(
        "POST", "composite/sobjects", invoices(*({"Name": "a"} for _ in range(201)))
    )
    assert refused["errorCode"] == "EXCEEDED_ID_LIMIT"
    assert (
        refused["message"]
        == "record limit reached. cannot submit more than 200 records into this call"
    )


def test_delete_and_retrieve_answer_in_the_order_asked(client: Client) -> None:
    first, second = client.create("Invoice__c", Name="1"), client.create("Invoice__c", Name="2")
    asked = (
        f"composite/sobjects/Invoice__c?ids={second},{first[:3]}000000000009AAA,{first}&fields=name"
    )
    found = client.call("GET", asked).json()
    assert [each and each["Name"] for each in found] == ["2", None, "1"]
    body = {"ids": [first], "fields": ["Name"]}
    assert client.call("POST", "composite/sobjects/Invoice__c", body).json()[0]["Name"] == "1"
    gone = client.call("DELETE", f"composite/sobjects?ids={first},{first}").json()
    assert [each["success"] for each in gone] == [True, False]
    assert gone[1]["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"


def test_a_locked_row_fails_alone(client: Client, org: SalesforceOrg) -> None:
    first, second = client.create("Invoice__c"), client.create("Invoice__c")
    org.lock_rows([second])
    body = invoices({"id": first, "Name": "a"}, {"id": second, "Name": "b"})
    results = client.call("PATCH", "composite/sobjects", body).json()
    assert results[0]["success"]
    assert results[1]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


def test_unknown_types_and_records_without_one_are_told_row_by_row(client: Client) -> None:
    body = {"records": [{"attributes": {"type": "Nope"}}, {"Name": "x"}]}
    results = client.call("POST", "composite/sobjects", body).json()
    assert [each["errors"][0]["statusCode"] for each in results] == ["INVALID_TYPE", "INVALID_TYPE"]
