"""What a person allowed us at the ledger, and who renews it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

UNUSED_LIFE = timedelta(days=60)
"""How long a refresh token waits to be used (Xero's documentation)."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What the ledger's login gave: an access token, when it ends, and the refresh token for the next pair."""

    access: str = field(repr=False)
    access_ends: datetime
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A set of books that a person has let us into."""

    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ConsentHealth:
    """How a consent stands; nothing of it is secret."""

    organisation: Organisation
    version: int
    consented_at: datetime
    saved_at: datetime
    """When the present pair was stored; the refresh token's life is counted from here."""
    refreshing_since: datetime | None = None
    """Somebody claimed the renewal then, and it is not known to have ended."""
    ended_at: datetime | None = None
    ended_because: str | None = None

    def days_left(self, now: datetime) -> int:
        """Until the refresh token dies unused; each renewal begins them anew. None left where it has ended."""
        if self.ended_at:
            return 0
        return max(0, (self.saved_at + UNUSED_LIFE - now).days)


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent with its tokens. `previous` is the refresh token before the present one."""

    health: ConsentHealth
    pair: TokenPair
    previous: str | None = field(default=None, repr=False)


class Consents(Protocol):
    """One connection's consent, shared by every process on the journal. Every write but `begin` and `wipe` is made for
    the version that was read, and changes nothing where another came first."""

    connection: str

    def health(self) -> ConsentHealth | None: ...

    def current(self) -> Consent | None:
        """Raises Misconfigured where the tokens cannot be opened."""

    def claim(self, consent: Consent, life: timedelta) -> datetime | None:
        """The right to renew, for so long; None where another has it or has renewed already."""

    def release(self, consent: Consent, claim: datetime) -> None:
        """Nothing was asked for sure: whoever comes next may ask at once."""

    def save(self, consent: Consent, pair: TokenPair) -> None:
        """The new pair takes the place of the present one, which becomes the previous one."""

    def end(self, consent: Consent, because: str) -> bool:
        """No more calls until a person connects again. False where the consent was changed meanwhile."""

    def begin(self, organisation: Organisation, pair: TokenPair) -> None: ...

    def wipe(self) -> bool: ...
