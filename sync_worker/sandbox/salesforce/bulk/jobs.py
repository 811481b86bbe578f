"""Bulk jobs and what is told about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.bulk.sheets import DELIMITERS, LINE_ENDINGS, Sheet
from sync_worker.sandbox.salesforce.errors import Refused, not_found
from sync_worker.sandbox.salesforce.ids import IdMint, full_id
from sync_worker.sandbox.salesforce.later import Later
from sync_worker.sandbox.salesforce.values import stamp

INGEST, QUERY = "ingest", "query"


@dataclass(slots=True)
class Job:
    """`successes`, `failures` and `unprocessed` are an ingest job's outcome, `found` is a query job's."""

    id: str
    kind: str
    operation: str
    sobject: str
    version: str
    created: datetime
    user_id: str
    line_ending: str = "LF"
    delimiter: str = "COMMA"
    external_id: str | None = None
    query: str | None = None
    state: str = "Open"
    content: str | None = None
    error: str | None = None
    processed: int = 0
    changed: datetime | None = None
    successes: Sheet = field(default_factory=Sheet)
    failures: Sheet = field(default_factory=Sheet)
    unprocessed: Sheet = field(default_factory=Sheet)
    found: Sheet = field(default_factory=Sheet)

    @property
    def over(self) -> bool:
        return self.state in ("JobComplete", "Failed", "Aborted")

    def described(self, *, fully: bool = False) -> dict[str, Any]:
        about: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": self.user_id,
            "createdDate": stamp(self.created),
            "systemModstamp": stamp(self.changed or self.created),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }
        if self.external_id:
            about["externalIdFieldName"] = self.external_id
        if self.kind == INGEST and self.state == "Open":
            path = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
            about["contentUrl"] = path
        return {**about, **self._figures()} if fully else about

    def _figures(self) -> dict[str, Any]:
        figures: dict[str, Any] = {
            "jobType": "V2Ingest" if self.kind == INGEST else "V2Query",
            "numberRecordsProcessed": self.processed,
            "retries": 0,
            "totalProcessingTime": 0,
        }
        if self.kind == INGEST:
            figures |= {
                "apexProcessingTime": 0,
                "apiActiveProcessingTime": 0,
                "numberRecordsFailed": len(self.failures.rows),
                "isPkChunkingSupported": False,
            }
        else:
            figures["isPkChunkingSupported"] = True
        return {**figures, "errorMessage": self.error} if self.error else figures


class Jobs:
    """All bulk jobs of the org. A job that is ready is worked on `seconds` later."""

    def __init__(self, clock: Clock, later: Later, seconds: float) -> None:
        self._clock = clock
        self._later = later
        self._seconds = seconds
        self._all: dict[str, Job] = {}
        self._ids = IdMint("750")

    def open(
        self, kind: str, order: Mapping[str, Any], sobject: str, version: str, user_id: str
    ) -> Job:
        line_ending = str(order.get("lineEnding") or "LF").upper()
        delimiter = str(order.get("columnDelimiter") or "COMMA").upper()
        if line_ending not in LINE_ENDINGS or delimiter not in DELIMITERS:
            raise Refused("INVALIDJOB", f"InvalidJob : {line_ending} or {delimiter} is not known")
        if str(order.get("contentType") or "CSV").upper() != "CSV":
            raise Refused("INVALIDJOB", "InvalidJob : contentType must be CSV")
        job = Job(
            self._ids.next(),
            kind,
            str(order.get("operation")),
            sobject,
            version,
            self._clock.now(),
            user_id,
            line_ending,
            delimiter,
            order.get("externalIdFieldName"),
            order.get("query"),
        )
        self._all[job.id] = job
        return job

    def known(self, kind: str, text: str) -> Job:
        job = self._all.get(full_id(text) or "")
        if job is None or job.kind != kind:
            raise not_found()
        return job

    def all(self, kind: str) -> list[Job]:
        return [each for each in self._all.values() if each.kind == kind]

    def start(self, job: Job, work: Callable[[Job], None]) -> None:
        """`work` is done later, unless the job has been aborted by then. A refusal fails the job."""
        self.move(job, "UploadComplete")

        def run() -> None:
            if job.state != "UploadComplete":
                return
            try:
                work(job)
                self.move(job, "JobComplete")
            except Refused as refused:
                job.error = refused.message
                self.move(job, "Failed")

        self._later.after(self._seconds, run)

    def move(self, job: Job, state: str) -> None:
        job.state = state
        job.changed = self._clock.now()

    def abort(self, job: Job) -> None:
        if job.over:
            raise Refused("INVALIDJOBSTATE", f"Aborting already {job.state} Job not allowed")
        self.move(job, "Aborted")

    def delete(self, job: Job) -> None:
        if job.state in ("Open", "InProgress"):
            raise Refused(
                "INVALIDJOBSTATE",
                "InvalidJobState : Job must be in one of the UploadComplete, JobComplete, Aborted, Failed states",
            )
        del self._all[job.id]
