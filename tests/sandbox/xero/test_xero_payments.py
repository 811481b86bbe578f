"""Payments: made, deleted, refused, and how each stamps its document."""

from __future__ import annotations

from typing import Any

import pytest

from sync_worker.sandbox.xero import errors
from tests.sandbox.xero.client import NOBODY, Xero, a_line


def test_a_payment_reduces_what_is_due(xero: Xero) -> None:
    made = xero.invoice()
    payment = xero.payment(made["InvoiceID"], 40, Reference="EFT 1")
    assert (payment["Amount"], payment["PaymentType"], payment["Status"]) == (
        40,
        "ACCRECPAYMENT",
        "AUTHORISED",
    )
    assert (payment["Invoice"]["AmountDue"], payment["Invoice"]["AmountPaid"]) == (60, 40)
    read = xero.read(made["InvoiceID"])
    assert (read["Status"], read["AmountDue"]) == ("AUTHORISED", 60)
    assert read["Payments"][0]["Reference"] == "EFT 1"


def test_a_bill_is_paid_as_a_bill(xero: Xero) -> None:
    bill = xero.invoice(Type="ACCPAY", LineItems=[a_line(AccountCode="429")])
    assert xero.payment(bill["InvoiceID"])["PaymentType"] == "ACCPAYPAYMENT"


def test_making_and_deleting_stamp_the_document_too(xero: Xero) -> None:
    made = xero.invoice()
    xero.later(1)
    payment = xero.payment(made["InvoiceID"])
    assert xero.read(made["InvoiceID"])["UpdatedDateUTC"] == payment["UpdatedDateUTC"]
    xero.later(1)
    (deleted,) = xero.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"})["Payments"]
    assert xero.read(made["InvoiceID"])["UpdatedDateUTC"] == deleted["UpdatedDateUTC"]
    assert deleted["UpdatedDateUTC"] != payment["UpdatedDateUTC"]


def test_a_deleted_payment_stays_listed_with_a_fresh_time(xero: Xero) -> None:
    payment = xero.payment(xero.invoice()["InvoiceID"])
    xero.later(60)
    xero.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"})
    (listed,) = xero.get("Payments", {"If-Modified-Since": "2026-11-20T03:01:00"})["Payments"]
    assert listed["Status"] == "DELETED"
    assert listed["UpdatedDateUTCString"] == "2026-11-20T03:01:00Z"


def test_a_payment_is_deleted_once(xero: Xero) -> None:
    path = f"Payments/{xero.payment(xero.invoice()['InvoiceID'])['PaymentID']}"
    xero.post(path, {"Payments": [{"Status": "DELETED"}]})
    assert xero.refused("POST", path, {"Status": "DELETED"}) == [errors.PAYMENT_GONE]


def test_only_its_status_can_change(xero: Xero) -> None:
    path = f"Payments/{xero.payment(xero.invoice()['InvoiceID'])['PaymentID']}"
    assert xero.refused("POST", path, {"Amount": 1}) == ["Only Status accepted for updates."]
    assert xero.call("POST", f"Payments/{NOBODY}", {"Status": "DELETED"}).status == 404


def test_a_reconciled_payment_stays(xero: Xero) -> None:
    payment = xero.payment(xero.invoice()["InvoiceID"])["PaymentID"]
    xero.sandbox.reconcile(payment)
    assert xero.get(f"Payments/{payment}")["Payments"][0]["IsReconciled"] is True
    assert xero.refused("POST", f"Payments/{payment}", {"Status": "DELETED"}) == [errors.RECONCILED]


def test_too_much_is_refused(xero: Xero) -> None:
    sent = xero.a_payment(xero.invoice()["InvoiceID"], 100.01)
    expected = "Payment amount exceeds the amount outstanding on this document"
    assert xero.refused("PUT", "Payments", sent) == [expected]


def test_a_paid_document_gives_both_reasons(xero: Xero) -> None:
    made = xero.invoice()
    xero.payment(made["InvoiceID"], 100)
    refused = xero.refused("PUT", "Payments", xero.a_payment(made["InvoiceID"], 1))
    assert refused == [errors.TOO_MUCH, "Payments can only be made against Authorised documents"]


def test_a_draft_cannot_be_paid(xero: Xero) -> None:
    draft = xero.invoice(Status="DRAFT")
    refused = xero.refused("PUT", "Payments", xero.a_payment(draft["InvoiceID"]))
    assert errors.ONLY_AUTHORISED in refused


@pytest.mark.parametrize(
    ("account", "accepted"),
    [
        ({"Code": "090"}, True),
        ({"Code": "091"}, True),
        ({"Code": "880"}, True),
        ({"Code": "200"}, False),
        ({"Code": "999"}, False),
        ({}, False),
    ],
)
def test_money_goes_to_banks_and_to_accounts_enabled_for_it(
    xero: Xero, account: dict[str, str], accepted: bool
) -> None:
    sent = xero.a_payment(xero.invoice()["InvoiceID"], Account=account)
    assert xero.call("PUT", "Payments", sent).status == (200 if accepted else 400)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Amount": 0}, errors.AMOUNT_NEEDED),
        ({"Amount": -5}, errors.AMOUNT_NEEDED),
        ({"Invoice": {"InvoiceID": NOBODY}}, errors.INVOICE_UNKNOWN),
        ({"Invoice": None}, errors.INVOICE_NEEDED),
    ],
)
def test_what_a_payment_needs(xero: Xero, members: dict[str, Any], message: str) -> None:
    sent = {**xero.a_payment(xero.invoice()["InvoiceID"]), **members}
    assert xero.refused("PUT", "Payments", sent) == [message]


def test_several_payments_in_one_call_share_what_is_due(xero: Xero) -> None:
    made = xero.invoice()
    batch = {"Payments": [xero.a_payment(made["InvoiceID"], 60) for _ in range(2)]}
    elements = xero.put("Payments", batch, summarizeErrors="false")["Payments"]
    assert [one["StatusAttributeString"] for one in elements] == ["OK", "ERROR"]
    assert xero.read(made["InvoiceID"])["AmountPaid"] == 60


def test_one_payment_may_be_posted_bare_and_by_number(xero: Xero) -> None:
    made = xero.invoice()
    sent = xero.a_payment("", Invoice={"InvoiceNumber": made["InvoiceNumber"]})
    assert xero.post("Payments", sent)["Payments"][0]["Invoice"]["InvoiceID"] == made["InvoiceID"]


def test_payments_obey_lock_dates(xero: Xero) -> None:
    made = xero.invoice(Date="2026-11-10")
    xero.sandbox.set_lock_dates(period="2026-11-05")
    refused = xero.refused("PUT", "Payments", xero.a_payment(made["InvoiceID"]))
    assert refused == [errors.PERIOD_LOCK.format(date="5 November 2026")]


def test_a_list_shows_the_document_thin_and_one_alone_in_full(xero: Xero) -> None:
    payment = xero.payment(xero.invoice()["InvoiceID"])
    (listed,) = xero.get("Payments")["Payments"]
    (alone,) = xero.get(f"Payments/{payment['PaymentID']}")["Payments"]
    assert listed["Invoice"]["LineItems"] == []
    assert "AmountDue" not in listed["Invoice"]
    assert len(alone["Invoice"]["LineItems"]) == 1
    assert alone["Account"]["Name"] == "Business Bank Account"
    assert [key for key in listed if key != "Reference"] == [
        "PaymentID", "Date", "BankAmount", "Amount", "CurrencyRate", "PaymentType", "Status",
        "UpdatedDateUTC", "UpdatedDateUTCString", "HasAccount", "IsReconciled", "Account", "Invoice",
        "HasValidationErrors",
    ]  # fmt: skip


def test_a_foreign_payment_reaches_the_bank_at_its_rate(xero: Xero) -> None:
    xero.put("Currencies", {"Code": "NZD"})
    made = xero.invoice(CurrencyCode="NZD", CurrencyRate=1.1)
    payment = xero.payment(made["InvoiceID"], 55)
    assert (payment["Amount"], payment["BankAmount"], payment["CurrencyRate"]) == (55, 50, 1.1)


def test_people_pay_and_take_back(xero: Xero) -> None:
    made = xero.invoice()
    payment = xero.sandbox.pay(made["InvoiceID"], "100.00", on="2026-11-12", reference="Bank feed")
    assert xero.read(made["InvoiceID"])["Status"] == "PAID"
    xero.sandbox.unpay(payment)
    assert xero.read(made["InvoiceID"])["Status"] == "AUTHORISED"
    with pytest.raises(errors.Invalid, match="exceeds"):
        xero.sandbox.pay(made["InvoiceID"], "100.01")


def test_a_payment_without_a_reference_has_an_empty_one_in_a_list_and_none_alone(
    xero: Xero,
) -> None:
    # Xero-OpenAPI 16.1, getPayments and getPayment: the examples show one and the same payment.
    made = xero.payment(xero.invoice()["InvoiceID"])
    (listed,) = xero.get("Payments")["Payments"]
    (alone,) = xero.get(f"Payments/{made['PaymentID']}")["Payments"]
    assert (listed["Reference"], "Reference" in alone) == ("", False)
