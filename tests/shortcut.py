"""A shorter way from the journal's statements to SQLite, for those who execute ten million of them.

The SQL, and what becomes of each value, is SQLAlchemy's own, made by its compiler. Left out are its pool and its
execution contexts, which cost ten times what SQLite does. `tests/simulation/test_simulation.py` lives the same lives on
both.
"""

from __future__ import annotations

import re
import sqlite3
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from sqlalchemy import Engine

from sync_worker.state.beginning import begin

Params = Mapping[str, Any] | Sequence[Mapping[str, Any]]
NONE = "SELECT 1 FROM (SELECT 1) WHERE 1!=1"
"""What stands in an IN without any value."""
_LISTS = re.compile(r"__\[POSTCOMPILE_(\w+)\]")


class Result:
    """The rows of one statement, fetched at once."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        ((value, *_),) = self._rows
        return value

    def scalars(self) -> list[Any]:
        return [row[0] for row in self._rows]

    def one_or_none(self) -> Any:
        assert len(self._rows) < 2, "more than one row was found"
        return self._rows[0] if self._rows else None


class Short:
    """As much of an Engine as the journal needs, over one connection that is never closed."""

    def __init__(self, whole: Engine, driver: sqlite3.Connection) -> None:
        self.dialect, self.url = whole.dialect, whole.url
        self.driver = driver
        self.compiled: dict[Any, Any] = {}
        self.ways: dict[Any, Way] = {}

    def connect(self) -> Connection:
        return Connection(self)

    def begin(self) -> Transaction:
        return Transaction(Connection(self))


class Connection:
    def __init__(self, engine: Short) -> None:
        self.engine, self.dialect = engine, engine.dialect
        self.driver_connection = engine.driver
        self.info: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self) -> Transaction:
        return Transaction(self)

    def execute(self, statement: Any, params: Params = ()) -> Result:
        given = [params] if isinstance(params, Mapping) else params
        keys = tuple(given[0]) if given else ()
        many = len(given) > 1
        made: dict[Any, tuple[Way, Mapping[str, Any]]] = statement.__dict__.setdefault("_ways", {})
        known = made.get((keys, many))
        if known is None:
            known = made[keys, many] = self._way(statement, keys, many=many)
        way, fixed = known
        return way.gone(self.driver_connection, fixed, given)

    def _way(
        self, statement: Any, keys: Sequence[str], *, many: bool
    ) -> tuple[Way, Mapping[str, Any]]:
        """How this statement goes, and the values that stand in itself."""
        compiled, extracted, collected, _ = statement._compile_w_cache(
            self.dialect,
            compiled_cache=self.engine.compiled,
            column_keys=sorted(keys),
            for_executemany=many,
        )
        way = self.engine.ways.get(compiled)
        if way is None:
            way = self.engine.ways[compiled] = Way(compiled, self.dialect)
        fixed = compiled.construct_params(
            extracted_parameters=extracted,
            escape_names=False,
            _check=False,
            _collected_params=collected,
        )
        return way, fixed


class Transaction:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Connection:
        begin(self._connection)  # type: ignore[arg-type]  # it has what is asked of it
        return self._connection

    def __exit__(self, kind: object, *_: object) -> None:
        driver = self._connection.driver_connection
        if kind is None:
            driver.commit()
        elif driver.in_transaction:
            driver.rollback()


class Way:
    """A compiled statement, ready for values."""

    def __init__(self, compiled: Any, dialect: Any) -> None:
        assert not compiled.literal_execute_params, compiled.string
        assert not getattr(compiled, "insert_prefetch", ()), compiled.string
        self._text: str = compiled.string
        processors = compiled._bind_processors
        self._slots = [
            (name, compiled.binds[name].key, processors.get(name))
            for name in compiled.positiontup or ()
        ]
        self._lists = {name for name, _, _ in self._slots} & set(_LISTS.findall(self._text))
        columns = compiled._result_columns or ()
        converts = [one.type._cached_result_processor(dialect, None) for one in columns]
        self._converts = [(at, convert) for at, convert in enumerate(converts) if convert]
        self._named = bool(columns)
        self._row: Any = namedtuple("Row", [one.keyname for one in columns], rename=True)  # type: ignore[misc]  # of what is selected

    def gone(
        self,
        driver: sqlite3.Connection,
        fixed: Mapping[str, Any],
        given: Sequence[Mapping[str, Any]],
    ) -> Result:
        if len(given) > 1:
            values = [self._values(fixed, each) for each in given]
            return Result([], driver.executemany(self._text, values).rowcount)
        params = given[0] if given else {}
        text = self._text
        if self._lists:
            text = _LISTS.sub(lambda found: self._marks(fixed, params, found[1]), text)
        cursor = driver.execute(text, self._values(fixed, params))
        if cursor.description is None:
            return Result([], cursor.rowcount)
        rows = cursor.fetchall()
        return Result([self._read(row) for row in rows], cursor.rowcount)

    def _values(self, fixed: Mapping[str, Any], params: Mapping[str, Any]) -> list[Any]:
        if not self._lists:
            return [
                each(params[key] if key in params else fixed[name])
                if each
                else (params[key] if key in params else fixed[name])
                for name, key, each in self._slots
            ]
        values: list[Any] = []
        for name, key, processor in self._slots:
            value = params[key] if key in params else fixed[name]
            if name in self._lists:
                values += map(processor, value) if processor else value
            else:
                values.append(processor(value) if processor else value)
        return values

    def _marks(self, fixed: Mapping[str, Any], params: Mapping[str, Any], name: str) -> str:
        key = next(key for each, key, _ in self._slots if each == name)
        count = len(params[key] if key in params else fixed[name])
        return ", ".join("?" * count) or NONE

    def _read(self, row: tuple[Any, ...]) -> Any:
        if not self._named:
            return row
        values = list(row)
        for at, convert in self._converts:
            values[at] = convert(values[at])
        return self._row._make(values)
