"""Real vendors on loopback, for real processes."""

from __future__ import annotations

from tests.daemon.conftest import vendors

__all__ = ["vendors"]
