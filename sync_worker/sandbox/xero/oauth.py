"""The identity server of the one app: tokens by client credentials, by code and by refresh, and their end.

Access tokens live 1,800 s. Refreshing rotates the refresh token; the one before works for 30 minutes more, for a client
whose answer was lost (Xero's documentation). Errors are 400 with `{"error": ..}`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero import scopes, signing, wire

ACCESS_LIFE = 1_800_000
REFRESH_LIFE = 60 * 86_400_000
GRACE = 30 * 60_000
CODE_LIFE = 5 * 60_000
ISSUER = "https://identity.xero.com"
USER = "5d3b7e0c-1f0a-4f6e-9a3d-7c2b1e0f4a68"


@dataclass(frozen=True, slots=True)
class App:
    client_id: str
    client_secret: str
    name: str
    scopes: tuple[str, ...] = scopes.ASSIGNED
    broad_scopes_too: bool = True  # as for an app made before 2 March 2026


@dataclass(frozen=True, slots=True)
class AccessToken:
    id: str
    scopes: frozenset[str]
    expires: int
    custom: bool  # by client credentials: one organisation, whose tenant header may be left out


@dataclass(frozen=True, slots=True)
class _Refresh:
    scopes: str
    expires: int


@dataclass(frozen=True, slots=True)
class _Code:
    scopes: str
    redirect_uri: str
    challenge: str
    expires: int


class _Refusal(Exception):
    """An OAuth error by its registered name."""


@dataclass
class TokenOffice:
    """Gives out tokens and knows which still hold."""

    app: App
    new_id: Callable[[], str]
    now: Callable[[], int]
    _access: dict[str, AccessToken] = field(default_factory=dict)
    _refresh: dict[str, _Refresh] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)

    def token(self, request: Request) -> Response:
        """POST /connect/token. The client names itself in a Basic header or in the form."""
        form = _form(request)
        try:
            self._identify(request, form)
            grant = _GRANTS.get(form.get("grant_type", ""), TokenOffice.unsupported)
            return _answer(grant(self, form))
        except _Refusal as refusal:
            return _answer({"error": str(refusal)}, 400)

    def revoke(self, request: Request) -> Response:
        """POST /connect/revocation: the refresh token and every access token die; 200 whatever was sent."""
        form = _form(request)
        try:
            self._identify(request, form)
        except _Refusal as refusal:
            return _answer({"error": str(refusal)}, 400)
        if self._refresh.pop(form.get("token", ""), None) is not None:
            self._access.clear()
        return Response(200)

    def authorize(self, request: Request) -> Response:
        """GET /identity/connect/authorize: the user consents at once and is sent back with a code."""
        asked = dict(request.query)
        redirect = asked.get("redirect_uri", "")
        if asked.get("client_id") != self.app.client_id or asked.get("response_type") != "code":
            return _answer({"error": "unauthorized_client"}, 400)
        try:
            granted = self._granted(asked.get("scope"))
        except _Refusal as refusal:
            back = {"error": str(refusal), "state": asked.get("state", "")}
            return Response(302, {"Location": f"{redirect}?{urlencode(back)}"})
        code = self.new_id().replace("-", "")
        self._codes[code] = _Code(
            granted, redirect, asked.get("code_challenge", ""), self.now() + CODE_LIFE
        )
        back = {"code": code, "scope": granted, "state": asked.get("state", "")}
        return Response(302, {"Location": f"{redirect}?{urlencode(back)}"})

    def find(self, token: str) -> AccessToken | None:
        """The token, dead or alive, or None for one never given out."""
        return self._access.get(token)

    def expire_all(self) -> None:
        now = self.now()
        for token, access in self._access.items():
            self._access[token] = replace(access, expires=min(access.expires, now))

    def _identify(self, request: Request, form: Mapping[str, str]) -> None:
        given = _basic(request) or (form.get("client_id"), form.get("client_secret"))
        by_verifier = given[0] == self.app.client_id and "code_verifier" in form
        if given != (self.app.client_id, self.app.client_secret) and not by_verifier:
            raise _Refusal("invalid_client")

    def client_credentials(self, form: Mapping[str, str]) -> dict[str, Any]:
        return self._issue(self._granted(form.get("scope")), custom=True)

    def unsupported(self, form: Mapping[str, str]) -> dict[str, Any]:
        raise _Refusal("unsupported_grant_type")

    def authorization_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A code works once, for five minutes, with the redirect it was asked with and the verifier it was bound to."""
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires <= self.now():
            raise _Refusal("invalid_grant")
        verifier = form.get("code_verifier", "")
        proof = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if code.redirect_uri != form.get("redirect_uri") or code.challenge not in ("", proof):
            raise _Refusal("invalid_grant")
        return self._issue(code.scopes, custom=False)

    def rotated(self, form: Mapping[str, str]) -> dict[str, Any]:
        used = form.get("refresh_token", "")
        held = self._refresh.get(used)
        if held is None or held.expires <= self.now():
            raise _Refusal("invalid_grant")
        self._refresh[used] = replace(held, expires=min(held.expires, self.now() + GRACE))
        return self._issue(held.scopes, custom=False)

    def _granted(self, asked: str | None) -> str:
        """What is asked for, as long as the app has it; everything it has when nothing is asked for."""
        if not asked or not asked.strip():
            return " ".join(self.app.scopes)
        broad = scopes.BROAD if self.app.broad_scopes_too else ()
        has = {*self.app.scopes, *broad, *scopes.IDENTITY}
        if not set(asked.split()) <= has:
            raise _Refusal("invalid_scope")
        return " ".join(asked.split())

    def _issue(self, granted: str, *, custom: bool) -> dict[str, Any]:
        now, token_id = self.now(), self.new_id()
        names = granted.split()
        token = signing.signed(self._claims(now, token_id, names, custom))
        self._access = {t: a for t, a in self._access.items() if a.expires + ACCESS_LIFE > now}
        self._access[token] = AccessToken(token_id, frozenset(names), now + ACCESS_LIFE, custom)
        issued: dict[str, Any] = {
            "access_token": token,
            "expires_in": ACCESS_LIFE // 1000,
            "token_type": "Bearer",
            "scope": granted,
        }
        if "openid" in names and not custom:
            issued["id_token"] = signing.signed(
                {**self._claims(now, token_id, [], custom), "aud": self.app.client_id, "sub": USER}
            )
        if "offline_access" in names and not custom:
            refresh = sha256(f"refresh {token_id}".encode()).hexdigest()
            self._refresh[refresh] = _Refresh(granted, now + REFRESH_LIFE)
            issued["refresh_token"] = refresh
        return issued

    def _claims(self, now: int, token_id: str, names: list[str], custom: bool) -> dict[str, Any]:
        claims: dict[str, Any] = {
            "nbf": now // 1000,
            "exp": (now + ACCESS_LIFE) // 1000,
            "iat": now // 1000,
            "iss": ISSUER,
            "aud": f"{ISSUER}/resources",
            "client_id": self.app.client_id,
            "jti": token_id.replace("-", "").upper(),
            "authentication_event_id": token_id,
            "scope": names,
        }
        if not custom:
            claims |= {"sub": USER.replace("-", ""), "xero_userid": USER, "auth_time": now // 1000}
        return claims


_GRANTS: dict[str, Callable[[TokenOffice, Mapping[str, str]], dict[str, Any]]] = {
    "client_credentials": TokenOffice.client_credentials,
    "authorization_code": TokenOffice.authorization_code,
    "refresh_token": TokenOffice.rotated,
}


def discovery(request: Request) -> Response:
    """The OpenID configuration, its addresses those of the server that was asked."""
    host = request.headers.get("host", "identity.xero.com")
    base = f"{'http' if ':' in host else 'https'}://{host}"
    return _answer(
        {
            "issuer": ISSUER,
            "jwks_uri": f"{base}/.well-known/openid-configuration/jwks",
            "authorization_endpoint": f"{base}/identity/connect/authorize",
            "token_endpoint": f"{base}/connect/token",
            "revocation_endpoint": f"{base}/connect/revocation",
            "userinfo_endpoint": f"{base}/connect/userinfo",
            "scopes_supported": [*scopes.IDENTITY, *scopes.ASSIGNED, *scopes.BROAD],
            "grant_types_supported": list(_GRANTS),
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
        }
    )


def keys() -> Response:
    return _answer(signing.jwks())


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(name), unquote_plus(secret)


def _answer(value: Any, status: int = 200) -> Response:
    headers = {"Content-Type": wire.JSON, "Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(status, headers, wire.dumps(value).encode())
