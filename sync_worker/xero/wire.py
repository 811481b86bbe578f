"""What Xero sends, as far as we read it. Xero omits what is empty and adds what it likes, so only ids are demanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sync_worker.domain.document import Kind
from sync_worker.domain.errors import Transient
from sync_worker.domain.ids import XeroId
from sync_worker.domain.invoice import LedgerInvoice
from sync_worker.domain.party import Address, Contact
from sync_worker.domain.payment import LedgerPayment

_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _instant(value: Any) -> Any:
    """`/Date(ms+0000)/`: the milliseconds are the truth whatever offset follows them; ISO text is taken too."""
    if isinstance(value, str):
        if found := _MS_DATE.fullmatch(value):
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        read = datetime.fromisoformat(value)
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    return value


def _day(value: Any) -> Any:
    """A calendar day travels as its midnight in UTC, without meaning a zone."""
    instant = _instant(value)
    return instant.date() if isinstance(instant, datetime) else instant


Instant = Annotated[datetime, BeforeValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]
Id = Annotated[
    str, BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)
]


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @classmethod
    def read(cls, one: Mapping[str, Any]) -> Self:
        """One element of what was asked for. Raises Transient where it is not what it is to be; what a write answers
        is validated by its sender, for whom that is a doubt."""
        try:
            return cls.model_validate(one)
        except ValidationError as strange:
            (first, *_) = strange.errors(include_url=False, include_input=False)
            place = ".".join(str(part) for part in first["loc"])
            msg = f"Xero answered an element of another shape than it ever had ({place}: {first['msg']})"
            raise Transient(msg) from None


class Message(Wire):
    Message: str = ""


class Element(Wire):
    """One element of a write's reply: what was made, or why not."""

    StatusAttributeString: str = "OK"
    ValidationErrors: tuple[Message, ...] = ()
    Warnings: tuple[Message, ...] = ()

    @property
    def refused(self) -> bool:
        """A locked period may drop a change and still say OK: any validation error counts as a refusal."""
        return self.StatusAttributeString == "ERROR" or bool(self.ValidationErrors)

    @property
    def messages(self) -> tuple[str, ...]:
        return tuple(error.Message for error in self.ValidationErrors) or ("no reason given",)


class ContactId(Wire):
    ContactID: Id = ""


class LineWire(Wire):
    Quantity: Decimal = Decimal(0)
    UnitAmount: Decimal = Decimal(0)


class InvoiceElement(Element):
    Type: str = "ACCREC"
    InvoiceID: Id = ""
    InvoiceNumber: str = ""
    Reference: str = ""
    Status: str = ""
    Total: Decimal = Decimal(0)
    Url: str = ""
    UpdatedDateUTC: Instant = _EPOCH
    Date: Day | None = None
    CurrencyCode: str = ""
    Contact: ContactId = Field(default_factory=ContactId)
    LineItems: tuple[LineWire, ...] = ()
    AmountPaid: Decimal = Decimal(0)
    AmountDue: Decimal = Decimal(0)

    def invoice(self) -> LedgerInvoice:
        return LedgerInvoice(
            id=XeroId(self.InvoiceID),
            number=self.InvoiceNumber,
            reference=self.Reference,
            status=self.Status,
            total=self.Total,
            url=self.Url,
            updated_at=self.UpdatedDateUTC,
            date=self.Date,
            currency=self.CurrencyCode,
            contact=XeroId(self.Contact.ContactID) if self.Contact.ContactID else None,
            lines=tuple((line.Quantity, line.UnitAmount) for line in self.LineItems),
            paid=self.AmountPaid,
            due=self.AmountDue,
            messages=tuple(error.Message for error in self.ValidationErrors),
            kind=Kind.BILL if self.Type == "ACCPAY" else Kind.INVOICE,
        )


class PhoneWire(Wire):
    PhoneType: str = ""
    PhoneNumber: str = ""
    PhoneAreaCode: str = ""
    PhoneCountryCode: str = ""


class AddressWire(Wire):
    AddressType: str = ""
    AddressLine1: str = ""
    City: str = ""
    Region: str = ""
    PostalCode: str = ""
    Country: str = ""


class ContactElement(Element):
    ContactID: Id = ""
    Name: str = ""
    ContactStatus: str = "ACTIVE"
    ContactNumber: str = ""
    AccountNumber: str = ""
    FirstName: str = ""
    LastName: str = ""
    EmailAddress: str = ""
    Phones: tuple[PhoneWire, ...] = ()
    Addresses: tuple[AddressWire, ...] = ()
    MergedToContactID: Id | None = None

    def contact(self) -> Contact:
        phone = next((p.PhoneNumber for p in self.Phones if p.PhoneType == "DEFAULT"), "")
        street = next((a for a in self.Addresses if a.AddressType == "STREET"), AddressWire())
        return Contact(
            id=XeroId(self.ContactID),
            name=self.Name,
            standing=self.ContactStatus,
            number=self.ContactNumber,
            account_number=self.AccountNumber,
            first_name=self.FirstName,
            last_name=self.LastName,
            email=self.EmailAddress,
            phone=phone,
            address=Address(
                street.AddressLine1, street.City, street.Region, street.PostalCode, street.Country
            ),
            merged_into=XeroId(self.MergedToContactID) if self.MergedToContactID else None,
        )


class PaidInvoice(Wire):
    InvoiceID: Id = ""


class PaymentElement(Wire):
    PaymentID: Id
    Invoice: PaidInvoice = Field(default_factory=PaidInvoice)
    PaymentType: str = ""
    Status: str = ""
    Date: Day
    Amount: Decimal
    Reference: str = ""
    UpdatedDateUTC: Instant

    def payment(self) -> LedgerPayment:
        return LedgerPayment(
            id=XeroId(self.PaymentID),
            invoice_id=XeroId(self.Invoice.InvoiceID) if self.Invoice.InvoiceID else None,
            kind=self.PaymentType,
            status=self.Status,
            date=self.Date,
            amount=self.Amount,
            reference=self.Reference,
            updated_at=self.UpdatedDateUTC,
        )


class AttachmentElement(Element):
    AttachmentID: Id = ""
    FileName: str = ""


class OrganisationWire(Wire):
    Name: str = ""
    BaseCurrency: str = ""
    ShortCode: str = ""
    PeriodLockDate: Day | None = None
    EndOfYearLockDate: Day | None = None


class AccountWire(Wire):
    Code: str = ""
    Name: str = ""
    Type: str = ""
    Status: str = "ACTIVE"
    TaxType: str = ""
    SystemAccount: str = ""


class TaxRateWire(Wire):
    Name: str = ""
    TaxType: str = ""
    EffectiveRate: Decimal = Decimal(0)
    Status: str = "ACTIVE"
    CanApplyToRevenue: bool = True
    CanApplyToExpenses: bool = True


class TrackingOptionWire(Wire):
    TrackingOptionID: Id = ""
    Name: str = ""
    Status: str = "ACTIVE"


class TrackingWire(Wire):
    TrackingCategoryID: Id = ""
    Name: str = ""
    Status: str = "ACTIVE"
    Options: tuple[TrackingOptionWire, ...] = ()


class CurrencyWire(Wire):
    Code: str = ""


class BrandingThemeWire(Wire):
    BrandingThemeID: Id = ""
    Name: str = ""


def elements(body: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = body.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
