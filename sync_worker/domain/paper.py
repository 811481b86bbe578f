"""Papers: what hangs on a bill in Xero beside its lines. The audit document that we draw, and the files that stand on
the milestone in the CRM."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from sync_worker.domain.ids import SalesforceId, XeroId

LARGEST = 10 * 1024 * 1024
"""Bytes of one file (Xero's attachments page; other pages of Xero's say 25 MB)."""
LONGEST_TITLE = 100
"""Letters of a file's title that are kept; the whole name stays far below what any system takes."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit document of a bill says: who approved what, for whom, and which bill came of it."""

    milestone: str
    title: str
    applicant: str
    contract: str
    category: str
    amount: Decimal | None
    currency: str
    approved_at: dt.datetime | None
    approved_by: str
    bill: str
    bill_date: dt.date | None
    xero_id: XeroId
    billed_at: dt.datetime | None
    """When the bill was linked in the CRM: as much as the document says of when it was made."""


@dataclass(frozen=True, slots=True)
class Billed:
    """A milestone whose bill stands in Xero in its final status."""

    record: SalesforceId
    xero_id: XeroId
    modified_at: dt.datetime
    audit: Audit
    """Without the currency, which the CRM does not know."""

    @property
    def number(self) -> str:
        return self.audit.milestone


@dataclass(frozen=True, slots=True)
class File:
    """The latest version of a file on a milestone."""

    link: SalesforceId
    """What ties the file to this milestone: a file may stand on several, and is attached to the bill of each."""
    milestone: SalesforceId
    version: SalesforceId
    title: str
    extension: str
    size: int


def file_name(number: str, title: str, extension: str, source: str) -> str:
    """A file's name in Xero, such as `MS-017 Tax invoice (3f9a2c1b).pdf`.

    What stands in brackets is made of `source`, the id of the record or version that it comes from. So the same file
    has the same name however often it is asked for, two files of one title have two, and no file that a person attached
    by hand is ever replaced by ours, for Xero replaces what has the same name. Plain letters alone: what an address or
    a file system makes of any others is not settled.
    """
    mark = hashlib.sha256(source.encode()).hexdigest()[:8]
    words = _plain(f"{number} {title}")[:LONGEST_TITLE].strip(" .-")
    suffix = _plain(extension).replace(" ", "").lower()
    return f"{words} ({mark})".lstrip() + (f".{suffix}" if suffix else "")


def _plain(text: str) -> str:
    """`Māori – 漢字` becomes `Maori`."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^A-Za-z0-9._-]+", " ", letters).split())
