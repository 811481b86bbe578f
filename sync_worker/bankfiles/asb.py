"""ASB: the payments file of FastNet Business, comma separated. It has no header, no control record and no hash
total: each line says everything. Layout: docs/bank-files.md."""

from __future__ import annotations

from decimal import Decimal

from sync_worker.bankfiles import newzealand
from sync_worker.bankfiles.accounts import NewZealand
from sync_worker.bankfiles.checks import Checked, Line, inspected
from sync_worker.domain.payout import BankFile, Payout, Unpayable

LIMITS = newzealand.limits("ASB", Decimal("99999999.99"))


def write(payout: Payout) -> BankFile | Unpayable:
    """The file, or every reason why there is none."""
    checked = inspected(payout, LIMITS)
    if isinstance(checked, Unpayable):
        return checked
    content = newzealand.commas(_payment(line, payout, checked) for line in checked.lines)
    return BankFile("asb", content, checked.total, len(checked.lines))


def _payment(
    line: Line[NewZealand], payout: Payout, checked: Checked[NewZealand]
) -> tuple[str, ...]:
    payee = line.payee
    theirs = (payee.particulars, payee.code, payee.reference)
    ours = ("", "", payout.name)
    return (
        payout.name,
        f"{payout.pay_on:%Y/%m/%d}",
        checked.payer.number,
        f"{payee.amount:.2f}",
        *theirs,
        line.account.number,
        *ours,
        payee.name,
    )
