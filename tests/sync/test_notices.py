"""An applicant is told by letter of each payment once: not before the CRM has it, and never of the same one again."""

from __future__ import annotations

from typing import Any

import pytest

from sync_worker.daemon.outcome import Exit
from sync_worker.state.journal import SqlJournal
from sync_worker.state.letters import SqlLetters
from tests.killing import killed_at
from tests.post import PostOffice
from tests.world import World, a_grant_world

TOLD = "Bright Path Support Services has paid 5,000.00 AUD for MS-1"


def a_billed_milestone(office: PostOffice, amount: str = "5000.00", **mail: Any) -> World:
    world = a_grant_world(mail=office.mail(**mail), mail_payments=True)
    world.crm.milestone("MS-1", amount)
    world.sync("bills")
    return world


def pay(world: World, amount: str = "5000.00", **how: Any) -> str:
    return world.xero.pay(world.bill("MS-1")["id"], amount, **how)


def records(world: World) -> list[dict[str, Any]]:
    return world.org.rows("Milestone_Payment__c")


def letters(world: World) -> SqlLetters:
    journal = world.worker.journal
    assert isinstance(journal, SqlJournal)
    return journal.letters


# One payment --------------------------------------------------------------------------------------


def test_who_is_paid_is_told_how_much_for_what_and_on_which_day(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world, on="2026-03-03")
    result = world.sync("payments")
    assert result.counts["letters"] == {"sent": 1, "waiting": 0, "refused": []}
    assert result.exit is Exit.DONE
    (letter,) = office.letters
    assert letter["to"] == ("grants@exeter.example",)
    assert letter["subject"] == TOLD
    for word in ("Dear Exeter Choir", "5,000.00 AUD", "MS-1 (Concert of MS-1)", "3 March 2026"):
        assert word in letter["plain"]
    assert "will follow" not in letter["plain"]


def test_a_payment_in_part_says_what_will_follow_and_the_next_one_gets_its_own_letter(
    office: PostOffice,
) -> None:
    world = a_billed_milestone(office)
    pay(world, "2000.00", on="2026-03-02")
    world.sync("payments")
    pay(world, "3000.00", on="2026-03-03")
    world.sync("payments")
    first, second = office.letters
    assert "3,000.00 AUD will follow" in first["plain"]
    assert "3,000.00 AUD" in second["plain"]
    assert "will follow" not in second["plain"]


def test_two_payments_of_one_poll_are_told_one_after_the_other(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world, "2000.00")
    pay(world, "3000.00")
    world.sync("payments")
    assert len(office.letters) == 2
    assert sum("will follow" in one["plain"] for one in office.letters) == 1


def test_a_person_is_told_at_the_address_of_the_contact(office: PostOffice) -> None:
    world = a_grant_world(mail=office.mail(), mail_payments=True)
    person = world.crm.participant("Ada Painter", Email="ada@painter.example")
    world.crm.milestone(
        contract={"Applicant__c": None, "Applicant_Contact__c": person},
    )
    world.sync("bills")
    pay(world)
    world.sync("payments")
    assert [one["to"] for one in office.letters] == [("ada@painter.example",)]


def test_nobody_is_written_to_where_the_setting_is_off(office: PostOffice) -> None:
    world = a_grant_world(mail=office.mail())
    world.crm.milestone()
    world.sync("bills")
    pay(world)
    result = world.sync("payments")
    assert (result.counts["created"], result.counts["letters"]["sent"]) == (1, 0)
    assert "unaddressed" not in result.counts
    assert office.letters == []


def test_only_a_run_with_news_asks_for_the_applicant(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world)
    world.sync("payments")
    world.forget_calls()
    world.advance(300)
    world.sync("payments")
    assert (world.calls("xero"), world.calls("salesforce")) == (1, 0)


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        ({}, "Exeter Choir has no e-mail address in the CRM"),
        ({"Applicant__c": None}, "the milestone MS-1 has no applicant"),
    ],
)
def test_an_applicant_who_cannot_be_written_to_is_reported(
    office: PostOffice,
    contract: dict[str, Any],
    why: str,
    told: list[tuple[str, dict[str, object]]],
) -> None:
    world = a_grant_world(mail=office.mail(), mail_payments=True)
    who = world.crm.applicant("Exeter Choir", Finance_Email__c=None)
    world.crm.milestone(who=who)
    world.sync("bills")
    if contract:
        world.crm.edit("Contract__c", world.milestone()["Contract__c"], **contract)
    paid = pay(world)
    result = world.sync("payments")
    assert result.counts["unaddressed"] == [{"payment": paid, "cause": why}]
    assert result.counts["created"] == 1
    assert office.letters == []
    assert ("no letter about a payment", why) in [(e, f.get("reason")) for e, f in told]
    assert world.sync("payments").counts["unaddressed"] == []


def test_what_was_paid_long_ago_is_told_to_nobody(
    office: PostOffice, told: list[tuple[str, dict[str, object]]]
) -> None:
    world = a_billed_milestone(office, payment_max_age_days=10)
    pay(world, "1000.00", on="2026-02-21")
    pay(world, "1000.00", on="2026-02-22")
    result = world.sync("payments")
    assert (result.counts["created"], result.counts["letters"]["sent"]) == (2, 1)
    assert "22 February 2026" in office.letters[0]["plain"]
    assert "payments too old for a letter" in [event for event, _ in told]


# Once ---------------------------------------------------------------------------------------------


def test_with_a_lost_journal_nobody_is_told_again(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world)
    world.sync("payments")
    world.lose_journal()
    assert world.sync("payments").counts["letters"]["sent"] == 0
    assert office.subjects == [TOLD]


def test_what_only_changes_in_xero_after_a_lost_journal_is_told_to_nobody(
    office: PostOffice,
) -> None:
    """The CRM's record is corrected to what Xero says; the money was told of when it came."""
    world = a_billed_milestone(office)
    pay(world)
    world.sync("payments")
    (record,) = records(world)
    world.crm.edit("Milestone_Payment__c", record["Id"], Reference__c="typed in by hand")
    world.lose_journal()
    assert world.sync("payments").counts["updated"] == 1
    assert office.subjects == [TOLD]


def test_a_record_that_somebody_deleted_in_the_crm_comes_back_without_a_letter(
    office: PostOffice,
) -> None:
    world = a_billed_milestone(office)
    paid = pay(world)
    world.sync("payments")
    (record,) = records(world)
    world.org.remove("Milestone_Payment__c", record["Id"])
    world.advance(300)
    world.xero.reconcile(paid)
    assert world.sync("payments").counts["created"] == 1
    assert office.subjects == [TOLD]


def test_wherever_the_worker_dies_the_letter_leaves_once_or_a_person_is_asked(
    office: PostOffice,
) -> None:
    """At each moment of a run there is: before and after every commit and every call."""
    world = a_billed_milestone(office)
    pay(world)
    lived: list[str] = []
    world.moments = lived.append
    world.sync("payments")
    handed_over = [n for n, moment in enumerate(lived) if moment.startswith("journal.letter.")]
    assert len(handed_over) == 4
    for n, moment in enumerate(lived):
        office.box.clear()
        world = a_billed_milestone(office)
        pay(world)
        with killed_at(world, moment, nth=lived[: n + 1].count(moment)):
            world.sync("payments")
        arrived = len(office.letters)
        world.advance(300)
        world.sync("payments")
        world.advance(300)
        told = world.sync("payments").counts["letters"]
        assert len(records(world)) == 1
        if handed_over[1] <= n <= handed_over[2]:
            assert [one["stage"] for one in told["refused"]] == ["unsure"], moment
            assert len(office.letters) == arrived, "nobody can tell whether it left"
        else:
            assert told["refused"] == [], moment
            assert office.subjects == [TOLD], moment


@pytest.mark.parametrize(("moment", "arrived"), [("after", 0), ("before", 1)])
def test_where_it_dies_while_the_letter_leaves_it_is_shown_until_a_person_has_decided(
    office: PostOffice, moment: str, arrived: int
) -> None:
    """Killed with the letter SENDING: handed over or not, nobody can tell."""
    world = a_billed_milestone(office)
    paid = pay(world)
    with killed_at(world, f"journal.letter.{moment}", nth=1 if moment == "after" else 2):
        world.sync("payments")
    assert len(office.letters) == arrived
    for _ in range(2):
        result = world.sync("payments")
        (doubtful,) = result.counts["letters"]["refused"]
        assert (doubtful["stage"], doubtful["to"]) == ("unsure", "grants@exeter.example")
        assert "it may have arrived" in doubtful["cause"]
        assert result.exit is Exit.HELD
        world.advance(300)
    assert len(office.letters) == arrived
    assert letters(world).again(f"payment:{paid}")
    assert world.sync("payments").counts["letters"]["sent"] == 1
    assert len({one["message_id"] for one in office.letters}) == 1, "a repeat can be told"


def test_money_that_the_crm_refuses_is_told_once_it_takes_it(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    paid = pay(world)
    world.org.lock_rows([world.milestone()["Id"]], times=9)
    (refused,) = world.sync("payments").counts["refused"]
    assert refused["payment"] == paid
    assert office.letters == []
    for _ in range(4):
        world.advance(300)
        world.sync("payments")
    assert office.subjects == [TOLD]


def test_what_is_taken_back_before_its_letter_left_is_not_told(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    paid = pay(world)
    office.suffers("later")
    assert world.sync("payments").counts["letters"]["waiting"] == 1
    world.xero.unpay(paid)
    world.advance(300)
    assert world.sync("payments").counts["letters"] == {"sent": 0, "waiting": 0, "refused": []}
    assert office.letters == []


def test_of_a_milestone_that_goes_away_meanwhile_nobody_is_told(office: PostOffice) -> None:
    world = a_billed_milestone(office)
    pay(world)
    looks: list[str] = []

    def watch(moment: str) -> None:
        if moment == "salesforce.GET.query.after":
            looks.append(moment)
            if len(looks) == 1:
                world.org.remove("Milestone__c", world.milestone()["Id"])

    world.moments = watch
    result = world.sync("payments")
    assert len(result.counts["refused"]) == 1
    assert office.letters == []
