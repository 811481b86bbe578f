"""XML: what a caller gets that does not ask for JSON, and may send."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from sync_worker.sandbox.http import Response
from tests.sandbox.xero.client import Xero, a_line

ASKS_NOTHING = {"Accept": ""}


def parsed(reply: Response) -> ElementTree.Element:
    assert reply.headers["Content-Type"] == "text/xml; charset=utf-8"
    return ElementTree.fromstring(reply.body)


@pytest.mark.parametrize("path", ["Organisation", "Accounts", "TaxRates", "Contacts", "Payments"])
def test_xml_is_what_comes_unasked(xero: Xero, path: str) -> None:
    xero.payment(xero.invoice()["InvoiceID"])
    root = parsed(xero.call("GET", path, headers=ASKS_NOTHING))
    assert (root.tag, root.findtext("Status")) == ("Response", "OK")


def test_a_list_holds_its_elements_by_their_singular_name(xero: Xero) -> None:
    made = xero.invoice(Reference="A & B")
    reply = xero.call("GET", "Invoices", headers={"Accept": "application/xml"}, page=1)
    (invoice,) = parsed(reply).findall("Invoices/Invoice")
    assert invoice.findtext("InvoiceID") == made["InvoiceID"]
    assert invoice.findtext("Reference") == "A & B"
    assert invoice.findtext("Total") == "100.00"
    assert invoice.findtext("Date") == "2026-11-01T00:00:00"
    assert invoice.findtext("HasErrors") == "false"
    assert invoice.findtext("LineItems/LineItem/AccountCode") == "203"
    assert invoice.find("DateString") is None
    assert invoice.find("CreditNotes") is None
    assert b"\r\n  <Status>OK</Status>\r\n" in reply.body


def test_a_refusal_in_xml_says_what_it_is_about(xero: Xero) -> None:
    sent = {"Invoices": [xero.an_invoice(LineItems=[a_line(AccountCode="999")])]}
    reply = xero.call("PUT", "Invoices", sent, headers=ASKS_NOTHING)
    root = parsed(reply)
    assert (reply.status, root.tag, root.findtext("ErrorNumber")) == (400, "ApiException", "10")
    (element,) = root.findall("Elements/DataContractBase")
    assert element.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "Invoice"
    assert "999" in str(element.findtext("ValidationErrors/ValidationError/Message"))


def test_a_body_may_be_xml_too(xero: Xero) -> None:
    body = b"""<Contacts><Contact><Name>Ann &amp; Co</Name>
      <Phones><Phone><PhoneType>MOBILE</PhoneType><PhoneNumber>1</PhoneNumber></Phone></Phones>
    </Contact></Contacts>"""
    (contact,) = parsed(xero.call("PUT", "Contacts", body, headers=ASKS_NOTHING)).findall(
        "Contacts/Contact"
    )
    assert contact.findtext("Name") == "Ann & Co"
    single = b"<Contact><Name>Bob</Name></Contact>"
    assert xero.call("POST", "Contacts", single).json()["Contacts"][0]["Name"] == "Bob"


@pytest.mark.parametrize(
    "body", [b"<Contacts><Contact>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><Contacts>&a;</Contacts>"]
)
def test_broken_or_sly_xml_is_refused(xero: Xero, body: bytes) -> None:
    reply = xero.call("PUT", "Contacts", body)
    assert (reply.status, reply.json()["ErrorNumber"]) == (400, 14)


def test_a_file_that_looks_like_xml_or_json_stays_a_file(xero: Xero) -> None:
    path = f"Contacts/{xero.contact()}/Attachments"
    for name, content in (("a.xml", b"<a><b/>"), ("a.json", b"{}")):
        xero.call("PUT", f"{path}/{name}", content)
        assert xero.call("GET", f"{path}/{name}", headers=ASKS_NOTHING).body == content


def test_who_asks_for_json_gets_json_and_a_knob_gives_it_to_all(xero: Xero) -> None:
    for accepted in ("application/json, */*", "*/*"):
        reply = xero.call("GET", "Organisation", headers={"Accept": accepted})
        assert reply.headers["Content-Type"].startswith("application/json")
    xero.sandbox.act("turn", default_format="json")
    reply = xero.call("GET", "Organisation", headers=ASKS_NOTHING)
    assert reply.headers["Content-Type"].startswith("application/json")
    reply = xero.call("GET", "Organisation", headers={"Accept": "text/xml"})
    assert parsed(reply).findtext("Organisations/Organisation/CountryCode") == "AU"
