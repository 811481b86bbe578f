"""The syntax tree of a SOQL query. `at` is where a part began in the text, for the platform's error arrows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sync_worker.sandbox.salesforce.errors import Refused


class SoqlError(Exception):
    """A query the platform refuses, and where in its text."""

    def __init__(self, message: str, at: int | None = None, code: str = "MALFORMED_QUERY") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.code = code

    def refusal(self, text: str) -> Refused:
        return Refused(
            self.code, self.message if self.at is None else _arrow(text, self.at) + self.message
        )


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps through parents: `Invoice__r.Name`."""

    parts: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one field: COUNT(Id), toLabel(Status__c), CALENDAR_YEAR(CreatedDate). COUNT() has no field.

    `in_zone`: convertTimezone stands around the field, which is then read in the user's own time zone.
    """

    function: str
    argument: Path | None
    at: int
    in_zone: bool = False


Expression = Path | Call


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM)."""

    group: str
    at: int


@dataclass(frozen=True, slots=True)
class TypeOf:
    """TYPEOF Owner WHEN User THEN Username ELSE Name END: which fields of a parent, by what it is."""

    relationship: Path
    branches: tuple[tuple[str, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """`kind` is string, number, boolean, null, date, datetime, period or bind; a period may carry its n."""

    kind: str
    value: str | Decimal | bool | None
    at: int
    count: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Expression
    operator: str
    right: Literal | tuple[Literal, ...] | Query
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    inner: Condition


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Condition, ...]


Condition = Comparison | Not | All | Any


@dataclass(frozen=True, slots=True)
class Selected:
    what: Expression | FieldGroup | TypeOf | Query
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Ordering:
    by: Expression
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    select: tuple[Selected, ...]
    source: Path
    alias: str | None
    more_sources: tuple[tuple[Path, str], ...]
    where: Condition | None
    group_by: tuple[Expression, ...]
    having: Condition | None
    order_by: tuple[Ordering, ...]
    limit: int | None
    offset: int
    at: int
    subtotals: str = ""  # ROLLUP or CUBE around the GROUP BY fields


SHOWN, _BETWEEN = 45, " ,"


def _arrow(text: str, at: int) -> str:
    """The query around the fault with an arrow below it, then row and column, as the platform draws them.

    Whole words are shown, up to some 45 characters to either side: 42 were seen and 47 were not, in answers that
    MuleSoft's templates, forcedotcom's code-builder tests and others have kept.
    """
    row = text.count("\n", 0, at) + 1
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at) if "\n" in text[at:] else len(text)
    left, right = max(start, at - SHOWN), min(end, at + SHOWN)
    if left > start:
        left = next((n for n in range(left, at) if text[n - 1] in _BETWEEN), left)
    if right < end:
        right = next((n for n in range(right, at, -1) if text[n] in _BETWEEN), right)
    shown = text[left:right].rstrip(_BETWEEN) if right < end else text[left:right]
    return f"\n{shown}\n{' ' * (at - left)}^\nERROR at Row:{row}:Column:{at - start + 1}\n"
