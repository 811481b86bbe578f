"""What the CRM calls things: a prefix on every name, exceptions by name, and fields it goes without."""

from __future__ import annotations

import pytest

from sync_worker.salesforce.names import Names


def test_our_own_names_are_used_as_they_are() -> None:
    fields = Names().of("Invoice__c")
    assert (fields.api_name, fields("Status__c"), fields.parent("Participant__c")) == (
        "Invoice__c",
        "Status__c",
        "Participant__r",
    )


@pytest.mark.parametrize("name", ["Name", "Id", "Email", "MailingStreet"])
def test_a_prefix_stands_before_custom_names_and_no_others(name: str) -> None:
    fields = Names("maica_cc__").of("Contact")
    assert fields(name) == name
    assert fields("NDIS_Number__c") == "maica_cc__NDIS_Number__c"
    assert Names("maica_cc__").sobject("Invoice__c") == "maica_cc__Invoice__c"
    assert (
        Names("maica_cc__").of("Invoice__c").parent("Participant__c") == "maica_cc__Participant__r"
    )


def test_an_exception_is_for_one_object_and_an_empty_one_does_without() -> None:
    names = Names("p__", {"Invoice__c.Status__c": "State__c", "Invoice__c.Finance_Link__c": ""})
    assert names.field("Invoice__c", "Status__c") == "State__c"
    assert names.field("Payment__c", "Status__c") == "p__Status__c"
    assert names.of("Invoice__c").present("Status__c", "Finance_Link__c") == ["State__c"]
