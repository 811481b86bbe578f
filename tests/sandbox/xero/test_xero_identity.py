"""Tokens, scopes, tenants and connections, as the gateway before the API handles them."""

from __future__ import annotations

import base64
import hashlib

import jwt
import pytest

from sync_worker.sandbox.http import Request
from sync_worker.sandbox.xero.app import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.sandbox.xero.client import Xero

BASIC = {
    "Authorization": "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
}
BACK = "http://localhost:9999/callback"


def test_a_client_may_name_itself_in_a_basic_header_or_in_the_form(xero: Xero) -> None:
    by_form = xero.post_form("/connect/token", grant_type="client_credentials")
    by_header = xero.post_form("/connect/token", BASIC, grant_type="client_credentials")
    for reply in (by_form, by_header):
        issued = reply.json()
        assert (issued["expires_in"], issued["token_type"]) == (1800, "Bearer")
        assert "refresh_token" not in issued


def test_without_a_scope_everything_assigned_is_granted(xero: Xero) -> None:
    issued = xero.post_form("/connect/token", grant_type="client_credentials").json()
    assert {"accounting.invoices", "accounting.settings.read"} <= set(issued["scope"].split())


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials", "client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "accounting.reports.read"}, "invalid_scope"),
        ({"grant_type": "refresh_token", "refresh_token": "gone"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_oauth_errors_are_400_with_their_name(xero: Xero, form: dict[str, str], error: str) -> None:
    reply = xero.post_form("/connect/token", None, **form)
    assert (reply.status, reply.json()) == (400, {"error": error})


def test_broad_scopes_are_refused_to_an_app_of_after_march_2026() -> None:
    xero = Xero(broad_scopes_too=False)
    reply = xero.post_form(
        "/connect/token", grant_type="client_credentials", scope="accounting.transactions"
    )
    assert reply.json() == {"error": "invalid_scope"}


def test_the_token_is_a_jwt_that_the_published_key_verifies(xero: Xero) -> None:
    keys = xero.sandbox.handle(Request.to("GET", "/.well-known/openid-configuration/jwks")).json()
    key = jwt.PyJWK(keys["keys"][0])
    claims = jwt.decode(
        xero.token,
        key,
        algorithms=["RS256"],
        audience="https://identity.xero.com/resources",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["client_id"] == CLIENT_ID
    assert claims["exp"] - claims["nbf"] == 1800
    assert "accounting.contacts" in claims["scope"]


def test_an_expired_token_says_when_it_expired(xero: Xero) -> None:
    xero.later(1800)
    reply = xero.call("GET", "Organisation")
    problem = reply.json()
    assert reply.status == 401
    assert list(problem) == ["Type", "Title", "Status", "Detail", "Instance", "Extensions"]
    assert problem["Detail"] == "TokenExpired: token expired at 11/20/2026 03:30:00"
    assert problem["Type"] is None


def test_an_unknown_token_is_not_authenticated(xero: Xero) -> None:
    xero.token = "nonsense"
    reply = xero.call("GET", "Organisation")
    assert (reply.status, reply.json()["Detail"]) == (401, "AuthenticationUnsuccessful")


def test_expire_tokens_kills_every_token_given_out(xero: Xero) -> None:
    xero.sandbox.expire_tokens()
    assert xero.call("GET", "Organisation").status == 401
    xero.token = xero.new_token()
    assert xero.call("GET", "Organisation").status == 200


def test_a_tenant_that_is_not_connected_is_forbidden(xero: Xero) -> None:
    reply = xero.call("GET", "Organisation", headers={"xero-tenant-id": "another"})
    assert (reply.status, reply.json()["Title"]) == (403, "Forbidden")


def test_a_custom_connection_may_leave_its_tenant_unnamed(xero: Xero) -> None:
    assert xero.call("GET", "Organisation", headers={"xero-tenant-id": ""}).status == 200


def test_several_tenants_keep_their_own_books(xero: Xero) -> None:
    xero.sandbox.connect("00000000-0000-4000-8000-000000000002", "Second Path")
    xero.contact("Only in the first")
    other = {"xero-tenant-id": "00000000-0000-4000-8000-000000000002"}
    assert xero.get("Contacts", headers=other)["Contacts"] == []
    assert xero.call("GET", "Contacts", headers={"xero-tenant-id": ""}).status == 403


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("accounting.invoices", "GET", "Invoices", 200),
        ("accounting.invoices.read", "GET", "Invoices", 200),
        ("accounting.invoices.read", "PUT", "Invoices", 401),
        ("accounting.transactions", "GET", "Payments", 200),
        ("accounting.transactions.read", "GET", "Invoices", 200),
        ("accounting.invoices", "GET", "Payments", 401),
        ("accounting.contacts", "GET", "Organisation", 401),
        ("accounting.settings.read", "GET", "TaxRates", 200),
        ("accounting.invoices.read", "GET", "CreditNotes", 200),
        ("accounting.payments", "GET", "CreditNotes", 401),
        ("accounting.payments.read", "GET", "Overpayments", 200),
        ("accounting.payments.read", "GET", "Prepayments", 200),
        ("accounting.payments.read", "GET", "BatchPayments", 200),
        ("accounting.payments", "GET", "BankTransactions", 401),
        ("accounting.banktransactions", "GET", "BankTransactions", 200),
        ("accounting.transactions.read", "GET", "BankTransactions", 200),
        ("accounting.settings.read", "GET", "Items", 200),
        ("accounting.invoices.read", "GET", "Items", 200),
        ("accounting.contacts.read", "GET", "ContactGroups", 200),
        ("accounting.settings.read", "GET", "Users", 200),
        ("accounting.invoices.read", "GET", "Quotes", 200),
    ],
)
def test_each_endpoint_asks_for_its_scope(
    xero: Xero, scope: str, method: str, path: str, status: int
) -> None:
    xero.token = xero.new_token(scope)
    reply = xero.call(method, path, {"Invoices": []} if method == "PUT" else None)
    assert reply.status == status
    if status == 401:
        assert "insufficient_scope" in reply.headers["WWW-Authenticate"]
        assert reply.json()["Detail"] == "AuthorizationUnsuccessful"


def test_connections_are_listed_in_any_case_and_need_no_tenant(xero: Xero) -> None:
    for path in ("/connections", "/Connections"):
        (connection,) = xero.raw("GET", path, headers={"xero-tenant-id": ""}).json()
        assert connection["tenantId"] == TENANT_ID
        assert connection["tenantType"] == "ORGANISATION"
        assert len(connection["createdDateUtc"].split(".")[1]) == 7


def test_a_deleted_connection_closes_the_organisation(xero: Xero) -> None:
    (connection,) = xero.raw("GET", "/connections").json()
    assert xero.raw("DELETE", f"/connections/{connection['id']}").status == 204
    assert xero.raw("DELETE", f"/connections/{connection['id']}").status == 404
    assert xero.call("GET", "Organisation").status == 403


def _code(xero: Xero, **more: str) -> str:
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": BACK,
        "scope": "openid offline_access accounting.invoices accounting.settings",
        "state": "s1",
        **more,
    }
    request = Request("GET", "/identity/connect/authorize", tuple(query.items()))
    reply = xero.sandbox.handle(request)
    assert reply.status == 302
    back = Request.to("GET", reply.headers["Location"])
    assert back.parameter("state") == "s1"
    return str(back.parameter("code"))


def _exchange(xero: Xero, code: str, **more: str) -> dict[str, str]:
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
    return dict(xero.post_form("/connect/token", None, **grant).json())


def test_a_code_is_exchanged_once(xero: Xero) -> None:
    code = _code(xero)
    assert {"access_token", "refresh_token", "id_token"} <= set(_exchange(xero, code))
    assert _exchange(xero, code) == {"error": "invalid_grant"}


def test_a_code_dies_after_five_minutes(xero: Xero) -> None:
    code = _code(xero)
    xero.later(300)
    assert _exchange(xero, code) == {"error": "invalid_grant"}


def test_a_code_bound_to_a_challenge_needs_its_verifier(xero: Xero) -> None:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    wrong = _code(xero, code_challenge=challenge)
    assert _exchange(xero, wrong, code_verifier="x" * 43) == {"error": "invalid_grant"}
    right = _code(xero, code_challenge=challenge)
    assert "access_token" in _exchange(xero, right, code_verifier=verifier, client_secret="")


def test_a_refresh_token_rotates_and_the_one_before_works_for_thirty_minutes(xero: Xero) -> None:
    first = _exchange(xero, _code(xero))["refresh_token"]

    def refresh() -> dict[str, str]:
        return dict(
            xero.post_form("/connect/token", grant_type="refresh_token", refresh_token=first).json()
        )

    assert refresh()["refresh_token"] != first
    xero.later(29 * 60)
    assert "access_token" in refresh()
    xero.later(61)
    assert refresh() == {"error": "invalid_grant"}


def test_revoking_ends_the_refresh_token_and_the_access_tokens(xero: Xero) -> None:
    issued = _exchange(xero, _code(xero))
    xero.token = issued["access_token"]
    assert xero.call("GET", "Organisation").status == 200
    assert xero.post_form("/connect/revocation", token=issued["refresh_token"]).status == 200
    assert xero.call("GET", "Organisation").status == 401


def test_the_credentials_tell_a_client_all_it_needs(xero: Xero) -> None:
    assert xero.sandbox.credentials("http://127.0.0.1:8080") == {
        "url": "http://127.0.0.1:8080",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "tenant_id": TENANT_ID,
    }
