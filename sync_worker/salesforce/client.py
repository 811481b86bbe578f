"""The calls we make of Salesforce: streamed queries, collections of 200, describe. Reads are repeated for some seconds
when nothing answers; writes never are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar, cast

import requests
from more_itertools import chunked
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from sync_worker.answers import read_json
from sync_worker.domain.errors import Misconfigured, Rejected, SyncError, Transient
from sync_worker.ports import Clock, Parkings
from sync_worker.salesforce.errors import broken_write, refused, unreachable
from sync_worker.salesforce.session import SalesforceSession

Row = dict[str, Any]
Answer = TypeVar("Answer")

VENDOR = "salesforce"
COLLECTION = 200
"""Records a collections call may hold (Salesforce REST API guide, composite/sobjects)."""
ID_LIST = 200
"""Ids in one IN clause: each costs 27 bytes of an address that may have 16,384."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one record of a collection, in the order sent."""

    id: str
    success: bool
    code: str = ""
    message: str = ""


class SalesforceClient:
    """One org. Not shared between threads that write."""

    def __init__(
        self,
        session: SalesforceSession,
        url: str,
        *,
        api_version: str,
        page_size: int,
        clock: Clock,
        parkings: Parkings,
        guard: Callable[[], object],
    ) -> None:
        """`guard` raises LaneLost where another worker writes for this connection; it is asked before every write."""
        self.session = session
        self.url = url
        self._clock = clock
        self._parkings = parkings
        self._guard = guard
        self._headers = {"Sforce-Query-Options": f"batchSize={page_size}"}
        # The session puts the real token on every request, so the one given here never leaves.
        self._sf = _Org(
            session_id="held-by-the-session",
            instance_url=url,
            session=session,
            version=api_version,
        )
        self._reading = Retrying(
            retry=retry_if_exception(_worth_asking_again),
            stop=stop_after_attempt(4),
            wait=wait_random_exponential(multiplier=0.5, max=8),
            sleep=clock.sleep,
            reraise=True,
        )

    def rows(self, soql: str) -> Iterator[Row]:
        """The rows of a query, page by page; children that came cut are completed before their parent is given out."""
        page = self._read(lambda: self._sf.query(soql, headers=self._headers))
        while True:
            for row in page["records"]:
                yield self._whole(row)
            if page["done"]:
                return
            page = self._more(page["nextRecordsUrl"])

    def update(self, sobject: str, records: Sequence[Row]) -> list[RowResult]:
        """`records` carry their Id. Row by row: one that fails leaves the others."""
        return self._collection("composite/sobjects", sobject, records)

    def upsert(self, sobject: str, external_id: str, records: Sequence[Row]) -> list[RowResult]:
        return self._collection(f"composite/sobjects/{sobject}/{external_id}", sobject, records)

    def describe(self, sobject: str) -> Row | None:
        """None where the org knows no such object, or hides it from this user."""
        try:
            return self._read(lambda: self._sf.restful(f"sobjects/{sobject}/describe"))
        except (Misconfigured, Rejected):
            return None

    def limits(self) -> Row:
        return self._read(lambda: self._sf.restful("limits"))

    def content(self, path: str) -> bytes:
        """Bytes that have an address of their own. Raises Rejected where there are none."""

        def fetched() -> bytes:
            response = self.session.get(f"{self._sf.base_url}{path}")
            if response.status_code == 404:
                raise Rejected([f"Salesforce: there is no {path}, or it is hidden from this user"])
            if response.status_code != 200:
                errors = _errors(response)
                raise SalesforceError(response.url, response.status_code, path, errors)
            return response.content

        answer: bytes = self._reading(self._asked, fetched)
        return answer

    def _collection(self, path: str, sobject: str, records: Sequence[Row]) -> list[RowResult]:
        results: list[RowResult] = []
        for part in chunked(records, COLLECTION):
            body = {
                "allOrNone": False,
                "records": [{"attributes": {"type": sobject}, **_wire(record)} for record in part],
            }
            results += [_row_result(one) for one in self._write(path, body)]
        return results

    def _whole(self, row: Row) -> Row:
        for name, value in row.items():
            if isinstance(value, dict) and value.get("done") is False:
                row[name] = {"records": list(self._children(value)), "done": True}
        return row

    def _children(self, page: Row) -> Iterator[Row]:
        while True:
            yield from page["records"]
            if page["done"]:
                return
            page = self._more(page["nextRecordsUrl"])

    def _more(self, address: str) -> Row:
        return self._read(
            lambda: self._sf.query_more(address, identifier_is_url=True, headers=self._headers)
        )

    def _read(self, call: Callable[[], Any]) -> Row:
        return cast(Row, self._reading(self._asked, call))

    def _asked(self, call: Callable[[], Answer]) -> Answer:
        self._check_parking()
        try:
            return call()
        except SalesforceError as failure:
            raise self._refused(failure) from failure
        except (requests.RequestException, ValueError) as failure:
            raise unreachable(failure, self.url) from failure

    def _write(self, path: str, body: Mapping[str, Any]) -> list[Row]:
        self._check_parking()
        self._guard()
        try:
            return cast(list[Row], self._sf.restful(path, method="PATCH", json=body))
        except SalesforceError as failure:
            raise self._refused(failure) from failure
        except (requests.RequestException, ValueError) as failure:
            raise broken_write(failure) from failure

    def _check_parking(self) -> None:
        if parked := self._parkings.parked(VENDOR):
            raise parked.refusal(self._clock.now())

    def _refused(self, failure: SalesforceError) -> SyncError:
        """Where the org's calls are used up, nothing more is asked of it for a while, by any process."""
        told = refused(failure.status, failure.content)
        if isinstance(told, Transient) and told.retry_after:
            until = self._clock.now() + timedelta(seconds=told.retry_after)
            self._parkings.park(VENDOR, until, str(told))
        return told


class _Org(Salesforce):
    """simple-salesforce, its answers read as ours are."""

    def parse_result_to_json(self, result: requests.Response) -> Any:
        return read_json(result.content)


def _errors(response: requests.Response) -> Any:
    try:
        return read_json(response.content)
    except ValueError:
        return []


def _worth_asking_again(failure: BaseException) -> bool:
    """Where it is known when to come back, asking sooner is pointless."""
    return isinstance(failure, Transient) and failure.retry_after is None


def _wire(record: Row) -> Row:
    """JSON knows no Decimal; two places survive a float unharmed."""
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in record.items()
    }


def _row_result(one: Row) -> RowResult:
    if one.get("success"):
        return RowResult(str(one.get("id") or ""), success=True)
    error = (one.get("errors") or [{}])[0]
    return RowResult(
        str(one.get("id") or ""),
        success=False,
        code=str(error.get("statusCode", "UNKNOWN")),
        message=str(error.get("message", "no reason given")),
    )
