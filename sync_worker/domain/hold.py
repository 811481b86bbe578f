"""Holds: every record that waits says what kind of trouble it is, why, and what cures it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class HoldClass(StrEnum):
    """The kinds of trouble, as they are counted, filtered and documented in docs/holds.md."""

    NO_LINES = "no-lines"
    LINE_INCOMPLETE = "line-incomplete"
    AMOUNT_INVALID = "amount-invalid"
    DATE_MISSING = "date-missing"
    DEBTOR_MISSING = "debtor-missing"
    PAYEE_CHANGED = "payee-changed"
    POSSIBLE_DUPLICATE = "possible-duplicate"
    NOT_POSITIVE = "not-positive"
    ACCOUNT_INVALID = "account-invalid"
    TAX_INVALID = "tax-invalid"
    CURRENCY_INVALID = "currency-invalid"
    TRACKING_INVALID = "tracking-invalid"
    PERIOD_LOCKED = "period-locked"
    TOTAL_DIFFERS = "total-differs"
    CONTACT_ARCHIVED = "contact-archived"
    CONTACT_MISSING = "contact-missing"
    CONTACT_NAME_TAKEN = "contact-name-taken"
    CONTACT_REFUSED = "contact-refused"
    NUMBER_TAKEN = "number-taken"
    DOCUMENT_REFUSED = "document-refused"
    ATTACHMENT_REFUSED = "attachment-refused"
    DOCUMENT_CHANGED = "document-changed"
    WRITE_BACK_REFUSED = "write-back-refused"
    LINK_TAKEN = "link-taken"
    CHANGED_SINCE = "changed-since"
    VOIDED_IN_XERO = "voided-in-xero"
    SECOND_DOCUMENT = "second-document"
    PAYMENTS_DIFFER = "payments-differ"
    CRM_RECORD_GONE = "crm-record-gone"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"


LINK_CURES = frozenset(
    {HoldClass.CONTACT_ARCHIVED, HoldClass.CONTACT_MISSING, HoldClass.CONTACT_NAME_TAKEN}
)
"""Holds that another contact's id on the participant or account would end."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a record waits: `cause` is a sentence with the vendor's words where there are any, `cure`
    says who does what."""

    hold_class: HoldClass
    cause: str
    cure: str


MOST_RETRIES = 12
FEWER_RETRIES: Mapping[HoldClass | None, int] = {HoldClass.UNREADABLE: 3, HoldClass.TOO_LARGE: 3}
"""Nothing outside the record cures these: after three times they are left to people."""


def next_try(attempts: int, hold_class: HoldClass | None = None) -> timedelta | None:
    """When a held record is looked at again though nothing changed: after 1, 2, 4 ... at most 24 hours, and after
    twelve times never by itself. Changed inputs or a person's word always count at once."""
    if attempts >= FEWER_RETRIES.get(hold_class, MOST_RETRIES):
        return None
    return timedelta(hours=min(24, 2 ** max(0, attempts - 1)))
