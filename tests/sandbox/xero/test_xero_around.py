"""What surrounds the documents: items, attachments, PDFs, groups of contacts, users, history everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xero_python.accounting import (
    Contact,
    ContactGroup,
    ContactGroups,
    Contacts,
    Item,
    Items,
    Purchase,
)

from sync_worker.sandbox.xero import errors
from sync_worker.sandbox.xero.app import TENANT_ID
from tests.sandbox.xero.client import NOBODY, Xero, a_line

GUITAR = {
    "Code": "GTR",
    "Name": "Guitar",
    "Description": "A guitar",
    "PurchaseDescription": "A guitar to sell",
    "SalesDetails": {"UnitPrice": 55, "AccountCode": "200", "TaxType": "OUTPUT"},
    "PurchaseDetails": {"UnitPrice": 30, "AccountCode": "310"},
}


def an_item(xero: Xero, **members: Any) -> dict[str, Any]:
    return dict(xero.put("Items", {"Items": [{**GUITAR, **members}]})["Items"][0])


def test_an_items_code_is_taken_once(xero: Xero) -> None:
    an_item(xero)
    refused = xero.refused("PUT", "Items", {**GUITAR, "Code": "gtr"})
    assert refused == [errors.ITEM_TAKEN.format(code="gtr")]
    assert xero.refused("PUT", "Items", {"Name": "No code"}) == [
        "The Code field must be specified."
    ]
    assert errors.TOO_LONG.format(field="Code", limit=30) in xero.refused(
        "PUT", "Items", {"Code": "x" * 31}
    )


def test_post_changes_the_item_of_that_code(xero: Xero) -> None:
    made = an_item(xero)
    sent = {"Code": "GTR", "SalesDetails": {"UnitPrice": 60}}
    (changed,) = xero.post("Items", {"Items": [sent]})["Items"]
    assert changed["ItemID"] == made["ItemID"]
    assert changed["SalesDetails"] == {"UnitPrice": 60, "AccountCode": "200", "TaxType": "OUTPUT"}
    assert xero.get("Items/GTR")["Items"][0]["Name"] == "Guitar"


def test_an_item_is_taxed_as_its_account_unless_its_tax_type_is_sent(xero: Xero) -> None:
    # In a demo company's replies of 14 September 2026 (corrin/docketworks, item_create).
    sent = {
        "Code": "REC",
        "SalesDetails": {"UnitPrice": 2, "AccountCode": "200"},
        "PurchaseDetails": {"UnitPrice": 1, "AccountCode": "429", "TaxType": "BASEXCLUDED"},
    }
    (item,) = xero.post("Items", {"Items": [sent]})["Items"]
    assert item["SalesDetails"]["TaxType"] == "OUTPUT"
    assert item["PurchaseDetails"]["TaxType"] == "BASEXCLUDED"
    assert (item["UpdatedDateUTC"][-2:], item["ValidationErrors"]) == (")/", [])
    (listed,) = xero.get("Items")["Items"]
    assert listed["UpdatedDateUTC"] == item["UpdatedDateUTC"].replace(")/", "+0000)/")


def test_a_deleted_item_is_gone_and_its_code_free(xero: Xero) -> None:
    made = an_item(xero)
    assert xero.call("DELETE", f"Items/{made['ItemID']}").status == 204
    assert xero.get("Items")["Items"] == []
    assert xero.call("GET", "Items/GTR").status == 404
    an_item(xero)


def test_a_line_takes_what_it_leaves_out_from_its_item(xero: Xero) -> None:
    an_item(xero)
    (line,) = xero.invoice(LineItems=[{"ItemCode": "GTR", "Quantity": 2}])["LineItems"]
    assert (line["Description"], line["LineAmount"], line["AccountCode"], line["TaxType"]) == (
        "A guitar",
        110,
        "200",
        "OUTPUT",
    )
    bill = xero.invoice(Type="ACCPAY", LineItems=[{"ItemCode": "GTR", "UnitAmount": 31}])
    assert bill["LineItems"][0]["Description"] == "A guitar to sell"
    assert (bill["LineItems"][0]["UnitAmount"], bill["LineItems"][0]["AccountCode"]) == (31, "310")


def test_a_line_cannot_name_an_item_there_is_not(xero: Xero) -> None:
    sent = xero.an_invoice(LineItems=[a_line(ItemCode="NIX")])
    assert xero.refused("PUT", "Invoices", sent) == ["Item code 'NIX' is not valid"]


def test_a_file_is_given_back_byte_for_byte(xero: Xero) -> None:
    invoice_id = xero.invoice()["InvoiceID"]
    path = f"Invoices/{invoice_id}/Attachments"
    content = bytes(range(256))
    reply = xero.call("PUT", f"{path}/a%20b.pdf", content, IncludeOnline="True")
    (one,) = reply.json()["Attachments"]
    assert (one["FileName"], one["MimeType"], one["ContentLength"], one["IncludeOnline"]) == (
        "a b.pdf",
        "application/pdf",
        256,
        True,
    )
    for key in (one["AttachmentID"], "A%20B.pdf"):
        file = xero.call("GET", f"{path}/{key}")
        assert (file.headers["Content-Type"], file.body) == ("application/pdf", content)
    assert xero.get(path)["Attachments"] == [one]
    read = xero.read(invoice_id)
    assert (read["HasAttachments"], read["Attachments"]) == (True, [one])


def test_a_file_of_the_same_name_is_replaced(xero: Xero) -> None:
    path = f"Contacts/{xero.contact()}/Attachments"
    first = xero.call("PUT", f"{path}/a.txt", b"one").json()["Attachments"][0]
    second = xero.call("POST", f"{path}/a.txt", b"two").json()["Attachments"][0]
    assert first["AttachmentID"] == second["AttachmentID"]
    assert len(xero.get(path)["Attachments"]) == 1
    assert xero.call("GET", f"{path}/nothing.txt").status == 404


def test_a_document_holds_ten_files_of_ten_megabytes(xero: Xero) -> None:
    path = f"Invoices/{xero.invoice()['InvoiceID']}/Attachments"
    for number in range(10):
        assert xero.call("PUT", f"{path}/{number}.txt", b"x").status == 200
    assert xero.refused("PUT", f"{path}/10.txt", b"x") == [errors.TEN_ATTACHMENTS]
    assert xero.refused("PUT", f"{path}/0.txt", b"") == [errors.ATTACHMENT_EMPTY]
    large = bytes(10 * 1024 * 1024 + 1)
    assert xero.refused("PUT", f"{path}/0.txt", large) == [errors.ATTACHMENT_SIZE]


def test_files_need_their_own_scope(xero: Xero) -> None:
    path = f"Invoices/{xero.invoice()['InvoiceID']}/Attachments"
    xero.token = xero.new_token("accounting.invoices")
    assert xero.call("GET", path).status == 401
    xero.token = xero.new_token("accounting.attachments.read")
    assert xero.call("GET", path).status == 200
    assert xero.call("PUT", f"{path}/a.txt", b"x").status == 401


@pytest.mark.parametrize("ending", ["", "/pdf"])
def test_a_document_comes_as_pdf(xero: Xero, ending: str) -> None:
    path = f"Invoices/{xero.invoice()['InvoiceID']}{ending}"
    reply = xero.call("GET", path, headers={"Accept": "application/pdf"})
    assert reply.headers["Content-Type"] == "application/pdf"
    assert reply.body.startswith(b"%PDF-1.4")
    assert reply.body.rstrip().endswith(b"%%EOF")
    assert b"(INV-0001)" in reply.body
    unknown = xero.call("GET", f"Invoices/{NOBODY}{ending}", headers={"Accept": "application/pdf"})
    assert unknown.status == 404


def test_the_tables_of_a_pdf_point_at_its_objects(xero: Xero) -> None:
    body = xero.call("GET", f"Invoices/{xero.invoice()['InvoiceID']}/pdf").body
    start = int(body.rsplit(b"startxref\n", 1)[1].split()[0])
    assert body[start:].startswith(b"xref\n0 6\n")
    for number, row in enumerate(body[start:].splitlines()[3:8], 1):
        assert body[int(row[:10]) :].startswith(b"%d 0 obj" % number)


def test_a_group_knows_its_members(xero: Xero) -> None:
    (group,) = xero.put("ContactGroups", {"ContactGroups": [{"Name": "VIP"}]})["ContactGroups"]
    path = f"ContactGroups/{group['ContactGroupID']}"
    ann, bob = xero.contact("Ann"), xero.contact("Bob")
    xero.put(f"{path}/Contacts", {"Contacts": [{"ContactID": ann}, {"ContactID": bob}]})
    assert [c["Name"] for c in xero.get(path)["ContactGroups"][0]["Contacts"]] == ["Ann", "Bob"]
    assert xero.get("ContactGroups")["ContactGroups"][0]["Contacts"] == []
    assert xero.call("DELETE", f"{path}/Contacts/{ann}").status == 204
    assert xero.call("DELETE", f"{path}/Contacts/{ann}").status == 404
    assert xero.call("DELETE", f"{path}/Contacts").status == 204
    assert xero.get(path)["ContactGroups"][0]["Contacts"] == []
    assert xero.refused("PUT", f"{path}/Contacts", {"ContactID": NOBODY}) == [
        errors.CONTACT_UNKNOWN
    ]


def test_a_groups_name_is_its_own_until_it_is_deleted(xero: Xero) -> None:
    (group,) = xero.put("ContactGroups", {"Name": "VIP"})["ContactGroups"]
    path = f"ContactGroups/{group['ContactGroupID']}"
    assert xero.refused("PUT", "ContactGroups", {"Name": "vip"}) == [errors.NAME_NOT_UNIQUE]
    xero.post(path, {"Name": "Gold"})
    xero.post(path, {"Status": "DELETED"})
    assert xero.call("GET", path).status == 404
    xero.put("ContactGroups", {"Name": "Gold"})


def test_users_and_history_are_there(xero: Xero) -> None:
    user = xero.get("Users")["Users"][0]
    assert xero.get(f"Users/{user['UserID']}")["Users"] == [user]
    assert xero.call("GET", f"Users/{NOBODY}").status == 404
    path = f"Items/{an_item(xero)['ItemID']}/History"
    xero.put(path, {"HistoryRecords": [{"Details": "From the CRM"}]})
    assert [one["Details"] for one in xero.get(path)["HistoryRecords"]] == [
        "From the CRM",
        "Item GTR",
    ]


def test_the_sdk_understands_what_surrounds_documents(xero: Xero) -> None:
    api = xero.sdk()
    item = Item(code="GTR", sales_details=Purchase(unit_price=55.5, account_code="200"))
    (made,) = api.create_items(TENANT_ID, Items(items=[item])).items
    assert api.get_item(TENANT_ID, made.item_id).items[0].sales_details.unit_price == 55.5
    api.delete_item(TENANT_ID, made.item_id)
    assert api.get_users(TENANT_ID).users[0].is_subscriber
    groups = ContactGroups(contact_groups=[ContactGroup(name="VIP")])
    (group,) = api.create_contact_group(TENANT_ID, groups).contact_groups
    members = Contacts(contacts=[Contact(contact_id=xero.contact())])
    api.create_contact_group_contacts(TENANT_ID, group.contact_group_id, members)
    api.delete_contact_group_contacts(TENANT_ID, group.contact_group_id)
    invoice_id = xero.invoice()["InvoiceID"]
    api.create_invoice_attachment_by_file_name(TENANT_ID, invoice_id, "a.txt", b"hello", True)
    (one,) = api.get_invoice_attachments(TENANT_ID, invoice_id).attachments
    file = api.get_invoice_attachment_by_id(TENANT_ID, invoice_id, one.attachment_id, "text/plain")
    assert Path(file).read_bytes() == b"hello"
    assert Path(api.get_invoice_as_pdf(TENANT_ID, invoice_id)).read_bytes()[:4] == b"%PDF"


def test_only_a_file_that_customers_see_says_so(xero: Xero) -> None:
    # A demo company's reply of 14 September 2026 (corrin/docketworks, invoice_attachment_create) is silent otherwise.
    path = f"Invoices/{xero.invoice()['InvoiceID']}/Attachments"
    for online in ("False", "True"):
        reply = xero.call("PUT", f"{path}/{online}.txt", b"x", IncludeOnline=online)
        (one,) = reply.json()["Attachments"]
        assert one.get("IncludeOnline", False) is (online == "True")


def test_a_reply_can_be_named_to_support_by_a_header_too(xero: Xero) -> None:
    # xero-python's recorded calls: Xero-Correlation-Id is the reply's own Id.
    reply = xero.call("GET", "Organisation")
    assert reply.headers["Xero-Correlation-Id"] == reply.json()["Id"]
