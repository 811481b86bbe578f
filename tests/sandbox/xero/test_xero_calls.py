"""What every call shares: routes, limits, idempotency keys, faults, envelopes, bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync_worker.sandbox.http import Request
from sync_worker.sandbox.xero.app import TENANT_ID
from sync_worker.sandbox.xero.limits import Limits
from tests.sandbox.xero.client import NOBODY, Xero, a_line

KEY = {"Idempotency-Key": "k1"}


def test_routes_do_not_mind_case(xero: Xero) -> None:
    for path in ("invoices", "INVOICES", "Invoices", "organisations", "Organisation"):
        assert xero.call("GET", path).status == 200


def test_an_unknown_route_is_a_page_without_a_body(xero: Xero) -> None:
    for reply in (xero.call("GET", "Nothing"), xero.call("GET", f"Invoices/{NOBODY}")):
        assert (reply.status, reply.body) == (404, b"")
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_envelope_comes_in_xeros_order(xero: Xero) -> None:
    reply = xero.call("GET", "Invoices", page=1)
    assert list(reply.json()) == [
        "Id",
        "Status",
        "ProviderName",
        "DateTimeUTC",
        "pagination",
        "Invoices",
    ]
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert reply.json()["DateTimeUTC"] == "/Date(1795143600000)/"


def test_every_reply_tells_what_is_left_of_the_limits() -> None:
    xero = Xero(limits=Limits())
    reply = xero.call("GET", "Organisation")
    assert reply.headers["X-MinLimit-Remaining"] == "59"
    assert reply.headers["X-DayLimit-Remaining"] == "4999"
    assert reply.headers["X-AppMinLimit-Remaining"] == "9999"


def test_the_sixty_first_call_of_a_minute_is_refused() -> None:
    xero = Xero(limits=Limits())
    for _ in range(60):
        assert xero.call("GET", "Organisation").status == 200
    xero.later(20)
    reply = xero.call("GET", "Organisation")
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (429, b"", "")
    assert reply.headers["X-Rate-Limit-Problem"] == "minute"
    assert reply.headers["Retry-After"] == "40"
    assert reply.headers["X-MinLimit-Remaining"] == "0"
    xero.later(40)
    assert xero.call("GET", "Organisation").status == 200


def test_the_day_and_the_app_have_limits_too() -> None:
    xero = Xero(limits=Limits(day=2))
    xero.get("Organisation")
    xero.get("Organisation")
    refused = xero.call("GET", "Organisation")
    assert refused.headers["X-Rate-Limit-Problem"] == "day"
    assert int(refused.headers["Retry-After"]) == 86_400
    xero = Xero(limits=Limits(app_minute=1))
    xero.get("Organisation")
    refused = xero.call("GET", "Organisation")
    assert refused.headers["X-Rate-Limit-Problem"] == "appminute"
    assert "Retry-After" not in refused.headers


def test_a_sixth_call_in_flight_is_refused_without_a_time_to_return() -> None:
    xero = Xero(limits=Limits())
    xero.sandbox.in_flight = 5
    assert xero.call("GET", "Organisation").status == 200
    xero.sandbox.in_flight = 6
    refused = xero.call("GET", "Organisation")
    assert refused.headers["X-Rate-Limit-Problem"] == "concurrent"
    assert "Retry-After" not in refused.headers


@pytest.mark.parametrize(
    ("kind", "status"),
    [("500", 500), ("503", 503), ("html", 200), ("429_minute", 429), ("429_day", 429)],
)
def test_faults_speak_as_xero_does(xero: Xero, kind: str, status: int) -> None:
    reply = xero.sandbox.refusal(kind, Request.to("GET", "/api.xro/2.0/Invoices"))
    assert reply.status == status
    if status == 429:
        assert int(reply.headers["Retry-After"]) > 0
    if kind == "html":
        assert reply.headers["Content-Type"].startswith("text/html")


# -- idempotency ------------------------------------------------------------------------------------------------------


def _keyed(xero: Xero, body: Any, key: str = "k1", method: str = "PUT") -> Any:
    return xero.call(method, "Contacts", body, {"Idempotency-Key": key})


def test_a_key_gives_the_first_answer_again_for_six_minutes(xero: Xero) -> None:
    body = {"Contacts": [{"Name": "Ann"}]}
    first = _keyed(xero, body)
    xero.later(359)
    assert _keyed(xero, body).body == first.body
    xero.later(1)
    assert _keyed(xero, body).status == 400  # worked anew: the name is taken now


def test_errors_are_replayed_even_when_their_cause_is_gone(xero: Xero) -> None:
    held = xero.contact("Ann")
    first = _keyed(xero, {"Contacts": [{"Name": "Ann"}]})
    xero.sandbox.archive_contact(held)
    again = _keyed(xero, {"Contacts": [{"Name": "Ann"}]})
    assert (first.status, again.status, again.body) == (400, 400, first.body)


def test_another_request_under_the_same_key_is_refused(xero: Xero) -> None:
    _keyed(xero, {"Contacts": [{"Name": "Ann"}]})
    for reply in (
        _keyed(xero, {"Contacts": [{"Name": "Bea"}]}),
        _keyed(xero, {"Contacts": [{"Name": "Ann"}]}, method="POST"),
    ):
        assert reply.status == 400
        assert reply.json()["Message"] == "Idempotency Key: k1 is used with a different request."


def test_a_key_of_129_characters_is_refused(xero: Xero) -> None:
    assert _keyed(xero, {"Contacts": [{"Name": "Ann"}]}, "k" * 129).status == 400
    assert _keyed(xero, {"Contacts": [{"Name": "Ann"}]}, "k" * 128).status == 200


def test_reads_ignore_keys(xero: Xero) -> None:
    assert xero.get("Contacts", KEY)["Contacts"] == []
    xero.contact("Ann")
    assert len(xero.get("Contacts", KEY)["Contacts"]) == 1


def test_replays_count_against_the_limits() -> None:
    xero = Xero(limits=Limits())
    _keyed(xero, {"Contacts": [{"Name": "Ann"}]})
    assert _keyed(xero, {"Contacts": [{"Name": "Ann"}]}).headers["X-MinLimit-Remaining"] == "58"


@pytest.mark.parametrize(("scope", "status"), [("app", 200), ("token", 400)])
def test_a_key_belongs_to_the_app_or_to_the_token(scope: str, status: int) -> None:
    xero = Xero(key_scope=scope)
    _keyed(xero, {"Contacts": [{"Name": "Ann"}]})
    xero.token = xero.new_token()
    assert _keyed(xero, {"Contacts": [{"Name": "Ann"}]}).status == status


def test_a_fault_after_the_work_is_what_the_key_replays(xero: Xero) -> None:
    told = {"Authorization": f"Bearer {xero.token}", "xero-tenant-id": TENANT_ID, **KEY}
    body = json.dumps({"Contacts": [{"Name": "Ann"}]}).encode()
    request = Request.to("PUT", "/api.xro/2.0/Contacts", told, body)
    assert xero.sandbox.handle(request).status == 200
    xero.sandbox.remember_reply(request, xero.sandbox.refusal("500", request))
    assert xero.sandbox.handle(request).status == 500
    assert len(xero.sandbox.contacts()) == 1


# -- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"Contacts": [{"Name": "Ann"}]},
        {"contacts": [{"name": "Ann"}]},
        {"CONTACTS": [{"NAME": "Ann"}]},
        {"Contact": {"Name": "Ann"}},
        [{"Name": "Ann"}],
        {"Name": "Ann"},
    ],
)
def test_bodies_may_be_bare_or_wrapped_in_any_case(xero: Xero, body: Any) -> None:
    assert xero.put("Contacts", body)["Contacts"][0]["Name"] == "Ann"


@pytest.mark.parametrize("flag", ["false", "False", "FALSE"])
def test_booleans_may_be_in_any_case(xero: Xero, flag: str) -> None:
    reply = xero.call("PUT", "Contacts", {"Contacts": [{}]}, summarizeErrors=flag)
    assert reply.status == 200


def test_a_get_may_carry_a_body(xero: Xero) -> None:
    assert xero.call("GET", "Contacts", {}).status == 200


@pytest.mark.parametrize(
    "members",
    [
        {"Date": "2026-11-01 00:00:00"},
        {"Date": "first of May"},
        {"LineAmountTypes": "NO_TAX"},
        {"Status": "SENT"},
        {"LineItems": [{"Quantity": "many"}]},
        {"Contact": {"ContactID": "not-a-guid"}},
        {"LineItems": "none"},
    ],
)
def test_what_cannot_be_read_ends_the_whole_call(xero: Xero, members: dict[str, Any]) -> None:
    reply = xero.call("PUT", "Invoices", xero.an_invoice(**members), summarizeErrors="false")
    assert reply.status == 400
    assert (reply.json()["ErrorNumber"], reply.json()["Type"]) == (14, "PostDataInvalidException")
    assert xero.sandbox.documents() == []


def test_a_date_with_a_space_is_refused_in_xeros_words(xero: Xero) -> None:
    reply = xero.call("PUT", "Invoices", xero.an_invoice(Date="2017-12-14 00:00:00"))
    expected = "The string '2017-12-14 00:00:00' is not a valid AllXsd value."
    assert reply.json()["Message"] == expected


def test_a_body_that_is_no_json_is_refused(xero: Xero) -> None:
    assert xero.call("PUT", "Invoices", b"<Invoices/>").json()["ErrorNumber"] == 14


@pytest.mark.parametrize(
    "sent",
    ["2026-11-01", "2026-11-01T00:00:00", "/Date(1793491200000)/", "/Date(1793491200000+0000)/"],
)
def test_dates_are_read_in_three_forms(xero: Xero, sent: str) -> None:
    made = xero.invoice(Date=sent)
    assert made["DateString"] == "2026-11-01T00:00:00"
    assert made["Date"] == "/Date(1793491200000+0000)/"


def test_the_sdks_noise_is_ignored(xero: Xero) -> None:
    made = xero.invoice(HasErrors=True, HasAttachments=True, AmountPaid=7, Total=1)
    assert (made["HasErrors"], made["AmountPaid"], made["Total"]) == (False, 0, 100)


def test_money_is_written_with_its_cents(xero: Xero) -> None:
    xero.invoice()
    body = xero.call("GET", "Invoices", page=1).body
    for written in (b'"Total":100.00', b'"Quantity":1.0000', b'"CurrencyRate":1.000000'):
        assert written in body


def test_text_survives_whatever_it_holds(xero: Xero) -> None:
    odd = 'A "quote", a \\ slash, a\nline, ünïcode and \U0001f600'
    made = xero.invoice(LineItems=[a_line(Description=odd)])
    assert xero.read(made["InvoiceID"])["LineItems"][0]["Description"] == odd


# -- all or nothing ---------------------------------------------------------------------------------------------------


def test_one_bad_element_refuses_the_call_unless_told_otherwise(xero: Xero) -> None:
    batch = {"Contacts": [{"Name": "Ann"}, {"Name": "<bad>"}, {"Name": "Bea"}]}
    reply = xero.call("PUT", "Contacts", batch)
    assert reply.status == 400
    assert reply.json()["Message"] == "A validation exception occurred"
    assert [element["Name"] for element in reply.json()["Elements"]] == ["<bad>"]
    assert "StatusAttributeString" not in reply.json()["Elements"][0]
    assert xero.sandbox.contacts() == []


def test_without_summarising_good_elements_pass_and_each_tells_its_status(xero: Xero) -> None:
    batch = {"Contacts": [{"Name": "Ann"}, {"Name": "<bad>"}, {"Name": "Bea"}]}
    elements = xero.put("Contacts", batch, summarizeErrors="false")["Contacts"]
    assert [one["StatusAttributeString"] for one in elements] == ["OK", "ERROR", "OK"]
    assert [one["HasValidationErrors"] for one in elements] == [False, True, False]
    assert elements[1]["ContactID"] == "00000000-0000-0000-0000-000000000000"
    assert list(elements[1])[-2:] == ["StatusAttributeString", "ValidationErrors"]


def test_the_status_is_absent_when_errors_are_summarised(xero: Xero) -> None:
    (element,) = xero.put("Contacts", {"Contacts": [{"Name": "Ann"}]})["Contacts"]
    assert "StatusAttributeString" not in element


def test_a_refused_call_takes_nothing_with_it(xero: Xero) -> None:
    bad = xero.an_invoice(LineItems=[a_line(AccountCode="999")])
    batch = {"Invoices": [xero.an_invoice(), bad]}
    xero.refused("PUT", "Invoices", batch)
    assert (xero.sandbox.documents(), xero.sandbox.contacts()) == ([], [])
    assert xero.invoice()["InvoiceNumber"] == "INV-0001"


def test_the_same_seed_and_calls_give_the_same_bytes() -> None:
    def story() -> list[bytes]:
        xero = Xero(seed=7)
        replies = [xero.call("PUT", "Invoices", xero.an_invoice()) for _ in range(3)]
        return [reply.body for reply in replies]

    assert story() == story()


def test_reset_begins_again(xero: Xero) -> None:
    first = xero.invoice()
    xero.sandbox.reset()
    assert xero.call("GET", "Organisation").status == 401
    xero.token = xero.new_token()
    assert xero.get("Invoices")["Invoices"] == []
    assert xero.invoice()["InvoiceID"] == first["InvoiceID"]
