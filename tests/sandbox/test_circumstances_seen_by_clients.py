"""What surrounds Xero's books, ordered at the control plane and met by the vendor's own SDK over a real socket.

Each act and each knob that differs between plans, goes wrong for a while, or is unsettled about Xero, has its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from xero_python.accounting import AccountingApi, Contact, Contacts, Invoice, Invoices, LineItem
from xero_python.exceptions import HTTPStatusException, RateLimitException

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.xero.app import CIRCUMSTANCES
from sync_worker.sandbox.xero.knobs import _TURNS
from sync_worker.sandbox.xero.limits import Limits
from tests.sandbox.test_faults_seen_by_clients import METADATA, TENANT, token, xero

SECOND = "0c0c0c0c-1111-4222-8333-444444444444"
SCOPES = "accounting.contacts accounting.invoices accounting.settings"


class Met:
    """A sandbox as somebody outside has it: orders to its control plane, and the SDK with a token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.xero_url
        self.held = sandbox
        self.api: AccountingApi = xero(sandbox)
        self.sign_in()

    def sign_in(self) -> None:
        its = self.held.credentials()["xero"]
        fresh = token(its, "/connect/token", scope=SCOPES)
        held = {"access_token": fresh, "token_type": "Bearer", "expires_in": 1800, "scope": ["x"]}
        self.api.api_client.oauth2_token_getter(lambda: held)

    def order(self, path: str, **members: Any) -> Any:
        reply = requests.post(f"{self.url}/_sandbox/{path}", json=members, timeout=5)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def turn(self, **knobs: Any) -> None:
        self.order("people", act="turn", **knobs)

    def later(self, seconds: float) -> None:
        self.order("clock", advance_s=seconds)

    def make(self, name: str, key: str | None = None) -> Any:
        contacts = Contacts(contacts=[Contact(name=name)])
        more = {} if key is None else {"idempotency_key": key}
        return self.api.create_contacts(TENANT, contacts, **more)

    def bill(self, number: str) -> str:
        line = LineItem(description="Support", quantity=1, unit_amount=100, account_code="203")
        invoice = Invoice(
            type="ACCREC",
            contact=Contact(name="Ann"),
            invoice_number=number,
            date=date(2026, 11, 1),
            due_date=date(2026, 11, 30),
            line_items=[line],
            status="AUTHORISED",
        )
        made = self.api.create_invoices(TENANT, Invoices(invoices=[invoice])).invoices
        return str(made[0].invoice_id)

    def names(self, **parameters: Any) -> list[str]:
        return [one.name for one in self.api.get_contacts(TENANT, **parameters).contacts]

    def status(self, call: Callable[[], Any]) -> int:
        with pytest.raises(HTTPStatusException) as refused:
            call()
        return int(refused.value.status)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(metadata=METADATA) as sandbox:
        yield sandbox


@pytest.fixture
def met(running: Sandbox) -> Iterator[Met]:
    running.control.reset()
    before = running.xero.knobs
    yield Met(running)
    running.xero.knobs = before
    running.xero.turn_limits()


def a_key_is_the_apps(met: Met) -> None:
    met.turn(key_scope="app")
    for _ in range(2):
        met.sign_in()
        met.make("Ann", key="k")  # the second is told what the first was
    assert met.names() == ["Ann"]


def a_key_is_the_tokens(met: Met) -> None:
    met.turn(key_scope="token")
    met.make("Ann", key="k")
    met.later(1)  # a token of another second is another token
    met.sign_in()
    assert met.status(lambda: met.make("Ann", key="k")) == 400  # worked on anew: the name is taken


def keyed_writes_fail_while_the_store_is_out(met: Met) -> None:
    met.turn(key_store_down=True)
    assert met.status(lambda: met.make("Ann", key="k")) == 500
    met.make("Bob")
    met.turn(key_store_down=False)
    met.make("Ann", key="k")
    assert sorted(met.names()) == ["Ann", "Bob"]


def a_change_of_that_very_second_can_be_left_out(met: Met) -> None:
    since = met.make("Ann").contacts[0].updated_date_utc.replace(tzinfo=None, microsecond=0)
    assert met.names(if_modified_since=since) == ["Ann"]
    met.turn(modified_since="exclusive")
    assert met.names(if_modified_since=since + timedelta(seconds=1)) == []


def a_list_lags_behind_a_write(met: Met) -> None:
    met.turn(late_visibility_s=120)
    made = met.make("Ann").contacts[0]
    assert met.names() == []
    assert met.api.get_contact(TENANT, made.contact_id).contacts
    met.later(120)
    assert met.names() == ["Ann"]


def the_sdk_asks_for_json_whatever_is_usual(met: Met) -> None:
    for usual in ("json", "xml"):
        met.turn(default_format=usual)
        assert met.names() == []


def a_new_word_breaks_the_reading_after_the_write(met: Met) -> None:
    met.turn(novelties={"ContactStatus": "PARKED"})
    with pytest.raises(ValueError, match="PARKED"):
        met.make("Ann")
    met.turn(novelties={})
    assert met.names() == ["Ann"]


KNOBS: Mapping[str, tuple[Callable[[Met], None], ...]] = {
    "key_scope": (a_key_is_the_apps, a_key_is_the_tokens),
    "key_store_down": (keyed_writes_fail_while_the_store_is_out,),
    "modified_since": (a_change_of_that_very_second_can_be_left_out,),
    "late_visibility_s": (a_list_lags_behind_a_write,),
    "default_format": (the_sdk_asks_for_json_whatever_is_usual,),
    "novelties": (a_new_word_breaks_the_reading_after_the_write,),
}


@pytest.mark.parametrize(
    "what", [one for each in KNOBS.values() for one in each], ids=lambda what: str(what.__name__)
)
def test_a_turned_knob_is_met_by_the_sdk(met: Met, what: Callable[[Met], None]) -> None:
    what(met)


def test_no_knob_can_be_turned_unseen() -> None:
    assert set(KNOBS) == set(_TURNS)


LIMITS: Mapping[str, tuple[dict[str, Any], str]] = {
    "minute": ({"minute": 0}, "minute"),
    "day": ({"day": 0}, "day"),
    "concurrent": ({"concurrent": 0}, "concurrent"),
    "app_minute": ({"app_minute": 0}, "appminute"),
    "day_window": ({"day": 0, "day_window": "rolling"}, "day"),
}


@pytest.mark.parametrize(("limits", "problem"), LIMITS.values(), ids=LIMITS)
def test_the_sdk_is_told_which_limit_is_full_until_there_are_none(
    met: Met, limits: dict[str, Any], problem: str
) -> None:
    met.order("people", act="turn_limits", **limits)
    with pytest.raises(RateLimitException) as refused:
        met.names()
    assert refused.value.rate_limit == problem
    met.order("people", act="turn_limits", none=True)
    assert met.names() == []


def test_every_limit_is_tried() -> None:
    assert {field.name for field in fields(Limits)} == set(LIMITS)


@pytest.mark.parametrize("window", ["fixed", "rolling"])
def test_a_full_day_empties_at_once_or_call_by_call(met: Met, window: str) -> None:
    """Two calls, twenty minutes apart: a fixed day ends a day after the first opened it, and so does the first's own
    time in a rolling one; but then only one call is free again."""
    met.order("people", act="turn_limits", day=2, day_window=window)
    met.names()
    met.later(1_200)
    met.names()
    met.later(600)
    met.sign_in()
    with pytest.raises(RateLimitException) as refused:
        met.names()
    left = int(refused.value.headers["Retry-After"])
    assert 86_400 - 1_800 - 5 <= left <= 86_400 - 1_800
    met.later(left)
    met.sign_in()
    met.names()
    if window == "fixed":
        met.names()
    with pytest.raises(RateLimitException):
        met.names()


def test_a_disconnected_organisation_is_forbidden_until_it_is_connected_again(met: Met) -> None:
    met.order("people", act="disconnect")
    assert met.status(met.names) == 403
    met.order("people", act="reconnect")
    assert met.names() == []


def test_an_organisation_opened_beside_the_first_is_one_more_tenant(met: Met) -> None:
    met.order("people", act="open_organisation", tenant_id=SECOND, name="Second")
    met.order("people", act="add_contact", tenant_id=SECOND, name="Bob")
    met.make("Ann")
    found = [one.name for one in met.api.get_contacts(SECOND).contacts]
    assert (found, met.names()) == (["Bob"], ["Ann"])


def test_every_circumstance_is_met() -> None:
    met_here = {"turn", "turn_limits", "disconnect", "reconnect", "open_organisation"}
    assert set(CIRCUMSTANCES) == met_here


def test_an_edit_between_two_pages_makes_the_sdk_miss_a_row(met: Met) -> None:
    ids = {}
    for number in ("A-1", "A-2", "A-3", "A-4"):
        ids[met.bill(number)] = number
        met.later(1)
    first_id = next(iter(ids))
    edit = {"act": "edit_invoice", "invoice_id": first_id, "DueDate": "2026-12-24"}
    met.order("faults", match={"path": "page=1"}, do="then", people=edit)
    paging = {"order": "UpdatedDateUTC ASC", "page_size": 2}
    seen = [
        one.invoice_number
        for page in (1, 2)
        for one in met.api.get_invoices(TENANT, page=page, **paging).invoices
    ]
    assert seen == ["A-1", "A-2", "A-4", "A-1"]  # A-3 slipped onto the page that had been read


def test_a_quiet_edit_is_found_by_no_time_filter(met: Met) -> None:
    invoice_id = met.bill("A-1")
    met.later(60)
    since = datetime.fromisoformat(met.order("clock", advance_s=0)["now"]) - timedelta(seconds=30)
    met.order("people", act="edit_quietly", invoice_id=invoice_id, DueDate="2026-12-24")
    plain = since.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    assert met.api.get_invoices(TENANT, if_modified_since=plain).invoices == []
    (read,) = met.api.get_invoice(TENANT, invoice_id).invoices
    assert read.due_date == date(2026, 12, 24)
