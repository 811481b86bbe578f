"""Lists: If-Modified-Since, where, order, pages, parameters, and what they refuse."""

from __future__ import annotations

import pytest

from sync_worker.sandbox.xero.app import XeroSandbox
from tests.sandbox.xero.client import Xero, a_line

SINCE = "If-Modified-Since"


@pytest.fixture
def three(xero: Xero) -> Xero:
    """Three invoices a second apart: R1 of 100 for Ann, R2 of 200 for Ann, R3 of 300 for Zoë, a draft."""
    for at, name in enumerate(("Ann Lee", "Ann Lee", "Zoë Óg"), 1):
        lines = [a_line(UnitAmount=100 * at)]
        status = "DRAFT" if at == 3 else "AUTHORISED"
        xero.invoice(Reference=f"R{at}", Contact={"Name": name}, LineItems=lines, Status=status,
                     Date=f"2026-11-0{at}")  # fmt: skip
        xero.later(1)
    return xero


def references(
    xero: Xero, headers: dict[str, str] | None = None, **parameters: object
) -> list[str]:
    return [one["Reference"] for one in xero.get("Invoices", headers, **parameters)["Invoices"]]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Reference=="R1"', ["R1"]),
        ('Reference="r1"', ["R1"]),
        ('Reference=="R1" OR Reference=="R3"', ["R1", "R3"]),
        ('Status=="AUTHORISED" AND Total>100', ["R2"]),
        ('Status=="AUTHORISED" && AmountDue>=100.00m', ["R1", "R2"]),
        ('(Reference=="R1" || Total>250) and Type=="ACCREC"', ["R1", "R3"]),
        ('Status!="DRAFT"', ["R1", "R2"]),
        ('Status<>"DRAFT"', ["R1", "R2"]),
        ("Date>=DateTime(2026,11,02)", ["R2", "R3"]),
        ("Date == DateTime(2026, 11, 2)", ["R2"]),
        ('Date < DateTime.Parse("2026-11-02")', ["R1"]),
        ("Date>=DateTime(2026, 11, 01) AND Date<DateTime(2026, 11, 03)", ["R1", "R2"]),
        ("UpdatedDateUTC>=DateTime(2026,11,20,3,0,1)", ["R2", "R3"]),
        ('Contact.Name=="ann lee"', ["R1", "R2"]),
        ('Contact.Name=="zoe og"', ["R3"]),
        ('Contact.Name.Contains("LEE")', ["R1", "R2"]),
        ('Reference!=null AND Reference.StartsWith("r")', ["R1", "R2", "R3"]),
        ('Reference.EndsWith("2")', ["R2"]),
        ('!(Reference=="R1")', ["R2", "R3"]),
        ('Reference.ToLower()=="r1"', ["R1"]),
        ("FullyPaidOnDate==null", ["R1", "R2", "R3"]),
        ("SentToContact==false", ["R1", "R2", "R3"]),
        ("SentToContact", []),
    ],
)
def test_where_finds(three: Xero, where: str, found: list[str]) -> None:
    assert references(three, where=where) == found


def test_where_finds_ids_by_guid(three: Xero) -> None:
    (one,) = three.get("Invoices", where='Reference=="R2"')["Invoices"]
    for function in ("guid", "Guid"):
        where = f'InvoiceID=={function}("{one["InvoiceID"].upper()}")'
        assert references(three, where=where) == ["R2"]
    contact = f'Contact.ContactID==guid("{one["Contact"]["ContactID"]}") AND Total>100'
    assert references(three, where=contact) == ["R2"]


@pytest.mark.parametrize(
    "where",
    [
        'Nothing=="x"',
        'Reference=="a"b"',
        'Reference=="a\\"b"',
        "Reference==",
        'Reference=="R1" AND',
        '(Reference=="R1"',
        'InvoiceID=="60aa5d55-a47e-4665-a974-874bb50263b9"',
        'Total>"100"',
        "Reference.Contains(1)",
        "Reference.Explode()",
        "Date>DateTime(2026,13,1)",
        'FullyPaidOnDate.Contains("x")',
        "Reference ~ 1",
    ],
)
def test_what_cannot_be_parsed_is_a_query_parse_exception(three: Xero, where: str) -> None:
    reply = three.call("GET", "Invoices", where=where)
    assert (reply.status, reply.json()["Type"]) == (400, "QueryParseException")


def test_a_quote_inside_text_is_doubled(xero: Xero) -> None:
    xero.contact('Ann "Annie" Lee')
    found = xero.get("Contacts", where='Name=="ann ""annie"" lee"')["Contacts"]
    assert [one["Name"] for one in found] == ['Ann "Annie" Lee']


def test_a_method_on_nothing_needs_its_guard(xero: Xero) -> None:
    xero.sandbox.add_contact("Ann")
    reply = xero.call("GET", "Contacts", where='EmailAddress.Contains("x")')
    assert reply.status == 400
    guarded = 'EmailAddress!=null AND EmailAddress.Contains("x")'
    assert xero.get("Contacts", where=guarded)["Contacts"] == []


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("UpdatedDateUTC", ["R1", "R2", "R3"]),
        ("UpdatedDateUTC ASC", ["R1", "R2", "R3"]),
        ("UpdatedDateUTC DESC", ["R3", "R2", "R1"]),
        ("Total DESC", ["R3", "R2", "R1"]),
        ("Contact.Name DESC, Total ASC", ["R3", "R1", "R2"]),
        ("Status, Total DESC", ["R2", "R1", "R3"]),
    ],
)
def test_order_sorts(three: Xero, order: str, found: list[str]) -> None:
    assert references(three, order=order) == found


def test_an_unknown_order_is_refused(three: Xero) -> None:
    assert three.call("GET", "Invoices", order="Nothing ASC").status == 400
    assert three.call("GET", "Invoices", order="Total SIDEWAYS").status == 400


@pytest.mark.parametrize(
    "since",
    [
        "2026-11-20T03:00:01",
        "2026-11-20T03:00:01.999",
        "2026-11-20T03:00:01Z",
        "2026-11-20T14:00:01+11:00",
        "Fri, 20 Nov 2026 03:00:01 GMT",
    ],
)
def test_if_modified_since_is_floored_to_the_second_and_inclusive(three: Xero, since: str) -> None:
    assert references(three, {SINCE: since}) == ["R2", "R3"]


def test_if_modified_since_can_be_exclusive() -> None:
    xero = Xero(modified_since="exclusive")
    xero.invoice(Reference="R1")
    xero.later(1)
    xero.invoice(Reference="R2")
    assert references(xero, {SINCE: "2026-11-20T03:00:00"}) == ["R2"]


def test_nothing_changed_is_an_empty_list(three: Xero) -> None:
    assert references(three, {SINCE: "2027-01-01T00:00:00"}) == []


def test_a_changed_record_moves_to_the_end_of_its_list(three: Xero) -> None:
    (first, *_) = three.get("Invoices")["Invoices"]
    three.post(f"Invoices/{first['InvoiceID']}", {"Reference": "R1 again"})
    assert references(three, order="UpdatedDateUTC ASC") == ["R2", "R3", "R1 again"]
    assert references(three, {SINCE: "2026-11-20T03:00:03"}) == ["R1 again"]


def test_pages_are_counted_before_the_rows(three: Xero) -> None:
    reply = three.get("Invoices", page=2, pageSize=2)
    assert reply["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 2, "itemCount": 3}
    assert [one["Reference"] for one in reply["Invoices"]] == ["R3"]
    assert three.get("Invoices", page=9)["Invoices"] == []


def test_pages_may_be_filtered(three: Xero) -> None:
    reply = three.get(
        "Invoices", page=1, pageSize=1, where='Status=="AUTHORISED"', order="Total DESC"
    )
    assert reply["pagination"]["itemCount"] == 2
    assert [one["Reference"] for one in reply["Invoices"]] == ["R2"]


def test_a_page_has_a_hundred_rows_unless_told_and_never_more_than_a_thousand(xero: Xero) -> None:
    assert xero.get("Payments", page=1)["pagination"]["pageSize"] == 100
    assert xero.get("Payments", page=1, pageSize=2000)["pagination"]["pageSize"] == 1000


def test_a_page_that_is_no_number_is_refused(xero: Xero) -> None:
    assert xero.call("GET", "Invoices", page="one").status == 400


def test_lines_come_with_pages_and_statuses_only(three: Xero) -> None:
    for parameters, lines in (({}, 0), ({"page": 1}, 1), ({"Statuses": "DRAFT"}, 1)):
        assert len(three.get("Invoices", **parameters)["Invoices"][0]["LineItems"]) == lines


def test_a_summary_drops_payments_and_lines(three: Xero) -> None:
    shown = three.get("Invoices", page=1, summaryOnly="True")["Invoices"][0]
    assert (shown["LineItems"], "Payments" in shown) == ([], False)


def test_parameters_choose_invoices(three: Xero) -> None:
    everything = three.get("Invoices")["Invoices"]
    ids = ",".join(one["InvoiceID"] for one in everything[1:])
    zoe = everything[2]["Contact"]["ContactID"]
    assert references(three, IDs=ids) == ["R2", "R3"]
    assert references(three, InvoiceNumbers="INV-0001, inv-0003") == ["R1", "R3"]
    assert references(three, ContactIDs=zoe) == ["R3"]
    assert references(three, Statuses="DRAFT,PAID") == ["R3"]
    assert references(three, IDs=ids, Statuses="AUTHORISED") == ["R2"]
    assert references(three, searchTerm="r2") == ["R2"]


def test_created_by_my_app_leaves_out_what_people_typed_in(three: Xero) -> None:
    typed = three.sandbox.add_invoice(three.contact("Bea"), [a_line()], Reference="typed in")
    assert typed in {one["InvoiceID"] for one in three.get("Invoices")["Invoices"]}
    assert references(three, createdByMyApp="true") == ["R1", "R2", "R3"]


def test_payments_are_found_by_their_document(xero: Xero) -> None:
    made, other = xero.invoice(), xero.invoice()
    payment = xero.payment(made["InvoiceID"])
    xero.payment(other["InvoiceID"])
    for where in (
        f'Invoice.InvoiceId==Guid("{made["InvoiceID"]}")',
        f'Invoice.InvoiceNumber=="{made["InvoiceNumber"]}"',
        f'PaymentID==guid("{payment["PaymentID"]}")',
    ):
        (found,) = xero.get("Payments", where=where)["Payments"]
        assert found["PaymentID"] == payment["PaymentID"]


def test_a_poller_that_asks_again_from_the_last_row_misses_nothing(xero: Xero) -> None:
    made = xero.invoice()
    expected = set()
    for _ in range(9):
        expected.add(xero.payment(made["InvoiceID"], 10)["PaymentID"])
        xero.later(0.4)
    seen: set[str] = set()
    since = "2026-11-20T03:00:00"
    for _ in range(9):
        rows = xero.get("Payments", {SINCE: since}, order="UpdatedDateUTC ASC", page=1, pageSize=4)
        seen |= {row["PaymentID"] for row in rows["Payments"]}
        since = rows["Payments"][-1]["UpdatedDateUTCString"].removesuffix("Z")
    assert seen == expected


def test_lists_can_lag_behind_writes_while_single_reads_do_not() -> None:
    xero = Xero(late_visibility_s=60)
    made = xero.invoice(Reference="R1")
    assert references(xero) == []
    assert references(xero, where='Reference=="R1"') == []
    assert xero.read(made["InvoiceID"])["Reference"] == "R1"
    xero.later(60)
    assert references(xero) == ["R1"]


def test_too_much_at_once_is_refused(xero: Xero, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync_worker.sandbox.xero.listing.HIGH_VOLUME", 2)
    for _ in range(3):
        xero.invoice()
    assert xero.call("GET", "Invoices").status == 400
    assert xero.call("GET", "Invoices", page=1).status == 200
    assert xero.call("GET", "Invoices", page=1, where='Url=="x"').status == 400
    assert xero.call("GET", "Invoices", page=1, where='Status=="PAID"').status == 200


def test_oracles_read_copies(xero: Xero) -> None:
    made = xero.invoice()
    sandbox: XeroSandbox = xero.sandbox
    (document,) = sandbox.documents()
    document["lines"].clear()
    document["status"] = "nonsense"
    (again,) = sandbox.documents()
    assert (again["id"], again["status"], len(again["lines"])) == (
        made["InvoiceID"],
        "AUTHORISED",
        1,
    )
    assert [contact["name"] for contact in sandbox.contacts()] == ["Ann Lee"]
    assert sandbox.payments() == []
