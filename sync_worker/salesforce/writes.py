"""Writing to the CRM when answers get lost or rows are locked.

Every write of ours says what a row is to be, by its id or external id, so doing it again changes nothing. The caller's
`write` looks before it writes; here it is only given another chance, never blindly repeated by the transport.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sync_worker.domain.errors import OutcomeUnknown, Transient
from sync_worker.ports import RowRefusal

CHANCES = 3
LOCKED = "UNABLE_TO_LOCK_ROW"

Item = TypeVar("Item")


def rewritten(
    write: Callable[[Sequence[Item]], list[RowRefusal]],
    items: Sequence[Item],
    record_of: Callable[[Item], str | None],
) -> list[RowRefusal]:
    """The refusals that remain; what was locked is written again by itself. Raises Transient when the answer was lost
    every time."""
    refused: list[RowRefusal] = []
    for chance in range(1, CHANCES + 1):
        try:
            found = write(items)
        except OutcomeUnknown as lost:
            if chance == CHANCES:
                raise Transient(str(lost)) from lost
            continue
        again = {one.record for one in found if one.code == LOCKED and chance < CHANCES}
        refused += [one for one in found if one.record not in again]
        items = [item for item in items if record_of(item) in again]
        if not items:
            break
    return refused
