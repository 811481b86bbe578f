"""Roll-up summaries follow their details in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from tests.sandbox.salesforce.conftest import Client


def rolled(client: Client, invoice: str) -> tuple[Any, Any, Any]:
    row = client.read("Invoice__c", invoice)
    return row["Total_Payment_Amount__c"], row["Last_Payment_Date__c"], row["Payment_Balance__c"]


def test_an_invoice_without_payments_has_paid_nothing_and_never(client: Client) -> None:
    assert rolled(client, client.create("Invoice__c", Total_Amount__c=10)) == (0.0, None, 10.0)


def test_payments_that_count_are_summed_and_the_last_one_is_known(client: Client) -> None:
    invoice = client.create("Invoice__c", Total_Amount__c=10)
    for amount, day in ((1.5, "2026-02-01T00:00:00Z"), (2.25, "2026-01-01T00:00:00Z")):
        client.create(
            "Payment__c", Invoice__c=invoice, Payment_Amount__c=amount, Payment_Date__c=day
        )
    client.create("Payment__c", Invoice__c=invoice, Payment_Amount__c=4, Include__c=False)
    assert rolled(client, invoice) == (3.75, "2026-02-01T00:00:00.000+0000", 6.25)


def test_excluding_deleting_and_restoring_a_payment_moves_the_sum(
    client: Client, org: SalesforceOrg
) -> None:
    invoice = client.create("Invoice__c", Total_Amount__c=10)
    payment = client.create("Payment__c", Invoice__c=invoice, Payment_Amount__c=4)
    client.call("PATCH", f"sobjects/Payment__c/{payment}", {"Include__c": False})
    assert rolled(client, invoice)[0] == 0.0
    client.call("PATCH", f"sobjects/Payment__c/{payment}", {"Include__c": True})
    assert rolled(client, invoice)[0] == 4.0
    client.call("DELETE", f"sobjects/Payment__c/{payment}")
    assert rolled(client, invoice)[0] == 0.0
    org.restore("Payment__c", payment)
    assert rolled(client, invoice)[0] == 4.0


def test_a_payment_moves_the_parents_system_stamp_but_not_its_last_change(
    client: Client, clock: Clock
) -> None:
    invoice = client.create("Invoice__c")
    clock.advance(60)
    client.create("Payment__c", Invoice__c=invoice, Payment_Amount__c=4)
    row = client.read("Invoice__c", invoice)
    assert row["SystemModstamp"] == "2026-03-04T12:01:00.000+0000"
    assert row["LastModifiedDate"] == "2026-03-04T12:00:00.000+0000"


def test_the_last_change_moves_too_if_the_knob_says_so(
    make_org: Callable[..., SalesforceOrg], clock: Clock
) -> None:
    client = Client(make_org(rollups_move_last_modified=True))
    invoice = client.create("Invoice__c")
    clock.advance(60)
    client.create("Payment__c", Invoice__c=invoice, Payment_Amount__c=4)
    assert client.read("Invoice__c", invoice)["LastModifiedDate"] == "2026-03-04T12:01:00.000+0000"


def test_loaded_rows_are_rolled_up_at_the_end(org: SalesforceOrg) -> None:
    invoices = org.load("Invoice__c", [{"Name": "a", "Total_Amount__c": "10.00"}, {"Name": "b"}])
    org.load(
        "Payment__c", ({"Invoice__c": invoices[n % 2], "Payment_Amount__c": 2} for n in range(3))
    )
    assert [str(each["Total_Payment_Amount__c"]) for each in org.rows("Invoice__c")] == ["4", "2"]
    assert str(org.rows("Invoice__c")[0]["Payment_Balance__c"]) == "6.00"
