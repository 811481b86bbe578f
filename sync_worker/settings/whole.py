"""The whole of it: one connection's rooms, all connections, and what must fit together across them."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from sync_worker.domain.errors import Misconfigured
from sync_worker.settings.bank import Bank
from sync_worker.settings.host import Journal, Log, Mail, Secrets, Time
from sync_worker.settings.processes import Bills, Invoices, Payments, Verify
from sync_worker.settings.rooms import Address, Room, on_loopback
from sync_worker.settings.vendors import Budget, Salesforce, Timing, Xero

PREFIX = "SYNC_"
PLAIN_SCOPES = (
    "accounting.invoices",
    "accounting.payments",
    "accounting.contacts",
    "accounting.settings.read",
)
"""What invoices need, and bills without tracking options and papers."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        msg = f"{name!r} is not a time zone; use a name such as Australia/Sydney"
        raise ValueError(msg) from None
    return name


class Connection(Room):
    """One CRM org and one Xero organisation."""

    salesforce: Salesforce = Field(description="The CRM.")
    xero: Xero = Field(description="The ledger.")
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "Australia/Sydney",
        description="Zone of cron lines and of the noon that stands for a Xero payment's day.",
    )
    marker_url: Address | None = Field(
        None,
        description="Base of the link that marks our documents in Xero; default the CRM's own address.",
    )
    sends: tuple[Literal["invoices", "bills"], ...] = Field(
        ("invoices",),
        min_length=1,
        description="What goes to Xero: invoices, bills of milestones, or both. Payments of both come back.",
    )
    invoices: Invoices = Field(default_factory=Invoices, description="CRM invoices to Xero.")
    bills: Bills = Field(default_factory=Bills, description="Milestones to Xero, as bills.")
    payments: Payments = Field(default_factory=Payments, description="Xero payments to the CRM.")
    verify: Verify = Field(
        default_factory=Verify, description="What was synced, looked at again on both sides."
    )
    bank: Bank = Field(default_factory=Bank, description="How payment batches are paid.")
    budget: Budget = Field(default_factory=Budget, description="Calls a vendor lets us make.")
    timing: Timing = Field(default_factory=Timing, description="How long things may take.")

    @model_validator(mode="after")
    def _budget_leaves_room(self) -> Connection:
        if self.budget.manual_per_minute >= self.budget.per_minute:
            msg = "budget.manual_per_minute must be below budget.per_minute, or the schedule could never call"
            raise ValueError(msg)
        if self.payments.overlap_s > 0 and self.payments.overlap_s < 60:
            msg = "payments.overlap_s must be at least 60: payments are known to show late"
            raise ValueError(msg)
        if lacking := set(self._scopes_needed()) - set(self.scopes.split()):
            msg = (
                f"xero.scopes lacks {', '.join(sorted(lacking))}: accounting.settings is for the options that "
                "bills.tracking_category has made, accounting.attachments for bills.attach_audit and attach_files; "
                "add it, to the app in Xero as well, or switch these off"
            )
            raise ValueError(msg)
        if "xero" in (urlsplit(self.marker).hostname or "").casefold():
            msg = f"marker_url: Xero refuses links whose host contains 'xero' ({self.marker}); set another base"
            raise ValueError(msg)
        return self

    @property
    def processes(self) -> tuple[str, ...]:
        """In the order in which they follow from each other."""
        return (*dict.fromkeys(self.sends), "payments", "verify")

    @property
    def scopes(self) -> str:
        """What Xero is asked for."""
        return self.xero.scopes or " ".join((*PLAIN_SCOPES, *self._scopes_needed()))

    def _scopes_needed(self) -> list[str]:
        """Beyond the plain ones, by what bills do."""
        bills = self.bills
        needs = {
            "accounting.settings": bool(bills.tracking_category),
            "accounting.attachments": bills.attach_audit or bills.attach_files,
        }
        return [scope for scope, needed in needs.items() if needed and "bills" in self.sends]

    @property
    def marker(self) -> str:
        return self.marker_url or self.salesforce.url


class Settings(BaseSettings):
    """The whole of it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    crash_at: str = Field(
        "",
        description="`point:n` kills the worker at the n-th passing of that moment, on a sandbox only "
        "([rehearse a crash](operating.md#rehearse-a-crash)).",
    )
    journal: Journal = Field(
        default_factory=Journal, description="What is remembered between runs."
    )
    log: Log = Field(default_factory=Log, description="What is said.")
    time: Time = Field(default_factory=Time, description="Whose clock counts.")
    mail: Mail = Field(default_factory=Mail, description="How letters leave.")
    secrets: Secrets = Field(
        default_factory=Secrets, description="What the journal's own secrets are sealed with."
    )
    connections: dict[str, Connection] = Field(
        default_factory=dict,
        description="One table for each pair of CRM org and Xero organisation.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (EnvSettingsSource(settings_cls), init_settings)

    @model_validator(mode="after")
    def _sandbox_time_only_on_loopback(self) -> Settings:
        if self.time.source == "sandbox":
            for name, connection in self.connections.items():
                if not on_loopback(connection.xero.api_url):
                    msg = f"time.source = 'sandbox', but connections.{name}.xero.api_url is a real address"
                    raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _consent_needs_a_key(self) -> Settings:
        for name, connection in self.connections.items():
            if connection.xero.grant == "consent" and self.secrets.key is None:
                msg = (
                    f"connections.{name}.xero.grant = 'consent' keeps tokens in the journal; set secrets.key_file to "
                    "the key they are sealed with"
                )
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _letters_need_a_server(self) -> Settings:
        for name, connection in self.connections.items():
            if connection.bills.mail_payments and self.mail.host is None:
                msg = f"connections.{name}.bills.mail_payments needs a mail server; set mail.host and mail.sender"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _crashes_only_on_loopback(self) -> Settings:
        for name, connection in self.connections.items() if self.crash_at else ():
            crm, xero = connection.salesforce, connection.xero
            for url in (crm.url, xero.api_url, xero.identity_url):
                if not on_loopback(url):
                    msg = (
                        f"crash_at rehearses a crash, which belongs on a sandbox, "
                        f"but connections.{name} leads to {url}; take crash_at away"
                    )
                    raise ValueError(msg)
        return self

    def chosen(self, name: str | None) -> dict[str, Connection]:
        """The connections meant: the named one, or all."""
        if not self.connections:
            msg = "no connection is configured; add a [connections.NAME] table (config/sync_worker.toml shows how)"
            raise Misconfigured(msg)
        if name is None:
            return dict(self.connections)
        if name not in self.connections:
            msg = (
                f"there is no connection named {name!r}; configured: {', '.join(self.connections)}"
            )
            raise Misconfigured(msg)
        return {name: self.connections[name]}
