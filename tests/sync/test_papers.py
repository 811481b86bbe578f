"""What belongs to a bill hangs on it in Xero: its audit document and the files of its milestone, each of them once."""

from __future__ import annotations

import base64
import io
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from sync_worker.daemon.outcome import Exit, Result
from sync_worker.domain.document import Document, Kind, State
from sync_worker.ports import unwatched
from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero.attachments import LARGEST, MOST
from sync_worker.sandbox.xero.records import Attachment
from tests.killing import killed_at
from tests.world import World, a_grant_world

ATTACHMENTS = "Invoices/.+/Attachments"
HOUR, DAY = 3600, 86_400


def upload(
    world: World, milestone: str, path: str = "Tax invoice.pdf", content: bytes = b"%PDF-1"
) -> str:
    """A new file on a milestone; the id of its version."""
    return world.org.save(
        "ContentVersion",
        {
            "PathOnClient": path,
            "VersionData": base64.b64encode(content).decode(),
            "FirstPublishLocationId": milestone,
        },
    )


def version(world: World, of: str) -> dict[str, Any]:
    (found,) = [row for row in world.org.rows("ContentVersion") if row["Id"] == of]
    return found


def hanging(world: World, number: str = "MS-1") -> tuple[Attachment, ...]:
    """What hangs on the milestone's bill in Xero."""
    return world.xero.books.attachments.get(world.bill(number)["id"], ())


def titles(world: World, number: str = "MS-1") -> list[str]:
    """The same by name, without what makes each name its own."""
    return sorted(one.name.partition(" (")[0] for one in hanging(world, number))


def puts(world: World) -> int:
    return sum("/Attachments/" in one for one in world.requests("xero") if one.startswith("PUT"))


def looks(world: World) -> int:
    return sum(one.endswith("/Attachments") for one in world.requests("xero"))


def rows(world: World, *states: State) -> list[Document]:
    return world.worker.journal.in_state(Kind.ATTACHMENT, list(states or State))


def overfull(world: World) -> str:
    """A milestone with one file more than Xero lets hang on a bill; its id."""
    milestone = world.crm.milestone()
    for n in range(MOST + 1):
        upload(world, milestone, f"Page {n}.pdf")
    return milestone


def held(result: Result) -> list[str]:
    return [one["class"] for one in result.counts["held"]]


# Once ---------------------------------------------------------------------------------------------


def test_a_bill_gets_its_audit_document_and_the_files_of_its_milestone_in_one_call_each() -> None:
    world = a_grant_world(papers=True)
    milestone = world.crm.milestone(
        Approved_At__c="2026-03-01T02:30:00Z", Approved_By__c="Ada Grantmaker"
    )
    upload(world, milestone, content=b"%PDF-the applicant's own")
    result = world.sync("bills")
    assert (result.exit, result.counts["attached"]) == (Exit.DONE, 2)
    assert (puts(world), looks(world)) == (2, 0)
    audit, invoice = hanging(world)
    assert (audit.mime, invoice.mime) == ("application/pdf", "application/pdf")
    assert invoice.name.startswith("MS-1 Tax invoice (")
    assert invoice.content == b"%PDF-the applicant's own"
    said = " ".join(PdfReader(io.BytesIO(audit.content)).pages[0].extract_text().split())
    for fact in (
        "Milestone MS-1",
        "Title Concert of MS-1",
        "Applicant Exeter Choir",
        "Contract CON-MS-1",
        "Funding category Community",
        "Amount 5,000.00 AUD",
        "Approved at 1 March 2026, 02:30:00 UTC",
        "Approved by Ada Grantmaker",
        "Bill number MS-1",
        "Bill date 10 February 2026",
        f"Bill in Xero {world.bill()['id']}",
        "Recorded at 4 March 2026, 12:00:00 UTC",
    ):
        assert fact in said


def test_nothing_is_attached_again_and_a_quiet_run_asks_the_crm_one_question_more() -> None:
    world = a_grant_world(papers=True)
    upload(world, world.crm.milestone())
    world.sync("bills")
    world.sync("bills")
    world.advance(300)
    world.sync("bills")
    world.forget_calls()
    world.advance(300)
    result = world.sync("bills")
    assert (result.counts["attached"], len(hanging(world))) == (0, 2)
    assert (world.calls("xero"), world.calls("salesforce")) == (0, 2)


def test_a_draft_gets_its_papers_when_it_is_completed() -> None:
    world = a_grant_world(papers=True, publish=["contract-executed", "milestone-approved"])
    milestone = world.crm.milestone(Status__c="Submitted")
    upload(world, milestone)
    world.sync("bills")
    assert (world.bill()["status"], hanging(world)) == ("DRAFT", ())
    world.crm.edit("Milestone__c", milestone, Status__c="Approved")
    world.sync("bills")
    assert world.bill()["status"] == "AUTHORISED"
    assert titles(world) == ["MS-1 Tax invoice", "MS-1 audit document"]


def test_two_files_of_one_name_both_hang_on_the_bill() -> None:
    world = a_grant_world(papers=True)
    milestone = world.crm.milestone()
    upload(world, milestone, content=b"%PDF-first")
    upload(world, milestone, content=b"%PDF-second")
    world.sync("bills")
    assert [one.content for one in hanging(world)][1:] == [b"%PDF-first", b"%PDF-second"]


def test_one_file_of_two_milestones_hangs_on_both_bills() -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    of = upload(world, world.crm.milestone("MS-1"))
    link = {"ContentDocumentId": version(world, of)["ContentDocumentId"], "ShareType": "V"}
    world.org.save("ContentDocumentLink", {**link, "LinkedEntityId": world.crm.milestone("MS-2")})
    world.sync("bills")
    assert (titles(world, "MS-1"), titles(world, "MS-2")) == (
        ["MS-1 Tax invoice"],
        ["MS-2 Tax invoice"],
    )


def test_a_file_attached_by_hand_is_never_replaced() -> None:
    world = a_grant_world(papers=True)
    milestone = world.crm.milestone()
    with killed_at(world, "salesforce.GET.query.before"):
        world.sync("bills")
    upload(world, milestone)
    world.sync("bills")
    by_hand = Attachment("a-1", "Tax invoice.pdf", "application/pdf", b"%PDF-by hand", online=False)
    bill = world.bill()["id"]
    world.xero.books.attachments[bill] = (by_hand, *hanging(world))
    upload(world, milestone, content=b"%PDF-later")
    world.crm.edit("Milestone__c", milestone, Status__c="Part Paid")
    world.advance(HOUR)
    world.sync("bills")
    assert by_hand in hanging(world)
    assert len(hanging(world)) == 4


def test_a_later_file_and_a_new_version_come_when_the_milestone_changes_or_somebody_asks() -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    milestone = world.crm.milestone()
    of = upload(world, milestone, content=b"%PDF-1")
    world.sync("bills")
    world.advance(HOUR)
    world.org.save(
        "ContentVersion",
        {
            "PathOnClient": "Tax invoice.pdf",
            "VersionData": base64.b64encode(b"%PDF-2").decode(),
            "ContentDocumentId": version(world, of)["ContentDocumentId"],
        },
    )
    world.crm.edit("Milestone__c", milestone, Status__c="Paid")
    world.sync("bills")
    assert [one.content for one in hanging(world)] == [b"%PDF-1", b"%PDF-2"]
    upload(world, milestone, "Report.docx", b"words")
    with world.worker.held():
        asked = world.worker.run_bill("MS-1")
    assert asked.counts["attached"] == 1
    assert titles(world) == ["MS-1 Report", "MS-1 Tax invoice", "MS-1 Tax invoice"]


def test_notes_and_links_to_other_places_are_no_files() -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    upload(world, world.crm.milestone(), "What we think of them.snote", b"<p>private</p>")
    world.sync("bills")
    assert hanging(world) == ()


def test_what_is_switched_off_is_not_attached_and_costs_nothing() -> None:
    off = a_grant_world(papers=False)
    upload(off, off.crm.milestone())
    off.sync("bills")
    assert hanging(off) == ()
    with off.worker.held():
        assert off.worker.run_bill("MS-1").counts["attached"] == 0
    audits = a_grant_world(papers=True, attach_files=False)
    upload(audits, audits.crm.milestone())
    audits.sync("bills")
    assert titles(audits) == ["MS-1 audit document"]


def test_bills_that_others_made_and_exempt_milestones_are_left_alone() -> None:
    world = a_grant_world(papers=True, profile="grants", seeded=5)
    world.sync("bills")
    linked = [one["id"] for one in world.xero.documents() if one["number"] in {"MS-H12", "MS-H13"}]
    assert len(linked) == 2
    world.forget_calls()
    world.sync("bills")
    assert not [bill for bill in linked if bill in world.xero.books.attachments]
    assert puts(world) == 0


def test_a_bill_that_was_voided_and_made_anew_has_its_papers_too() -> None:
    world = a_grant_world(papers=True)
    milestone = world.crm.milestone()
    upload(world, milestone)
    world.sync("bills")
    (bill,) = world.bills()
    world.xero.void_invoice(bill["id"])
    world.advance(HOUR)
    held_back = world.org.schema.get("Milestone__c")
    world.org._store.table(held_back).live[milestone]["Finance_External_ID__c"] = None
    world.sync("bills")
    both = [len(world.xero.books.attachments[one["id"]]) for one in world.bills()]
    assert both == [2, 2]


def test_a_name_of_any_letters_is_attached_under_a_plain_one_and_can_be_read_in_the_document() -> (
    None
):
    world = a_grant_world(papers=True, profile="grants", seeded=5)
    world.plane.act("grants", "submit", 1)
    world.plane.act("grants", "approve", 1)
    world.sync("bills")
    assert titles(world, "MS-H17") == ["MS-H17 Invoice MS-H17", "MS-H17 audit document"]
    (audit,) = [one for one in hanging(world, "MS-H17") if "audit" in one.name]
    said = " ".join(PdfReader(io.BytesIO(audit.content)).pages[0].extract_text().split())
    assert "Title Atelier ‹U+1F3A8› “naïve” ‹U+6F22›‹U+5B57›" in said


# Lost answers and crashes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ("drop_after_commit", 2),  # asked again under the same key: Xero says what it said before
        ("drop_before_commit", 2),
        ("500_before", 2),
        ("500_after", 1),  # found by the look
        ("truncated", 2),
        ("html", 2),
        ("late_commit", 2),
    ],
)
def test_a_lost_answer_never_makes_a_second_attachment(fault: str, sent: int) -> None:
    world = a_grant_world(papers=True, attach_files=False)
    world.crm.milestone()
    world.fault("xero", fault, path=ATTACHMENTS, method="PUT")
    world.sync("bills")
    for _ in range(3):
        world.advance(400)
        world.sync("bills")
    assert world.in_doubt() == []
    assert titles(world) == ["MS-1 audit document"]
    assert [row.state for row in rows(world)] == [State.WRITTEN]
    assert puts(world) == sent


def test_where_no_answer_comes_at_all_it_is_looked_for_before_it_is_sent_again() -> None:
    world = a_grant_world(papers=True, attach_files=False)
    world.crm.milestone()
    world.fault("xero", "drop_after_commit", path=ATTACHMENTS, method="PUT", times=2)
    result = world.sync("bills")
    assert result.exit is Exit.UNSURE
    assert (result.counts["created"], world.bill()["status"]) == (1, "AUTHORISED")
    (name,) = result.counts["in_doubt"]
    assert name == hanging(world)[0].name
    sent = puts(world)
    again = world.sync("bills")
    assert (again.exit, looks(world), puts(world)) == (Exit.DONE, 1, sent)
    (row,) = rows(world)
    told = [step.words for step in world.worker.journal.journey(Kind.ATTACHMENT, row.record)]
    assert told[-1] == "found on the bill in Xero"


def test_what_the_answer_does_not_speak_of_is_unsure_and_then_found() -> None:
    world = a_grant_world(papers=True, attach_files=False)
    for number in ("MS-1", "MS-2", "MS-3"):
        world.crm.milestone(number)

    def silent(request: Request, response: Response) -> Response:
        if request.method != "PUT" or "/Attachments/MS-2" not in request.path:
            return response
        return Response(response.status, response.headers, b'{"Attachments": []}')

    world.roads["xero"].reader = silent
    result = world.sync("bills")
    assert (result.counts["attached"], result.exit) == (2, Exit.UNSURE)
    (row,) = rows(world, State.UNSURE)
    assert row.number == hanging(world, "MS-2")[0].name
    assert world.sync("bills").exit is Exit.DONE
    assert (puts(world), rows(world, State.UNSURE)) == (3, [])


def test_what_is_not_there_is_sent_again_only_after_the_quiet_time() -> None:
    world = a_grant_world(papers=True, attach_files=False)
    world.crm.milestone()
    world.fault("xero", "drop_before_commit", path=ATTACHMENTS, method="PUT", times=2)
    world.sync("bills")
    sent = puts(world)
    assert world.sync("bills").exit is Exit.UNSURE
    assert puts(world) == sent
    world.advance(400)
    assert world.sync("bills").counts["attached"] == 1
    assert puts(world) == sent + 1


def test_what_is_in_doubt_on_a_bill_that_xero_does_not_show_is_not_there() -> None:
    world = a_grant_world(papers=True, attach_files=False)
    world.crm.milestone()
    world.fault("xero", "drop_before_commit", path=ATTACHMENTS, method="PUT", times=2)
    world.sync("bills")

    def gone(request: Request, response: Response) -> Response:
        looked = request.method == "GET" and request.path.endswith("/Attachments")
        return Response(404, response.headers, b"") if looked else response

    world.roads["xero"].reader = gone
    assert world.sync("bills").exit is Exit.UNSURE
    world.advance(400)
    assert world.sync("bills").counts["attached"] == 1


def test_two_lost_one_after_the_other_end_the_run_and_no_more_is_begun() -> None:
    world = a_grant_world(papers=True)
    milestone = world.crm.milestone()
    for name in "abc":
        upload(world, milestone, f"{name}.pdf")
    world.fault("xero", "drop_before_commit", path=ATTACHMENTS, method="PUT", times=99)
    result = world.sync("bills")
    assert (result.exit, world.bill()["status"]) == (Exit.UNSURE, "AUTHORISED")
    assert len(rows(world, State.UNSURE)) == 2
    world.plane.xero_door.faults.clear()
    for _ in range(3):
        world.advance(400)
        world.sync("bills")
    assert (len(hanging(world)), world.in_doubt()) == (4, [])


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        ("xero.PUT.Invoices/Attachments.before", 1),
        ("xero.PUT.Invoices/Attachments.after", 1),
        ("salesforce.GET.sobjects.before", 1),
        ("salesforce.GET.sobjects.after", 1),
    ],
)
def test_wherever_it_dies_each_file_is_attached_once(moment: str, sent: int) -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    upload(world, world.crm.milestone())
    with killed_at(world, moment):
        world.sync("bills")
    for _ in range(3):
        world.advance(400)
        world.sync("bills")
    assert titles(world) == ["MS-1 Tax invoice"]
    assert (puts(world), world.in_doubt()) == (sent, [])


def test_a_lost_journal_attaches_nothing_twice_and_what_was_missing_is_attached() -> None:
    world = a_grant_world(papers=True)
    milestone = world.crm.milestone()
    upload(world, milestone)
    world.sync("bills")
    upload(world, milestone, "Late.pdf")
    world.lose_journal()
    world.advance(HOUR)
    world.forget_calls()
    world.sync("bills")
    assert (puts(world), looks(world)) == (1, 1)
    assert titles(world) == ["MS-1 Late", "MS-1 Tax invoice", "MS-1 audit document"]
    world.sync("bills")
    world.advance(HOUR)
    world.sync("bills")
    assert (puts(world), looks(world)) == (1, 1), "it is looked at once"


def test_what_a_person_asks_for_in_between_is_not_sent_twice() -> None:
    world = a_grant_world(papers=True)
    upload(world, world.crm.milestone("MS-1"))
    world.crm.milestone("MS-2")

    def ask_once(moment: str) -> None:
        if moment == "xero.PUT.Invoices/Attachments.after":
            world.moments = unwatched
            world.worker.requests.ask("bill", "MS-2")

    world.moments = ask_once
    world.sync("bills")
    assert puts(world) == 3
    assert (len(hanging(world, "MS-1")), len(hanging(world, "MS-2"))) == (2, 1)


# What cannot be attached --------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_held_by_itself_and_not_even_fetched() -> None:
    world = a_grant_world(papers=True)
    milestone = world.crm.milestone()
    of = upload(world, milestone, "Film.mp4", b"0" * (LARGEST + 1))
    result = world.sync("bills")
    assert (result.exit, held(result)) == (Exit.HELD, ["too-large"])
    assert (world.bill()["status"], world.milestone()["Finance_Sync_State__c"]) == (
        "AUTHORISED",
        "Synced",
    )
    assert titles(world) == ["MS-1 audit document"]
    assert not [one for one in world.requests("salesforce") if "VersionData" in one]
    (waiting,) = world.worker.journal.overview.waiting()  # type: ignore[attr-defined]  # the concrete journal's
    assert waiting.document.number.startswith("MS-1 Film (")
    assert held(world.sync("bills")) == ["too-large"], "it is told in each run"
    world.org.save(
        "ContentVersion",
        {
            "PathOnClient": "Film.mp4",
            "VersionData": base64.b64encode(b"short").decode(),
            "ContentDocumentId": version(world, of)["ContentDocumentId"],
        },
    )
    world.advance(2 * HOUR)
    assert world.sync("bills").counts["held"] == []
    assert titles(world) == ["MS-1 Film", "MS-1 audit document"]


def test_what_xero_refuses_is_held_in_its_words_and_tried_again_when_its_time_comes() -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    overfull(world)
    first = world.sync("bills")
    assert (first.counts["attached"], held(first)) == (MOST, ["attachment-refused"])
    assert "at most 10 attachments" in first.counts["held"][0]["cause"]
    assert world.bill()["status"] == "AUTHORISED"
    (row,) = rows(world, State.REJECTED)
    assert (row.attempts, row.generation) == (1, 1)
    world.forget_calls()
    world.advance(HOUR / 2)
    assert held(world.sync("bills")) == ["attachment-refused"]
    assert puts(world) == 0
    world.advance(HOUR)
    assert held(world.sync("bills")) == ["attachment-refused"]
    (row,) = rows(world, State.REJECTED)
    assert (row.attempts, row.generation, puts(world)) == (2, 2, 1)


def test_an_eleventh_file_waits_until_there_is_room_on_the_bill() -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    overfull(world)
    world.sync("bills")
    world.advance(HOUR / 2)
    world.crm.milestone("MS-2")
    world.sync("bills")  # by now nothing is new about the first one
    bill = world.bill()["id"]
    world.xero.books.attachments[bill] = hanging(world)[1:]
    name = rows(world, State.REJECTED)[0]
    assert world.worker.journal.release_hold(Kind.ATTACHMENT, name.record)  # type: ignore[attr-defined]  # the concrete journal's
    assert world.sync("bills").counts["attached"] == 1


def test_a_person_s_word_has_it_tried_at_once() -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    overfull(world)
    world.sync("bills")
    sent = puts(world)
    with world.worker.held():
        assert held(world.worker.run_bill("MS-1")) == ["attachment-refused"]
    assert puts(world) == sent + 1
    (row,) = rows(world, State.REJECTED)
    assert row.attempts == 2


@pytest.mark.parametrize("fault", ["html", "truncated"])
def test_what_is_not_the_whole_file_is_not_attached_in_its_place(fault: str) -> None:
    world = a_grant_world(papers=True, attach_audit=False)
    upload(world, world.crm.milestone(), content=b"%PDF-" + b"0" * 2000)
    world.fault("salesforce", fault, path="VersionData", times=9)
    world.sync("bills")
    assert hanging(world) == ()
    world.plane.salesforce_door.faults.clear()
    world.advance(2 * HOUR)
    world.sync("bills")
    assert len(hanging(world)[0].content) == 2005


def test_a_crm_that_is_away_keeps_the_files_for_the_next_run() -> None:
    world = a_grant_world(papers=True)
    upload(world, world.crm.milestone())
    world.fault("salesforce", "503_before", path="VersionData", times=9)
    assert world.sync("bills").exit is Exit.UNSURE
    assert (world.bill()["status"], titles(world)) == ("AUTHORISED", ["MS-1 audit document"])
    world.plane.salesforce_door.faults.clear()
    assert world.sync("bills").counts["attached"] == 1


def test_a_file_the_crm_hides_is_held_by_itself_until_it_is_shown() -> None:
    world = a_grant_world(papers=True)
    upload(world, world.crm.milestone())

    def hidden(request: Request, response: Response) -> Response:
        if not request.path.endswith("/VersionData"):
            return response
        told = b'[{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]'
        return Response(404, response.headers, told)

    world.roads["salesforce"].reader = hidden
    result = world.sync("bills")
    assert held(result) == ["attachment-refused"]
    assert "hidden from this user" in result.counts["held"][0]["cause"]
    world.roads["salesforce"].reader = lambda _, response: response
    world.advance(2 * HOUR)
    assert world.sync("bills").counts["held"] == []
    assert titles(world) == ["MS-1 Tax invoice", "MS-1 audit document"]


def test_a_held_file_that_is_taken_off_the_milestone_waits_no_more() -> None:
    world = a_grant_world(papers=True)
    milestone = world.crm.milestone()
    upload(world, milestone, "Film.mp4", b"0" * (LARGEST + 1))
    world.sync("bills")
    (waiting,) = rows(world, State.HELD)
    world.org.remove("ContentDocumentLink", waiting.record)
    world.advance(2 * HOUR)
    assert world.sync("bills").counts["held"] == []
    assert rows(world, State.CANCELLED)[0].record == waiting.record
    world.org.restore("ContentDocumentLink", waiting.record)
    world.advance(2 * HOUR)
    with world.worker.held():
        assert held(world.worker.run_bill("MS-1")) == ["too-large"], "put back, it waits again"


def test_what_waits_for_a_milestone_that_is_gone_waits_no_more() -> None:
    world = a_grant_world(papers=True)
    milestone = overfull(world)
    world.sync("bills")
    assert rows(world, State.REJECTED) != []
    world.org.remove("Milestone__c", milestone)
    world.advance(2 * HOUR)
    assert world.sync("bills").counts["held"] == []
    assert rows(world, State.REJECTED) == []


# The calls ----------------------------------------------------------------------------------------


def test_a_thousand_bills_with_a_file_each_cost_one_call_more_for_each_paper() -> None:
    world = a_grant_world(papers=True)
    who = world.crm.applicant()
    contract = world.org.save(
        "Contract__c",
        {
            "Name": "CON-1",
            "Applicant__c": who,
            "Start_Date__c": "2026-02-10",
            "Executed_Date__c": "2026-02-03",
        },
    )
    ids = world.org.load(
        "Milestone__c",
        [
            {
                "Name": f"MS-{n}",
                "Title__c": "Concert",
                "Contract__c": contract,
                "Amount__c": Decimal(100),
                "Status__c": "Approved",
            }
            for n in range(250)
        ],
    )
    for one in ids:
        upload(world, one)
    result = world.sync("bills")
    assert result.counts["attached"] == puts(world) == 500
    assert looks(world) == 0
    assert world.calls("xero") - puts(world) <= 25
    questions = [one for one in world.requests("salesforce") if "VersionData" not in one]
    assert len(questions) <= 25
