"""The control plane of a sandbox: reset, seed, clock, request log, faults, people at work.

`ControlPlane` holds both doors and the clock they share, and is reached through either door below
`/_sandbox/`. JSON in and out; what it cannot understand is answered 400 with {"error": one
sentence}.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from sync_worker.sandbox import seeds
from sync_worker.sandbox.door import CONTROL, Door
from sync_worker.sandbox.faults import counted, duration, fault_from, only, taken
from sync_worker.sandbox.http import Clock, Request, Response
from sync_worker.sandbox.mailbox import Mailbox
from sync_worker.sandbox.postman import Postman
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import CIRCUMSTANCES, PEOPLE, XeroSandbox
from sync_worker.sandbox.xero.errors import Invalid

Order = Mapping[str, Any]
CRM_ACTS = ("save", "edit", "remove", "restore", "lock_rows", "set_daily_limit")
DATES = {"on", "period", "year_end"}
AMOUNTS = {"amount"}


class ControlPlane:
    """Both vendors of one sandbox, each behind its door."""

    def __init__(self, clock: Clock, salesforce: SalesforceOrg, xero: XeroSandbox) -> None:
        self.clock = clock
        self.mailbox = Mailbox(clock)
        self.org = salesforce
        self.xero = xero
        self.salesforce_door = self._door(salesforce, "salesforce")
        self.xero_door = self._door(xero, "xero")
        self.postman = Postman(lambda: xero.webhooks, self.xero_door.lock)
        self.people: Mapping[str, Mapping[str, Callable[..., Any]]] = {
            "xero": {act: partial(xero.act, act) for act in (*PEOPLE, *CIRCUMSTANCES)},
            "salesforce": {act: getattr(salesforce, act) for act in CRM_ACTS},
        }

    @property
    def doors(self) -> tuple[Door, Door]:
        return self.salesforce_door, self.xero_door

    def _door(self, core: SalesforceOrg | XeroSandbox, vendor: str) -> Door:
        door = Door(core, self.clock, vendor=vendor)
        door.control = lambda request: self.answer(door, request)
        door.people = lambda order: self.done(door, order)
        return door

    def answer(self, door: Door, request: Request) -> Response:
        path = "/" + "/".join(request.segments[1:])
        acts = {method: act for (method, at), act in ACTS.items() if at == path}
        if not acts:
            return told(404, {"error": f"there is no {CONTROL.rstrip('/')}{path}"})
        act = acts.get(request.method)
        if act is None:
            return told(405, {"error": f"{path} answers {' and '.join(acts)} only"})
        try:
            return told(200, act(self, door, order_in(request)))
        except (ValueError, LookupError, TypeError, ArithmeticError, Invalid, Refused) as error:
            return told(400, {"error": sentence(error)})

    def reset(self) -> None:
        """Both vendors back to their base data, logs, faults and mail box cleared. The clock goes on."""
        with self.held():
            for door in self.doors:
                door.core.reset()
                door.faults.clear()
                door.forget_late()
                door.forget_requests()
            self.mailbox.clear()

    def fill(
        self,
        profile: str,
        invoices: int | None,
        seed: int,
        told: Callable[[int], None] = lambda _: None,
    ) -> seeds.Foretold:
        """Both vendors reset, then filled with what the profile holds. `told` hears of invoices as they are made."""
        chosen = seeds.profile_named(profile)
        count = invoices or chosen.invoices
        with self.held():
            self.reset()
            return chosen.fill(self.org, self.xero, invoices=count, seed=seed, told=told)

    def act(self, profile: str, act: str, seed: int) -> seeds.Foretold:
        """People act on what is there."""
        with self.held():
            return seeds.profile_named(profile).act_named(act)(self.org, self.xero, seed=seed)

    def advance(self, seconds: float) -> None:
        """Move the clock on; what was put off until a moment on the way is done at that moment."""
        left = seconds
        while due := [wait for door in self.doors for wait in door.waits() if wait <= left]:
            self.clock.advance(min(due))
            left -= min(due)
            for door in self.doors:
                door.catch_up()
        self.clock.advance(left)

    def done(self, door: Door, order: Order) -> Any:
        """What somebody does in a vendor's own pages. The door's lock must be held."""
        act = self.act_of(door, order)
        values = {name: typed(name, value) for name, value in order.items() if name != "act"}
        door.catch_up()
        return act(**values)

    def act_of(self, door: Door, order: Order) -> Callable[..., Any]:
        acts = self.people[door.vendor]
        act = taken(order, "act", str, "")
        if act not in acts:
            raise ValueError(f"act must be one of {', '.join(acts)}")
        return acts[act]

    def held(self) -> ExitStack:
        """Both cores at rest, until the stack is closed.

        Always in the same order, so that two holders cannot block.
        """
        stack = ExitStack()
        for door in self.doors:
            stack.enter_context(door.lock)
        return stack


def reset(plane: ControlPlane, _: Door, order: Order) -> Any:
    only(order)
    plane.reset()
    return {}


def seed(plane: ControlPlane, _: Door, order: Order) -> Any:
    """Without `act` both vendors are reset first; with it, people act on what is there."""
    only(order, "profile", "invoices", "seed", "act")
    profile = taken(order, "profile", str, "care")
    number = taken(order, "seed", int, 0)
    if "act" in order:
        return plane.act(profile, taken(order, "act", str, ""), number).as_json()
    size = counted(order, "invoices", seeds.profile_named(profile).invoices)
    return plane.fill(profile, size, number).as_json()


def advance_clock(plane: ControlPlane, door: Door, order: Order) -> Any:
    only(order, "advance_s")
    plane.advance(duration(order, "advance_s", 0))
    return read_clock(plane, door, {})


def read_clock(plane: ControlPlane, _: Door, __: Order) -> Any:
    return {"now": plane.clock.now().isoformat()}


def read_requests(_: ControlPlane, door: Door, __: Order) -> Any:
    return [asdict(entry) for entry in door.requests()]


def clear_requests(_: ControlPlane, door: Door, __: Order) -> Any:
    door.forget_requests()
    return {}


def read_unknown(_: ControlPlane, door: Door, __: Order) -> Any:
    """What was asked for and is not imitated, with how often."""
    return dict(getattr(door.core, "unknown_routes", {}))


def add_fault(plane: ControlPlane, door: Door, order: Order) -> Any:
    fault = fault_from(order)
    if fault.people is not None:
        plane.act_of(door, fault.people)
    door.faults.add(fault)
    return fault.as_json()


def read_faults(_: ControlPlane, door: Door, __: Order) -> Any:
    return door.faults.standing()


def clear_faults(_: ControlPlane, door: Door, __: Order) -> Any:
    door.faults.clear()
    return {}


def people(plane: ControlPlane, door: Door, order: Order) -> Any:
    """Somebody acts at Xero's door or at the CRM's."""
    with plane.held():
        return {"result": plane.done(door, order)}


def read_webhooks(plane: ControlPlane, _: Door, __: Order) -> Any:
    hooks = plane.xero.webhooks
    return {"url": hooks.url, "status": hooks.status, "waiting": hooks.waiting()}


def set_webhooks(plane: ControlPlane, door: Door, order: Order) -> Any:
    """Set Xero's receiver and its key, and see whether it tells right signatures from wrong ones."""
    only(order, "url", "key")
    url, key = taken(order, "url", str, ""), taken(order, "key", str, "")
    plane.postman.subscribe(url, key)
    return read_webhooks(plane, door, {})


def deliver_webhooks(plane: ControlPlane, door: Door, order: Order) -> Any:
    """Send everything that is due now; how many deliveries were heard."""
    only(order)
    return {"heard": plane.postman.deliver(), **read_webhooks(plane, door, {})}


def read_mail(plane: ControlPlane, _: Door, __: Order) -> Any:
    return plane.mailbox.messages()


def clear_mail(plane: ControlPlane, _: Door, __: Order) -> Any:
    plane.mailbox.clear()
    return {}


ACTS: Mapping[tuple[str, str], Callable[[ControlPlane, Door, Order], Any]] = {
    ("POST", "/reset"): reset,
    ("POST", "/seed"): seed,
    ("POST", "/clock"): advance_clock,
    ("GET", "/clock"): read_clock,
    ("GET", "/requests"): read_requests,
    ("DELETE", "/requests"): clear_requests,
    ("POST", "/requests/clear"): clear_requests,
    ("GET", "/unknown"): read_unknown,
    ("POST", "/faults"): add_fault,
    ("GET", "/faults"): read_faults,
    ("DELETE", "/faults"): clear_faults,
    ("POST", "/people"): people,
    ("GET", "/webhooks"): read_webhooks,
    ("POST", "/webhooks"): set_webhooks,
    ("POST", "/webhooks/deliver"): deliver_webhooks,
    ("GET", "/mail"): read_mail,
    ("DELETE", "/mail"): clear_mail,
}


def order_in(request: Request) -> Order:
    if not request.body.strip():
        return {}
    try:
        order = json.loads(request.body, parse_float=Decimal)
    except ValueError as error:
        raise ValueError(f"the body is not JSON: {error}") from error
    if not isinstance(order, dict):
        raise ValueError("the body must be a JSON object")
    return order


def typed(name: str, value: Any) -> Any:
    """Dates and amounts as the books know them; everything else as it came."""
    if name in DATES and isinstance(value, str):
        return date.fromisoformat(value)
    if name in AMOUNTS:
        try:
            return Decimal(str(value))
        except InvalidOperation as error:
            raise ValueError(f"{name} must be an amount") from error
    return value


def sentence(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__


def told(status: int, body: Any) -> Response:
    text = json.dumps(body, default=str).encode()
    return Response(status, {"Content-Type": "application/json"}, text)
