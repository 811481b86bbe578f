"""BNZ: the direct credit file of Internet Banking for Business (IB4B). Layout: the bank's own "File format guide"."""

from __future__ import annotations

from decimal import Decimal

from sync_worker.bankfiles import newzealand
from sync_worker.bankfiles.checks import inspected
from sync_worker.domain.payout import BankFile, Payout, Unpayable

LIMITS = newzealand.limits("BNZ", Decimal("999999999.99"))
DIRECT_CREDIT = "7"


def write(payout: Payout) -> BankFile | Unpayable:
    """The file, or every reason why there is none."""
    checked = inspected(payout, LIMITS)
    if isinstance(checked, Unpayable):
        return checked
    due, made = f"{payout.pay_on:%y%m%d}", f"{payout.made_at:%y%m%d}"
    # The last field would say how the payer's statement lists it; left empty, the bank's own setting counts.
    header = ("1", "", "", "", checked.payer.number, DIRECT_CREDIT, due, made, "")
    return newzealand.file("bnz", header, payout, checked)
