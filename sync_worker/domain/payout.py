"""A payout: what one bank file orders, and the file itself or why there is none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose money it is. `account` is written as people of the country write it, with or without hyphens and
    blanks: BSB and number (`062-000 12345678`), or bank, branch, account and suffix (`12-3140-0171323-50`)."""

    name: str
    account: str


@dataclass(frozen=True, slots=True)
class Payee:
    """One payment. The amount is in the payout's currency; the last three are what the payee reads on the statement."""

    name: str
    account: str
    amount: Decimal
    particulars: str = ""
    code: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            msg = f"an amount of money is a Decimal, not {self.amount!r}"
            raise TypeError(msg)


@dataclass(frozen=True, slots=True)
class Payout:
    """One batch of payments, to be made on one day."""

    name: str
    """What people call the batch, such as PB-000012. It is the reference on the payer's own statement."""
    payer: Payer
    payees: tuple[Payee, ...]
    currency: str
    pay_on: date
    made_at: datetime
    """When the file is made, aware and in the payer's own time zone: its day is the file's day."""

    def __post_init__(self) -> None:
        if isinstance(self.pay_on, datetime) or self.made_at.tzinfo is None:
            msg = "pay_on is a date without a time, made_at a time with its zone"
            raise TypeError(msg)

    @property
    def total(self) -> Decimal:
        return sum((payee.amount for payee in self.payees), Decimal(0))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a payout from becoming a file: whose, which field, what is wrong, what ends it."""

    whose: str
    field: str
    cause: str
    cure: str

    def __str__(self) -> str:
        return f"{self.whose}, {self.field}: {self.cause}; {self.cure}"


@dataclass(frozen=True, slots=True)
class Unpayable:
    """No file was made. Every problem of the payout, not only the first."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class BankFile:
    """The bytes that go to the bank, and what they add up to."""

    format: str
    content: bytes
    total: Decimal
    """What the payees get together."""
    count: int
    """How many payees there are."""
    hash_total: str = ""
    """The file's own sum over account numbers, where its format has one."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()
