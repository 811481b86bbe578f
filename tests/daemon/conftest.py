"""Real vendors on loopback, for real processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync_worker.sandbox.edge import Sandbox
from tests.daemon.processes import a_sandbox


@pytest.fixture
def vendors(socket_enabled: None) -> Iterator[Sandbox]:
    with a_sandbox(xero={"limits": None}) as sandbox:
        yield sandbox
