"""Letters say what happened, in the operator's words where there are some; a bad template is found before its use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sync_worker.domain.errors import Misconfigured
from sync_worker.domain.letter import Digest, PaymentNotice, Trouble
from sync_worker.notify.templates import Templates

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "templates"
NOTICE = PaymentNotice(
    payment="6b5d9c0e-2c0c-4f5e-9c0f-0d6d2d7f8a11",
    to="tui@theatre.example",
    applicant="Tūī & Friends",
    organisation="Kea Grants",
    milestone="M-000017",
    bill="BILL-0042",
    amount=Decimal("12500.5"),
    currency="NZD",
    paid_on=date(2026, 3, 5),
    outstanding=Decimal(0),
)
LOCKED = Trouble(
    record="bill:M-000018",
    cause="Xero said: The document date cannot be before the period lock date",
    cure="ask for another date, or move the lock date in Xero",
    retry="sync-worker retry bill:M-000018",
    record_link="https://kea.my.salesforce.com/a0B000000000001",
    document_link="https://go.xero.com/AccountsPayable/Edit.aspx?InvoiceID=1&x=2",
)
DIGEST = Digest("kea", "finance@kea.example", (LOCKED,), datetime(2026, 3, 5, tzinfo=UTC))


@pytest.fixture
def shipped() -> Templates:
    return Templates(SHIPPED)


def test_the_applicant_is_told_what_was_paid_for_what(shipped: Templates) -> None:
    letter = shipped.payment(NOTICE)
    assert letter.to == "tui@theatre.example"
    assert letter.subject == "Kea Grants has paid 12,500.50 NZD for M-000017"
    for said in (letter.plain, letter.html):
        for word in ("12,500.50 NZD", "M-000017", "5 March 2026", "BILL-0042", "Kea Grants"):
            assert word in said
        assert "will follow" not in said
    assert "Tūī & Friends" in letter.plain
    assert "Tūī &amp; Friends" in letter.html


def test_a_milestone_that_has_a_title_is_told_by_it(shipped: Templates) -> None:
    letter = shipped.payment(replace(NOTICE, title="Opening <night>"))
    assert "for M-000017 (Opening <night>) on 5 March 2026" in letter.plain
    assert "for M-000017 (Opening &lt;night&gt;) on 5 March 2026" in letter.html
    for said in (shipped.payment(NOTICE).plain, shipped.payment(NOTICE).html):
        assert "for M-000017 on 5 March 2026" in said


def test_a_part_payment_says_what_is_left(shipped: Templates) -> None:
    letter = shipped.payment(replace(NOTICE, outstanding=Decimal("99.9")))
    for said in (letter.plain, letter.html):
        assert "99.90 NZD will follow" in said


def test_a_payment_has_one_letter_whatever_else_changes(shipped: Templates) -> None:
    first = shipped.payment(NOTICE)
    assert shipped.payment(replace(NOTICE, outstanding=Decimal(1))).key == first.key
    assert shipped.payment(replace(NOTICE, payment="another")).key != first.key


def test_a_trouble_is_told_with_xeros_words_its_cure_its_links_and_its_command(
    shipped: Templates,
) -> None:
    letter = shipped.sync_errors(DIGEST)
    assert letter.subject == "1 waiting for you between CRM and Xero (kea)"
    for word in (LOCKED.record, LOCKED.cause, LOCKED.cure, LOCKED.retry, LOCKED.record_link):
        assert word in letter.plain
        assert word in letter.html
    assert LOCKED.document_link in letter.plain
    assert LOCKED.document_link.replace("&", "&amp;") in letter.html


def test_many_troubles_are_one_letter_that_stays_readable(shipped: Templates) -> None:
    many = tuple(replace(LOCKED, record=f"bill:M-{n:06}") for n in range(1000))
    letter = shipped.sync_errors(replace(DIGEST, troubles=many))
    assert letter.subject.startswith("1000 waiting")
    assert letter.plain.count("why:") == 50
    assert "And 950 more: sync-worker holds --connection kea" in letter.plain
    assert "And 950 more" in letter.html


def test_the_same_troubles_are_the_same_letter_in_whatever_order(shipped: Templates) -> None:
    other = replace(LOCKED, record="bill:M-000019")
    one, two = (replace(DIGEST, troubles=each) for each in ((LOCKED, other), (other, LOCKED)))
    assert shipped.sync_errors(one).key == shipped.sync_errors(two).key
    assert shipped.sync_errors(one).key != shipped.sync_errors(DIGEST).key
    new = replace(DIGEST, troubles=(replace(LOCKED, cause="another"),))
    assert shipped.sync_errors(new).key != shipped.sync_errors(DIGEST).key
    later = replace(DIGEST, at=DIGEST.at + timedelta(days=1))
    assert shipped.sync_errors(later).key != shipped.sync_errors(DIGEST).key, "cured, and back"


def test_what_people_typed_cannot_become_markup_or_a_second_line(shipped: Templates) -> None:
    nasty = "Tui</p><script>alert(1)</script>\nSubject: You have won"
    letter = shipped.payment(
        replace(NOTICE, applicant=nasty, organisation=nasty, milestone="{{ 7*7 }}")
    )
    assert "<script>" not in letter.html
    assert "\n" not in letter.subject
    assert "{{ 7*7 }}" in letter.plain
    assert not [line for line in letter.plain.splitlines() if line.startswith("Subject:")]


def test_the_operators_own_letter_is_taken_and_the_others_as_shipped(tmp_path: Path) -> None:
    (tmp_path / "payment.txt").write_text(
        "Subject: Kia ora\n\nYou got {{ amount | money(currency) }}.\n"
    )
    own = Templates(tmp_path, SHIPPED)
    letter = own.payment(NOTICE)
    assert (letter.subject, letter.plain) == ("Kia ora", "You got 12,500.50 NZD.\n")
    assert "we have paid" in letter.html
    assert own.sync_errors(DIGEST) == Templates(SHIPPED).sync_errors(DIGEST)


def test_the_shipped_letters_have_no_problem(shipped: Templates) -> None:
    assert list(shipped.problems()) == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("Subject: x\n{{ ammount }}", "'ammount' is undefined (it knows amount, applicant"),
        ("Subject: x\n{% if %}", "cannot be filled in"),
        ("Subject: x\n{{ amount | money }}", "cannot be filled in"),
        ("Subject: x\n{{ ''.__class__.__mro__ }}", "unsafe"),
        ("Dear you", "must begin with a line such as 'Subject: Your payment'"),
        ("Subject:\n\nDear you", "must begin with a line"),
    ],
)
def test_a_bad_template_is_one_sentence_before_any_letter(
    tmp_path: Path, source: str, complaint: str
) -> None:
    (tmp_path / "payment.txt").write_text(source)
    own = Templates(tmp_path, SHIPPED)
    (found,) = own.problems()
    assert "payment.txt" in found.problem
    assert complaint in found.problem
    with pytest.raises(Misconfigured):
        own.payment(NOTICE)
