"""Saving one row by the platform's order: read the values, fill defaults, check, validate, store, roll up.

Whatever is refused raises Refused and must be taken back by whoever opened the transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce import files
from sync_worker.sandbox.salesforce.access import Access
from sync_worker.sandbox.salesforce.errors import Refused, not_writable
from sync_worker.sandbox.salesforce.formula_functions import Outside
from sync_worker.sandbox.salesforce.rollups import Rollups
from sync_worker.sandbox.salesforce.schema import Field, Schema, SObject
from sync_worker.sandbox.salesforce.store import Store, Table
from sync_worker.sandbox.salesforce.values import Row, Value, key_of, read_value, stamp

# What a row in the recycle bin has besides its fields: the parent that took it along.
_WENT_WITH = "(went with)"
_IN_THE_BIN = frozenset({"IsDeleted", _WENT_WITH})


class Rows:
    """Creates, changes and deletes rows as one user. `user_id` signs what is written."""

    def __init__(
        self,
        schema: Schema,
        store: Store,
        access: Access,
        outside: Outside,
        clock: Clock,
        user_id: str,
        *,
        rollups_move_last_modified: bool = False,
    ) -> None:
        self._schema = schema
        self._store = store
        self._access = access
        self._outside = outside
        self._clock = clock
        self._user_id = user_id
        self._rollups = Rollups(schema, store, outside)
        self._rollups_move_last_modified = rollups_move_last_modified
        self._locks: dict[str, int] = {}
        self._defaults: dict[str, Row] = {}
        self._auto_numbers: dict[str, list[Field]] = {}

    def create(self, sobject: SObject, values: Mapping[str, Any]) -> str:
        self._allow("create", sobject)
        given = self._given(sobject, values, creating=True)
        table = self._store.table(sobject)
        row = self._new(table, given, stamp(self._clock.now()))
        if sobject.name == files.VERSION:
            files.complete(row)
        _refuse_missing(sobject, row)
        self._check(table, row, None, given)
        if sobject.name == files.VERSION:
            files.publish(row, self._schema, self._store, self._made)
        self._store.put(table, row["Id"], row)
        self._roll_up(sobject, row)
        return str(row["Id"])

    def change(self, sobject: SObject, record_id: str, values: Mapping[str, Any]) -> None:
        self._allow("edit", sobject)
        table = self._store.table(sobject)
        before = self.existing(sobject, record_id)
        given = self._given(sobject, values, creating=False, before=before)
        now = stamp(self._clock.now())
        signed = {"LastModifiedDate": now, "LastModifiedById": self._user_id, "SystemModstamp": now}
        row = {**_fallback_name(sobject, record_id), **_merged(before, {**given, **signed})}
        _refuse_missing(sobject, row)
        self._check(table, row, before, given)
        self._store.put(table, record_id, row)
        self._roll_up(sobject, before, row)

    def delete(self, sobject: SObject, record_id: str) -> None:
        """To the recycle bin, and the details with it; look-ups to it are emptied."""
        self._allow("delete", sobject)
        self._remove(sobject, self.existing(sobject, record_id))

    def undelete(self, sobject: SObject, record_id: str) -> None:
        """Out of the recycle bin again, with the details that went there with it."""
        table = self._store.table(sobject)
        kept = (each for each in table.bin[record_id].items() if each[0] not in _IN_THE_BIN)
        row: Row = {**dict(kept), "SystemModstamp": stamp(self._clock.now())}
        self._refuse_duplicates(table, row, None)
        self._store.put(table, record_id, row)
        for child in sobject.children:
            below = self._store.table(child.sobject)
            if child.field.name not in below.below:
                continue
            for each in below.binned_children(child.field, record_id):
                if below.bin[each].get(_WENT_WITH) == record_id:
                    self.undelete(child.sobject, each)
        self._roll_up(sobject, row)

    def existing(self, sobject: SObject, record_id: str) -> Row:
        table = self._store.table(sobject)
        row = table.get(record_id)
        if row is None and record_id in table.bin:
            raise Refused("ENTITY_IS_DELETED", "entity is deleted", [])
        if row is None:
            raise Refused("NOT_FOUND", "The requested resource does not exist")
        return row

    def load(self, sobject: SObject, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Many rows at once without rules or permissions; system dates may be given. Roll-ups come right at the end."""
        if sobject.name == files.VERSION:
            return [self.create(sobject, values) for values in rows]
        table, now = self._store.table(sobject), stamp(self._clock.now())
        readers = {each.name.lower(): each for each in sobject.fields}
        ids: list[str] = []
        for values in rows:
            given = {
                (field := readers[name.lower()]).name: read_value(field, raw)
                for name, raw in values.items()
            }
            row = self._new(table, given, now)
            self._refuse_duplicates(table, row, None)
            table.put(row["Id"], row)
            ids.append(row["Id"])
        self._roll_up_all(sobject, ids)
        return ids

    def gather_all(self) -> None:
        """Every roll-up anew, as after a change of the schema."""
        for detail in self._schema.objects.values():
            for parent in self._rollups.parents(detail):
                table = self._store.table(parent)
                for row in table.every():
                    changed = self._rollups.recomputed(detail, parent, row)
                    if changed:
                        table.put(row["Id"], _merged(row, changed))

    def lock(self, ids: Iterable[str], times: int) -> None:
        """The next so many writes to each of these rows, or to details of theirs, find it locked by another user."""
        self._locks.update(dict.fromkeys(ids, times))

    def forget_locks(self) -> None:
        self._locks.clear()

    def _allow(self, verb: str, sobject: SObject) -> None:
        if not self._access.may("read", sobject):
            raise Refused("NOT_FOUND", "The requested resource does not exist")
        if not self._access.may(verb, sobject):
            raise Refused(
                "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", []
            )

    def _given(
        self,
        sobject: SObject,
        values: Mapping[str, Any],
        *,
        creating: bool,
        before: Row | None = None,
    ) -> dict[str, Value]:
        """The values of a request by canonical field name, read and allowed."""
        given: dict[str, Value] = {}
        closed: list[str] = []
        for name, raw in values.items():
            if name.lower() == "attributes":
                continue
            field, named = self._named(sobject, name, raw)
            value = read_value(field, named)
            if field.name == "Id" or not self._open(sobject, field, value, creating, before):
                closed.append(field.name)
                continue
            given[field.name] = False if value is None and field.type == "boolean" else value
        if closed:
            raise not_writable(closed)
        return given

    def _named(self, sobject: SObject, name: str, raw: Any) -> tuple[Field, Any]:
        """The field of that name; a parent given by its external id becomes the look-up's id."""
        field = sobject.find(name)
        if field and self._access.may_read(sobject, field):
            return field, raw
        lookup = sobject.parent_field(name)
        if lookup and isinstance(raw, dict):
            return lookup, self._by_external_id(lookup, raw)
        raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")

    def _by_external_id(self, lookup: Field, raw: dict[str, Any]) -> str:
        parent = self._schema.get(lookup.reference_to[0])
        keys = {name: value for name, value in raw.items() if name.lower() != "attributes"}
        name, value = next(iter(keys.items()), ("", None))
        field = parent.find(name)
        if len(keys) != 1 or field is None or not (field.external_id or field.name == "Id"):
            raise Refused(
                "INVALID_FIELD",
                f"Foreign key external ID not specified or more than one specified for {lookup.relationship}",
            )
        found = self.with_external_id(parent, field, value)
        if not found:
            raise Refused(
                "INVALID_FIELD",
                f"Foreign key external ID: {value} not found for field {field.name} in entity {parent.name}",
                [],
            )
        return found[0]

    def with_external_id(self, sobject: SObject, field: Field, value: Any) -> list[str]:
        """Ids of the live rows that hold the value; more than one only where the field is not unique."""
        wanted, table = read_value(field, value), self._store.table(sobject)
        if field.name == "Id":
            return [wanted] if wanted in table.live else []
        if field.unique:
            holder = table.holder(field, wanted)
            return [holder] if holder else []
        key = key_of(field, wanted)
        return [row["Id"] for row in table.every() if key_of(field, row.get(field.name)) == key]

    def _open(
        self, sobject: SObject, field: Field, value: Value, creating: bool, before: Row | None
    ) -> bool:
        if not (field.createable if creating else field.updateable):
            return False
        if before is not None and field.master and not field.reparentable:
            return bool(value == before.get(field.name))
        return self._access.may_edit(sobject, field)

    def _new(self, table: Table, given: Mapping[str, Value], now: str) -> Row:
        sobject, record_id = table.sobject, table.ids.next()
        created = given.get("CreatedDate") or now
        changed = given.get("LastModifiedDate") or created
        row: Row = {
            **self._defaults_of(sobject),
            "Id": record_id,
            "CreatedDate": created,
            "CreatedById": self._user_id,
            "LastModifiedDate": changed,
            "LastModifiedById": self._user_id,
            "SystemModstamp": given.get("SystemModstamp") or changed,
        }
        for name, value in given.items():
            if value is None:
                row.pop(name, None)
            else:
                row[name] = value
        if "Name" not in row:
            row.update(_fallback_name(sobject, record_id))
        for field in self._numbered(sobject):
            table.last_number += 1
            row[field.name] = auto_number(field.auto_number or "{0}", table.last_number)
        return row

    def _made(self, name: str, values: Row) -> str:
        """A row that the platform makes by itself."""
        table = self._store.table(self._schema.get(name))
        row = self._new(table, values, stamp(self._clock.now()))
        self._store.put(table, row["Id"], row)
        return str(row["Id"])

    def _defaults_of(self, sobject: SObject) -> Row:
        """What every new row of the object starts with, worked out once."""
        if sobject.name not in self._defaults:
            row = {each.name: each.default for each in sobject.fields if each.default is not None}
            row.update(self._rollups.initial(sobject))
            if sobject.find("OwnerId"):
                row["OwnerId"] = self._user_id
            self._defaults[sobject.name] = row
        return self._defaults[sobject.name]

    def _numbered(self, sobject: SObject) -> list[Field]:
        if sobject.name not in self._auto_numbers:
            self._auto_numbers[sobject.name] = [each for each in sobject.fields if each.auto_number]
        return self._auto_numbers[sobject.name]

    def _check(
        self, table: Table, row: Row, before: Row | None, given: Mapping[str, Value]
    ) -> None:
        self._refuse_bad_references(table.sobject, row, given)
        self._wait_for_locks(table.sobject, row)
        self._validate(table.sobject, row, before)
        self._refuse_duplicates(table, row, before)

    def _refuse_bad_references(
        self, sobject: SObject, row: Row, given: Mapping[str, Value]
    ) -> None:
        for name, value in given.items():
            field = sobject.find(name)
            if field is None or field.type != "reference" or value is None:
                continue
            target = self._schema.of_id(value)
            if target is None or target.name not in field.reference_to:
                raise Refused(
                    "FIELD_INTEGRITY_EXCEPTION",
                    f"{field.label}: id value of incorrect type: {value}",
                    [field.name],
                )
            table = self._store.table(target)
            if value in table.bin:
                raise Refused("ENTITY_IS_DELETED", "entity is deleted", [], 400)
            if value not in table.live:
                raise Refused(
                    "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name]
                )

    def _wait_for_locks(self, sobject: SObject, row: Row) -> None:
        if not self._locks:
            return
        masters = [row.get(each.name) for each in sobject.fields if each.type == "reference"]
        for each in (row["Id"], *masters):
            if self._locks.get(each, 0) > 0:
                self._locks[each] -= 1
                raise Refused(
                    "UNABLE_TO_LOCK_ROW",
                    f"unable to obtain exclusive access to this record or 1 records: {each}",
                    [],
                )

    def _validate(self, sobject: SObject, row: Row, before: Row | None) -> None:
        for rule in sobject.rules:
            if rule.condition.of(row, self._outside, before):
                raise Refused(
                    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                    rule.message,
                    [rule.error_field] if rule.error_field else [],
                )

    def _refuse_duplicates(self, table: Table, row: Row, before: Row | None) -> None:
        for field in table.unique_fields:
            name = field.name
            value = row.get(name)
            if value is None or (before is not None and before.get(name) == value):
                continue
            holder = table.holder(field, value)
            if holder and holder != row["Id"]:
                raise Refused(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {name} duplicates value on record with id: {holder[:15]}",
                    [],
                )

    def _remove(self, sobject: SObject, row: Row, parent_id: str | None = None) -> None:
        record_id = row["Id"]
        self._wait_for_locks(sobject, row)
        for child in sobject.children:
            table = self._store.table(child.sobject)
            if child.field.name not in table.below:
                continue
            for each in table.children(child.field, record_id):
                self._let_go(child.sobject, child.field, each, record_id)
        now = stamp(self._clock.now())
        gone = {**row, "IsDeleted": True, "LastModifiedDate": now, "SystemModstamp": now}
        if parent_id is not None:
            gone[_WENT_WITH] = parent_id
        self._store.put(self._store.table(sobject), record_id, gone)
        self._roll_up(sobject, row)

    def _let_go(self, sobject: SObject, lookup: Field, record_id: str, parent_id: str) -> None:
        if lookup.delete_constraint == "Cascade":
            row = self._store.table(sobject).get(record_id)
            if row is not None:
                self._remove(sobject, row, parent_id)
        elif lookup.delete_constraint == "Restrict":
            raise Refused(
                "DELETE_FAILED",
                "Your attempt to delete the record could not be completed because it is associated with the"
                f" following {sobject.plural.lower()}.: {record_id}",
                [],
            )
        else:
            table = self._store.table(sobject)
            self._store.put(table, record_id, _merged(table.live[record_id], {lookup.name: None}))

    def _roll_up(self, detail: SObject, *versions: Row | None) -> None:
        for parent, parent_id in self._rollups.masters(detail, *versions):
            table = self._store.table(parent)
            before = table.get(parent_id)
            changed = self._rollups.recomputed(detail, parent, before) if before else {}
            if before and changed:
                row = _merged(before, {**changed, **self._touched()})
                self._validate(
                    parent, row, before
                )  # a rule on the parent can refuse the child's save
                self._store.put(table, parent_id, row)
                self._roll_up(parent, before, row)

    def _touched(self) -> dict[str, Value]:
        now = stamp(self._clock.now())
        moved = {"SystemModstamp": now}
        if self._rollups_move_last_modified:
            moved["LastModifiedDate"] = now
        return moved

    def _roll_up_all(self, detail: SObject, ids: list[str]) -> None:
        table = self._store.table(detail)
        touched = {
            (parent.name, parent_id): parent
            for each in ids
            for parent, parent_id in self._rollups.masters(detail, table.live[each])
        }
        for (_, parent_id), parent in touched.items():
            parents = self._store.table(parent)
            row = parents.live.get(parent_id)
            changed = self._rollups.recomputed(detail, parent, row) if row else {}
            if row and changed:
                parents.put(parent_id, _merged(row, changed))


def auto_number(shape: str, number: int) -> str:
    """`ILI - {000000}` and 189 make `ILI - 000189`."""
    return re.sub(r"\{(0+)\}", lambda match: f"{number:0{len(match[1])}}", shape)


def last_modified(row: Row) -> str:
    """Links of files have no date of their own for it."""
    return str(row.get("LastModifiedDate") or row["SystemModstamp"])


def changed_since(row: Row, moment: datetime) -> bool:
    """Whether the row was changed after that second."""
    return last_modified(row) > stamp(moment)


def _fallback_name(sobject: SObject, record_id: str) -> Row:
    """A custom object's text name that was left empty is the record's own id."""
    name = sobject.name_field
    return {"Name": record_id} if sobject.custom and name and not name.auto_number else {}


def _merged(before: Row, changes: Mapping[str, Value]) -> Row:
    row = {**before, **changes}
    for name, value in changes.items():
        if value is None:
            del row[name]
    return row


def _refuse_missing(sobject: SObject, row: Row) -> None:
    missing = [
        each.name
        for each in sobject.fields
        if (each.required or (each.name_field and each.createable)) and row.get(each.name) is None
    ]
    if missing:
        raise Refused(
            "REQUIRED_FIELD_MISSING",
            f"Required fields are missing: [{', '.join(missing)}]",
            missing,
        )
