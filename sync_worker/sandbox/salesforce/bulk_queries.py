"""Query jobs: a query is run once, and its rows are fetched as CSV, so many at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.salesforce.answers import answer, no_content
from sync_worker.sandbox.salesforce.bulk.jobs import QUERY, Job
from sync_worker.sandbox.salesforce.bulk.sheets import Sheet
from sync_worker.sandbox.salesforce.call import Call, Parts, Routes
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.soql.binding import Column, own_value
from sync_worker.sandbox.salesforce.soql.plan import Plan
from sync_worker.sandbox.salesforce.soql.selection import columns_of_group
from sync_worker.sandbox.salesforce.soql.syntax import FieldGroup, Path, SoqlError
from sync_worker.sandbox.salesforce.values import Row, Value, number_text

MOST_ROWS = 50_000


def create(call: Call) -> Response:
    order = call.record_body()
    text = str(order.get("query") or "")
    if order.get("operation") not in ("query", "queryAll") or not text.strip():
        raise Refused("INVALIDJOB", "InvalidJob : operation and query must be specified")
    plan = _plan(call.org, order["operation"], text)
    name = plan.scope.sobject.name
    job = call.org.jobs.open(QUERY, order, name, call.version, call.org.user_id)
    call.org.jobs.start(job, lambda job: _run(call.org.then(), job))
    return answer(job.described())


def jobs(call: Call) -> Response:
    found = [each.described() for each in call.org.jobs.all(QUERY)]
    return answer({"done": True, "records": found, "nextRecordsUrl": None})


def read(call: Call) -> Response:
    return answer(_job(call).described(fully=True))


def move(call: Call) -> Response:
    job = _job(call)
    if call.record_body().get("state") != "Aborted":
        raise Refused("INVALIDJOBSTATE", "InvalidJobState : a query job can only be aborted")
    call.org.jobs.abort(job)
    return answer(job.described())


def delete(call: Call) -> Response:
    call.org.jobs.delete(_job(call))
    return no_content()


def results(call: Call) -> Response:
    """`Sforce-Locator` leads to the next rows; the word null ends it."""
    job = _job(call)
    if job.state != "JobComplete":
        raise Refused("INVALIDJOBSTATE", f"InvalidJobState : Job is in state {job.state}")
    start = _offset(call.request.parameter("locator"))
    asked = call.request.parameter("maxRecords") or ""
    count = min(int(asked), MOST_ROWS) if asked.isdigit() and int(asked) else MOST_ROWS
    part = job.found.part(start, count)
    after = start + len(part.rows)
    headers = {
        "Content-Type": "text/csv",
        "Sforce-NumberOfRecords": str(len(part.rows)),
        "Sforce-Locator": _locator(after) if after < len(job.found.rows) else "null",
    }
    return Response(200, headers, part.written(job.delimiter, job.line_ending).encode())


ROUTES: Routes = {
    "jobs/query": {"GET": jobs, "POST": create},
    "jobs/query/{}": {"GET": read, "PATCH": move, "DELETE": delete},
    "jobs/query/{}/results": {"GET": results},
}


def _plan(org: Parts, operation: str, text: str) -> Plan:
    """Rows of one object with their parents are all that a bulk query can ask for."""
    plan = org.queries.plan(text, with_deleted=operation == "queryAll")
    flat = all(isinstance(each.what, (Path, FieldGroup)) for each in plan.query.select)
    if plan.counts_only or plan.grouping or not flat:
        raise Refused("API_ERROR", "Aggregate Relationships not supported in Bulk Query")
    if any(_is_address(plan, each.what) for each in plan.query.select):
        raise Refused("API_ERROR", "Compound address fields are not supported in Bulk Query")
    if plan.query.offset:
        raise Refused("API_ERROR", "OFFSET not supported in Bulk Query")
    return plan


def _is_address(plan: Plan, what: object) -> bool:
    return isinstance(what, Path) and bool(plan.scope.column(what).field.address)


def _run(org: Parts, job: Job) -> None:
    plan = _plan(org, job.operation, job.query or "")
    columns = _columns(plan)
    rows = (row for each in plan.ids() if (row := plan.row(each)))
    job.found = Sheet([name for name, _ in columns])
    job.found.rows = [[_cell(get(row)) for _, get in columns] for row in rows]
    job.processed = len(job.found.rows)


def _columns(plan: Plan) -> list[tuple[str, Callable[[Row], Value]]]:
    found: list[tuple[str, Callable[[Row], Value]]] = []
    for selected in plan.query.select:
        if isinstance(selected.what, FieldGroup):
            try:
                fields = columns_of_group(selected.what, plan.scope, plan.query.limit)
            except SoqlError as problem:
                raise Refused(problem.code, problem.message) from None
            outside = plan.scope.world.outside
            found += [(each.name, own_value(each, outside)) for each in fields if not each.address]
        elif isinstance(selected.what, Path):
            column = plan.scope.column(selected.what)
            found.append((_name(column), column.get))
    return found


def _name(column: Column) -> str:
    return ".".join([*(each.relationship or "" for each in column.climbs), column.field.name])


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return number_text(value)
    text = str(value)
    return text.removesuffix("+0000") + "Z" if text.endswith(".000+0000") else text


def _locator(offset: int) -> str:
    return base64.b64encode(str(offset).encode()).decode().rstrip("=")


def _offset(locator: str | None) -> int:
    if not locator:
        return 0
    try:
        return int(base64.b64decode(locator + "=" * (-len(locator) % 4)))
    except (binascii.Error, ValueError):
        raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator") from None


def _job(call: Call) -> Job:
    return call.org.jobs.known(QUERY, call.names[0])
