"""How the two vendors are reached, how often, and how long anything may take."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from sync_worker.settings.rooms import Address, Room, Seconds, WithSecrets


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
    scopes: str | None = Field(
        None,
        description="What is asked for; with `consent`, offline_access is added. Default: "
        "`accounting.invoices accounting.payments accounting.contacts accounting.settings.read`, for bills with papers "
        "`accounting.attachments`, for bills with a tracking category `accounting.settings`.",
    )

    @model_validator(mode="after")
    def _custom_needs_its_secret(self) -> Xero:
        if self.grant == "custom" and self.client_secret is None:
            msg = "a custom connection needs client_secret"
            raise ValueError(msg)
        return self


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
        100,
        description=(
            "How long after a first call the same Idempotency-Key may leave again. Xero keeps it 360 seconds; "
            "the rest is for a repeat that is held up on its way."
        ),
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
