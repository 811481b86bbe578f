"""Small print of the REST API: whole addresses, tags, relationship addresses, limits of composites, packed answers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from tests.sandbox.salesforce.conftest import Client

ADDRESS = {"BillingStreet": "1 High St", "BillingCity": "Perth", "BillingCountry": "Australia"}


def test_a_whole_address_is_read_beside_its_parts(client: Client) -> None:
    made = client.create("Account", Name="A", **ADDRESS)
    whole = client.read("Account", made)["BillingAddress"]
    assert whole == {
        "city": "Perth",
        "country": "Australia",
        "geocodeAccuracy": None,
        "latitude": None,
        "longitude": None,
        "postalCode": None,
        "state": None,
        "street": "1 High St",
    }
    soql = "SELECT BillingAddress, BillingCity FROM Account"
    assert client.records(soql) == [{"BillingAddress": whole, "BillingCity": "Perth"}]
    contact = client.create("Contact", LastName="B", AccountId=made)
    soql = "SELECT MailingAddress, Account.BillingAddress FROM Contact"
    record = client.records(soql)[0]
    assert (record["MailingAddress"], record["Account"]["BillingAddress"]) == (None, whole)
    assert client.read("Contact", contact)["MailingAddress"] is None


def test_a_whole_address_can_be_neither_written_nor_filtered(client: Client) -> None:
    body = {"Name": "A", "BillingAddress": {"city": "Perth"}}
    refused = client.refused("POST", "sobjects/Account", body)
    assert refused["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    for clause in ("WHERE BillingAddress = 'a'", "ORDER BY BillingAddress"):
        answered = client.query(f"SELECT Id FROM Account {clause}")
        assert "'BillingAddress' can not be" in answered[0]["message"]


def test_an_address_is_described_with_its_parts(client: Client) -> None:
    fields = {
        each["name"]: each
        for each in client.call("GET", "sobjects/Account/describe").json()["fields"]
    }
    whole, city = fields["BillingAddress"], fields["BillingCity"]
    assert (whole["type"], whole["soapType"], whole["createable"], whole["filterable"]) == (
        "address",
        "urn:address",
        False,
        False,
    )
    assert (whole["compoundFieldName"], city["compoundFieldName"]) == (None, "BillingAddress")


def test_a_tag_tells_whether_an_account_has_changed(client: Client) -> None:
    path = f"sobjects/Account/{client.create('Account', Name='A')}"
    first = client.call("GET", path).headers["ETag"]
    assert client.call("GET", path, headers={"if-none-match": first}).status == 304
    assert client.call("PATCH", path, {"Name": "B"}, {"if-match": first}).status == 204
    second = client.call("GET", path).headers["ETag"]
    assert second != first
    late = client.call("PATCH", path, {"Name": "C"}, {"if-match": first})
    assert (late.status, late.json()[0]["errorCode"]) == (412, "PRECONDITION_FAILED")
    assert client.call("DELETE", path, headers={"if-match": first}).status == 412
    assert client.call("DELETE", path, headers={"if-match": f"{first}, {second}"}).status == 204


def test_only_accounts_have_tags(client: Client) -> None:
    path = f"sobjects/Contact/{client.create('Contact', LastName='A')}"
    assert "ETag" not in client.call("GET", path).headers
    assert client.call("PATCH", path, {"LastName": "B"}, {"if-match": '"x"'}).status == 204


def test_relationships_are_followed_by_address(client: Client) -> None:
    contact = client.create("Contact", LastName="Alder")
    invoice = client.create("Invoice__c", Name="A", Participant__c=contact)
    payments = [
        client.create("Payment__c", Invoice__c=invoice, Payment_Amount__c=n) for n in (1, 2)
    ]
    parent = client.call(
        "GET", f"sobjects/Invoice__c/{invoice}/Participant__r?fields=LastName"
    ).json()
    assert (parent["LastName"], parent["attributes"]["type"]) == ("Alder", "Contact")
    children = client.call("GET", f"sobjects/Invoice__c/{invoice}/Payments__r").json()
    assert [each["Id"] for each in children["records"]] == payments
    assert client.call("GET", f"sobjects/Invoice__c/{invoice}/Plan_Manager__r").status == 404
    assert client.call("GET", f"sobjects/Invoice__c/{invoice}/Nothing__r").status == 404


def test_details_come_out_of_the_recycle_bin_with_their_master(
    org: SalesforceOrg, client: Client
) -> None:
    invoice = client.create("Invoice__c", Total_Amount__c=10)
    payments = [
        client.create("Payment__c", Invoice__c=invoice, Payment_Amount__c=n) for n in (1, 2)
    ]
    org.remove("Payment__c", payments[0])
    org.remove("Invoice__c", invoice)
    assert client.records("SELECT Id FROM Payment__c") == []
    org.restore("Invoice__c", invoice)
    assert client.records("SELECT Id FROM Payment__c") == [{"Id": payments[1]}]
    assert client.read("Invoice__c", invoice)["Total_Payment_Amount__c"] == 2.0


def asking(client: Client, count: int, url: str) -> dict[str, Any]:
    requests = [
        {"method": "GET", "url": f"{client.base}/{url}", "referenceId": f"r{n}"}
        for n in range(count)
    ]
    return {"compositeRequest": requests}


def test_a_composite_takes_25_calls_of_which_5_may_be_queries(client: Client) -> None:
    query = "query?q=SELECT+Id+FROM+Account"
    assert client.call("POST", "composite", asking(client, 5, query)).status == 200
    refused = client.refused("POST", "composite", asking(client, 6, query))
    assert (refused["errorCode"], "limit of 5: 6" in refused["message"]) == ("LIMIT_EXCEEDED", True)
    assert client.call("POST", "composite", asking(client, 25, "limits")).status == 200
    assert client.refused("POST", "composite", asking(client, 26, "limits"))["status"] == 400


def test_answers_are_packed_for_whoever_takes_that(make_org: Callable[..., SalesforceOrg]) -> None:
    client = Client(make_org(gzip=True))
    response = client.call("GET", "sobjects", headers={"accept-encoding": "gzip, deflate"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(response.body))["encoding"] == "UTF-8"
    assert "Content-Encoding" not in client.call("GET", "sobjects").headers


def test_a_head_has_no_body(client: Client) -> None:
    response = client.call("HEAD", "sobjects/Account/describe")
    assert (response.status, response.body) == (200, b"")


def test_too_many_calls_at_once_are_refused(make_org: Callable[..., SalesforceOrg]) -> None:
    client = Client(make_org(concurrent_limit=25))
    client.org.in_flight = 26
    refused = client.refused("GET", "limits")
    assert (refused["status"], refused["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert refused["message"].startswith("ConcurrentRequests")
    client.org.in_flight = 25
    assert client.call("GET", "limits").status == 200


@pytest.mark.parametrize("path", ["sobjects", "sobjects/Invoice__c/describe"])
def test_what_is_known_of_the_schema_need_not_be_told_again(client: Client, path: str) -> None:
    for since, status in (
        ("Wed, 04 Mar 2026 12:00:00 GMT", 304),
        ("Wed, 04 Mar 2026 11:59:59 GMT", 200),
    ):
        assert client.call("GET", path, headers={"if-modified-since": since}).status == status


def test_places_that_hold_nothing_here_say_so_as_the_platform_does(client: Client) -> None:
    assert client.call("GET", "recent").json() == []
    refused = client.refused("GET", "tooling/query?q=SELECT+Id+FROM+ApexClass")
    assert (refused["errorCode"], "'ApexClass' is not supported" in refused["message"]) == (
        "INVALID_TYPE",
        True,
    )
