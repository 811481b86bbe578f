"""What all connections share: the journal, its key, the log, the clock and the post."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from sync_worker.settings.rooms import Room, Seconds, WithSecrets, on_loopback

KEY_BYTES = 32


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
        None,
        description="Who is told what waits for a person, and that a run failed; without it nobody is.",
    )
    digest_every_s: Seconds = Field(
        900, description="Least seconds between two letters to error_address, of each connection."
    )
    payment_max_age_days: int = Field(
        30,
        ge=0,
        description="Nobody is written to about a payment older than this, such as those from before the cut-over.",
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
        if self.error_address and not self.host:
            msg = "error_address is set and host is not, so that nobody could be told; name the mail server"
            raise ValueError(msg)
        if (self.user is None) != (self.password is None):
            msg = "user and password belong together; set both or neither"
            raise ValueError(msg)
        if self.host and self.tls == "none" and not on_loopback(f"smtp://{self.host}"):
            msg = f"tls = 'none' would send letters to {self.host!r} in the clear; use starttls or tls"
            raise ValueError(msg)
        return self
