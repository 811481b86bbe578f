"""What every bank file must pass before a byte of it is written. All problems are found, not only the first."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from sync_worker.bankfiles.accounts import NoAccount
from sync_worker.domain.money import CENT
from sync_worker.domain.payout import Payee, Payer, Payout, Problem, Unpayable

LETTERS_AND_DIGITS = string.ascii_letters + string.digits

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Limits(Generic[A]):
    """What a format can carry. `account` reads an account number and raises NoAccount."""

    format: str
    currencies: frozenset[str]
    account: Callable[[str], A]
    characters: frozenset[str]
    payer_name: int
    payee_name: int
    batch_name: int
    details: dict[str, int]
    """How long particulars, code and reference may be; 0 where the format has no place for them."""
    most: Decimal
    """The greatest amount that fits, for one payment and for all of them together."""
    most_payees: int


class Line(NamedTuple, Generic[A]):
    """A payment that passed, with its account as the format knows it."""

    payee: Payee
    account: A

    @property
    def cents(self) -> int:
        return cents(self.payee.amount)


@dataclass(slots=True)
class Checked(Generic[A]):
    """A payout that passed: every total is taken from these lines, which are the lines that are written."""

    payer: A
    lines: list[Line[A]]

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)

    @property
    def total(self) -> Decimal:
        return Decimal(self.cents) * CENT


@dataclass(slots=True)
class Inspection(Generic[A]):
    """One look at one payout; it gathers the problems."""

    limits: Limits[A]
    problems: list[Problem] = field(default_factory=list)

    def text(
        self, whose: str, name: str, value: str, longest: int, *, needed: bool = False
    ) -> None:
        """Too long, out of the character set, or with blanks that a fixed width would swallow."""
        if not value:
            if needed:
                self.note(whose, name, "is missing", "fill it in")
            return
        if longest == 0:
            cause = f"{self.limits.format} has no place for {value!r}"
            self.note(whose, name, cause, "leave it empty, or put it into the reference")
            return
        if len(value) > longest:
            cause = (
                f"{value!r} has {len(value)} characters, and {self.limits.format} takes {longest}"
            )
            self.note(whose, name, cause, "shorten it; it is not cut here")
        if strange := strangers(value, self.limits.characters):
            cause = f"{value!r} holds {strange}, which {self.limits.format} does not take"
            self.note(whose, name, cause, "write it without; it is not replaced here")
        if value != value.strip():
            self.note(whose, name, f"{value!r} begins or ends with a blank", "take the blank away")

    def account(self, whose: str, written: str) -> A | None:
        try:
            return self.limits.account(written)
        except NoAccount as wrong:
            self.note(
                whose, "account", f"{written!r} {wrong}", "correct it with the account's owner"
            )
            return None

    def amount(self, whose: str, amount: Decimal) -> None:
        name, cure = "amount", "correct the amount"
        if not amount.is_finite():
            self.note(whose, name, f"{amount} is no amount", cure)
        elif amount <= 0:
            self.note(whose, name, f"{amount} is not above zero", cure)
        elif amount > self.limits.most:
            cause = f"{amount} is more than the {self.limits.most} that fit"
            self.note(whose, name, cause, "split it")
        elif amount != amount.quantize(CENT):
            self.note(whose, name, f"{amount} has parts of a cent", cure)

    def note(self, whose: str, name: str, cause: str, cure: str) -> None:
        self.problems.append(Problem(whose, name, cause, cure))


def inspected(
    payout: Payout, limits: Limits[A], more: Iterable[Problem] = ()
) -> Checked[A] | Unpayable:
    """The payout, fit for the format; or everything that is wrong with it, `more` included. A payout in another
    currency has that one problem only: this format cannot judge the rest."""
    look = Inspection(limits, list(more))
    if payout.currency not in limits.currencies:
        known = " or ".join(sorted(limits.currencies))
        cause = f"{limits.format} pays in {known}, not in {payout.currency or 'nothing'}"
        return Unpayable((Problem(_batch(payout), "currency", cause, "choose another format"),))
    _the_batch(payout, look)
    payer = _the_payer(payout.payer, look)
    lines = [
        Line(payee, account)
        for place, payee in enumerate(payout.payees, start=1)
        if (account := _a_payee(f"payee {place} {payee.name!r}", payee, look)) is not None
    ]
    if look.problems or payer is None:
        return Unpayable(tuple(look.problems))
    return Checked(payer, lines)


def _batch(payout: Payout) -> str:
    return f"batch {payout.name!r}"


def _the_batch(payout: Payout, look: Inspection[A]) -> None:
    limits, whose = look.limits, _batch(payout)
    look.text(whose, "name", payout.name, limits.batch_name, needed=True)
    if payout.pay_on < payout.made_at.date():
        look.note(whose, "date", f"{payout.pay_on} has passed", "choose today or a later day")
    if not payout.payees:
        look.note(whose, "payees", "there are none", "add payments")
    if len(payout.payees) > limits.most_payees:
        cause = f"{len(payout.payees)} are more than the {limits.most_payees} that fit"
        look.note(whose, "payees", cause, "make two batches")
    if all(payee.amount.is_finite() for payee in payout.payees) and payout.total > limits.most:
        cause = f"{payout.total} is more than the {limits.most} that fit"
        look.note(whose, "total", cause, "make two batches")


def _the_payer(payer: Payer, look: Inspection[A]) -> A | None:
    whose = f"payer {payer.name!r}"
    look.text(whose, "name", payer.name, look.limits.payer_name, needed=True)
    return look.account(whose, payer.account)


def _a_payee(whose: str, payee: Payee, look: Inspection[A]) -> A | None:
    look.text(whose, "name", payee.name, look.limits.payee_name, needed=True)
    for name, longest in look.limits.details.items():
        look.text(whose, name, getattr(payee, name), longest)
    look.amount(whose, payee.amount)
    return look.account(whose, payee.account)


def strangers(value: str, characters: frozenset[str]) -> str:
    """The characters that do not belong, each once, written so that each can be seen."""
    strange = dict.fromkeys(each for each in value if each not in characters)
    return " and ".join(repr(each) for each in strange)


def cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))
