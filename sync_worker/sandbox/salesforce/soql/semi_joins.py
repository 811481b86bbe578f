"""What a semi-join may be: `Id IN (SELECT Invoice__c FROM Payment__c)` and its likes.

The rules stand in the SOQL reference, "Comparison Operators", under semi-joins and anti-joins; their words are as
clients' issues and comments quote them. Where only the rule is known, the words are ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from sync_worker.sandbox.salesforce.soql.binding import Column, Scope
from sync_worker.sandbox.salesforce.soql.syntax import (
    All,
    Any,
    Call,
    Comparison,
    Condition,
    Not,
    Path,
    Query,
    SoqlError,
)

MOST = 2


def refuse_misplaced(condition: Condition, *, nested: bool) -> None:
    """At most two, none behind OR and none inside another. `nested`: the condition is a sub-select's own."""
    found = list(_inside(condition, beside_or=False))
    if found and nested:
        raise SoqlError("Nesting of semi join sub-selects is not supported", found[0][0].at)
    for comparison, beside_or in found:
        if beside_or:
            raise SoqlError(
                "Semi join sub-selects are not allowed with the 'OR' operator", comparison.at
            )
    if len(found) > MOST:
        raise SoqlError(f"Maximum {MOST} semi join sub-selects are allowed", found[MOST][0].at)


def refuse_ill_matched(left: Comparison, outer: Scope, inner: Scope, selected: Column) -> None:
    """Ids on both sides, of the same object, and from another object than the query's own."""
    what = left.left
    if isinstance(what, Call) or outer.column(what).climbs:
        raise SoqlError(f"The left operand of a semi join cannot be '{_named(what)}'", left.at)
    own = outer.column(what).field
    if own.type not in ("id", "reference"):
        raise SoqlError(
            "The left operand field in the where expression for outer query should be an id field,"
            f" cannot use: '{own.name}'",
            left.at,
        )
    if selected.field.type not in ("id", "reference"):
        raise SoqlError(
            f"Semi join sub-selects can only query id fields, cannot use: '{selected.field.name}'",
            left.at,
        )
    if inner.sobject is outer.sobject:
        raise SoqlError(
            "The inner and outer selects should not be on the same object type", left.at
        )
    if not _targets(own.reference_to, outer) & _targets(selected.field.reference_to, selected):
        raise SoqlError(
            f"The selected field '{selected.field.name}' in the subquery and the left operand field in the where"
            f" expression in the outer query '{own.name}' should point to the same object type",
            left.at,
        )


def _inside(condition: Condition, *, beside_or: bool) -> Iterator[tuple[Comparison, bool]]:
    if isinstance(condition, Not):
        yield from _inside(condition.inner, beside_or=beside_or)
    elif isinstance(condition, (All, Any)):
        for part in condition.parts:
            yield from _inside(part, beside_or=beside_or or isinstance(condition, Any))
    elif isinstance(condition.right, Query):
        yield condition, beside_or


def _targets(reference_to: tuple[str, ...], place: Scope | Column) -> set[str]:
    """The objects that an id may be of: a record's own id is of its own object."""
    return {each.lower() for each in reference_to or (place.sobject.name,)}


def _named(what: Path | Call) -> str:
    return what.text if isinstance(what, Path) else what.function
