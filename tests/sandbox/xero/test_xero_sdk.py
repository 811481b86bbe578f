"""The vendor's own SDK against the pretend Xero, its strict models reading every reply."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from xero_python.accounting import (
    Account,
    Contact,
    Contacts,
    Currency,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    LineAmountTypes,
    LineItem,
    Payment,
    PaymentDelete,
    Payments,
    RequestEmpty,
    TrackingCategory,
    TrackingOption,
)
from xero_python.accounting.models import CurrencyCode
from xero_python.exceptions import (
    AccountingBadRequestException,
    HTTPStatusException,
    NotFoundException,
)

from sync_worker.sandbox.xero.app import TENANT_ID
from tests.sandbox.xero.client import NOBODY, START, Xero


def an_invoice(contact_id: str) -> Invoice:
    line = LineItem(description="Support", quantity=2, unit_amount=65.47, account_code="203")
    return Invoice(
        type="ACCREC",
        contact=Contact(contact_id=contact_id),
        date=date(2026, 11, 1),
        due_date=date(2026, 11, 30),
        line_amount_types=LineAmountTypes.INCLUSIVE,
        line_items=[line],
        reference="R1",
        status="AUTHORISED",
    )


def test_settings_are_understood(xero: Xero) -> None:
    api = xero.sdk()
    (organisation,) = api.get_organisations(TENANT_ID).organisations
    assert organisation.name == "Bright Path Support Services"
    assert len(api.get_accounts(TENANT_ID).accounts) > 25
    assert {rate.tax_type for rate in api.get_tax_rates(TENANT_ID).tax_rates} >= {"OUTPUT", "INPUT"}
    assert api.get_organisation_actions(TENANT_ID).actions
    assert api.get_branding_themes(TENANT_ID).branding_themes[0].name == "Standard"
    api.create_currency(TENANT_ID, Currency(code=CurrencyCode.NZD))
    assert len(api.get_currencies(TENANT_ID).currencies) == 2


def test_connections_are_understood(xero: Xero) -> None:
    (connection,) = xero.identity().get_connections()
    assert connection.tenant_id == TENANT_ID


def test_an_invoices_life_is_understood(xero: Xero) -> None:
    api = xero.sdk()
    sent = Contacts(
        contacts=[Contact(name="Ann Lee", email_address="a@b.co", contact_number="003")]
    )
    (contact,) = api.create_contacts(TENANT_ID, sent, summarize_errors=False).contacts
    body = Invoices(invoices=[an_invoice(contact.contact_id)])
    (made,) = api.create_invoices(
        TENANT_ID, body, summarize_errors=False, idempotency_key="k"
    ).invoices
    assert (made.total, made.status, made.date) == (
        Decimal("130.94"),
        "AUTHORISED",
        date(2026, 11, 1),
    )
    paid = Payment(
        invoice=Invoice(invoice_id=made.invoice_id),
        account=Account(code="090"),
        date=date(2026, 11, 5),
        amount=Decimal("30.94"),
    )
    (payment,) = api.create_payments(TENANT_ID, Payments(payments=[paid])).payments
    assert api.get_invoice(TENANT_ID, made.invoice_id).invoices[0].amount_due == 100
    (listed,) = api.get_payments(
        TENANT_ID, if_modified_since=START.replace(tzinfo=None), order="UpdatedDateUTC ASC", page=1, page_size=100
    ).payments  # fmt: skip
    assert listed.updated_date_utc == datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert api.get_payment(TENANT_ID, payment.payment_id).payments[0].amount == Decimal("30.94")
    api.delete_payment(TENANT_ID, payment.payment_id, PaymentDelete(status="DELETED"))
    api.email_invoice(TENANT_ID, made.invoice_id, RequestEmpty())
    assert api.get_online_invoice(TENANT_ID, made.invoice_id).online_invoices
    note = HistoryRecords(history_records=[HistoryRecord(details="From the CRM")])
    api.create_invoice_history(TENANT_ID, made.invoice_id, note)
    assert len(api.get_invoice_history(TENANT_ID, made.invoice_id).history_records) > 3
    void = Invoices(invoices=[Invoice(invoice_id=made.invoice_id, status="VOIDED")])
    (voided,) = api.update_invoice(TENANT_ID, made.invoice_id, void).invoices
    assert voided.status == "VOIDED"
    found = api.get_invoices(
        TENANT_ID, i_ds=[made.invoice_id], statuses=["VOIDED"], created_by_my_app=True
    )
    assert [one.invoice_id for one in found.invoices] == [made.invoice_id]
    assert found.pagination.item_count == 1


def test_contacts_are_understood(xero: Xero) -> None:
    api = xero.sdk()
    contact_id = xero.contact(Phones=[{"PhoneType": "MOBILE", "PhoneNumber": "1"}])
    xero.sandbox.add_contact("Typed In")
    api.update_contact(TENANT_ID, contact_id, Contacts(contacts=[Contact(first_name="Ann")]))
    assert api.get_contact(TENANT_ID, contact_id).contacts[0].first_name == "Ann"
    listed = api.get_contacts(TENANT_ID, page=1, include_archived=True, summary_only=False)
    assert len(listed.contacts) == 2


def test_tracking_is_understood(xero: Xero) -> None:
    api = xero.sdk()
    made = api.create_tracking_category(TENANT_ID, TrackingCategory(name="Region"))
    category = made.tracking_categories[0].tracking_category_id
    options = api.create_tracking_options(TENANT_ID, category, TrackingOption(name="East"))
    assert options.options[0].name == "East"
    assert api.get_tracking_categories(TENANT_ID).tracking_categories[0].options


def test_a_refused_element_is_understood(xero: Xero) -> None:
    api = xero.sdk()
    bad = an_invoice(xero.contact())
    bad.line_items[0].account_code = "999"
    sent = Invoices(invoices=[bad])
    (refused,) = api.create_invoices(TENANT_ID, sent, summarize_errors=False).invoices
    assert (refused.has_errors, refused.status_attribute_string) == (True, "ERROR")
    assert "999" in refused.validation_errors[0].message
    with pytest.raises(AccountingBadRequestException, match="999"):
        api.create_invoices(TENANT_ID, sent, summarize_errors=True)


def test_refusals_are_understood(xero: Xero) -> None:
    api = xero.sdk()
    with pytest.raises(NotFoundException):
        api.get_invoice(TENANT_ID, NOBODY)
    with pytest.raises(AccountingBadRequestException):
        api.get_invoices(TENANT_ID, where="Nothing==1")
    xero.sandbox.expire_tokens()
    with pytest.raises(HTTPStatusException) as caught:
        api.get_organisations(TENANT_ID)
    assert caught.value.status == 401
