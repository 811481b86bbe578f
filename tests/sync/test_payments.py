"""What is paid in Xero stands in the CRM: every payment once, with its totals, whatever happens between the pages."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from sync_worker.daemon.outcome import Exit
from sync_worker.ports import unwatched
from sync_worker.sandbox.http import Request, Response
from sync_worker.state.tables import leases, payments
from tests.oracle import unpaid_in_crm, wrongs
from tests.sides import Side
from tests.world import METADATA, World, a_world


def a_synced_invoice(total: int = 100, **settings: Any) -> World:
    world = a_world(**settings)
    world.crm.invoice("INV-1", lines=[world.crm.line(1, total)])
    world.sync()
    return world


def pay(world: World, amount: str, number: str = "INV-1", **how: Any) -> str:
    return world.xero.pay(world.document(number)["id"], amount, **how)


def records(world: World, number: str = "INV-1") -> list[dict[str, Any]]:
    return world.crm.payments(world.invoice(number)["Id"])


# One payment --------------------------------------------------------------------------------------


def test_every_field_of_a_payment_is_written() -> None:
    world = a_synced_invoice()
    paid = pay(world, "40.00", on="2026-03-03", reference="EFT 77")
    world.sync("payments")
    (record,) = records(world)
    assert record["Finance_External_ID__c"] == paid
    assert (record["Type__c"], record["Source__c"]) == ("Reconciliation", "Xero")
    assert record["Paid__c"] is record["Include__c"] is True
    assert record["Payment_Amount__c"] == Decimal("40.00")
    assert record["Payment_Date__c"].startswith("2026-03-03T01:00:00"), "noon in Sydney"
    assert (record["Reference__c"], record["Reason__c"]) == ("EFT 77", None)


def test_in_part_then_in_full_the_invoice_says_so() -> None:
    world = a_synced_invoice()
    pay(world, "40.00", on="2026-03-02")
    world.sync("payments")
    row = world.invoice("INV-1")
    assert (row["Status__c"], row["Total_Payment_Amount__c"]) == ("Partially Paid", 40)
    assert row["Last_Payment_Date__c"].startswith("2026-03-02")
    pay(world, "60.00", on="2026-03-04")
    world.sync("payments")
    row = world.invoice("INV-1")
    assert (row["Status__c"], row["Total_Payment_Amount__c"]) == ("Fully Paid", 100)
    assert row["Last_Payment_Date__c"].startswith("2026-03-04")


@pytest.mark.parametrize(
    ("paid", "status"), [("40.00", "Partially Paid"), ("100.00", "Fully Paid")]
)
def test_where_the_crm_states_no_total_xeros_own_decides(paid: str, status: str) -> None:
    world = a_world()
    world.crm.invoice("INV-1", Total_Amount__c=None)
    world.sync()
    pay(world, paid)
    world.sync("payments")
    assert world.invoice("INV-1")["Status__c"] == status


def test_two_on_one_invoice_in_one_poll() -> None:
    world = a_synced_invoice()
    pay(world, "40.00")
    pay(world, "60.00")
    assert world.sync("payments").counts["created"] == 2
    assert world.invoice("INV-1")["Status__c"] == "Fully Paid"


def test_a_second_poll_changes_nothing() -> None:
    world = a_synced_invoice()
    pay(world, "40.00")
    world.sync("payments")
    before = (world.org.rows("Payment__c"), world.org.rows("Invoice__c"))
    world.forget_calls()
    for _ in range(3):
        world.advance(300)
        result = world.sync("payments")
        assert (result.counts["created"], result.counts["updated"]) == (0, 0)
    assert (world.org.rows("Payment__c"), world.org.rows("Invoice__c")) == before
    assert (world.calls("xero"), world.calls("salesforce")) == (3, 0)


def test_with_a_new_journal_everything_is_read_again_and_nothing_changes() -> None:
    world = a_synced_invoice()
    pay(world, "40.00")
    world.sync("payments")
    before = world.org.rows("Payment__c")
    world.lose_journal()
    assert world.sync("payments").counts["created"] == 0
    assert world.org.rows("Payment__c") == before


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu", "Europe/London"])
def test_noon_is_noon_where_the_connection_says(zone: str) -> None:
    world = a_synced_invoice(time_zone=zone)
    pay(world, "40.00", on="2026-03-03")
    world.sync("payments")
    at = datetime.fromisoformat(records(world)[0]["Payment_Date__c"]).astimezone(ZoneInfo(zone))
    assert (at.day, at.hour) == (3, 12)


def test_status_is_left_to_the_crm_where_the_setting_says_so() -> None:
    world = a_synced_invoice(payments={"write_status": False})
    pay(world, "40.00")
    world.sync("payments")
    assert world.invoice("INV-1")["Status__c"] == "Entered"
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == 40


def test_a_cancelled_invoice_stays_cancelled_though_it_is_paid() -> None:
    world = a_synced_invoice()
    world.crm.edit("Invoice__c", world.invoice("INV-1")["Id"], Status__c="Cancelled")
    pay(world, "40.00")
    world.sync("payments")
    assert world.invoice("INV-1")["Status__c"] == "Cancelled"
    assert len(records(world)) == 1


# Taken back and changed -----------------------------------------------------------------------------


def test_taken_back_in_xero_it_stays_in_the_crm_and_counts_no_more() -> None:
    world = a_synced_invoice()
    paid = pay(world, "40.00")
    pay(world, "60.00")
    world.sync("payments")
    world.xero.unpay(paid)
    world.sync("payments")
    record = next(one for one in records(world) if one["Finance_External_ID__c"] == paid)
    assert record["Paid__c"] is record["Include__c"] is False
    assert "deleted" in record["Reason__c"]
    row = world.invoice("INV-1")
    assert (row["Status__c"], row["Total_Payment_Amount__c"]) == ("Partially Paid", 60)


def test_taken_back_before_the_crm_ever_had_it_nothing_is_recorded() -> None:
    world = a_synced_invoice()
    world.xero.unpay(pay(world, "40.00"))
    world.sync("payments")
    assert records(world) == []


def test_all_taken_back_the_invoice_is_as_it_was_entered() -> None:
    world = a_synced_invoice()
    paid = pay(world, "100.00")
    world.sync("payments")
    world.xero.unpay(paid)
    world.sync("payments")
    row = world.invoice("INV-1")
    assert (row["Status__c"], row["Total_Payment_Amount__c"]) == ("Entered", 0)


def test_what_a_person_took_out_of_the_sum_stays_out() -> None:
    world = a_synced_invoice()
    paid = pay(world, "40.00")
    world.sync("payments")
    world.crm.edit("Payment__c", records(world)[0]["Id"], Include__c=False, Reason__c="by mistake")
    world.xero.reconcile(paid)
    world.lose_journal()
    world.sync("payments")
    (record,) = records(world)
    assert (record["Include__c"], record["Reason__c"]) == (False, "by mistake")


# Money the CRM had first ----------------------------------------------------------------------------


def test_money_that_stripe_took_is_recorded_and_does_not_count() -> None:
    world = a_synced_invoice()
    world.crm.payment(world.invoice("INV-1")["Id"], "100.00", on="2026-03-01")
    pay(world, "100.00", on="2026-03-04")
    result = world.sync("payments")
    assert result.counts["excluded"] == 1
    repeated = next(one for one in records(world) if one["Type__c"] == "Reconciliation")
    assert repeated["Include__c"] is False
    assert "Stripe payment of 100.00" in repeated["Reason__c"]
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == 100


@pytest.mark.parametrize(("amount", "on"), [("99.99", "2026-03-01"), ("100.00", "2026-02-20")])
def test_another_amount_or_a_far_day_is_other_money(amount: str, on: str) -> None:
    world = a_synced_invoice(total=300)
    world.crm.payment(world.invoice("INV-1")["Id"], amount, on=on)
    pay(world, "100.00", on="2026-03-04")
    world.sync("payments")
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == Decimal(amount) + 100


def test_one_stripe_payment_answers_for_one_xero_payment_and_no_more() -> None:
    world = a_synced_invoice(total=300)
    world.crm.payment(world.invoice("INV-1")["Id"], "100.00")
    pay(world, "100.00")
    pay(world, "100.00")
    world.sync("payments")
    assert sorted(one["Include__c"] for one in records(world)) == [False, True, True]
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == 200


def test_one_stripe_payment_answers_once_also_when_the_second_comes_another_day() -> None:
    world = a_synced_invoice(total=300)
    world.crm.payment(world.invoice("INV-1")["Id"], "100.00")
    pay(world, "100.00")
    world.sync("payments")
    pay(world, "100.00")
    world.sync("payments")
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == 200


# Noticing -------------------------------------------------------------------------------------------


def many_payments(world: World, count: int) -> None:
    document = world.document("INV-1")["id"]
    for n in range(count):
        world.xero.pay(document, "0.01")
        if n % 100 == 99:
            world.advance(1)


def test_more_than_a_page_arrives_whole() -> None:
    world = a_synced_invoice()
    many_payments(world, 1050)
    assert world.sync("payments").counts["created"] == 1050
    assert unpaid_in_crm(world.org, world.xero) == []


def test_more_than_a_page_of_one_second_arrives_whole() -> None:
    world = a_synced_invoice()
    document = world.document("INV-1")["id"]
    for _ in range(1100):
        world.xero.pay(document, "0.01")
    world.sync("payments")
    world.sync("payments")
    assert unpaid_in_crm(world.org, world.xero) == []


def test_a_page_that_ends_within_a_second_hides_none_of_it() -> None:
    world = a_synced_invoice()
    document = world.document("INV-1")["id"]
    for n in range(1050):
        world.xero.pay(document, "0.01")
        if n == 980:
            world.advance(1)
    assert world.sync("payments").counts["created"] == 1050
    assert unpaid_in_crm(world.org, world.xero) == []


def test_a_payment_edited_between_two_pages_hides_none() -> None:
    world = a_synced_invoice()
    many_payments(world, 1050)
    first = world.xero.payments()[0]["id"]
    pages = 0

    def edit(request: Request) -> None:
        nonlocal pages
        if request.path.endswith("/Payments"):
            pages += 1
            if pages == 2:
                world.xero.reconcile(first)

    world.roads["xero"].instead = edit
    world.sync("payments")
    assert pages >= 2
    assert unpaid_in_crm(world.org, world.xero) == []


def test_one_that_shows_later_than_a_newer_one_is_seen() -> None:
    world = a_synced_invoice()
    late = pay(world, "10.00")
    world.advance(235)
    pay(world, "20.00")

    def without_the_late_one(_: Request, response: Response) -> Response:
        body = response.json() if response.body.startswith(b"{") else {}
        if "Payments" not in body:
            return response
        body["Payments"] = [one for one in body["Payments"] if one["PaymentID"] != late]
        return Response(response.status, response.headers, json.dumps(body).encode())

    world.roads["xero"].reader = without_the_late_one
    world.sync("payments")
    world.roads["xero"].reader = lambda _, response: response
    assert len(records(world)) == 1
    world.advance(60)
    world.sync("payments")
    assert unpaid_in_crm(world.org, world.xero) == []


def test_what_shows_minutes_after_it_was_made_is_seen() -> None:
    world = a_synced_invoice(books={"late_visibility_s": 240})
    pay(world, "10.00")
    world.advance(235)
    pay(world, "20.00")
    for _ in range(4):
        world.advance(100)
        world.sync("payments")
    assert unpaid_in_crm(world.org, world.xero) == []


@pytest.mark.parametrize("knob", ["inclusive", "exclusive"])
def test_it_does_not_matter_how_xero_reads_modified_since(knob: str) -> None:
    world = a_synced_invoice(books={"modified_since": knob}, payments={"overlap_s": 60})
    for n in range(4):
        pay(world, "10.00")
        world.sync("payments")
        world.advance(59 if n % 2 else 61)
    world.sync("payments")
    assert unpaid_in_crm(world.org, world.xero) == []


def test_the_cursor_goes_by_xeros_time_and_not_by_ours() -> None:
    world = a_synced_invoice()
    pay(world, "10.00")
    world.sync("payments")
    cursor = world.worker.journal.cursor("payments")
    assert cursor is not None
    assert abs((cursor - world.clock.now()).total_seconds()) < 5
    world.advance(10_000)
    world.sync("payments")
    assert world.worker.journal.cursor("payments") == cursor, "nothing was paid meanwhile"


# Strangers ------------------------------------------------------------------------------------------


def a_foreign_invoice(world: World) -> str:
    contact = world.xero.add_contact("Somebody Else")
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 50, "AccountCode": "200"}
    return world.xero.add_invoice(contact, [line])


def test_a_payment_of_an_invoice_we_do_not_know_is_put_aside() -> None:
    world = a_synced_invoice()
    world.xero.pay(a_foreign_invoice(world), "50.00")
    pay(world, "40.00")
    result = world.sync("payments")
    assert (result.counts["created"], result.counts["unmatched"]) == (1, 1)
    assert result.exit == 0


def test_put_aside_it_is_taken_up_once_the_invoice_is_linked(side: Side) -> None:
    world = side.world()
    side.enter(world, 1)
    world.fault("salesforce", "503_before", method="PATCH", nth=2, times=50)
    side.sync(world)
    world.xero.pay(side.document(world, 1)["id"], "40.00")
    assert world.sync("payments").counts["unmatched"] == 1
    world.plane.salesforce_door.faults.clear()
    side.sync(world)
    world.advance(5000)  # long past the overlap
    assert world.sync("payments").counts["created"] == 1
    assert side.record(world, 1)["Status__c"] == side.partly


@pytest.mark.timeout(20)
def test_put_aside_it_is_taken_up_once_a_person_links_the_invoice() -> None:
    world = a_world()
    record = world.crm.invoice("INV-1")
    typed = world.xero.add_invoice(
        contact_id=world.xero.add_contact(name="Typed By Hand"),
        lines=[{"Description": "Help", "Quantity": 1, "UnitAmount": 3, "AccountCode": "200"}],
    )
    world.xero.pay(typed, "3.00")
    assert world.sync("payments").counts["unmatched"] == 1
    world.advance(7200)
    world.crm.edit("Invoice__c", record, Finance_External_ID__c=typed)
    assert world.sync("payments").counts["created"] == 1
    world.forget_calls()
    assert world.sync("payments").counts["created"] == 0
    assert world.calls("salesforce") == 0


def test_a_payment_whose_crm_invoice_is_gone_is_put_aside_and_the_run_ends() -> None:
    world = a_synced_invoice()
    pay(world, "40.00")
    world.crm.invoice("INV-2")
    world.sync()
    pay(world, "30.00", "INV-2")
    world.org.remove("Invoice__c", world.invoice("INV-1")["Id"])
    result = world.sync("payments")
    assert result.counts["created"] == 1
    assert world.invoice("INV-2")["Status__c"] == "Partially Paid"


def test_bills_and_refunds_are_nobodys_income() -> None:
    world = a_synced_invoice()
    contact = world.xero.add_contact("A Supplier")
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 50, "AccountCode": "400"}
    bill = world.xero.add_invoice(contact, [line], kind="ACCPAY")
    world.xero.pay(bill, "50.00")
    result = world.sync("payments")
    assert (result.counts["created"], result.counts["unmatched"]) == (0, 0)


def test_a_credit_is_not_a_payment() -> None:
    world = a_synced_invoice()
    world.xero.credit(world.document("INV-1")["id"], "30.00")
    world.sync("payments")
    assert records(world) == []


# Refusals -------------------------------------------------------------------------------------------


def test_a_payment_the_crm_refuses_is_told_and_tried_again_and_the_others_go_on() -> None:
    world = a_synced_invoice()
    world.crm.invoice("INV-2")
    world.sync()
    bad = pay(world, "40.00")
    pay(world, "30.00", "INV-2")
    world.org.lock_rows([world.invoice("INV-1")["Id"]], times=9)
    result = world.sync("payments")
    assert result.exit == 1
    (refused,) = result.counts["refused"]
    assert refused["payment"] == bad
    assert "UNABLE_TO_LOCK_ROW" in refused["cause"]
    assert world.invoice("INV-2")["Status__c"] == "Partially Paid"
    for _ in range(4):
        world.sync("payments")
    assert unpaid_in_crm(world.org, world.xero) == []
    assert wrongs(world.org, world.xero) == []


def test_a_worker_that_lost_its_lane_writes_no_payment() -> None:
    world = a_synced_invoice()
    pay(world, "40.00")

    def another_host_takes_the_lane(request: Request) -> None:
        if "/query" in request.path:
            with world.engine.begin() as tx:
                tx.execute(update(leases).values(owner="there/else", fence=leases.c.fence + 1))

    world.roads["salesforce"].instead = another_host_takes_the_lane
    assert world.sync("payments").exit == Exit.BUSY
    assert records(world) == []


def test_a_long_reference_is_cut_to_what_the_field_holds() -> None:
    world = a_synced_invoice()
    pay(world, "40.00", reference="x" * 250)
    world.sync("payments")
    assert records(world)[0]["Reference__c"] == "x" * 250


@pytest.fixture(scope="module")
def a_crm_that_cannot_sum(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both totals are plain fields, as where Payment hangs on its invoice by a lookup."""
    folder = tmp_path_factory.mktemp("crm") / "salesforce"
    shutil.copytree(METADATA, folder)
    (fields,) = folder.glob("**/objects/Invoice__c/fields")
    for name, kind in {
        "Total_Payment_Amount__c": "<precision>18</precision><scale>2</scale><type>Currency</type>",
        "Last_Payment_Date__c": "<type>DateTime</type>",
    }.items():
        (fields / f"{name}.field-meta.xml").write_text(
            '<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">'
            f"<fullName>{name}</fullName><label>{name}</label>{kind}</CustomField>"
        )
    return folder


def test_where_the_crm_cannot_sum_the_worker_does(a_crm_that_cannot_sum: Path) -> None:
    world = a_synced_invoice(org={"metadata": a_crm_that_cannot_sum}, payments={"rollup": "worker"})
    paid = pay(world, "40.00", on="2026-03-02")
    pay(world, "10.00", on="2026-03-03")
    world.sync("payments")
    row = world.invoice("INV-1")
    assert (row["Status__c"], row["Total_Payment_Amount__c"]) == ("Partially Paid", 50)
    assert row["Last_Payment_Date__c"].startswith("2026-03-03")
    world.xero.unpay(paid)
    world.sync("payments")
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == 10


def test_a_sum_the_worker_could_not_write_is_written_later(a_crm_that_cannot_sum: Path) -> None:
    world = a_synced_invoice(org={"metadata": a_crm_that_cannot_sum}, payments={"rollup": "worker"})
    pay(world, "40.00")
    world.fault("salesforce", "503_before", method="PATCH", nth=2, times=5)
    world.settle("payments")
    assert world.invoice("INV-1")["Total_Payment_Amount__c"] == 40


def test_all_taken_back_the_worker_sums_to_nothing(a_crm_that_cannot_sum: Path) -> None:
    world = a_synced_invoice(org={"metadata": a_crm_that_cannot_sum}, payments={"rollup": "worker"})
    paid = pay(world, "40.00")
    world.sync("payments")
    world.xero.unpay(paid)
    world.sync("payments")
    row = world.invoice("INV-1")
    assert row["Total_Payment_Amount__c"] == 0
    assert row["Last_Payment_Date__c"] is None


# Where payments go wrong ---------------------------------------------------------------------------


def test_f78_of_two_changes_in_one_second_the_last_one_counts() -> None:
    world = a_synced_invoice()
    first = pay(world, "40.00")
    world.sync("payments")
    world.xero.unpay(first)
    second = pay(world, "45.00")
    world.sync("payments")
    row = world.invoice("INV-1")
    assert row["Total_Payment_Amount__c"] == 45
    assert {
        one["Finance_External_ID__c"]: one["Paid__c"] for one in world.org.rows("Payment__c")
    } == {
        first: False,
        second: True,
    }


def test_f86_a_payment_waits_until_its_locked_record_says_what_is_paid(side: Side) -> None:
    world = a_paid_record(side)
    locks = {"act": "lock_rows", "ids": [side.record(world, 1)["Id"]], "times": 3}
    # Somebody edits it for long, right after the payment was stored.
    world.fault("salesforce", "then", method="PATCH", path=side.payment, people=locks)
    result = world.sync("payments")
    assert result.exit is Exit.HELD
    assert [one["cause"].split(":")[0] for one in result.counts["refused"]] == [
        "UNABLE_TO_LOCK_ROW"
    ]
    assert side.record(world, 1)["Status__c"] == side.unpaid
    world.sync("payments")
    assert side.record(world, 1)["Status__c"] == side.partly
    assert world.sync("payments").counts["refused"] == []


def a_paid_record(side: Side) -> World:
    """Number 1 stands in Xero, and 40.00 of it were paid there."""
    world = side.world()
    side.enter(world, 1)
    side.sync(world)
    world.xero.pay(side.document(world, 1)["id"], "40.00")
    return world


def test_f87_a_crash_between_a_payment_and_its_status_is_made_good_at_the_next_start(
    side: Side,
) -> None:
    world = a_paid_record(side)

    def die(moment: str) -> None:
        if moment == "salesforce.PATCH.composite/sobjects.after":
            raise KeyboardInterrupt

    world.moments = die
    with pytest.raises(KeyboardInterrupt):
        world.sync("payments")
    world.moments = unwatched
    world.restart()
    world.sync("payments")
    assert side.record(world, 1)["Status__c"] == side.partly


def test_f89_nobody_tells_of_payments_and_the_next_poll_finds_them_all() -> None:
    world = a_synced_invoice()
    for amount in ("10.00", "20.00", "30.00"):
        pay(world, amount)
        world.advance(1200)
    assert world.sync("payments").counts["created"] == 3


def test_what_changed_without_moving_its_time_is_found_by_the_daily_sweep() -> None:
    """An inbox that lost a payment behind the cursor: only looking back further than the overlap finds it."""
    world = a_synced_invoice()
    pay(world, "40.00")
    world.advance(3600)
    pay(world, "10.00")
    world.sync("payments")
    (first, _) = sorted(world.org.rows("Payment__c"), key=lambda one: -one["Payment_Amount__c"])
    world.org.remove("Payment__c", str(first["Id"]))
    with world.engine.begin() as tx:
        tx.execute(payments.delete().where(payments.c.amount == Decimal("40.00")))
    world.advance(3600)
    assert world.sync("payments").counts["created"] == 0
    world.advance(24 * 3600)
    assert world.sync("payments").counts["created"] == 1


def test_asked_to_stop_payments_wait_in_the_inbox() -> None:
    world = a_synced_invoice()
    pay(world, "40.00")

    def stop(name: str) -> None:
        world.clock.stopping = world.clock.stopping or name == "GET Payments is answered"

    world.roads["xero"].hook = stop
    assert world.sync("payments").counts == {"stopped": True}
    assert world.org.rows("Payment__c") == []
    world.roads["xero"].hook, world.clock.stopping = lambda _: None, False
    assert world.sync("payments").counts["created"] == 1


@pytest.mark.parametrize(("days", "reach"), [(1, 2), (7, 90), (30, None)])
def test_the_older_a_payment_the_rarer_it_is_looked_at_again(days: int, reach: int | None) -> None:
    world = a_synced_invoice()
    pay(world, "40.00")
    world.sync("payments")
    asked: list[str] = []
    for _ in range(days):
        world.advance(24 * 3600)
        world.forget_calls()
        world.roads["xero"].instead = lambda request: (
            asked.append(request.headers.get("if-modified-since", "all"))
            if request.path.endswith("/Payments")
            else None
        )
        world.sync("payments")
    if reach is None:
        assert asked[-1] == "all"
    else:
        since = datetime.fromisoformat(asked[-1]).replace(tzinfo=UTC)
        assert abs(world.time.now() - since - timedelta(days=reach)) < timedelta(minutes=1)
