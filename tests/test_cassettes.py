"""What both SDKs said to the vendors once is understood the same way again, without any vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sync_worker.domain.batch import Done, Refused
from sync_worker.wiring import App
from tests.cassettes import record
from tests.cassettes.record import CRM_HOST, SCENES, XERO_HOST, Facts, Scene, an_app, play

pytestmark = pytest.mark.disable_socket

TAPES = sorted(record.HERE.glob("*.yaml"))
SECRET_LOOKS = re.compile(
    r"eyJ[\w-]{8,}|00D\w{12,15}!|Bearer |Basic |client_secret|assertion|sandbox-(xero|salesforce)-secret"
    r"|xero-tenant-id|Set-Cookie|api\.xero\.com|identity\.xero\.com|\.salesforce\.com|127\.0\.0\.1",
    re.IGNORECASE,
)
ANY = {"client_id": "any", "client_secret": "any"}


@pytest.fixture
def app() -> Iterator[App]:
    xero = f"https://{XERO_HOST}"
    tenant = {"tenant_id": record.GONE, "api_url": xero, "identity_url": xero}
    with an_app(Facts.kept(), {**ANY, "url": f"https://{CRM_HOST}"}, {**ANY, **tenant}) as app:
        yield app


def played(scene: Scene, app: App) -> Any:
    return play(scene, app, Facts.kept(), "none")


def test_every_scene_has_its_tape() -> None:
    assert {tape.stem for tape in TAPES} == {scene.__name__ for scene in SCENES}


def test_an_invoice_is_read_with_its_line_and_its_participant(app: App) -> None:
    (invoice,) = played(record.reading_an_invoice, app)
    assert invoice.number == record.NUMBER
    assert invoice.participant is not None
    assert [(line.quantity, line.rate, line.include) for line in invoice.lines] == [(2, 50, True)]
    assert invoice.total == Decimal(100)


def test_a_row_that_is_not_there_is_refused_and_the_other_written(app: App) -> None:
    (refusal,) = played(record.writing_back, app)
    assert refusal.record == record.NO_RECORD
    assert refusal.code in {"MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY"}


def test_a_payment_is_written_twice_without_complaint(app: App) -> None:
    assert played(record.writing_payments, app) == [[], []]


def test_both_sides_have_what_is_needed(app: App) -> None:
    assert played(record.checking_both_sides, app) == []


def test_the_books_are_read(app: App) -> None:
    books, currencies = played(record.reading_the_books, app)
    assert books.accounts["200"].usable_on_lines
    assert books.tax_rate("GST Free Income") == books.tax_rate("EXEMPTOUTPUT")
    assert books.base_currency in currencies


def test_a_contact_is_made_once_and_found_again(app: App) -> None:
    (made,), (refused,), by_number, named = played(record.making_a_contact, app)
    assert isinstance(made, Done)
    assert isinstance(refused, Refused)
    assert [one.id for one in by_number.values()] == [made.xero_id]
    assert [one.id for one in named] == [made.xero_id]


def test_a_draft_is_made_beside_a_refused_one_and_completed(app: App) -> None:
    (draft, refused), (completed,), (read,) = played(record.making_an_invoice, app)
    assert isinstance(draft, Done)
    assert (draft.status, draft.total) == ("DRAFT", Decimal(100))
    assert isinstance(refused, Refused)
    assert refused.messages
    assert isinstance(completed, Done)
    assert completed.status == "AUTHORISED"
    assert (read.id, read.status, read.total) == (draft.xero_id, "AUTHORISED", Decimal(100))
    assert read.url.startswith("https://crm.example.com/")


def test_payments_are_read_with_their_invoice(app: App) -> None:
    payments = played(record.reading_payments, app)
    assert payments
    assert all(payment.invoice_id and payment.amount > 0 for payment in payments)


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)
def test_no_tape_holds_a_secret_or_an_address(tape: Path) -> None:
    found = SECRET_LOOKS.search(tape.read_text(encoding="utf-8"))
    assert found is None, found


def test_real_vendors_are_called_only_with_every_variable_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for names in record.VARIABLES.values():
        for name in names.values():
            monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit, match="CASSETTE_XERO_TENANT_ID"):
        record.record_the_real_ones()
