"""Every sentence Xero refuses with, in one place, each with where it was seen; and the two ways a write is refused.

`Invalid` is one element's validation failing (others may still pass); `Malformed` ends the whole call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import wire


class Invalid(Exception):
    """One element does not pass. `echo` is what Xero sends back of it."""

    def __init__(self, messages: Sequence[str], echo: Mapping[str, Any] | None = None) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)
        self.echo = dict(echo or {})


class Malformed(Exception):
    """The call as a whole cannot be read, or names something that is not there."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.body.decode())
        self.response = response


def refusal(
    number: int, kind: str, message: str, elements: Any = None, status: int = 400
) -> Response:
    body = {"ErrorNumber": number, "Type": kind, "Message": message, "Elements": elements}
    return wire.answer(body, status)


def bad_post_data(message: str) -> Malformed:
    return Malformed(refusal(14, "PostDataInvalidException", message))


def bad_query(message: str) -> Malformed:
    return Malformed(refusal(16, "QueryParseException", message))


def not_found() -> Malformed:
    return Malformed(wire.no_such_page())


def no_such_method() -> Response:
    """A path that is there, and a method it does not know (in pyxero's tests as a reply of the live API)."""
    return refusal(20, "ApiMethodNotImplementedException", NO_SUCH_METHOD, status=501)


def validation(elements: Sequence[Any]) -> Response:
    return refusal(10, "ValidationException", "A validation exception occurred", list(elements))


def messages(texts: Sequence[str]) -> list[dict[str, str]]:
    return [{"Message": text} for text in texts]


# -- invoices -------------------------------------------------------------------------------------------------------
NUMBER_TAKEN = "Invoice # must be unique."  # Xero-OpenAPI 16.1
BAD_STATUS = "Invoice not of valid status for modification"  # recorded
BAD_FIRST_STATUS = "Invoice not of valid status for creation"  # unsettled wording
HAS_PAYMENTS = (  # reported by many
    "This document cannot be edited as it has a payment or credit note allocated to it."
)
STATUS_HAS_PAYMENTS = (  # reported by many
    "The status {status} cannot be applied to the invoice because it has payments or credit notes"
    " allocated to it."
)
LINE_ID_NEEDED = (  # reported
    "To update fields on a paid invoice line item, you must supply a LineItemID"
)
TYPE_NEEDED = "The Type field must be specified."  # unsettled wording
DUE_DATE_NEEDED = "The document DueDate field must be specified."  # seen in xeroizer#290
NEGATIVE_TOTAL = "The invoice total cannot be negative"  # unsettled, rule and wording
LINES_NEEDED = "One or more line items must be specified"  # seen in xero-java-client#5
DESCRIPTION_NEEDED = "Description must be specified"  # unsettled wording
ACCOUNT_NEEDED = "Account code or ID must be specified"  # reported by many
TAX_TYPE_NEEDED = "The TaxType field is mandatory"  # reported by many
ACCOUNT_UNKNOWN = "Account code '{code}' is not a valid code for this document."  # reported by many
ACCOUNT_ARCHIVED = (  # reported
    "Account code '{code}' has been archived, or has been deleted."
    " Each line item must reference a valid account."
)
TAX_TYPE_MISFIT = (  # Xero's documentation
    "The TaxType code '{tax}' cannot be used with account code '{code}'"
)
TAX_TYPE_UNKNOWN = "The TaxType code '{tax}' does not exist or is not active"  # unsettled wording
LINE_TOTAL = "The line total {sent} does not match the expected line total {expected}"  # unsettled
NO_DISCOUNT_ON_BILLS = "Discounts can only be applied to ACCREC invoices"  # unsettled wording
TWO_TRACKINGS = "A line item can have at most two tracking categories"  # unsettled wording
TRACKING_UNKNOWN = "Tracking category or option could not be found"  # unsettled wording
TOO_LONG = "The {field} field cannot be longer than {limit} characters"  # unsettled wording
URL_REFUSED = "The Url is not valid"  # Xero's documentation has the rule, not the words
CURRENCY_UNKNOWN = "Organisation is not subscribed to currency {code}"  # reported by many
YEAR_LOCK = (  # reported
    "The document date cannot be before the end of year lock date, currently set at {date}"
)
PERIOD_LOCK = (  # reported
    "The document date cannot be before the period lock date, currently set at {date}"
)
YEAR_LOCK_EDIT = (  # recorded
    "The document cannot be edited as it is currently dated before the end of year lock date"
)
PERIOD_LOCK_EDIT = (  # after the one above; unsettled
    "The document cannot be edited as it is currently dated before the period lock date"
)
NOT_APPROVED = "Only approved sales invoices can be emailed"  # unsettled wording
NO_EMAIL = "The contact has no email address"  # unsettled wording
NO_ONLINE = "An online invoice is only available for approved sales invoices"  # unsettled wording

# -- contacts -------------------------------------------------------------------------------------------------------
CONTACT_NEEDED = "A Contact must be specified for this type of transaction"  # reported
CONTACT_UNNAMED = (  # Xero-OpenAPI 16.1
    "The Contact must contain at least 1 of the following elements to identify the contact:"
    " Name, ContactID, ContactNumber"
)
CONTACT_UNKNOWN = "The Contact could not be found"  # unsettled wording
NAME_TAKEN = (  # recorded, Xero-OpenAPI 16.1
    "The contact name {name} is already assigned to another contact."
    " The contact name must be unique across all active contacts."
)
CONTACT_NUMBER_TAKEN = (  # reported
    "The contact number {number} is already assigned to another contact."
    " The contact number must be unique across all contacts."
)
CONTACT_ARCHIVED = (  # recorded
    "The specified contact details matched an archived contact."
    " Archived contacts cannot currently be edited via the API."
)
DOCUMENT_CONTACT_ARCHIVED = (  # reported by many; some leave the last full stop out
    "The contact with the specified contact details has been archived."
    " The contact must be un-archived before creating new invoices or credit notes."
)
NAME_SHAPE = "The contact name contains invalid characters"  # the rule is documented, not the words
EMAIL_SHAPE = "Email address must be valid."  # reported
FIVE_PERSONS = "A contact can have at most 5 contact persons"  # unsettled wording

# -- payments -------------------------------------------------------------------------------------------------------
TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"  # Xero-OpenAPI 16.1
ONLY_AUTHORISED = "Payments can only be made against Authorised documents"  # reported
ONLY_STATUS = "Only Status accepted for updates."  # reported
AMOUNT_NEEDED = "Payment amount must be greater than zero"  # unsettled wording
INVOICE_NEEDED = "An Invoice, CreditNote, Prepayment or Overpayment must be specified"  # unsettled
INVOICE_UNKNOWN = "The Invoice could not be found"  # unsettled wording
PAYMENT_ACCOUNT = "Account could not be found or does not accept payments"  # unsettled wording
RECONCILED = "This payment has been reconciled and cannot be deleted"  # unsettled wording
PAYMENT_GONE = "This payment has already been deleted"  # unsettled wording
IN_A_BATCH = "Payments within a batch cannot be deleted."  # reported

# -- credits: notes, prepayments, overpayments -------------------------------------------------------------------------
ALREADY_PAID_OFF = (  # seen in xeroizer#320
    "The invoice you are trying to allocate to has already been paid off"
)
ALLOCATION_TOO_MUCH = (  # seen in xeroizer#320 and xero-php#251, for credit notes
    "{name} cannot be allocated as amount is greater than amount outstanding"
)
ALLOCATION_WRONG_TYPE = "{name} cannot be allocated to an incorrect invoice type"  # xeroizer#320
ALLOCATION_OTHER_CONTACT = (  # unsettled wording
    "{name} cannot be allocated to an invoice of another contact"
)
ALLOCATION_STATUS = "{name} must be authorised before it can be allocated"  # unsettled wording
ALLOCATION_AMOUNT = "The allocation amount must be greater than zero"  # unsettled wording
CREDIT_NUMBER_TAKEN = "Credit Note # must be unique."  # after the invoice's; unsettled
CREDIT_UNKNOWN = (  # Xero-OpenAPI 16.1
    "An existing Credit Note with the specified CreditNoteID could not be found"
)
BANK_ACCOUNT_NEEDED = "A valid BankAccount must be specified"  # unsettled wording
BANK_GONE = "This bank transaction cannot be edited as it has been deleted or voided"  # unsettled
STATUS_STEP = "{name} status change is invalid"  # recorded for purchase orders
DELETED_STAYS = "Deleted {name}s cannot be updated"  # recorded for purchase orders
PROPOSAL_NUMBER_TAKEN = "{name} # must be unique."  # after the invoice's; unsettled
BATCH_KEPT = "Only Status of DELETED is accepted for updates."  # unsettled wording
BATCH_EMPTY = "A batch payment must have at least one payment"  # unsettled wording

# -- items, attachments ------------------------------------------------------------------------------------------------
ITEM_TAKEN = "Price List Item with Code '{code}' already exists"  # Xero-OpenAPI 16.1
ITEM_UNKNOWN = "Item code '{code}' is not valid"  # reported by many
TEN_ATTACHMENTS = "A document can have at most 10 attachments"  # unsettled wording
ATTACHMENT_SIZE = "The attachment is larger than the limit of 10 MB"  # unsettled wording
ATTACHMENT_EMPTY = "The attachment has no content"  # unsettled wording

# -- settings, history ----------------------------------------------------------------------------------------------
NAME_NOT_UNIQUE = "Please enter a unique Name."  # Xero-OpenAPI 16.1
CODE_NOT_UNIQUE = "Please enter a unique Code."  # after the one above; unsettled
FIELD_NEEDED = "The {field} field must be specified."  # after xeroizer#290
SYSTEM_ACCOUNT = "System accounts cannot be changed"  # unsettled wording
ACCOUNT_CURRENCY = (  # reported
    "The current organisation is not subscribed to currency '{code}'"
)
TWO_CATEGORIES = "An organisation can have at most 2 active tracking categories"  # unsettled
HUNDRED_OPTIONS = "A tracking category can have at most 100 options"  # unsettled wording
NOT_FOR_THIS_ENDPOINT = (  # Xero-OpenAPI 16.1
    "The document with the supplied id was not found for this endpoint."
)

# -- the call as a whole ----------------------------------------------------------------------------------------------
KEY_REUSED = "Idempotency Key: {key} is used with a different request."  # Xero's prompt library
KEY_TOO_LONG = "Idempotency Key cannot be longer than 128 characters."  # unsettled wording
NOT_A_DATE = "The string '{value}' is not a valid AllXsd value."  # seen in pyxero#214
NOT_A_VALUE = "Error converting value \"{value}\" to type '{kind}'. Path '{path}'."  # reported
NO_SUCH_METHOD = "The Api Method called is not implemented"  # pyxero's tests
NOT_JSON = "JSON for post data was invalid"  # seen in xero-php-oauth2#38
HIGH_VOLUME = (  # the refusal is documented for over 100,000 records; unsettled wording
    "The request would return too many records. Use paging and optimised filters."
)
