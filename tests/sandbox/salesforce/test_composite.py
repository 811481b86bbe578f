"""Several calls in one request."""

from __future__ import annotations

from typing import Any

from tests.sandbox.salesforce.conftest import Client


def sub(client: Client, method: str, path: str, name: str, body: Any = None) -> dict[str, Any]:
    return {"method": method, "url": f"{client.base}/{path}", "referenceId": name, "body": body}


def test_a_later_request_uses_what_an_earlier_one_answered(client: Client) -> None:
    requests = [
        sub(client, "POST", "sobjects/Invoice__c", "inv", {"Name": "I-1"}),
        sub(
            client,
            "POST",
            "sobjects/Payment__c",
            "pay",
            {"Invoice__c": "@{inv.id}", "Payment_Amount__c": 3},
        ),
        sub(client, "GET", "query?q=SELECT+Total_Payment_Amount__c+FROM+Invoice__c", "all"),
        sub(
            client,
            "PATCH",
            "sobjects/Invoice__c/@{inv.id}",
            "done",
            {"Name": "@{all.records[0].Total_Payment_Amount__c}"},
        ),
    ]
    answered = client.call("POST", "composite", {"compositeRequest": requests}).json()[
        "compositeResponse"
    ]
    assert [each["httpStatusCode"] for each in answered] == [201, 201, 200, 204]
    assert answered[2]["body"]["records"][0]["Total_Payment_Amount__c"] == 3.0
    assert client.records("SELECT Name FROM Invoice__c") == [{"Name": "3.0"}]


def test_all_or_none_halts_and_takes_everything_back(client: Client) -> None:
    requests = [
        sub(client, "POST", "sobjects/Invoice__c", "a", {"Name": "I-1"}),
        sub(client, "POST", "sobjects/Payment__c", "b", {"Payment_Amount__c": 3}),
        sub(client, "GET", "limits", "c"),
    ]
    body = {"allOrNone": True, "compositeRequest": requests}
    answered = client.call("POST", "composite", body).json()["compositeResponse"]
    codes = [each["body"][0]["errorCode"] for each in answered]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert client.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 0


def test_a_request_that_leans_on_a_failed_one_is_told_so(client: Client) -> None:
    requests = [
        sub(client, "POST", "sobjects/Invoice__c", "a", {"Status__c": "Bad"}),
        sub(client, "POST", "sobjects/Payment__c", "b", {"Invoice__c": "@{a.id}"}),
    ]
    answered = client.call("POST", "composite", {"compositeRequest": requests}).json()[
        "compositeResponse"
    ]
    assert answered[1]["httpStatusCode"] == 400
    assert answered[1]["body"][0]["message"].startswith("Invalid reference specified.")


def test_a_tree_makes_parents_and_children_or_nothing(client: Client) -> None:
    def tree(amount: object) -> dict[str, Any]:
        child = {
            "attributes": {"type": "Payment__c", "referenceId": "p"},
            "Payment_Amount__c": amount,
        }
        parent = {"attributes": {"type": "Invoice__c", "referenceId": "i"}, "Name": "I"}
        return {"records": [{**parent, "Payments__r": {"records": [child]}}]}

    made = client.call("POST", "composite/tree/Invoice__c", tree(3))
    assert made.status == 201
    assert [each["referenceId"] for each in made.json()["results"]] == ["i", "p"]
    bad = client.call("POST", "composite/tree/Invoice__c", tree("x"))
    assert (bad.status, bad.json()["hasErrors"]) == (400, True)
    assert bad.json()["results"][0]["referenceId"] == "p"
    assert client.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 1


def test_a_batch_answers_each_request_by_itself(client: Client) -> None:
    requests = [{"method": "GET", "url": "v63.0/limits"}, {"method": "GET", "url": "v63.0/nope"}]
    answered = client.call("POST", "composite/batch", {"batchRequests": requests}).json()
    assert [each["statusCode"] for each in answered["results"]] == [200, 404]
    assert answered["hasErrors"] is True


def test_more_than_25_requests_are_refused(client: Client) -> None:
    requests = [sub(client, "GET", "limits", f"r{n}") for n in range(26)]
    assert (
        client.refused("POST", "composite", {"compositeRequest": requests})["errorCode"]
        == "LIMIT_EXCEEDED"
    )
