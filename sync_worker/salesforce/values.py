"""Values as Salesforce sends and takes them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal


def day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def moment(value: datetime | None) -> str | None:
    """Salesforce keeps whole seconds."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def amount(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)
