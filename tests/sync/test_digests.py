"""Whoever looks after the books is told by letter what waits: each once, in digests that are not a flood."""

from __future__ import annotations

from typing import Any

from sync_worker.daemon.outcome import Exit
from sync_worker.domain.errors import Transient
from sync_worker.ports import unwatched
from tests.post import FINANCE, PostOffice
from tests.world import World, a_grant_world, a_world

HOUR = 3600


def a_told_world(office: PostOffice, **settings: Any) -> World:
    return a_grant_world(mail=office.mail(error_address=FINANCE, **settings))


def locked(world: World, number: str = "MS-1") -> None:
    """A milestone whose bill is dated in a period that is closed in Xero."""
    world.xero.set_lock_dates(period="2026-01-31")
    world.crm.milestone(number, contract={"Start_Date__c": "2026-01-10"})


def wait(world: World, seconds: float = 1000) -> None:
    world.advance(seconds)


def test_what_waits_is_told_with_its_cause_its_cure_its_link_and_its_command(
    office: PostOffice,
) -> None:
    world = a_told_world(office)
    locked(world)
    result = world.sync("bills")
    (held,) = result.counts["held"]
    assert result.counts["letters"] == {"sent": 1, "waiting": 0, "refused": []}
    (letter,) = office.letters
    assert letter["to"] == (FINANCE,)
    assert letter["subject"] == "1 waiting for you between CRM and Xero (main)"
    for body in (letter["plain"], letter["html"]):
        for words in ("bill:MS-1", held["cause"], held["cure"]):
            assert words in body
        assert (
            f"{world.settings.connections['main'].salesforce.url}/{world.milestone()['Id']}" in body
        )
        assert "sync-worker sync bill MS-1 --date YYYY-MM-DD --connection main" in body
        assert "Open it in Xero" not in body, "nothing stands there"
        assert "go.xero.com" not in body


def test_what_stands_in_xero_is_linked_and_drift_is_told_too(office: PostOffice) -> None:
    world = a_world(sends=["invoices"], mail=office.mail(error_address=FINANCE))
    world.crm.invoice("INV 1")
    world.sync()
    document = world.document("INV 1")
    world.xero.void_invoice(document["id"])
    wait(world)
    world.sync("verify")
    (letter,) = office.letters
    assert "invoice:INV 1" in letter["plain"]
    assert f"AccountsReceivable/View.aspx?InvoiceID={document['id']}" in letter["plain"]
    assert "sync-worker sync verify --connection main" in letter["plain"]


def test_what_no_other_date_cures_is_retried_by_its_record(office: PostOffice) -> None:
    world = a_told_world(office)
    world.crm.milestone(category="Old", who=world.crm.applicant())
    world.crm.edit(
        "Funding_Category__c", world.crm.funding_category("Old"), Finance_Account_Code__c="999"
    )
    world.sync("bills")
    (letter,) = office.letters
    assert "Xero has no account with the code '999'" in letter["plain"]
    assert "sync-worker retry bill:MS-1 --connection main" in letter["plain"]


# Once ---------------------------------------------------------------------------------------------


def test_what_goes_on_waiting_is_not_told_again(office: PostOffice) -> None:
    world = a_told_world(office)
    locked(world)
    for _ in range(4):
        world.sync("bills")
        wait(world, 30 * HOUR)
    assert len(office.letters) == 1


def test_another_that_waits_is_told_alone(office: PostOffice) -> None:
    world = a_told_world(office)
    locked(world, "MS-1")
    world.sync("bills")
    locked(world, "MS-2")
    wait(world)
    world.sync("bills")
    first, second = office.letters
    assert "bill:MS-1" in first["plain"]
    assert "bill:MS-2" in second["plain"]
    assert "bill:MS-1" not in second["plain"]


def test_many_at_once_are_one_letter(office: PostOffice) -> None:
    world = a_told_world(office)
    for n in range(60):
        locked(world, f"MS-{n}")
    world.sync("bills")
    assert office.subjects == ["60 waiting for you between CRM and Xero (main)"]


def test_digests_keep_their_distance_and_nothing_is_left_out(office: PostOffice) -> None:
    world = a_told_world(office, digest_every_s=3600)
    for n in range(5):
        locked(world, f"MS-{n}")
        world.sync("bills")
        wait(world, 700)
    assert office.subjects == ["1 waiting for you between CRM and Xero (main)"]
    wait(world, 700)
    world.sync("bills")
    assert office.subjects[1:] == ["4 waiting for you between CRM and Xero (main)"]


def test_another_reason_is_told_again(office: PostOffice) -> None:
    world = a_told_world(office)
    locked(world)
    world.sync("bills")
    world.crm.edit("Contract__c", world.milestone()["Contract__c"], Start_Date__c=None)
    wait(world)
    world.sync("bills")
    assert len(office.letters) == 2
    assert "no Start Date" in office.letters[1]["plain"]


def test_what_was_cured_and_waits_again_for_the_same_reason_is_told_again(
    office: PostOffice,
) -> None:
    world = a_told_world(office)
    locked(world)
    world.sync("bills")
    for exempt in (True, False):
        world.crm.edit("Milestone__c", world.milestone()["Id"], Exempt_from_Sync__c=exempt)
        wait(world)
        world.sync("bills")
    assert ["bill:MS-1" in one["plain"] for one in office.letters] == [True, True]
    assert len({one["message_id"] for one in office.letters}) == 2


def test_nobody_is_told_where_no_address_is_set(office: PostOffice) -> None:
    world = a_grant_world(mail=office.mail())
    locked(world)
    result = world.sync("bills")
    assert len(result.counts["held"]) == 1
    assert result.counts["letters"] == {"sent": 0, "waiting": 0, "refused": []}


def test_without_a_mail_server_a_run_says_nothing_of_letters() -> None:
    world = a_grant_world()
    locked(world)
    assert "letters" not in world.sync("bills").counts


# Payments, and runs that fail ---------------------------------------------------------------------


def test_a_payment_the_crm_refuses_is_told_once_and_again_when_it_comes_back(
    office: PostOffice,
) -> None:
    world = a_told_world(office)
    world.crm.milestone()
    world.sync("bills")
    paid = world.xero.pay(world.bill()["id"], "40.00")
    world.org.lock_rows([world.milestone()["Id"]], times=9)
    while world.sync("payments").exit is Exit.HELD:
        wait(world)
        world.sync("bills")  # which knows nothing of payments
    (letter,) = office.letters
    assert f"payment:{paid}" in letter["plain"]
    assert "UNABLE_TO_LOCK_ROW" in letter["plain"]
    assert "sync-worker sync payments --connection main" in letter["plain"]
    world.xero.unpay(paid)
    world.org.lock_rows([world.milestone()["Id"]], times=9)
    wait(world)
    world.sync("payments")
    assert len(office.letters) == 2


def test_what_was_found_before_a_run_failed_is_told_all_the_same(office: PostOffice) -> None:
    world = a_told_world(office)
    locked(world)
    world.crm.milestone("MS-2")
    world.fault("xero", "drop_before_commit", method="PUT", path="Contacts", times=9)
    world.sync("bills")
    assert office.subjects == ["1 waiting for you between CRM and Xero (main)"]


# Runs that failed as a whole -----------------------------------------------------------------------


def test_a_run_that_fails_until_somebody_acts_is_told_at_once_with_its_cure(
    office: PostOffice,
) -> None:
    world = a_told_world(office)
    world.sync("bills")
    world.xero.disconnect()
    world.crm.milestone("MS-1")
    failed = world.sync("bills")
    assert failed.exit is Exit.USAGE
    (letter,) = office.letters
    for words in ("run:bills", failed.problems[0], "sync-worker check --connection main"):
        assert words in letter["plain"]


def test_one_cause_is_told_once_a_day_whichever_runs_it_fails(office: PostOffice) -> None:
    world = a_told_world(office)
    world.sync("bills")
    world.xero.disconnect()
    world.crm.milestone("MS-1")
    for hours in (5, 5, 5, 5):
        assert world.sync("bills").exit is Exit.USAGE
        assert world.sync("payments").exit is Exit.USAGE
        wait(world, hours * HOUR)
    assert len(office.letters) == 2
    world.xero.reconnect()
    world.sync("bills")
    assert len(office.letters) == 2


def test_a_vendor_that_is_away_is_told_once_that_has_lasted(office: PostOffice) -> None:
    world = a_told_world(office)
    world.sync("payments")
    world.fault("xero", "503_before", path="Payments", times=999)
    for _ in range(3):
        wait(world, 1800)
        assert world.sync("payments").exit is Exit.UNSURE
    assert office.letters == []
    for _ in range(3):
        wait(world, 1800)
        world.sync("payments")
    (letter,) = office.letters
    assert "run:payments" in letter["plain"]
    assert "no run has come to its end since 04 Mar 2026 12:00 UTC" in letter["plain"]


def test_whoever_asked_is_told_there_and_then_and_by_no_letter(office: PostOffice) -> None:
    world = a_told_world(office)
    world.sync("bills")
    world.crm.milestone("MS-1")
    world.xero.disconnect()
    with world.worker.held():
        assert world.worker.run_bill("MS-1").problems
    assert office.letters == []


def test_a_failure_that_cannot_be_written_down_is_told_by_the_next_run(
    office: PostOffice,
) -> None:
    world = a_told_world(office)
    world.sync("bills")
    world.crm.milestone("MS-1")
    world.xero.disconnect()

    def no_room(moment: str) -> None:
        if moment == "journal.tell.before":
            raise Transient("the disk is full")

    world.moments = no_room
    assert world.sync("bills").exit is Exit.USAGE
    assert office.letters == []
    world.moments = unwatched
    world.sync("bills")
    assert len(office.letters) == 1


def test_a_link_is_made_though_xero_does_not_answer(office: PostOffice) -> None:
    world = a_world(sends=["invoices"], mail=office.mail(error_address=FINANCE))
    world.crm.invoice("INV-1")
    world.sync()
    document = world.document("INV-1")
    world.xero.void_invoice(document["id"])
    wait(world)
    world.fault("xero", "503_before", path="Organisation", times=9)
    world.sync("verify")
    (letter,) = office.letters
    assert (
        f"https://go.xero.com/AccountsReceivable/View.aspx?InvoiceID={document['id']}"
        in (letter["plain"])
    )
