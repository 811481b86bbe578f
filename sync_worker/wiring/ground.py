"""What every part stands on: settings, clock, journal, and the ways to the vendors."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Engine

from sync_worker.ports import Clock, Moments, unwatched
from sync_worker.settings import Settings
from sync_worker.state.consents import SqlConsents
from sync_worker.state.journal import SqlJournal
from sync_worker.state.seal import Seal
from sync_worker.state.store import Store
from sync_worker.xero.transport import Pool


@dataclass(frozen=True, slots=True)
class Ways:
    """Other ways out than sockets: a sandbox's parts in the same process."""

    salesforce: Any = None
    xero: Pool | None = None
    mail: Callable[..., smtplib.SMTP] | None = None


@dataclass(slots=True)
class Ground:
    """Of one configuration."""

    settings: Settings
    clock: Clock
    engine: Engine
    stop: threading.Event = field(default_factory=threading.Event)
    ways: Ways = field(default_factory=Ways)
    moments: Moments = unwatched

    def journal(self, name: str) -> SqlJournal:
        return SqlJournal(
            self.engine, name, self.clock, self.moments, free_mb=self.settings.journal.free_mb
        )

    def consents(self, name: str) -> SqlConsents:
        keys = self.settings.secrets.keys()
        return SqlConsents(
            Store(self.engine, name, self.clock, self.moments), Seal(keys) if keys else None
        )


def opened_secret(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
