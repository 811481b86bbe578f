"""What goes wrong between the worker and its vendors in a random life: single calls, whole days, wrong answers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sync_worker.sandbox.http import Request, Response
from tests.simulation.life import A_DAY, Life

FAULTS = {
    "drop_before_commit": 2,
    "drop_after_commit": 4,
    "late_commit": 4,
    "slow_before": 3,
    "slow_after": 3,
    "429_minute": 1,
    "429_concurrent": 1,
    "429_day": 1,
    "500_before": 1,
    "500_after": 2,
    "503_before": 1,
    "truncated": 2,
    "html": 1,
    "html_before": 1,
    "expire_token": 1,
}
"""How often each, among them all."""
XERO_CALLS = (
    ("PUT", "/Invoices"),
    ("PUT", "/Invoices"),
    ("POST", "/Invoices"),
    ("PUT", "/Contacts"),
    ("POST", "/Contacts"),
    ("GET", "/Invoices"),
    ("GET", "/Payments"),
    ("GET", ""),
    ("", ""),
)
CRM_CALLS = (("PATCH", "/composite/sobjects"), ("PATCH", "/composite/sobjects"), ("GET", "/query"))
LATEST = 250.0
"""Seconds after which no request has any effect any more; below the worker's QUIET, or it could prove nothing."""
PLENTY = 100_000
"""Calls a day that nobody comes to."""


@dataclass
class Troubles:
    """Of one life."""

    life: Life
    dice: random.Random
    sobject: str = "Invoice__c"
    parties: tuple[str, ...] = ("Contact",)
    more_calls: tuple[tuple[str, str], ...] = ()
    """To Xero, beside those that everybody makes."""
    cut_off: bool = False
    days: bool = False
    """Whether a day's calls were used up: it has to be waited out."""

    def something_breaks(self) -> None:
        how = self.dice.choices(list(TROUBLES), list(TROUBLES.values()))[0]
        self.life.tell(f"trouble: {how(self)}")

    def a_call_fails(self) -> str:
        dice = self.dice
        vendor = dice.choice(("xero", "xero", "xero", "salesforce"))
        xero = (*XERO_CALLS, *self.more_calls)
        method, path = dice.choice(xero if vendor == "xero" else CRM_CALLS)
        do = dice.choices(list(FAULTS), list(FAULTS.values()))[0]
        more: dict[str, Any] = {"nth": dice.randint(1, 3), "times": dice.choice((1, 1, 1, 2, 3))}
        if do in {"late_commit", "slow_before", "slow_after"}:
            more["seconds"] = dice.choice((1, 20, 70, 120, LATEST))
        self.days |= do == "429_day"
        self.life.world.fault(vendor, do, method=method, path=path, **more)
        return f"{vendor} {do} on {method} {path} {more}"

    def rows_are_locked(self) -> str:
        """Somebody else is saving: the next writes to some records, or to their details, are refused."""
        org = self.life.world.org
        rows = [row for one in (self.sobject, *self.parties) for row in org.rows(one)]
        found = self.dice.sample(rows, min(len(rows), self.dice.randint(1, 3)))
        times = self.dice.randint(1, 2)
        org.lock_rows([row["Id"] for row in found], times)
        return f"{len(found)} rows of the CRM are locked, for {times} writes"

    def somebody_disconnects(self) -> str:
        """Or connects again."""
        xero = self.life.world.xero
        self.cut_off = not self.cut_off
        if self.cut_off:
            xero.disconnect()
            return "the app was taken out of the Xero organisation"
        xero.reconnect()
        return "the app was let into the Xero organisation again"

    def a_day_is_short(self) -> str:
        """Of one of the two few calls are left, or just the reserve for people."""
        self.days = True
        world, few = self.life.world, self.dice.randint(0, 12)
        if self.dice.random() < 0.5:
            world.org.set_daily_limit(world.org.usage.used + few)
            return f"{few} calls to Salesforce are left for the day"
        kept = self.dice.choice((0, 100))
        world.xero.turn_limits(day=kept + few + 1)
        return f"{kept + few + 1} calls to Xero are left for the day"

    def answers_are_wrong(self) -> str:
        """A proxy or a vendor in trouble: elements missing, or in another order. Once."""
        how, road = self.dice.choice(("short", "shuffled")), self.life.world.roads["xero"]

        def reader(request: Request, response: Response) -> Response:
            if request.method == "GET" or not request.path.endswith("/Invoices"):
                return response
            road.reader = untouched
            return _disordered(response, how)

        road.reader = reader
        return f"the next answer to a write of documents is {how}"

    def end(self) -> float:
        """All of it is over; how many seconds later at the soonest, for what was begun to be done."""
        world = self.life.world
        for road in world.roads.values():
            road.door.faults.clear()
            road.reader = untouched
        world.mail.faults.clear()
        if self.cut_off:
            self.life.tell(self.somebody_disconnects())
        if self.days:
            world.org.set_daily_limit(PLENTY)
            world.xero.turn_limits()
        return A_DAY if self.days else LATEST


TROUBLES: dict[Callable[[Troubles], str], int] = {
    Troubles.a_call_fails: 80,
    Troubles.answers_are_wrong: 6,
    Troubles.rows_are_locked: 8,
    Troubles.somebody_disconnects: 4,
    Troubles.a_day_is_short: 4,
}


def untouched(_: Request, response: Response) -> Response:
    return response


def _disordered(response: Response, how: str) -> Response:
    try:
        body = json.loads(response.body, parse_float=Decimal)
    except ValueError:
        return response
    elements = body.get("Invoices") if isinstance(body, dict) else None
    if not elements:
        return response
    body["Invoices"] = elements[:-1] if how == "short" else elements[::-1]
    return replace(response, body=json.dumps(body, default=float).encode())
