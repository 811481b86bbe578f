"""What every group of settings is made of: strict names, safe addresses, and secrets that may come from files."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


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
