"""Each failure of Xero means one of four things, and a lost write is never taken for one that failed."""

from __future__ import annotations

import http.client
import json

import pytest
import urllib3

from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, Rejected, SyncError, Transient
from sync_worker.xero.errors import broken, refused

URL = "https://api.xero.com"
POOL = urllib3.HTTPSConnectionPool("api.xero.com")
NEVER = urllib3.exceptions.NewConnectionError(POOL, "refused")  # type: ignore[arg-type]  # only its words are read


@pytest.mark.parametrize(
    ("failure", "writing", "means"),
    [
        (NEVER, True, Transient),
        (urllib3.exceptions.ConnectTimeoutError(), True, Transient),
        (urllib3.exceptions.MaxRetryError(POOL, URL, NEVER), True, Transient),
        (urllib3.exceptions.ReadTimeoutError(POOL, URL, "late"), True, OutcomeUnknown),
        (urllib3.exceptions.ReadTimeoutError(POOL, URL, "late"), False, Transient),
        (
            urllib3.exceptions.ProtocolError("cut", http.client.RemoteDisconnected("")),
            True,
            OutcomeUnknown,
        ),
        (
            urllib3.exceptions.ProtocolError("cut", http.client.IncompleteRead(b"")),
            True,
            OutcomeUnknown,
        ),
        (urllib3.exceptions.DecodeError("bad"), True, OutcomeUnknown),
    ],
)
def test_only_what_never_left_did_nothing(
    failure: Exception, writing: bool, means: type[SyncError]
) -> None:
    assert isinstance(broken(failure, writing=writing, url=URL), means)


def body(**facts: object) -> bytes:
    return json.dumps(facts).encode()


@pytest.mark.parametrize(
    ("status", "said", "writing", "means"),
    [
        (500, b"", True, OutcomeUnknown),
        (503, b"<html>", True, OutcomeUnknown),
        (500, b"", False, Transient),
        (403, body(Detail="AuthenticationUnsuccessful"), True, Misconfigured),
        (400, body(Message="A validation exception occurred"), True, Rejected),
        (404, b"", True, Rejected),
        (413, b"", True, Rejected),
        (
            400,
            body(Message="Idempotency Key k is used with a different request"),
            True,
            Misconfigured,
        ),
    ],
)
def test_a_refusal_is_told_from_a_doubt(
    status: int, said: bytes, writing: bool, means: type[SyncError]
) -> None:
    assert isinstance(refused(status, said, writing=writing), means)


def test_xeros_own_words_reach_the_person_each_once() -> None:
    elements = [
        {"ValidationErrors": [{"Message": "one"}, {"Message": "two"}]},
        {"ValidationErrors": [{"Message": "one"}]},
    ]
    found = refused(400, body(Elements=elements), writing=True)
    assert isinstance(found, Rejected)
    assert found.messages == ["one", "two"]
