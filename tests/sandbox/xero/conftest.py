from __future__ import annotations

import pytest

from tests.sandbox.xero.client import Xero


@pytest.fixture
def xero() -> Xero:
    return Xero()
