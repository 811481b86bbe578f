"""How people pay in Xero what is approved and wholly unpaid: sales invoices of others, or bills of their own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from sync_worker.sandbox.seeds.catalogue import CENT
from sync_worker.sandbox.seeds.foretold import Foretold
from sync_worker.sandbox.xero.app import XeroSandbox

PAY_ALL, PAY_A_PART, PAY_IN_TWO = 60, 80, 90


def pay(xero: XeroSandbox, kind: str, parts: Callable[[Decimal], list[Decimal]]) -> Foretold:
    """Today, `kind` being ACCREC or ACCPAY; `parts` of what is due are paid one by one."""
    made = 0
    for document in xero.documents():
        due, unpaid = document["amount_due"], document["amount_due"] == document["total"] > 0
        if document["kind"] != kind or document["status"] != "AUTHORISED" or not unpaid:
            continue
        for amount in parts(due):
            xero.pay(document["id"], amount)
            made += 1
    return Foretold(payments_created=made, payments_included=made)


def parts_paid(due: Decimal, chance: Random) -> list[Decimal]:
    """About 60 of 100 pay all, 20 a part, 10 all in two parts, and 10 nothing yet."""
    habit = chance.randrange(100)
    part = (due * chance.randrange(20, 80) / 100).quantize(CENT)
    if habit < PAY_ALL or not 0 < part < due:
        return [due]
    if habit < PAY_A_PART:
        return [part]
    return [part, due - part] if habit < PAY_IN_TWO else []
