"""What lies in the outbox leaves once; a mail server that is away or falls silent keeps no run from its work."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.domain.letter import Stage
from tests.killing import killed_at
from tests.post import FINANCE, PostOffice
from tests.sync.test_notices import a_billed_milestone, letters, pay
from tests.world import World, a_grant_world

HOUR = 3600
NOTHING = {"sent": 0, "waiting": 0, "refused": []}


def posted(world: World) -> dict[str, Any]:
    """What a run of payments says of its letters."""
    told: dict[str, Any] = world.sync("payments").counts["letters"]
    return told


def away() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_a_mail_server_that_is_away_fails_no_run_and_the_letters_wait(office: PostOffice) -> None:
    here, gone = office.port, away()
    office.port = gone
    world = a_billed_milestone(office)
    for amount in ("1000.00", "2000.00"):
        pay(world, amount)
    result = world.sync("payments")
    assert (result.exit, result.counts["created"]) == (Exit.DONE, 2)
    told = result.counts["letters"]
    assert (told["sent"], told["waiting"], told["refused"]) == (0, 2, [])
    assert "refused" in told["trouble"]
    for _ in range(30):  # however long it stays away
        world.advance(12 * HOUR)
        assert posted(world)["waiting"] == 2
    office.port = here
    bills = {"account_code": "480", "mail_payments": True}
    world.change_settings(sends=["bills"], bills=bills, mail=office.mail())
    assert posted(world) == NOTHING | {"sent": 2}


def test_one_letter_is_tried_for_all_where_the_server_lets_none_through(
    office: PostOffice,
) -> None:
    world = a_billed_milestone(office, user="grants", password="wrong")
    for amount in ("1000.00", "2000.00"):
        pay(world, amount)
    told = posted(world)
    assert told["waiting"] == 2
    assert told["refused"] == [], "none of them is at fault"
    assert told["trouble"]


def test_a_letter_that_is_put_off_is_tried_again_later_and_later(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world)
    office.suffers("later", "later")
    told = posted(world)
    assert (told["waiting"], told["trouble"]) == (1, "451 4.3.0 try again later")
    assert posted(world) == NOTHING | {"waiting": 1}, "a minute has not passed"
    world.advance(60)
    assert posted(world)["waiting"] == 1
    world.advance(60)
    assert posted(world) == NOTHING | {"waiting": 1}, "two minutes have not"
    world.advance(60)
    assert posted(world) == NOTHING | {"sent": 1}


def test_after_days_a_letter_is_given_up_and_shown(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world)
    office.suffers(*["later"] * 100)
    tries = 0
    while posted(world)["waiting"]:
        world.advance(6 * HOUR)
        tries += 1
    assert tries == 23
    (given_up,) = posted(world)["refused"]
    assert given_up["cause"] == "given up after 24 tries: 451 4.3.0 try again later"


def test_a_refused_letter_is_shown_by_every_run_until_a_person_has_decided(
    office: PostOffice,
) -> None:
    world = a_billed_milestone(office)
    paid = pay(world)
    office.suffers("refuse")
    key = f"payment:{paid}"
    for _ in range(2):
        result = world.sync("payments")
        assert result.exit is Exit.HELD
        (refused,) = result.counts["letters"]["refused"]
        assert (refused["letter"], refused["stage"]) == (key, "refused")
        assert "550" in refused["cause"]
    with world.worker.held():
        assert world.worker.exempt("MS-1", exempt=False).exit is Exit.DONE, "no matter of theirs"
    (asked,) = letters(world).staged(Stage.REFUSED)
    assert asked.key == key
    assert letters(world).again(key, "treasurer@exeter.example")
    assert posted(world) == NOTHING | {"sent": 1}
    assert office.letters[0]["to"] == ("treasurer@exeter.example",)
    assert not letters(world).again(key), "it has left"
    assert not letters(world).drop(key)


def test_a_letter_that_a_person_drops_goes_nowhere(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    paid = pay(world)
    office.suffers("refuse")
    posted(world)
    assert letters(world).drop(f"payment:{paid}")
    assert posted(world) == NOTHING
    assert office.letters == []


def test_where_the_answer_is_lost_an_applicant_is_not_told_again(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world)
    office.suffers("drop_after")
    for _ in range(3):
        (doubtful,) = posted(world)["refused"]
        assert doubtful["stage"] == "unsure"
        world.advance(HOUR)
    assert len(office.letters) == 1


@pytest.mark.parametrize(("fault", "kept"), [("drop_before", 0), ("drop_after", 1)])
def test_where_the_answer_is_lost_the_operator_is_told_again_rather_than_not_at_all(
    office: PostOffice, fault: str, kept: int
) -> None:
    world = a_grant_world(mail=office.mail(error_address=FINANCE))
    world.crm.milestone(who=world.crm.applicant("Nobody"), contract={"Start_Date__c": None})
    office.suffers(fault)
    assert world.sync("bills").counts["letters"]["waiting"] == 1
    assert len(office.letters) == kept
    world.advance(300)
    assert world.sync("bills").counts["letters"]["sent"] == 1
    assert len(office.letters) == kept + 1
    assert len({one["message_id"] for one in office.letters}) == 1


def test_a_digest_cut_off_by_a_crash_goes_again(office: PostOffice) -> None:
    world = a_grant_world(mail=office.mail(error_address=FINANCE))
    world.crm.milestone(contract={"Start_Date__c": None})
    with killed_at(world, "journal.letter.after"):
        world.sync("bills")
    assert world.sync("bills").counts["letters"] == NOTHING | {"waiting": 1}
    world.advance(300)
    assert world.sync("bills").counts["letters"] == NOTHING | {"sent": 1}
    assert len(office.letters) == 1


def test_a_bad_template_keeps_letters_waiting_and_no_money(
    office: PostOffice, tmp_path: Any
) -> None:
    (tmp_path / "payment.txt").write_text("Subject: Paid\n{{ ammount }}")
    world = a_billed_milestone(office, templates=tmp_path)
    pay(world)
    result = world.sync("payments")
    assert (result.exit, result.counts["created"]) == (Exit.DONE, 1)
    assert "'ammount' is undefined" in result.counts["letters"]["trouble"]
    assert result.counts["letters"]["waiting"] == 1
    (tmp_path / "payment.txt").write_text("Subject: Paid\n{{ amount }}")
    assert posted(world) == NOTHING | {"sent": 1}


def test_a_worker_that_is_asked_to_stop_posts_no_more(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    for amount in ("1000.00", "2000.00"):
        pay(world, amount)

    def watch(moment: str) -> None:
        if moment == "journal.letter.after":
            world.clock.stopping = True

    world.moments = watch
    world.sync("payments")
    assert len(office.letters) == 1
    world.clock.stopping, world.moments = False, lambda _: None
    assert posted(world) == NOTHING | {"sent": 1}


def test_what_a_person_drops_while_the_run_is_about_to_send_it_stays(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    first, second = pay(world, "1000.00"), pay(world, "2000.00")

    def drop_the_other(moment: str) -> None:
        if moment == "journal.letter.after":
            world.moments = lambda _: None
            for paid in (first, second):
                letters(world).drop(f"payment:{paid}")

    world.moments = drop_the_other
    assert posted(world) == NOTHING | {"sent": 1}, "the one that was on its way"
    assert len(office.letters) == 1


def test_a_worker_that_lost_its_lane_posts_nothing(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world)

    def watch(moment: str) -> None:
        if moment == "journal.unmatched.after":
            world.worker.lane._lease = None  # type: ignore[attr-defined]  # as a dead process leaves it
            world.moments = lambda _: None

    world.moments = watch
    with world.worker.held():
        assert world.worker.run("payments").exit is Exit.BUSY
    assert office.letters == []
