"""One row among many: how collections and bulk jobs save it, and what they tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_worker.sandbox.salesforce.call import Parts
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.ids import full_id
from sync_worker.sandbox.salesforce.schema import Field, SObject
from sync_worker.sandbox.salesforce.values import key_of

Values = dict[str, Any]
Result = dict[str, Any]


def create(org: Parts, sobject: SObject, values: Mapping[str, Any]) -> Result:
    if any(name.lower() == "id" for name in values):
        raise Refused(
            "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"]
        )
    return _done(org.rows.create(sobject, values))


def change(org: Parts, sobject: SObject, values: Values) -> Result:
    wanted = take(values, "Id")
    if wanted is None:
        raise Refused("MISSING_ARGUMENT", "Id not specified in an update call")
    known = _id_of(sobject, wanted)
    _refuse_unknown(org, sobject, known)
    org.rows.change(sobject, known, values)
    return _done(known)


def delete(org: Parts, text: str) -> Result:
    known = full_id(text)
    sobject = org.schema.of_id(known) if known else None
    if known is None or sobject is None:
        raise Refused("MALFORMED_ID", f"malformed id {text}")
    _refuse_unknown(org, sobject, known)
    org.rows.delete(sobject, known)
    return _done(known)


class Upserts:
    """Upserts of one call by one field. The second of two equal external ids is refused."""

    def __init__(self, org: Parts, sobject: SObject, field: Field) -> None:
        self._org = org
        self._sobject = sobject
        self._field = field
        self._seen: set[Any] = set()

    def save(self, values: Values) -> Result:
        field = self._field
        if field.name != "Id" and any(name.lower() == "id" for name in values):
            raise Refused(
                "INVALID_FIELD",
                "cannot specify both an external ID reference and a salesforce id",
                ["Id"],
            )
        value = take(values, field.name)
        if value in (None, "") and field.name != "Id":
            raise Refused("MISSING_ARGUMENT", f"{field.name} not specified")
        self._refuse_repeated(value)
        return self._upserted(value, values)

    def _upserted(self, value: Any, values: Values) -> Result:
        org, sobject, field = self._org, self._sobject, self._field
        found = [] if value in (None, "") else org.rows.with_external_id(sobject, field, value)
        if len(found) > 1:
            raise Refused(
                "DUPLICATE_EXTERNAL_ID",
                f"More than one record found for external id field: {found}",
                [field.name],
            )
        if field.name == "Id" and value and not found:
            _refuse_unknown(org, sobject, _id_of(sobject, value))
        if found:
            org.rows.change(sobject, found[0], values)
            return {**_done(found[0]), "created": False}
        given = values if field.name == "Id" else {**values, field.name: value}
        return {**_done(org.rows.create(sobject, given)), "created": True}

    def _refuse_repeated(self, value: Any) -> None:
        key = key_of(self._field, value)
        if value is not None and key in self._seen:
            raise Refused(
                "DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [self._field.name]
            )
        self._seen.add(key)


def take(values: Values, name: str) -> Any:
    """Takes a key out, whatever its case; the platform reads `id` and `Id` alike."""
    for key in list(values):
        if key.lower() == name.lower():
            return values.pop(key)
    return None


def _id_of(sobject: SObject, text: Any) -> str:
    known = full_id(text) if isinstance(text, str) else None
    if known is None or known[:3] != sobject.prefix:
        raise Refused(
            "MALFORMED_ID", f"{sobject.label} ID: id value of incorrect type: {text}", ["Id"]
        )
    return known


def _refuse_unknown(org: Parts, sobject: SObject, known: str) -> None:
    table = org.store.table(sobject)
    if known in table.bin:
        raise Refused("ENTITY_IS_DELETED", "entity is deleted")
    if known not in table.live:
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")


def _done(known: str) -> Result:
    return {"id": known, "success": True, "errors": []}
