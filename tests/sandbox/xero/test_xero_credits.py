"""Credit notes, prepayments and overpayments: made, set against documents, taken off, paid back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from xero_python.accounting import Account as SdkAccount
from xero_python.accounting import (
    Allocation,
    Allocations,
    BankTransaction,
    BankTransactions,
    BatchPayment,
    BatchPayments,
    Contact,
    CreditNote,
    CreditNotes,
    Invoice,
    LineItem,
    Payment,
)

from sync_worker.sandbox.xero import errors
from sync_worker.sandbox.xero.app import TENANT_ID
from tests.sandbox.xero.client import NOBODY, Xero, a_line


def a_note(xero: Xero, **members: Any) -> dict[str, Any]:
    sent = {
        "Type": "ACCRECCREDIT",
        "Contact": {"Name": "Ann Lee"},
        "Date": "2026-11-10",
        "LineAmountTypes": "Inclusive",
        "Status": "AUTHORISED",
        "LineItems": [a_line()],
        **members,
    }
    return dict(xero.put("CreditNotes", {"CreditNotes": [sent]})["CreditNotes"][0])


def received(xero: Xero, kind: str = "RECEIVE-OVERPAYMENT", **members: Any) -> dict[str, Any]:
    sent = {
        "Type": kind,
        "Contact": {"Name": "Ann Lee"},
        "BankAccount": {"Code": "090"},
        "Date": "2026-11-10",
        "LineItems": [a_line()],
        **members,
    }
    made = xero.put("BankTransactions", {"BankTransactions": [sent]})
    return dict(made["BankTransactions"][0])


def allocated(xero: Xero, path: str, invoice_id: str, amount: Any) -> dict[str, Any]:
    sent = {"Allocations": [{"Invoice": {"InvoiceID": invoice_id}, "Amount": amount}]}
    return dict(xero.put(f"{path}/Allocations", sent)["Allocations"][0])


def test_a_credit_note_gets_the_next_number_and_stands_open(xero: Xero) -> None:
    note = a_note(xero)
    assert (note["CreditNoteNumber"], note["Status"], note["RemainingCredit"]) == (
        "CN-0001",
        "AUTHORISED",
        100,
    )
    assert xero.get("CreditNotes/CN-0001")["CreditNotes"][0]["CreditNoteID"] == note["CreditNoteID"]
    assert a_note(xero)["CreditNoteNumber"] == "CN-0002"


def test_lists_of_credit_notes_have_lines_only_in_pages(xero: Xero) -> None:
    a_note(xero)
    assert xero.get("CreditNotes")["CreditNotes"][0]["LineItems"] == []
    paged = xero.get("CreditNotes", page=1, where='Type=="ACCRECCREDIT"')
    assert (len(paged["CreditNotes"][0]["LineItems"]), paged["pagination"]["itemCount"]) == (1, 1)


def test_a_credit_note_can_turn_an_invoice_paid_without_a_payment(xero: Xero) -> None:
    invoice, note = xero.invoice(), a_note(xero)
    xero.later()
    path = f"CreditNotes/{note['CreditNoteID']}"
    allocated(xero, path, invoice["InvoiceID"], 100)
    read = xero.read(invoice["InvoiceID"])
    assert (read["Status"], read["AmountPaid"], read["AmountCredited"]) == ("PAID", 0, 100)
    assert [(one["ID"], one["AppliedAmount"]) for one in read["CreditNotes"]] == [
        (note["CreditNoteID"], 100)
    ]
    assert read["UpdatedDateUTC"] != invoice["UpdatedDateUTC"]
    (spent,) = xero.get(path)["CreditNotes"]
    assert (spent["Status"], spent["RemainingCredit"]) == ("PAID", 0)
    (listed,) = xero.get("Invoices", page=1)["Invoices"]
    assert listed["CreditNotes"][0]["AppliedAmount"] == 100
    assert xero.get("Payments")["Payments"] == []


def test_taking_an_allocation_off_opens_both_again(xero: Xero) -> None:
    invoice, note = xero.invoice(), a_note(xero)
    path = f"CreditNotes/{note['CreditNoteID']}"
    allocation = allocated(xero, path, invoice["InvoiceID"], 100)["AllocationID"]
    gone = xero.call("DELETE", f"{path}/Allocations/{allocation}")
    assert (gone.status, gone.json()["IsDeleted"]) == (200, True)
    assert xero.read(invoice["InvoiceID"])["Status"] == "AUTHORISED"
    assert xero.get(path)["CreditNotes"][0]["RemainingCredit"] == 100
    assert xero.call("DELETE", f"{path}/Allocations/{allocation}").status == 404


def test_more_than_there_is_cannot_be_allocated(xero: Xero) -> None:
    invoice, note = xero.invoice(), a_note(xero)
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    sent = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 101}
    text = "Credit Note cannot be allocated as amount is greater than amount outstanding"
    assert xero.refused("PUT", path, sent) == [text]
    bare = {"Amount": 1, "Invoice": {"InvoiceID": NOBODY}}
    assert xero.refused("PUT", path, bare) == [errors.INVOICE_UNKNOWN]


def test_a_paid_invoice_takes_no_more_credit(xero: Xero) -> None:
    invoice, note = xero.invoice(), a_note(xero)
    xero.payment(invoice["InvoiceID"], 100)
    sent = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 1}
    refused = xero.refused("PUT", f"CreditNotes/{note['CreditNoteID']}/Allocations", sent)
    assert refused[0] == "The invoice you are trying to allocate to has already been paid off"


def test_a_sales_credit_does_not_reach_a_bill_or_another_contact(xero: Xero) -> None:
    bill = xero.invoice(Type="ACCPAY", LineItems=[a_line(AccountCode="429")])
    other = xero.invoice(Contact={"Name": "Bob"})
    path = f"CreditNotes/{a_note(xero)['CreditNoteID']}/Allocations"
    to_bill = xero.refused("PUT", path, {"Invoice": {"InvoiceID": bill["InvoiceID"]}, "Amount": 1})
    assert to_bill == [errors.ALLOCATION_WRONG_TYPE.format(name="Credit Note")]
    to_bob = xero.refused("PUT", path, {"Invoice": {"InvoiceID": other["InvoiceID"]}, "Amount": 1})
    assert to_bob == [errors.ALLOCATION_OTHER_CONTACT.format(name="Credit Note")]


def test_a_credit_note_in_use_can_be_neither_voided_nor_repriced(xero: Xero) -> None:
    invoice, note = xero.invoice(), a_note(xero)
    path = f"CreditNotes/{note['CreditNoteID']}"
    allocated(xero, path, invoice["InvoiceID"], 40)
    assert xero.refused("POST", path, {"Status": "VOIDED"}) == [
        errors.STATUS_HAS_PAYMENTS.format(status="VOIDED")
    ]
    assert xero.refused("POST", path, {"LineItems": [a_line()]}) == [errors.HAS_PAYMENTS]
    voided = a_note(xero)
    (reply,) = xero.post(f"CreditNotes/{voided['CreditNoteID']}", {"Status": "VOIDED"})[
        "CreditNotes"
    ]
    assert reply["Status"] == "VOIDED"


def test_an_invoice_with_credit_cannot_be_voided(xero: Xero) -> None:
    invoice = xero.invoice()
    xero.sandbox.credit(invoice["InvoiceID"], 10)
    refused = xero.refused("POST", f"Invoices/{invoice['InvoiceID']}", {"Status": "VOIDED"})
    assert refused == [errors.STATUS_HAS_PAYMENTS.format(status="VOIDED")]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Type": None}, errors.TYPE_NEEDED),
        ({"Contact": None}, errors.CONTACT_NEEDED),
        ({"LineItems": []}, errors.LINES_NEEDED),
        ({"CreditNoteNumber": "CN-0001"}, errors.CREDIT_NUMBER_TAKEN),
        ({"CurrencyCode": "EUR"}, errors.CURRENCY_UNKNOWN.format(code="EUR")),
        ({"Status": "VOIDED"}, errors.BAD_FIRST_STATUS),
    ],
)
def test_what_a_credit_note_needs(xero: Xero, members: dict[str, Any], message: str) -> None:
    a_note(xero)
    sent = {
        "Type": "ACCRECCREDIT",
        "Contact": {"Name": "Ann Lee"},
        "Status": "AUTHORISED",
        "LineItems": [a_line()],
        **members,
    }
    assert xero.refused("PUT", "CreditNotes", {"CreditNotes": [sent]}) == [message]


def test_post_with_a_number_changes_the_note_that_holds_it(xero: Xero) -> None:
    note = a_note(xero)
    sent = {"CreditNoteNumber": note["CreditNoteNumber"], "Reference": "Found"}
    (changed,) = xero.post("CreditNotes", {"CreditNotes": [sent]})["CreditNotes"]
    assert (changed["CreditNoteID"], changed["Reference"]) == (note["CreditNoteID"], "Found")
    unknown = {"CreditNoteID": NOBODY, "Reference": "x"}
    assert xero.call("POST", "CreditNotes", {"CreditNotes": [unknown]}).status == 404


@pytest.mark.parametrize(
    ("kind", "family"),
    [("RECEIVE-OVERPAYMENT", "Overpayments"), ("RECEIVE-PREPAYMENT", "Prepayments")],
)
def test_money_received_early_or_twice_is_a_credit(xero: Xero, kind: str, family: str) -> None:
    transaction = received(xero, kind)
    (credit,) = xero.get(family, page=1)[family]
    assert credit[f"{family[:-1]}ID"] == transaction[f"{family[:-1]}ID"]
    assert (credit["Type"], credit["RemainingCredit"]) == (kind, transaction["Total"])
    invoice = xero.invoice()
    path = f"{family}/{credit['ID']}"
    allocation = allocated(xero, path, invoice["InvoiceID"], 60)
    read = xero.read(invoice["InvoiceID"])
    assert (read["AmountDue"], read[family][0]["AppliedAmount"]) == (40, 60)
    assert xero.get(path)[family][0]["Allocations"][0]["Amount"] == 60
    assert xero.call("DELETE", f"{path}/Allocations/{allocation['AllocationID']}").status == 200
    assert xero.read(invoice["InvoiceID"])["AmountDue"] == 100


def test_an_overpayment_stands_in_the_ledger_without_tax(xero: Xero) -> None:
    made = received(xero, LineItems=[a_line(AccountCode=None)])
    assert (made["LineAmountTypes"], made["TotalTax"]) == ("NoTax", 0)
    assert made["LineItems"][0]["AccountCode"] == "610"


def test_deleting_the_transaction_voids_the_credit_it_made(xero: Xero) -> None:
    made = received(xero)
    path = f"BankTransactions/{made['BankTransactionID']}"
    (gone,) = xero.post(path, {"Status": "DELETED"})["BankTransactions"]
    assert gone["Status"] == "DELETED"
    assert xero.get("Overpayments")["Overpayments"][0]["Status"] == "VOIDED"
    assert xero.refused("POST", path, {"Reference": "x"}) == [errors.BANK_GONE]


def test_a_credit_in_use_keeps_its_transaction(xero: Xero) -> None:
    made, invoice = received(xero), xero.invoice()
    allocated(xero, f"Overpayments/{made['OverpaymentID']}", invoice["InvoiceID"], 10)
    path = f"BankTransactions/{made['BankTransactionID']}"
    assert xero.refused("POST", path, {"Status": "DELETED"}) == [errors.HAS_PAYMENTS]


def test_money_spent_is_a_bank_transaction(xero: Xero) -> None:
    line = a_line(AccountCode="404", UnitAmount=12.5)
    made = received(xero, "SPEND", LineItems=[line], Reference="Fees")
    assert (made["Type"], made["Total"], made["BankAccount"]["Code"]) == ("SPEND", 12.5, "090")
    path = f"BankTransactions/{made['BankTransactionID']}"
    (changed,) = xero.post(path, {"Reference": "Bank fees"})["BankTransactions"]
    assert (changed["Reference"], changed["Total"]) == ("Bank fees", 12.5)
    assert xero.get(path)["BankTransactions"][0]["LineItems"][0]["AccountCode"] == "404"
    listed = xero.get("BankTransactions", page=1, where='Type=="SPEND"')
    assert len(listed["BankTransactions"]) == 1


def test_a_filter_by_reference_silently_finds_no_bank_transaction(xero: Xero) -> None:
    received(xero, Reference="R1")
    found = xero.get("BankTransactions", page=1, where='Reference=="R1"')
    assert found["BankTransactions"] == []


def test_what_a_bank_transaction_needs(xero: Xero) -> None:
    sent = {"Contact": {"Name": "Ann"}, "LineItems": [a_line()]}
    assert xero.refused("PUT", "BankTransactions", sent) == [
        errors.TYPE_NEEDED,
        errors.BANK_ACCOUNT_NEEDED,
    ]
    sent = {"Type": "SPEND", "BankAccount": {"Code": "200"}, "Contact": {}, "LineItems": []}
    refused = xero.refused("PUT", "BankTransactions", sent)
    assert errors.BANK_ACCOUNT_NEEDED in refused
    assert errors.CONTACT_NEEDED in refused


@pytest.mark.parametrize(
    ("member", "kind", "type_", "inside"),
    [
        ("CreditNote", "ACCRECCREDIT", "ARCREDITPAYMENT", "ACCRECCREDIT"),
        ("CreditNote", "ACCPAYCREDIT", "APCREDITPAYMENT", "ACCPAYCREDIT"),
        ("Overpayment", "RECEIVE-OVERPAYMENT", "AROVERPAYMENTPAYMENT", "AROVERPAYMENT"),
        ("Overpayment", "SPEND-OVERPAYMENT", "APOVERPAYMENTPAYMENT", "APOVERPAYMENT"),
        ("Prepayment", "RECEIVE-PREPAYMENT", "ARPREPAYMENTPAYMENT", "ARPREPAYMENT"),
        ("Prepayment", "SPEND-PREPAYMENT", "APPREPAYMENTPAYMENT", "APPREPAYMENT"),
    ],
)
def test_a_credit_is_paid_back_by_a_payment_of_its_own_type(
    xero: Xero, member: str, kind: str, type_: str, inside: str
) -> None:
    line = a_line(AccountCode="260")
    if member == "CreditNote":
        credit_id = a_note(xero, Type=kind, LineItems=[line])["CreditNoteID"]
    else:
        credit_id = received(xero, kind, LineAmountTypes="Inclusive", LineItems=[line])[
            f"{member}ID"
        ]
    sent = {
        member: {f"{member}ID": credit_id},
        "Account": {"Code": "090"},
        "Amount": 30,
        "Date": "2026-11-12",
    }
    (refund,) = xero.put("Payments", {"Payments": [sent]})["Payments"]
    assert (refund["PaymentType"], refund["Invoice"]["Type"]) == (type_, inside)
    path = f"{member}s/{credit_id}"
    (credit,) = xero.get(path)[f"{member}s"]
    assert (credit["RemainingCredit"], credit["Payments"][0]["Amount"]) == (70, 30)
    (listed,) = xero.get("Payments", where=f'PaymentType=="{type_}"')["Payments"]
    assert listed["Invoice"]["InvoiceID"] == credit_id
    xero.post(f"Payments/{refund['PaymentID']}", {"Status": "DELETED"})
    assert xero.get(path)[f"{member}s"][0]["RemainingCredit"] == 100


def test_no_more_is_paid_back_than_remains(xero: Xero) -> None:
    note = a_note(xero)
    sent = {"CreditNoteNumber": note["CreditNoteNumber"], "Account": {"Code": "090"}, "Amount": 101}
    assert xero.refused("PUT", "Payments", sent) == [errors.TOO_MUCH]
    unknown = {"CreditNote": {"CreditNoteID": NOBODY}, "Account": {"Code": "090"}, "Amount": 1}
    assert xero.refused("PUT", "Payments", unknown) == [errors.INVOICE_UNKNOWN]


def a_batch(xero: Xero, *invoice_ids: str, **members: Any) -> dict[str, Any]:
    payments = [{"Invoice": {"InvoiceID": one}, "Amount": 40} for one in invoice_ids]
    sent = {
        "Account": {"Code": "090"},
        "Date": "2026-11-12",
        "Reference": "Run 7",
        "Payments": payments,
        **members,
    }
    return dict(xero.put("BatchPayments", {"BatchPayments": [sent]})["BatchPayments"][0])


def test_a_batch_pays_several_documents_and_its_members_are_payments(xero: Xero) -> None:
    first, second = xero.invoice()["InvoiceID"], xero.invoice()["InvoiceID"]
    batch = a_batch(xero, first, second)
    assert (batch["Type"], batch["TotalAmount"], len(batch["Payments"])) == ("RECBATCH", 80, 2)
    payments = xero.get("Payments")["Payments"]
    assert {one["BatchPaymentID"] for one in payments} == {batch["BatchPaymentID"]}
    assert payments[0]["BatchPayment"]["TotalAmount"] == 80
    assert xero.read(first)["AmountDue"] == 60


def test_a_member_goes_with_its_batch_only(xero: Xero) -> None:
    invoice_id = xero.invoice()["InvoiceID"]
    batch = a_batch(xero, invoice_id)
    member = batch["Payments"][0]["PaymentID"]
    refused = xero.refused("POST", f"Payments/{member}", {"Status": "DELETED"})
    assert refused == ["Payments within a batch cannot be deleted."]
    order = {"BatchPaymentID": batch["BatchPaymentID"], "Status": "DELETED"}
    (gone,) = xero.post("BatchPayments", {"BatchPayments": [order]})["BatchPayments"]
    assert (gone["Status"], gone["Payments"]) == ("DELETED", [])
    assert xero.get(f"Payments/{member}")["Payments"][0]["Status"] == "DELETED"
    assert xero.read(invoice_id)["AmountDue"] == 100
    path = f"BatchPayments/{batch['BatchPaymentID']}"
    assert xero.refused("POST", path, {"Status": "DELETED"}) == [errors.PAYMENT_GONE]
    assert xero.refused("POST", path, {"Reference": "x"}) == [errors.BATCH_KEPT]


def test_one_bad_member_refuses_the_batch_and_nothing_is_paid(xero: Xero) -> None:
    good, draft = xero.invoice()["InvoiceID"], xero.invoice(Status="DRAFT")["InvoiceID"]
    payments = [{"Invoice": {"InvoiceID": one}, "Amount": 40} for one in (good, draft)]
    sent = {"Account": {"Code": "090"}, "Payments": payments}
    assert errors.ONLY_AUTHORISED in xero.refused("PUT", "BatchPayments", sent)
    assert xero.read(good)["AmountDue"] == 100
    assert xero.get("Payments")["Payments"] == []
    assert xero.refused("PUT", "BatchPayments", {"Account": {"Code": "090"}}) == [
        errors.BATCH_EMPTY
    ]


def test_people_write_credits_and_pay_them_back(xero: Xero) -> None:
    invoice, contact = xero.invoice(), xero.contact("Cy")
    act = xero.sandbox.act
    note = xero.sandbox.credit(invoice["InvoiceID"], 30)
    assert xero.read(invoice["InvoiceID"])["CreditNotes"][0]["ID"] == note
    over = act("receive", contact_id=invoice["Contact"]["ContactID"], amount=50)
    allocation = act("allocate", credit_id=over, invoice_id=invoice["InvoiceID"], amount=20)
    assert xero.read(invoice["InvoiceID"])["AmountDue"] == 50
    act("take_off", allocation_id=allocation)
    assert xero.read(invoice["InvoiceID"])["AmountDue"] == 70
    act("refund", credit_id=over, amount=50)
    assert xero.get(f"Overpayments/{over}")["Overpayments"][0]["Status"] == "PAID"
    act("credit_note", contact_id=contact, amount=5)
    with pytest.raises(errors.Invalid):
        act("refund", credit_id=NOBODY, amount=1)
    with pytest.raises(errors.Invalid):
        act("take_off", allocation_id=allocation)


def test_the_sdk_understands_a_credits_life(xero: Xero) -> None:
    api = xero.sdk()
    invoice, contact = xero.invoice(), xero.contact("Dee")
    line = LineItem(description="Back", quantity=1, unit_amount=25, account_code="203")
    note = CreditNote(
        type="ACCRECCREDIT",
        contact=Contact(contact_id=invoice["Contact"]["ContactID"]),
        date=date(2026, 11, 10),
        line_items=[line],
        status="AUTHORISED",
    )
    (made,) = api.create_credit_notes(TENANT_ID, CreditNotes(credit_notes=[note])).credit_notes
    target = Invoice(invoice_id=invoice["InvoiceID"])
    sent = Allocations([Allocation(invoice=target, amount=25, date=date(2026, 11, 11))])
    (allocation,) = api.create_credit_note_allocation(
        TENANT_ID, made.credit_note_id, sent
    ).allocations
    (read,) = api.get_invoice(TENANT_ID, invoice["InvoiceID"]).invoices
    assert (read.amount_credited, read.credit_notes[0].applied_amount) == (25, 25)
    (single,) = api.get_credit_note(TENANT_ID, made.credit_note_id).credit_notes
    gone = api.delete_credit_note_allocations(
        TENANT_ID, made.credit_note_id, single.allocations[0].allocation_id
    )
    assert gone.is_deleted
    assert single.allocations[0].allocation_id == allocation.allocation_id
    bank = BankTransaction(
        type="RECEIVE-PREPAYMENT",
        contact=Contact(contact_id=contact),
        bank_account=SdkAccount(code="090"),
        line_items=[line],
    )
    (transaction,) = api.create_bank_transactions(
        TENANT_ID, BankTransactions(bank_transactions=[bank])
    ).bank_transactions
    (prepayment,) = api.get_prepayments(TENANT_ID, page=1).prepayments
    assert prepayment.prepayment_id == transaction.prepayment_id
    paid = Payment(invoice=target, amount=Decimal("10.00"))
    batch = BatchPayment(account=SdkAccount(code="090"), date=date(2026, 11, 12), payments=[paid])
    (batched,) = api.create_batch_payment(
        TENANT_ID, BatchPayments(batch_payments=[batch])
    ).batch_payments
    assert api.get_batch_payments(TENANT_ID).batch_payments[0].total_amount == 10
    assert api.get_payments(TENANT_ID).payments[0].batch_payment.total_amount == 10
    assert batched.type == "RECBATCH"
