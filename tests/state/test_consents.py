"""What the journal promises of Xero's tokens: sealed, renewed by one at a time, never taken for another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, update

from sync_worker.domain.document import Kind
from sync_worker.domain.errors import Misconfigured
from sync_worker.ports import Consent, Organisation, TokenPair
from sync_worker.state.consents import SqlConsents
from sync_worker.state.engine import open_engine
from sync_worker.state.journal import SqlJournal
from sync_worker.state.migrate import MIGRATIONS, head_is, upgrade
from sync_worker.state.seal import Seal
from sync_worker.state.store import Store
from sync_worker.state.tables import consents as table
from tests.state.builders import MORNING, StandingClock, a_worker, an_invoice, changes, record

KEY, OTHER = b"k" * 32, b"o" * 32
LIFE = timedelta(seconds=95)
BOOKS = Organisation("11111111-1111-4111-8111-111111111111", "Bright Path")
PAIR = TokenPair("access-1", MORNING + timedelta(minutes=30), "refresh-1")
NEXT = TokenPair("access-2", MORNING + timedelta(minutes=55), "refresh-2")


def of(
    engine: Engine, clock: StandingClock, name: str = "main", keys: Sequence[bytes] = (KEY,)
) -> SqlConsents:
    return SqlConsents(Store(engine, name, clock), Seal(keys) if keys else None)


@pytest.fixture
def kept(engine: Engine, clock: StandingClock) -> SqlConsents:
    held = of(engine, clock)
    held.begin(BOOKS, PAIR)
    return held


def now_in(kept: SqlConsents) -> Consent:
    found = kept.current()
    assert found is not None
    return found


def test_a_consent_comes_back_as_it_was_given(kept: SqlConsents) -> None:
    consent = now_in(kept)
    assert (consent.pair, consent.previous) == (PAIR, None)
    assert (consent.health.organisation, consent.health.version) == (BOOKS, 1)
    assert consent.health == kept.health()


def test_no_consent_is_none(engine: Engine, clock: StandingClock) -> None:
    nobody = of(engine, clock)
    assert (nobody.current(), nobody.health()) == (None, None)
    assert not nobody.wipe()
    assert not nobody.seal_anew()


def test_a_renewal_keeps_the_token_before(kept: SqlConsents, clock: StandingClock) -> None:
    clock.advance(minutes=25)
    kept.save(now_in(kept), NEXT)
    consent = now_in(kept)
    assert (consent.pair, consent.previous) == (NEXT, PAIR.refresh)
    assert (consent.health.version, consent.health.saved_at) == (2, clock.now())
    assert consent.health.consented_at == MORNING


def test_one_claims_a_renewal_and_the_others_know(kept: SqlConsents, clock: StandingClock) -> None:
    consent = now_in(kept)
    claim = kept.claim(consent, LIFE)
    assert claim == clock.now()
    assert kept.claim(consent, LIFE) is None
    kept.release(consent, claim)
    assert kept.claim(consent, LIFE)


def test_a_claim_whose_holder_died_ends_by_itself(kept: SqlConsents, clock: StandingClock) -> None:
    consent = now_in(kept)
    first = kept.claim(consent, LIFE)
    assert first
    clock.advance(seconds=94)
    assert kept.claim(consent, LIFE) is None
    clock.advance(seconds=1)
    assert kept.claim(consent, LIFE)
    kept.release(consent, first)
    assert kept.claim(consent, LIFE) is None, "the first may not give away what is another's now"


def test_who_comes_second_changes_nothing(kept: SqlConsents) -> None:
    old = now_in(kept)
    kept.save(old, NEXT)
    kept.save(old, replace(NEXT, access="access-3", refresh="refresh-3"))
    assert now_in(kept).pair == NEXT
    assert not kept.end(old, "late")
    assert kept.claim(old, LIFE) is None
    assert now_in(kept).health.ended_at is None


def test_an_ended_consent_stays_ended_until_a_person_connects(
    kept: SqlConsents, clock: StandingClock
) -> None:
    consent = now_in(kept)
    assert kept.end(consent, "invalid_grant")
    kept.save(consent, NEXT)
    ended = now_in(kept).health
    assert (ended.ended_because, ended.version, ended.days_left(clock.now())) == (
        "invalid_grant",
        1,
        0,
    )
    kept.begin(BOOKS, NEXT)
    assert (now_in(kept).health.ended_at, now_in(kept).health.version) == (None, 2)


def test_what_was_wiped_is_gone_and_an_old_renewal_does_not_bring_it_back(
    kept: SqlConsents, clock: StandingClock
) -> None:
    old = now_in(kept)
    assert kept.wipe()
    kept.save(old, NEXT)
    assert kept.current() is None
    clock.advance(seconds=1)
    kept.begin(BOOKS, PAIR)
    kept.save(old, NEXT)
    assert now_in(kept).pair == PAIR, "not even where the version is the same by chance"


def test_a_token_has_sixty_days_from_its_last_renewal(
    kept: SqlConsents, clock: StandingClock
) -> None:
    health = now_in(kept).health
    assert health.days_left(clock.now()) == 60
    assert health.days_left(clock.now() + timedelta(days=59, hours=1)) == 0
    assert health.days_left(clock.now() + timedelta(days=90)) == 0


def test_a_connection_cannot_be_given_the_books_of_another_organisation(
    engine: Engine, clock: StandingClock
) -> None:
    SqlJournal(engine, "main", clock).pin("the-first-one", "org-1")
    held = of(engine, clock)
    with pytest.raises(Misconfigured, match="belongs to Xero organisation the-first-one"):
        held.begin(BOOKS, PAIR)
    assert held.health() is None
    held.begin(replace(BOOKS, tenant_id="the-first-one"), PAIR)


# The seal ----------------------------------------------------------------------------------------


def test_no_token_stands_in_the_file(tmp_path: Path, clock: StandingClock) -> None:
    held = of(open_engine(tmp_path / "journal.db"), clock)
    held.begin(BOOKS, PAIR)
    held.save(now_in(held), NEXT)
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (b"access-1", b"access-2", b"refresh-1", b"refresh-2", KEY):
        assert secret not in files
    assert b"Bright Path" in files, "so this would find one"


def test_every_flipped_bit_is_refused(clock: StandingClock) -> None:
    seal = Seal([KEY])
    sealed = seal.close("refresh-1", "main", "refresh")
    assert seal.open(sealed, "main", "refresh") == "refresh-1"
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(Misconfigured, match="sync-worker connect main"):
            seal.open(bytes(changed), "main", "refresh")
    with pytest.raises(Misconfigured):
        seal.open(b"", "main", "refresh")


def test_two_seals_of_one_text_differ(clock: StandingClock) -> None:
    seal = Seal([KEY])
    assert seal.close("a", "main", "access") != seal.close("a", "main", "access")


@pytest.mark.parametrize("field", ["access", "refresh"])
def test_a_value_moved_to_another_connection_is_refused(
    kept: SqlConsents, engine: Engine, clock: StandingClock, field: str
) -> None:
    other = of(engine, clock, "second")
    other.begin(BOOKS, NEXT)
    with engine.begin() as tx:
        moved = tx.execute(table.select().where(table.c.connection == "main")).one()
        tx.execute(
            update(table)
            .where(table.c.connection == "second")
            .values({field: getattr(moved, field)})
        )
    assert kept.current()
    with pytest.raises(Misconfigured, match="'second' were changed in the journal, or belong to"):
        other.current()


def test_a_value_moved_to_another_field_is_refused(kept: SqlConsents, engine: Engine) -> None:
    with engine.begin() as tx:
        tx.execute(update(table).values(refresh=table.c.access))
    with pytest.raises(Misconfigured, match="were changed"):
        kept.current()


def test_two_keys_open_the_first_seals_and_the_old_one_goes(
    kept: SqlConsents, engine: Engine, clock: StandingClock
) -> None:
    both, new, old = (of(engine, clock, keys=keys) for keys in ([OTHER, KEY], [OTHER], [KEY]))
    kept.save(now_in(kept), NEXT)
    before = now_in(kept)
    with pytest.raises(Misconfigured, match=r"another key than secrets.key; put that key"):
        new.current()
    assert both.current() == before
    assert both.seal_anew()
    assert new.current() == before
    with pytest.raises(Misconfigured, match="another key"):
        old.current()


def test_without_a_key_nothing_is_kept_or_opened(
    kept: SqlConsents, engine: Engine, clock: StandingClock
) -> None:
    keyless = of(engine, clock, keys=[])
    assert keyless.health()
    for work in (keyless.current, keyless.seal_anew, lambda: keyless.begin(BOOKS, PAIR)):
        with pytest.raises(Misconfigured, match=r"set secrets\.key_file"):
            work()
    assert now_in(kept).pair == PAIR


def test_a_secret_does_not_show_when_it_is_printed(kept: SqlConsents) -> None:
    shown = repr(now_in(kept)) + repr(PAIR)
    assert "access-1" not in shown
    assert "refresh-1" not in shown


# The journal of the version before ---------------------------------------------------------------


def test_a_journal_of_the_first_version_is_copied_and_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.touch(0o600)
    as_it_was = create_engine(f"sqlite:///{path}")
    upgrade(as_it_was, MIGRATIONS, "0001")
    a_worker(as_it_was, StandingClock()).save(changes([an_invoice()]))
    as_it_was.dispose()
    engine = open_engine(path)
    assert path.with_name("journal.db.before-0001").exists()
    assert upgrade(engine, MIGRATIONS) == []
    assert head_is(engine) != "0001"
    assert SqlJournal(engine, "main", StandingClock()).documents(Kind.INVOICE, [record(1)])
    of(engine, StandingClock()).begin(BOOKS, PAIR)
