"""The organisation itself: its particulars, people, what may be done in it, currencies and branding themes."""

from __future__ import annotations

from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import charts, errors, reading, wire
from sync_worker.sandbox.xero.books import Currency
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.records import User

_ACTIONS = (  # Xero-OpenAPI 16.1
    "CreateApprovedInvoice",
    "CreateDraftPurchaseOrder",
    "CreateApprovedBill",
    "AttachFilesIntoInvoice",
    "UseMulticurrency",
    "CreateDraftInvoice",
    "CreateRepeatingInvoice",
    "CreateRepeatingBill",
    "CreateSentQuote",
    "CreateInvoicePayment",
    "CreateApprovedPurchaseOrder",
    "CreateDraftQuote",
    "CreateDraftBill",
)


def get_organisation(call: Call) -> Response:
    organisation = call.books.organisation
    element = {
        "Name": organisation.name,
        "LegalName": organisation.name,
        "PaysTax": True,
        "Version": "AU",
        "OrganisationType": "COMPANY",
        "BaseCurrency": organisation.base_currency,
        "CountryCode": "AU",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "TaxNumber": "53004085616",
        "FinancialYearEndDay": 30,
        "FinancialYearEndMonth": 6,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY1",
        "DefaultSalesTax": "Tax Inclusive",
        "DefaultPurchasesTax": "Tax Inclusive",
        "PeriodLockDate": organisation.period_lock,
        "EndOfYearLockDate": organisation.year_end_lock,
        "CreatedDateUTC": wire.bare_instant(organisation.created),
        "OrganisationEntityType": "COMPANY",
        "Timezone": "AUSEASTERNSTANDARDTIME",
        "ShortCode": charts.SHORT_CODE,
        "OrganisationID": organisation.id,
        "Edition": "BUSINESS",
        "Class": "PREMIUM",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    return call.answer("Organisations", [element])


def get_actions(call: Call) -> Response:
    return call.answer("Actions", [{"Name": name, "Status": "ALLOWED"} for name in _ACTIONS])


def get_currencies(call: Call) -> Response:
    return call.answer("Currencies", [_currency(one) for one in call.books.currencies.values()])


def put_currency(call: Call) -> Response:
    """Subscribe to a currency; one at a time, and only to one Xero knows."""
    (sent, *_) = reading.elements(call.request, "Currencies") or [{}]
    code = (reading.text(sent, "code") or "").upper()
    description = charts.CURRENCIES.get(code)
    if description is None:
        raise errors.bad_post_data(
            errors.NOT_A_VALUE.format(value=code, kind="Xero.API.Library.CurrencyCode", path="Code")
        )
    currency = call.books.currencies.setdefault(code, Currency(code, description))
    return call.answer("Currencies", [_currency(currency)])


def get_branding_themes(call: Call) -> Response:
    theme = call.books.theme
    if len(call.segments) > 1 and call.segments[1].lower() != theme.id:
        raise errors.not_found()
    element = {
        "BrandingThemeID": theme.id,
        "Name": theme.name,
        "LogoUrl": "",
        "Type": "INVOICE",
        "SortOrder": theme.sort_order,
        "CreatedDateUTC": wire.instant(946_684_800_000),
    }
    return call.answer("BrandingThemes", [element])


def get_users(call: Call) -> Response:
    return call.answer("Users", [_user(user) for user in call.books.users])


def get_user(call: Call) -> Response:
    for user in call.books.users:
        if user.id == call.segments[1].lower():
            return call.answer("Users", [_user(user)])
    raise errors.not_found()


def _user(user: User) -> dict[str, Any]:
    return {
        "UserID": user.id,
        "EmailAddress": user.email,
        "FirstName": user.first_name,
        "LastName": user.last_name,
        "UpdatedDateUTC": wire.instant(user.updated),
        "IsSubscriber": user.subscriber,
        "OrganisationRole": user.role,
    }


def _currency(currency: Currency) -> dict[str, Any]:
    return {"Code": currency.code, "Description": currency.description}
