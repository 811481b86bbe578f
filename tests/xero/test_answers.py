"""What Xero says is read in each form it is known to come in, and a login without a secret is known by its id."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import urllib3

from sync_worker.domain.errors import Misconfigured, Transient
from sync_worker.sandbox.http import Request
from sync_worker.xero.login import XeroLogin
from sync_worker.xero.wire import InvoiceElement, PaymentElement
from tests.ways import XeroWay
from tests.world import XERO, a_world

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "/Date(1772625600000+0000)/",
        "/Date(1772625600000+1300)/",
        "2026-03-04T12:00:00",
        "2026-03-04T23:00:00+11:00",
    ],
)
def test_an_instant_is_the_same_in_whichever_form_it_comes(text: str) -> None:
    assert InvoiceElement.read({"UpdatedDateUTC": text}).UpdatedDateUTC == NOON


@pytest.mark.parametrize(("sent", "day"), [("2026-03-04T00:00:00", date(2026, 3, 4)), (None, None)])
def test_a_day_is_a_day_and_may_be_left_out(sent: Any, day: date | None) -> None:
    assert InvoiceElement.read({"Date": sent}).Date == day


def test_a_payment_without_its_day_is_asked_for_again_later() -> None:
    with pytest.raises(Transient, match="another shape"):
        PaymentElement.read(
            {"PaymentID": "1", "Amount": 5, "Date": None, "UpdatedDateUTC": "2026-03-04T12:00:00"}
        )


def test_an_app_without_a_secret_is_known_by_its_id_alone() -> None:
    world = a_world()
    seen: list[Request] = []
    world.roads["xero"].instead = seen.append
    login = XeroLogin(
        client_id="ours",
        client_secret=None,
        identity_url=XERO,
        timeout=urllib3.Timeout(connect=5, read=5),
        clock=world.clock,
        way=XeroWay(world.roads["xero"]),
    )
    with pytest.raises(Misconfigured):
        login.ask(single_use=True, grant_type="refresh_token", refresh_token="never given")
    (request,) = seen
    assert b"client_id=ours" in request.body
    assert "authorization" not in request.headers
