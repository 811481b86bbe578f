"""Invoices and bills: numbers, statuses, what must be there, arithmetic, locks, and how they are shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sync_worker.sandbox.xero import arithmetic, errors
from tests.sandbox.xero.client import NOBODY, Xero, a_line

EMPTY = "00000000-0000-0000-0000-000000000000"


def put_one(xero: Xero, **members: Any) -> dict[str, Any]:
    """The element of a PUT that does not summarise its errors."""
    body = {"Invoices": [xero.an_invoice(**members)]}
    return dict(xero.put("Invoices", body, summarizeErrors="false")["Invoices"][0])


def post_one(xero: Xero, invoice_id: str, **members: Any) -> dict[str, Any]:
    body = {"Invoices": [{"InvoiceID": invoice_id, **members}]}
    return dict(xero.post("Invoices", body, summarizeErrors="false")["Invoices"][0])


def said(element: dict[str, Any]) -> list[str]:
    return [error["Message"] for error in element.get("ValidationErrors", [])]


# -- the upsert matrix -----------------------------------------------------------------------------------------------


def test_an_invoice_without_a_number_gets_the_next_one(xero: Xero) -> None:
    numbers = [xero.invoice()["InvoiceNumber"] for _ in range(2)]
    taken = xero.invoice(InvoiceNumber="INV-0003")["InvoiceNumber"]
    assert [*numbers, taken, xero.invoice()["InvoiceNumber"]] == [
        "INV-0001",
        "INV-0002",
        "INV-0003",
        "INV-0004",
    ]


def test_put_refuses_a_sales_number_in_use(xero: Xero) -> None:
    xero.invoice(InvoiceNumber="A-1")
    refused = put_one(xero, InvoiceNumber="a-1")
    assert said(refused) == ["Invoice # must be unique."]
    assert refused["InvoiceID"] == EMPTY


def test_a_number_is_unique_within_one_call_too(xero: Xero) -> None:
    twice = {"Invoices": [xero.an_invoice(InvoiceNumber="A-1") for _ in range(2)]}
    elements = xero.put("Invoices", twice, summarizeErrors="false")["Invoices"]
    assert [one["StatusAttributeString"] for one in elements] == ["OK", "ERROR"]


def test_a_voided_number_stays_taken(xero: Xero) -> None:
    made = xero.invoice(InvoiceNumber="A-1")
    post_one(xero, made["InvoiceID"], Status="VOIDED")
    assert said(put_one(xero, InvoiceNumber="A-1")) == [errors.NUMBER_TAKEN]


def test_a_deleted_draft_lets_go_of_its_number(xero: Xero) -> None:
    made = xero.invoice(InvoiceNumber="A-1", Status="DRAFT")
    post_one(xero, made["InvoiceID"], Status="DELETED")
    assert put_one(xero, InvoiceNumber="A-1")["HasErrors"] is False


def test_bills_may_share_a_number(xero: Xero) -> None:
    lines = [a_line(AccountCode="429")]
    bill = {"Type": "ACCPAY", "InvoiceNumber": "B-1", "LineItems": lines}
    made = {xero.invoice(**bill)["InvoiceID"] for _ in range(2)}
    (posted,) = xero.post("Invoices", xero.an_invoice(**bill))["Invoices"]
    assert len(made | {posted["InvoiceID"]}) == 3


def test_post_without_an_id_updates_whoever_holds_the_number(xero: Xero) -> None:
    held = xero.invoice(InvoiceNumber="A-1", Reference="first")
    posted = xero.post("Invoices", xero.an_invoice(InvoiceNumber="A-1", Reference="second"))
    assert posted["Invoices"][0]["InvoiceID"] == held["InvoiceID"]
    assert xero.read(held["InvoiceID"])["Reference"] == "second"


def test_post_creates_where_nothing_matches(xero: Xero) -> None:
    posted = xero.post("Invoices", xero.an_invoice(InvoiceNumber="A-1"))
    assert posted["Invoices"][0]["InvoiceNumber"] == "A-1"


def test_an_unknown_id_ends_the_whole_call(xero: Xero) -> None:
    body = {"Invoices": [xero.an_invoice(), {"InvoiceID": NOBODY, "Status": "VOIDED"}]}
    assert xero.call("POST", "Invoices", body, summarizeErrors="false").status == 404
    assert xero.sandbox.documents() == []
    assert xero.call("POST", f"Invoices/{NOBODY}", {"Status": "VOIDED"}).status == 404


def test_one_invoice_is_updated_and_read_by_id_or_number(xero: Xero) -> None:
    made = xero.invoice(InvoiceNumber="A-1")
    xero.post("Invoices/A-1", {"Reference": "by number"})
    xero.post(f"Invoices/{made['InvoiceID']}", {"Invoices": [{"DueDate": "2026-12-24"}]})
    read = xero.get("Invoices/a-1")["Invoices"][0]
    assert (read["Reference"], read["DueDateString"]) == ("by number", "2026-12-24T00:00:00")
    assert len(read["LineItems"]) == 1


def test_elements_come_back_in_the_order_they_were_sent(xero: Xero) -> None:
    batch = {"Invoices": [xero.an_invoice(Reference=f"R{at}") for at in range(5)]}
    elements = xero.put("Invoices", batch)["Invoices"]
    assert [one["Reference"] for one in elements] == ["R0", "R1", "R2", "R3", "R4"]


def test_a_bills_reference_is_not_kept(xero: Xero) -> None:
    bill = xero.invoice(Type="ACCPAY", Reference="mine", LineItems=[a_line(AccountCode="429")])
    assert bill["Reference"] == ""


# -- the status machine ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (["DRAFT", "SUBMITTED", "DRAFT", "AUTHORISED", "VOIDED"], True),
        (["DRAFT", "DELETED"], True),
        (["SUBMITTED", "DELETED"], True),
        (["DRAFT", "VOIDED"], False),
        (["AUTHORISED", "DELETED"], False),
        (["AUTHORISED", "DRAFT"], False),
        (["AUTHORISED", "SUBMITTED"], False),
        (["AUTHORISED", "VOIDED", "AUTHORISED"], False),
        (["DRAFT", "DELETED", "DRAFT"], False),
    ],
)
def test_a_status_takes_only_these_steps(xero: Xero, path: list[str], allowed: bool) -> None:
    made = xero.invoice(Status=path[0])
    for status in path[1:-1]:
        assert said(post_one(xero, made["InvoiceID"], Status=status)) == []
    last = post_one(xero, made["InvoiceID"], Status=path[-1])
    assert said(last) == ([] if allowed else ["Invoice not of valid status for modification"])
    assert xero.read(made["InvoiceID"])["Status"] == (path[-1] if allowed else path[-2])


def test_a_draft_is_the_default(xero: Xero) -> None:
    assert xero.invoice(Status=None)["Status"] == "DRAFT"


@pytest.mark.parametrize("status", ["PAID", "VOIDED", "DELETED"])
def test_a_document_cannot_be_made_in_its_end_state(xero: Xero, status: str) -> None:
    assert said(put_one(xero, Status=status)) == [errors.BAD_FIRST_STATUS]


def test_closed_documents_take_no_edit(xero: Xero) -> None:
    made = xero.invoice()
    post_one(xero, made["InvoiceID"], Status="VOIDED")
    assert said(post_one(xero, made["InvoiceID"], Reference="x")) == [errors.BAD_STATUS]


def test_a_void_answers_with_the_amount_due_and_lists_show_none(xero: Xero) -> None:
    made = xero.invoice()
    assert post_one(xero, made["InvoiceID"], Status="VOIDED")["AmountDue"] == 100
    (listed,) = xero.get("Invoices", page=1)["Invoices"]
    assert (listed["Status"], listed["AmountDue"], listed["Total"]) == ("VOIDED", 0, 100)


def test_an_approved_unpaid_invoice_may_be_edited(xero: Xero) -> None:
    made = xero.invoice()
    edited = post_one(xero, made["InvoiceID"], LineItems=[a_line(UnitAmount=250)])
    assert (edited["Total"], edited["AmountDue"], edited["Status"]) == (250, 250, "AUTHORISED")


def test_lines_without_their_id_are_made_anew_and_others_kept(xero: Xero) -> None:
    made = xero.invoice(LineItems=[a_line(), a_line(Description="Travel")])
    ids = [line["LineItemID"] for line in made["LineItems"]]
    kept = {"LineItemID": ids[0], "Description": "Support, kept"}
    edited = post_one(xero, made["InvoiceID"], LineItems=[kept, a_line(Description="New")])
    lines = edited["LineItems"]
    assert lines[0]["LineItemID"] == ids[0]
    assert (lines[0]["Description"], lines[0]["LineAmount"]) == ("Support, kept", 100)
    assert lines[1]["LineItemID"] not in ids


# -- what payments freeze --------------------------------------------------------------------------------------------


def test_paid_in_full_it_is_paid_and_unpaid_it_is_authorised_again(xero: Xero) -> None:
    made = xero.invoice()
    payment = xero.payment(made["InvoiceID"], 100, Date="2026-11-09")
    paid = xero.read(made["InvoiceID"])
    assert (paid["Status"], paid["AmountDue"], paid["AmountPaid"]) == ("PAID", 0, 100)
    assert paid["FullyPaidOnDate"] == "/Date(1794182400000+0000)/"
    xero.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"})
    owed = xero.read(made["InvoiceID"])
    assert (owed["Status"], owed["AmountDue"], owed.get("FullyPaidOnDate")) == (
        "AUTHORISED",
        100,
        None,
    )


@pytest.mark.parametrize("status", ["VOIDED", "DRAFT", "SUBMITTED", "DELETED"])
def test_a_part_paid_invoice_takes_no_new_status(xero: Xero, status: str) -> None:
    made = xero.invoice()
    xero.payment(made["InvoiceID"])
    expected = (
        f"The status {status} cannot be applied to the invoice because it has payments or credit"
        " notes allocated to it."
    )
    assert said(post_one(xero, made["InvoiceID"], Status=status)) == [expected]


@pytest.mark.parametrize("change", [{"Date": "2026-11-02"}, {"LineAmountTypes": "Exclusive"}])
def test_a_part_paid_invoice_keeps_what_was_paid(xero: Xero, change: dict[str, Any]) -> None:
    made = xero.invoice(LineItems=[a_line(AccountCode="200")])
    xero.payment(made["InvoiceID"])
    assert said(post_one(xero, made["InvoiceID"], **change)) == [errors.HAS_PAYMENTS]


def test_a_part_paid_invoice_may_change_its_words(xero: Xero) -> None:
    made = xero.invoice()
    xero.payment(made["InvoiceID"])
    (line,) = made["LineItems"]
    words = {"LineItemID": line["LineItemID"], "Description": "Other words", "AccountCode": "204"}
    edited = post_one(
        xero, made["InvoiceID"], Reference="R", DueDate="2026-12-24", LineItems=[words]
    )
    assert said(edited) == []
    assert edited["LineItems"][0]["Description"] == "Other words"
    assert edited["LineItems"][0]["AccountCode"] == "204"


def test_a_paid_line_needs_its_id(xero: Xero) -> None:
    made = xero.invoice()
    xero.payment(made["InvoiceID"])
    refused = post_one(xero, made["InvoiceID"], LineItems=[a_line()])
    assert said(refused) == [
        "To update fields on a paid invoice line item, you must supply a LineItemID"
    ]


def test_credit_settles_without_a_payment(xero: Xero) -> None:
    made = xero.invoice()
    xero.sandbox.credit(made["InvoiceID"], "100.00")
    read = xero.read(made["InvoiceID"])
    assert (read["Status"], read["AmountPaid"], read["AmountCredited"]) == ("PAID", 0, 100)
    assert xero.get("Payments")["Payments"] == []


# -- what must be there ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Contact": {}}, errors.CONTACT_NEEDED),
        ({"Contact": {"EmailAddress": "a@b.co"}}, errors.CONTACT_UNNAMED),
        ({"Contact": {"ContactID": NOBODY}}, errors.CONTACT_UNKNOWN),
        ({"Type": None}, errors.TYPE_NEEDED),
        ({"DueDate": None}, "The document DueDate field must be specified."),
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"LineItems": None}, "One or more line items must be specified"),
        ({"LineItems": [a_line(Description=None)]}, errors.DESCRIPTION_NEEDED),
        ({"LineItems": [a_line(AccountCode=None)]}, "Account code or ID must be specified"),
        ({"LineItems": [a_line(AccountCode="999")]}, "Account code '999' is not a valid code for this document."),
        ({"LineItems": [a_line(AccountCode="090")]}, "Account code '090' is not a valid code for this document."),
        ({"LineItems": [a_line(AccountCode="610")]}, "Account code '610' is not a valid code for this document."),
        ({"LineItems": [a_line(AccountCode="299")]}, errors.ACCOUNT_ARCHIVED.format(code="299")),
        ({"LineItems": [a_line(TaxType="INPUT")]}, "The TaxType code 'INPUT' cannot be used with account code '203'"),
        ({"LineItems": [a_line(TaxType="NOPE")]}, errors.TAX_TYPE_UNKNOWN.format(tax="NOPE")),
        ({"LineItems": [a_line(LineAmount=99)]}, "The line total 99.00 does not match the expected line total 100.00"),
        ({"LineItems": [a_line(Description="x" * 4001)]}, errors.TOO_LONG.format(field="Description", limit=4000)),
        ({"LineItems": [a_line(Tracking=[{"Name": "No", "Option": "No"}])]}, errors.TRACKING_UNKNOWN),
        ({"CurrencyCode": "EUR"}, "Organisation is not subscribed to currency EUR"),
        ({"Url": "https://go.xero.com/x"}, errors.URL_REFUSED),
        ({"InvoiceNumber": "n" * 256}, errors.TOO_LONG.format(field="InvoiceNumber", limit=255)),
    ],
)  # fmt: skip
def test_what_an_approved_invoice_needs(xero: Xero, members: dict[str, Any], message: str) -> None:
    refused = put_one(xero, **members)
    assert message in said(refused)
    assert refused["InvoiceID"] == EMPTY
    assert xero.sandbox.documents() == []


def test_a_draft_needs_only_a_contact(xero: Xero) -> None:
    draft = xero.invoice(Status="DRAFT", DueDate=None, LineItems=None, Date=None)
    assert draft["DateString"] == "2026-11-20T00:00:00"
    assert "DueDate" not in draft
    refused = post_one(xero, draft["InvoiceID"], Status="AUTHORISED")
    assert said(refused) == [errors.DUE_DATE_NEEDED, errors.LINES_NEEDED]


def test_a_document_without_a_date_gets_today_where_the_organisation_is(xero: Xero) -> None:
    xero.later(11 * 3600)  # 14:00 UTC on the 20th is the 21st in Sydney
    xero.token = xero.new_token()
    assert xero.invoice(Date=None)["DateString"] == "2026-11-21T00:00:00"


def test_a_due_date_before_the_date_is_accepted(xero: Xero) -> None:
    assert xero.invoice(DueDate="2018-12-10")["DueDateString"] == "2018-12-10T00:00:00"


def test_an_invoice_for_an_archived_contact_is_refused(xero: Xero) -> None:
    contact = xero.contact()
    xero.sandbox.archive_contact(contact)
    refused = put_one(xero, Contact={"ContactID": contact})
    assert said(refused) == [errors.DOCUMENT_CONTACT_ARCHIVED]


def test_a_contact_by_name_is_found_or_made(xero: Xero) -> None:
    contact = xero.contact("Ann Lee")
    assert xero.invoice(Contact={"Name": "ANN LEE"})["Contact"]["ContactID"] == contact
    made = xero.invoice(Contact={"Name": "Bea New", "EmailAddress": "b@new.co"})["Contact"]
    assert (made["Name"], made["EmailAddress"], made["IsCustomer"]) == ("Bea New", "b@new.co", True)


def test_other_members_of_the_contact_update_it_and_drop_its_persons(xero: Xero) -> None:
    person = {"FirstName": "P", "LastName": "Q", "EmailAddress": "p@q.co", "IncludeInEmails": True}
    contact = xero.contact(ContactPersons=[person])
    sent = {"ContactID": contact, "EmailAddress": "new@b.co", "ContactPersons": []}
    shown = xero.invoice(Contact=sent)["Contact"]
    assert (shown["EmailAddress"], shown["ContactPersons"]) == ("new@b.co", [])


def test_the_first_document_makes_a_customer_without_touching_the_contacts_time(xero: Xero) -> None:
    contact = xero.contact()
    before = xero.get(f"Contacts/{contact}")["Contacts"][0]
    xero.later(5)
    xero.invoice(Contact={"ContactID": contact})
    after = xero.get(f"Contacts/{contact}")["Contacts"][0]
    assert (before["IsCustomer"], after["IsCustomer"]) == (False, True)
    assert before["UpdatedDateUTC"] == after["UpdatedDateUTC"]


def test_discounts_are_for_sales_only(xero: Xero) -> None:
    made = xero.invoice(LineItems=[a_line(DiscountRate=10)])
    assert (made["Total"], made["TotalDiscount"], made["IsDiscounted"]) == (90, 10, True)
    bill = [a_line(AccountCode="429", DiscountRate=10)]
    assert said(put_one(xero, Type="ACCPAY", LineItems=bill)) == [errors.NO_DISCOUNT_ON_BILLS]


def test_a_line_that_only_says_something_is_allowed(xero: Xero) -> None:
    made = xero.invoice(LineItems=[{"Description": "For October"}, a_line()])
    assert (made["Total"], made["LineItems"][0]["LineAmount"]) == (100, 0)
    assert "Quantity" not in made["LineItems"][0]


def test_a_refused_document_comes_back_with_its_totals(xero: Xero) -> None:
    lines = [a_line(AccountCode="200", Quantity=2, UnitAmount=10.5)]
    refused = put_one(
        xero, DueDate=None, LineItems=lines, Reference="R", LineAmountTypes="Exclusive"
    )
    assert (refused["SubTotal"], refused["TotalTax"], refused["Total"]) == (21, 2.1, 23.1)
    assert (refused["HasErrors"], refused["Reference"]) == (True, "R")


def test_an_invoice_for_nothing_is_paid_at_once(xero: Xero) -> None:
    assert xero.invoice(LineItems=[a_line(UnitAmount=0)])["Status"] == "PAID"


# -- arithmetic ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "tax"),
    [("541.25", "70.60"), ("97.00", "12.65"), ("89.00", "11.61"), ("500.00", "65.22")],
)
def test_inclusive_tax_is_what_was_recorded_at_15_per_cent(amount: str, tax: str) -> None:
    assert arithmetic.tax_amount(Decimal(amount), Decimal(15), "Inclusive") == Decimal(tax)


@pytest.mark.parametrize(
    ("types", "sub_total", "tax", "total"),
    [("Exclusive", 100, 10, 110), ("Inclusive", 90.91, 9.09, 100), ("NoTax", 100, 0, 100)],
)
def test_tax_lies_on_top_or_inside(
    xero: Xero, types: str, sub_total: float, tax: float, total: float
) -> None:
    made = xero.invoice(LineAmountTypes=types, LineItems=[a_line(AccountCode="200")])
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (sub_total, tax, total)


def test_exclusive_is_the_default(xero: Xero) -> None:
    assert xero.invoice(LineAmountTypes=None)["LineAmountTypes"] == "Exclusive"


@pytest.mark.parametrize(
    ("line", "unitdp", "unit", "amount"),
    [
        ({"Quantity": 3, "UnitAmount": 33.335}, "2", 33.34, 100.02),
        ({"Quantity": 3, "UnitAmount": 33.335}, "4", 33.335, 100.01),
        ({"Quantity": 0.125, "UnitAmount": 65.47}, "2", 65.47, 8.18),
        ({"Quantity": 1.00005, "UnitAmount": 100}, "2", 100, 100.01),
        ({"Quantity": 1, "UnitAmount": 0.125}, "2", 0.13, 0.13),
        ({"Quantity": 4, "UnitAmount": None, "LineAmount": 10}, "2", 2.5, 10),
        ({"Quantity": None, "UnitAmount": 2.5, "LineAmount": 10}, "2", 2.5, 10),
        ({"Quantity": None, "UnitAmount": None, "LineAmount": 10}, "2", 10, 10),
        ({"DiscountAmount": 12.5}, "2", 100, 87.5),
    ],
)
def test_units_are_rounded_before_they_are_multiplied(
    xero: Xero, line: dict[str, Any], unitdp: str, unit: float, amount: float
) -> None:
    body = xero.an_invoice(LineItems=[a_line(**line)])
    (made,) = xero.put("Invoices", body, unitdp=unitdp)["Invoices"]
    assert (made["LineItems"][0]["UnitAmount"], made["Total"]) == (unit, amount)


def test_four_places_are_shown_only_when_asked_for(xero: Xero) -> None:
    body = xero.an_invoice(LineItems=[a_line(UnitAmount=1.2345)])
    (made,) = xero.put("Invoices", body, unitdp="4")["Invoices"]
    path = f"Invoices/{made['InvoiceID']}"
    assert xero.get(path)["Invoices"][0]["LineItems"][0]["UnitAmount"] == 1.23
    assert xero.get(path, unitdp="4")["Invoices"][0]["LineItems"][0]["UnitAmount"] == 1.2345


def test_tax_is_rounded_line_by_line(xero: Xero) -> None:
    lines = [a_line(AccountCode="200", UnitAmount=0.05) for _ in range(3)]
    assert xero.invoice(LineAmountTypes="Exclusive", LineItems=lines)["TotalTax"] == 0.03


def test_a_tax_amount_overrides(xero: Xero) -> None:
    made = xero.invoice(LineItems=[a_line(AccountCode="200", TaxAmount=9.1)])
    assert (made["TotalTax"], made["SubTotal"]) == (9.1, 90.9)


def test_tax_types_default_from_the_account(xero: Xero) -> None:
    made = xero.invoice(LineItems=[a_line(), a_line(AccountCode="200")])
    assert [line["TaxType"] for line in made["LineItems"]] == ["EXEMPTOUTPUT", "OUTPUT"]


def test_a_foreign_currency_needs_a_subscription(xero: Xero) -> None:
    xero.put("Currencies", {"Code": "NZD"})
    made = xero.invoice(CurrencyCode="NZD", CurrencyRate=1.0912345)
    assert (made["CurrencyCode"], made["CurrencyRate"]) == ("NZD", 1.091235)


# -- lock dates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        ({"period": "2026-11-01"}, errors.PERIOD_LOCK.format(date="1 November 2026")),
        ({"year_end": "2026-11-05"}, errors.YEAR_LOCK.format(date="5 November 2026")),
    ],
)  # fmt: skip
def test_nothing_is_approved_on_or_before_a_lock_date(
    xero: Xero, lock: dict[str, str], message: str
) -> None:
    xero.sandbox.set_lock_dates(**lock)
    assert said(put_one(xero)) == [message]
    assert put_one(xero, Date="2026-11-06")["HasErrors"] is False
    assert put_one(xero, Status="DRAFT")["HasErrors"] is False


def test_what_stands_in_a_locked_period_stays_as_it_is(xero: Xero) -> None:
    made = xero.invoice()
    xero.sandbox.set_lock_dates(year_end="2026-11-05")
    refused = post_one(xero, made["InvoiceID"], Date="2026-11-10")
    assert said(refused) == [errors.YEAR_LOCK_EDIT]
    assert said(post_one(xero, made["InvoiceID"], Status="VOIDED")) == [errors.YEAR_LOCK_EDIT]
    assert xero.read(made["InvoiceID"])["Status"] == "AUTHORISED"


def test_the_organisation_shows_its_lock_dates_only_when_set(xero: Xero) -> None:
    assert "PeriodLockDate" not in xero.get("Organisation")["Organisations"][0]
    xero.sandbox.set_lock_dates(period="2009-09-30")
    shown = xero.get("Organisation")["Organisations"][0]
    assert shown["PeriodLockDate"] == "/Date(1254268800000+0000)/"
    assert "EndOfYearLockDate" not in shown


# -- how they are shown ----------------------------------------------------------------------------------------------


def test_a_write_answers_with_the_members_that_were_recorded(xero: Xero) -> None:
    made = xero.invoice(Reference="recording")
    assert list(made) == [
        "Type", "InvoiceID", "InvoiceNumber", "Reference", "Prepayments", "Overpayments",
        "AmountDue", "AmountPaid", "SentToContact", "CurrencyRate", "IsDiscounted", "HasErrors",
        "InvoicePaymentServices", "UpdatedDateUTCString", "Contact", "DateString", "Date",
        "DueDateString", "DueDate", "BrandingThemeID", "Status", "LineAmountTypes", "LineItems",
        "SubTotal", "TotalTax", "Total", "UpdatedDateUTC", "CurrencyCode",
    ]  # fmt: skip
    assert list(made["LineItems"][0]) == [
        "Description", "UnitAmount", "TaxType", "TaxAmount", "LineAmount", "AccountCode",
        "Tracking", "Quantity", "LineItemID", "AccountID", "ValidationErrors",
    ]  # fmt: skip


def test_a_list_shows_the_members_that_were_recorded(xero: Xero) -> None:
    made = xero.invoice(Reference="Monthly Support")
    xero.payment(made["InvoiceID"], 100)
    (shown,) = xero.get("Invoices", page=1)["Invoices"]
    assert list(shown) == [
        "Type", "InvoiceID", "InvoiceNumber", "Reference", "Payments", "CreditNotes", "Prepayments",
        "Overpayments", "AmountDue", "AmountPaid", "AmountCredited", "SentToContact", "CurrencyRate",
        "IsDiscounted", "HasAttachments", "InvoiceAddresses", "HasErrors", "InvoicePaymentServices",
        "UpdatedDateUTCString", "Contact", "DateString", "Date", "DueDateString", "DueDate",
        "BrandingThemeID", "Status", "LineAmountTypes", "LineItems", "SubTotal", "TotalTax", "Total",
        "UpdatedDateUTC", "CurrencyCode", "FullyPaidOnDate",
    ]  # fmt: skip
    assert list(shown["Contact"]) == [
        "ContactID", "Name", "Addresses", "Phones", "ContactGroups", "ContactPersons",
        "HasValidationErrors",
    ]  # fmt: skip
    assert set(shown["Payments"][0]) == {
        "PaymentID", "Date", "Amount", "CurrencyRate", "HasAccount", "HasValidationErrors",
    }  # fmt: skip


def test_bills_have_neither_theme_nor_sent_mark(xero: Xero) -> None:
    bill = xero.invoice(Type="ACCPAY", LineItems=[a_line(AccountCode="429")])
    assert "BrandingThemeID" not in bill
    assert "SentToContact" not in bill


def test_an_online_invoice_is_there_once_approved(xero: Xero) -> None:
    draft, made = xero.invoice(Status="DRAFT"), xero.invoice()
    path = f"Invoices/{made['InvoiceID']}/OnlineInvoice"
    (online,) = xero.get(path)["OnlineInvoices"]
    assert online["OnlineInvoiceUrl"].startswith("https://in.xero.com/")
    assert xero.call("GET", f"Invoices/{draft['InvoiceID']}/OnlineInvoice").status == 400


def test_emailing_marks_it_as_sent(xero: Xero) -> None:
    made = xero.invoice(Contact={"Name": "Bea", "EmailAddress": "b@b.co"})
    reply = xero.call("POST", f"Invoices/{made['InvoiceID']}/Email", {})
    assert (reply.status, reply.body) == (204, b"")
    assert xero.read(made["InvoiceID"])["SentToContact"] is True
    assert xero.refused("POST", f"Invoices/{xero.invoice()['InvoiceID']}/Email", {}) == [
        errors.NO_EMAIL
    ]


def test_history_tells_what_was_done_newest_first(xero: Xero) -> None:
    made = xero.invoice()
    path = f"Invoices/{made['InvoiceID']}/History"
    (note,) = xero.put(path, {"HistoryRecords": [{"Details": "From the CRM"}]})["HistoryRecords"]
    assert list(note) == ["DateUTCString", "DateUTC", "Details", "ValidationErrors"]
    records = xero.get(path)["HistoryRecords"]
    assert [record["Changes"] for record in records] == ["Note", "Created"]
    assert records[0]["User"] == "System Generated"
    missing = xero.refused(
        "PUT", f"Invoices/{NOBODY}/History", {"HistoryRecords": [{"Details": "x"}]}
    )
    assert missing == [errors.NOT_FOR_THIS_ENDPOINT]


def test_an_invoice_that_comes_to_less_than_nothing_cannot_be_approved(xero: Xero) -> None:
    lines = [a_line(Quantity=-1, UnitAmount=5)]
    sent = {"Invoices": [xero.an_invoice(LineItems=lines, Status="AUTHORISED")]}
    (refused,) = xero.call("PUT", "Invoices", sent, summarizeErrors=False).json()["Invoices"]
    assert refused["HasErrors"]
