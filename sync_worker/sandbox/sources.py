"""Where the sandbox has its routes from: what is imitated, after which public source, and how sure that is.

One entry for each family of routes, its paths spelt as the vendor spells them. `docs/generate.py` writes them into
docs/endpoints.md; tests/test_docs.py holds them against the routes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

VERIFIED, REPORTED, UNSETTLED = "verified", "reported", "unsettled"
OPENAPI = "Xero-OpenAPI 16.1"  # of 13 July 2026, commit e952d0b
RECORDED = "corrin/docketworks, apps/xero/fake/recordings, September 2026"
REST = "Salesforce REST API guide v68"

Route = tuple[str, str]  # method and path, the path in small letters and its variable parts as {}


@dataclass(frozen=True, slots=True)
class Known:
    """`at` holds methods and a path each. Open questions within a family that is verified stand in `what`."""

    what: str
    source: str
    sure: str
    at: tuple[str, ...]

    def spelt(self) -> Iterable[tuple[Route, str]]:
        """Each route with its path as the vendor spells it."""
        for line in self.at:
            *methods, path = line.split(" ")
            for method in methods:
                yield (method, plain(path)), path


def plain(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).lower()


def told(families: Iterable[Known]) -> Mapping[Route, Known]:
    return {route: known for known in families for route, _ in known.spelt()}


def _hung_on(records: str, *lines: str) -> tuple[str, ...]:
    """The same lines behind one record of each kind."""
    places = records.split()
    return tuple(line.replace("~", f"{place}/{{id}}") for place in places for line in lines)


# Xero ------------------------------------------------------------------------------------------------

XERO_IDENTITY = (
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

XERO = (
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

# Salesforce ------------------------------------------------------------------------------------------

# Pages of the vendor's guides by their ids, as they stood in November 2026; repositories as a code search finds them.
# What a client sends and takes proves less than what an org has answered: where nothing more is at hand it is reported.
SALESFORCE_OPEN = (
    Known(
        "tokens by client credentials and JWT bearer; every other grant is refused",
        "Salesforce help, OAuth 2.0 client credentials flow; spec/fixtures/*_response.json of restforce/restforce",
        VERIFIED,
        ("POST /services/oauth2/token",),
    ),
    Known("the end of a token", "RFC 7009", UNSETTLED, ("POST /services/oauth2/revoke",)),
    Known(
        "whose token it is",
        "Salesforce help, Identity URLs and UserInfo endpoint; src/connection.ts of jsforce/jsforce reads both",
        VERIFIED,
        ("GET /services/oauth2/userinfo", "GET /id/{organization}/{user}"),
    ),
    Known(
        "SOAP login, refused: off in new orgs and gone from version 65 on",
        "Salesforce help 005132110; the words as users of jsforce and simple-salesforce quote them in public",
        VERIFIED,
        ("POST /services/Soap/u/{version}",),
    ),
    Known(
        "the same at the enterprise address; at the metadata address a word of our own that deploys go by REST",
        "no reply at hand",
        UNSETTLED,
        ("POST /services/Soap/c/{version}", "POST /services/Soap/m/{version}"),
    ),
    Known(
        "the versions, 31.0 to 68.0",
        f"{REST}, dome_versions; services_data_success_response.json of restforce/restforce",
        VERIFIED,
        ("GET /services/data",),
    ),
)

SALESFORCE = (
    Known(
        "the resources of a version; open: which ones an org lists",
        f"{REST}, resources_discoveryresource; src/connection.ts of jsforce/jsforce needs `identity`",
        VERIFIED,
        ("GET ",),
    ),
    Known(
        "the day's limits, of which calls and bulk jobs are counted",
        f"{REST}, resources_limits and headers_api_usage",
        VERIFIED,
        ("GET limits",),
    ),
    Known("what the user looked at: nothing", "no reply at hand", UNSETTLED, ("GET recent",)),
    Known(
        "SOQL with paging, child rows and their own pages; with `queryAll` the recycle bin too; open: what `columns`"
        " tells beyond what sf 2.146.3 reads",
        f"{REST}, resources_query, resources_queryall, resources_query_more_results; SOQL and SOSL reference v68",
        VERIFIED,
        ("GET query", "GET query/{locator}", "GET queryAll"),
    ),
    Known(
        "a page under queryAll; the platform names the next one under query",
        "no source names it",
        UNSETTLED,
        ("GET queryAll/{locator}",),
    ),
    Known(
        "the Tooling API has no objects here: each is an unknown one",
        "sf 2.146.3 takes that for an answer",
        UNSETTLED,
        ("GET tooling/query",),
    ),
    Known(
        "all objects, one in short, one with all its fields",
        f"{REST}, resources_describeGlobal, resources_sobject_basic_info_get, resources_sobject_describe",
        VERIFIED,
        ("GET sobjects", "GET sobjects/{object}", "GET sobjects/{object}/describe"),
    ),
    Known(
        "one row: made, read, changed and deleted; conditional headers",
        f"{REST}, resources_sobject_retrieve_get, intro_rest_conditional_requests, errorcodes",
        VERIFIED,
        ("POST sobjects/{object}", "GET PATCH DELETE sobjects/{object}/{id}"),
    ),
    Known(
        "a row by its external id: read and upserted; 300 with the rows' addresses where there are several",
        f"{REST}, resources_sobject_upsert_patch; upsert_*_response.json of restforce/restforce",
        VERIFIED,
        ("GET PATCH sobjects/{object}/{field}/{value}",),
    ),
    Known(
        "the bytes of a file; files come in as rows of ContentVersion with base64 in JSON, of any size, not in parts;"
        " open: the ShareType of the link that FirstPublishLocationId makes, and the words for bad base64",
        f"{REST}, dome_sobject_insert_update_blob and resources_sobject_blob_retrieve; Object reference v68,"
        " ContentVersion and ContentDocumentLink; SFDO-Community/declarative-lookup-rollup-summaries #433 for what"
        " an open query hears",
        REPORTED,
        ("GET sobjects/ContentVersion/{id}/VersionData",),
    ),
    Known(
        "a row deleted by its external id; what a relationship leads to, by GET on the same path",
        f"{REST}, resources_sobject_upsert_delete and dome_relationship_traversal, as quoted by others",
        REPORTED,
        ("DELETE sobjects/{object}/{field}/{value}",),
    ),
    Known(
        "ids of what was changed or deleted in a span",
        f"{REST}, resources_getupdated, resources_getdeleted; get_*_success_response.json of restforce/restforce",
        VERIFIED,
        ("GET sobjects/{object}/updated", "GET sobjects/{object}/deleted"),
    ),
    Known(
        "up to 200 rows in one call, each with its own result; up to 2,000 read",
        f"{REST}, resources_composite_sobjects_collections_create and its siblings",
        VERIFIED,
        (
            "POST PATCH DELETE composite/sobjects",
            "GET POST composite/sobjects/{object}",
            "PATCH composite/sobjects/{object}/{field}",
        ),
    ),
    Known(
        "several calls in one, with references; open: how many of them may be queries",
        f"{REST}, requests_composite, resources_composite_allornone",
        VERIFIED,
        ("POST composite",),
    ),
    Known(
        "independent calls in one",
        f"{REST}, requests_composite_batch, as quoted by others",
        REPORTED,
        ("POST composite/batch",),
    ),
    Known(
        "trees of new records",
        f"{REST}, resources_composite_sobject_tree; sf 2.146.3 imports by it",
        VERIFIED,
        ("POST composite/tree/{object}",),
    ),
    Known(
        "metadata validated and deployed; the kinds of component that config/salesforce uses; open: some of the words",
        "Metadata API guide v68, meta_rest_deploy; metadata.wsdl of simple-salesforce/simple-salesforce 1.12.10;"
        " src/client of forcedotcom/source-deploy-retrieve",
        VERIFIED,
        ("POST metadata/deployRequest", "GET metadata/deployRequest/{id}"),
    ),
    Known(
        "a deployment cancelled, or begun from a validated one",
        "Metadata API guide v68, meta_rest_deploy_cancel and meta_rest_deploy_recentvalidation, as quoted by others",
        REPORTED,
        (
            "PATCH metadata/deployRequest/{id}",
            "POST metadata/deployRequest/validatedDeployRequestId",
        ),
    ),
    Known(
        "Bulk API 2.0: rows in as CSV",
        "Bulk API 2.0 guide v68, create_job to get_job_unprocessed_results; src/api/bulk2.ts of jsforce/jsforce",
        VERIFIED,
        (
            "POST jobs/ingest",
            "GET PATCH jobs/ingest/{id}",
            "PUT jobs/ingest/{id}/batches",
            "GET jobs/ingest/{id}/successfulResults",
            "GET jobs/ingest/{id}/failedResults",
            "GET jobs/ingest/{id}/unprocessedrecords",
        ),
    ),
    Known(
        "Bulk API 2.0: rows out as CSV",
        "Bulk API 2.0 guide v68, query_create_job, query_get_one_job, query_get_job_results",
        VERIFIED,
        ("POST jobs/query", "GET jobs/query/{id}", "GET jobs/query/{id}/results"),
    ),
    Known(
        "jobs listed, query jobs stopped, and both deleted",
        "Bulk API 2.0 guide v68, get_all_jobs, query_abort_job, query_delete_job, as quoted by others",
        REPORTED,
        (
            "GET jobs/ingest",
            "DELETE jobs/ingest/{id}",
            "GET jobs/query",
            "PATCH DELETE jobs/query/{id}",
        ),
    ),
)
