"""Asking a person at Xero, and leaving again, where it does not go as it should. No sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import urllib3

from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, Rejected, Transient
from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero.app import TENANT_ID
from sync_worker.xero.login import Issued
from sync_worker.xero.redirect import Redirect
from tests.consents import TOKEN, a_consenting_world, allowed, token_calls
from tests.world import NOON, World

AGAIN = "run `sync-worker connect main` again"


@pytest.fixture
def world() -> World:
    return a_consenting_world()


class Answered:
    """A redirect that was told something, or nothing until it was over."""

    def __init__(self, told: dict[str, str] | None) -> None:
        self._told = told
        self.asked_for = ""

    def answer(self, state: str, *, until: Callable[[], bool], stop: Any) -> dict[str, str] | None:
        self.asked_for = state
        while self._told is None and not until():
            stop.sleep(60)
        return self._told


def code(world: World, told: dict[str, str] | None) -> str:
    consent = world.app.consent("main")
    return consent._answer(consent.question(), cast(Redirect, Answered(told)))


def test_a_question_asks_for_what_is_needed_and_no_more(world: World) -> None:
    asked = dict(parse_qsl(urlsplit(world.app.consent("main").question().address).query))
    assert asked["scope"].split() == [
        "offline_access",
        "accounting.invoices",
        "accounting.payments",
        "accounting.contacts",
        "accounting.settings.read",
    ]


def test_no_two_questions_share_state_or_proof(world: World) -> None:
    questions = [world.app.consent("main").question() for _ in range(5)]
    assert len({one.state for one in questions}) == 5
    assert len({one.verifier for one in questions}) == 5
    assert all(43 <= len(one.verifier) <= 128 for one in questions)
    assert questions[0].state not in repr(questions[0]).partition("address")[0]
    assert questions[0].verifier not in repr(questions[0])


def test_an_answer_is_a_code_a_no_or_nothing_in_time(world: World) -> None:
    assert code(world, {"code": "c1"}) == "c1"
    with pytest.raises(Misconfigured, match=r"no consent \(access_denied\), nothing was changed"):
        code(world, {"error": "access_denied"})
    with pytest.raises(Misconfigured, match="no code came"):
        code(world, {})
    with pytest.raises(Misconfigured, match="nobody answered within 10 minutes"):
        code(world, None)
    assert token_calls(world) == 0


def test_the_address_is_listened_at_while_the_question_stands(socket_enabled: None) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri = f"http://localhost:{probe.getsockname()[1]}/connected"
    world = a_consenting_world(xero={"redirect_uri": uri})
    with world.app.consent("main").asked() as (question, answer):
        target = f"{uri}?{urlencode({'code': 'c1', 'state': question.state})}"
        browser = threading.Thread(target=urllib3.request, args=("GET", target))
        browser.start()
        assert answer() == "c1"
        browser.join()
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request("GET", uri, retries=False)


def test_a_code_that_came_too_late_is_told(world: World) -> None:
    consent = world.app.consent("main")
    question = consent.question()
    given = allowed(world, question.address)["code"]
    world.advance(301)
    with pytest.raises(Misconfigured, match=AGAIN):
        consent.exchanged(question, given)


def test_a_code_is_worth_nothing_without_its_own_question(world: World) -> None:
    consent = world.app.consent("main")
    question, another = consent.question(), consent.question()
    stolen = allowed(world, question.address)["code"]
    with pytest.raises(Misconfigured, match="invalid_grant"):
        consent.exchanged(another, stolen)


def test_a_lost_answer_to_a_code_is_not_asked_for_again(world: World) -> None:
    consent = world.app.consent("main")
    question = consent.question()
    given = allowed(world, question.address)["code"]
    world.fault("xero", "drop_after_commit", path=TOKEN)
    with pytest.raises(OutcomeUnknown, match=f"good once; {AGAIN}"):
        consent.exchanged(question, given)
    assert token_calls(world) == 1


def test_leaving_ends_that_organisation_and_no_other(world: World) -> None:
    other = "0c0c0c0c-1111-4222-8333-444444444444"
    world.xero.connect(other, "Second")
    consent, access = world.app.consent("main"), world.app.tokens("main").fresh()
    consent.leave(access, TENANT_ID)
    assert world.xero._connections.tenants() == [other]
    consent.leave(access, TENANT_ID)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("drop_before_commit", Transient),
        ("503_before", Transient),
        ("expire_token", Misconfigured),
    ],
)
def test_what_stands_in_the_way_of_leaving_is_told(
    world: World, how: str, error: type[Exception]
) -> None:
    world.fault("xero", how, path="/connections")
    consent, access = world.app.consent("main"), world.app.tokens("main").fresh()
    with pytest.raises(error):
        consent.leave(access, TENANT_ID)
    assert world.xero._connections.tenants() == [TENANT_ID]


def test_a_connection_that_is_gone_by_now_is_as_good_as_ended(world: World) -> None:
    consent, access = world.app.consent("main"), world.app.tokens("main").fresh()
    road = world.roads["xero"]

    def gone(request: Any) -> Response | None:
        return Response(404) if request.method == "DELETE" else None

    road.instead = gone
    consent.leave(access, TENANT_ID)
    road.instead = lambda request: Response(418) if request.method == "DELETE" else None
    with pytest.raises(Rejected):
        consent.leave(access, TENANT_ID)


def test_an_answer_of_the_login_shows_no_token() -> None:
    assert repr(Issued("access", NOON, "refresh")) == f"Issued(ends={NOON})"
