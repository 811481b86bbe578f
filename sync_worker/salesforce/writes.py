"""Writing to the CRM when answers get lost or rows are locked.

Every write of ours says what a row is to be, by its id or external id, so doing it again changes nothing. The caller's
`write` looks before it writes; here it is only given another chance, never blindly repeated by the transport.
"""

from __future__ import annotations

from collections.abc import Callable

from sync_worker.domain.errors import OutcomeUnknown, Transient
from sync_worker.ports import RowRefusal

CHANCES = 3
LOCKED = "UNABLE_TO_LOCK_ROW"


def rewritten(write: Callable[[], list[RowRefusal]]) -> list[RowRefusal]:
    """The refusals that remain. Raises Transient when the answer was lost every time."""
    for chance in range(1, CHANCES + 1):
        try:
            refusals = write()
        except OutcomeUnknown as lost:
            if chance == CHANCES:
                raise Transient(str(lost)) from lost
            continue
        if chance == CHANCES or not any(refusal.code == LOCKED for refusal in refusals):
            return refusals
    return []
