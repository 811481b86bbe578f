"""Tokens of a person's consent: every renewal uses the refresh token up and brings a new one.

Lose the new one and a person has to consent again; so the renewal is noted before it is asked for, the new pair is
stored before it is used, and what was lost on the way is asked for once more with the same token, which Xero takes for
30 minutes after its first use (Xero's documentation). Whoever needs a token while another renews it uses the present
one as long as that lives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, SyncError, Transient
from sync_worker.ports import Clock, Consent, ConsentHealth, Consents, TokenPair
from sync_worker.xero.errors import ConsentEnded
from sync_worker.xero.login import Issued, XeroLogin
from sync_worker.xero.transport import patient

AHEAD = timedelta(minutes=5)
"""A token is renewed this long before its end, so that a renewal may fail a few times unnoticed."""
AT_LAST = timedelta(seconds=30)
"""A token this near its end is not used any more: a call may be on its way for some seconds."""
GRACE = timedelta(minutes=30)
"""How long the refresh token before the present one still works."""
POLL_S = 1.0
LATER_S = 300.0
CHANCES = 2
"""Times a renewal is asked for in one go."""


class RotatingTokens:
    """xero.tokens.Tokens of one connection. One renewal at a time, whichever thread or process wants it."""

    def __init__(
        self,
        login: XeroLogin,
        consents: Consents,
        clock: Clock,
        *,
        tenant_id: str | None,
        claim_life: timedelta,
        tell: Callable[..., Any],
    ) -> None:
        """`claim_life` is longer than a request can take: a claim this old has nobody behind it."""
        self._login = login
        self._consents = consents
        self._clock = clock
        self._tenant_id = tenant_id
        self._claim_life = claim_life
        self._tell = tell
        self._lock = threading.Lock()
        self._asking = patient(clock)
        self._unsaved: tuple[Consent, TokenPair] | None = None
        self._handed_out = self._refused = 0

    def tenant(self) -> str | None:
        chosen = self._standing(self._consents.health()).organisation
        if self._tenant_id not in (None, chosen.tenant_id):
            raise Misconfigured(
                f"the consent of {self._consents.connection!r} is for {chosen.name} ({chosen.tenant_id}), but "
                f"xero.tenant_id pins {self._tenant_id}; {self._cure} for that one, or correct the setting"
            )
        return chosen.tenant_id

    def fresh(self) -> str:
        with self._lock:
            self._save_what_is_left()
            consent = self._good()
            self._handed_out = consent.health.version
            return consent.pair.access

    def renounce(self) -> None:
        self._refused = self._handed_out

    def hopeless(self) -> SyncError:
        consent = self._read()
        if consent.health.version == self._handed_out and (
            ended := self._end(consent, "it refuses a token though it is new")
        ):
            return ended
        return Transient("Xero refused a token that was replaced meanwhile")

    def _good(self) -> Consent:
        """The consent as it stands, renewed where its token is near its end."""
        chances = CHANCES
        while True:
            consent = self._read()
            if self._lives(consent, AHEAD):
                return consent
            if chances and (claim := self._consents.claim(consent, self._claim_life)):
                chances -= 1
                self._renew(consent, claim)
            elif self._lives(consent, AT_LAST):
                return consent
            elif chances:
                self._clock.sleep(POLL_S)
            else:
                raise Transient(
                    "Xero's login gave no answer to our renewal; it takes the same token for 30 minutes more",
                    retry_after=LATER_S,
                )

    def _renew(self, consent: Consent, claim: datetime) -> None:
        """Asks and stores. From the claim on the journal knows that this refresh token may have been used; after a lost
        answer the claim stays, so that nobody asks again before the request is surely over."""
        try:
            pair = self._asked(consent)
        except OutcomeUnknown as lost:
            self._tell("answer to a renewal lost, asking again in its grace", reason=str(lost))
            return
        except Transient as away:
            if self._lives(consent, AT_LAST):
                self._tell("token not renewed yet, the present one still lives", reason=str(away))
                return
            self._consents.release(consent, claim)
            raise
        except ConsentEnded as ended:
            if dead := self._end(consent, str(ended)):
                raise dead from None
            return
        except SyncError:
            self._consents.release(consent, claim)
            raise
        self._unsaved = (consent, pair)
        self._save_what_is_left()

    def _asked(self, consent: Consent) -> TokenPair:
        """With the present refresh token; where that is dead and nobody replaced it, with the previous one in its
        grace."""
        try:
            return self._ask(consent.pair.refresh)
        except ConsentEnded:
            in_grace = self._clock.now() < consent.health.saved_at + GRACE
            if self._moved(consent) or consent.previous is None or not in_grace:
                raise
            return self._ask(consent.previous)

    def _ask(self, refresh: str) -> TokenPair:
        issued = self._asking(
            self._login.ask, single_use=True, grant_type="refresh_token", refresh_token=refresh
        )
        return pair_of(issued)

    def _save_what_is_left(self) -> None:
        """A pair is not used before it is stored; while the journal cannot be written it waits here."""
        if self._unsaved is None:
            return
        try:
            self._consents.save(*self._unsaved)
        except Transient as full:
            self._tell("new tokens not stored yet, kept in memory", reason=str(full))
            raise
        self._unsaved = None

    def _moved(self, consent: Consent) -> bool:
        """The second look before a consent is called dead: another process may have renewed it."""
        now, then = self._consents.health(), consent.health
        return now is None or (now.version, now.consented_at) != (then.version, then.consented_at)

    def _lives(self, consent: Consent, margin: timedelta) -> bool:
        refused = consent.health.version == self._refused
        return not refused and self._clock.now() < consent.pair.access_ends - margin

    def _read(self) -> Consent:
        consent = self._consents.current()
        if consent is None:
            raise self._nobody_consented()
        self._standing(consent.health)
        return consent

    def _standing(self, health: ConsentHealth | None) -> ConsentHealth:
        if health is None:
            raise self._nobody_consented()
        if health.ended_at:
            raise self._needs_consent(health.ended_because or "")
        return health

    def _end(self, consent: Consent, because: str) -> Misconfigured | None:
        """None where somebody renewed or connected meanwhile: then go on with that."""
        if not self._consents.end(consent, because):
            return None
        self._tell("consent at Xero ended, a person must connect again", reason=because)
        return self._needs_consent(because)

    def _nobody_consented(self) -> Misconfigured:
        return Misconfigured(f"{self._consents.connection!r} has no consent at Xero; {self._cure}")

    def _needs_consent(self, because: str) -> Misconfigured:
        name = self._consents.connection
        return Misconfigured(f"Xero ended the consent of {name!r} ({because}); {self._cure}")

    @property
    def _cure(self) -> str:
        return f"run `sync-worker connect {self._consents.connection}`"


def pair_of(issued: Issued) -> TokenPair:
    if issued.refresh is None:
        raise Misconfigured(
            "Xero gave no refresh token; the app must be one that may ask for offline_access"
        )
    return TokenPair(issued.access, issued.ends, issued.refresh)
