"""What the processes are promised of the CRM: CrmInvoices, CrmParties, CrmPayments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sync_worker.domain.errors import LaneLost, Transient
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.payment import PaymentRecord
from sync_worker.ports import CrmInvoices, CrmParties, CrmPayments, InvoiceNews
from tests.builders import xero_id
from tests.world import World

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
LOST = ["drop_before_commit", "drop_after_commit", "truncated", "html"]


def invoices(world: World) -> CrmInvoices:
    return world.worker.invoices.crm


def parties(world: World) -> CrmParties:
    return world.worker.invoices.directory.crm


def payments(world: World) -> CrmPayments:
    return world.worker.payments.sides[0].payments


def a_record(invoice: str, number: int = 1, **facts: object) -> PaymentRecord:
    plain = PaymentRecord(
        SalesforceId(invoice),
        "Reconciliation",
        "Xero",
        True,
        True,
        AT,
        Decimal("40.05"),
        xero_id(number),
        "EFT",
        "",
    )
    return replace(plain, **facts)  # type: ignore[arg-type]  # any field by its name


# CrmInvoices --------------------------------------------------------------------------------------


def test_an_invoice_is_read_whole(world: World) -> None:
    item = world.crm.support_item(
        "Lawn",
        Support_Item_Number__c="01_020",
        Xero_Invoice_Line_Description__c="Lawn mowing",
        Finance_Account_Code__c="205",
        Tax_Type__c="OUTPUT",
    )
    who = world.crm.participant("Zoë O'Neil", Email="z@care.example", NDIS_Number__c="430000001")
    record = world.crm.invoice(
        "INV-'1\\",
        who=who,
        Due_Date__c="2026-04-01",
        Currency__c="NZD",
        lines=[
            world.crm.line("0.125", "70.2345", item=item, Service_Date__c="2026-03-01"),
            world.crm.line(1, 5, Include__c=False),
        ],
    )
    (found,) = invoices(world).due()
    assert (found.id, found.number, found.currency) == (record, "INV-'1\\", "NZD")
    assert (str(found.date), str(found.due_date)) == ("2026-03-04", "2026-04-01")
    assert found.total == Decimal("8.78")
    first, second = found.lines
    assert (first.quantity, first.rate) == (Decimal("0.125"), Decimal("70.2345"))
    assert (first.item, first.item_code, first.item_description) == (
        "Lawn",
        "01_020",
        "Lawn mowing",
    )
    assert (first.account_code, first.tax_type, str(first.service_date)) == (
        "205",
        "OUTPUT",
        "2026-03-01",
    )
    assert (first.include, second.include) == (True, False)
    assert found.participant is not None
    assert (found.participant.id, found.participant.name) == (who, "Zoë O'Neil")
    assert (found.participant.account_number, found.participant.email) == (
        "430000001",
        "z@care.example",
    )


def test_due_is_what_has_no_id_and_is_not_cancelled_oldest_first(world: World) -> None:
    for number in ("INV-2", "INV-1", "INV-3"):
        world.crm.invoice(number)
        world.advance(1)
    world.crm.invoice("GONE", Status__c="Cancelled")
    world.crm.invoice("LINKED", Finance_External_ID__c=xero_id(9))
    assert [one.number for one in invoices(world).due()] == ["INV-2", "INV-1", "INV-3"]


def test_a_thousand_lines_are_read_to_the_last(world: World) -> None:
    record = world.crm.invoice("INV-1", lines=[])
    item = world.crm.support_item()
    rows = [
        {"Invoice__c": record, "Support_Item__c": item, "Quantity__c": 1, "Rate__c": 1}
        for _ in range(1000)
    ]
    world.org.load("Invoice_Line_Item__c", rows)
    (found,) = invoices(world).due()
    assert len(found.lines) == 1000


def test_more_invoices_than_a_page_holds_are_all_read(world: World) -> None:
    world.crm.invoices(2100, people=3)
    assert len({one.id for one in invoices(world).due()}) == 2100


def test_an_invoice_is_found_by_its_number_and_by_its_id(world: World) -> None:
    record = SalesforceId(world.crm.invoice("INV-1"))
    assert [one.id for one in invoices(world).numbered("INV-1")] == [record]
    assert invoices(world).numbered("INV-1' OR Name != '") == []
    assert set(invoices(world).by_id([record, SalesforceId(f"{record[:3]}000000000009AAA")])) == {
        record
    }


def test_those_asked_for_on_the_record_are_known(world: World) -> None:
    world.crm.invoice("INV-1")
    world.crm.invoice("INV-2", Finance_Sync_Requested_At__c="2026-03-04T09:00:00Z")
    (found,) = invoices(world).requested()
    assert found.number == "INV-2"
    assert found.requested_at == datetime(2026, 3, 4, 9, tzinfo=UTC)


def news(record: str, xero: XeroId | None = None, **facts: object) -> InvoiceNews:
    return InvoiceNews(SalesforceId(record), xero_id=xero, **facts)  # type: ignore[arg-type]  # any field by its name


def test_what_is_written_stands_and_what_is_not_named_is_left_alone(world: World) -> None:
    record = world.crm.invoice("INV-1", Finance_Message__c="wait", Status__c="Not Paid")
    told = news(record, xero_id(), state="Synced", message="", xero_number="INV-7", synced_at=AT)
    assert invoices(world).write([told]) == []
    row = world.invoice("INV-1")
    assert row["Finance_External_ID__c"] == xero_id()
    assert (row["Finance_Sync_State__c"], row["Finance_Message__c"]) == ("Synced", None)
    assert (row["Xero_Invoice_Number__c"], row["Status__c"]) == ("INV-7", "Not Paid")
    assert row["Finance_Synced_At__c"].startswith("2026-03-04T09:30:00")


def test_written_twice_it_is_as_if_written_once(world: World) -> None:
    record = world.crm.invoice("INV-1")
    told = news(record, xero_id(), state="Synced")
    assert invoices(world).write([told]) == invoices(world).write([told]) == []


def test_an_id_that_stands_is_not_overwritten(world: World) -> None:
    record = world.crm.invoice("INV-1", Finance_External_ID__c=xero_id(1))
    (refusal,) = invoices(world).write([news(record, xero_id(2), state="Synced")])
    assert refusal.code == "LINK_TAKEN"
    assert world.invoice("INV-1")["Finance_External_ID__c"] == xero_id(1)
    assert world.invoice("INV-1")["Finance_Sync_State__c"] is None


def test_a_row_that_is_gone_or_refused_leaves_the_others(world: World) -> None:
    gone, good, twin = (world.crm.invoice(f"INV-{n}") for n in (1, 2, 3))
    world.crm.invoice("INV-9", Finance_External_ID__c=xero_id(3))
    world.org.remove("Invoice__c", gone)
    told = [news(gone, xero_id(1)), news(good, xero_id(2)), news(twin, xero_id(3))]
    refusals = {one.record: one.code for one in invoices(world).write(told)}
    assert refusals == {gone: "ENTITY_IS_DELETED", twin: "DUPLICATE_VALUE"}
    assert world.invoice("INV-2")["Finance_External_ID__c"] == xero_id(2)


@pytest.mark.parametrize("fault", LOST)
def test_a_write_whose_answer_is_lost_is_made_again_without_harm(world: World, fault: str) -> None:
    record = world.crm.invoice("INV-1")
    world.fault("salesforce", fault, method="PATCH", times=2)
    assert invoices(world).write([news(record, xero_id(), state="Synced")]) == []
    assert world.invoice("INV-1")["Finance_External_ID__c"] == xero_id()


@pytest.mark.parametrize("fault", ["429_day", "503_before", "500_before"])
def test_a_crm_that_has_had_enough_means_later(world: World, fault: str) -> None:
    record = world.crm.invoice("INV-1")
    world.fault("salesforce", fault, method="PATCH", times=9)
    with pytest.raises(Transient):
        invoices(world).write([news(record, xero_id())])


def test_four_hundred_rows_cost_four_calls(world: World) -> None:
    records = world.crm.invoices(400)
    world.forget_calls()
    invoices(world).write([news(record, xero_id(n)) for n, record in enumerate(records)])
    assert world.calls("salesforce") == 4


def test_a_linked_invoice_comes_with_its_payments(world: World) -> None:
    record = world.crm.invoice("INV-1", Finance_External_ID__c=xero_id())
    world.crm.payment(record, "30.00", on="2026-03-01")
    (standing,) = invoices(world).linked([xero_id(), xero_id(2)])
    assert (standing.record, standing.number, standing.xero_id) == (record, "INV-1", xero_id())
    assert standing.total == 100
    (payment,) = standing.payments
    assert (payment.type, payment.amount, payment.include) == ("Stripe", Decimal(30), True)
    assert payment.xero_id is None


# CrmParties ---------------------------------------------------------------------------------------


def test_ids_of_people_and_companies_are_written_to_each_where_it_belongs(world: World) -> None:
    manager = world.crm.plan_manager()
    world.crm.invoice("INV-1", Plan_Manager__c=manager)
    (invoice,) = invoices(world).due()
    assert invoice.participant
    assert invoice.plan_manager
    links = [(invoice.participant, xero_id(1)), (invoice.plan_manager, xero_id(2))]
    assert parties(world).write_ids(links) == []
    (person,) = world.org.rows("Contact")
    (account,) = world.org.rows("Account")
    assert (person["Finance_External_ID__c"], account["Finance_External_ID__c"]) == (
        xero_id(1),
        xero_id(2),
    )


# CrmPayments --------------------------------------------------------------------------------------


def test_a_payment_is_recorded_once_however_often_it_is_told(world: World) -> None:
    invoice = world.crm.invoice("INV-1")
    for _ in range(2):
        assert payments(world).upsert([a_record(invoice)]) == []
    (row,) = world.crm.payments(invoice)
    assert row["Payment_Amount__c"] == Decimal("40.05")
    assert row["Payment_Date__c"].startswith("2026-03-04T09:30:00")
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == Decimal("40.05")


def test_told_otherwise_it_is_changed(world: World) -> None:
    invoice = world.crm.invoice("INV-1")
    payments(world).upsert([a_record(invoice)])
    changed = a_record(invoice, paid=False, include=False, reason="deleted in Xero")
    assert payments(world).upsert([changed]) == []
    (row,) = world.crm.payments(invoice)
    assert (row["Paid__c"], row["Include__c"], row["Reason__c"]) == (
        False,
        False,
        "deleted in Xero",
    )
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == 0


def test_three_hundred_payments_cost_two_calls_and_lock_each_parent_once(world: World) -> None:
    ids = world.crm.invoices(100)
    told = [a_record(ids[n % 100], n) for n in range(300)]
    world.forget_calls()
    assert payments(world).upsert(told) == []
    assert world.calls("salesforce") == 2
    assert len(world.org.rows("Payment__c")) == 300


def test_a_refused_payment_leaves_the_others(world: World) -> None:
    one, other = world.crm.invoice("INV-1"), world.crm.invoice("INV-2")
    world.org.remove("Invoice__c", one)
    (refusal,) = payments(world).upsert([a_record(one, 1), a_record(other, 2)])
    assert refusal.record == xero_id(1)
    assert len(world.crm.payments(other)) == 1


@pytest.mark.parametrize("fault", LOST)
def test_a_payment_whose_answer_is_lost_is_not_recorded_twice(world: World, fault: str) -> None:
    invoice = world.crm.invoice("INV-1")
    world.fault("salesforce", fault, method="PATCH", times=2)
    assert payments(world).upsert([a_record(invoice)]) == []
    assert len(world.crm.payments(invoice)) == 1


def test_a_dead_session_is_renewed_once_and_the_call_goes_through(world: World) -> None:
    invoice = world.crm.invoice("INV-1")
    list(invoices(world).due())
    world.org.expire_tokens()
    assert payments(world).upsert([a_record(invoice)]) == []


# The lane -----------------------------------------------------------------------------------------


def test_whoever_lost_the_lane_writes_nothing(world: World) -> None:
    record = SalesforceId(world.crm.invoice("INV-1"))
    (invoice,) = invoices(world).due()
    assert invoice.participant
    debtor = invoice.participant
    world.worker.lane.release()
    with pytest.raises(LaneLost):
        invoices(world).write([InvoiceNews(record, state="Held")])
    with pytest.raises(LaneLost):
        parties(world).write_ids([(debtor, xero_id(1))])
    with pytest.raises(LaneLost):
        payments(world).upsert([a_record(record)])
    assert not any(call.startswith("PATCH") for call in world.requests("salesforce"))
