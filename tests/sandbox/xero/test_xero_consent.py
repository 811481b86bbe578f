"""A person lets the app in: the page, the organisation picker, PKCE, the id_token, and taking it all back."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero.app import CLIENT_ID, TENANT_ID
from tests.sandbox.xero.client import Xero

BACK = "http://localhost:5000/callback?from=xero"
OTHER = "0c0c0c0c-1111-4222-8333-444444444444"
ASKED = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": BACK,
    "scope": "openid profile email offline_access accounting.invoices accounting.settings",
    "state": "s&1",
    "nonce": "n1",
}
BROWSER = {"accept": "text/html,application/xhtml+xml"}


def shown(xero: Xero, **more: str) -> Response:
    url = f"/identity/connect/authorize?{urlencode({**ASKED, **more})}"
    return xero.sandbox.handle(Request.to("GET", url, BROWSER))


def answered(xero: Xero, page: Response, **chosen: str) -> dict[str, str]:
    """Press a button of the page; what the app is told at its redirect."""
    text = page.body.decode()
    held = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', text))
    form = {name: value.replace("&amp;", "&") for name, value in held.items()}
    body = urlencode({**form, **chosen}).encode()
    reply = xero.sandbox.handle(Request.to("POST", "/identity/connect/authorize", BROWSER, body))
    assert reply.status == 302
    return told(reply)


def told(reply: Response) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(reply.headers["Location"]).query))


def exchanged(xero: Xero, code: str, **more: str) -> dict[str, str]:
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
    return dict(xero.post_form("/connect/token", None, **grant).json())


def test_a_browser_is_shown_organisations_and_scopes(xero: Xero) -> None:
    xero.sandbox.connect(OTHER, "Second <Org>")
    page = shown(xero)
    text = page.body.decode()
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Bright Path Support Services" in text
    assert "Second &lt;Org&gt;" in text
    assert "<li>accounting.invoices</li>" in text


def test_allowing_sends_a_code_and_the_state_back(xero: Xero) -> None:
    back = answered(xero, shown(xero), consent="allow", tenantId=TENANT_ID)
    assert (back["state"], back["from"], back["scope"]) == ("s&1", "xero", ASKED["scope"])
    assert "access_token" in exchanged(xero, back["code"])


def test_cancelling_sends_access_denied_back(xero: Xero) -> None:
    back = answered(xero, shown(xero), consent="deny", tenantId=TENANT_ID)
    assert back == {"error": "access_denied", "state": "s&1", "from": "xero"}


def test_the_chosen_organisation_is_connected_under_the_tokens_event(xero: Xero) -> None:
    xero.sandbox.connect(OTHER, "Second")
    xero.sandbox.act("disconnect", tenant_id=OTHER)
    back = answered(xero, shown(xero), consent="allow", tenantId=OTHER)
    xero.token = exchanged(xero, back["code"])["access_token"]
    event = jwt.decode(xero.token, options={"verify_signature": False})["authentication_event_id"]
    (connection,) = xero.raw("GET", f"/connections?authEventId={event}").json()
    assert connection["tenantId"] == OTHER
    assert xero.call("GET", "Organisation", headers={"xero-tenant-id": OTHER}).status == 200


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"client_id": "other"}, 400),
        ({"response_type": "token"}, 400),
        ({"redirect_uri": "http://127.0.0.1:5000/callback"}, 400),
        ({"redirect_uri": "http://evil.example/"}, 400),
        ({"redirect_uri": "https://app.example/back"}, 200),
    ],
)
def test_only_known_apps_and_safe_redirects_get_a_page(
    xero: Xero, more: dict[str, str], status: int
) -> None:
    assert shown(xero, **more).status == status


def test_a_wrong_wish_is_told_at_the_redirect(xero: Xero) -> None:
    assert told(shown(xero, scope="accounting.nonsense"))["error"] == "invalid_scope"
    plain = shown(xero, code_challenge="x", code_challenge_method="plain")
    assert told(plain)["error"] == "invalid_request"


def test_the_id_token_names_the_user_and_is_bound_to_token_and_nonce(xero: Xero) -> None:
    issued = exchanged(xero, answered(xero, shown(xero), consent="allow")["code"])
    keys = xero.sandbox.handle(Request.to("GET", "/.well-known/openid-configuration/jwks")).json()
    key = jwt.PyJWK(keys["keys"][0]).key
    claims = jwt.decode(
        issued["id_token"],
        key,
        ["RS256"],
        audience=CLIENT_ID,
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    half = hashlib.sha256(issued["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert (claims["nonce"], claims["email"]) == ("n1", "owner@sandbox.example")
    assert claims["exp"] - claims["iat"] == 300
    bearer = {"Authorization": f"Bearer {issued['access_token']}"}
    person = xero.sandbox.handle(Request.to("GET", "/connect/userinfo", bearer)).json()
    assert (person["sub"], person["given_name"]) == (claims["sub"], "Alex")
    assert xero.raw("GET", "/connect/userinfo").status == 401


def test_an_app_without_a_secret_proves_itself_and_refreshes_by_its_id(xero: Xero) -> None:
    verifier = "v" * 64
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    page = shown(xero, code_challenge=challenge, code_challenge_method="S256")
    code = answered(xero, page, consent="allow")["code"]
    issued = exchanged(xero, code, code_verifier=verifier, client_secret="")
    rotated = xero.post_form(
        "/connect/token",
        grant_type="refresh_token",
        refresh_token=issued["refresh_token"],
        client_secret="",
    )
    assert "access_token" in rotated.json()


def test_a_refresh_token_of_a_secret_keeping_app_needs_the_secret(xero: Xero) -> None:
    issued = exchanged(xero, answered(xero, shown(xero), consent="allow")["code"])
    refused = xero.post_form(
        "/connect/token",
        grant_type="refresh_token",
        refresh_token=issued["refresh_token"],
        client_secret="",
    )
    assert refused.json() == {"error": "invalid_client"}


def test_a_second_consent_ends_the_token_set_before_it(xero: Xero) -> None:
    first = exchanged(xero, answered(xero, shown(xero), consent="allow")["code"])
    exchanged(xero, answered(xero, shown(xero), consent="allow")["code"])
    refused = xero.post_form(
        "/connect/token", grant_type="refresh_token", refresh_token=first["refresh_token"]
    )
    assert (refused.status, refused.json()) == (400, {"error": "invalid_grant"})


def test_revoking_takes_the_app_out_of_the_organisation(xero: Xero) -> None:
    issued = exchanged(xero, answered(xero, shown(xero), consent="allow")["code"])
    xero.post_form("/connect/revocation", token=issued["refresh_token"])
    assert xero.raw("GET", "/connections").json() == []
    assert xero.call("GET", "Organisation").status == 403
    answered(xero, shown(xero), consent="allow")
    assert xero.call("GET", "Organisation").status == 200
