"""Ties the names in a query to fields: parent paths, aliases, and what the user may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sync_worker.sandbox.salesforce.access import Access
from sync_worker.sandbox.salesforce.errors import (
    WSDL_ADVICE,
    unknown_column_text,
    unknown_object_text,
)
from sync_worker.sandbox.salesforce.formula_functions import Outside
from sync_worker.sandbox.salesforce.schema import Field, Schema, SObject
from sync_worker.sandbox.salesforce.soql.syntax import Call, Expression, Path, SoqlError
from sync_worker.sandbox.salesforce.store import Store
from sync_worker.sandbox.salesforce.values import Row, Value, moment_of

MOST_PARENTS = 5
Getter = Callable[[Row], Value]


@dataclass(frozen=True, slots=True)
class World:
    """What queries run over."""

    schema: Schema
    store: Store
    access: Access
    outside: Outside


@dataclass(frozen=True, slots=True)
class Column:
    """A field a query has named: the way to it, and how to read it from a row of the query's object."""

    field: Field
    sobject: SObject
    climbs: tuple[Field, ...]
    get: Getter


class Scope:
    """One FROM: an object, the names it goes by, and columns looked up in it."""

    def __init__(self, world: World, sobject: SObject, aliases: dict[str, tuple[str, ...]]) -> None:
        self.world = world
        self.sobject = sobject
        self._aliases = {sobject.name.lower(): (), **aliases}

    @classmethod
    def of(
        cls,
        world: World,
        source: Path,
        alias: str | None,
        more: tuple[tuple[Path, str], ...] = (),
    ) -> Scope:
        sobject = world.schema.find(source.text)
        if sobject is None or not world.access.may("read", sobject):
            raise SoqlError(unknown_object_text(source.text), source.at, "INVALID_TYPE")
        aliases: dict[str, tuple[str, ...]] = {alias.lower(): ()} if alias else {}
        for path, name in more:
            head, *rest = path.parts
            aliases[name.lower()] = (*aliases.get(head.lower(), ()), *rest)
        return cls(world, sobject, aliases)

    def column(self, path: Path) -> Column:
        """Raises INVALID_FIELD as the platform does, for a missing field and one that is hidden from the user alike."""
        parts = path.parts
        if len(parts) > 1 and parts[0].lower() in self._aliases:
            parts = (*self._aliases[parts[0].lower()], *parts[1:])
        if len(parts) - 1 > MOST_PARENTS:
            raise SoqlError("SOQL parent relationships cannot be more than 5 levels deep", path.at)
        sobject, climbs = self.sobject, []
        for part in parts[:-1]:
            lookup = sobject.parent_field(part)
            parent = self.world.schema.find(lookup.reference_to[0]) if lookup else None
            if lookup is None or parent is None or not self._visible(sobject, lookup):
                raise SoqlError(_unknown_relationship(part, "field path"), path.at, "INVALID_FIELD")
            climbs.append(lookup)
            sobject = parent
        field = sobject.find(parts[-1])
        if field is None or not self._visible(sobject, field):
            raise SoqlError(unknown_column_text(parts[-1], sobject.name), path.at, "INVALID_FIELD")
        return Column(field, sobject, tuple(climbs), self._getter(tuple(climbs), field))

    def parent(self, path: Path) -> Field:
        """The look-up that a TYPEOF names."""
        lookup = self.sobject.parent_field(path.text)
        if lookup is None or not self._visible(self.sobject, lookup):
            raise SoqlError(
                _unknown_relationship(path.text, "field path"), path.at, "INVALID_FIELD"
            )
        return lookup

    def below(self, path: Path) -> tuple[SObject, Field]:
        """The children a sub-select names."""
        child = self.sobject.child(path.parts[-1])
        if child is None or not self.world.access.may("read", child.sobject):
            raise SoqlError(
                _unknown_relationship(path.text, "FROM part of query call"), path.at, "INVALID_TYPE"
            )
        return child.sobject, child.field

    def read(self, expression: Expression) -> tuple[Column, Getter]:
        """A column and the value wanted from it, after the date function around it if there is one."""
        if isinstance(expression, Path):
            column = self.column(expression)
            return column, column.get
        if expression.argument is None or expression.function not in DATE_PARTS:
            raise SoqlError(f"unexpected token: '{expression.function}'", expression.at)
        column = self.column(expression.argument)
        part, get = DATE_PARTS[expression.function], column.get
        zone = self.world.outside.zone if expression.in_zone else UTC

        def read(row: Row) -> Value:
            value = get(row)
            if value is None:
                return None
            moment = moment_of(value)
            return part(moment.astimezone(zone) if moment.tzinfo else moment)

        return column, read

    def _visible(self, sobject: SObject, field: Field) -> bool:
        return self.world.access.may_read(sobject, field)

    def _getter(self, climbs: tuple[Field, ...], field: Field) -> Getter:
        read = own_value(field, self.world.outside)
        store = self.world.store
        for lookup in reversed(climbs):
            read = _climb(store, lookup, read)
        return read


def own_value(field: Field, outside: Outside) -> Getter:
    """How to read a field from a row of its own object."""
    name = field.name
    if field.formula is not None:
        formula = field.formula
        return lambda row: formula.of(row, outside)
    if field.type == "boolean":
        return lambda row: row.get(name, False)
    if field.address:
        return _whole_address(field.address)
    return lambda row: row.get(name)


def _whole_address(head: str) -> Getter:
    """City, country and so on in one object, in the order of the alphabet; null if there is nothing in it."""
    names = {
        part[0].lower() + part[1:]: head + part
        for part in sorted(
            [
                "City",
                "Country",
                "GeocodeAccuracy",
                "Latitude",
                "Longitude",
                "PostalCode",
                "State",
                "Street",
            ]
        )
    }

    def read(row: Row) -> Value:
        found = {part: row.get(name) for part, name in names.items()}
        return found if any(each is not None for each in found.values()) else None

    return read


def is_call(expression: object, *functions: str) -> bool:
    return isinstance(expression, Call) and expression.function in functions


DATE_PARTS: dict[str, Callable[[datetime], Value]] = {
    "CALENDAR_YEAR": lambda day: day.year,
    "CALENDAR_QUARTER": lambda day: (day.month + 2) // 3,
    "CALENDAR_MONTH": lambda day: day.month,
    "DAY_IN_MONTH": lambda day: day.day,
    "DAY_IN_WEEK": lambda day: day.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda day: day.timetuple().tm_yday,
    "DAY_ONLY": lambda day: day.date().isoformat(),
    "FISCAL_YEAR": lambda day: day.year,
    "FISCAL_QUARTER": lambda day: (day.month + 2) // 3,
    "FISCAL_MONTH": lambda day: day.month,
    "WEEK_IN_MONTH": lambda day: (day.day - 1) // 7 + 1,
    "WEEK_IN_YEAR": lambda day: (day.timetuple().tm_yday - 1) // 7 + 1,
    "HOUR_IN_DAY": lambda day: day.hour,
}


def _climb(store: Store, lookup: Field, read: Getter) -> Getter:
    def climb(row: Row) -> Value:
        found = store.parent(lookup, row)
        return read(found[1]) if found else None

    return climb


def _unknown_relationship(name: str, where: str) -> str:
    return (
        f"Didn't understand relationship '{name}' in {where}. If you are attempting to use a custom relationship,"
        f" be sure to append the '__r' after the custom relationship name.{WSDL_ADVICE}"
    )
