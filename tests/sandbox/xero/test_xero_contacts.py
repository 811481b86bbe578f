"""Contacts: names and numbers, the archived wall, merging, and how they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from sync_worker.sandbox.xero import errors
from tests.sandbox.xero.client import NOBODY, Xero

TAKEN = (
    "The contact name {} is already assigned to another contact."
    " The contact name must be unique across all active contacts."
)


def read(xero: Xero, contact: str) -> dict[str, Any]:
    return dict(xero.get(f"Contacts/{contact}")["Contacts"][0])


def test_put_refuses_the_name_of_an_active_contact_in_any_case(xero: Xero) -> None:
    xero.contact("Ann Lee")
    assert xero.refused("PUT", "Contacts", {"Name": "ANN LEE"}) == [TAKEN.format("ANN LEE")]


def test_a_refused_contact_comes_back_as_recorded(xero: Xero) -> None:
    xero.contact("Ann Lee")
    phone = {"PhoneType": "DEFAULT", "PhoneNumber": "1"}
    sent = {"Name": "Ann Lee", "EmailAddress": "a@b.co", "Phones": [phone], "IsCustomer": True}
    (element,) = xero.call("PUT", "Contacts", sent).json()["Elements"]
    assert list(element) == [
        "ContactID", "Name", "EmailAddress", "Addresses", "Phones", "ContactGroups", "IsCustomer",
        "ContactPersons", "HasValidationErrors", "ValidationErrors",
    ]  # fmt: skip
    assert element["Phones"] == [{**phone, "ValidationErrors": []}]


def test_the_name_of_an_archived_contact_is_free(xero: Xero) -> None:
    xero.sandbox.archive_contact(xero.contact("Ann Lee"))
    assert xero.contact("Ann Lee")


def test_a_contact_number_stays_taken_even_when_archived(xero: Xero) -> None:
    xero.sandbox.archive_contact(xero.contact("Ann", ContactNumber="003"))
    expected = errors.CONTACT_NUMBER_TAKEN.format(number="003")
    assert xero.refused("PUT", "Contacts", {"Name": "Bea", "ContactNumber": "003"}) == [expected]


def test_post_with_a_taken_name_overwrites_its_holder(xero: Xero) -> None:
    held = xero.contact("Ann", EmailAddress="old@b.co")
    (posted,) = xero.post("Contacts", {"Name": "ann", "EmailAddress": "new@b.co"})["Contacts"]
    assert posted["ContactID"] == held
    assert read(xero, held)["EmailAddress"] == "new@b.co"


def test_post_with_a_known_number_updates_its_holder(xero: Xero) -> None:
    held = xero.contact("Ann", ContactNumber="003")
    (posted,) = xero.post("Contacts", {"Name": "Ann Renamed", "ContactNumber": "003"})["Contacts"]
    assert (posted["ContactID"], posted["Name"]) == (held, "Ann Renamed")


def test_an_unknown_contact_id_ends_the_whole_call(xero: Xero) -> None:
    batch = {"Contacts": [{"Name": "Ann"}, {"ContactID": NOBODY, "Name": "Bea"}]}
    assert xero.call("POST", "Contacts", batch, summarizeErrors="false").status == 404
    assert xero.sandbox.contacts() == []


def test_what_is_not_sent_stays_and_phones_are_merged_by_type(xero: Xero) -> None:
    mobile = {"PhoneType": "MOBILE", "PhoneNumber": "1"}
    held = xero.contact("Ann", EmailAddress="a@b.co", Phones=[mobile])
    xero.post(f"Contacts/{held}", {"Phones": [{"PhoneType": "FAX", "PhoneNumber": "2"}]})
    shown = read(xero, held)
    numbers = {phone["PhoneType"]: phone["PhoneNumber"] for phone in shown["Phones"]}
    assert numbers == {"DDI": "", "DEFAULT": "", "FAX": "2", "MOBILE": "1"}
    assert shown["EmailAddress"] == "a@b.co"


def test_archiving_works_even_with_documents_and_is_final_for_the_api(xero: Xero) -> None:
    made = xero.invoice()
    contact = made["Contact"]["ContactID"]
    (archived,) = xero.post("Contacts", {"ContactID": contact, "ContactStatus": "ARCHIVED"})[
        "Contacts"
    ]
    assert archived["ContactStatus"] == "ARCHIVED"
    for change in ({"ContactStatus": "ACTIVE"}, {"EmailAddress": "x@y.co"}):
        refused = xero.refused("POST", "Contacts", {"ContactID": contact, **change})
        assert refused == [errors.CONTACT_ARCHIVED]
    # Refused, it is named all the same: a demo company's reply of 14 September 2026 (corrin/docketworks).
    body = {"ContactID": contact, "ContactStatus": "ARCHIVED"}
    (told,) = xero.post("Contacts", body, summarizeErrors=False)["Contacts"]
    assert (told["Name"], told["StatusAttributeString"]) == ("Ann Lee", "ERROR")


def test_a_person_can_restore_an_archived_contact(xero: Xero) -> None:
    contact = xero.contact()
    xero.sandbox.archive_contact(contact)
    xero.sandbox.restore_contact(contact)
    assert read(xero, contact)["ContactStatus"] == "ACTIVE"


def test_a_restored_contact_needs_its_name_free(xero: Xero) -> None:
    first = xero.contact("Ann")
    xero.sandbox.archive_contact(first)
    xero.contact("Ann")
    with pytest.raises(errors.Invalid):
        xero.sandbox.restore_contact(first)


def test_a_merged_contact_points_to_the_other_only_in_pages_and_alone(xero: Xero) -> None:
    gone, stays = xero.contact("Ann"), xero.contact("Ann Lee")
    made = xero.invoice(Contact={"ContactID": gone})
    xero.sandbox.merge_contacts(gone, stays)
    assert read(xero, gone)["MergedToContactID"] == stays
    paged = xero.get("Contacts", page=1, includeArchived="true")["Contacts"]
    whole = xero.get("Contacts", includeArchived="true")["Contacts"]
    assert [one.get("MergedToContactID") for one in paged if one["ContactID"] == gone] == [stays]
    assert all("MergedToContactID" not in one for one in whole)
    assert xero.read(made["InvoiceID"])["Contact"]["ContactID"] == stays


def test_archived_contacts_are_listed_only_on_request(xero: Xero) -> None:
    xero.sandbox.archive_contact(xero.contact("Ann"))
    xero.contact("Bea")
    assert [one["Name"] for one in xero.get("Contacts")["Contacts"]] == ["Bea"]
    assert len(xero.get("Contacts", includeArchived="True")["Contacts"]) == 2


def test_a_contact_is_read_by_its_number_too(xero: Xero) -> None:
    contact = xero.contact(ContactNumber="0035g00000AbCdE")
    assert read(xero, "0035g00000abcde")["ContactID"] == contact


@pytest.mark.parametrize("term", ["lee", "A@B.CO", "0035"])
def test_search_looks_into_names_numbers_and_addresses(xero: Xero, term: str) -> None:
    xero.contact("Ann Lee", EmailAddress="a@b.co", ContactNumber="0035g")
    xero.contact("Somebody")
    assert [one["Name"] for one in xero.get("Contacts", searchTerm=term)["Contacts"]] == ["Ann Lee"]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"EmailAddress": "a@b.co"}, errors.CONTACT_UNNAMED),
        ({"Name": "A <b>"}, errors.NAME_SHAPE),
        ({"Name": "A", "EmailAddress": "nonsense"}, "Email address must be valid."),
        ({"Name": "n" * 256}, errors.TOO_LONG.format(field="Name", limit=255)),
        ({"Name": "A", "ContactNumber": "n" * 51}, errors.TOO_LONG.format(field="ContactNumber", limit=50)),
        ({"Name": "A", "ContactPersons": [{"FirstName": "x"}] * 6}, errors.FIVE_PERSONS),
        ({"Name": "A", "DefaultCurrency": "EUR"}, errors.CURRENCY_UNKNOWN.format(code="EUR")),
    ],
)  # fmt: skip
def test_what_a_contact_must_be(xero: Xero, sent: dict[str, Any], message: str) -> None:
    assert message in xero.refused("PUT", "Contacts", sent)


def test_spaces_around_and_within_a_name_are_tidied(xero: Xero) -> None:
    assert read(xero, xero.contact("  Ann   Lee "))["Name"] == "Ann Lee"


def test_a_write_shows_slots_in_one_order_and_lists_in_another(xero: Xero) -> None:
    (made,) = xero.put("Contacts", {"Name": "Ann"})["Contacts"]
    (shown,) = xero.get("Contacts")["Contacts"]
    assert [p["PhoneType"] for p in made["Phones"]] == ["DEFAULT", "DDI", "FAX", "MOBILE"]
    assert [p["PhoneType"] for p in shown["Phones"]] == ["DDI", "DEFAULT", "FAX", "MOBILE"]
    assert [a["AddressType"] for a in made["Addresses"]] == ["STREET", "POBOX"]
    assert made["Addresses"][0]["City"] == ""
    assert made["BankAccountDetails"] == ""


def test_a_contact_typed_in_by_a_person_has_bare_slots(xero: Xero) -> None:
    shown = read(xero, xero.sandbox.add_contact("Eastside Club"))
    assert shown["Phones"][0] == {"PhoneType": "DDI"}
    assert "EmailAddress" not in shown


def test_balances_appear_while_something_is_owed(xero: Xero) -> None:
    made = xero.invoice(DueDate="2026-11-10")
    xero.invoice()
    contact = made["Contact"]["ContactID"]
    owed = read(xero, contact)["Balances"]["AccountsReceivable"]
    assert owed == {"Outstanding": 200, "Overdue": 100}
    (brief,) = xero.get("Contacts", summaryOnly="true")["Contacts"]
    assert not {"Balances", "IsCustomer", "IsSupplier"} & set(brief)


def test_ids_choose_contacts(xero: Xero) -> None:
    ids = [xero.contact(name) for name in ("A", "B", "C")]
    found = xero.get("Contacts", IDs=f"{ids[0]},{ids[2].upper()},{NOBODY}")["Contacts"]
    assert {one["ContactID"] for one in found} == {ids[0], ids[2]}
