"""The pretend Xero as one object: `handle` takes a request its whole way, the other methods are people and tests.

A request's way: the identity server, or: token, tenant, limits, route, scope, idempotency key, the endpoint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.xero import (
    charts,
    errors,
    oauth,
    people,
    problems,
    routes,
    scopes,
    views,
    wire,
    xml_wire,
)
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call, Handler
from sync_worker.sandbox.xero.connections import Connections
from sync_worker.sandbox.xero.idempotency import KeyStore, Owner, key_of
from sync_worker.sandbox.xero.knobs import Knobs, turned
from sync_worker.sandbox.xero.limits import Limits, Meter
from sync_worker.sandbox.xero.oauth import AccessToken, App, TokenOffice
from sync_worker.sandbox.xero.webhooks import Webhooks, stamped
from sync_worker.sandbox.xero.writes import LARGEST_BODY

CLIENT_ID = "5A9D0F6E0B1C4A2E8D7F3C6B9E1A2D4C"
CLIENT_SECRET = "sandbox-xero-secret"  # noqa: S105 - fixed, so that a settings file can hold it
TENANT_ID = "b3a1c1de-5f0e-4c59-9d5e-2f4b8a7c6d10"
APP_NAME = "Sync Worker Sandbox"


class XeroSandbox:
    """One app, the organisations it is connected to, and their books. `in_flight` is set by whoever serves it."""

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        limits: Limits | None = Limits(),  # noqa: B008 - a frozen value
        key_scope: str = "app",
        modified_since: str = "inclusive",
        late_visibility_s: float = 0,
        default_format: str = "xml",
        broad_scopes_too: bool = True,
        store: Path | None = None,
    ) -> None:
        self.clock = clock
        self.knobs = Knobs(
            limits,
            key_scope=key_scope,
            modified_since=modified_since,
            late_visibility_s=late_visibility_s,
            default_format=default_format,
        )
        self.app = App(CLIENT_ID, CLIENT_SECRET, APP_NAME, broad_scopes_too=broad_scopes_too)
        self.in_flight = 0
        self._seed = seed
        self._store = store
        self.reset()

    def reset(self) -> None:
        """Back to one empty organisation; every token and key is forgotten and ids begin again."""
        self._ids = Books(self.clock, tenant_id="gateway", name="", seed=self._seed)
        self._connections = Connections(self._ids.new_id, self._ids.now)
        self._office = TokenOffice(self.app, self._ids.new_id, self._ids.now, self._connections)
        self._books: dict[str, Books] = {}
        self._keys = KeyStore()
        self.webhooks = Webhooks(self._ids.now, self._ids.entropy)
        self._meter = Meter(self.knobs.limits)
        self.unknown_routes: Counter[str] = Counter()  # asked for and not imitated
        self.connect(TENANT_ID, charts.NAME)

    def connect(self, tenant_id: str, name: str) -> Books:
        """Open the books of one more organisation and connect the app to it."""
        books = Books(
            self.clock, tenant_id=tenant_id, name=name, seed=self._seed, store=self._store
        )
        self._books[tenant_id] = books
        self._connections.add(tenant_id, name)
        return books

    def handle(self, request: Request) -> Response:
        """Answer one request. One at a time; `in_flight` tells how many wait, this one included."""
        segments = request.segments
        names = tuple(segment.lower() for segment in segments)
        identity = _IDENTITY.get(names)
        if identity is not None:
            return identity(self._office, request)
        if names[:1] == ("connections",):
            token = self._bearer(request)
            return (
                token
                if isinstance(token, Response)
                else self._connections.answer(request, segments)
            )
        if names[:2] == ("api.xro", "2.0"):
            return self._accounting(request, segments[2:])
        return wire.no_such_page()

    def refusal(self, kind: str, request: Request, retry_after: int | None = None) -> Response:
        """What Xero answers when it is out of order or has had enough: see `_FAULTS` for the kinds."""
        fault = _FAULTS.get(kind)
        if fault is not None:
            return fault(self._ids.new_id())
        problem = {
            "429_minute": "minute",
            "429_day": "day",
            "429_concurrent": "concurrent",
            "429_app": "appminute",
        }[kind]
        return self._meter.refusal(
            problem, self._tenant_named(request), self._ids.now(), retry_after
        )

    def remember_reply(self, request: Request, response: Response) -> None:
        """Let the request's idempotency key replay this reply instead of the true one."""
        token = self._bearer(request)
        if isinstance(token, AccessToken):
            owner = self._owner(token, self._tenant_named(request))
            self._keys.remember(owner, request, response, self._ids.now())

    def expire_tokens(self) -> None:
        self._office.expire_all()

    def credentials(self, url: str) -> dict[str, str]:
        return {
            "url": url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "tenant_id": TENANT_ID,
        }

    # -- people in Xero, in the first organisation ----------------------------------------------------------------

    @property
    def books(self) -> Books:
        return self._books[TENANT_ID]

    def act(self, act: str, /, **arguments: Any) -> Any:
        """One thing a person does; all of it or, when it is refused with `errors.Invalid`, nothing.

        `tenant_id` names the organisation where it is not the first.
        """
        if act in CIRCUMSTANCES:
            return CIRCUMSTANCES[act](self, **arguments)
        books = self._books[arguments.pop("tenant_id", TENANT_ID)]
        books.begin()
        try:
            done = PEOPLE[act](books, **arguments)
        except errors.Invalid:
            books.take_back()
            raise
        self._tell(books)
        return done

    def turn(self, **knobs: Any) -> None:
        """Turn knobs while it runs: see `knobs.Knobs`."""
        self.knobs = turned(self.knobs, knobs)

    def turn_limits(self, **limits: Any) -> None:
        """Other limits from now on, all counts at zero; `none=True` lifts them."""
        lifted = bool(limits.pop("none", False))
        self.knobs = replace(self.knobs, limits=None if lifted else Limits(**limits))
        self._meter = Meter(self.knobs.limits)

    def disconnect(self, tenant_id: str = TENANT_ID) -> None:
        """Somebody takes the app out of the organisation: 403 from now on."""
        self._connections.disconnect(tenant_id)

    def reconnect(self, tenant_id: str = TENANT_ID) -> None:
        self._connections.reconnect(tenant_id)

    def open_organisation(self, tenant_id: str, name: str) -> str:
        """One more organisation, connected; its tenant id."""
        return self.connect(tenant_id, name).tenant_id

    def pay(
        self,
        invoice_id: str,
        amount: Decimal | str | int,
        on: date | str | None = None,
        account_code: str = "090",
        reference: str = "",
    ) -> str:
        """Enter a payment; its PaymentID."""
        return str(
            self.act(
                "pay",
                invoice_id=invoice_id,
                amount=amount,
                on=_day(on),
                account_code=account_code,
                reference=reference,
            )
        )

    def unpay(self, payment_id: str) -> None:
        self.act("unpay", payment_id=payment_id)

    def reconcile(self, payment_id: str) -> None:
        self.act("reconcile", payment_id=payment_id)

    def credit(self, invoice_id: str, amount: Decimal | str | int) -> str:
        return str(self.act("credit", invoice_id=invoice_id, amount=amount))

    def archive_contact(self, contact_id: str) -> None:
        self.act("archive_contact", contact_id=contact_id)

    def restore_contact(self, contact_id: str) -> None:
        self.act("restore_contact", contact_id=contact_id)

    def merge_contacts(self, from_id: str, into_id: str) -> None:
        self.act("merge_contacts", from_id=from_id, into_id=into_id)

    def void_invoice(self, invoice_id: str) -> None:
        self.act("void_invoice", invoice_id=invoice_id)

    def edit_invoice(self, invoice_id: str, **changes: Any) -> None:
        """Change members by Xero's names: `edit_invoice(id, DueDate="2026-12-01")`."""
        self.act("edit_invoice", invoice_id=invoice_id, **changes)

    def set_lock_dates(
        self, period: date | str | None = None, year_end: date | str | None = None
    ) -> None:
        self.act("lock_dates", period=_day(period), year_end=_day(year_end))

    def add_contact(self, name: str, **members: Any) -> str:
        return str(self.act("add_contact", name=name, **members))

    def add_invoice(self, contact_id: str, lines: Any = (), **members: Any) -> str:
        return str(self.act("add_invoice", contact_id=contact_id, lines=lines, **members))

    # -- what oracles read: copies ---------------------------------------------------------------------------------

    def documents(self) -> list[dict[str, Any]]:
        return [views.document(self.books, invoice) for invoice in self.books.invoices]

    def contacts(self) -> list[dict[str, Any]]:
        return [views.plain(contact) for contact in self.books.contacts]

    def payments(self) -> list[dict[str, Any]]:
        return [views.plain(payment) for payment in self.books.payments]

    # -- a call to the Accounting API --------------------------------------------------------------------------------

    def _accounting(self, request: Request, segments: tuple[str, ...]) -> Response:
        token = self._bearer(request)
        if isinstance(token, Response):
            return token
        tenant = self._tenant(request, token)
        if tenant is None:
            return problems.not_connected(self._ids.new_id())
        now = self._ids.now()
        refusal = self._meter.admit(tenant, now, self.in_flight)
        if refusal is not None:
            return refusal
        response = self._routed(request, segments, token, tenant, now)
        if xml_wire.wanted(request, self.knobs.default_format):
            response = xml_wire.answered(response, segments[-1] if segments else "")
        return replace(response, headers={**response.headers, **self._meter.headers(tenant, now)})

    def _routed(
        self, request: Request, segments: tuple[str, ...], token: AccessToken, tenant: str, now: int
    ) -> Response:
        found = routes.find(segments)
        handler = found[1].get(request.method) if found else None
        if handler is None:
            self.unknown_routes[f"{request.method} {request.path}"] += 1
        if found is None:
            return wire.no_such_page()
        resource, _ = found
        if handler is None:
            return errors.no_such_method()
        if not scopes.opens(token.scopes, resource, request.method):
            return problems.missing_scope(self._ids.new_id())
        if len(request.body) > LARGEST_BODY and resource != "attachments":
            return Response(413)
        owner = self._owner(token, tenant)
        if self.knobs.key_store_down and key_of(request):
            return problems.server_fault(self._ids.new_id())
        replayed = self._keys.recall(owner, request, now)
        if replayed is not None:
            return replayed
        response = self._worked(handler, self._call(request, segments, tenant))
        self._keys.remember(owner, request, response, now)
        return response

    def _worked(self, handler: Handler, call: Call) -> Response:
        call.books.begin()
        try:
            response = handler(call.as_json())
        except errors.Malformed as malformed:
            call.books.take_back()
            return malformed.response
        self._tell(call.books)
        return response

    def _tell(self, books: Books) -> None:
        if self.webhooks.status == "none":
            return
        for before, after in stamped(books.changes()).values():
            self.webhooks.note(books.tenant_id, before, after)

    def _call(self, request: Request, segments: tuple[str, ...], tenant: str) -> Call:
        return Call(
            request,
            self._books[tenant],
            segments,
            self.app.client_id,
            self.app.name,
            self.knobs.modified_since == "inclusive",
            int(self.knobs.late_visibility_s * 1000),
            self.knobs.novelties,
        )

    def _bearer(self, request: Request) -> AccessToken | Response:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        token = self._office.find(value.strip()) if kind.lower() == "bearer" else None
        if token is None:
            return problems.unauthenticated(self._ids.new_id())
        if token.expires <= self._ids.now():
            return problems.token_expired(token.expires, self._ids.new_id())
        return token

    def _tenant(self, request: Request, token: AccessToken) -> str | None:
        """The connected tenant the header names; a custom connection's only one may go unnamed."""
        connected = self._connections.tenants()
        named = request.headers.get("xero-tenant-id", "").strip().lower()
        if not named and token.custom and len(connected) == 1:
            return connected[0]
        return named if named in connected else None

    def _tenant_named(self, request: Request) -> str:
        return request.headers.get("xero-tenant-id", "").strip().lower() or TENANT_ID

    def _owner(self, token: AccessToken, tenant: str) -> Owner:
        return (token.id if self.knobs.key_scope == "token" else self.app.client_id, tenant)


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


PEOPLE: dict[str, Callable[..., Any]] = {
    "pay": people.pay,
    "unpay": people.unpay,
    "reconcile": people.reconcile,
    "credit": people.credit,
    "credit_note": people.credit_note,
    "receive": people.receive,
    "allocate": people.allocate,
    "take_off": people.take_off,
    "refund": people.refund,
    "archive_contact": people.archive_contact,
    "restore_contact": people.restore_contact,
    "merge_contacts": people.merge_contacts,
    "void_invoice": people.void_invoice,
    "edit_invoice": people.edit_invoice,
    "edit_quietly": people.edit_quietly,
    "touch": people.touch,
    "lock_dates": people.set_lock_dates,
    "add_contact": people.add_contact,
    "add_invoice": people.add_invoice,
}
CIRCUMSTANCES: dict[str, Callable[..., Any]] = {
    "turn": XeroSandbox.turn,
    "turn_limits": XeroSandbox.turn_limits,
    "disconnect": XeroSandbox.disconnect,
    "reconnect": XeroSandbox.reconnect,
    "open_organisation": XeroSandbox.open_organisation,
}
_IDENTITY: dict[tuple[str, ...], Callable[[TokenOffice, Request], Response]] = {
    ("connect", "token"): TokenOffice.token,
    ("connect", "revocation"): TokenOffice.revoke,
    ("identity", "connect", "authorize"): TokenOffice.authorize,
    ("connect", "userinfo"): TokenOffice.userinfo,
    (".well-known", "openid-configuration"): lambda _, request: oauth.discovery(request),
    (".well-known", "openid-configuration", "jwks"): lambda _, request: oauth.keys(),
}
_FAULTS: dict[str, Callable[[str], Response]] = {
    "500": problems.server_fault,
    "503": lambda _: problems.unavailable(),
    "html": lambda _: problems.web_page(),
}
