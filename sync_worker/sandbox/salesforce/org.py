"""The pretend Salesforce org: one object that answers requests, and the knobs a test or a demo turns.

Begin here: `SalesforceOrg.handle` signs the caller in, finds the route, and runs it as one transaction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.salesforce import oauth, versions
from sync_worker.sandbox.salesforce.access import Access
from sync_worker.sandbox.salesforce.answers import packed, refusal
from sync_worker.sandbox.salesforce.bulk.jobs import Jobs
from sync_worker.sandbox.salesforce.call import Call, Parts
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.formula_functions import Outside
from sync_worker.sandbox.salesforce.ids import checksum, full_id, numbered_id
from sync_worker.sandbox.salesforce.later import Later
from sync_worker.sandbox.salesforce.metadata.building import Installation, install
from sync_worker.sandbox.salesforce.metadata.queue import Deployments
from sync_worker.sandbox.salesforce.query import Queries
from sync_worker.sandbox.salesforce.routes import UnknownRoute, found, open_route
from sync_worker.sandbox.salesforce.rows import Rows
from sync_worker.sandbox.salesforce.schema import PermissionSet, Schema, SObject
from sync_worker.sandbox.salesforce.soql.binding import World, own_value
from sync_worker.sandbox.salesforce.store import Store
from sync_worker.sandbox.salesforce.usage import Usage

ORG_ID = "00D5g000004SbxA" + checksum("00D5g000004SbxA")
USER_ID = numbered_id("005", 1)


class SalesforceOrg:
    """One org with one integration user. Names given to its Python methods carry no namespace."""

    def __init__(
        self,
        clock: Clock,
        *,
        metadata: Path | None,
        namespace: str = "",
        seed: int = 0,
        permission_set: str | None = None,
        custom_permissions: Iterable[str] = (),
        page_size: int = 2000,
        child_page_size: int = 200,
        daily_limit: int = 100_000,
        session_s: float = 7200,
        time_zone: str = "Australia/Sydney",
        certificate: bytes | None = None,
        rollups_move_last_modified: bool = False,
        deploy_s: float = 0,
        bulk_s: float = 0,
        gzip: bool = False,
        concurrent_limit: int | None = None,
        store: Path | None = None,
    ) -> None:
        """Without `metadata` the org has standard objects alone, until custom ones are deployed.

        `permission_set` binds the user to its object and field permissions; without it the user is an administrator.

        `certificate` (PEM) makes JWT signatures count. `seed` is accepted for the sake of one signature with Xero:
        nothing here is random. A deployment takes `deploy_s` by the clock, a bulk job `bulk_s`.
        With `gzip` answers are packed for whoever accepts that. More requests at once than `concurrent_limit` are
        refused; on the platform 25, and only requests of 20 seconds and more count.
        `store` is a folder for a file with the rows, if they are too many for memory.
        """
        self.clock = clock
        self._installation = install(metadata, namespace)
        self.namespace = namespace
        self.usage = Usage(clock, daily_limit)
        self.tokens = oauth.Tokens(clock, ORG_ID, USER_ID, session_s, certificate)
        self._permission_set = permission_set
        self._custom_permissions = frozenset(each.lower() for each in custom_permissions)
        if (
            metadata
            and permission_set
            and permission_set.lower() not in self.schema.permission_sets
        ):
            raise KeyError(permission_set)
        self._later = Later(clock)
        self._deploy_s = deploy_s
        self._bulk_s = bulk_s
        self._gzip = gzip
        self._concurrent_limit = concurrent_limit
        self.in_flight = 1
        self._zone = ZoneInfo(time_zone)
        self._page_sizes = (page_size, child_page_size)
        self._rollups_move_last_modified = rollups_move_last_modified
        self._folder = store
        self.reset()

    @property
    def schema(self) -> Schema:
        return self._installation.schema

    def handle(self, request: Request) -> Response:
        """Answers as the org would. One request is one transaction."""
        self._later.catch_up()
        self._store.settle()
        response = self._answer(request)
        self._store.settle()
        date = self.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        response = Response(response.status, {"Date": date, **response.headers}, response.body)
        if request.method == "HEAD":
            return Response(response.status, response.headers)
        return packed(response, request) if self._gzip else response

    def refusal(self, kind: str, request: Request, retry_after: int | None = None) -> Response:
        """What the platform says for a fault; Xero's four 429s have their equivalents here."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if kind == "html":
            return Response(
                200, {"Content-Type": "text/html;charset=UTF-8", **headers}, _MAINTENANCE
            )
        response = refusal(_REFUSALS[kind])
        return Response(response.status, {**response.headers, **headers}, response.body)

    def expire_tokens(self) -> None:
        self.tokens.expire_all()

    def reset(self) -> None:
        """Back to an org with nothing but its users; ids and numbers begin again, and tokens are dead.

        What has been deployed stays: a reset empties the org and leaves its setup alone.
        """
        self.tokens.expire_all()
        self.usage.forget()
        self.unknown_routes: Counter[str] = Counter()  # asked for and not imitated
        self._later.forget()
        self._deployments = Deployments(
            self.clock, self._later, self._deploy_s, lambda: self._installation, self._take
        )
        self._jobs = Jobs(self.clock, self._later, self._bulk_s)
        self._furnish(Store(self.schema, self._folder))
        self._found_organisation()

    def credentials(self, url: str) -> dict[str, str]:
        return {
            "url": url,
            "client_id": oauth.CLIENT_ID,
            "client_secret": oauth.CLIENT_SECRET,
            "org_id": ORG_ID,
        }

    def load(self, sobject: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Puts many rows in at once, past the validation rules; the ids come back in order."""
        named = ({self._qualified(key): value for key, value in row.items()} for row in rows)
        plain = rows if not self.namespace else named
        return self._people.load(self._object(sobject), plain)

    def rows(self, sobject: str) -> list[dict[str, Any]]:
        """Copies of all live rows with every field, calculated ones too, for oracles and tests."""
        found = self._object(sobject)
        getters = [(each.name, own_value(each, self._parts.outside)) for each in found.fields]
        return [
            {name: get(row) for name, get in getters} for row in self._store.table(found).every()
        ]

    def save(self, sobject: str, values: Mapping[str, Any]) -> str:
        """Somebody enters a record in the org's own pages: rules and roll-ups apply. Raises Refused."""
        named = {self._qualified(key): value for key, value in values.items()}
        mark = self._store.mark()
        try:
            return self._people.create(self._object(sobject), named)
        except Refused:
            self._store.take_back(mark)
            raise
        finally:
            self._store.settle()

    def edit(self, sobject: str, record_id: str, values: Mapping[str, Any]) -> None:
        """Somebody changes a record in the org's own pages. Raises Refused."""
        named = {self._qualified(key): value for key, value in values.items()}
        mark = self._store.mark()
        try:
            self._people.change(self._object(sobject), full_id(record_id) or record_id, named)
        except Refused:
            self._store.take_back(mark)
            raise
        finally:
            self._store.settle()

    def remove(self, sobject: str, record_id: str) -> None:
        """Somebody deletes a record in the org's own pages. Raises Refused."""
        self._people.delete(self._object(sobject), full_id(record_id) or record_id)
        self._store.settle()

    def restore(self, sobject: str, record_id: str) -> None:
        """Somebody takes a record out of the recycle bin."""
        self._people.undelete(self._object(sobject), full_id(record_id) or record_id)
        self._store.settle()

    def lock_rows(self, ids: Iterable[str], times: int = 1) -> None:
        """The next `times` API writes to each row, or to its details, answer UNABLE_TO_LOCK_ROW."""
        self._parts.rows.lock((full_id(each) or each for each in ids), times)

    def set_daily_limit(self, limit: int) -> None:
        self.usage.limit = limit

    def _furnish(self, store: Store) -> None:
        """All that works upon the rows, for the schema as it is now."""
        self._store = store
        self._set_up_at = self.clock.now()
        access = Access(self._bound_to(), self._custom_permissions)
        outside = Outside(store, self.clock.now, self._zone, access.custom_permissions)
        rows = Rows(
            self.schema,
            store,
            access,
            outside,
            self.clock,
            USER_ID,
            rollups_move_last_modified=self._rollups_move_last_modified,
        )
        world = World(self.schema, store, access, outside)
        self._parts = Parts(
            self.schema,
            store,
            access,
            outside,
            rows,
            Queries(world, self.clock, *self._page_sizes),
            self.clock,
            USER_ID,
            ORG_ID,
            self._dispatch,
            self.usage.report,
            self._deployments,
            self._set_up_at,
            self._jobs,
            lambda: self._parts,
        )
        self._people = Rows(self.schema, store, Access(None), outside, self.clock, USER_ID)

    def _bound_to(self) -> PermissionSet | None:
        """The user's permission set. One that is not deployed yet allows nothing."""
        name = self._permission_set
        if name is None:
            return None
        nothing = PermissionSet(name, name, {}, {}, frozenset())
        return self.schema.permission_sets.get(name.lower(), nothing)

    def _take(self, installation: Installation) -> None:
        """A deployment has changed the schema: rows stay, locators are lost [unsettled], roll-ups are made anew."""
        before, self._installation = self._store, installation
        store = Store(installation.schema, self._folder)
        store.take_over(before)
        self._furnish(store)
        self._people.gather_all()

    def _answer(self, request: Request) -> Response:
        kind = open_route(request)
        if kind == "token":
            return oauth.token(self.tokens, request)
        if kind == "revoke":
            return oauth.revoke(self.tokens, request)
        if kind == "userinfo":
            return oauth.userinfo(self.tokens, request)
        if kind == "identity":
            return oauth.identity(self.tokens, request)
        if kind == "soap":
            return oauth.soap_login(request)
        if kind == "soap_metadata":
            return oauth.soap_metadata(request)
        if kind == "versions":
            return versions.all_versions()
        try:
            self.tokens.check(request)
            if self._concurrent_limit is not None and self.in_flight > self._concurrent_limit:
                raise _REFUSALS["429_concurrent"]
            self.usage.count()
        except Refused as refused:
            response = refusal(refused)
            unauthorised = {"WWW-Authenticate": "Token"} if response.status == 401 else {}
            return Response(response.status, {**response.headers, **unauthorised}, response.body)
        response = self._dispatch(request)
        return Response(response.status, {**self.usage.header(), **response.headers}, response.body)

    def _dispatch(self, request: Request) -> Response:
        """One call of the data API in a transaction of its own; sub-requests of a composite come here as well."""
        mark = self._store.mark()
        try:
            endpoint, version, names = found(request)
            return endpoint(Call(self._parts, request, version, names))
        except BaseException as problem:
            self._store.take_back(mark)
            if isinstance(problem, UnknownRoute):
                self.unknown_routes[f"{request.method} {request.path}"] += 1
            if isinstance(problem, Refused):
                return refusal(_placed(problem, request))
            raise

    def _object(self, name: str) -> SObject:
        return self.schema.get(self._qualified(name))

    def _qualified(self, name: str) -> str:
        if self.namespace and name.endswith(("__c", "__r")) and name.count("__") == 1:
            return f"{self.namespace}__{name}"
        return name

    def _found_organisation(self) -> None:
        """The rows that every org has: its organisation and its integration user."""
        self._found("User", USER_ID, _USER)
        self._found("Organization", ORG_ID, {**_ORGANISATION, "TimeZoneSidKey": str(self._zone)})

    def _found(self, name: str, record_id: str, values: Mapping[str, Any]) -> None:
        sobject = self.schema.get(name)
        made = self._people.load(sobject, [values])[0]
        table = self._store.table(sobject)
        row = {**table.live[made], "Id": record_id}
        table.put(made, None)
        table.put(record_id, row)


def _placed(refused: Refused, request: Request) -> Refused:
    """Adds to the parser's refusal of a value where in the body the value stands."""
    if refused.code != "JSON_PARSER_ERROR" or not refused.message.endswith("required field"):
        return refused
    shown = re.search(r"VALUE_\w+ value (.*) or request", refused.message, re.DOTALL)
    body = request.body.decode("utf-8", "replace")
    at = max(body.find(shown[1]) if shown else -1, 0)
    line, column = body.count("\n", 0, at) + 1, at - body.rfind("\n", 0, at)
    return Refused(refused.code, f"{refused.message} at [line:{line}, column:{column}]")


_REFUSALS = {
    "500": Refused(
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. Please include this ErrorId if you contact support:"
        " 1792514801-60713 (-1425823217)",
    ),
    "503": Refused("SERVER_UNAVAILABLE", "Server unavailable. Please try again later."),
    "429_minute": Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "429_day": Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "429_app": Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "429_concurrent": Refused(
        "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    ),
}
_MAINTENANCE = b"""<html><head><title>We are down for maintenance.</title></head>
<body><h1>We are down for maintenance.</h1><p>Sorry for the inconvenience. We'll be back shortly.</p></body></html>
"""
_USER = {
    "Username": oauth.USERNAME,
    "LastName": "User",
    "FirstName": "Integration",
    "Name": "Integration User",
    "Email": oauth.USERNAME,
    "Alias": "integ",
    "IsActive": True,
    "UserType": "Standard",
    "TimeZoneSidKey": "Australia/Sydney",
    "LocaleSidKey": "en_AU",
    "LanguageLocaleKey": "en_US",
}
_ORGANISATION = {
    "Name": "Sandbox Care",
    "InstanceName": "AUS42",
    "IsSandbox": False,
    "OrganizationType": "Enterprise Edition",
    "DefaultLocaleSidKey": "en_AU",
    "LanguageLocaleKey": "en_US",
}
