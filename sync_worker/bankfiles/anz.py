"""ANZ in New Zealand: the domestic extended file of ANZ Direct Online. Layout: docs/bank-files.md."""

from __future__ import annotations

from decimal import Decimal

from sync_worker.bankfiles import newzealand
from sync_worker.bankfiles.checks import inspected
from sync_worker.domain.payout import BankFile, Payout, Unpayable

LIMITS = newzealand.limits("ANZ", Decimal("999999999.99"))


def write(payout: Payout) -> BankFile | Unpayable:
    """The file, or every reason why there is none. It does not name the payer's account: that is chosen where the
    file is loaded."""
    checked = inspected(payout, LIMITS)
    if isinstance(checked, Unpayable):
        return checked
    due, made = f"{payout.pay_on:%Y%m%d}", f"{payout.made_at:%Y%m%d}"
    header = ("1", "", "", "", "", "", due, made, "")
    return newzealand.file("anz", header, payout, checked)
