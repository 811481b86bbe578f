"""What the processes are promised of the ledger: LedgerContacts, LedgerInvoices, LedgerPayments, LedgerSender."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from sync_worker.domain.batch import Done, Outcome, Refused
from sync_worker.domain.document import Kind
from sync_worker.domain.errors import Misconfigured, OutcomeUnknown, Transient
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Draft, DraftLine
from sync_worker.domain.link import Marker
from sync_worker.domain.money import LineAmountTypes
from sync_worker.domain.party import Standing
from sync_worker.ports import LedgerContacts, LedgerInvoices, LedgerPayments, LedgerSender
from tests.builders import a_party, record, xero_id
from tests.world import World


def contacts(world: World) -> LedgerContacts:
    return world.worker.invoices.directory.ledger


def invoices(world: World) -> LedgerInvoices:
    return world.worker.invoices.ledger


def payments(world: World) -> LedgerPayments:
    return world.worker.payments.ledger


def sender(world: World) -> LedgerSender:
    return world.worker.invoices.lane.sender


def a_draft(number: int = 1, *, account: str = "200", total: str = "100") -> Draft:
    line = DraftLine("Care", Decimal(2), Decimal(50), account, "EXEMPTOUTPUT")
    day = date(2026, 3, 4)
    return Draft(
        record(number),
        f"INV-{number}",
        day,
        day + timedelta(14),
        LineAmountTypes.INCLUSIVE,
        (line,),
        Decimal(total),
    )


def make(world: World, *drafts: Draft, generation: int = 1, contact: str = "") -> list[Outcome]:
    known = XeroId(contact or world.xero.add_contact(f"Payer of {drafts[0].number} {generation}"))
    return sender(world).send(
        invoices(world).prepare_new([(one, known, generation) for one in drafts])
    )


# LedgerContacts -----------------------------------------------------------------------------------


def test_contacts_are_found_by_id_archived_ones_too(world: World) -> None:
    active, gone = world.xero.add_contact("Ann"), world.xero.add_contact("Ben")
    world.xero.archive_contact(gone)
    found = contacts(world).by_id([XeroId(active), XeroId(gone), xero_id(9)])
    assert {one: contact.standing for one, contact in found.items()} == {
        active: Standing.ACTIVE,
        gone: Standing.ARCHIVED,
    }


def test_a_merged_contact_is_answered_under_the_id_asked_for(world: World) -> None:
    one, two, three = (XeroId(world.xero.add_contact(name)) for name in ("One", "Two", "Three"))
    world.xero.merge_contacts(one, two)
    world.xero.merge_contacts(two, three)
    assert contacts(world).by_id([one])[one].id == three


def test_a_hundred_contacts_by_id_cost_three_calls(world: World) -> None:
    ids = [XeroId(world.xero.add_contact(f"Person {n}")) for n in range(100)]
    world.forget_calls()
    assert set(contacts(world).by_id(ids)) == set(ids)
    assert world.calls("xero") == 3


def test_contacts_are_found_by_our_number(world: World) -> None:
    known = world.xero.add_contact("Ann", ContactNumber=record(1))
    found = contacts(world).by_number([record(1), record(2)])
    assert {one: contact.id for one, contact in found.items()} == {record(1): known}


@pytest.mark.parametrize(
    "name", ["Kim Lee", 'Jo "Jo" Smith', "O'Brien & Söhne", "a == b OR true", "back\\slash"]
)
def test_contacts_are_found_by_name_whatever_its_letters(world: World, name: str) -> None:
    known = world.xero.add_contact(name)
    world.xero.add_contact("Somebody Else")
    assert [contact.id for contact in contacts(world).named([name])] == [known]


def test_a_new_contact_is_made_and_a_taken_name_is_refused_while_the_others_go_on(
    world: World,
) -> None:
    world.xero.add_contact("Kim Lee")
    new = a_party(id=record(8), name="Ann Other", email="ann@care.example", account_number="430")
    frozen = contacts(world).prepare_new([(a_party(), 1), (new, 1)])
    refused, done = sender(world).send(frozen)
    assert isinstance(refused, Refused)
    assert isinstance(done, Done)
    made = contacts(world).by_id([done.xero_id])[done.xero_id]
    assert (made.name, made.number, made.email, made.account_number) == (
        "Ann Other",
        record(8),
        "ann@care.example",
        "430",
    )


def test_only_what_is_named_is_changed(world: World) -> None:
    known = XeroId(
        world.xero.add_contact("Kim Lee", EmailAddress="a@b.example", AccountNumber="A7")
    )
    frozen = contacts(world).prepare_changes([(a_party(), known, {"email": "new@b.example"})])
    (done,) = sender(world).send(frozen)
    assert isinstance(done, Done)
    contact = contacts(world).by_id([known])[known]
    assert (contact.email, contact.account_number, contact.name) == (
        "new@b.example",
        "A7",
        "Kim Lee",
    )


# LedgerInvoices -----------------------------------------------------------------------------------


def test_an_invoice_is_made_and_found_by_everything_it_carries(world: World) -> None:
    (done,) = make(world, a_draft())
    assert isinstance(done, Done)
    assert (done.status, done.total) == ("DRAFT", Decimal(100))
    (seen,) = invoices(world).made_by_us(None)
    assert (seen.id, seen.reference, seen.total) == (done.xero_id, "INV-1", Decimal(100))
    assert Marker.read(seen.url) == Marker(record(1), 1)
    assert invoices(world).by_id([done.xero_id])[done.xero_id].id == done.xero_id
    assert [one.id for one in invoices(world).numbered([done.number])] == [done.xero_id]


def test_what_a_person_typed_in_is_not_ours(world: World) -> None:
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}
    world.xero.add_invoice(world.xero.add_contact("Somebody"), [line])
    assert list(invoices(world).made_by_us(None)) == []


def test_what_we_made_is_listed_to_the_last_whatever_the_number(world: World) -> None:
    contact = world.xero.add_contact("Payer")
    made = {
        done.xero_id
        for start in range(0, 1100, 50)
        for done in make(world, *(a_draft(start + n) for n in range(50)), contact=contact)
        if isinstance(done, Done)
    }
    assert len(made) == 1100
    assert {one.id for one in invoices(world).made_by_us(None)} == made


def test_since_a_time_means_since_that_time(world: World) -> None:
    make(world, a_draft(1))
    world.advance(600)
    now = sender(world).now()
    world.advance(600)
    make(world, a_draft(2))
    assert [one.reference for one in invoices(world).made_by_us(now)] == ["INV-2"]


def test_a_refused_invoice_leaves_the_others(world: World) -> None:
    done, refused = make(world, a_draft(1), a_draft(2, account="999"))
    assert isinstance(done, Done)
    assert isinstance(refused, Refused)
    assert "999" in refused.messages[0]


def test_completion_is_by_id_and_may_be_done_twice(world: World) -> None:
    (done,) = make(world, a_draft())
    assert isinstance(done, Done)
    frozen = invoices(world).prepare_completion([(record(1), done.xero_id, None)])
    for _ in range(2):
        (completed,) = sender(world).send(frozen)
        assert isinstance(completed, Done)
        assert completed.status == "AUTHORISED"
    assert len(world.xero.documents()) == 1


def test_completion_with_contents_replaces_the_lines(world: World) -> None:
    (done,) = make(world, a_draft())
    assert isinstance(done, Done)
    line = DraftLine("More care", Decimal(3), Decimal(50), "200", "EXEMPTOUTPUT")
    day = date(2026, 3, 4)
    longer = Draft(record(1), "INV-1", day, day, LineAmountTypes.INCLUSIVE, (line,), Decimal(150))
    frozen = invoices(world).prepare_completion([(record(1), done.xero_id, longer)])
    (completed,) = sender(world).send(frozen)
    assert isinstance(completed, Done)
    assert completed.total == 150
    assert len(world.document("INV-1")["lines"]) == 1


def test_the_same_draft_freezes_to_the_same_bytes_and_key_and_a_new_generation_to_another(
    world: World,
) -> None:
    one, again, new = (
        invoices(world).prepare_new([(a_draft(), xero_id(3), generation)])
        for generation in (1, 1, 2)
    )
    assert one == again
    other = invoices(world).prepare_new([(a_draft(total="101"), xero_id(4), 1)])
    assert len({one.key, new.key, other.key}) == 3
    assert one.key is not None
    assert len(one.key) <= 128


def test_an_update_never_carries_a_key_or_leaves_without_an_id(world: World) -> None:
    frozen = invoices(world).prepare_completion([(record(1), xero_id(5), None)])
    assert frozen.key is None
    assert f'"InvoiceID":"{xero_id(5)}"'.encode() in frozen.body


# LedgerPayments -----------------------------------------------------------------------------------


def test_payments_are_told_with_their_deletions(world: World) -> None:
    (done,) = make(world, a_draft())
    assert isinstance(done, Done)
    sender(world).send(invoices(world).prepare_completion([(record(1), done.xero_id, None)]))
    kept = world.xero.pay(done.xero_id, "40.00", on="2026-03-03", reference="EFT")
    gone = world.xero.pay(done.xero_id, "10.00")
    world.xero.unpay(gone)
    told = {one.id: one for page in payments(world).changed(None) for one in page}
    assert told[XeroId(kept)].amount == 40
    assert (told[XeroId(kept)].date, told[XeroId(kept)].reference) == (date(2026, 3, 3), "EFT")
    assert told[XeroId(kept)].invoice_id == done.xero_id
    assert told[XeroId(gone)].deleted
    assert all(one.settles is Kind.INVOICE for one in told.values())


# LedgerSender -------------------------------------------------------------------------------------


def frozen_invoice(world: World) -> tuple[XeroId, object]:
    contact = XeroId(world.xero.add_contact("Payer"))
    return contact, invoices(world).prepare_new([(a_draft(), contact, 1)])


@pytest.mark.parametrize(
    "fault",
    ["drop_before_commit", "drop_after_commit", "truncated", "html", "500_after", "503_before"],
)
def test_whenever_it_may_have_been_done_the_outcome_is_unknown(world: World, fault: str) -> None:
    contact = XeroId(world.xero.add_contact("Payer"))
    frozen = invoices(world).prepare_new([(a_draft(), contact, 1)])
    world.fault("xero", fault, method="PUT")
    world.forget_calls()
    with pytest.raises(OutcomeUnknown) as unknown:
        sender(world).send(frozen)
    assert unknown.value.answered is (fault in {"500_after", "503_before"})
    assert world.writes("Invoices") == 1, "one call, one request on the wire"


def test_a_page_that_is_no_list_is_not_an_empty_list(world: World) -> None:
    world.fault("xero", "html", method="GET", path="Payments", times=99)
    with pytest.raises(Transient):
        list(payments(world).changed(None))


def test_the_same_bytes_and_key_bring_the_same_answer_and_one_document(world: World) -> None:
    contact = XeroId(world.xero.add_contact("Payer"))
    frozen = invoices(world).prepare_new([(a_draft(), contact, 1)])
    assert sender(world).send(frozen) == sender(world).send(frozen)
    assert len(world.xero.documents()) == 1


def test_the_days_limit_means_later_and_says_when(world: World) -> None:
    contact = XeroId(world.xero.add_contact("Payer"))
    frozen = invoices(world).prepare_new([(a_draft(), contact, 1)])
    world.fault("xero", "429_day", method="PUT", retry_after=4000)
    with pytest.raises(Transient) as later:
        sender(world).send(frozen)
    assert later.value.retry_after is not None
    assert later.value.retry_after >= 4000
    assert world.xero.documents() == []


def test_a_write_with_a_dead_token_did_nothing_and_goes_with_a_new_one_when_it_is_sent_again(
    world: World,
) -> None:
    (done,) = make(world, a_draft(1))
    before = sender(world).token
    world.xero.expire_tokens()
    with pytest.raises(Transient) as refused:
        make(world, a_draft(2))
    assert refused.value.soon
    assert len(world.xero.documents()) == 1
    (after,) = make(world, a_draft(3))
    assert isinstance(done, Done)
    assert isinstance(after, Done)
    assert sender(world).token != before


def test_an_organisation_that_was_disconnected_is_said_to_be(world: World) -> None:
    make(world, a_draft())
    world.change_settings(xero={"tenant_id": "00000000-0000-4000-8000-000000000000"})
    with pytest.raises(Misconfigured):
        contacts(world).by_number([record(1)])


def test_time_is_xeros_own(world: World) -> None:
    make(world, a_draft())
    assert abs((sender(world).now() - world.clock.now()).total_seconds()) < 2
    assert isinstance(record(1), str)
    assert SalesforceId(record(1)) == record(1)
