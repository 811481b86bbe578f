"""Each failure of Salesforce means one of four things; a cut and a refused connection look alike and are not."""

from __future__ import annotations

import http.client

import pytest
import requests
import urllib3

from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, Rejected, SyncError, Transient
from sync_worker.salesforce.errors import broken_write, refused

POOL = urllib3.HTTPSConnectionPool("acme.my.salesforce.com")
NEVER = urllib3.exceptions.NewConnectionError(POOL, "refused")  # type: ignore[arg-type]  # only its words are read
CUT = urllib3.exceptions.ProtocolError("cut", http.client.RemoteDisconnected(""))


@pytest.mark.parametrize(
    ("failure", "means"),
    [
        (requests.ConnectionError(urllib3.exceptions.MaxRetryError(POOL, "/", NEVER)), Transient),
        (requests.ConnectTimeout(), Transient),
        (requests.ConnectionError(CUT), OutcomeUnknown),
        (requests.ReadTimeout(), OutcomeUnknown),
        (requests.exceptions.ChunkedEncodingError(CUT), OutcomeUnknown),
        (ValueError("no JSON"), OutcomeUnknown),
    ],
)
def test_only_what_never_left_did_nothing(failure: Exception, means: type[SyncError]) -> None:
    assert isinstance(broken_write(failure), means)


@pytest.mark.parametrize(
    ("status", "code", "means"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", Transient),
        (503, "SERVER_UNAVAILABLE", Transient),
        (500, "UNKNOWN_EXCEPTION", Transient),
        (400, "UNABLE_TO_LOCK_ROW", Transient),
        (400, "INVALID_QUERY_LOCATOR", Transient),
        (400, "INVALID_FIELD", Misconfigured),
        (400, "INVALID_TYPE", Misconfigured),
        (401, "INVALID_SESSION_ID", Misconfigured),
        (403, "API_DISABLED_FOR_ORG", Misconfigured),
        (400, "MALFORMED_QUERY", Rejected),
    ],
)
def test_what_passes_by_itself_is_told_from_what_a_person_must_mend(
    status: int, code: str, means: type[SyncError]
) -> None:
    found = refused(status, [{"errorCode": code, "message": "words  of\nSalesforce"}])
    assert isinstance(found, means)
    assert "words of Salesforce" in str(found)
