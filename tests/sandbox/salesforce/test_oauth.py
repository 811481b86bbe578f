"""Signing in, and being signed out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sync_worker.sandbox.http import Clock, Response
from sync_worker.sandbox.salesforce.org import ORG_ID, USER_ID, SalesforceOrg
from tests.sandbox.salesforce.conftest import HOST, NOON, Client

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY = rsa.generate_private_key(65537, 2048)
PUBLIC = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def token(client: Client, form: dict[str, str], **headers: str) -> Response:
    return client.raw("POST", "/services/oauth2/token", urlencode(form).encode(), headers)


def assertion(key: Any = KEY, **claims: Any) -> dict[str, str]:
    given = {
        "iss": "3MVG9SandboxConnectedApp",
        "sub": "integration@sandbox.example",
        "aud": f"http://{HOST}",
        "exp": str(int(NOON.timestamp()) + 180),
    }
    return {
        "grant_type": BEARER,
        "assertion": jwt.api_jws.encode(_json({**given, **claims}), key, "RS256"),
    }


def _json(claims: dict[str, Any]) -> bytes:
    return json.dumps(claims).encode()


def test_client_credentials_come_as_basic_or_as_form_fields(client: Client) -> None:
    basic = base64.b64encode(b"3MVG9SandboxConnectedApp:sandbox-salesforce-secret").decode()
    answered = token(client, {"grant_type": "client_credentials"}, authorization=f"Basic {basic}")
    body = answered.json()
    assert answered.status == 200
    assert body["access_token"].startswith(f"{ORG_ID[:15]}!")
    assert body["instance_url"] == f"http://{HOST}"
    assert body["id"] == f"http://{HOST}/id/{ORG_ID}/{USER_ID}"
    assert (body["token_type"], body["issued_at"]) == ("Bearer", str(int(NOON.timestamp() * 1000)))


@pytest.mark.parametrize(
    ("form", "error", "description"),
    [
        ({"grant_type": "client_credentials", "client_id": "x"}, "invalid_client_id", "client identifier invalid"),
        ({"grant_type": "client_credentials", "client_id": "3MVG9SandboxConnectedApp", "client_secret": "x"},
         "invalid_client", "invalid client credentials"),
        ({"grant_type": "refresh_token"}, "invalid_grant", "expired access/refresh token"),
        ({"grant_type": "password"}, "invalid_grant", "authentication failure"),
        ({"grant_type": "magic"}, "unsupported_grant_type", "grant type not supported"),
        (assertion(iss="x"), "invalid_client_id", "client identifier invalid"),
        (assertion(aud="https://login.salesforce.com"), "app_not_found",
         "External client app is not installed in this org"),
        (assertion(aud="http://elsewhere.example"), "invalid_grant", "audience is invalid"),
        (assertion(sub="x@y.z"), "invalid_grant", "user hasn't approved this consumer"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_the_platforms_words(
    client: Client, form: dict[str, str], error: str, description: str
) -> None:
    answered = token(client, form)
    assert answered.status == 400
    assert answered.json() == {"error": error, "error_description": description}


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": int(NOON.timestamp()) + 180},
        {"exp": (int(NOON.timestamp()) + 180) * 1000},
        {"aud": f"http://{HOST}/"},
        {"aud": "https://acme.my.salesforce.com"},
    ],
)
def test_a_signed_assertion_is_taken_with_the_oddities_of_real_clients(
    client: Client, claims: dict[str, Any]
) -> None:
    answered = token(client, assertion(**claims))
    assert answered.status == 200
    assert "refresh_token" not in answered.json()
    assert "signature" not in answered.json()


def test_the_signature_counts_once_the_org_has_a_certificate(
    make_org: Callable[..., SalesforceOrg],
) -> None:
    strict = Client(make_org(certificate=PUBLIC))
    assert token(strict, assertion()).status == 200
    stranger = rsa.generate_private_key(65537, 2048)
    assert token(strict, assertion(stranger)).json()["error"] == "invalid_grant"


def test_a_dead_or_missing_token_is_401_and_another_scheme_is_told(
    client: Client, clock: Clock
) -> None:
    client.org.expire_tokens()
    refused = client.refused("GET", "limits")
    assert (refused["status"], refused["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert refused["message"] == "Session expired or invalid"
    basic = client.call("GET", "limits", headers={"authorization": "Basic x"})
    assert basic.json()[0] == {"message": "INVALID_HEADER_TYPE", "errorCode": "INVALID_AUTH_HEADER"}
    client.token = client.sign_in().json()["access_token"]
    assert client.call("GET", "limits").status == 200
    clock.advance(7201)
    assert client.call("GET", "limits").status == 401


def test_a_revoked_token_is_dead(client: Client) -> None:
    assert (
        client.raw("POST", "/services/oauth2/revoke", f"token={client.token}".encode()).status
        == 200
    )
    assert client.call("GET", "limits").status == 401


def test_who_am_i(client: Client) -> None:
    info = client.call("GET", "/services/oauth2/userinfo").json()
    assert (info["user_id"], info["organization_id"]) == (USER_ID, ORG_ID)
    assert info["preferred_username"] == "integration@sandbox.example"
    by_query = client.raw("GET", f"/id/{ORG_ID}/{USER_ID}?format=json&oauth_token={client.token}")
    assert by_query.json()["username"] == "integration@sandbox.example"
    bad = client.raw("GET", f"/id/{ORG_ID}/{USER_ID}?oauth_token=x")
    assert (bad.status, bad.body) == (403, b"Bad_OAuth_Token")


def test_soap_login_is_off(client: Client) -> None:
    answered = client.raw("POST", "/services/Soap/u/59.0", b"<x/>")
    assert answered.status == 500
    assert b"SOAP API login() is disabled by default in this org." in answered.body


def test_the_same_requests_bring_the_same_tokens_and_ids(
    make_org: Callable[..., SalesforceOrg],
) -> None:
    first, second = Client(make_org()), Client(make_org())
    assert first.token == second.token
    assert first.create("Invoice__c") == second.create("Invoice__c")
