"""Purchase orders and quotes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from xero_python.accounting import (
    Contact,
    LineItem,
    PurchaseOrder,
    PurchaseOrders,
    Quote,
    QuoteLineAmountTypes,
    Quotes,
)

from sync_worker.sandbox.xero import errors, wire
from sync_worker.sandbox.xero.app import TENANT_ID
from tests.sandbox.xero.client import NOBODY, Xero, a_line

both = pytest.mark.parametrize(
    ("plural", "first"), [("PurchaseOrders", "PO-0001"), ("Quotes", "QU-0001")]
)


def made(xero: Xero, plural: str, **members: Any) -> dict[str, Any]:
    line = a_line(
        AccountCode="429" if plural == "PurchaseOrders" else "200",
        TaxType=None if plural == "PurchaseOrders" else "OUTPUT",
    )
    sent = {"Contact": {"Name": "Ann Lee"}, "Date": "2026-11-01", "LineItems": [line], **members}
    return dict(xero.put(plural, {plural: [sent]})[plural][0])


@both
def test_it_is_numbered_added_up_and_found_again(xero: Xero, plural: str, first: str) -> None:
    one = made(xero, plural)
    singular = plural[:-1]
    assert (one[f"{singular}Number"], one["Total"], one["Status"]) == (first, 110, "DRAFT")
    for key in (one[f"{singular}ID"], first):
        assert xero.get(f"{plural}/{key}")[plural][0]["Total"] == 110
    assert len(xero.get(plural, page=1)[plural]) == 1
    assert xero.call("GET", f"{plural}/{NOBODY}").status == 404
    pdf = xero.call("GET", f"{plural}/{first}", headers={"Accept": "application/pdf"})
    assert pdf.body.startswith(b"%PDF")


@both
def test_post_with_its_number_changes_it_and_put_refuses(
    xero: Xero, plural: str, first: str
) -> None:
    one = made(xero, plural)
    sent = {f"{plural[:-1]}Number": first, "Reference": "Found"}
    (changed,) = xero.post(plural, {plural: [sent]})[plural]
    assert (changed[f"{plural[:-1]}ID"], changed["Reference"], changed["Total"]) == (
        one[f"{plural[:-1]}ID"],
        "Found",
        110,
    )
    line = one["LineItems"][0]
    again = {
        **sent,
        "Contact": {"Name": "Ann Lee"},
        "LineItems": [a_line(AccountCode=line["AccountCode"])],
    }
    (message,) = xero.refused("PUT", plural, {plural: [again]})
    assert message.endswith("# must be unique.")


@both
def test_a_deleted_one_stays_deleted(xero: Xero, plural: str, first: str) -> None:
    made(xero, plural)
    name = plural[:-1]
    sent = {f"{name}Number": first, "Status": "DRAFT"}
    xero.post(f"{plural}/{first}", {**sent, "Status": "DELETED"})
    assert xero.refused("POST", f"{plural}/{first}", sent) == [
        errors.STATUS_STEP.format(name=name),
        errors.DELETED_STAYS.format(name=name),
    ]
    assert xero.refused("POST", f"{plural}/{first}", {**sent, "Status": "DELETED"}) == [
        errors.DELETED_STAYS.format(name=name)
    ]
    assert xero.call("POST", plural, {f"{plural[:-1]}ID": NOBODY}).status == 404


@both
def test_it_needs_a_contact_and_lines(xero: Xero, plural: str, first: str) -> None:
    assert xero.refused("PUT", plural, {plural: [{}]}) == [
        errors.CONTACT_NEEDED,
        errors.LINES_NEEDED,
    ]


# What follows was seen in a demo company's replies of 13 and 14 September 2026, kept in the public repository
# corrin/docketworks under apps/xero/fake/recordings.


def test_a_quote_update_without_its_number_takes_the_next_one_and_drops_its_terms(
    xero: Xero,
) -> None:
    quote = made(xero, "Quotes", Terms="Thirty days", Title="Plan", Reference="R1")
    sent = {"QuoteID": quote["QuoteID"], "Status": "SENT"}
    (again,) = xero.post("Quotes", {"Quotes": [sent]})["Quotes"]
    assert (quote["QuoteNumber"], again["QuoteNumber"]) == ("QU-0001", "QU-0002")
    assert (again["Terms"], "Title" in again, again["Status"]) == ("", False, "SENT")
    assert again["LineItems"] == quote["LineItems"]


def test_a_quote_line_is_not_taxed_unless_its_tax_type_is_sent(xero: Xero) -> None:
    line = a_line(AccountCode="200")  # an invoice would take the account's OUTPUT
    sent = {"Contact": {"Name": "Ann Lee"}, "LineItems": [line]}
    (quote,) = xero.put("Quotes", {"Quotes": [sent]})["Quotes"]
    assert (quote["TotalTax"], quote["Total"]) == (0, 100)
    assert "TaxType" not in quote["LineItems"][0]


def test_quotes_come_in_an_envelope_of_their_own(xero: Xero) -> None:
    quote = made(xero, "Quotes")
    reply = xero.call("GET", "Quotes")
    assert reply.headers["Content-Type"] == "application/json"
    assert list(reply.json()) == [
        "SummarizeErrors",
        "Id",
        "Status",
        "ProviderName",
        "DateTimeUTC",
        "Quotes",
    ]
    assert reply.json()["SummarizeErrors"] is True
    assert list(quote["Contact"]) == ["ContactID", "Name", "EmailAddress"]
    assert quote["Date"] == "/Date(1793491200000)/"
    sent = {"QuoteID": quote["QuoteID"]}
    assert (
        xero.post("Quotes", {"Quotes": [sent]}, summarizeErrors=False)["SummarizeErrors"] is False
    )


def test_quotes_are_told_in_xml_too(xero: Xero) -> None:
    made(xero, "Quotes")
    reply = xero.call("GET", "Quotes", headers={"Accept": "application/xml"})
    assert reply.headers["Content-Type"].startswith("text/xml")
    assert b"<QuoteNumber>QU-0001</QuoteNumber>" in reply.body


def test_an_order_shows_less_of_its_supplier_in_a_list_than_alone(xero: Xero) -> None:
    ann = {"Name": "Ann Lee", "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "02 9999"}]}
    order = made(xero, "PurchaseOrders", Contact=ann)
    assert (order["Type"], order["TotalDiscount"], order["SentToContact"]) == (
        "PURCHASEORDER",
        0,
        False,
    )
    assert [phone["PhoneNumber"] for phone in order["Contact"]["Phones"]] == ["02 9999"]
    assert (order["Contact"]["Addresses"], order["Contact"]["DefaultCurrency"]) == ([], "AUD")
    (listed,) = xero.get("PurchaseOrders", page=1)["PurchaseOrders"]
    hidden = {"EmailAddress", "BankAccountDetails", "IsSupplier", "IsCustomer"}
    hidden |= {"SalesTrackingCategories", "PurchasesTrackingCategories"}
    assert set(order["Contact"]) - set(listed["Contact"]) == hidden
    assert set(order) - set(listed) == {"TotalDiscount", "SentToContact"}
    assert set(order["LineItems"][0]) - set(listed["LineItems"][0]) == {"AccountID"}


def test_an_order_says_when_it_should_arrive(xero: Xero) -> None:
    order = made(xero, "PurchaseOrders", ExpectedArrivalDate="2026-11-20")
    assert order["ExpectedArrivalDateString"] == "2026-11-20T00:00:00"


def test_a_deleted_order_keeps_its_number_and_the_refusal_tells_the_order_back(xero: Xero) -> None:
    made(xero, "PurchaseOrders", PurchaseOrderNumber="PO-7", Status="BILLED")
    xero.post("PurchaseOrders/PO-7", {"Status": "DELETED"})
    sent = {
        "PurchaseOrderNumber": "PO-7",
        "Contact": {"Name": "Ann Lee"},
        "Status": "SUBMITTED",
        "LineItems": [a_line(AccountCode="429")],
    }
    body = {"PurchaseOrders": [sent]}
    (refused,) = xero.post("PurchaseOrders", body, summarizeErrors=False)["PurchaseOrders"]
    assert refused["PurchaseOrderID"] == wire.EMPTY_GUID
    assert [one["Message"] for one in refused["ValidationErrors"]] == [
        "PurchaseOrder status change is invalid",
        "Deleted PurchaseOrders cannot be updated",
    ]
    assert (refused["Total"], refused["HasErrors"], refused["Status"]) == (110, True, "SUBMITTED")
    assert "LineItemID" not in refused["LineItems"][0]
    assert "IsSupplier" not in refused["Contact"]


def test_the_sdk_understands_both(xero: Xero) -> None:
    api, contact = xero.sdk(), Contact(contact_id=xero.contact())
    line = LineItem(description="Chair", quantity=1, unit_amount=50, account_code="453")
    order = PurchaseOrder(
        contact=contact, date=date(2026, 11, 1), delivery_date=date(2026, 11, 9), line_items=[line]
    )
    sent = PurchaseOrders(purchase_orders=[order])
    (ordered,) = api.create_purchase_orders(TENANT_ID, sent).purchase_orders
    assert (ordered.delivery_date, ordered.status) == (date(2026, 11, 9), "DRAFT")
    line = LineItem(description="Support", quantity=1, unit_amount=50, account_code="203")
    quote = Quote(contact=contact, date=date(2026, 11, 1), line_items=[line], title="Plan")
    (quoted,) = api.create_quotes(TENANT_ID, Quotes(quotes=[quote])).quotes
    assert (quoted.title, quoted.line_amount_types) == ("Plan", QuoteLineAmountTypes.EXCLUSIVE)


def test_a_contact_names_its_groups(xero: Xero) -> None:
    (group,) = xero.put("ContactGroups", {"Name": "VIP"})["ContactGroups"]
    ann = xero.contact("Ann")
    xero.put(f"ContactGroups/{group['ContactGroupID']}/Contacts", {"ContactID": ann})
    (contact,) = xero.get(f"Contacts/{ann}")["Contacts"]
    assert [one["Name"] for one in contact["ContactGroups"]] == ["VIP"]
