"""Every promise of a port is tried in process and over real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.http import Clock
from tests.world import METADATA, NOON, World, a_served_world, a_world


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    with Sandbox(metadata=METADATA, clock=Clock(lambda: NOON)) as sandbox:
        yield sandbox


@pytest.fixture(params=["in process", "over http"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The worker holds its lane: without it nothing may be written."""
    if request.param == "in process":
        found = a_world()
        with found.worker.held():
            yield found
        return
    sandbox: Sandbox = request.getfixturevalue("served")
    sandbox.control.reset()
    found = a_served_world(sandbox)
    with found.worker.held():
        yield found
    found.hang_up()
