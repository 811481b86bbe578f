"""The CRM's parts: one org's session, client and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync_worker.domain.errors import Misconfigured
from sync_worker.salesforce.check import KNOWN
from sync_worker.salesforce.client import SalesforceClient
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.session import Login, SalesforceSession
from sync_worker.settings import Connection as ConnectionSettings
from sync_worker.state.journal import SqlJournal
from sync_worker.wiring.ground import Ground, opened_secret


@dataclass(slots=True)
class Calls:
    """Counted where they leave."""

    salesforce: int = 0

    def counted(self, headers: Mapping[str, str]) -> None:
        del headers
        self.salesforce += 1


class Crm:
    """One org's session, client and names."""

    def __init__(self, ground: Ground, settings: ConnectionSettings, journal: SqlJournal) -> None:
        crm = settings.salesforce
        self.calls = Calls()
        self.session = SalesforceSession(
            Login(
                url=crm.url,
                client_id=crm.client_id,
                client_secret=opened_secret(crm.client_secret),
                username=crm.username,
                private_key=opened_secret(crm.private_key),
                audience=crm.audience,
            ),
            timeout=(settings.timing.connect_timeout_s, settings.timing.timeout_s),
            most_s=settings.timing.most_s,
            clock=ground.clock,
            adapter=ground.ways.salesforce,
            counted=self.calls.counted,
            moments=ground.moments,
        )
        self.client = SalesforceClient(
            self.session,
            crm.url,
            api_version=crm.api_version,
            page_size=crm.page_size,
            clock=ground.clock,
            parkings=journal.switches,
            guard=journal.guard,
        )
        if strange := sorted(set(crm.names) - KNOWN):
            msg = (
                f"salesforce.names speaks of {', '.join(strange)}, which the worker does not use; "
                "docs/salesforce-schema.md has the names"
            )
            raise Misconfigured(msg)
        prefix = crm.prefix if crm.profile == "maica" else ""
        self.names = Names(prefix, crm.names)
