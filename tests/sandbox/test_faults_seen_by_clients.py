"""Each fault as the vendors' public clients see it, and what the vendor holds afterwards.

Over real sockets, with models and exceptions of the clients' own: xero-python without its silent retries, and
simple-salesforce. Each client tries one write, the first contact or invoice of an empty vendor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceRefusedRequest,
)
from xero_python.accounting import AccountingApi, Contact, Contacts
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import HTTPStatusException, RateLimitException

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import EFFECTS, USUAL_S
from tests.sandbox.loopback import Loopback

METADATA = Path(__file__).resolve().parents[2] / "config" / "salesforce"
TENANT = "b3a1c1de-5f0e-4c59-9d5e-2f4b8a7c6d10"
SCOPE = "accounting.contacts"
SLOW_S = 0.2
SLOW = [do for do in EFFECTS if do.startswith("slow")]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the client raises, if anything, with which status; how many records are there then, and after a minute."""

    raises: type[Exception] | None
    status: int | None
    there: int
    in_the_end: int


def answered(there: int = 1) -> Seen:
    return Seen(None, None, there, there)


def failed(raises: type[Exception], status: int | None, there: int) -> Seen:
    return Seen(raises, status, there, there)


CUT_OFF = urllib3.exceptions.ProtocolError
XERO: Mapping[str, Seen] = {
    "drop_before_commit": failed(CUT_OFF, None, 0),
    "drop_after_commit": failed(CUT_OFF, None, 1),
    "slow": answered(),
    "slow_before": answered(),
    "slow_after": answered(),
    "429_minute": failed(RateLimitException, 429, 0),
    "429_day": failed(RateLimitException, 429, 0),
    "429_concurrent": failed(RateLimitException, 429, 0),
    "429_app": failed(RateLimitException, 429, 0),
    "500_before": failed(HTTPStatusException, 500, 0),
    "500_after": failed(HTTPStatusException, 500, 1),
    "503_before": failed(HTTPStatusException, 503, 0),
    "truncated": failed(CUT_OFF, None, 1),
    "html": failed(ValueError, None, 1),
    "html_before": failed(ValueError, None, 0),
    "expire_token": failed(HTTPStatusException, 401, 0),
    "late_commit": Seen(CUT_OFF, None, 0, 1),
    "then": answered(there=2),
}
SALESFORCE: Mapping[str, Seen] = {
    "drop_before_commit": failed(requests.ConnectionError, None, 0),
    "drop_after_commit": failed(requests.ConnectionError, None, 1),
    "slow": answered(),
    "slow_before": answered(),
    "slow_after": answered(),
    "429_minute": failed(SalesforceRefusedRequest, 403, 0),
    "429_day": failed(SalesforceRefusedRequest, 403, 0),
    "429_concurrent": failed(SalesforceRefusedRequest, 403, 0),
    "429_app": failed(SalesforceRefusedRequest, 403, 0),
    "500_before": failed(SalesforceGeneralError, 500, 0),
    "500_after": failed(SalesforceGeneralError, 500, 1),
    "503_before": failed(SalesforceGeneralError, 503, 0),
    "truncated": failed(requests.exceptions.ChunkedEncodingError, None, 1),
    "html": failed(requests.exceptions.JSONDecodeError, None, 1),
    "html_before": failed(requests.exceptions.JSONDecodeError, None, 0),
    "expire_token": failed(SalesforceExpiredSession, 401, 0),
    "late_commit": Seen(requests.ConnectionError, None, 0, 1),
    "then": answered(there=2),
}
SOMEBODY = {
    "xero": {"act": "add_contact", "name": "By Hand"},
    "salesforce": {"act": "save", "sobject": "Invoice__c", "values": {"Name": "By Hand"}},
}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(metadata=METADATA) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.control.reset()
    return running


def token(its: Mapping[str, str], path: str, **more: str) -> str:
    form = {"grant_type": "client_credentials", **more}
    names = ("client_id", "client_secret")
    form |= {name: its[name] for name in names}
    return str(requests.post(its["url"] + path, data=form, timeout=5).json()["access_token"])


def order(url: str, fault: Mapping[str, Any]) -> None:
    assert requests.post(f"{url}/_sandbox/faults", json=fault, timeout=5).status_code == 200


def fault(do: str, vendor: str) -> dict[str, Any]:
    told: dict[str, Any] = {"do": do}
    if do in SLOW:
        told["seconds"] = SLOW_S
    if do == "then":
        told["people"] = SOMEBODY[vendor]
    return told


def xero(sandbox: Sandbox) -> Any:
    its = sandbox.credentials()["xero"]
    held = {
        "access_token": token(its, "/connect/token", scope=SCOPE),
        "token_type": "Bearer",
        "expires_in": 1800,
        "scope": [SCOPE],
    }
    settings = Configuration()
    settings.oauth2_token = OAuth2Token(its["client_id"], its["client_secret"])
    client: Any = ApiClient(settings, pool_threads=1)
    # By itself urllib3 would repeat lost GETs and PUTs three times and sleep out a Retry-After.
    client.rest_client.pool_manager.connection_pool_kw["retries"] = False
    client.oauth2_token_getter(lambda: held)
    client.oauth2_token_saver(held.update)
    return AccountingApi(client, base_url=f"{its['url']}/api.xro/2.0")


def salesforce(sandbox: Sandbox) -> Any:
    its = sandbox.credentials()["salesforce"]
    return Salesforce(
        instance_url=its["url"].replace("http://", "https://"),
        session_id=token(its, "/services/oauth2/token"),
        session=Loopback(5),
        version="63.0",
    )


def make_contact(api: Any, **more: Any) -> Any:
    return api.create_contacts(TENANT, Contacts(contacts=[Contact(name="Ada Lovelace")]), **more)


def make_invoice(crm: Any) -> Any:
    return crm.Invoice__c.create({"Name": "INV-1"})


def contacts(sandbox: Sandbox) -> int:
    return len(sandbox.xero.contacts())


def invoices(sandbox: Sandbox) -> int:
    return len(sandbox.org.rows("Invoice__c"))


def look(write: Callable[[], Any], sandbox: Sandbox, count: Callable[[Sandbox], int]) -> Seen:
    """What the client sees of the write, and what the vendor holds then and a virtual minute later."""
    raises, status = None, None
    try:
        write()
    except Exception as seen:  # noqa: BLE001 - whatever it is, it is what is looked at
        raises, status = type(seen), getattr(seen, "status", None)
    there = count(sandbox)
    sandbox.control.advance(USUAL_S["late_commit"])
    return Seen(raises, status, there, count(sandbox))


@pytest.mark.parametrize("do", EFFECTS)
def test_xero_python_sees_the_fault_and_xero_did_what_it_says(sandbox: Sandbox, do: str) -> None:
    api = xero(sandbox)
    order(sandbox.xero_url, fault(do, "xero"))
    assert look(lambda: make_contact(api), sandbox, contacts) == XERO[do]


@pytest.mark.parametrize("do", EFFECTS)
def test_simple_salesforce_sees_the_fault_and_the_crm_did_what_it_says(
    sandbox: Sandbox, do: str
) -> None:
    crm = salesforce(sandbox)
    order(sandbox.salesforce_url, fault(do, "salesforce"))
    assert look(lambda: make_invoice(crm), sandbox, invoices) == SALESFORCE[do]


def test_no_client_has_a_fault_that_there_is_not() -> None:
    assert set(XERO) == set(SALESFORCE) == set(EFFECTS)


@pytest.mark.parametrize(
    ("do", "problem", "returns"),
    [
        ("429_minute", "minute", True),
        ("429_day", "day", True),
        ("429_concurrent", "concurrent", False),
        ("429_app", "appminute", False),
    ],
)
def test_xero_python_is_told_which_limit_it_met(
    sandbox: Sandbox, do: str, problem: str, returns: bool
) -> None:
    api = xero(sandbox)
    order(sandbox.xero_url, fault(do, "xero"))
    with pytest.raises(RateLimitException) as refused:
        make_contact(api)
    assert refused.value.rate_limit == problem
    assert ("Retry-After" in refused.value.headers) is returns


@pytest.mark.parametrize("do", [do for do in EFFECTS if do.startswith("429")])
def test_simple_salesforce_is_told_of_a_limit_by_its_code(sandbox: Sandbox, do: str) -> None:
    crm = salesforce(sandbox)
    order(sandbox.salesforce_url, fault(do, "salesforce"))
    with pytest.raises(SalesforceRefusedRequest) as refused:
        make_invoice(crm)
    content: Any = refused.value.content  # annotated as bytes, and in truth what the JSON holds
    (told,) = content
    assert told["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert told["message"].startswith("Concurrent") is (do == "429_concurrent")


def test_a_500_after_the_work_is_repeated_to_xero_python_under_its_key(sandbox: Sandbox) -> None:
    api = xero(sandbox)
    order(sandbox.xero_url, fault("500_after", "xero"))
    for _ in range(2):
        with pytest.raises(HTTPStatusException) as seen:
            make_contact(api, idempotency_key="k-1")
        assert seen.value.status == 500
    assert contacts(sandbox) == 1


@pytest.mark.parametrize("do", SLOW)
def test_a_client_that_waits_long_enough_has_waited(sandbox: Sandbox, do: str) -> None:
    crm = salesforce(sandbox)
    order(sandbox.salesforce_url, fault(do, "salesforce"))
    began = time.monotonic()
    make_invoice(crm)
    assert time.monotonic() - began >= SLOW_S


@pytest.mark.parametrize("do", SLOW)
def test_whoever_gives_up_on_a_slow_answer_cannot_tell_whether_the_work_is_done(
    sandbox: Sandbox, do: str
) -> None:
    api = xero(sandbox)
    order(sandbox.xero_url, {"do": do, "seconds": 0.6})
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        make_contact(api, _request_timeout=(1, 0.2))
    assert contacts(sandbox) == (0 if EFFECTS[do].waits_first else 1)
    for _ in range(50):
        if sandbox.control.xero_door.requests()[-1].status is not None:
            break
        time.sleep(0.02)
    assert contacts(sandbox) == 1
