"""What the files of New Zealand's banks have in common: commas, a character set, payments in cents, a hash total.

BNZ and ANZ take the same payment record and the same control record; only their headers differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sync_worker.bankfiles.accounts import NewZealand, new_zealand
from sync_worker.bankfiles.checks import LETTERS_AND_DIGITS, Checked, Limits, Line
from sync_worker.domain.payout import BankFile, Payout

CREDIT = "50"
"""Transaction code of a payment; 52 would be wages."""


def limits(name: str, most: Decimal) -> Limits[NewZealand]:
    """BNZ's guide lists these characters; the other banks publish none, and a field must hold no comma anyway."""
    return Limits(
        format=name,
        currencies=frozenset({"NZD"}),
        account=new_zealand,
        characters=frozenset(LETTERS_AND_DIGITS + " -'&/#?:_."),
        payer_name=20,
        payee_name=20,
        batch_name=12,
        details={"particulars": 12, "code": 12, "reference": 12},
        most=most,
        most_payees=99_999,
    )


def hash_total(lines: Iterable[Line[NewZealand]]) -> str:
    """Branch and account of every payee, added; the eleven digits on the right."""
    return f"{sum(line.account.hashed for line in lines) % 10**11:011}"


def file(
    name: str, header: tuple[str, ...], payout: Payout, checked: Checked[NewZealand]
) -> BankFile:
    """A header of one's own, then payment records (2) and one control record (3)."""
    hashed, count = hash_total(checked.lines), len(checked.lines)
    payments = (_payment(line, payout) for line in checked.lines)
    control = ("3", str(checked.cents), str(count), hashed)
    content = commas((header, *payments, control))
    return BankFile(name, content, checked.total, count, hashed)


def _payment(line: Line[NewZealand], payout: Payout) -> tuple[str, ...]:
    """Theirs: name, reference, code, a spare field, particulars. Then ours, with the batch as reference."""
    payee = line.payee
    theirs = (payee.name, payee.reference, payee.code, "", payee.particulars)
    ours = (payout.payer.name, "", payout.name, "")
    return ("2", line.account.number, CREDIT, str(line.cents), *theirs, *ours)


def commas(records: Iterable[tuple[str, ...]]) -> bytes:
    """No field is quoted: none can hold a comma, a quote or a line's end."""
    return "".join(f"{','.join(record)}\r\n" for record in records).encode("ascii")
