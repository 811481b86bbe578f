"""The real simple-salesforce against the org, in process."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)
from urllib3 import HTTPResponse

from sync_worker.sandbox.http import Request
from sync_worker.sandbox.salesforce.org import SalesforceOrg


class InProcess(BaseAdapter):
    """Hands requests to the org instead of the network."""

    def __init__(self, org: SalesforceOrg) -> None:
        super().__init__()
        self._org = org

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        body = request.body or b""
        headers = {**dict(request.headers), "host": "acme.my.salesforce.com"}
        data = body.encode() if isinstance(body, str) else body
        answered = self._org.handle(
            Request.to(str(request.method), str(request.url), headers, data)
        )
        response = requests.Response()
        response.status_code = answered.status
        response.headers.update(answered.headers)
        response.raw = HTTPResponse(
            BytesIO(answered.body),
            headers=answered.headers,
            status=answered.status,
            preload_content=False,
        )
        response.url, response.request = str(request.url), request
        return response

    def close(self) -> None:
        """Nothing to close."""


def session(org: SalesforceOrg) -> requests.Session:
    made = requests.Session()
    made.mount("https://", InProcess(org))
    return made


def connect(org: SalesforceOrg) -> Any:
    return Salesforce(
        consumer_key="3MVG9SandboxConnectedApp",
        consumer_secret="sandbox-salesforce-secret",
        domain="acme.my",
        session=session(org),
        version="63.0",
    )


@pytest.fixture
def sf(org: SalesforceOrg) -> Any:
    return connect(org)


def test_it_signs_in_with_client_credentials_and_is_refused_with_a_bad_secret(
    sf: Any, org: SalesforceOrg
) -> None:
    assert sf.sf_instance == "acme.my.salesforce.com"
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        Salesforce(
            consumer_key="3MVG9SandboxConnectedApp",
            consumer_secret="wrong",
            domain="acme.my",
            session=session(org),
        )


def test_it_creates_reads_changes_upserts_and_deletes(sf: Any) -> None:
    made = sf.Invoice__c.create({"Name": "I-1", "Total_Amount__c": 10.5})["id"]
    assert sf.Invoice__c.update(made, {"Status__c": "Not Paid"}) == 204
    assert sf.Invoice__c.get(made)["Status__c"] == "Not Paid"
    path = "Finance_External_ID__c/p-1"
    assert sf.Payment__c.upsert(path, {"Invoice__c": made, "Payment_Amount__c": 4}) == 201
    assert sf.Payment__c.upsert(path, {"Payment_Amount__c": 5}) == 200
    assert (
        sf.Payment__c.get_by_custom_id("Finance_External_ID__c", "p-1")["Payment_Amount__c"] == 5.0
    )
    assert sf.Invoice__c.delete(made) == 204
    assert sf.query("SELECT COUNT() FROM Payment__c")["totalSize"] == 0


def test_it_reads_page_after_page_and_the_children_beyond_the_first(
    make_org: Callable[..., SalesforceOrg],
) -> None:
    org = make_org(page_size=6, child_page_size=2)
    ids = org.load("Invoice__c", ({"Name": f"I-{n}"} for n in range(5)))
    org.load("Payment__c", ({"Invoice__c": each} for each in ids for _ in range(5)))
    sf = connect(org)
    soql = "SELECT Id, (SELECT Name FROM Payments__r) FROM Invoice__c ORDER BY Id"
    found = sf.query_all(soql)["records"]
    assert [each["Id"] for each in found] == ids
    children = found[0]["Payments__r"]
    names = [each["Name"] for each in children["records"]]
    while not children["done"]:
        children = sf.query_more(children["nextRecordsUrl"], identifier_is_url=True)
        names += [each["Name"] for each in children["records"]]
    assert names == [f"PMNT-000000{n}" for n in range(1, 6)]


def test_it_saves_collections_by_restful_and_reads_its_usage(sf: Any) -> None:
    invoice = sf.Invoice__c.create({})["id"]
    records = [
        {
            "attributes": {"type": "Payment__c"},
            "Finance_External_ID__c": f"p{n}",
            "Invoice__c": invoice,
        }
        for n in range(200)
    ]
    path = "composite/sobjects/Payment__c/Finance_External_ID__c"
    results = sf.restful(path, method="PATCH", json={"records": records})
    assert all(each["created"] for each in results)
    assert sf.api_usage["api-usage"].total == 100000
    assert sf.describe()["maxBatchSize"] == 200
    assert sf.limits()["DailyApiRequests"]["Max"] == 100000


def test_refusals_come_as_its_own_errors(sf: Any, org: SalesforceOrg) -> None:
    made = sf.Invoice__c.create({})["id"]
    with pytest.raises(SalesforceMalformedRequest) as bad:
        sf.Invoice__c.update(made, {"Status__c": "Bad"})
    reasons: Any = bad.value.content
    assert reasons[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    with pytest.raises(SalesforceResourceNotFound):
        sf.Invoice__c.get(f"{made[:3]}000000000009AAA")
    with pytest.raises(SalesforceGeneralError) as late:
        sf.Invoice__c.update(
            made, {}, headers={"If-Unmodified-Since": "Wed, 04 Mar 2020 12:00:00 GMT"}
        )
    assert late.value.status == 412
    org.set_daily_limit(0)
    with pytest.raises(SalesforceRefusedRequest):
        sf.query("SELECT Id FROM Invoice__c")


def test_a_given_session_that_has_died_is_told_as_expired(sf: Any, org: SalesforceOrg) -> None:
    given: Any = Salesforce(
        session_id=sf.session_id,
        instance_url="https://acme.my.salesforce.com",
        session=session(org),
    )
    assert given.query("SELECT Id FROM Account")["totalSize"] == 0
    org.expire_tokens()
    with pytest.raises(SalesforceExpiredSession):
        given.query("SELECT Id FROM Account")


def test_soap_login_is_refused_in_words_it_understands(org: SalesforceOrg) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_OPERATION"):
        Salesforce(
            username="u",
            password="p",
            security_token="t",
            domain="acme.my",
            session=session(org),
        )


def test_bulk2_takes_rows_in_and_gives_them_out(org: SalesforceOrg) -> None:
    sf = connect(org)
    records = [
        {"Name": "A", "Finance_External_ID__c": "x1"},
        {"Name": "", "Finance_External_ID__c": "x2"},
    ]
    (told,) = sf.bulk2.Account.upsert(
        records=records, external_id_field="Finance_External_ID__c", wait=0
    )
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (2, 1)
    assert "REQUIRED_FIELD_MISSING" in sf.bulk2.Account.get_failed_records(told["job_id"])
    pages = list(sf.bulk2.Account.query("SELECT Name FROM Account", max_records=200, wait=0))
    assert [page.split() for page in pages] == [['"Name"', '"A"']]
    made = sf.query("SELECT Id FROM Account")["records"][0]["Id"]
    sf.bulk2.Account.delete(records=[{"Id": made}], wait=0)
    assert sf.query("SELECT Id FROM Account")["totalSize"] == 0


def test_conditional_headers_protect_an_account(org: SalesforceOrg) -> None:
    sf = connect(org)
    made = sf.Account.create({"Name": "A"})["id"]
    with pytest.raises(SalesforceGeneralError, match=r"412|conditions"):
        sf.Account.update(made, {"Name": "B"}, headers={"If-Match": '"old"'})
