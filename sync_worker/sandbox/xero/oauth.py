"""The identity server of the one app: consent, tokens by client credentials, code and refresh, and their end.

Access tokens live 1,800 s. Refreshing rotates the refresh token; the one before works for 30 minutes more, for a client
whose answer was lost (Xero's documentation). Errors are 400 with `{"error": ..}`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote_plus

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero import consent, scopes, signing, wire

ACCESS_LIFE = 1_800_000
REFRESH_LIFE = 60 * 86_400_000
GRACE = 30 * 60_000
CODE_LIFE = 5 * 60_000
ID_TOKEN_LIFE = 5 * 60  # seconds (Xero's documentation)
VERIFIER_LENGTHS = range(43, 129)  # RFC 7636
ISSUER = "https://identity.xero.com"
USER = "5d3b7e0c-1f0a-4f6e-9a3d-7c2b1e0f4a68"
_SUBJECT = USER.replace("-", "")
_PERSON = {  # what the profile and email scopes tell of the one user
    "profile": {"given_name": "Alex", "family_name": "Owner", "name": "Alex Owner"},
    "email": {"email": "owner@sandbox.example", "preferred_username": "owner@sandbox.example"},
}


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
    public: bool = False  # given for a verifier: to be used without the secret


@dataclass(frozen=True, slots=True)
class _Consent:
    """What was granted, and what a token for it has to repeat."""

    scopes: str
    event: str = ""
    nonce: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True)
class _Code:
    consent: _Consent
    redirect_uri: str
    challenge: str
    expires: int


class Doors(Protocol):
    """The organisations a person can let the app into, and take it out of again."""

    def choices(self) -> Sequence[tuple[str, str]]: ...
    def consent(self, tenant: str, event: str) -> str: ...
    def withdraw(self) -> None: ...


class _Refusal(Exception):
    """An OAuth error by its registered name."""


@dataclass
class TokenOffice:
    """Gives out tokens and knows which still hold."""

    app: App
    new_id: Callable[[], str]
    now: Callable[[], int]
    doors: Doors
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
        """POST /connect/revocation: the user's tokens die and the connections go; 200 whatever was sent."""
        form = _form(request)
        try:
            self._identify(request, form)
        except _Refusal as refusal:
            return _answer({"error": str(refusal)}, 400)
        if self._refresh.pop(form.get("token", ""), None) is not None:
            self._refresh.clear()
            self._access = {name: token for name, token in self._access.items() if token.custom}
            self.doors.withdraw()
        return Response(200)

    def authorize(self, request: Request) -> Response:
        """/identity/connect/authorize: GET shows the page to a browser, POST is the person's answer."""
        asked = _form(request) if request.method == "POST" else dict(request.query)
        redirect, state = asked.get("redirect_uri", ""), asked.get("state", "")
        if (
            asked.get("client_id") != self.app.client_id
            or asked.get("response_type") != "code"
            or not consent.may_return_to(redirect)
        ):
            return _answer({"error": "unauthorized_client"}, 400)
        try:
            granted = self._granted(asked.get("scope"))
            _check_challenge(asked)
        except _Refusal as refusal:
            return consent.back(redirect, error=str(refusal), state=state)
        if consent.wanted(request):
            return consent.page(self.app.name, asked, granted.split(), self.doors.choices())
        if asked.get("consent") == "deny":
            return consent.back(redirect, error="access_denied", state=state)
        return self._consented(asked, granted, redirect, state)

    def _consented(
        self, asked: Mapping[str, str], granted: str, redirect: str, state: str
    ) -> Response:
        (first, _), *_ = self.doors.choices()
        event = self.doors.consent(asked.get("tenantId") or first, self.new_id())
        code = self.new_id().replace("-", "")
        agreed = _Consent(granted, event, asked.get("nonce", ""))
        challenge = asked.get("code_challenge", "")
        self._codes[code] = _Code(agreed, redirect, challenge, self.now() + CODE_LIFE)
        session = sha256(code.encode()).hexdigest() if "openid" in granted.split() else ""
        return consent.back(redirect, code=code, scope=granted, state=state, session_state=session)

    def userinfo(self, request: Request) -> Response:
        """GET /connect/userinfo, for a token that a person let in."""
        _, _, value = request.headers.get("authorization", "").partition(" ")
        token = self.find(value.strip())
        if token is None or token.custom or token.expires <= self.now():
            return Response(401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return _answer({"sub": _SUBJECT, "xero_userid": USER, **_person(token.scopes)})

    def find(self, token: str) -> AccessToken | None:
        """The token, dead or alive, or None for one never given out."""
        return self._access.get(token)

    def expire_all(self) -> None:
        now = self.now()
        for token, access in self._access.items():
            self._access[token] = replace(access, expires=min(access.expires, now))

    def _identify(self, request: Request, form: Mapping[str, str]) -> None:
        given = _basic(request) or (form.get("client_id"), form.get("client_secret"))
        if given == (self.app.client_id, self.app.client_secret):
            return
        refresh = self._refresh.get(form.get("refresh_token") or form.get("token") or "")
        public = "code_verifier" in form or (refresh is not None and refresh.public)
        if given[0] != self.app.client_id or not public:
            raise _Refusal("invalid_client")

    def client_credentials(self, form: Mapping[str, str]) -> dict[str, Any]:
        return self._issue(_Consent(self._granted(form.get("scope"))), custom=True)

    def unsupported(self, form: Mapping[str, str]) -> dict[str, Any]:
        raise _Refusal("unsupported_grant_type")

    def authorization_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A code works once, for five minutes, with the redirect it was asked with and the verifier it was bound to.

        A second consent of the same user puts an end to the token set before it (Xero's documentation).
        """
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires <= self.now():
            raise _Refusal("invalid_grant")
        if code.redirect_uri != form.get("redirect_uri"):
            raise _Refusal("invalid_grant")
        if code.challenge and not _proves(form.get("code_verifier", ""), code.challenge):
            raise _Refusal("invalid_grant")
        self._refresh.clear()
        return self._issue(replace(code.consent, public=bool(code.challenge)), custom=False)

    def rotated(self, form: Mapping[str, str]) -> dict[str, Any]:
        used = form.get("refresh_token", "")
        held = self._refresh.get(used)
        if held is None or held.expires <= self.now():
            raise _Refusal("invalid_grant")
        self._refresh[used] = replace(held, expires=min(held.expires, self.now() + GRACE))
        return self._issue(_Consent(held.scopes, public=held.public), custom=False)

    def _granted(self, asked: str | None) -> str:
        """What is asked for, as long as the app has it; everything it has when nothing is asked for."""
        if not asked or not asked.strip():
            return " ".join(self.app.scopes)
        broad = scopes.BROAD if self.app.broad_scopes_too else ()
        has = {*self.app.scopes, *broad, *scopes.IDENTITY}
        if not set(asked.split()) <= has:
            raise _Refusal("invalid_scope")
        return " ".join(asked.split())

    def _issue(self, agreed: _Consent, *, custom: bool) -> dict[str, Any]:
        now, token_id = self.now(), self.new_id()
        names = agreed.scopes.split()
        token = signing.signed(self._claims(now, token_id, agreed, custom))
        self._access = {t: a for t, a in self._access.items() if a.expires + ACCESS_LIFE > now}
        self._access[token] = AccessToken(token_id, frozenset(names), now + ACCESS_LIFE, custom)
        issued: dict[str, Any] = {
            "access_token": token,
            "expires_in": ACCESS_LIFE // 1000,
            "token_type": "Bearer",
            "scope": agreed.scopes,
        }
        if "openid" in names and not custom:
            issued["id_token"] = signing.signed(self._identity(now, token, token_id, agreed))
        if "offline_access" in names and not custom:
            refresh = sha256(f"refresh {token_id}".encode()).hexdigest()
            self._refresh[refresh] = _Refresh(agreed.scopes, now + REFRESH_LIFE, agreed.public)
            issued["refresh_token"] = refresh
        return issued

    def _claims(self, now: int, token_id: str, agreed: _Consent, custom: bool) -> dict[str, Any]:
        claims: dict[str, Any] = {
            "nbf": now // 1000,
            "exp": (now + ACCESS_LIFE) // 1000,
            "iat": now // 1000,
            "iss": ISSUER,
            "aud": f"{ISSUER}/resources",
            "client_id": self.app.client_id,
            "jti": token_id.replace("-", "").upper(),
            "authentication_event_id": agreed.event or token_id,
            "scope": agreed.scopes.split(),
        }
        if not custom:
            claims |= {
                "sub": _SUBJECT,
                "auth_time": now // 1000,
                "idp": "local",
                "xero_userid": USER,
                "global_session_id": token_id.replace("-", ""),
                "amr": ["pwd"],
            }
        return claims

    def _identity(self, now: int, token: str, token_id: str, agreed: _Consent) -> dict[str, Any]:
        """The claims of the id_token: who consented, bound to the access token and the nonce."""
        claims = {
            "nbf": now // 1000,
            "exp": now // 1000 + ID_TOKEN_LIFE,
            "iat": now // 1000,
            "iss": ISSUER,
            "aud": self.app.client_id,
            "at_hash": _base64(sha256(token.encode()).digest()[:16]),
            "sub": _SUBJECT,
            "auth_time": now // 1000,
            "idp": "local",
            "xero_userid": USER,
            "global_session_id": token_id.replace("-", ""),
            **_person(agreed.scopes.split()),
        }
        return claims | ({"nonce": agreed.nonce} if agreed.nonce else {})


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
            "claims_supported": ["sub", "xero_userid", *_PERSON["profile"], *_PERSON["email"]],
            "grant_types_supported": list(_GRANTS),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
        }
    )


def keys() -> Response:
    return _answer(signing.jwks())


def _person(granted: Collection[str]) -> dict[str, str]:
    return {k: v for scope, told in _PERSON.items() if scope in granted for k, v in told.items()}


def _check_challenge(asked: Mapping[str, str]) -> None:
    if asked.get("code_challenge") and asked.get("code_challenge_method", "S256") != "S256":
        raise _Refusal("invalid_request")


def _proves(verifier: str, challenge: str) -> bool:
    proof = _base64(sha256(verifier.encode()).digest())
    return len(verifier) in VERIFIER_LENGTHS and proof == challenge


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


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
    return Response(status, headers, wire.dumps(value))
