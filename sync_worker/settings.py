"""Every setting, typed and explained. A TOML file says what people discuss, SYNC_* variables and secret
files say the rest.

Order of strength: SYNC_* variables, then `<name>_file` secret files, then the TOML file, then the defaults here.
docs/configuration.md is generated from this module.
"""

from __future__ import annotations

import os
import tomllib
from base64 import b64decode
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from sync_worker.domain.errors import Misconfigured
from sync_worker.domain.money import LineAmountTypes

PREFIX = "SYNC_"
KEY_BYTES = 32


def on_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"{url!r} is not an address; write it whole, such as https://acme.my.salesforce.com"
        raise ValueError(msg)
    if parts.scheme == "http" and not on_loopback(url):
        msg = f"{url!r} would send secrets in the clear; plain http is for this machine's own loopback only, use https"
        raise ValueError(msg)
    return url.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
Seconds = Annotated[float, Field(ge=0)]


class Room(BaseModel):
    """A group of settings: unknown names are errors, and nothing changes after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WithSecrets(Room):
    """A group that holds secrets: `name_file = "path"` reads the secret `name` from a file."""

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        filled = dict(values)
        for name, value in values.items():
            secret = name.removesuffix("_file")
            if secret == name or secret not in cls.model_fields:
                continue
            filled.pop(name)
            if not value:
                continue
            if values.get(secret):
                msg = f"{secret} and {name} are both set; keep one"
                raise ValueError(msg)
            try:
                filled[secret] = Path(value).read_text(encoding="utf-8").strip()
            except OSError as unreadable:
                msg = f"{name} names {value!r}, which cannot be read ({unreadable.strerror})"
                raise ValueError(msg) from None
        return filled


class Journal(Room):
    path: Path = Field(
        Path("var/journal.db"), description="The journal's SQLite file. Keep it: it is the memory."
    )
    free_mb: int = Field(
        50,
        ge=0,
        description="MB that must be free on its disk before anything is sent; 0 does not look.",
    )


def _sealing_key(secret: SecretStr | None) -> SecretStr | None:
    if secret is None:
        return None
    try:
        long_enough = len(b64decode(secret.get_secret_value(), validate=True)) == KEY_BYTES
    except ValueError:
        long_enough = False
    if not long_enough:
        msg = f"is no key; make one of {KEY_BYTES} random bytes in base64, with: openssl rand -base64 {KEY_BYTES}"
        raise ValueError(msg)
    return secret


SealingKey = Annotated[SecretStr | None, AfterValidator(_sealing_key)]


class Secrets(WithSecrets):
    key: SealingKey = Field(
        None,
        description="Seals the Xero tokens of a consent in the journal: 32 random bytes in base64 (or `key_file`).",
    )
    old_key: SealingKey = Field(
        None,
        description="The key before it, still opened with until `sync-worker reseal` was run (or `old_key_file`).",
    )

    def keys(self) -> list[bytes]:
        """The one that seals first."""
        held = [key for key in (self.key, self.old_key) if key is not None]
        return [b64decode(key.get_secret_value()) for key in held]


class Log(Room):
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="`auto` writes for people on a terminal and JSON lines elsewhere."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level shown."
    )


class Time(Room):
    source: Literal["system", "sandbox"] = Field(
        "system",
        description="`sandbox` follows the virtual clock of a sandbox on loopback; waiting for call budgets moves it.",
    )


class Mail(WithSecrets):
    host: str | None = Field(None, description="The mail server; without it no e-mail is sent.")
    port: int = Field(587, ge=1, le=65535, description="Its port; 465 is usual for `tls`.")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="`starttls` encrypts once connected, `tls` from the first byte; `none` is for loopback only.",
    )
    ca_file: Path | None = Field(
        None, description="PEM file of certificates to trust instead of the system's."
    )
    user: str | None = Field(None, description="Who logs in; without it nobody does.")
    password: SecretStr | None = Field(None, description="Their password (or `password_file`).")
    sender: str | None = Field(
        None, description="Address our letters come from, such as Grants <grants@acme.example>."
    )
    error_address: str | None = Field(
        None, description="Who is told what waits for a person; without it nobody is."
    )
    templates: Path | None = Field(
        None,
        description="Folder of your own letters; one that is missing there is taken as shipped.",
    )
    timeout_s: Seconds = Field(30, gt=0, description="Longest wait for the server.")

    @model_validator(mode="after")
    def _whole(self) -> Mail:
        if self.host and not self.sender:
            msg = "host is set and sender is not; name the address that our letters come from"
            raise ValueError(msg)
        if (self.user is None) != (self.password is None):
            msg = "user and password belong together; set both or neither"
            raise ValueError(msg)
        if self.host and self.tls == "none" and not on_loopback(f"smtp://{self.host}"):
            msg = f"tls = 'none' would send letters to {self.host!r} in the clear; use starttls or tls"
            raise ValueError(msg)
        return self


class Salesforce(WithSecrets):
    url: Address = Field(description="The org's My Domain, such as https://acme.my.salesforce.com.")
    client_id: str = Field(description="Consumer key of the External Client App.")
    client_secret: SecretStr | None = Field(
        None,
        description="Consumer secret, for the client-credentials flow (or `client_secret_file`).",
    )
    username: str | None = Field(
        None, description="Integration user, for the JWT bearer flow with `private_key`."
    )
    private_key: SecretStr | None = Field(
        None, description="PEM private key for the JWT bearer flow (or `private_key_file`)."
    )
    audience: Address | None = Field(
        None, description="JWT audience where it is not the My Domain."
    )
    api_version: str = Field("63.0", pattern=r"^\d\d\.0$", description="REST API version.")
    org_id: str | None = Field(None, description="Pin: refuse to work in any other org.")
    profile: Literal["own", "maica"] = Field(
        "own",
        description="`own` is config/salesforce as shipped; `maica` puts a package prefix before every name.",
    )
    prefix: Literal["maica_cc__", "maica__", ""] = Field(
        "maica_cc__", description="The package prefix of the `maica` profile."
    )
    names: dict[str, str] = Field(
        default_factory=dict,
        description='Exceptions, e.g. "Invoice__c.Finance_Link__c" = "Finance_Link__c"; "" goes without that field.',
    )
    page_size: int = Field(2000, ge=200, le=2000, description="Rows a query page may hold.")

    @model_validator(mode="after")
    def _one_way_in(self) -> Salesforce:
        if self.client_secret is None and (self.username is None or self.private_key is None):
            msg = "needs client_secret, or username together with private_key"
            raise ValueError(msg)
        return self


def _redirect(uri: str) -> str:
    parts = urlsplit(uri)
    plain = parts.scheme == "http" and parts.hostname == "localhost" and parts.path.startswith("/")
    if not plain or not parts.port or parts.query or parts.fragment:
        msg = (
            f"{uri!r} cannot be listened at; write http://localhost:PORT/PATH, the only address of this machine "
            "that Xero returns to"
        )
        raise ValueError(msg)
    return uri


class Xero(WithSecrets):
    grant: Literal["custom", "consent"] = Field(
        "custom",
        description="`custom` is a custom connection; `consent` is what a person allows by `sync-worker connect`.",
    )
    client_id: str = Field(description="Client id of the app at developer.xero.com.")
    client_secret: SecretStr | None = Field(
        None,
        description="Client secret (or `client_secret_file`); an app of the PKCE kind has none.",
    )
    tenant_id: str | None = Field(
        None,
        description="Pin: the Xero organisation. Without it the connection's only organisation is taken, or with "
        "`consent` the one that was chosen.",
    )
    api_url: Address = Field(
        "https://api.xero.com", description="Where the API is; a sandbox's address for trials."
    )
    identity_url: Address = Field(
        "https://identity.xero.com", description="Where tokens are; a sandbox's address for trials."
    )
    login_url: Address = Field(
        "https://login.xero.com",
        description="Where a person consents; a sandbox's address for trials.",
    )
    redirect_uri: Annotated[str, AfterValidator(_redirect)] = Field(
        "http://localhost:8810/connected",
        description="Where the browser returns to after consent; letter by letter as the app is registered with.",
    )
    scopes: str = Field(
        "accounting.invoices accounting.payments accounting.contacts accounting.settings.read",
        description="What is asked for; with `consent`, offline_access is added.",
    )

    @model_validator(mode="after")
    def _custom_needs_its_secret(self) -> Xero:
        if self.grant == "custom" and self.client_secret is None:
            msg = "a custom connection needs client_secret"
            raise ValueError(msg)
        return self


class Schedule(Room):
    """When a process runs: every so many seconds, or by a cron line in the connection's time zone."""

    every_s: Seconds | None = Field(300, description="Seconds between runs.")
    cron: str | None = Field(None, description='Cron line instead, e.g. "0 6-20 * * mon-fri".')


class Invoices(Room):
    schedule: Schedule = Field(default_factory=Schedule, description="When invoices are sent.")
    numbering: Literal["xero", "crm"] = Field(
        "xero",
        description="Who numbers: Xero (a draft first, then completed) or the CRM (one step; the number is the fence).",
    )
    status: Literal["DRAFT", "SUBMITTED", "AUTHORISED"] = Field(
        "AUTHORISED", description="The status an invoice ends in."
    )
    sent_to_contact: bool = Field(
        False, description="Mark approved invoices as sent to the contact."
    )
    line_amount_types: LineAmountTypes = Field(
        LineAmountTypes.INCLUSIVE,
        description="How the CRM's rates stand to tax: Exclusive, Inclusive or NoTax.",
    )
    account_code: str | None = Field(
        "200",
        description="Account for lines whose support item names none; leave empty to hold such lines.",
    )
    tax_type: str = Field(
        "GST Free Income",
        description="Tax for lines whose support item names none: a Xero label or code.",
    )
    due_days: int = Field(14, ge=0, description="Days to pay where the CRM gives no due date.")
    line_template: str = Field(
        "{description}",
        description="A line's wording; knows {description}, {item}, {code} and {service_date}.",
    )
    branding_theme: str = Field("", description="Name of a branding theme in Xero.")
    tracking: dict[str, str] = Field(
        default_factory=dict,
        description="Tracking put on every line: category name = option name; two at the most.",
    )
    start_date: date | None = Field(
        None, description="Cut-over: invoices dated before are left alone."
    )
    ready_status: tuple[str, ...] = Field(
        (),
        description="Only invoices in one of these statuses are due; empty means any but Cancelled.",
    )
    ready_funding: tuple[str, ...] = Field(
        (), description="Only these funding types are due; empty means all."
    )
    debtor_by_funding: dict[str, Literal["participant", "plan_manager"]] = Field(
        default_factory=dict,
        description='Who owes, by funding type, e.g. "Plan-Managed" = "plan_manager"; default the participant.',
    )
    same_name: Literal["hold", "suffix"] = Field(
        "hold",
        description="A new contact whose name is taken: hold the invoice, or add the end of its number to the name.",
    )
    batch: int = Field(50, ge=1, le=50, description="Documents in one call to Xero.")
    request_poll_s: Seconds = Field(
        60,
        description="Seconds between looks for invoices somebody asked for on the CRM record; 0 waits for the run.",
    )

    @model_validator(mode="after")
    def _template_is_known(self) -> Invoices:
        try:
            self.line_template.format(description="", item="", code="", service_date="")
        except (KeyError, IndexError, ValueError) as wrong:
            msg = f"line_template knows {{description}}, {{item}}, {{code}} and {{service_date}} only ({wrong})"
            raise ValueError(msg) from None
        return self

    @model_validator(mode="after")
    def _two_trackings(self) -> Invoices:
        if len(self.tracking) > 2:
            msg = "tracking names more than two categories; Xero takes two"
            raise ValueError(msg)
        return self


class Payments(Room):
    schedule: Schedule = Field(default_factory=Schedule, description="When payments are fetched.")
    overlap_s: Seconds = Field(
        300,
        description="How far each poll looks back behind the last one, for payments that show late.",
    )
    write_status: bool = Field(
        True,
        description="Write the invoice's Status from what is paid; switch off where the CRM's own automation does.",
    )
    rollup: Literal["native", "worker"] = Field(
        "native",
        description="`worker` recomputes the totals where Payment hangs by a lookup and the CRM cannot.",
    )
    stripe_days: int = Field(
        5,
        ge=0,
        description="A Xero payment this near to a Stripe payment of the same amount is the same money.",
    )


class Hourly(Schedule):
    every_s: Seconds | None = Field(3600, description="Seconds between runs.")


class Verify(Room):
    schedule: Hourly = Field(
        default_factory=Hourly, description="When what was synced is looked at again."
    )
    recent_hours: int = Field(
        48, ge=1, description="How far each look goes back, on both sides, behind the last change."
    )
    all_every_days: int = Field(
        7, ge=1, description="How often everything is looked at: one Xero call per 1,000 documents."
    )


class Budget(Room):
    per_minute: int = Field(
        55, ge=1, le=60, description="Xero calls a minute; Xero's own limit is 60."
    )
    manual_per_minute: int = Field(
        5, ge=0, description="Of those, kept for work a person asked for."
    )
    per_day: int = Field(5000, ge=1, description="Xero calls a day; a Starter app has 1,000.")
    manual_per_day: int = Field(
        100, ge=0, description="Of those, kept for work a person asked for."
    )


class Timing(Room):
    connect_timeout_s: Seconds = Field(5, description="Longest wait for a connection.")
    timeout_s: Seconds = Field(60, description="Longest wait for an answer.")
    quiet_s: Seconds = Field(
        300,
        description="How long after a lost answer a document may still appear; nothing is called absent before.",
    )
    key_life_s: Seconds = Field(
        270,
        description="How long an Idempotency-Key is trusted after it was first sent; Xero keeps it 360 seconds.",
    )
    lease_s: Seconds = Field(
        900, description="How long a silent owner on another host keeps the lane."
    )

    @property
    def most_s(self) -> float:
        """How long one call may take in all, however steadily its answer drips."""
        return 2 * self.timeout_s

    @model_validator(mode="after")
    def _fit_together(self) -> Timing:
        if self.key_life_s >= 360:
            msg = "key_life_s must stay below 360, the time Xero keeps an Idempotency-Key"
            raise ValueError(msg)
        if self.quiet_s <= self.timeout_s:
            msg = (
                f"quiet_s ({self.quiet_s:g}) must be longer than timeout_s ({self.timeout_s:g}), "
                "or a slow answer would be taken for a lost one"
            )
            raise ValueError(msg)
        if self.lease_s <= self.quiet_s + self.most_s:
            msg = (
                f"lease_s ({self.lease_s:g}) must be longer than quiet_s and twice timeout_s "
                f"({self.quiet_s + self.most_s:g}), or two workers could send at once"
            )
            raise ValueError(msg)
        return self


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
    invoices: Invoices = Field(default_factory=Invoices, description="CRM invoices to Xero.")
    payments: Payments = Field(default_factory=Payments, description="Xero payments to the CRM.")
    verify: Verify = Field(
        default_factory=Verify, description="What was synced, looked at again on both sides."
    )
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
        if "xero" in (urlsplit(self.marker).hostname or "").casefold():
            msg = f"marker_url: Xero refuses links whose host contains 'xero' ({self.marker}); set another base"
            raise ValueError(msg)
        return self

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


def load(path: Path | None) -> Settings:
    """The settings of a file and the environment. Raises Misconfigured with every problem at once."""
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as unreadable:
            msg = f"the configuration file {path} cannot be read: {unreadable.strerror}"
            raise Misconfigured(msg) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            msg = f"the configuration file {path} is not TOML: {broken}"
            raise Misconfigured(msg) from None
    problems = [*_strange_variables(values)]
    if problems:
        raise Misconfigured(*problems)
    try:
        return Settings(**values)
    except SettingsError:
        raise Misconfigured(*_unreadable_variables()) from None
    except ValidationError as wrong:
        raise Misconfigured(*(_sentence(error) for error in wrong.errors())) from None


def _strange_variables(values: dict[str, Any]) -> Iterator[str]:
    """pydantic-settings passes over unknown names at top level in silence; a typing mistake must not."""
    del values
    known = {name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if not name.upper().startswith(PREFIX):
            continue
        first, _, rest = name.upper().removeprefix(PREFIX).partition("__")
        if name.upper() in SWITCHES:
            continue
        if first not in known or not rest:
            yield f"the variable {name} names no setting; docs/configuration.md lists them"


def _unreadable_variables() -> Iterator[str]:
    """Which variables hold no JSON where a list or a table is meant; pydantic-settings does not say."""
    for name, value in os.environ.items():
        if not name.upper().startswith(PREFIX):
            continue
        source = EnvSettingsSource(Settings)
        source.env_vars = {name.lower(): value}
        try:
            source()
        except SettingsError:
            yield f"the variable {name} needs JSON, such as '[\"Entered\"]' for a list"


SWITCHES = frozenset({f"{PREFIX}CONFIG", f"{PREFIX}CRASH_AT", f"{PREFIX}SANDBOX_REPLIES"})
"""SYNC_* variables without a room: read elsewhere, but for CRASH_AT, which is a setting by itself."""


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    what = error["msg"].removeprefix("Value error, ")
    match error["type"]:
        case "missing":
            what = "is missing"
        case "extra_forbidden":
            what = "is no setting; docs/configuration.md lists them"
        case _:
            what = what[0].lower() + what[1:]
    return f"{where}: {what}" if where else what
