"""F32, F35 and F66 to F74: whatever stands in a record, it goes to Xero unharmed or waits with the reason, and never
keeps another one back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sync_worker.cli import show
from tests.oracle import wrongs
from tests.sides import BILLS, INVOICES, Side
from tests.world import World, a_world


def runs(side: Side, world: World, times: int = 4) -> None:
    for _ in range(times):
        side.sync(world)
        world.advance(3700)


def test_f32_an_archived_contact_is_told_once_and_not_once_an_invoice(
    side: Side, capsys: pytest.CaptureFixture[str]
) -> None:
    world = side.world()
    side.enter(world, "00")
    side.sync(world)
    world.xero.archive_contact(world.contact(side.payer)["id"])
    world.advance(90_000)  # the link is looked at again
    for n in range(1, 21):
        side.enter(world, f"{n:02}")
    world.forget_calls()
    result = side.sync(world)
    assert {one["class"] for one in result.counts["held"]} == {"contact-archived"}
    assert world.writes("Invoices") == 0
    show.holds(result.counts["held"])
    told = capsys.readouterr().out
    assert told.count("is archived") == 1
    assert f"{side.label('01')}, {side.label('02')}, {side.label('03')} and 17 more wait" in told


@pytest.mark.parametrize(
    "name", ["Sam <Client>", "Sam   Client", "Sam\u00a0Client", "Sam " + "C" * 76, "<>"]
)
def test_f35_a_name_is_made_fit_the_same_way_each_time(side: Side, name: str) -> None:
    world = side.world()
    side.enter(world, 1, who=side.party(world, f"x {name}"))
    side.sync(world)
    world.advance(90_000)
    side.enter(world, 2, who=side.party(world, f"x {name}"))
    world.forget_calls()
    side.settle(world)
    assert wrongs(world.org, world.xero) == []
    assert len(world.xero.contacts()) == 1
    assert world.writes("Contacts", "PUT") == world.writes("Contacts", "POST") == 0


def test_f66_a_record_this_program_fails_on_waits_by_itself_and_after_three_times_for_a_person() -> (
    None
):
    world = a_world()
    record = world.crm.invoice("INV-1", lines=[], Total_Amount__c=None)
    line = world.crm.line(Decimal("1e13"), Decimal("1e13"))
    world.org.load("Invoice_Line_Item__c", [{"Invoice__c": record, "Include__c": True, **line}])
    world.crm.invoice("INV-2")
    assert world.sync().counts["created"] == 1
    assert INVOICES.held(world, 1) == "unreadable"
    assert "money." in world.invoice("INV-1")["Finance_Message__c"], "where it failed"
    for hours in (2, 3, 5, 200):
        world.advance(hours * 3600)
        world.sync()
    row = world.row("INV-1")
    assert (row.attempts, row.next_try_at) == (3, None)
    assert world.documents_of("INV-1") == []


@pytest.mark.parametrize(
    ("side", "names"),
    [
        (
            INVOICES,
            {
                "Invoice_Line_Item__c.Service_Date__c": "Description__c",
                "Invoice_Line_Item__c.Description__c": "",
            },
        ),
        (BILLS, {"Milestone__c.Bill_Date__c": "Title__c", "Milestone__c.Title__c": ""}),
    ],
)
def test_f66_a_field_of_another_kind_holds_its_record_alone(
    side: Side, names: dict[str, str]
) -> None:
    """The settings may let any field of the org stand for ours: here a text for a date."""
    world = side.world(salesforce={"names": names})
    side.enter(world, 1, **side.described(world, "after lunch"))
    side.enter(world, 2, **side.described(world, "2026-03-04"))
    assert side.sync(world).counts["created"] == 1
    assert side.held(world, 1) == "unreadable"
    message = side.record(world, 1)["Finance_Message__c"]
    assert "after lunch" in message
    world.forget_calls()
    side.sync(world)
    assert not [one for one in world.requests("salesforce") if one.startswith("PATCH")]


@pytest.mark.parametrize("length", [4000, 4001, 100_000])
def test_f67_a_long_text_is_cut_with_a_mark(side: Side, length: int) -> None:
    world = side.world(rules={"line_template": "{description}" + "x" * length})
    side.enter(world, 1)
    side.settle(world)
    (line,) = side.document(world, 1)["lines"]
    assert len(line["description"]) == 4000
    assert line["description"].endswith("…")
    assert wrongs(world.org, world.xero) == []


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("Haircut \N{GRINNING FACE} for \N{FAMILY}", None),
        ("\u0645\u0631\u062d\u0628\u0627 \u202e\u05e9\u05dc\u05d5\u05dd", None),
        ("e\u0301 a\u030a", None),
        ("a\x00b\x07c", "abc"),
    ],
    ids=["emoji", "right to left", "combining", "control"],
)
def test_f68_a_strange_text_arrives_as_it_is_or_without_what_no_text_can_hold(
    side: Side, text: str, arrives: str | None
) -> None:
    world = side.world()
    side.enter(world, 1, **side.described(world, text))
    side.enter(world, 2, who=side.party(world, f"{text} Client"))
    world.forget_calls()
    side.settle(world)
    (line,) = side.document(world, 1)["lines"]
    assert line["description"] == (arrives or text)
    assert world.writes("Invoices", "PUT") == 1, "and never a second try"


def test_f69_an_invoice_without_a_line_to_invoice_is_not_sent() -> None:
    world = a_world()
    world.crm.invoice("INV-1", lines=[])
    world.crm.invoice("INV-2", lines=[world.crm.line(Include__c=False)])
    world.forget_calls()
    runs(INVOICES, world)
    assert world.writes("Invoices") == world.writes("Contacts") == 0
    assert INVOICES.held(world, 2) == "no-lines"


def test_f70_an_invoice_of_nothing_goes_once() -> None:
    world = a_world()
    world.crm.invoice("INV-1", lines=[world.crm.line(2, "0")], Total_Amount__c=0)
    world.forget_calls()
    runs(INVOICES, world)
    assert world.document("INV-1")["total"] == 0
    assert world.writes("Invoices") == 1
    assert wrongs(world.org, world.xero) == []


def test_f71_less_than_nothing_is_not_owed(side: Side) -> None:
    world = side.world()
    if side is INVOICES:
        world.crm.invoice("INV-1", lines=[world.crm.line(2, "-50")], Total_Amount__c=-100)
    else:  # our own rule refuses it where people enter it; another org may have none
        milestone = side.enter(world, 1)
        table = world.org._store.table(world.org.schema.get("Milestone__c"))
        table.live[milestone]["Amount__c"] = Decimal(-100)
    world.forget_calls()
    runs(side, world)
    assert world.writes("Invoices") == 0
    assert side.held(world, 1) == "not-positive"


def test_f72_a_cent_between_the_crm_and_xero_is_held_before_it_is_owed() -> None:
    world = a_world()
    world.crm.invoice("INV-1", Total_Amount__c="100.01")
    world.forget_calls()
    runs(INVOICES, world)
    assert world.writes("Invoices") == 0
    assert INVOICES.held(world, 1) == "total-differs"


def test_f73_a_batch_shrinks_to_what_xero_takes_and_what_alone_is_too_large_is_held() -> None:
    world = a_world(invoices={"line_template": "{description}" + "x" * 4000})
    wide = [world.crm.line(1, "1") for _ in range(400)]
    for n in (1, 2, 3):
        world.crm.invoice(f"INV-{n}", lines=wide)
    world.crm.invoice("INV-4", lines=wide * 2)
    sizes: list[int] = []
    world.roads["xero"].instead = lambda request: sizes.append(len(request.body))
    assert world.sync().counts["created"] == 3
    assert max(sizes) <= 3_000_000
    assert INVOICES.held(world, 4) == "too-large"
    assert "3.3 MB" in world.invoice("INV-4")["Finance_Message__c"]
    made = len(sizes)
    world.sync()
    assert sizes[made:] == [] or max(sizes[made:]) == 0, "nothing but reads"


def test_f74_a_unit_price_of_twelve_places_comes_to_what_four_places_make() -> None:
    world = a_world()
    line = world.crm.line(1000, Decimal("0.0001496114"))
    world.crm.invoice("INV-1", lines=[line], Total_Amount__c="0.10")
    world.crm.invoice("INV-2", lines=[line], Total_Amount__c="0.15")
    world.sync()
    assert world.document("INV-1")["total"] == Decimal("0.10")
    assert INVOICES.held(world, 2) == "total-differs"
