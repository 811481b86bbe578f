"""letters: what has not left is shown, and a person decides about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_worker.sandbox.edge import Sandbox
from tests.cli.conftest import Operator
from tests.daemon.books import due_invoices
from tests.daemon.processes import settings_file
from tests.post import FINANCE, PostOffice, a_post_office


@pytest.fixture
def office(socket_enabled: None) -> Iterator[PostOffice]:
    del socket_enabled
    with a_post_office() as office:
        yield office


@pytest.fixture
def operator(vendors: Sandbox, tmp_path: Path, office: PostOffice) -> Operator:
    mail = office.mail(error_address=FINANCE)
    return Operator(settings_file(tmp_path, vendors.credentials(), clock="sandbox", mail=mail))


def a_refused_letter(operator: Operator, vendors: Sandbox, office: PostOffice) -> str:
    """A digest that the mail server does not take."""
    due_invoices(vendors.control, "INV-1")
    with vendors.control.held():
        vendors.control.xero.add_contact("Robin Reed INV-1")
    office.suffers("refuse")
    (refused,) = operator.types("sync", "invoices", "--json").json["processes"]["invoices"][
        "letters"
    ]["refused"]
    return str(refused["letter"])


def test_without_letters_nothing_waits(operator: Operator) -> None:
    assert operator.types("letters", "list").stdout == "no letter waits\n"
    assert operator.types("letters", "list", "--json").json == {"letters": []}


def test_a_refused_letter_is_shown_and_goes_to_another_address(
    operator: Operator, vendors: Sandbox, office: PostOffice
) -> None:
    letter = a_refused_letter(operator, vendors, office)
    said = operator.types("letters", "list", "--json")
    assert said.code == 1
    (shown,) = said.json["letters"]
    assert (shown["letter"], shown["to"], shown["stage"]) == (letter, FINANCE, "REFUSED")
    assert "550" in shown["words"]
    assert "REFUSED" in operator.types("letters", "list").stdout
    assert "letters: 1 refused" in operator.types("status").stdout
    said = operator.types("sync", "invoices")
    assert said.code == 1
    assert f"the letter {letter} to {FINANCE} is refused: 550" in said.stdout
    said = operator.types("letters", "send", letter, "--to", "boss@kea.example", "--json")
    assert said.json == {"letter": letter, "sent": "at the next run"}
    waiting = operator.types("letters", "list", "--json")
    assert (waiting.code, waiting.json["letters"][0]["stage"]) == (0, "WAITING")
    assert "letters sent: 1" in operator.types("sync", "invoices").stdout
    assert [one["to"] for one in office.letters] == [("boss@kea.example",)]


def test_a_dropped_letter_is_shown_no_more(
    operator: Operator, vendors: Sandbox, office: PostOffice
) -> None:
    letter = a_refused_letter(operator, vendors, office)
    assert operator.types("letters", "drop", letter).stdout == f"{letter} will not be sent\n"
    assert operator.types("letters", "list", "--json").json == {"letters": []}


@pytest.mark.parametrize("act", ["send", "drop"])
def test_a_letter_that_is_not_there_is_one_sentence(operator: Operator, act: str) -> None:
    said = operator.types("letters", act, "payment:1", "--json")
    assert said.code == 2
    assert "no letter 'payment:1' waits" in said.json["problems"][0]


def test_a_letter_that_waits_says_why(
    operator: Operator, vendors: Sandbox, office: PostOffice
) -> None:
    due_invoices(vendors.control, "INV-1")
    with vendors.control.held():
        vendors.control.xero.add_contact("Robin Reed INV-1")
    office.suffers("later")
    assert (
        "letters waiting: 1 (451 4.3.0 try again later)"
        in operator.types("sync", "invoices").stdout
    )
