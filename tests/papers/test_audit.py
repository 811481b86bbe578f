"""The audit document says who approved what and for whom, in letters that everybody can read back."""

from __future__ import annotations

import io
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from pypdf import PdfReader

from sync_worker.domain.ids import XeroId
from sync_worker.domain.paper import Audit
from sync_worker.papers.audit import FONT_FILE, drawn

AUDIT = Audit(
    milestone="MS-017",
    title="Māori language week",
    applicant="Te Kura & Söhne <Ōtaki>",
    contract="CON-9",
    category="Community",
    amount=Decimal("12500.5"),
    currency="NZD",
    approved_at=datetime(2026, 3, 1, 2, 30, tzinfo=UTC),
    approved_by="Ada Grantmaker",
    bill="MS-017",
    bill_date=date(2026, 3, 4),
    xero_id=XeroId("5f0b6f1c-3a43-4d1e-9e7b-000000000001"),
    billed_at=datetime(2026, 3, 4, 12, 0, tzinfo=UTC),
)


def read_back(content: bytes) -> str:
    """By another library than the one that wrote it; breaks of lines are of no account."""
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_it_says_who_approved_what_for_whom_and_which_bill_came_of_it() -> None:
    said = read_back(drawn(AUDIT))
    for words in (
        "Audit document of the bill for milestone MS-017",
        "Title Māori language week",
        "Applicant Te Kura & Söhne <Ōtaki>",
        "Contract CON-9",
        "Funding category Community",
        "Amount 12,500.50 NZD",
        "Approved at 1 March 2026, 02:30:00 UTC",
        "Approved by Ada Grantmaker",
        "Bill number MS-017",
        "Bill date 4 March 2026",
        "Bill in Xero 5f0b6f1c-3a43-4d1e-9e7b-000000000001",
        "Recorded at 4 March 2026, 12:00:00 UTC",
    ):
        assert words in said


def test_what_the_crm_does_not_say_is_said_to_be_missing() -> None:
    bare = replace(AUDIT, approved_at=None, approved_by="", amount=None, bill_date=None)
    said = read_back(drawn(bare))
    for fact in ("Approved at", "Approved by", "Amount", "Bill date"):
        assert f"{fact} not recorded in the CRM" in said


def test_a_letter_the_font_has_not_is_shown_by_its_number_and_never_dropped() -> None:
    said = read_back(drawn(replace(AUDIT, title="Atelier 🎨 “naïve” 漢字")))
    assert "Atelier ‹U+1F3A8› “naïve” ‹U+6F22›‹U+5B57›" in said


def test_letters_and_their_accents_count_as_one_however_they_were_typed() -> None:
    apart, together = (unicodedata.normalize(form, "Māori") for form in ("NFD", "NFC"))
    assert apart != together
    assert drawn(replace(AUDIT, title=apart)) == drawn(replace(AUDIT, title=together))


def test_the_same_facts_make_the_same_bytes_in_any_process() -> None:
    alone = (
        "import sys; from tests.papers.test_audit import AUDIT; "
        "from sync_worker.papers.audit import drawn; sys.stdout.buffer.write(drawn(AUDIT))"
    )
    again = subprocess.run([sys.executable, "-c", alone], check=True, capture_output=True)
    assert drawn(AUDIT) == again.stdout


def test_it_is_small_however_large_its_font_is() -> None:
    assert FONT_FILE.stat().st_size > 700_000
    assert len(drawn(AUDIT)) < 40_000


def test_a_text_without_end_goes_on_on_more_pages() -> None:
    endless = drawn(replace(AUDIT, title="long " * 20, applicant="x" * 4000, category="y " * 3000))
    assert len(PdfReader(io.BytesIO(endless)).pages) > 1
    assert read_back(endless).replace(" ", "").count("x") >= 4000
