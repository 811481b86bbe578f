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

from sync_worker.sandbox.xero import errors
from sync_worker.sandbox.xero.app import TENANT_ID
from tests.sandbox.xero.client import NOBODY, Xero, a_line

both = pytest.mark.parametrize(
    ("plural", "first"), [("PurchaseOrders", "PO-0001"), ("Quotes", "QU-0001")]
)


def made(xero: Xero, plural: str, **members: Any) -> dict[str, Any]:
    line = a_line(AccountCode="429" if plural == "PurchaseOrders" else "200")
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
    xero.post(f"{plural}/{first}", {"Status": "DELETED"})
    assert xero.refused("POST", f"{plural}/{first}", {"Status": "DRAFT"}) == [errors.BAD_STATUS]
    assert xero.call("POST", plural, {f"{plural[:-1]}ID": NOBODY}).status == 404


@both
def test_it_needs_a_contact_and_lines(xero: Xero, plural: str, first: str) -> None:
    assert xero.refused("PUT", plural, {plural: [{}]}) == [
        errors.CONTACT_NEEDED,
        errors.LINES_NEEDED,
    ]


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
