"""The five formats by name, and the payer's own bank: who pays, from where, in which of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sync_worker.bankfiles import aba, anz, asb, bnz, pain001
from sync_worker.domain.payout import BankFile, Payee, Payer, Payout, Unpayable

Write = Callable[[Payout], BankFile | Unpayable]


@dataclass(frozen=True, slots=True)
class PayersBank:
    """ports.Bank."""

    payer: Payer
    currency: str
    suffix: str
    write: Write

    def file(
        self, name: str, payments: Sequence[Payee], pay_on: date, made_at: datetime
    ) -> BankFile | Unpayable:
        return self.write(Payout(name, self.payer, tuple(payments), self.currency, pay_on, made_at))


def payers_bank(name: str, payer: Payer, currency: str, terms: aba.Terms) -> PayersBank:
    """`name` is a format of docs/bank-files.md. Only pain001 needs to be told its currency, only aba has terms."""
    if name == "aba":
        return PayersBank(payer, "AUD", ".aba", partial(aba.write, terms=terms))
    if name == "pain001":
        return PayersBank(payer, currency, ".xml", pain001.write)
    suffix, write = NEW_ZEALAND[name]
    return PayersBank(payer, "NZD", suffix, write)


NEW_ZEALAND: dict[str, tuple[str, Write]] = {
    "bnz": (".txt", bnz.write),
    "anz": (".txt", anz.write),
    "asb": (".csv", asb.write),
}
