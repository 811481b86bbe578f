"""Both vendors over real sockets, tried with the vendors' own clients."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceResourceNotFound
from urllib3.exceptions import InsecureRequestWarning
from xero_python.accounting import AccountingApi, Contact, Contacts
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import AccountingBadRequestException

from sync_worker.sandbox.edge import Sandbox
from tests.sandbox.loopback import Loopback

METADATA = Path(__file__).resolve().parents[2] / "config" / "salesforce"
TENANT = "b3a1c1de-5f0e-4c59-9d5e-2f4b8a7c6d10"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(metadata=METADATA) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.control.reset()
    return running


def post(url: str, order: Any) -> Any:
    asked = urllib.request.Request(url, json.dumps(order).encode(), method="POST")
    with urllib.request.urlopen(asked, timeout=30) as response:
        return json.load(response)


def token(url: str, id_: str, secret: str, **more: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": id_,
        "client_secret": secret,
        **more,
    }
    response = requests.post(url, data=form, timeout=5)
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


def salesforce(sandbox: Sandbox) -> Any:
    its = sandbox.credentials()["salesforce"]
    return Salesforce(
        instance_url=its["url"].replace("http://", "https://"),
        session_id=token(
            f"{its['url']}/services/oauth2/token", its["client_id"], its["client_secret"]
        ),
        session=Loopback(30),
        version="63.0",
    )


def xero(sandbox: Sandbox) -> Any:
    its = sandbox.credentials()["xero"]
    scope = "accounting.invoices accounting.payments accounting.contacts accounting.settings"
    access = token(
        f"{its['url']}/connect/token", its["client_id"], its["client_secret"], scope=scope
    )
    settings = Configuration()
    # The constructor hands every caller the first one's settings, and drops this caller's token.
    settings.oauth2_token = OAuth2Token(its["client_id"], its["client_secret"])
    client: Any = ApiClient(settings, pool_threads=1)
    held = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": 1800,
        "scope": scope.split(),
    }

    client.oauth2_token_getter(lambda: held)
    client.oauth2_token_saver(held.update)
    return AccountingApi(client, base_url=f"{its['url']}/api.xro/2.0")


def test_the_credentials_say_all_that_a_client_needs(sandbox: Sandbox) -> None:
    its = sandbox.credentials()
    assert its["salesforce"] == {
        "url": sandbox.salesforce_url,
        "client_id": "3MVG9SandboxConnectedApp",
        "client_secret": "sandbox-salesforce-secret",
        "org_id": its["salesforce"]["org_id"],
    }
    assert its["salesforce"]["org_id"].startswith("00D5g000004SbxA")
    assert its["xero"]["tenant_id"] == TENANT
    assert sandbox.salesforce_url.startswith("http://127.0.0.1:")
    assert sandbox.xero_url != sandbox.salesforce_url


def test_simple_salesforce_reads_the_seeded_invoices_with_their_lines(sandbox: Sandbox) -> None:
    told = post(f"{sandbox.xero_url}/_sandbox/seed", {"profile": "care", "invoices": 60})
    crm = salesforce(sandbox)
    soql = (
        "SELECT Id, Name, Participant__r.Name, (SELECT Quantity__c, Rate__c,"
        " Support_Item__r.Finance_Account_Code__c FROM Invoice_Line_Items__r)"
        " FROM Invoice__c WHERE Finance_External_ID__c = null ORDER BY CreatedDate, Id"
    )
    records = list(crm.query_all_iter(soql))
    assert len(records) == told["created"] + len(told["held"]) + len(told["untouched"])
    assert records[0]["Name"] == "INV-H01"
    assert records[0]["Participant__r"]["Name"] == "Alex Taylor"
    line = records[0]["Invoice_Line_Items__r"]["records"][0]
    assert line["Support_Item__r"]["Finance_Account_Code__c"] == "200"


def test_simple_salesforce_writes_and_hears_of_a_dead_session(sandbox: Sandbox) -> None:
    crm = salesforce(sandbox)
    invoice = crm.Invoice__c.create({"Name": "INV-1"})["id"]
    crm.Invoice__c.update(invoice, {"Xero_Invoice_Number__c": "INV-0001"})
    payment = {"Invoice__c": invoice, "Payment_Amount__c": 10}
    crm.Payment__c.upsert("Finance_External_ID__c/p-1", payment)
    assert crm.Invoice__c.get(invoice)["Total_Payment_Amount__c"] == 10
    crm.Invoice__c.delete(invoice)
    with pytest.raises(SalesforceResourceNotFound):
        crm.Invoice__c.get(invoice)
    post(f"{sandbox.salesforce_url}/_sandbox/faults", {"do": "expire_token"})
    with pytest.raises(SalesforceExpiredSession):
        crm.query("SELECT Id FROM Invoice__c")


def test_xero_python_makes_a_contact_and_reads_it_back(sandbox: Sandbox) -> None:
    api = xero(sandbox)
    made = api.create_contacts(TENANT, Contacts(contacts=[Contact(name="Ada Lovelace")]))
    found = api.get_contacts(TENANT, i_ds=[made.contacts[0].contact_id])
    assert [contact.name for contact in found.contacts] == ["Ada Lovelace"]
    with pytest.raises(AccountingBadRequestException):
        api.create_contacts(TENANT, Contacts(contacts=[Contact(email_address="x@example.com")]))


def test_xero_python_waits_as_a_limit_tells_it_to(sandbox: Sandbox) -> None:
    """Its urllib3 heeds Retry-After by itself."""
    api = xero(sandbox)
    fault = {"do": "429_minute", "match": {"path": "/Contacts"}, "retry_after": 1}
    post(f"{sandbox.xero_url}/_sandbox/faults", fault)
    began = time.monotonic()
    assert api.get_contacts(TENANT).contacts == []
    assert time.monotonic() - began >= 1
    log = requests.get(f"{sandbox.xero_url}/_sandbox/requests", timeout=5).json()
    assert [entry["status"] for entry in log[1:]] == [429, 200]


def test_a_lost_answer_leaves_the_work_done(sandbox: Sandbox) -> None:
    crm = salesforce(sandbox)
    post(f"{sandbox.salesforce_url}/_sandbox/faults", {"do": "drop_after_commit"})
    with pytest.raises(requests.ConnectionError):
        crm.Invoice__c.create({"Name": "INV-1"})
    assert crm.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 1
    log = requests.get(f"{sandbox.salesforce_url}/_sandbox/requests", timeout=5).json()
    assert [entry["status"] for entry in log] == [200, 0, 200]


def test_both_vendors_live_by_one_clock(sandbox: Sandbox) -> None:
    post(f"{sandbox.xero_url}/_sandbox/clock", {"advance_s": 86_400})
    dates = [
        parsedate_to_datetime(requests.get(url, timeout=5).headers["Date"])
        for url in (f"{sandbox.salesforce_url}/services/data", f"{sandbox.xero_url}/connections")
    ]
    for date in dates:
        assert timedelta(hours=23) < date - datetime.now(UTC) < timedelta(hours=25)


def test_six_at_once_are_one_too_many_for_xero(sandbox: Sandbox) -> None:
    its = sandbox.credentials()["xero"]
    access = token(f"{its['url']}/connect/token", its["client_id"], its["client_secret"])
    headers = {"Authorization": f"Bearer {access}", "Xero-Tenant-Id": TENANT}
    slow = {"do": "slow", "seconds": 0.3, "times": 6, "match": {"path": "Organisation"}}
    post(f"{sandbox.xero_url}/_sandbox/faults", slow)
    url = f"{sandbox.xero_url}/api.xro/2.0/Organisation"
    with ThreadPoolExecutor(6) as callers:
        answers = list(
            callers.map(lambda _: requests.get(url, headers=headers, timeout=5), range(6))
        )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429]


def test_a_long_query_is_refused_as_salesforce_does(sandbox: Sandbox) -> None:
    query = urlencode({"q": "SELECT Id FROM Invoice__c WHERE Name = '" + "x" * 16_400 + "'"})
    url = f"{sandbox.salesforce_url}/services/data/v63.0/query?{query}"
    assert requests.get(url, timeout=5).status_code == 414


def test_an_address_that_is_not_loopback_is_refused() -> None:
    with pytest.raises(ValueError, match="loopback"):
        Sandbox(metadata=METADATA, host="0.0.0.0")


def test_a_taken_port_stops_the_start_and_leaves_nothing_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sandbox = Sandbox(metadata=METADATA, xero_port=port)
        with pytest.raises(OSError, match="in use"):
            sandbox.start()
        with pytest.raises(RuntimeError, match="no address"):
            _ = sandbox.salesforce_url
    sandbox.stop()


def test_a_sandbox_can_be_served_under_a_packages_names() -> None:
    with Sandbox(metadata=METADATA, namespace="maica_cc") as sandbox:
        post(f"{sandbox.salesforce_url}/_sandbox/seed", {"profile": "care", "invoices": 25})
        soql = (
            "SELECT Id, (SELECT Id FROM maica_cc__Invoice_Line_Items__r) FROM maica_cc__Invoice__c"
        )
        assert salesforce(sandbox).query(soql)["totalSize"] == 25


def test_whoever_begins_with_tls_gets_tls_on_the_same_port() -> None:
    with Sandbox(metadata=METADATA) as sandbox:
        its = sandbox.credentials()["salesforce"]
        secure = its["url"].replace("http://", "https://")
        form = {
            "grant_type": "client_credentials",
            "client_id": its["client_id"],
            "client_secret": its["client_secret"],
        }
        with requests.Session() as session:
            session.trust_env = False
            session.verify = False
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InsecureRequestWarning)
                told = session.post(f"{secure}/services/oauth2/token", data=form).json()
                client: Any = Salesforce(
                    session_id=told["access_token"],
                    instance_url=told["instance_url"],
                    session=session,
                )
                assert client.Account.create({"Name": "Ann"})["success"]
            assert told["instance_url"] == secure
            assert session.get(f"{its['url']}/services/data").status_code == 200
