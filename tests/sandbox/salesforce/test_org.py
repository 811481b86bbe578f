"""Routes, versions, budgets, describe, permissions and namespaces."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync_worker.sandbox.http import Clock, Request
from sync_worker.sandbox.salesforce.ids import full_id
from sync_worker.sandbox.salesforce.org import ORG_ID, SalesforceOrg
from tests.sandbox.salesforce.conftest import Client


def test_ids_have_a_checksum_and_their_capitals_can_be_repaired() -> None:
    assert full_id("00D5g000004SbxA") == ORG_ID
    assert full_id("001D000000IqhSL") == "001D000000IqhSLIAZ"
    assert full_id("001d000000iqhsliaz") == "001D000000IqhSLIAZ"
    assert full_id("001D000000IqhSLAAA") is not None
    assert full_id("short") is None


def test_versions_are_told_without_signing_in(client: Client) -> None:
    listed = client.raw("GET", "/services/data").json()
    assert listed[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}
    labels = {each["version"]: each["label"] for each in listed}
    assert (labels["63.0"], labels["64.0"], labels["65.0"]) == (
        "Spring '25",
        "Summer '25",
        "Winter '26",
    )


def test_retired_versions_are_gone_and_unknown_ones_were_never_there(client: Client) -> None:
    assert client.call("GET", "/services/data/v31.0/limits").status == 200
    assert client.call("GET", "/services/data/v30.0/limits").status == 410
    for version in ("v69.0", "vX", "63"):
        assert client.call("GET", f"/services/data/{version}/limits").status == 404


def test_unknown_places_and_wrong_methods_are_told(client: Client) -> None:
    assert client.refused("GET", "nope") == {
        "status": 404,
        "message": "The requested resource does not exist",
        "errorCode": "NOT_FOUND",
    }
    refused = client.refused("POST", "limits", {})
    assert (refused["status"], refused["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    assert client.refused("GET", "sobjects/Nope/describe")["status"] == 404


def test_bad_json_is_told_with_its_place(client: Client) -> None:
    sent = {"authorization": f"Bearer {client.token}", "content-type": "application/json"}
    refused = client.raw("POST", f"{client.base}/sobjects/Invoice__c", b'{"Name": x}', sent)
    assert refused.json()[0] == {
        "message": "Unexpected character ('x' (code 120)) at [line:1, column:10]",
        "errorCode": "JSON_PARSER_ERROR",
    }
    form = {**sent, "content-type": "application/x-www-form-urlencoded"}
    assert client.raw("POST", f"{client.base}/sobjects/Invoice__c", b"a=b", form).status == 415


def test_a_post_may_stand_for_a_patch(client: Client) -> None:
    made = client.create("Invoice__c")
    path = f"sobjects/Invoice__c/{made}?_HttpMethod=PATCH"
    assert client.call("POST", path, {"Name": "a"}).status == 204


def test_every_answer_has_the_orgs_time_and_counted_ones_the_usage(client: Client) -> None:
    headers = client.call("GET", "limits").headers
    assert headers["Date"] == "Wed, 04 Mar 2026 12:00:00 GMT"
    assert headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert "Sforce-Limit-Info" not in client.raw("GET", "/services/data").headers


def test_a_spent_day_refuses_until_calls_are_a_day_old(client: Client, clock: Clock) -> None:
    client.org.set_daily_limit(1)
    client.call("GET", "limits")
    refused = client.refused("GET", "limits")
    assert (refused["status"], refused["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert refused["message"] == "TotalRequests Limit exceeded."
    clock.advance(86400 + 60)
    client.token = client.sign_in().json()["access_token"]
    assert client.call("GET", "limits").json()["DailyApiRequests"] == {"Max": 1, "Remaining": 0}


@pytest.mark.parametrize(
    ("kind", "status"),
    [("500", 500), ("503", 503), ("html", 200), ("429_minute", 403), ("429_day", 403),
     ("429_app", 403), ("429_concurrent", 403)],
)  # fmt: skip
def test_faults_look_like_the_platforms(client: Client, kind: str, status: int) -> None:
    refused = client.org.refusal(kind, Request.to("GET", "/"), retry_after=3)
    assert (refused.status, refused.headers["Retry-After"]) == (status, "3")


def test_describe_tells_the_truth_about_fields(client: Client) -> None:
    described = client.call("GET", "sobjects/invoice__c/describe").json()
    fields = {each["name"]: each for each in described["fields"]}
    rolled = fields["Total_Payment_Amount__c"]
    assert (rolled["type"], rolled["calculated"], rolled["createable"], rolled["updateable"]) == (
        "currency", True, False, False,
    )  # fmt: skip
    key = fields["Finance_External_ID__c"]
    assert (key["externalId"], key["unique"], key["caseSensitive"], key["length"]) == (
        True,
        True,
        False,
        36,
    )
    assert fields["Participant__c"]["relationshipName"] == "Participant__r"
    assert [each["value"] for each in fields["Funding_Type__c"]["picklistValues"]] == [
        "Self-Managed", "Plan-Managed", "Agency-Managed",
    ]  # fmt: skip
    children = {
        each["relationshipName"]: each["childSObject"] for each in described["childRelationships"]
    }
    assert children == {
        "Payments__r": "Payment__c",
        "Invoice_Line_Items__r": "Invoice_Line_Item__c",
        "ContentDocumentLinks": "ContentDocumentLink",
        None: "ContentVersion",
    }
    named = [each["name"] for each in client.call("GET", "sobjects").json()["sobjects"]]
    assert {"Account", "Contact", "Invoice__c", "User"} <= set(named)
    brief = client.call("GET", "sobjects/Account").json()
    assert (brief["objectDescribe"]["name"], brief["recentItems"]) == ("Account", [])
    since = {"if-modified-since": "Wed, 04 Mar 2026 12:00:00 GMT"}
    assert client.call("GET", "sobjects/Account/describe", None, since).status == 304


def test_the_integration_user_sees_and_writes_what_its_permission_set_says(
    make_org: Callable[..., SalesforceOrg],
) -> None:
    org = make_org(permission_set="Finance_Sync_Integration")
    client, made = Client(org), org.save("Invoice__c", {"Name": "I"})
    sync = {
        "Finance_External_ID__c": "X",
        "Xero_Invoice_Number__c": "N",
        "Finance_Sync_State__c": "Synced",
    }
    assert client.call("PATCH", f"sobjects/Invoice__c/{made}", sync).status == 204
    refused = client.refused("PATCH", f"sobjects/Invoice__c/{made}", {"Total_Amount__c": 1})
    assert refused["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    refused = client.refused("POST", "sobjects/Invoice__c", {"Name": "x"})
    assert (refused["status"], refused["errorCode"]) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    payment = {"Finance_External_ID__c": "p", "Invoice__c": made, "Payment_Amount__c": 5}
    assert client.upsert_many("Payment__c", payment)[0]["success"]
    assert client.read("Invoice__c", made)["Total_Payment_Amount__c"] == 5.0


def test_a_namespace_stands_before_every_custom_name(
    make_org: Callable[..., SalesforceOrg],
) -> None:
    org = make_org(namespace="maica_cc")
    invoice = org.load(
        "Invoice__c", [{"Name": "I", "Total_Amount__c": 10, "Finance_External_ID__c": "X"}]
    )[0]
    org.load("Payment__c", [{"Invoice__c": invoice, "Payment_Amount__c": 4}])
    client = Client(org)
    soql = """SELECT maica_cc__Payment_Balance__c, (SELECT maica_cc__Invoice__r.Name FROM maica_cc__Payments__r)
              FROM maica_cc__Invoice__c"""
    record = client.records(soql)[0]
    assert record["maica_cc__Payment_Balance__c"] == 6.0
    assert record["maica_cc__Payments__r"]["records"][0]["maica_cc__Invoice__r"]["Name"] == "I"
    assert client.query("SELECT Id FROM Invoice__c")[0]["errorCode"] == "INVALID_TYPE"
    refused = client.refused(
        "PATCH",
        f"sobjects/maica_cc__Invoice__c/{invoice}",
        {"maica_cc__Finance_External_ID__c": "Y"},
    )
    assert refused["errorCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"


def test_reset_brings_back_the_first_day(client: Client) -> None:
    first = client.create("Invoice__c")
    client.org.reset()
    assert client.call("GET", "limits").status == 401
    client.token = client.sign_in().json()["access_token"]
    assert client.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 0
    assert client.create("Invoice__c") == first


def test_the_sf_command_line_finds_what_it_asks_an_org_first(client: Client) -> None:
    fields = "Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType"
    soql = f"SELECT {fields} FROM Organization"
    assert client.query(soql)["totalSize"] == 1
    user = client.call("GET", "/services/oauth2/userinfo").json()["user_id"]
    assert client.read("User", user)["Username"] == "integration@sandbox.example"
    assert "identity" in client.call("GET", client.base).json()
    assert client.query("SELECT Id FROM ScratchOrgInfo limit 1")[0]["errorCode"] == "INVALID_TYPE"


def test_what_is_not_imitated_is_counted_where_a_missing_record_is_not(
    client: Client, org: SalesforceOrg
) -> None:
    """What a client of another kind needs is seen at once, as it is at Xero's port."""
    for path in (
        "search/?q=x",
        "search/?q=y",
        "sobjects/Foo__c",
        "sobjects/Account/001000000000001",
    ):
        assert client.call("GET", path).status == 404
    assert client.call("POST", "/services/apexrest/Sync", {}).status == 404
    inner = {"method": "GET", "url": "/services/data/v63.0/ui-api/favorites", "referenceId": "a"}
    client.call("POST", "composite", {"compositeRequest": [inner]})
    assert org.unknown_routes == {
        "GET /services/data/v63.0/search/": 2,
        "POST /services/apexrest/Sync": 1,
        "GET /services/data/v63.0/ui-api/favorites": 1,
    }
    org.reset()
    assert not org.unknown_routes
