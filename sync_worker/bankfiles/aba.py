"""ABA: the direct entry file of Australia's banks, also called Cemtex. 120 characters a line.

Layout: cemtexaba.com, "ABA File Format Details"; docs/bank-files.md tells which facts were seen where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sync_worker.bankfiles.accounts import Bsb, australian
from sync_worker.bankfiles.checks import (
    LETTERS_AND_DIGITS,
    Checked,
    Inspection,
    Limits,
    Line,
    inspected,
)
from sync_worker.domain.payout import BankFile, Payout, Problem, Unpayable

LIMITS = Limits(
    format="ABA",
    currencies=frozenset({"AUD"}),
    account=australian,
    characters=frozenset(LETTERS_AND_DIGITS + " &'()*+,-./:;?@#$%!=[]_^"),
    payer_name=16,
    payee_name=32,
    batch_name=18,
    details={"particulars": 0, "code": 0, "reference": 18},
    most=Decimal("99999999.99"),
    most_payees=999_998,
)
CREDIT, DEBIT = "53", "13"
"""Transaction codes: pay, and an externally initiated debit."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the payer's bank laid down when it set up direct entry."""

    bank: str
    """The bank's three letters, such as WBC, CBA, NAB or ANZ."""
    user_name: str
    user_id: str
    """Six digits (APCA user id)."""
    description: str = "PAYMENTS"
    balancing: bool = False
    """Whether the file ends with a debit of the payer's own account that brings it to zero."""


def write(payout: Payout, terms: Terms) -> BankFile | Unpayable:
    """The file, or every reason why there is none."""
    checked = inspected(payout, LIMITS, _problems(terms))
    if isinstance(checked, Unpayable):
        return checked
    records = "".join(f"{record}\r\n" for record in _records(payout, terms, checked))
    return BankFile("aba", records.encode("ascii"), checked.total, len(checked.lines))


def _problems(terms: Terms) -> list[Problem]:
    whose, look = "payer's terms", Inspection(LIMITS)
    if not re.fullmatch(r"[A-Z]{3}", terms.bank):
        look.note(whose, "bank", f"{terms.bank!r} is no bank's three letters", "write it as NAB")
    if not re.fullmatch(r"\d{6}", terms.user_id):
        look.note(whose, "user id", f"{terms.user_id!r} is not six digits", "ask the bank for it")
    look.text(whose, "user name", terms.user_name, 26, needed=True)
    look.text(whose, "description", terms.description, 12, needed=True)
    return look.problems


def _records(payout: Payout, terms: Terms, checked: Checked[Bsb]) -> Iterator[str]:
    yield (
        f"0{'':17}01{terms.bank}{'':7}{terms.user_name:26}{terms.user_id}"
        f"{terms.description:12}{payout.pay_on:%d%m%y}{'':40}"
    )
    for line in checked.lines:
        yield _credit(line, payout, checked.payer)
    if terms.balancing:
        yield _detail(
            checked.payer,
            DEBIT,
            checked.cents,
            payout.payer.name,
            payout.name,
            payout,
            checked.payer,
        )
    debits = checked.cents if terms.balancing else 0
    count = len(checked.lines) + terms.balancing
    yield (
        f"7999-999{'':12}{checked.cents - debits:010}{checked.cents:010}{debits:010}"
        f"{'':24}{count:06}{'':40}"
    )


def _credit(line: Line[Bsb], payout: Payout, payer: Bsb) -> str:
    payee = line.payee
    return _detail(line.account, CREDIT, line.cents, payee.name, payee.reference, payout, payer)


def _detail(
    account: Bsb, code: str, cents: int, title: str, reference: str, payout: Payout, payer: Bsb
) -> str:
    """A type 1 record. The last eight are withholding tax, which grants and bills have none of."""
    return (
        f"1{account.bsb}{account.number:>9} {code}{cents:010}{title:32}{reference:18}"
        f"{payer.bsb}{payer.number:>9}{payout.payer.name:16}{0:08}"
    )
