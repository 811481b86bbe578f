"""A sandbox whose records lie in a file behaves as one whose records lie in memory, and leaves nothing behind."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.scratch import UNPACKED, Memory, Place, Scratch
from sync_worker.sandbox.seeds import care
from sync_worker.sandbox.xero.app import XeroSandbox
from tests.sandbox.salesforce.conftest import METADATA, NOON, Client
from tests.sandbox.xero.client import Xero, a_line

DUE = (
    "SELECT Name, Participant__r.LastName, (SELECT Rate__c, Support_Item__r.Name FROM Invoice_Line_Items__r"
    " ORDER BY CreatedDate, Id) FROM Invoice__c WHERE Finance_External_ID__c = null"
    " ORDER BY Invoice_Date__c DESC NULLS LAST, Name"
)
SOQL = (
    DUE,
    "SELECT Status__c, COUNT(Id), SUM(Total_Amount__c) FROM Invoice__c GROUP BY Status__c ORDER BY Status__c",
    "SELECT Name FROM Contact WHERE Id IN (SELECT Participant__c FROM Invoice__c) ORDER BY Name LIMIT 9",
    "SELECT Id FROM Invoice__c WHERE Finance_External_ID__c = 'X-3'",
)


@pytest.fixture(params=["in memory", "in a file"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path if request.param == "in a file" else None


def crm(folder: Path | None) -> tuple[Client, list[str]]:
    """A seeded CRM with some invoices written back, changed back, deleted and restored."""
    clock = Clock(lambda: NOON)
    org = SalesforceOrg(clock, metadata=METADATA, store=folder)
    care.seed(org, XeroSandbox(clock), invoices=120, seed=1)
    client = Client(org)
    plain = client.records(
        "SELECT Id FROM Invoice__c WHERE Name LIKE 'INV-0%' ORDER BY Name LIMIT 8"
    )
    ids = [each["Id"] for each in plain]
    for n, each in enumerate(ids):
        client.call("PATCH", f"sobjects/Invoice__c/{each}", {"Finance_External_ID__c": f"X-{n}"})
    client.call("DELETE", f"sobjects/Invoice__c/{ids[3]}")
    org.remove("Invoice__c", ids[4])
    org.restore("Invoice__c", ids[4])
    return client, ids


def test_a_crm_in_a_file_answers_as_one_in_memory(tmp_path: Path) -> None:
    (kept, _), (filed, _) = crm(None), crm(tmp_path)
    for soql in SOQL:
        assert filed.query(soql) == kept.query(soql)
    assert filed.org.rows("Invoice_Line_Item__c") == kept.org.rows("Invoice_Line_Item__c")


def test_a_unique_value_is_held_wherever_the_records_lie(folder: Path | None) -> None:
    client, _ = crm(folder)
    refused = client.refused("POST", "sobjects/Invoice__c", {"Finance_External_ID__c": "X-5"})
    assert refused["errorCode"] == "DUPLICATE_VALUE"
    client.create("Invoice__c", Finance_External_ID__c="X-3")  # its holder was deleted


def test_a_refused_call_leaves_nothing_wherever_the_records_lie(folder: Path | None) -> None:
    client, ids = crm(folder)
    records = [
        {"attributes": {"type": "Payment__c"}, "Invoice__c": ids[0], "Payment_Amount__c": 5},
        {"attributes": {"type": "Payment__c"}, "Invoice__c": "a00000000000000"},
    ]
    before = client.read("Invoice__c", ids[0])
    client.call("POST", "composite/sobjects", {"allOrNone": True, "records": records})
    assert client.read("Invoice__c", ids[0]) == before
    client.call("POST", "composite/sobjects", {"records": records})
    assert client.read("Invoice__c", ids[0])["Total_Payment_Amount__c"] == 5


def test_books_in_a_file_answer_as_books_in_memory(tmp_path: Path) -> None:
    def told(**knobs: Any) -> list[Any]:
        xero = Xero(**knobs)
        contact = {"ContactID": xero.contact(Name="Ann Ng")}
        sent = [
            xero.an_invoice(Contact=contact, InvoiceNumber=f"I-{n}", LineItems=[a_line()] * 2)
            for n in range(60)
        ]
        made = xero.call("PUT", "Invoices", {"Invoices": sent}).json()["Invoices"]
        again = xero.call("PUT", "Invoices", {"Invoices": sent[:1]})  # its number is taken
        first = made[0]["InvoiceID"]
        notes = xero.call("GET", f"Invoices/{first}/History").json()
        pages = [xero.call("GET", f"Invoices?page={n}&pageSize=25").json() for n in (1, 2, 3)]
        return [
            again.status,
            [each["Details"] for each in notes["HistoryRecords"]],
            [[each["InvoiceNumber"] for each in page["Invoices"]] for page in pages],
            xero.call("GET", f"Invoices/{first}").json()["Invoices"],
        ]

    assert told(store=tmp_path) == told()


def test_the_file_has_no_name_and_goes_with_the_sandbox(tmp_path: Path) -> None:
    client, _ = crm(tmp_path / "made" / "for it")
    assert list((tmp_path / "made" / "for it").iterdir()) == []
    client.org.reset()
    client.token = client.sign_in().json()["access_token"]
    assert client.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 0


@pytest.mark.parametrize("where", [lambda _: Memory(), Scratch], ids=["in memory", "in a file"])
def test_records_links_and_their_order_are_kept(
    where: Callable[[Path], Place], tmp_path: Path
) -> None:
    """Against plain lists, through more changes than stay unpacked."""
    place, chance = where(tmp_path), random.Random(3)
    records, links, order = place.records(str.encode, bytes.decode), place.links(), place.order()
    known: dict[str, str] = {}
    for n in range(UNPACKED + 2_000):
        name, text = f"r{chance.randrange(5_000)}", f"{n % 7}"
        if name in known:
            links.drop(known[name], name)
            order.drop(int(known[name]), name)
        records[name] = known[name] = text
        links.add(text, name)
        order.add(int(text), name)
    for name in list(known)[::5]:
        links.drop(known[name], name)
        order.drop(int(known[name]), name)
        del records[name]
        del known[name]
    assert (len(records), list(records.values())) == (len(known), list(known.values()))
    assert {name: records.get(name) for name in known} == known
    assert records.get("r0-never") is None
    assert "r0-never" not in records
    with pytest.raises(KeyError):
        del records["r0-never"]
    ordered = sorted(known, key=lambda name: (int(known[name]), name))
    assert order.ids(0, None) == ordered
    assert order.ids(40, 60) == ordered[40:60]
    assert order.position(3) == sum(int(text) < 3 for text in known.values())
    assert sorted(links.ids("4")) == sorted(name for name, text in known.items() if text == "4")
    assert ("4" in links, "9" in links) == (True, False)
