"""Worlds whose Xero connection is a person's consent, and the person who gives it."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sync_worker.ports import ConsentHealth
from sync_worker.sandbox.http import Request
from tests.world import XERO, World, a_world

KEY, OTHER_KEY = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
TOKEN = "/connect/token"


def a_consenting_world(**settings: Any) -> World:
    """Connected just now; not a call is counted yet."""
    xero = {"grant": "consent", "login_url": XERO, **settings.pop("xero", {})}
    world = a_world(**{"secrets": {"key": KEY}, "xero": xero, **settings})
    connect(world)
    world.forget_calls()
    return world


def connect(world: World) -> None:
    """As `sync-worker connect main`, with a person who says yes at once."""
    consent = world.app.consent("main")
    question = consent.question()
    told = allowed(world, question.address)
    assert told["state"] == question.state
    pair = consent.exchanged(question, told["code"])
    (only,) = consent.organisations(pair)
    consent.keep(only, pair)


def allowed(world: World, address: str) -> dict[str, str]:
    """What the browser brings back."""
    reply = world.xero.handle(Request.to("GET", address))
    return dict(parse_qsl(urlsplit(reply.headers["Location"]).query))


def another_consent(world: World) -> None:
    """The same person lets the same app in from elsewhere: the tokens before it are dead."""
    consent = world.app.consent("main")
    question = consent.question()
    consent.exchanged(question, allowed(world, question.address)["code"])


def health(world: World) -> ConsentHealth:
    found = world.app.consents("main").health()
    assert found is not None
    return found


def token_calls(world: World) -> int:
    return sum(one == f"POST {TOKEN}" for one in world.requests("xero"))
