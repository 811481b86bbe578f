"""The audit document of a bill: who approved which milestone, for whom, and the bill that came of it, on one page.

The same facts make the same bytes: no date of today is in it, and reportlab (BSD licence, pure Python) has a mode for
that. The letters are those of DejaVu Sans, which lies beside this file and may be given on (DejaVuSans.LICENSE): Latin
with every macron, Greek, Cyrillic, Arabic, Hebrew and more. Of its 757 kB a document carries the few it uses. What it
has not, such as 漢 or an emoji, is neither dropped nor a reason to fail: it is shown by its number, as ‹U+6F22›.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from sync_worker.domain.paper import Audit

FONT = "DejaVuSans"
FONT_FILE = Path(__file__).with_name("DejaVuSans.ttf")
UNKNOWN = "not recorded in the CRM"
MARGIN, FIRST_COLUMN, SECOND_COLUMN = 57, 140, 340
"""In points; an A4 page is 595 wide."""


def drawn(audit: Audit) -> bytes:
    """A PDF of one page, or more where the texts are long."""
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

    shown = _font().charToGlyph
    plain = ParagraphStyle("plain", fontName=FONT, fontSize=10, leading=15, splitLongWords=1)
    small = ParagraphStyle("small", parent=plain, textColor=colors.grey)
    large = ParagraphStyle("large", parent=plain, fontSize=16, leading=24)
    rows = [
        [Paragraph(name, small), Paragraph(escape(_written(words, shown)), plain)]
        for name, words in _facts(audit)
    ]
    table = Table(rows, colWidths=[FIRST_COLUMN, SECOND_COLUMN], splitInRow=1)
    table.setStyle(
        [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey)]
    )
    title = _written(f"Audit document of the bill for milestone {audit.milestone}", shown)
    page = io.BytesIO()
    SimpleDocTemplate(
        page,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=title,
        author="sync-worker",
        invariant=1,
    ).build([Paragraph(escape(title), large), Spacer(0, 12), table])
    return page.getvalue()


def _facts(audit: Audit) -> Iterator[tuple[str, str]]:
    yield "Milestone", audit.milestone
    yield "Title", audit.title
    yield "Applicant", audit.applicant
    yield "Contract", audit.contract
    yield "Funding category", audit.category
    yield "Amount", _money(audit.amount, audit.currency)
    yield "Approved at", _time(audit.approved_at)
    yield "Approved by", audit.approved_by
    yield "Bill number", audit.bill
    yield "Bill date", _day(audit.bill_date)
    yield "Bill in Xero", audit.xero_id
    yield "Recorded at", _time(audit.billed_at)


def _money(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{amount:,.2f} {currency}".rstrip()


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""


def _time(instant: datetime | None) -> str:
    return f"{_day(instant)}, {instant:%H:%M:%S} UTC" if instant else ""


def _written(words: str, shown: dict[int, int]) -> str:
    """The words in letters that the font has. Letters and their accents are put together first, as `a` and a macron."""
    one_line = " ".join(unicodedata.normalize("NFC", words).split()) or UNKNOWN
    return "".join(one if ord(one) in shown else f"‹U+{ord(one):04X}›" for one in one_line)


@cache
def _font() -> Any:
    """Its face, once it is known to reportlab."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    font = TTFont(FONT, FONT_FILE)
    registerFont(font)
    return font.face
