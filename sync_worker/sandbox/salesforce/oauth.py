"""Signing in: the token endpoint with client credentials and JWT bearer, and what can be asked about a token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.salesforce.answers import answer
from sync_worker.sandbox.salesforce.call import origin
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.values import stamp

CLIENT_ID = "3MVG9SandboxConnectedApp"
CLIENT_SECRET = "sandbox-salesforce-secret"  # noqa: S105 - there is nothing behind it
USERNAME = "integration@sandbox.example"
SCOPE = "api refresh_token"


class OAuthRefused(Exception):
    """What the token endpoint says no with. Unlike the data API its errors are an object, not a list."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}
        self.status = status


@dataclass(slots=True)
class Tokens:
    """The live access tokens. One dies when it has not been used for `idle_s`, as a session does."""

    clock: Clock
    org_id: str
    user_id: str
    idle_s: float = 7200
    certificate: bytes | None = None
    _used: dict[str, datetime] = field(default_factory=dict)
    _issued: int = 0

    def issue(self) -> str:
        self._issued += 1
        digest = hashlib.sha512(f"{self.org_id}:{self._issued}".encode()).digest()
        secret = base64.b64encode(digest, altchars=b"._").decode().rstrip("=")
        token = f"{self.org_id[:15]}!AQ{secret}"
        self._used[token] = self.clock.now()
        return token

    def check(self, request: Request) -> str:
        """The token of an API call. Raises Refused with 401."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() not in ("bearer", "oauth", ""):
            raise Refused("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        if not self.alive(token.strip()):
            raise Refused("INVALID_SESSION_ID", "Session expired or invalid")
        return token.strip()

    def alive(self, token: str) -> bool:
        used, now = self._used.get(token), self.clock.now()
        if used is None or now - used > timedelta(seconds=self.idle_s):
            return False
        self._used[token] = now
        return True

    def revoke(self, token: str) -> bool:
        return self._used.pop(token, None) is not None

    def expire_all(self) -> None:
        self._used.clear()


def token(tokens: Tokens, request: Request) -> Response:
    """POST /services/oauth2/token."""
    form = form_of(request)
    try:
        grant = _GRANTS.get(form.get("grant_type", ""), _unknown_grant)
        return answer(grant(tokens, request, form), headers={"Cache-Control": "no-cache, no-store"})
    except OAuthRefused as refused:
        return answer(refused.body, refused.status)


def revoke(tokens: Tokens, request: Request) -> Response:
    given = form_of(request).get("token") or request.parameter("token") or ""
    if tokens.revoke(given):
        return Response(200)
    return answer(
        {
            "error": "unsupported_token_type",
            "error_description": "this token type is not supported",
        },
        400,
    )


def userinfo(tokens: Tokens, request: Request) -> Response:
    if not _bearer_is_alive(tokens, request):
        return Response(403, {"Content-Type": "text/html; charset=UTF-8"}, b"Bad_OAuth_Token")
    identity = _identity(tokens, request)
    return answer(
        {
            "sub": identity["id"],
            "user_id": tokens.user_id,
            "organization_id": tokens.org_id,
            "preferred_username": USERNAME,
            "nickname": "integration",
            "name": "Integration User",
            "email": USERNAME,
            "email_verified": True,
            "given_name": "Integration",
            "family_name": "User",
            "zoneinfo": "Australia/Sydney",
            "urls": identity["urls"],
            "active": True,
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_AU",
            "utcOffset": 36000000,
            "updated_at": stamp(tokens.clock.now()),
        }
    )


def identity(tokens: Tokens, request: Request) -> Response:
    """GET /id/{org}/{user}."""
    if not _bearer_is_alive(tokens, request):
        return Response(403, {"Content-Type": "text/html; charset=UTF-8"}, b"Bad_OAuth_Token")
    if request.segments[1:] != (tokens.org_id, tokens.user_id):
        return Response(404, {"Content-Type": "text/html; charset=UTF-8"}, b"Bad_Id")
    return answer(_identity(tokens, request))


def soap_login(request: Request) -> Response:
    """POST /services/Soap/u/NN: off by default in new orgs, and gone from API 65 on."""
    reason = "SOAP API login() is disabled by default in this org."
    detail = (
        f'<detail><sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>INVALID_OPERATION</sf:exceptionCode>'
        f"<sf:exceptionMessage>{reason}</sf:exceptionMessage></sf:LoginFault></detail>"
    )
    return _soap_fault("urn:fault.partner.soap.sforce.com", reason, detail)


def soap_metadata(request: Request) -> Response:
    """POST /services/Soap/m/NN. The real one deploys by SOAP too; here only the REST resource does, and says so."""
    reason = (
        "The sandbox takes deployments by the Metadata REST API only; with the sf command line set"
        " SF_ORG_METADATA_REST_DEPLOY=true."
    )
    return _soap_fault("http://soap.sforce.com/2006/04/metadata", reason)


def _soap_fault(namespace: str, reason: str, detail: str = "") -> Response:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns:sf="{namespace}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>sf:INVALID_OPERATION</faultcode><faultstring>INVALID_OPERATION: {reason}</faultstring>{detail}"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return Response(500, {"Content-Type": "text/xml;charset=UTF-8"}, text.encode())


def form_of(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _client_credentials(
    tokens: Tokens, request: Request, form: Mapping[str, str]
) -> dict[str, Any]:
    name, secret = _client(request, form)
    if name != CLIENT_ID:
        raise OAuthRefused("invalid_client_id", "client identifier invalid")
    if secret != CLIENT_SECRET:
        raise OAuthRefused("invalid_client", "invalid client credentials")
    granted, issued = _granted(tokens, request), str(int(tokens.clock.now().timestamp() * 1000))
    signature = hmac.new(
        CLIENT_SECRET.encode(), (granted["id"] + issued).encode(), hashlib.sha256
    ).digest()
    return {**granted, "issued_at": issued, "signature": base64.b64encode(signature).decode()}


def _jwt_bearer(tokens: Tokens, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    claims = _claims(tokens, form.get("assertion", ""))
    if claims.get("iss") != CLIENT_ID:
        raise OAuthRefused("invalid_client_id", "client identifier invalid")
    if not _audience_fits(str(claims.get("aud", "")), origin(request)):
        raise OAuthRefused("invalid_grant", "audience is invalid")
    if _expiry(claims) < tokens.clock.now().timestamp():
        raise OAuthRefused("invalid_grant", "expired authorization code")
    if claims.get("sub", claims.get("prn")) != USERNAME:
        raise OAuthRefused("invalid_grant", "user hasn't approved this consumer")
    return _granted(tokens, request)


def _unknown_grant(tokens: Tokens, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    raise OAuthRefused("unsupported_grant_type", "grant type not supported")


def _no_refresh(tokens: Tokens, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    raise OAuthRefused("invalid_grant", "expired access/refresh token")


def _no_password(tokens: Tokens, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    raise OAuthRefused("invalid_grant", "authentication failure")


_GRANTS: dict[str, Callable[[Tokens, Request, Mapping[str, str]], dict[str, Any]]] = {
    "client_credentials": _client_credentials,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _jwt_bearer,
    "refresh_token": _no_refresh,
    "password": _no_password,
}


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthRefused("invalid_client_id", "client identifier invalid") from None
    return name, secret


def _claims(tokens: Tokens, assertion: str) -> dict[str, Any]:
    """Signed with RS256; the signature itself is looked at only where the org was given a certificate."""
    try:
        if jwt.get_unverified_header(assertion).get("alg") != "RS256":
            raise OAuthRefused("invalid_grant", "invalid assertion")
        if tokens.certificate is not None:
            jwt.api_jws.decode(assertion, _public_key(tokens.certificate), algorithms=["RS256"])
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise OAuthRefused("invalid_grant", "invalid assertion") from None
    return claims


def _public_key(certificate: bytes) -> Any:
    if b"BEGIN CERTIFICATE" in certificate:
        return x509.load_pem_x509_certificate(certificate).public_key()
    return load_pem_public_key(certificate)


def _expiry(claims: Mapping[str, Any]) -> float:
    """Seconds; simple-salesforce sends them as text and the sf CLI sends milliseconds, and the platform takes both."""
    try:
        moment = float(claims.get("exp", 0))
    except (TypeError, ValueError):
        raise OAuthRefused("invalid_grant", "invalid assertion") from None
    return moment / 1000 if moment > 1e11 else moment


def _audience_fits(audience: str, here: str) -> bool:
    """An org takes its own address. login and test .salesforce.com no longer work for external client apps."""
    host = audience.partition("://")[2].rstrip("/")
    if host in ("login.salesforce.com", "test.salesforce.com"):
        raise OAuthRefused("app_not_found", "External client app is not installed in this org")
    return bool(host) and (host == here.partition("://")[2] or host.endswith(".salesforce.com"))


def _granted(tokens: Tokens, request: Request) -> dict[str, Any]:
    here = origin(request)
    return {
        "access_token": tokens.issue(),
        "scope": SCOPE,
        "instance_url": here,
        "id": f"{here}/id/{tokens.org_id}/{tokens.user_id}",
        "token_type": "Bearer",
    }


def _bearer_is_alive(tokens: Tokens, request: Request) -> bool:
    text = request.headers.get("authorization", "").partition(" ")[2]
    return tokens.alive(text or request.parameter("oauth_token") or "")


def _identity(tokens: Tokens, request: Request) -> dict[str, Any]:
    here = origin(request)
    return {
        "id": f"{here}/id/{tokens.org_id}/{tokens.user_id}",
        "asserted_user": True,
        "user_id": tokens.user_id,
        "organization_id": tokens.org_id,
        "username": USERNAME,
        "nick_name": "integration",
        "display_name": "Integration User",
        "email": USERNAME,
        "first_name": "Integration",
        "last_name": "User",
        "timezone": "Australia/Sydney",
        "urls": {
            "rest": f"{here}/services/data/v{{version}}/",
            "sobjects": f"{here}/services/data/v{{version}}/sobjects/",
            "query": f"{here}/services/data/v{{version}}/query/",
            "recent": f"{here}/services/data/v{{version}}/recent/",
        },
        "active": True,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_AU",
        "utcOffset": 36000000,
        "last_modified_date": stamp(tokens.clock.now()),
    }
