from __future__ import annotations

import pytest

from tests.sandbox.xero import sdk_walk
from tests.sandbox.xero.client import Xero

sdk_walk.watch()  # on loading, so that the replies of every other test are walked too


@pytest.fixture
def xero() -> Xero:
    return Xero()
