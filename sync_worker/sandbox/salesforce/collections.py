"""Up to 200 rows in one call: create, change, upsert, delete and retrieve, each row with a result of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.salesforce import saves
from sync_worker.sandbox.salesforce.answers import answer, answer_text
from sync_worker.sandbox.salesforce.call import Call, Routes, external_id_field
from sync_worker.sandbox.salesforce.errors import Refused, unknown_object
from sync_worker.sandbox.salesforce.ids import full_id
from sync_worker.sandbox.salesforce.records import readable_fields, record_text
from sync_worker.sandbox.salesforce.saves import Result
from sync_worker.sandbox.salesforce.schema import SObject

MOST_ROWS = 200
MOST_CHUNKS = 10
MOST_RETRIEVED = 2000
Save = Callable[[dict[str, Any]], Result]


def create(call: Call) -> Response:
    def save(record: dict[str, Any]) -> Result:
        return saves.create(call.org, *_typed(call, record))

    return _each(call, *_body(call), save)


def change(call: Call) -> Response:
    def save(record: dict[str, Any]) -> Result:
        return saves.change(call.org, *_typed(call, record))

    return _each(call, *_body(call), save)


def upsert(call: Call) -> Response:
    """One object, the external id inside each record. The second of two equal external ids in one call is refused."""
    sobject = call.sobject()
    upserts = saves.Upserts(call.org, sobject, external_id_field(call, sobject, call.names[1]))

    def save(record: dict[str, Any]) -> Result:
        named, values = _typed(call, record)
        if named is not sobject:
            raise Refused("INVALID_TYPE", f"Record type {named.name} does not match {sobject.name}")
        return upserts.save(values)

    return _each(call, *_body(call), save)


def delete(call: Call) -> Response:
    ids = [each for each in (call.request.parameter("ids") or "").split(",") if each]
    if not ids:
        raise Refused("INVALID_FIELD", "The ids parameter is required")
    _refuse_too_many(ids)
    records = [{"id": each} for each in ids]
    return _each(
        call, records, call.flag("allOrNone"), lambda record: saves.delete(call.org, record["id"])
    )


def retrieve(call: Call) -> Response:
    """By query parameters or by a body, in the order asked; what is not there is null."""
    sobject = call.sobject()
    if call.request.method == "POST":
        body = call.record_body()
        ids, names = body.get("ids") or [], body.get("fields") or []
    else:
        ids = [each for each in (call.request.parameter("ids") or "").split(",") if each]
        names = [each for each in (call.request.parameter("fields") or "").split(",") if each]
    if not ids or not names:
        raise Refused("JSON_PARSER_ERROR", "ids and fields are required")
    if len(ids) > MOST_RETRIEVED:
        raise _over_limit(MOST_RETRIEVED)
    fields = readable_fields(call, sobject, names)
    table = call.org.store.table(sobject)
    rows = [table.get(full_id(each) or "") for each in ids]
    texts = [record_text(call, sobject, row, fields) if row else "null" for row in rows]
    return answer_text(f"[{','.join(texts)}]")


ROUTES: Routes = {
    "composite/sobjects": {"POST": create, "PATCH": change, "DELETE": delete},
    "composite/sobjects/{}": {"GET": retrieve, "POST": retrieve},
    "composite/sobjects/{}/{}": {"PATCH": upsert},
}


def _body(call: Call) -> tuple[list[Any], bool]:
    body = call.record_body()
    records = body.get("records")
    if not isinstance(records, list):
        raise Refused("JSON_PARSER_ERROR", "records is required in the request body")
    _refuse_too_many(records)
    return records, bool(body.get("allOrNone", False))


def _each(call: Call, records: list[Any], all_or_none: bool, save: Save) -> Response:
    """Saves in order. A row that fails leaves nothing; with allOrNone one failure takes all of them back."""
    _refuse_many_types(records)
    store = call.org.store
    start = store.mark()
    results = []
    for record in records:
        mark = store.mark()
        try:
            results.append(save(_object(record)))
        except Refused as refused:
            store.take_back(mark)
            results.append({"success": False, "errors": [refused.as_row()]})
    if all_or_none and not all(each["success"] for each in results):
        store.take_back(start)
        results = [_rolled_back(each) for each in results]
    return answer(results)


def _object(record: Any) -> dict[str, Any]:
    if isinstance(record, dict):
        return record
    raise Refused("JSON_PARSER_ERROR", "each record must be a JSON object")


def _rolled_back(result: Result) -> Result:
    if not result["success"]:
        return result
    reason = Refused(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
    )
    # No id: the guide's page on creating by collections shows none beside this reason.
    return {"success": False, "errors": [reason.as_row()]}


def _typed(call: Call, record: dict[str, Any]) -> tuple[SObject, dict[str, Any]]:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not name:
        raise Refused("INVALID_TYPE", "The type attribute is required for each record")
    sobject = call.org.schema.find(str(name))
    if sobject is None or not call.org.access.may("read", sobject):
        raise unknown_object(str(name))
    return sobject, {key: value for key, value in record.items() if key != "attributes"}


def _refuse_too_many(records: list[Any]) -> None:
    if len(records) > MOST_ROWS:
        raise _over_limit(MOST_ROWS)


def _over_limit(most: int) -> Refused:
    return Refused(
        "EXCEEDED_ID_LIMIT",
        f"record limit reached. cannot submit more than {most} records into this call",
    )


def _refuse_many_types(records: list[Any]) -> None:
    """Records are worked on in runs of one type, and a call may have ten runs."""
    kinds = [
        str((each.get("attributes") or {}).get("type")).lower()
        for each in records
        if isinstance(each, dict) and isinstance(each.get("attributes") or {}, dict)
    ]
    chunks = sum(1 for place, kind in enumerate(kinds) if place == 0 or kinds[place - 1] != kind)
    if chunks > MOST_CHUNKS:
        raise Refused(
            "LIMIT_EXCEEDED",
            f"Cannot have more than {MOST_CHUNKS} chunks in a single operation. Please rearrange the data to reduce"
            " chunking.",
        )
