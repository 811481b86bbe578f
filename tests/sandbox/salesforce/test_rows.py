"""What saving one row does, and what the platform says when it will not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from tests.sandbox.salesforce.conftest import Client


def test_a_row_gets_its_defaults_and_its_system_fields(client: Client) -> None:
    row = client.read(
        "Payment__c", client.create("Payment__c", Invoice__c=client.create("Invoice__c"))
    )
    assert row["Name"] == "PMNT-0000001"
    assert row["Include__c"] is True
    assert row["Paid__c"] is False
    assert row["CreatedDate"] == "2026-03-04T12:00:00.000+0000"
    assert "OwnerId" not in row, "a detail has no owner of its own"


def test_a_text_name_that_was_not_given_is_the_id(client: Client) -> None:
    made = client.create("Invoice__c")
    assert client.read("Invoice__c", made)["Name"] == made


def test_a_text_name_that_is_emptied_is_the_id_again(client: Client) -> None:
    made = client.create("Invoice__c", Name="I-1")
    assert client.call("PATCH", f"sobjects/Invoice__c/{made}", {"Name": None}).status == 204
    assert client.read("Invoice__c", made)["Name"] == made


def test_an_external_id_with_a_slash_may_come_unencoded_as_jsforce_sends_it(client: Client) -> None:
    invoice = client.create("Invoice__c")
    path = "sobjects/Payment__c/Finance_External_ID__c/a/b"
    assert client.call("PATCH", path, {"Invoice__c": invoice}).status == 201
    assert client.records("SELECT Finance_External_ID__c FROM Payment__c") == [
        {"Finance_External_ID__c": "a/b"}
    ]


def test_field_and_object_names_may_come_in_any_case_and_go_out_in_their_own(
    client: Client,
) -> None:
    made = client.create("invoice__C", TOTAL_amount__c=5, name="I-1")
    row = client.read("INVOICE__C", made[:15])
    assert (row["Total_Amount__c"], row["Name"], row["attributes"]["type"]) == (
        5.0,
        "I-1",
        "Invoice__c",
    )


def test_numbers_keep_every_digit_that_was_sent_and_are_written_as_doubles(client: Client) -> None:
    made = client.create("Invoice__c", Total_Amount__c=33.335)
    assert b'"Total_Amount__c":33.335' in client.call("GET", f"sobjects/Invoice__c/{made}").body
    big = client.create("Invoice__c", Total_Amount__c=12000000)
    assert b'"Total_Amount__c":1.2E7' in client.call("GET", f"sobjects/Invoice__c/{big}").body


def test_blank_text_is_null_and_text_loses_the_blanks_around_it(client: Client) -> None:
    made = client.create("Invoice__c", Name="  I-1 ", Xero_Invoice_Number__c="  ")
    row = client.read("Invoice__c", made)
    assert (row["Name"], row["Xero_Invoice_Number__c"]) == ("I-1", None)


NOT_WRITABLE = (
    "Unable to create/update fields: Payment_Balance__c. Please check the security settings of this field and"
    " verify that it is read/write for your profile or permission set."
)
NOT_A_DATE = (
    "Cannot deserialize instance of date from VALUE_STRING value soon or request may be missing a required"
    " field at [line:1, column:22]"
)


@pytest.mark.parametrize(
    ("values", "code", "message", "fields"),
    [
        ({"Status__c": "Bad"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
         "Status: bad value for restricted picklist field: Bad", ["Status__c"]),
        ({"Name": "x" * 81}, "STRING_TOO_LONG",
         f"Invoice Number: data value too large: {'x' * 81} (max length=80)", ["Name"]),
        ({"Payment_Balance__c": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE",
         NOT_WRITABLE, ["Payment_Balance__c"]),
        ({"Foo__c": 1}, "INVALID_FIELD", "No such column 'Foo__c' on sobject of type Invoice__c", None),
        ({"Participant__c": "001000000000001AAA"}, "FIELD_INTEGRITY_EXCEPTION", None, ["Participant__c"]),
        ({"Participant__c": "not an id"}, "MALFORMED_ID", None, ["Participant__c"]),
        ({"Participant__c": "003000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY",
         "invalid cross reference id", ["Participant__c"]),
        ({"Id": "a03000000000001AAA"}, "INVALID_FIELD",
         "The Id field should not be specified in the sobject data.", None),
        ({"Invoice_Date__c": "soon"}, "JSON_PARSER_ERROR",
         NOT_A_DATE, None),
        ({"Total_Amount__c": 10**16}, "NUMBER_OUTSIDE_VALID_RANGE", None, ["Total_Amount__c"]),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_in_the_platforms_words(
    client: Client,
    values: dict[str, object],
    code: str,
    message: str | None,
    fields: list[str] | None,
) -> None:
    refused = client.refused("POST", "sobjects/Invoice__c", values)
    assert (refused["status"], refused["errorCode"]) == (400, code)
    assert message is None or refused["message"] == message
    assert refused.get("fields") == fields
    assert client.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 0


def test_a_required_field_is_asked_for_by_name(client: Client) -> None:
    refused = client.refused("POST", "sobjects/Payment__c", {"Payment_Amount__c": 1})
    assert refused["message"] == "Required fields are missing: [Invoice__c]"
    assert refused["fields"] == ["Invoice__c"]


def test_a_unique_value_is_taken_whatever_its_case_and_free_again_after_deletion(
    client: Client,
) -> None:
    first = client.create("Invoice__c", Finance_External_ID__c="Ab")
    refused = client.refused("POST", "sobjects/Invoice__c", {"Finance_External_ID__c": "aB"})
    assert refused["errorCode"] == "DUPLICATE_VALUE"
    assert refused["message"].endswith(f"duplicates value on record with id: {first[:15]}")
    assert client.call("DELETE", f"sobjects/Invoice__c/{first}").status == 204
    client.create("Invoice__c", Finance_External_ID__c="aB")


def test_the_finance_id_is_final_unless_the_user_may_manage_the_sync(
    client: Client, make_org: Callable[..., SalesforceOrg]
) -> None:
    made = client.create("Invoice__c", Finance_External_ID__c="X")
    refused = client.refused(
        "PATCH", f"sobjects/Invoice__c/{made}", {"Finance_External_ID__c": None}
    )
    assert refused["errorCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert refused["fields"] == ["Finance_External_ID__c"]
    admin = Client(make_org(custom_permissions=["Manage_Finance_Sync"]))
    made = admin.create("Invoice__c", Finance_External_ID__c="X")
    assert (
        admin.call("PATCH", f"sobjects/Invoice__c/{made}", {"Finance_External_ID__c": None}).status
        == 204
    )


def test_upsert_creates_then_changes_and_wants_the_id_in_the_path_only(client: Client) -> None:
    path, invoice = "sobjects/Payment__c/Finance_External_ID__c/a%2Fb", client.create("Invoice__c")
    first = client.call("PATCH", path, {"Invoice__c": invoice})
    again = client.call("PATCH", path, {"Payment_Amount__c": 2})
    assert (first.status, first.json()["created"]) == (201, True)
    assert (again.status, again.json()["created"]) == (200, False)
    assert client.read("Payment__c", first.json()["id"])["Finance_External_ID__c"] == "a/b"
    refused = client.refused("PATCH", path, {"Finance_External_ID__c": "a/b"})
    assert refused["message"] == (
        "The Finance_External_ID__c field should not be specified in the sobject data."
    )
    missing = client.refused("PATCH", f"{path}2?updateOnly=true", {"Payment_Amount__c": 2})
    assert (missing["status"], missing["errorCode"]) == (404, "NOT_FOUND")
    unknown = client.refused("PATCH", "sobjects/Payment__c/Foo__c/x", {})
    assert unknown["message"].endswith("does not exist or is not accessible: Foo__c")


def test_old_versions_answer_an_upsert_that_changed_something_without_a_body(
    org: SalesforceOrg,
) -> None:
    old = Client(org, "45.0")
    old.create("Invoice__c", Finance_External_ID__c="X")
    assert (
        old.call("PATCH", "sobjects/Invoice__c/Finance_External_ID__c/X", {"Name": "n"}).status
        == 204
    )


def test_a_parent_may_be_named_by_its_external_id(client: Client) -> None:
    invoice = client.create("Invoice__c", Finance_External_ID__c="X")
    made = client.create("Payment__c", Invoice__r={"Finance_External_ID__c": "x"})
    assert client.read("Payment__c", made)["Invoice__c"] == invoice


def test_a_detail_keeps_its_master_and_may_be_told_so_again(client: Client) -> None:
    first, second = client.create("Invoice__c"), client.create("Invoice__c")
    made = client.create("Payment__c", Invoice__c=first)
    assert client.call("PATCH", f"sobjects/Payment__c/{made}", {"Invoice__c": first}).status == 204
    refused = client.refused("PATCH", f"sobjects/Payment__c/{made}", {"Invoice__c": second})
    assert refused["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_deleting_a_master_bins_its_details_and_a_second_time_is_told(client: Client) -> None:
    invoice = client.create("Invoice__c")
    client.create("Payment__c", Invoice__c=invoice)
    client.call("DELETE", f"sobjects/Invoice__c/{invoice}")
    assert client.query("SELECT COUNT() FROM Payment__c")["totalSize"] == 0
    gone = client.call("GET", "queryAll?q=SELECT+Id,IsDeleted+FROM+Payment__c").json()
    assert [each["IsDeleted"] for each in gone["records"]] == [True]
    refused = client.refused("DELETE", f"sobjects/Invoice__c/{invoice}")
    assert (refused["status"], refused["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_a_lookup_to_a_deleted_row_is_emptied(client: Client) -> None:
    contact = client.create("Contact", LastName="Ng")
    invoice = client.create("Invoice__c", Participant__c=contact)
    client.call("DELETE", f"sobjects/Contact/{contact}")
    assert client.read("Invoice__c", invoice)["Participant__c"] is None


def test_a_change_is_refused_when_the_row_has_changed_since(client: Client, clock: Clock) -> None:
    made = client.create("Invoice__c")
    before = "Wed, 04 Mar 2026 12:00:00 GMT"
    path, headers = f"sobjects/Invoice__c/{made}", {"if-unmodified-since": before}
    assert client.call("PATCH", path, {"Name": "a"}, headers).status == 204
    clock.advance(1)
    assert client.call("PATCH", path, {"Name": "b"}).status == 204
    late = client.call("PATCH", path, {"Name": "c"}, headers)
    assert (late.status, late.json()[0]["errorCode"]) == (412, "PRECONDITION_FAILED")
    assert client.call("PATCH", path, {"Name": "c"}, {"if-unmodified-since": "soon"}).status == 400
    assert (
        client.call(
            "GET", path, None, {"if-modified-since": "Wed, 04 Mar 2026 12:00:01 GMT"}
        ).status
        == 304
    )


def test_a_locked_row_is_refused_as_often_as_was_asked(client: Client, org: SalesforceOrg) -> None:
    invoice = client.create("Invoice__c")
    org.lock_rows([invoice], times=1)
    refused = client.refused("POST", "sobjects/Payment__c", {"Invoice__c": invoice})
    assert refused["errorCode"] == "UNABLE_TO_LOCK_ROW"
    client.create("Payment__c", Invoice__c=invoice)


def test_what_changed_and_what_was_deleted_can_be_asked_for(client: Client) -> None:
    kept, gone = client.create("Invoice__c"), client.create("Invoice__c")
    client.call("DELETE", f"sobjects/Invoice__c/{gone}")
    span = "start=2026-03-01T00:00:00%2B00:00&end=2026-03-05T00:00:00Z"
    assert client.call("GET", f"sobjects/Invoice__c/updated?{span}").json()["ids"] == [kept]
    deleted = client.call("GET", f"sobjects/Invoice__c/deleted?{span}").json()["deletedRecords"]
    assert [each["id"] for each in deleted] == [gone]


def test_people_edit_in_the_pages_and_rules_apply_to_them(
    org: SalesforceOrg, client: Client
) -> None:
    made = org.save("Invoice__c", {"Name": "I-1", "Finance_External_ID__c": "X"})
    org.edit("Invoice__c", made, {"Status__c": "Cancelled"})
    with pytest.raises(Exception, match="FIELD_CUSTOM_VALIDATION_EXCEPTION"):
        org.edit("Invoice__c", made, {"Finance_External_ID__c": "Y"})
    assert client.read("Invoice__c", made)["Status__c"] == "Cancelled"
    org.remove("Invoice__c", made)
    org.restore("Invoice__c", made)
    assert client.read("Invoice__c", made)["Name"] == "I-1"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-04T12:00:10Z", "2026-03-04T12:00:50Z"),  # the same minute
        ("2026-03-04T12:00:00Z", "2026-03-04T11:00:00Z"),
        ("2026-02-01T12:00:00Z", "2026-03-04T12:00:00Z"),  # more than 30 days ago
        ("yesterday", "2026-03-04T12:00:00Z"),
    ],
)
def test_changes_are_told_for_whole_minutes_of_the_last_thirty_days(
    client: Client, start: str, end: str
) -> None:
    refused = client.refused("GET", f"sobjects/Invoice__c/updated?start={start}&end={end}")
    assert refused["errorCode"] == "INVALID_REPLICATION_DATE"
    told = client.call(
        "GET", "sobjects/Invoice__c/updated?start=2026-03-04T11:00:00Z&end=2026-03-05T12:00:30Z"
    ).json()
    assert told["latestDateCovered"] == "2026-03-04T12:00:00.000+0000"  # it is noon now
