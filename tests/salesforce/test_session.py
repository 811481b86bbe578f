"""Our session: home only, time-outs always, one new login for a dead session and never a second."""

from __future__ import annotations

import pytest

from sync_worker.domain.errors import Misconfigured, Transient
from sync_worker.sandbox.http import Request, Response
from tests.world import World, a_world


def read(world: World) -> list[object]:
    return list(world.worker.invoices.crm.due())


def tokens(world: World) -> int:
    return sum("oauth2/token" in one for one in world.requests("salesforce"))


def test_one_login_serves_many_calls() -> None:
    world = a_world()
    for _ in range(3):
        read(world)
    assert tokens(world) == 1


def test_a_dead_session_is_renewed_and_the_very_same_request_repeated() -> None:
    world = a_world()
    read(world)
    seen: list[Request] = []
    world.roads["salesforce"].instead = seen.append
    world.org.expire_tokens()
    read(world)
    first, _, again = seen
    assert (first.path, first.query) == (again.path, again.query)
    assert first.headers["sforce-query-options"] == again.headers["sforce-query-options"]
    assert first.headers["authorization"] != again.headers["authorization"]


def test_a_session_that_dies_again_and_again_is_not_renewed_for_ever() -> None:
    world = a_world()
    world.fault("salesforce", "expire_token", path="/services/data", times=500)
    with pytest.raises(Misconfigured):
        read(world)
    assert len(world.requests("salesforce")) <= 4


def test_no_other_host_ever_sees_a_token() -> None:
    world = a_world()
    client = world.worker.invoices.crm._client  # type: ignore[attr-defined]  # behind the port
    with pytest.raises(Misconfigured, match="evil"):
        client.session.request("GET", "https://evil.example/services/data")
    assert world.requests("salesforce") == []


def test_a_wrong_secret_is_said_to_be_wrong() -> None:
    world = a_world(salesforce={"client_secret": "wrong"})
    result = world.sync()
    assert result.exit == 2
    assert "client_id and the secret" in result.problems[0]


@pytest.mark.parametrize("org_id", ["00D000000000001AAA"])
def test_another_org_than_the_pinned_one_is_refused_before_anything_is_done(org_id: str) -> None:
    world = a_world(salesforce={"org_id": org_id})
    world.crm.invoice("INV-1")
    result = world.sync()
    assert result.exit == 2
    assert org_id in result.problems[0]
    assert world.xero.documents() == []


def test_a_login_that_cannot_be_reached_means_later() -> None:
    world = a_world()
    world.roads["salesforce"].down = True
    with pytest.raises(Transient):
        read(world)


def test_a_redirect_is_not_followed() -> None:
    world = a_world()
    read(world)
    asked: list[str] = []

    def moved(request: Request) -> Response:
        asked.append(request.headers["host"])
        return Response(302, {"Location": "https://evil.example/"}, b"")

    world.roads["salesforce"].instead = moved
    with pytest.raises(Exception, match=r"302|cannot be reached"):
        read(world)
    assert asked
    assert "evil.example" not in asked


@pytest.mark.parametrize("fault", ["html", "500_before", "429_day", "429_concurrent"])
def test_a_login_page_under_maintenance_means_later_and_no_wrong_setting(fault: str) -> None:
    world = a_world()
    world.fault("salesforce", fault, method="POST", path="oauth2/token", times=50)
    assert world.sync().exit == 4


def test_a_field_we_only_write_speaks_before_anything_is_sent() -> None:
    world = a_world(salesforce={"names": {"Invoice__c.Finance_Link__c": "Nope__c"}})
    world.crm.invoice("INV-1")
    result = world.sync()
    assert result.exit == 2
    assert "Nope__c" in result.problems[0]
    assert world.xero.documents() == []


def test_an_exception_for_a_name_nobody_uses_is_refused() -> None:
    with pytest.raises(Misconfigured, match="Zork__c"):
        a_world(salesforce={"names": {"Invoice__c.Zork__c": "X__c"}})


def test_a_retired_version_is_a_wrong_setting() -> None:
    result = a_world(salesforce={"api_version": "12.0"}).sync()
    assert result.exit == 2
    assert "api_version" in result.problems[0]
