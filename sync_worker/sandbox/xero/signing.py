"""Access tokens shaped like Xero's: RS256 JWTs under one key that is the sandbox's own and public.

Nothing is secret here: the key opens no door but the sandbox's, and being fixed it makes every token repeatable.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

KEY_ID = "sandbox-1"
_EXPONENT = 65537
_MODULUS = int(
    "c95589d00d7bb1128a65e3b44e04b56326c52c2dfdc95b3c177c1e9452b8625f33469df8c8b98c928a233065de"
    "c86895273ef51e68e67044cb802134afb6c1cae04a34a9ef7d1a5e3f5195169f4c9c3233faa9f684603248a284"
    "63a0f513efd75921e65f5a621590865681fb44569b427bdd2f8747a84d475c644eb903a9170e861f9427a82348"
    "a308264e94311ae02892c14ef8873abdea41846536ad422a2acbd0925a513509f29759ab7bd4385b29a7935111"
    "f3888e479cb836d8d95c0c94359c8bce5aaf8df242656dc43f5108efc2da2f31d0a0c895c692c9b9d60409e87f"
    "e518e2d979a4fbd3b9dc143e4ac01456d5b561c891922dab954d172115f21d",
    16,
)
_PRIVATE = int(
    "12f4c9517bfb81ec0f78d16c280e5c6fb5f6499718f68cef06fd0a3a07e1d16d4a3c236289afa2b3276b71c29d"
    "abbbe1133d63c1d5b9a0a7718ba254be18947d8009ac94b5764f75c13b72b09b1610fccf15124ca221168aed36"
    "4ed5184e24be5f678833c1244c087c05881e7acc36b917457794a2a40f86a105d6bda7c113690167ca572721eb"
    "c83f1d1c07dafe143f43a8718867d55d66a4183fb9fd3976b65a58be87d657b5e21ca52a6df10c14bb3a629e47"
    "fa70eec9a2a5c5404ac4501cfd415b0f61e98bfad7c65a3dffd715bf15ec69326cfd03290eb500efa74968ad87"
    "60eaa75e7eacd4008ef0f2cf8d7f48b20a88260292df1d1689b3371ee79037",
    16,
)
_LENGTH = (_MODULUS.bit_length() + 7) // 8


def signed(claims: Mapping[str, Any]) -> str:
    """`claims` as a compact JWT."""
    header = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
    told = f"{_part(header)}.{_part(claims)}"
    return f"{told}.{_signature(told)}"


def jwks() -> dict[str, Any]:
    """The public half, as `/.well-known/openid-configuration/jwks` gives it."""
    key = {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": KEY_ID,
        "e": _base64(_EXPONENT.to_bytes(3, "big")),
        "n": _base64(_MODULUS.to_bytes(_LENGTH, "big")),
    }
    return {"keys": [key]}


@lru_cache(maxsize=4096)
def _signature(told: str) -> str:
    """Kept, because simulations ask for the same token again and again."""
    return _base64(_key().sign(told.encode(), PKCS1v15(), SHA256()))


@cache
def _key() -> rsa.RSAPrivateKey:
    """Taken unchecked: the numbers stand above, and a check takes as long as sixty signatures."""
    p, q = rsa.rsa_recover_prime_factors(_MODULUS, _EXPONENT, _PRIVATE)
    dp, dq = rsa.rsa_crt_dmp1(_PRIVATE, p), rsa.rsa_crt_dmq1(_PRIVATE, q)
    public = rsa.RSAPublicNumbers(_EXPONENT, _MODULUS)
    numbers = rsa.RSAPrivateNumbers(p, q, _PRIVATE, dp, dq, rsa.rsa_crt_iqmp(p, q), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
