"""Room on the journal's disk: what cannot be recorded is not sent."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine

from sync_worker.domain.errors import Transient
from sync_worker.state.engine import MEMORY

MB = 1_000_000


class Space:
    """`least` MB must be free; of a journal on a server or in memory nothing is known."""

    def __init__(self, engine: Engine, least: int) -> None:
        file = engine.url.database or MEMORY
        on_disk = engine.dialect.name == "sqlite" and file != MEMORY
        self._folder = Path(file).parent if on_disk and least else None
        self._least = least

    def guard(self) -> None:
        """Raises Transient where there is less."""
        if self._folder is None:
            return
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize // MB
        if free < self._least:
            raise Transient(
                f"the disk of the journal has {free} MB left, less than journal.free_mb ({self._least}); "
                f"free some space, nothing is sent until then"
            )
