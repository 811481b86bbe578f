"""The mail box: what any SMTP client sends to it is there to read, and goes nowhere."""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.mailbox import Mailbox
from tests.daemon.processes import a_sandbox

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with a_sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(sandbox: Sandbox) -> None:
    sandbox.control.mailbox.clear()


def letter(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Kea <kea@example.com>", "tui@example.com"
    message["Subject"], message["Message-ID"] = subject, "<1@example.com>"
    message.set_content("Kia ora Tūī\n")
    message.add_alternative("<p>Kia ora Tūī</p>\n", subtype="html")
    return message


def asked(url: str, method: str = "GET") -> Any:
    request = urllib.request.Request(f"{url}/_sandbox/mail", method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def test_what_is_sent_is_read_at_either_door_until_it_is_cleared(sandbox: Sandbox) -> None:
    with smtplib.SMTP(*sandbox.mail_address, timeout=10) as line:
        line.send_message(letter("first"))
        line.send_message(letter("second"))
    for url in (sandbox.salesforce_url, sandbox.xero_url):
        first, second = asked(url)
        assert (first["subject"], second["subject"]) == ("first", "second")
        assert (first["sender"], first["to"]) == ("kea@example.com", ["tui@example.com"])
        assert first["message_id"] == "<1@example.com>"
        assert first["plain"].strip() == "Kia ora Tūī"
        assert first["html"].strip() == "<p>Kia ora Tūī</p>"
        assert first["at"][:10] == sandbox.clock.now().date().isoformat()
    assert asked(sandbox.xero_url, "DELETE") == {}
    assert asked(sandbox.salesforce_url) == []


def test_a_reset_empties_it(sandbox: Sandbox) -> None:
    with smtplib.SMTP(*sandbox.mail_address, timeout=10) as line:
        line.send_message(letter("before"))
    assert len(asked(sandbox.xero_url)) == 1
    sandbox.control.reset()
    assert asked(sandbox.xero_url) == []


def test_it_takes_tls_and_any_login(sandbox: Sandbox) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP(*sandbox.mail_address, timeout=10) as line:
        line.starttls(context=trusting)
        line.login("anybody", "any password")
        line.send_message(letter("encrypted"))
    assert [one["subject"] for one in asked(sandbox.xero_url)] == ["encrypted"]


def test_a_message_without_headers_or_parts_is_kept_as_well() -> None:
    box = Mailbox(Clock())
    box.put("a@example.com", ("b@example.com",), b"\r\njust text\r\n")
    (kept,) = box.messages()
    assert (kept["subject"], kept["message_id"], kept["html"]) == ("", "", "")
    assert str(kept["plain"]).strip() == "just text"
