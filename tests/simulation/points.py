"""The moments at which a life may end, and the ways it may end there.

The program tells its own moments: before and after every commit of the journal and every call. Whoever is killed stays
dead: no further moment is passed, so nothing that would clean up after a kill can reach a vendor, the journal or the
clock. What a `finally` still does in memory is forgotten with the process.
"""

from __future__ import annotations

from collections.abc import Callable

from sync_worker.ports import unwatched
from tests import journals
from tests.world import VirtualClock, World

KILL, EXCEPTION, SIGTERM = "kill", "exception", "sigterm"
WAYS = (KILL, EXCEPTION, SIGTERM)


class Killed(BaseException):
    """kill -9, as far as a process can do it to itself."""


class Bug(RuntimeError):
    """A mistake of this program that nobody foresaw."""


class Points:
    """Counts the moments of one life, and ends it at the n-th; `every` is told of each one survived."""

    def __init__(
        self,
        clock: VirtualClock,
        fatal: int = 0,
        how: str = KILL,
        every: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.passed: list[str] = []
        self.dead = False
        self._clock = clock
        self._fatal = fatal
        self._how = how
        self._every = every

    @property
    def ended(self) -> bool:
        """Whether the n-th moment came at all."""
        return 0 < self._fatal <= len(self.passed)

    def __call__(self, moment: str) -> None:
        if self.dead:
            raise Killed(moment)
        self.passed.append(moment)
        if len(self.passed) == self._fatal:
            self.end(moment)
        self._every(moment)

    def end(self, moment: str) -> None:
        """Ends the life here, whatever the count."""
        if self._how == SIGTERM:
            self._clock.stopping = True
        elif self._how == EXCEPTION:
            raise Bug(moment)
        else:
            self.dead = True
            self._clock.dead = Killed(moment)
            raise Killed(moment)


def a_death(world: World, fatal: int, process: str) -> Points:
    """One run, killed at its n-th moment; a restart and what is remembered are up to the caller."""
    points = Points(world.clock, fatal)
    world.moments = points
    try:
        world.sync(process)
    except Killed:
        journals.the_disk().close()
    finally:
        world.moments = unwatched
        world.clock.dead = None
    return points
