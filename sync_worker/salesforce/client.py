"""The calls we make of Salesforce: streamed queries, collections of 200, describe. Reads are repeated for some seconds
when nothing answers; writes never are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar, cast

import requests
from more_itertools import chunked
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from sync_worker.domain.errors import Misconfigured, Rejected, Transient
from sync_worker.salesforce.errors import broken_write, refused, unreachable
from sync_worker.salesforce.session import SalesforceSession

Row = dict[str, Any]
Answer = TypeVar("Answer")

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
        sleep: Callable[[float], None],
        guard: Callable[[], object],
    ) -> None:
        """`guard` raises LaneLost where another worker writes for this connection; it is asked before every write."""
        self.session = session
        self.url = url
        self._guard = guard
        self._headers = {"Sforce-Query-Options": f"batchSize={page_size}"}
        # The session puts the real token on every request, so the one given here never leaves.
        self._sf = Salesforce(
            session_id="held-by-the-session",
            instance_url=url,
            session=session,
            version=api_version,
            object_pairs_hook=None,
            parse_float=Decimal,
        )
        self._reading = Retrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_attempt(4),
            wait=wait_random_exponential(multiplier=0.5, max=8),
            sleep=sleep,
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
        return cast(Row, self._reading(_translated, call, self.url))

    def _write(self, path: str, body: Mapping[str, Any]) -> list[Row]:
        self._guard()
        try:
            return cast(list[Row], self._sf.restful(path, method="PATCH", json=body))
        except SalesforceError as failure:
            raise refused(failure.status, failure.content) from failure
        except (requests.RequestException, ValueError) as failure:
            raise broken_write(failure) from failure


def _translated(call: Callable[[], Answer], url: str) -> Answer:
    try:
        return call()
    except SalesforceError as failure:
        raise refused(failure.status, failure.content) from failure
    except (requests.RequestException, ValueError) as failure:
        raise unreachable(failure, url) from failure


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
