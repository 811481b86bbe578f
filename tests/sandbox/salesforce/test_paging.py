"""Pages, locators, and how child rows fill a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from tests.sandbox.salesforce.conftest import Client

SOQL = "SELECT Name, (SELECT Name FROM Payments__r) FROM Invoice__c"


def filled(org: SalesforceOrg, invoices: int, payments: int) -> Client:
    ids = org.load("Invoice__c", ({"Name": f"I-{n}"} for n in range(invoices)))
    org.load("Payment__c", ({"Invoice__c": each} for each in ids for _ in range(payments)))
    return Client(org)


def pages(client: Client, answered: dict[str, Any]) -> list[dict[str, Any]]:
    found = [answered]
    while not found[-1]["done"]:
        found.append(client.call("GET", found[-1]["nextRecordsUrl"]).json())
    return found


def test_2000_rows_to_a_page_and_all_of_them_once(org: SalesforceOrg) -> None:
    client = filled(org, 4500, 0)
    found = pages(client, client.query("SELECT Name FROM Invoice__c"))
    assert [len(each["records"]) for each in found] == [2000, 2000, 500]
    assert [each["totalSize"] for each in found] == [4500] * 3
    names = [record["Name"] for page in found for record in page["records"]]
    assert names == [f"I-{n}" for n in range(4500)]
    assert found[0]["nextRecordsUrl"].startswith("/services/data/v63.0/query/01g")
    assert found[0]["nextRecordsUrl"].endswith("-2000")


def test_child_rows_count_towards_the_page(org: SalesforceOrg) -> None:
    client = filled(org, 800, 3)
    found = pages(client, client.query(SOQL))
    assert [len(each["records"]) for each in found] == [500, 300]


def test_a_client_may_ask_for_smaller_pages_down_to_200(org: SalesforceOrg) -> None:
    client = filled(org, 500, 0)
    soql = "SELECT Id FROM Invoice__c"
    sizes = {"batchSize=300": 300, "batchSize=5": 200, "batchSize=9999": 500}
    for asked, size in sizes.items():
        answered = client.query(soql, **{"sforce-query-options": asked})
        assert len(answered["records"]) == size


def test_many_children_have_a_locator_of_their_own(make_org: Callable[..., SalesforceOrg]) -> None:
    client = filled(make_org(child_page_size=2), 2, 5)
    first = client.query(SOQL)["records"][0]["Payments__r"]
    assert (first["totalSize"], first["done"], len(first["records"])) == (5, False, 2)
    names = [each["Name"] for page in pages(client, first) for each in page["records"]]
    assert names == [f"PMNT-000000{n}" for n in range(1, 6)]


def test_a_locator_is_a_snapshot_that_shows_rows_as_they_are_now(
    make_org: Callable[..., SalesforceOrg],
) -> None:
    client = filled(make_org(page_size=2), 4, 0)
    first = client.query("SELECT Id, Name FROM Invoice__c WHERE Finance_External_ID__c = null")
    rest = client.records("SELECT Id FROM Invoice__c ORDER BY Name DESC LIMIT 2")
    client.call("PATCH", f"sobjects/Invoice__c/{rest[0]['Id']}", {"Finance_External_ID__c": "X"})
    client.create("Invoice__c", Name="late")
    second = client.call("GET", first["nextRecordsUrl"]).json()
    assert [each["Name"] for each in second["records"]] == ["I-2", "I-3"]


def test_a_locator_lives_two_days_and_nonsense_never_did(
    make_org: Callable[..., SalesforceOrg], clock: Clock
) -> None:
    client = filled(make_org(page_size=2), 4, 0)
    url = client.query("SELECT Id FROM Invoice__c")["nextRecordsUrl"]
    clock.advance(2 * 86400 + 1)
    client.token = client.sign_in().json()["access_token"]
    for each in (url, f"{client.base}/query/01gnonsense-2"):
        refused = client.refused("GET", each)
        assert (refused["status"], refused["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
        assert refused["message"] == "invalid query locator"


def test_columns_are_described_instead_of_rows_when_asked(org: SalesforceOrg) -> None:
    client = filled(org, 1, 1)
    soql = "SELECT+Id,Participant__r.Name,(SELECT+Name+FROM+Payments__r)+FROM+Invoice__c"
    answered = client.call("GET", f"query?q={soql}&columns=true").json()
    assert (answered["entityName"], answered["idSelected"]) == ("Invoice__c", True)
    shape = [
        (each["columnName"], each["aggregate"], [one["columnName"] for one in each["joinColumns"]])
        for each in answered["columnMetadata"]
    ]
    assert shape == [
        ("Id", False, []),
        ("Participant__r", False, ["Name"]),
        ("Payments__r", True, ["Name"]),
    ]
