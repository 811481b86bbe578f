"""A worker that dies at a told moment, in a test that lives one life; tests/simulation lives them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from sync_worker.ports import unwatched
from tests.world import World


class Killed(BaseException):
    """As a process ends that is killed: nothing below it is caught."""


@contextmanager
def killed_at(world: World, moment: str, nth: int = 1) -> Iterator[None]:
    """The worker dies at the nth passing of that moment, and a new process takes its journal over."""
    left = nth

    def watch(passed: str) -> None:
        nonlocal left
        left -= passed == moment
        if passed == moment and left == 0:
            raise Killed

    world.moments = watch
    with suppress(Killed):
        yield
        pytest.fail(f"{moment} was not passed {nth} times")
    world.moments = unwatched
    world.restart()
