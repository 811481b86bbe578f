"""Ingest jobs: rows come in as CSV, are saved one by one by the same rules as any other, and told apart afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.salesforce import saves
from sync_worker.sandbox.salesforce.answers import answer, no_content
from sync_worker.sandbox.salesforce.bulk.jobs import INGEST, Job
from sync_worker.sandbox.salesforce.bulk.sheets import Sheet
from sync_worker.sandbox.salesforce.call import Call, Parts, Routes, parse_json
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.multipart import parts_of
from sync_worker.sandbox.salesforce.schema import Field, SObject
from sync_worker.sandbox.salesforce.values import read_value

OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
ROWS_OF_A_CHUNK = 200  # what triggers see at once; equal external ids are refused inside one


def create(call: Call) -> Response:
    """A job, or a job with its rows at once in a second part."""
    if "multipart" not in call.request.headers.get("content-type", ""):
        return answer(_opened(call, call.record_body()).described())
    parts = parts_of(call.request)
    if set(parts) != {"job", "content"}:
        raise Refused("INVALIDJOB", "InvalidJob : the parts must be named job and content")
    job = _opened(call, parse_json(parts["job"].body))
    job.content = _text(parts["content"].body)
    _start(call, job)
    return answer(job.described())


def jobs(call: Call) -> Response:
    found = [each.described() for each in call.org.jobs.all(INGEST)]
    return answer({"done": True, "records": found, "nextRecordsUrl": None})


def read(call: Call) -> Response:
    return answer(_job(call).described(fully=True))


def upload(call: Call) -> Response:
    job = _job(call)
    if job.state != "Open":
        raise Refused("INVALIDJOBSTATE", f"InvalidJobState : Job is in state {job.state}")
    if job.content is not None:
        raise Refused(
            "CLIENTINPUTERROR",
            f"ClientInputError : Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete'"
            " the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.",
        )
    job.content = _text(call.request.body)
    return Response(201)


def move(call: Call) -> Response:
    job, state = _job(call), call.record_body().get("state")
    if state == "Aborted":
        if job.content is not None:
            job.unprocessed = Sheet.read(job.content, job.delimiter, job.line_ending)
        call.org.jobs.abort(job)
    elif state == "UploadComplete" and job.state == "Open":
        _start(call, job)
    else:
        raise Refused("INVALIDJOBSTATE", f"Closing already {job.state} Job not allowed")
    return answer(job.described())


def delete(call: Call) -> Response:
    call.org.jobs.delete(_job(call))
    return no_content()


def successes(call: Call) -> Response:
    return _sheet(_job(call), _job(call).successes)


def failures(call: Call) -> Response:
    return _sheet(_job(call), _job(call).failures)


def unprocessed(call: Call) -> Response:
    return _sheet(_job(call), _job(call).unprocessed)


ROUTES: Routes = {
    "jobs/ingest": {"GET": jobs, "POST": create},
    "jobs/ingest/{}": {"GET": read, "PATCH": move, "DELETE": delete},
    "jobs/ingest/{}/batches": {"PUT": upload},
    "jobs/ingest/{}/successfulResults": {"GET": successes},
    "jobs/ingest/{}/failedResults": {"GET": failures},
    "jobs/ingest/{}/unprocessedrecords": {"GET": unprocessed},
}


def _opened(call: Call, order: dict[str, Any]) -> Job:
    if order.get("operation") not in OPERATIONS:
        known = ", ".join(OPERATIONS)
        raise Refused("INVALIDJOB", f"InvalidJob : operation must be one of {known}")
    name = str(order.get("object") or "")
    sobject = call.org.schema.find(name)
    if sobject is None or not call.org.access.may("read", sobject):
        raise Refused(
            "INVALIDENTITY", f"InvalidEntity : Entity '{name}' is not supported by the Bulk API."
        )
    key = sobject.find(str(order.get("externalIdFieldName") or ""))
    if order["operation"] == "upsert" and (
        key is None or not (key.external_id or key.name == "Id")
    ):
        raise Refused(
            "INVALIDJOB",
            f"InvalidJob : External ID was blank or is no external id field of {sobject.name}."
            " An External ID must be specified for upsert.",
        )
    return call.org.jobs.open(INGEST, order, sobject.name, call.version, call.org.user_id)


def _start(call: Call, job: Job) -> None:
    def work(job: Job) -> None:
        # The org may have been set up anew while the job waited: its parts are asked for now.
        _Ingesting(call.org.then(), job).run()

    call.org.jobs.start(job, work)


class _Ingesting:
    """One job at work."""

    def __init__(self, org: Parts, job: Job) -> None:
        self._org = org
        self._job = job
        self._sobject = org.schema.get(job.sobject)

    def run(self) -> None:
        job = self._job
        job.unprocessed = Sheet.read(job.content or "", job.delimiter, job.line_ending)
        rows = job.unprocessed.rows
        self._refuse_columns(job.unprocessed.header)
        job.successes = job.unprocessed.with_columns("sf__Id", "sf__Created")
        job.failures = job.unprocessed.with_columns("sf__Id", "sf__Error")
        for start in range(0, len(rows), ROWS_OF_A_CHUNK):
            save = self._saver()
            for row in rows[start : start + ROWS_OF_A_CHUNK]:
                self._save(row, save)
        job.unprocessed = Sheet(job.unprocessed.header)

    def _save(self, row: list[str], save: Callable[[dict[str, Any]], saves.Result]) -> None:
        job, store = self._job, self._org.store
        values: dict[str, Any] = {}
        mark = store.mark()
        job.processed += 1
        try:
            values = self._values(row)
            record_id = values.get("Id", "")
            result = save(dict(values))
        except Refused as refused:
            store.take_back(mark)
            job.failures.add(str(values.get("Id") or ""), _error(refused), row=row)
            return
        created = result.get("created", job.operation == "insert")
        job.successes.add(result["id"] or record_id, str(created).lower(), row=row)

    def _saver(self) -> Callable[[dict[str, Any]], saves.Result]:
        org, sobject, job = self._org, self._sobject, self._job
        if job.operation == "insert":
            return lambda values: saves.create(org, sobject, values)
        if job.operation == "update":
            return lambda values: saves.change(org, sobject, values)
        if job.operation == "upsert":
            return saves.Upserts(org, sobject, sobject.known(job.external_id or "")).save
        return lambda values: saves.delete(org, str(values.get("Id") or ""))

    def _refuse_columns(self, header: list[str]) -> None:
        for name in header:
            field, _, _ = name.partition(".")
            if self._field(name) is None and self._sobject.parent_field(field) is None:
                raise _no_field(name)
        key = {"insert": None, "upsert": self._job.external_id}.get(self._job.operation, "Id")
        if key and header and key.lower() not in [each.lower() for each in header]:
            raise _no_field(key)

    def _field(self, name: str) -> Field | None:
        field = self._sobject.find(name)
        return field if field and self._org.access.may_read(self._sobject, field) else None

    def _values(self, row: list[str]) -> dict[str, Any]:
        """Empty cells say nothing; #N/A empties a field; `Parent__r.Key__c` names a parent by its external id."""
        values: dict[str, Any] = {}
        for name, text in zip(self._job.unprocessed.header, row, strict=True):
            if text == "":
                continue
            value = None if text == "#N/A" else text
            parent, dot, key = name.partition(".")
            if dot:
                values[parent] = {key: value}
                continue
            field = self._sobject.known(name)
            values[field.name] = None if value is None else _readable(self._sobject, field, value)
        return values


def _readable(sobject: SObject, field: Field, text: str) -> str:
    """The text, if it can be read as the field's type: in CSV everything is text, and 1 is true."""
    if field.type == "boolean" and text in ("0", "1"):
        text = "true" if text == "1" else "false"
    try:
        read_value(field, text)
    except Refused as refused:
        if refused.code != "JSON_PARSER_ERROR":
            return text  # saving says why, in its turn
        raise Refused(
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            f"{field.label}: value not of required type: {text}",
            [field.name],
        ) from None
    return text


def _error(refused: Refused) -> str:
    named = " ".join(refused.fields or [])
    return f"{refused.code}:{refused.message}:{named}{' ' if named else ''}--"


def _no_field(name: str) -> Refused:
    return Refused("INVALIDBATCH", f"InvalidBatch : Field name not found : {name}")


def _job(call: Call) -> Job:
    return call.org.jobs.known(INGEST, call.names[0])


def _sheet(job: Job, sheet: Sheet) -> Response:
    text = sheet.written(job.delimiter, job.line_ending)
    return Response(200, {"Content-Type": "text/csv"}, text.encode())


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("CLIENTINPUTERROR", "ClientInputError : the data is not UTF-8") from None
