"""Who is who: names, second factors, and what may be changed on a contact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.party import Address, differences, ledger_name, same_name, second_factor
from tests.builders import a_contact, a_party, record


@pytest.mark.parametrize(
    ("crm", "xero"),
    [
        ("  Kim   Lee ", "Kim Lee"),
        ("<Kim> Lee", "Kim Lee"),
        ("Kim\tLee\n", "Kim Lee"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_name_is_what_xero_accepts(crm: str, xero: str) -> None:
    assert ledger_name(crm) == xero


@given(st.text(max_size=300))
def test_a_name_stays_what_it_is_when_it_is_made_acceptable_again(text: str) -> None:
    assert ledger_name(ledger_name(text)) == ledger_name(text)


@pytest.mark.parametrize(
    ("one", "other"), [("Kim Lee", "KIM LEE"), ("Zoë", "zoË"), ("A  B", " a b")]
)
def test_names_are_the_same_whatever_their_case_and_spaces(one: str, other: str) -> None:
    assert same_name(one, other)


@pytest.mark.parametrize(
    ("party", "contact", "one"),
    [
        ({"account_number": "430"}, {"account_number": "430"}, True),
        ({"account_number": "430"}, {"account_number": "431"}, False),
        (
            {"account_number": "430", "email": "a@b.c"},
            {"account_number": "431", "email": "a@b.c"},
            False,
        ),
        ({"account_number": "430", "email": "a@b.c"}, {"email": "A@B.C"}, True),
        ({"email": "a@b.c"}, {"email": "a@b.d"}, False),
        ({}, {}, False),
        ({"phone": "1"}, {"phone": "1"}, False),
        ({"address": Address("1 Fern St")}, {"address": Address("1 Fern St")}, False),
    ],
)
def test_a_stable_number_decides_then_the_address_of_mail_and_nothing_else(
    party: dict[str, str], contact: dict[str, str], one: bool
) -> None:
    assert second_factor(a_party(**party), a_contact(**contact)) is one


texts = st.sampled_from(["", "x", "y"])


@given(texts, texts, texts, texts)
def test_what_the_crm_does_not_know_is_never_a_difference(
    email: str, phone: str, theirs: str, number: str
) -> None:
    found = differences(a_party(email=email, phone=phone), a_contact(email=theirs, number=number))
    assert all(found.values())
    assert ("email" in found) == (email not in {"", theirs})


def test_only_a_contact_with_our_number_is_renamed() -> None:
    party = a_party(name="New Name")
    assert differences(party, a_contact(number=party.id))["name"] == "New Name"
    assert "name" not in differences(party, a_contact(number=""))
    assert "name" not in differences(party, a_contact(number=record(99)))


def test_a_contact_without_a_number_gets_ours_and_one_with_another_keeps_it() -> None:
    party = a_party()
    assert differences(party, a_contact(number=""))["number"] == party.id
    assert "number" not in differences(party, a_contact(number=record(99)))


def test_nothing_differs_on_a_contact_made_from_the_same_party() -> None:
    party = a_party(
        email="k@l.example", phone="1", account_number="430", address=Address("1 Fern St")
    )
    same = a_contact(
        name=party.name,
        number=party.id,
        first_name=party.first_name,
        last_name=party.last_name,
        email=party.email,
        phone=party.phone,
        account_number=party.account_number,
        address=party.address,
    )
    assert differences(party, same) == {}
