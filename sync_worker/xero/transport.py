"""Below the SDK: one call is one request, with time-outs, and its answer is read whole or cut.

xero-python 15.2.0 by itself repeats lost GETs and PUTs three times, sleeps out a Retry-After inside the call, and
ignores time-outs given as floats. None of that is left here.
"""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import urllib3
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from xero_python.exceptions import HTTPStatusException
from xero_python.rest import RESTClientObject, RESTResponse

from sync_worker.answers import whole
from sync_worker.domain.errors import Transient
from sync_worker.ports import Clock, Moments


class Pool(Protocol):
    """What is needed of urllib3.PoolManager; a sandbox's core can stand here without a socket."""

    def request(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse: ...


def pool() -> Pool:
    return urllib3.PoolManager(maxsize=2, block=True, retries=False)


class Bounded:
    """A way on which every answer is read whole at once, and cut where it is too long or takes too long."""

    def __init__(self, way: Pool, clock: Clock, most_s: float) -> None:
        self._way = way
        self._clock = clock
        self._most = timedelta(seconds=most_s)

    def request(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        until = self._clock.now() + self._most
        reply = self._way.request(method, url, **{**options, "preload_content": False})
        body = whole(reply, self._clock, until)
        return urllib3.HTTPResponse(
            io.BytesIO(body),
            headers=reply.headers,
            status=reply.status,
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,
        )


class Watched:
    """A way on which every call is a moment at which this program may die."""

    def __init__(self, way: Pool, moments: Moments) -> None:
        self._way = way
        self._moments = moments

    def request(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        call = f"xero.{method}.{_resource(url)}"
        self._moments(f"{call}.before")
        reply = self._way.request(method, url, **options)
        self._moments(f"{call}.after")
        return reply


def _resource(url: str) -> str:
    """What is asked for, without ids: `Invoices`, `Invoices/Attachments`, `token`."""
    _, accounting, below = urlsplit(url).path.partition("/api.xro/2.0/")
    if not accounting:
        first, *rest = urlsplit(url).path.strip("/").split("/")
        return "connections" if first.lower() == "connections" else [first, *rest][-1]
    return "/".join(below.split("/")[::2])


class Transport(RESTClientObject):  # type: ignore[misc]  # the SDK is untyped
    """Below the SDK: text bodies leave as they are, time-outs always, nothing repeated."""

    def __init__(self, way: Pool, timeout: urllib3.Timeout) -> None:
        self.pool_manager = way
        self._timeout = timeout

    def request(
        self,
        method: str,
        url: str,
        query_params: Any = None,
        headers: Any = None,
        body: Any = None,
        post_params: Any = None,
        _preload_content: bool = True,
        _request_timeout: Any = None,
    ) -> Any:
        del post_params, _request_timeout
        if query_params:
            url = f"{url}?{urlencode(query_params)}"
        headers = {"Content-Type": "application/json", **(headers or {})}
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
        reply = self.pool_manager.request(
            method,
            url,
            headers=headers,
            body=body,
            timeout=self._timeout,
            redirect=False,
        )
        if not 200 <= reply.status <= 299:
            raise HTTPStatusException(http_resp=RESTResponse(reply))
        return RESTResponse(reply) if _preload_content else reply


def patient(clock: Clock) -> Retrying:
    """Asks again for some seconds what changes nothing and was not answered."""
    return Retrying(
        retry=retry_if_exception(_worth_asking_again),
        stop=stop_after_attempt(4),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        sleep=clock.sleep,
        reraise=True,
    )


def _worth_asking_again(failure: BaseException) -> bool:
    """Where Xero said when to come back, asking sooner is pointless."""
    return isinstance(failure, Transient) and failure.retry_after is None
