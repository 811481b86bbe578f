"""Rows over REST: read, create, change and delete one at a time, by id or by external id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.salesforce import files
from sync_worker.sandbox.salesforce.answers import answer, answer_text, no_content
from sync_worker.sandbox.salesforce.call import (
    Call,
    Routes,
    external_id_field,
    record_id,
    refuse_keys,
)
from sync_worker.sandbox.salesforce.errors import Refused, not_found
from sync_worker.sandbox.salesforce.ids import full_id
from sync_worker.sandbox.salesforce.rows import changed_since, last_modified
from sync_worker.sandbox.salesforce.schema import Field, SObject
from sync_worker.sandbox.salesforce.soql.binding import own_value
from sync_worker.sandbox.salesforce.values import Row, moment_of, stamp, write_json, writer_for


def create(call: Call) -> Response:
    sobject, body = call.sobject(), call.record_body()
    refuse_keys(body, "Id")
    made = call.org.rows.create(sobject, body)
    location = {"Location": f"{call.base}/sobjects/{sobject.name}/{made}"}
    return answer({"id": made, "success": True, "errors": []}, 201, location)


def read(call: Call) -> Response:
    sobject = call.sobject()
    return _read(call, sobject, _named(call, sobject))


def change(call: Call) -> Response:
    sobject, body = call.sobject(), call.record_body()
    row = _named(call, sobject)
    _refuse_if_changed(call, row)
    _refuse_other_versions(call, sobject, row)
    refuse_keys(body, "Id")
    call.org.rows.change(sobject, row["Id"], body)
    return no_content()


def delete(call: Call) -> Response:
    sobject = call.sobject()
    row = _named(call, sobject)
    _refuse_other_versions(call, sobject, row)
    call.org.rows.delete(sobject, row["Id"])
    return no_content()


def read_by_external_id(call: Call) -> Response:
    """Or, behind an id, what a relationship of the row leads to."""
    sobject = call.sobject()
    if _is_id_of(sobject, call.names[1]):
        return _related(call, sobject)
    return _read(call, sobject, _the_one(call, sobject))


def upsert(call: Call) -> Response:
    """Creates or changes by an external id. From API 46 on a change answers 200 with a body."""
    sobject, body = call.sobject(), call.record_body()
    field = external_id_field(call, sobject, call.names[1])
    refuse_keys(body, field.name, "Id")
    found = call.org.rows.with_external_id(sobject, field, call.names[2])
    if len(found) > 1:
        return _several(call, sobject, found)
    if found:
        _refuse_if_changed(call, call.org.rows.existing(sobject, found[0]))
        call.org.rows.change(sobject, found[0], body)
        if float(call.version) < 46:
            return no_content()
        return answer({"id": found[0], "success": True, "errors": [], "created": False})
    if call.flag("updateOnly") or field.name == "Id":
        raise not_found()
    made = call.org.rows.create(sobject, {**body, field.name: call.names[2]})
    location = {"Location": f"{call.base}/sobjects/{sobject.name}/{made}"}
    return answer({"id": made, "success": True, "errors": [], "created": True}, 201, location)


def delete_by_external_id(call: Call) -> Response:
    sobject = call.sobject()
    call.org.rows.delete(sobject, _the_one(call, sobject)["Id"])
    return no_content()


def updated(call: Call) -> Response:
    """By SystemModstamp, so that a roll-up's change counts as well (REST guide, sObject Get Updated)."""
    sobject = call.sobject()
    first, last = _span(call)
    table = call.org.store.table(sobject)
    ids = [
        row["Id"] for row in table.every() if stamp(first) <= row["SystemModstamp"] <= stamp(last)
    ]
    return answer({"ids": ids, "latestDateCovered": stamp(_covered(call, last))})


def deleted(call: Call) -> Response:
    sobject = call.sobject()
    first, last = _span(call)
    gone = [
        {"id": row["Id"], "deletedDate": row["LastModifiedDate"]}
        for row in call.org.store.table(sobject).bin.values()
        if stamp(first) <= row["LastModifiedDate"] <= stamp(last)
    ]
    return answer(
        {
            "deletedRecords": gone,
            "earliestDateAvailable": stamp(_to_the_minute(call.org.clock.now() - BIN_KEEPS)),
            "latestDateCovered": stamp(_covered(call, last)),
        }
    )


def read_bytes(call: Call) -> Response:
    """What a version of a file holds (REST guide, sObject Blob Get)."""
    sobject = call.org.schema.get(files.VERSION)
    row = call.org.rows.existing(sobject, record_id(sobject, call.names[0]))
    kind = {"Content-Type": "application/octetstream"}
    return Response(200, kind, files.bytes_of(row["VersionData"]))


ROUTES: Routes = {
    "sobjects/ContentVersion/{}/VersionData": {"GET": read_bytes},
    "sobjects/{}/updated": {"GET": updated},
    "sobjects/{}/deleted": {"GET": deleted},
    "sobjects/{}/{}": {"GET": read, "PATCH": change, "DELETE": delete},
    "sobjects/{}/{}/{}": {
        "GET": read_by_external_id,
        "PATCH": upsert,
        "DELETE": delete_by_external_id,
    },
}


_TAGGED = "Account"


def record_text(call: Call, sobject: SObject, row: Row, fields: Iterable[Field]) -> str:
    """One row as JSON text with its attributes."""
    cells = "".join(f',"{each.name}":{_cell(call, row, each)}' for each in fields)
    url = f"{call.base}/sobjects/{sobject.name}/{row['Id']}"
    return f'{{"attributes":{{"type":"{sobject.name}","url":"{url}"}}{cells}}}'


def _cell(call: Call, row: Row, field: Field) -> str:
    if field.type == "base64":
        return write_json(files.address(call.base, row))
    return writer_for(field)(own_value(field, call.org.outside)(row))


def readable_fields(call: Call, sobject: SObject, names: str | list[str] | None) -> list[Field]:
    """The fields asked for (always with Id), or all the user may read."""
    visible = [each for each in sobject.fields if call.org.access.may_read(sobject, each)]
    if not names:
        return visible
    wanted = names.split(",") if isinstance(names, str) else names
    known = {each.name.lower(): each for each in visible}
    found: list[Field] = []
    for name in (each.strip() for each in wanted):
        if name.lower() not in known:
            raise Refused(
                "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}"
            )
        if known[name.lower()] not in found:
            found.append(known[name.lower()])
    return found if known["id"] in found else [*found, known["id"]]


def _read(call: Call, sobject: SObject, row: Row) -> Response:
    fields = readable_fields(call, sobject, call.request.parameter("fields"))
    since = call.header_date("if-modified-since")
    if since and not changed_since(row, since):
        return Response(304)
    changed = moment_of(last_modified(row)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"Last-Modified": changed}
    if sobject.name == _TAGGED:
        headers["ETag"] = _tag(row)
        if _tag(row) in _tags(call, "if-none-match"):
            return Response(304, headers)
    return answer_text(record_text(call, sobject, row, fields), 200, headers)


def _is_id_of(sobject: SObject, text: str) -> bool:
    return sobject.find(text) is None and (full_id(text) or "")[:3] == sobject.prefix


def _related(call: Call, sobject: SObject) -> Response:
    """The parent, or the children page by page as a query gives them. A relationship that is empty is not there."""
    row, name = call.org.rows.existing(sobject, record_id(sobject, call.names[1])), call.names[2]
    lookup, child = sobject.parent_field(name), sobject.child(name)
    if child is not None and call.org.access.may("read", child.sobject):
        asked = call.request.parameter("fields")
        names = ",".join(each.name for each in readable_fields(call, child.sobject, asked))
        source, link = child.sobject.name, child.field.name
        text = f"SELECT {names} FROM {source} WHERE {link} = '{row['Id']}'"  # noqa: S608 - nothing is the request's own
        return answer_text(call.org.queries.run(text, call.base, call.batch_size()))
    found = call.org.store.parent(lookup, row) if lookup else None
    if found is None or not call.org.access.may("read", found[0]):
        raise not_found()
    return _read(call, *found)


def _tag(row: Row) -> str:
    """Any change of the row makes another tag."""
    said = json.dumps(row, default=str, sort_keys=True)
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:24]}"'


def _tags(call: Call, header: str) -> list[str]:
    return [each.strip() for each in call.request.headers.get(header, "").split(",") if each]


def _refuse_other_versions(call: Call, sobject: SObject, row: Row) -> None:
    """If-Match and If-None-Match work on Account alone (REST guide, Conditional Requests)."""
    if sobject.name != _TAGGED:
        return
    wanted, unwanted = _tags(call, "if-match"), _tags(call, "if-none-match")
    if (wanted and _tag(row) not in wanted) or _tag(row) in unwanted:
        raise _precondition_failed()


def _named(call: Call, sobject: SObject) -> Row:
    return call.org.rows.existing(sobject, record_id(sobject, call.names[1]))


def _the_one(call: Call, sobject: SObject) -> Row:
    field = external_id_field(call, sobject, call.names[1])
    found = call.org.rows.with_external_id(sobject, field, call.names[2])
    if not found:
        raise not_found()
    return call.org.rows.existing(sobject, found[0])


def _several(call: Call, sobject: SObject, found: list[str]) -> Response:
    return answer([f"{call.base}/sobjects/{sobject.name}/{each}" for each in found], 300)


def _refuse_if_changed(call: Call, row: Row) -> None:
    since = call.header_date("if-unmodified-since")
    if since and changed_since(row, since):
        raise _precondition_failed()


def _precondition_failed() -> Refused:
    return Refused(
        "PRECONDITION_FAILED",
        "One or more of the conditions given in the request header fields evaluated to false when tested"
        " on the server",
    )


BIN_KEEPS = timedelta(days=15)
REMEMBERED = timedelta(days=30)


def _to_the_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _covered(call: Call, last: datetime) -> datetime:
    """Nobody can know yet what is still to happen."""
    return min(last, _to_the_minute(call.org.clock.now()))


def _span(call: Call) -> tuple[datetime, datetime]:
    """Seconds do not count, and 30 days are remembered (REST guide, sObject Get Updated and sObject Get Deleted; the
    replies in restforce/restforce, spec/fixtures/sobject, end in whole minutes)."""

    def moment(name: str) -> datetime:
        text: Any = call.request.parameter(name)
        try:
            # An unescaped + arrives as a space.
            given = datetime.fromisoformat(str(text).replace(" ", "+"))
            return _to_the_minute(given if given.tzinfo else given.replace(tzinfo=UTC))
        except ValueError:
            raise Refused(
                "INVALID_REPLICATION_DATE", f"{name} is not a valid date: {text}"
            ) from None

    first, last = moment("start"), moment("end")
    if last <= first or call.org.clock.now() - first > REMEMBERED:
        raise Refused(
            "INVALID_REPLICATION_DATE",
            "startDate before org replication enabled date or the same as endDate",
        )
    return first, last
