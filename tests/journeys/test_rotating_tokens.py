"""A person's consent lasts: whatever breaks around a renewal, nobody has to consent twice, or is told once and clearly.

T1 to T6 are the ways in which a rotating token gets lost.
"""

from __future__ import annotations

import sqlite3
import threading

import pytest

from sync_worker.daemon.outcome import Exit, Result
from sync_worker.domain.errors import Misconfigured, Stopping, Transient
from sync_worker.sandbox.http import Request, Response
from tests import journals
from tests.consents import (
    KEY,
    OTHER_KEY,
    TOKEN,
    a_consenting_world,
    another_consent,
    connect,
    health,
    token_calls,
)
from tests.oracle import wrongs
from tests.simulation.points import Killed, a_death
from tests.world import World, a_world

Told = list[tuple[str, dict[str, object]]]

LIFE = 1800
"""Seconds an access token lives."""
CLAIM = 5 + 2 * 60 + 30
"""Seconds after which whoever claimed a renewal is taken for dead."""
CURE = "run `sync-worker connect main`"


@pytest.fixture
def world() -> World:
    """One invoice is due, and the access token has ended."""
    world = a_consenting_world()
    world.crm.invoice("INV-1")
    world.advance(LIFE)
    return world


def dies_at(world: World, moment: str, *, after: str = "") -> None:
    """A run that is killed at the first such moment (after that other one)."""
    reached = [after == ""]

    def mortal(name: str) -> None:
        if reached[0] and name == moment:
            raise Killed
        reached[0] = reached[0] or name == after

    disk = journals.the_disk()
    disk.hook = world.roads["xero"].hook = mortal
    with pytest.raises(Killed):
        world.sync()
    disk.hook = world.roads["xero"].hook = lambda _: None
    disk.close()


def ends_clean(world: World) -> None:
    world.settle("invoices")
    assert wrongs(world.org, world.xero) == []
    assert health(world).ended_at is None


# The ordinary way --------------------------------------------------------------------------------


def test_invoices_and_payments_go_through_a_consent(world: World) -> None:
    world.sync()
    world.xero.pay(world.document("INV-1")["id"], "100.00")
    assert world.sync("payments").exit is Exit.DONE
    assert wrongs(world.org, world.xero) == []
    assert token_calls(world) == 1


def test_a_token_is_renewed_at_five_minutes_left_and_not_before() -> None:
    world = a_consenting_world()
    world.advance(LIFE - 310)
    world.sync("payments")
    assert token_calls(world) == 0
    world.advance(20)
    world.sync("payments")
    assert token_calls(world) == 1


def test_a_consent_that_is_used_outlives_sixty_days_many_times() -> None:
    world = a_consenting_world()
    for _ in range(4):
        world.advance(59 * 86_400)
        assert world.sync("payments").exit is Exit.DONE
    assert health(world).version == 5


# T1 to T3: the process dies ----------------------------------------------------------------------


@pytest.mark.parametrize("gap", [5, 420, CLAIM + 1, 93_600])
def test_t1_killed_before_the_call_the_next_process_renews(world: World, gap: float) -> None:
    dies_at(world, "POST token has left")
    assert health(world).refreshing_since is not None
    world.advance(gap)
    world.restart()
    ends_clean(world)


@pytest.mark.parametrize("gap", [5, 420])
@pytest.mark.parametrize(
    ("moment", "after"),
    [("POST token is answered", ""), ("commit begins", "POST token is answered")],
    ids=["t2", "t3"],
)
def test_t2_t3_killed_after_the_call_the_token_before_works_in_its_grace(
    world: World, moment: str, after: str, gap: float
) -> None:
    dies_at(world, moment, after=after)
    world.advance(gap)
    world.restart()
    ends_clean(world)
    assert token_calls(world) == 2


@pytest.mark.parametrize("gap", [5, 420, 93_600])
def test_a_crash_at_any_moment_leaves_every_invoice_once_in_xero(gap: float) -> None:
    for fatal in range(1, 200):
        world = a_consenting_world()
        world.crm.invoice("INV-1")
        world.advance(LIFE)
        points = a_death(world, fatal, "invoices")
        if not points.ended:
            break
        world.advance(gap)
        world.restart()
        world.settle("invoices")
        if health(world).ended_at:
            assert gap > LIFE, f"within its grace: {points.passed[-1]}"
            assert len(world.documents_of("INV-1")) == 0
            connect(world)
            world.settle("invoices")
        assert wrongs(world.org, world.xero) == [], f"died at {fatal}: {points.passed[-1]}"
    assert fatal > 10


# T2: the answer is lost --------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["drop_after_commit", "truncated", "html", "500_after"])
def test_f10_a_lost_answer_is_asked_for_again_in_the_grace(world: World, how: str) -> None:
    world.fault("xero", how, path=TOKEN)
    assert world.sync().exit is Exit.DONE
    ends_clean(world)
    assert token_calls(world) == 2
    assert sum(world.clock.slept) >= CLAIM - 1, "asked again before the first was surely over"


def test_f10_nothing_waits_for_a_lost_answer_while_the_present_token_lives() -> None:
    world = a_consenting_world()
    world.crm.invoice("INV-1")
    world.advance(LIFE - 290)
    world.fault("xero", "drop_after_commit", path=TOKEN)
    assert world.sync().exit is Exit.DONE
    assert sum(world.clock.slept) == 0
    assert token_calls(world) == 1
    world.advance(CLAIM)
    world.sync("payments")
    assert token_calls(world) == 2
    ends_clean(world)


def test_a_login_that_never_answers_ends_the_run_and_not_the_consent(world: World) -> None:
    world.fault("xero", "drop_after_commit", path=TOKEN, times=2)
    result = world.sync()
    assert result.exit is Exit.UNSURE
    assert "30 minutes" in result.problems[0]
    assert token_calls(world) == 2
    world.advance(300)
    ends_clean(world)


def test_a_login_out_of_reach_is_asked_again_at_once_and_keeps_no_claim(world: World) -> None:
    road = world.roads["xero"]
    road.down = True
    assert world.sync().exit is Exit.UNSURE
    assert health(world).refreshing_since is None
    road.down = False
    ends_clean(world)
    assert token_calls(world) == 1


def test_a_login_out_of_reach_is_no_matter_while_the_present_token_lives() -> None:
    world = a_consenting_world()
    world.crm.invoice("INV-1")
    world.advance(LIFE - 290)
    world.fault("xero", "429_minute", path=TOKEN, times=4)
    assert world.sync().exit is Exit.DONE
    assert token_calls(world) == 4


def test_a_wrong_secret_is_no_end_of_the_consent(world: World) -> None:
    world.roads["xero"].instead = lambda request: (
        Response(400, {}, b'{"error": "invalid_client"}') if request.path == TOKEN else None
    )
    result = world.sync()
    assert (result.exit, len(result.problems)) == (Exit.USAGE, 1)
    assert "check xero.client_id" in result.problems[0]
    world.roads["xero"].instead = lambda _: None
    ends_clean(world)


def test_a_login_that_gives_no_refresh_token_is_told(world: World) -> None:
    answer = b'{"access_token": "a", "expires_in": 1800}'
    world.roads["xero"].instead = lambda request: (
        Response(200, {}, answer) if request.path == TOKEN else None
    )
    assert "offline_access" in world.sync().problems[0]


# T4: dead ----------------------------------------------------------------------------------------


def test_t4_a_dead_token_stops_the_connection_once_and_says_how_to_go_on(
    world: World, told: Told
) -> None:
    another_consent(world)
    world.forget_calls()
    result = world.sync()
    assert (result.exit, len(result.problems)) == (Exit.USAGE, 1)
    assert CURE in result.problems[0]
    assert token_calls(world) == 1
    world.forget_calls()
    for _ in range(3):
        world.restart()
        world.advance(LIFE)
        assert CURE in world.sync().problems[0]
        assert CURE in world.sync("payments").problems[0]
    assert world.requests("xero") == []
    assert sum(event.startswith("consent at Xero ended") for event, _ in told) == 1
    connect(world)
    ends_clean(world)


def test_f12_a_dead_token_that_was_replaced_meanwhile_is_no_trouble(world: World) -> None:
    road = world.roads["xero"]

    def somebody_connects(name: str) -> None:
        if name == "POST token has left":
            road.hook = lambda _: None
            connect(world)

    road.hook = somebody_connects
    assert world.sync().exit is Exit.DONE
    ends_clean(world)


def test_the_token_before_helps_where_a_late_twin_killed_the_present_one(world: World) -> None:
    world.sync()
    before = health(world)
    # A twin that was paused with the same old token renews it once more: at Xero, ours is dead now.
    current = world.app.consents("main").current()
    assert current is not None
    del world.xero._office._refresh[current.pair.refresh]
    world.advance(LIFE - 290)
    assert world.sync("payments").exit is Exit.DONE
    assert health(world).version == before.version + 1


def test_a_disconnect_meanwhile_is_told(world: World) -> None:
    road = world.roads["xero"]

    def somebody_disconnects(name: str) -> None:
        if name == "POST token has left":
            world.app.consents("main").wipe()

    road.hook = somebody_disconnects
    result = world.sync()
    assert result.problems == (f"'main' has no consent at Xero; {CURE}",)


def test_nobody_is_asked_for_an_organisation_without_a_consent(world: World) -> None:
    world.sync()
    world.app.consents("main").wipe()
    with pytest.raises(Misconfigured, match="has no consent at Xero"):
        world.worker.invoices.ledger._client.tenant()  # type: ignore[attr-defined]  # no port has it


# T5: the journal is full -------------------------------------------------------------------------


def with_a_disk_that_fills_up(world: World) -> Result:
    """A run in which nothing can be written any more once the login has answered."""
    disk, road = journals.the_disk(), world.roads["xero"]
    answered: list[str] = []

    def full(name: str) -> None:
        if name == "commit begins" and answered:
            raise sqlite3.OperationalError("database or disk is full")

    with world.worker.held():
        disk.hook = full
        road.hook = lambda name: answered.append(name) if name == "POST token is answered" else None
        result = world.worker.run("invoices")
        disk.hook = road.hook = lambda _: None
    return result


def test_t5_a_pair_that_cannot_be_stored_is_not_used_and_not_lost(world: World, told: Told) -> None:
    result = with_a_disk_that_fills_up(world)
    assert result.exit is Exit.UNSURE
    assert "free disk space" in result.problems[0]
    assert world.requests("xero") == [f"POST {TOKEN}"]
    assert any("kept in memory" in event for event, _ in told)
    assert health(world).version == 1
    world.advance(24 * 60)
    ends_clean(world)
    assert health(world).version == 2
    assert token_calls(world) == 1


def test_t5_nobody_is_handed_a_token_that_could_not_be_stored(world: World) -> None:
    disk, road = journals.the_disk(), world.roads["xero"]
    answered: list[str] = []

    def full(name: str) -> None:
        if name == "commit begins" and answered:
            raise sqlite3.OperationalError("database or disk is full")

    disk.hook = full
    road.hook = lambda name: answered.append(name) if name == "POST token is answered" else None
    for _ in range(2):
        with pytest.raises(Transient, match="free disk space"):
            _ = world.worker.invoices.lane.sender.token
    disk.hook = road.hook = lambda _: None
    assert world.worker.invoices.lane.sender.token
    assert token_calls(world) == 1


def test_t5_a_pair_that_was_never_stored_is_asked_for_again_after_a_restart(world: World) -> None:
    with_a_disk_that_fills_up(world)
    world.restart()
    ends_clean(world)
    assert token_calls(world) == 2


# T6: an older journal ----------------------------------------------------------------------------


def test_t6_a_restored_backup_with_a_dead_token_touches_no_document(world: World) -> None:
    world.sync()
    disk = journals.the_disk()
    backup = disk.serialize()
    world.crm.invoice("INV-2")
    for _ in range(3):
        world.advance(LIFE)
        world.sync()
    stood = world.xero.documents()
    world.worker.lane.release()
    disk.close()
    disk.deserialize(backup)
    world.restart()
    world.advance(LIFE)
    assert CURE in world.sync().problems[0]
    assert world.xero.documents() == stood
    connect(world)
    ends_clean(world)
    assert world.xero.documents() == stood


# Refused tokens ----------------------------------------------------------------------------------


def test_f07_a_token_that_ends_in_mid_batch_is_renewed_once_and_the_same_bytes_go_again() -> None:
    world = a_consenting_world()
    world.crm.invoice("INV-1")
    sent: list[tuple[bytes, str]] = []

    def kept(request: Request) -> None:
        if request.method == "PUT" and request.path.endswith("/Invoices"):
            sent.append((request.body, request.headers["idempotency-key"]))

    world.roads["xero"].instead = kept
    world.fault("xero", "expire_token", method="PUT", path="Invoices")
    assert world.sync().exit is Exit.DONE
    ends_clean(world)
    assert token_calls(world) == 1
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_f08_a_token_that_is_refused_for_ever_ends_the_consent_after_three_calls() -> None:
    world = a_consenting_world()
    world.crm.invoice("INV-1")
    asked: list[str] = []

    def refuses(request: Request) -> Response | None:
        asked.append(request.path)
        if request.path.startswith("/api.xro"):
            return Response(401, {}, b'{"Title": "Unauthorized", "Status": 401}')
        return None

    world.roads["xero"].instead = refuses
    assert CURE in world.sync().problems[0]
    for _ in range(3):
        assert CURE in world.sync().problems[0]
    assert len(asked) <= 3
    assert health(world).ended_at is not None
    world.roads["xero"].instead = lambda _: None
    connect(world)
    ends_clean(world)


def test_f08_a_custom_connection_that_is_refused_for_ever_is_told_after_one_new_token() -> None:
    world = a_world()
    asked: list[str] = []

    def refuses(request: Request) -> Response | None:
        asked.append(request.path)
        return Response(401, {}, b"") if request.path.startswith("/api.xro") else None

    world.roads["xero"].instead = refuses
    (problem,) = world.sync("payments").problems
    assert "check that the custom connection still stands" in problem
    assert len(asked) == 4, "login, refused, login, refused"


def test_a_refused_token_that_was_replaced_meanwhile_ends_no_consent() -> None:
    world = a_consenting_world()
    road = world.roads["xero"]

    def refuses(request: Request) -> Response | None:
        if request.path.startswith("/api.xro"):
            if token_calls(world):
                road.instead = lambda _: None
                connect(world)
            return Response(401, {}, b"")
        return None

    road.instead = refuses
    assert world.sync("payments").exit is Exit.DONE
    assert health(world).ended_at is None


# Two at once -------------------------------------------------------------------------------------


def test_threads_that_need_a_token_together_renew_once(world: World) -> None:
    tokens = world.app.tokens("main")
    given: list[str] = []
    threads = [threading.Thread(target=lambda: given.append(tokens.fresh())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 4
    assert len(set(given)) == 1
    assert token_calls(world) == 1


def test_a_renewal_that_comes_back_after_its_claim_uses_what_another_has_stored(
    world: World,
) -> None:
    first, second = world.app.tokens("main"), world.app.tokens("main")
    given: list[str] = []

    def another_comes(name: str) -> None:
        """The first is paused between its claim and its call; the other waits until the claim is over."""
        if name == "POST token has left":
            world.roads["xero"].hook = lambda _: None
            given.append(second.fresh())

    world.roads["xero"].hook = another_comes
    given.append(first.fresh())
    assert len(set(given)) == 1
    assert token_calls(world) == 2
    assert sum(world.clock.slept) >= CLAIM - 1


def test_a_stop_while_waiting_for_another_renewal_stops(world: World) -> None:
    consents = world.app.consents("main")
    current = consents.current()
    assert current
    assert consents.claim(current, world.app.tokens("main")._claim_life)
    world.clock.stop_at_next_sleep = True
    with pytest.raises(Stopping):
        world.app.tokens("main").fresh()
    assert token_calls(world) == 0


# Keys, pins and secrets --------------------------------------------------------------------------


def test_f96_keys_are_rotated_while_it_works_and_no_run_fails() -> None:
    world = a_consenting_world()
    for keys in (
        {"key": OTHER_KEY, "old_key": KEY},
        {"key": OTHER_KEY, "old_key": KEY},
        {"key": OTHER_KEY},
    ):
        world.change_settings(
            secrets=keys, xero={"grant": "consent", "login_url": "http://127.0.0.1:9702"}
        )
        world.crm.invoice(f"INV-{world.time.now():%H%M%S%f}")
        assert world.sync().exit is Exit.DONE
        assert world.app.consents("main").seal_anew()
        world.advance(LIFE)
        assert world.sync().exit is Exit.DONE
    world.change_settings(
        secrets={"key": KEY}, xero={"grant": "consent", "login_url": "http://127.0.0.1:9702"}
    )
    assert "another key than secrets.key" in world.sync().problems[0]


def test_a_consent_for_another_organisation_than_the_pinned_one_is_refused() -> None:
    world = a_consenting_world()
    other = "00000000-0000-4000-8000-000000000000"
    world.change_settings(
        secrets={"key": KEY},
        xero={"grant": "consent", "login_url": "http://127.0.0.1:9702", "tenant_id": other},
    )
    (problem,) = world.sync().problems
    assert "xero.tenant_id pins" in problem
    assert world.requests("xero") == []


def test_nothing_secret_is_in_the_journal_the_log_or_an_error(world: World, told: Told) -> None:
    said: list[str] = []
    office = world.xero._office
    given = {*office._refresh, *office._access}
    for fault in ("drop_after_commit", "html", "500_after", "truncated"):
        world.fault("xero", fault, path=TOKEN)
        world.advance(LIFE)
        said += world.sync("payments").problems
        given |= {*office._refresh, *office._access}
    another_consent(world)
    world.advance(LIFE)
    said += world.sync("payments").problems
    given |= {*office._refresh, *office._access}
    consent = world.app.consents("main").current()
    with pytest.raises(Misconfigured) as refused:
        world.app.tokens("main").fresh()
    everything = "\n".join([*map(repr, told), *said, repr(consent), str(refused.value)])
    stored = journals.the_disk().serialize()
    assert len(given) > 5
    for token in given:
        assert token not in everything
        assert token.encode() not in stored
    assert KEY.encode() not in stored


def test_the_kept_job_renews_a_consent_that_no_run_uses() -> None:
    world = a_consenting_world()
    (job,) = [one for one in world.app.jobs(world.worker) if one.name == "main/tokens"]
    for _ in range(10):
        world.advance(40 * 86_400)
        job.work()
    assert health(world).days_left(world.time.now()) == 60
    world.app.consents("main").wipe()
    job.work()  # says so, and does not end the daemon


def test_transient_is_what_a_journal_out_of_order_gives(world: World) -> None:
    def locked(name: str) -> None:
        if name == "commit begins":
            raise sqlite3.OperationalError("database is locked")

    journals.the_disk().hook = locked
    with pytest.raises(Transient):
        world.app.tokens("main").fresh()
    journals.the_disk().hook = lambda _: None
    assert token_calls(world) == 0
