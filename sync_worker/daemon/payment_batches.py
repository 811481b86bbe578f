"""Commands on payment batches as they are asked for, here or from beside a daemon, and what is told of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sync_worker.domain.approval import Act
from sync_worker.domain.payment_batch import Item
from sync_worker.ports import Bank
from sync_worker.sync import bank_export, payment_batches
from sync_worker.sync.batch_desk import Desk, View

Order = Mapping[str, Any]
"""A command as JSON: its `verb`, who asks (`person`), and the command's own words."""


@dataclass(frozen=True, slots=True)
class Batches:
    """One connection's payment batches, and its bank where one is set."""

    desk: Desk
    bank: Bank | None

    def carry_out(self, order: Order) -> View:
        """The batch as it stands then. Raises what the command raises: Misconfigured, Rejected, Transient."""
        return VERBS[order["verb"]](self, order)

    def listed(self, number: str | None, *, closed: bool) -> list[Mapping[str, Any]]:
        """The batch of that number, or all; reads only."""
        if number is not None:
            return [told(self.desk.view(number))]
        return [told(view) for view in self.desk.views(self.desk.crm.standing(closed=closed))]


def _new(batches: Batches, order: Order) -> View:
    return payment_batches.new(batches.desk, order["title"], _day(order["pay_on"]), order["person"])


def _add(batches: Batches, order: Order) -> View:
    return payment_batches.add(
        batches.desk,
        order["batch"],
        order["milestones"],
        order["person"],
        amount=Decimal(order["amount"]) if order["amount"] else None,
        pay_on=_day(order["pay_on"]),
    )


def _remove(batches: Batches, order: Order) -> View:
    return payment_batches.remove(
        batches.desk, order["batch"], order["milestones"], order["person"], order["reason"]
    )


def _cancel(batches: Batches, order: Order) -> View:
    return payment_batches.cancel(batches.desk, order["batch"], order["person"], order["reason"])


def _submit(batches: Batches, order: Order) -> View:
    return payment_batches.submit(batches.desk, order["batch"], order["person"])


def _approve(batches: Batches, order: Order) -> View:
    return payment_batches.approve(
        batches.desk, order["batch"], order["person"], accounts=order["accounts"]
    )


def _export(batches: Batches, order: Order) -> View:
    return bank_export.export(
        batches.desk, batches.bank, order["batch"], order["person"], order["again"]
    )


def _sent(batches: Batches, order: Order) -> View:
    return payment_batches.sent(batches.desk, order["batch"], order["person"])


VERBS: Mapping[str, Callable[[Batches, Order], View]] = {
    "new": _new,
    "add": _add,
    "remove": _remove,
    "cancel": _cancel,
    "submit": _submit,
    "approve": _approve,
    "export": _export,
    "sent": _sent,
}


def told(view: View) -> Mapping[str, Any]:
    """A batch in JSON's own types. `status` is the CRM's; `journal` is what counts."""
    batch, now = view.found.batch, view.found.now
    (day, *others) = batch.days
    last = now.exports[-1].file if now.exports else None
    return {
        "number": batch.number,
        "title": batch.title,
        "status": str(batch.status),
        "journal": str(now.status),
        "pay_on": None if others or day is None else day.isoformat(),
        "total": f"{batch.total:.2f}",
        "count": len(batch.items),
        "payload": batch.payload,
        "approved_by": now.approved_by or None,
        "file": last.name if last else None,
        "sha256": last.sha256 if last else None,
        "exports": len(now.exports),
        "new_payees": [payee.name for payee in view.new],
        "changed_accounts": [
            {"payee": one.payee.name, "was": one.before.account, "is": one.payee.account}
            for one in view.changed
        ],
        "unfinished": view.unfinished,
        "items": [_item(item) for item in batch.items],
        "acts": [_act(act) for act in view.found.acts],
    }


def _item(item: Item) -> Mapping[str, Any]:
    payee = item.milestone.payee
    return {
        "milestone": item.milestone.number,
        "payee": payee.name if payee else None,
        "account": payee.account if payee else None,
        "amount": None if item.amount is None else f"{item.amount:.2f}",
        "status": str(item.status),
    }


def _act(act: Act) -> Mapping[str, Any]:
    return {
        "at": act.at.isoformat(),
        "by": act.person,
        "did": str(act.kind),
        "words": act.words,
        "payload": act.payload,
        "file": act.file.name if act.file else None,
        "sha256": act.file.sha256 if act.file else None,
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
