"""After which public sources Xero is imitated, and how sure each is."""

from __future__ import annotations

from sync_worker.sandbox.sources import REPORTED, UNSETTLED, VERIFIED, Known

OPENAPI = "Xero-OpenAPI 16.1"  # of 13 July 2026, commit e952d0b
RECORDED = "corrin/docketworks, apps/xero/fake/recordings, September 2026"


def _hung_on(records: str, *lines: str) -> tuple[str, ...]:
    """The same lines behind one record of each kind."""
    places = records.split()
    return tuple(line.replace("~", f"{place}/{{id}}") for place in places for line in lines)


IDENTITY = (
    Known(
        "tokens by client credentials, code (with PKCE or not) and refresh; open: the old token's 30 minutes of grace",
        "XeroAPI/xero-prompt-library, python/SKILL.md of August 2026; xero-python 15.2 and xero-node 20 sign in",
        VERIFIED,
        ("POST /connect/token",),
    ),
    Known(
        "the end of a refresh token and of the connections it opened",
        "xero-python 15.2, TokenApi.revoke_token",
        VERIFIED,
        ("POST /connect/revocation",),
    ),
    Known(
        "the consent page with its choice of organisation and scopes; how it looks is our own",
        "XeroAPI/xero-command-line, src/lib/oauth.ts; XeroAPI/xero-prompt-library, javascript/SKILL.md",
        REPORTED,
        ("GET POST /identity/connect/authorize",),
    ),
    Known(
        "who consented",
        "OpenID Connect Core 1.0; no reply of Xero's at hand",
        UNSETTLED,
        ("GET /connect/userinfo",),
    ),
    Known(
        "discovery and keys",
        "xero-node 20 with openid-client 5.7 asks for them",
        VERIFIED,
        ("GET /.well-known/openid-configuration", "GET /.well-known/openid-configuration/jwks"),
    ),
    Known(
        "the connections: listed, one of them ended",
        f"{OPENAPI}, xero-identity.yaml: getConnections, deleteConnection",
        VERIFIED,
        ("GET /connections", "DELETE /connections/{id}"),
    ),
)

ACCOUNTING = (
    Known(
        "the organisation and what may be done in it",
        OPENAPI,
        VERIFIED,
        ("GET Organisation", "GET Organisation/Actions"),
    ),
    Known(
        "its users and branding themes",
        OPENAPI,
        VERIFIED,
        (
            "GET Users",
            "GET Users/{UserID}",
            "GET BrandingThemes",
            "GET BrandingThemes/{BrandingThemeID}",
        ),
    ),
    Known("currencies, listed and added", OPENAPI, VERIFIED, ("GET PUT Currencies",)),
    Known(
        "the chart of accounts, one account a call",
        OPENAPI,
        VERIFIED,
        ("GET PUT Accounts", "GET POST DELETE Accounts/{AccountID}"),
    ),
    Known(
        "tax rates, added as TAX001 and on, and deleted",
        OPENAPI,
        VERIFIED,
        ("GET PUT POST TaxRates", "GET TaxRates/{TaxType}"),
    ),
    Known(
        "tracking categories and options, with their limits",
        OPENAPI,
        VERIFIED,
        (
            "GET PUT TrackingCategories",
            "GET POST DELETE TrackingCategories/{TrackingCategoryID}",
            "PUT TrackingCategories/{TrackingCategoryID}/Options",
            "POST DELETE TrackingCategories/{TrackingCategoryID}/Options/{TrackingOptionID}",
        ),
    ),
    Known(
        "POST where PUT is meant, and does the same",
        "neither Xero-OpenAPI nor a client names it",
        UNSETTLED,
        (
            "POST Accounts",
            "POST TrackingCategories",
            "POST TrackingCategories/{TrackingCategoryID}/Options",
        ),
    ),
    Known(
        "contacts: lists with search and paging, creating, changing and archiving by id",
        f"{OPENAPI}; {RECORDED}",
        VERIFIED,
        ("GET PUT Contacts", "GET POST Contacts/{ContactID}"),
    ),
    Known(
        "update or create; without an id whoever holds the name or number is changed",
        "that it may: Xero's people in xero-node#167; whom it takes then: a probe of the live API, 2026",
        REPORTED,
        ("POST Contacts",),
    ),
    Known(
        "groups of contacts and who belongs to them",
        OPENAPI,
        VERIFIED,
        (
            "GET PUT ContactGroups",
            "GET POST ContactGroups/{ContactGroupID}",
            "PUT DELETE ContactGroups/{ContactGroupID}/Contacts",
            "DELETE ContactGroups/{ContactGroupID}/Contacts/{ContactID}",
        ),
    ),
    Known(
        "invoices and bills: lists, creating, changing by id, voiding; open: whether a voided number stays taken",
        f"{OPENAPI}; {RECORDED}",
        VERIFIED,
        ("GET PUT Invoices", "GET POST Invoices/{InvoiceID}"),
    ),
    Known(
        "update or create; without an id the sales invoice that holds the number is changed, bills never",
        "xeroizer#121, pyxero#328, Xero-NetStandard#127",
        REPORTED,
        ("POST Invoices",),
    ),
    Known(
        "the address of the online invoice; sending by e-mail, which sends nothing",
        OPENAPI,
        VERIFIED,
        ("GET Invoices/{InvoiceID}/OnlineInvoice", "POST Invoices/{InvoiceID}/Email"),
    ),
    Known(
        "a document as a small PDF of one page, by this path or by Accept; how it looks is our own",
        f"{OPENAPI}: getInvoiceAsPdf, getCreditNoteAsPdf, getPurchaseOrderAsPdf, getQuoteAsPdf",
        VERIFIED,
        (
            "GET Invoices/{InvoiceID}/pdf",
            "GET CreditNotes/{CreditNoteID}/pdf",
            "GET PurchaseOrders/{PurchaseOrderID}/pdf",
            "GET Quotes/{QuoteID}/pdf",
        ),
    ),
    Known(
        "credit notes: lists, creating, changing by id",
        f"{OPENAPI}; {RECORDED}",
        VERIFIED,
        ("GET PUT CreditNotes", "GET POST CreditNotes/{CreditNoteID}"),
    ),
    Known(
        "update or create; without an id the credit note that holds the number is changed",
        "as invoices do; nobody is known to have looked",
        UNSETTLED,
        ("POST CreditNotes",),
    ),
    Known(
        "overpayments and prepayments as bank transactions make them",
        OPENAPI,
        VERIFIED,
        (
            "GET Overpayments",
            "GET Overpayments/{OverpaymentID}",
            "GET Prepayments",
            "GET Prepayments/{PrepaymentID}",
        ),
    ),
    Known(
        "credit set against a document and taken off; open: whether the invoice's UpdatedDateUTC moves",
        f"{OPENAPI}; texts of xeroizer#320, xero-php#251",
        VERIFIED,
        _hung_on(
            "CreditNotes Overpayments Prepayments",
            "PUT ~/Allocations",
            "DELETE ~/Allocations/{AllocationID}",
        ),
    ),
    Known(
        "payments and refunds, made and deleted; open: whether later lists still show deleted ones",
        OPENAPI,
        VERIFIED,
        ("GET PUT POST Payments", "GET POST Payments/{PaymentID}"),
    ),
    Known(
        "several payments in one go, deleted together",
        OPENAPI,
        VERIFIED,
        ("GET PUT POST BatchPayments", "GET POST BatchPayments/{BatchPaymentID}"),
    ),
    Known(
        "money spent and received, and the over- and prepayments it makes; nothing is matched with a bank feed",
        OPENAPI,
        VERIFIED,
        ("GET PUT POST BankTransactions", "GET POST BankTransactions/{BankTransactionID}"),
    ),
    Known(
        "items by a unique code, without stock",
        f"{OPENAPI}; {RECORDED}",
        VERIFIED,
        ("GET PUT POST Items", "GET POST DELETE Items/{ItemID}"),
    ),
    Known(
        "purchase orders and quotes; open: which steps their statuses may take",
        f"{OPENAPI}; {RECORDED}",
        VERIFIED,
        (
            "GET PUT PurchaseOrders",
            "GET POST PurchaseOrders/{PurchaseOrderID}",
            "GET PUT Quotes",
            "GET POST Quotes/{QuoteID}",
        ),
    ),
    Known(
        "update or create; without an id the purchase order that holds the number is changed",
        f"{RECORDED}: purchase_order_number_held_by_deleted",
        REPORTED,
        ("POST PurchaseOrders",),
    ),
    Known(
        "the same for quotes",
        "as purchase orders do; nobody is known to have looked",
        UNSETTLED,
        ("POST Quotes",),
    ),
    Known(
        "notes and what was done, newest first",
        f"{OPENAPI}; {RECORDED}",
        VERIFIED,
        _hung_on(
            "BankTransactions BatchPayments Contacts CreditNotes Invoices Items Overpayments Payments Prepayments"
            " PurchaseOrders Quotes",
            "GET PUT ~/History",
        ),
    ),
    Known(
        "the history of an account",
        "no source names it",
        UNSETTLED,
        ("GET PUT Accounts/{id}/History",),
    ),
    Known(
        "files, byte for byte; open: 10 MB a file on one of Xero's pages, 25 MB on others",
        OPENAPI,
        VERIFIED,
        _hung_on(
            "Accounts BankTransactions Contacts CreditNotes Invoices PurchaseOrders Quotes",
            "GET ~/Attachments",
            "GET PUT POST ~/Attachments/{FileName}",
        ),
    ),
)
