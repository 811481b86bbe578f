"""Webhooks: what is told, how it is signed, and how long it is tried, on the virtual clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from sync_worker.sandbox.xero.webhooks import SIGNATURE, Delivery, Webhooks
from tests.sandbox.xero.client import Xero, a_line

KEY = "a-signing-key"
URL = "http://127.0.0.1:9/hooks"
OTHER = "0c0c0c0c-1111-4222-8333-444444444444"


def rightly_signed(delivery: Delivery) -> bool:
    digest = hmac.new(KEY.encode(), delivery.body, hashlib.sha256).digest()
    return delivery.headers[SIGNATURE] == base64.b64encode(digest).decode()


@pytest.fixture
def hooks(xero: Xero) -> Webhooks:
    """A subscription whose receiver has proven itself."""
    hooks = xero.sandbox.webhooks
    sent = hooks.subscribe(URL, KEY)
    assert hooks.prove(sent, [200 if rightly_signed(one) else 401 for one in sent])
    return hooks


def taken(hooks: Webhooks) -> list[dict[str, Any]]:
    """What is due, heard at once."""
    delivery = hooks.due()
    if delivery is None:
        return []
    assert rightly_signed(delivery)
    hooks.heard(delivery, 200)
    return list(json.loads(delivery.body)["events"])


def test_intent_to_receive_mixes_right_and_wrong_signatures(xero: Xero) -> None:
    hooks = xero.sandbox.webhooks
    sent = hooks.subscribe(URL, KEY)
    assert [rightly_signed(one) for one in sent] == [True, False, False, True]
    told = json.loads(sent[0].body)
    assert (told["events"], told["firstEventSequence"], told["lastEventSequence"]) == ([], 0, 0)
    assert len({one.body for one in sent}) == 1
    assert not hooks.prove(sent, [200] * 4)
    assert not hooks.prove(sent, [200, 401, 401, None])
    assert hooks.status == "pending"


def test_nothing_is_told_before_the_receiver_has_proven_itself(xero: Xero) -> None:
    hooks = xero.sandbox.webhooks
    sent = hooks.subscribe(URL, KEY)
    xero.contact()
    assert hooks.due() is None
    hooks.prove(sent, [200, 401, 401, 200])
    assert len(taken(hooks)) == 1


def test_an_event_names_what_changed_and_where(xero: Xero, hooks: Webhooks) -> None:
    contact = xero.contact()
    (event,) = taken(hooks)
    assert event == {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Contacts/{contact}",
        "resourceId": contact,
        "eventDateUtc": "2026-11-20T03:00:00.000",
        "eventType": "CREATE",
        "eventCategory": "CONTACT",
        "tenantId": "b3a1c1de-5f0e-4c59-9d5e-2f4b8a7c6d10",
        "tenantType": "ORGANISATION",
    }


def test_every_category_rings(xero: Xero, hooks: Webhooks) -> None:
    invoice = xero.invoice()
    taken(hooks)
    contact = invoice["Contact"]["ContactID"]
    for act, category in (
        ("credit_note", "CREDITNOTE"),
        ("receive", "OVERPAYMENT"),
    ):
        xero.sandbox.act(act, contact_id=contact, amount=10)
        assert taken(hooks)[0]["eventCategory"] == category
    xero.sandbox.act("receive", contact_id=contact, amount=10, kind="RECEIVE-PREPAYMENT")
    assert taken(hooks)[0]["eventCategory"] == "PREPAYMENT"


def test_a_credit_note_tells_its_type_and_status(xero: Xero, hooks: Webhooks) -> None:
    xero.sandbox.act("credit_note", contact_id=xero.contact(), amount=10)
    event = taken(hooks)[-1]
    assert event["data"] == {"Type": "ACCRECCREDIT", "Status": "AUTHORISED"}


def test_a_payment_rings_for_its_invoice_only(xero: Xero, hooks: Webhooks) -> None:
    invoice = xero.invoice()
    taken(hooks)
    xero.later()
    xero.payment(invoice["InvoiceID"])
    assert [(one["eventCategory"], one["eventType"]) for one in taken(hooks)] == [
        ("INVOICE", "UPDATE")
    ]


def test_a_refused_write_rings_for_nothing(xero: Xero, hooks: Webhooks) -> None:
    xero.call("PUT", "Invoices", xero.an_invoice(LineItems=[a_line(AccountCode="999")]))
    assert hooks.waiting() == 0


def test_one_delivery_may_mix_organisations_and_counts_on(xero: Xero, hooks: Webhooks) -> None:
    xero.sandbox.act("open_organisation", tenant_id=OTHER, name="Second")
    xero.contact("Ann")
    xero.sandbox.act("add_contact", tenant_id=OTHER, name="Bob")
    delivery = hooks.due()
    assert delivery is not None
    told = json.loads(delivery.body)
    assert len({event["tenantId"] for event in told["events"]}) == 2
    assert (told["firstEventSequence"], told["lastEventSequence"]) == (1, 2)
    assert len(told["entropy"]) == 20


def test_an_unheard_delivery_comes_again_at_once_and_then_every_quarter_hour(
    xero: Xero, hooks: Webhooks
) -> None:
    xero.contact()
    tries = 0
    for _ in range(60):
        delivery = hooks.due()
        if delivery is not None:
            tries += 1
            hooks.heard(delivery, None)
        if tries >= 2:
            xero.later(60)
    assert tries == 2 + 3
    assert hooks.status == "ok"


def test_after_a_day_of_silence_the_subscription_is_disabled_and_keeps_its_events(
    xero: Xero, hooks: Webhooks
) -> None:
    first = xero.contact("Ann")
    for _ in range(100):
        delivery = hooks.due()
        if delivery is not None:
            hooks.heard(delivery, 500)
        xero.later(900)
    assert hooks.status == "disabled"
    xero.token = xero.new_token()
    second = xero.contact("Bob")
    assert hooks.due() is None
    sent = hooks.subscribe(URL, KEY)
    hooks.prove(sent, [200, 401, 401, 200])
    assert [event["resourceId"] for event in taken(hooks)] == [first, second]


def test_events_are_kept_for_thirty_one_days(xero: Xero, hooks: Webhooks) -> None:
    xero.contact()
    xero.later(31 * 86_400)
    assert hooks.due() is None
    assert hooks.waiting() == 0
