"""After which public sources Salesforce is imitated, and how sure each is.

Pages of the vendor's guides by their ids, as they stood in November 2026; repositories as a code search finds them.
What a client sends and takes proves less than what an org has answered: where nothing more is at hand it is reported.
"""

from __future__ import annotations

from sync_worker.sandbox.sources import REPORTED, UNSETTLED, VERIFIED, Known

REST = "Salesforce REST API guide v68"

OPEN = (
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

DATA = (
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
