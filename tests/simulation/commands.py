"""Commands on payment batches as people type them, and what people did by each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync_worker.daemon.outcome import Exit, Result
from tests import office
from tests.besides import stands_in
from tests.oracle import Deeds
from tests.world import World


@dataclass(frozen=True, slots=True)
class Command:
    person: str
    verb: str
    batch: str = office.BATCH
    milestones: tuple[str, ...] = ()
    words: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        said = (f"{name} {value!r}" for name, value in self.words)
        return " ".join((f"{self.person}: batch", self.verb, self.batch, *self.milestones, *said))

    def carried_out(self, world: World) -> Result:
        asked = office.order(
            self.person, self.verb, self.batch, *self.milestones, **dict(self.words)
        )
        with world.worker.held() as ours:
            assert ours, "another worker has the lane"
            return world.worker.run_batch(asked)

    def note_what_stands(self, world: World, deeds: Deeds) -> None:
        """Before and after, since somebody may change it meanwhile."""
        if self.verb in {"submit", "approve"}:
            deeds.ordered.setdefault(self.batch, []).append(stands_in(world.org, self.batch))

    def note(self, result: Result | None, world: World, deeds: Deeds) -> None:
        """What it came to; where nobody knows that, it may have been done."""
        self.note_what_stands(world, deeds)
        if _surely_refused(result):
            return
        match self.verb:
            case "remove":
                deeds.taken_out |= {(self.batch, one) for one in self.milestones}
            case "cancel":
                everyone = {row["Name"] for row in world.org.rows("Milestone__c")}
                deeds.taken_out |= {(self.batch, one) for one in everyone}
            case "export":
                if dict(self.words).get("again"):
                    deeds.filed_again.add(self.batch)
                if result is not None and result.exit is Exit.DONE:
                    deeds.filed.add(self.batch)
            case _:
                pass


def _surely_refused(result: Result | None) -> bool:
    return (
        result is not None
        and result.exit in {Exit.HELD, Exit.USAGE}
        and "a part of it" not in " ".join(result.problems)
    )
