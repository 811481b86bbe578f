"""A process dies at a moment that was chosen: at every commit of the journal and every call to somebody outside, before
it and after it, by kill -9 and by SIGTERM. Then it is left in peace, and the oracle judges what stands on both sides.

Which moments there are is learned by living whole lives.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path

from sync_worker.sandbox.edge import Sandbox
from tests.kills.batches import BatchLife
from tests.kills.daemons import MONTHS, DaemonLife
from tests.kills.deaths import NEVER, NEVER_PASSED, Death, Met, Verdict

LIVES = 3
"""In which a moment that was met once must come again."""
EARLIER = ("", "killed", "killed, its journal lost")
CIRCUMSTANCES = (
    *product(("care",), EARLIER, ("xero", "crm")),
    *product(("grants",), EARLIER, ("xero",)),
    ("batches", "", "xero"),
)
"""Whose life, how the life before ended, and who numbers; the plainest first."""


def met(sandbox: Sandbox, life: str, earlier: str, numbering: str) -> list[tuple[str, Met]]:
    """Every moment of one whole life in these circumstances."""
    death = Death(NEVER, "KILL", 1, numbering, earlier=earlier, life=life)
    with _life(sandbox, death) as world:
        return [*world.whole()]


def died(sandbox: Sandbox, death: Death, lives: int = LIVES) -> Verdict:
    """The death, and what came of it. Where the moment came less often than in the life that was watched, such as the
    renewal of a lease in a short life or what a lost answer on a busy machine leaves to do, its first passing is taken
    in another life."""
    began = time.monotonic()
    with _life(sandbox, death) as world:
        wrong = [*world.dies()]
        if NEVER_PASSED in wrong and lives > 1:
            return died(sandbox, replace(death, nth=1), lives - 1)
        wrong += world.recovers()
        return Verdict(death, wrong, world.made(), round(time.monotonic() - began, 2))


@contextmanager
def _life(sandbox: Sandbox, death: Death) -> Iterator[DaemonLife | BatchLife]:
    folder = Path(tempfile.mkdtemp(prefix="moments-"))
    try:
        yield (DaemonLife if death.life in MONTHS else BatchLife)(sandbox, folder, death)
    finally:
        shutil.rmtree(folder)
