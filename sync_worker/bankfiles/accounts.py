"""Account numbers of Australia and New Zealand: as people write them, and as a file wants them."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError
from stdnum.nz import bankaccount

AUSTRALIAN = re.compile(r"(\d{3})[- ]?(\d{3})[- ]?(\d[\d -]*)", re.ASCII)
NEW_ZEALAND = re.compile(r"\d{2}[- ]?\d{4}[- ]?\d{7}[- ]?\d{2,3}", re.ASCII)


class Account(Protocol):
    """What a file says of an account: its clearing system's code for bank and branch, and the number itself."""

    @property
    def clearing(self) -> str: ...
    @property
    def branch(self) -> str: ...
    @property
    def number(self) -> str: ...


class Bsb(NamedTuple):
    """`bsb` as nnn-nnn, `number` up to nine digits; its leading zeros belong to it."""

    bsb: str
    number: str

    @property
    def clearing(self) -> str:
        return "AUBSB"

    @property
    def branch(self) -> str:
        return self.bsb.replace("-", "")


class NewZealand(NamedTuple):
    """Sixteen digits: bank 2, branch 4, account 7, suffix 3."""

    number: str

    @property
    def clearing(self) -> str:
        return "NZNCC"

    @property
    def branch(self) -> str:
        return self.number[:6]

    @property
    def hashed(self) -> int:
        """Branch and account as one number, which is what the banks' hash totals are made of."""
        return int(self.number[2:13])


class NoAccount(ValueError):
    """Not an account number; the words say why."""


def australian(written: str) -> Bsb:
    """BSBs have no check digit and neither have account numbers: their form is all that can be checked here."""
    match = AUSTRALIAN.fullmatch(written.strip())
    if match is None:
        msg = "is no BSB and account number, such as 062-000 12345678"
        raise NoAccount(msg)
    number = re.sub(r"[ -]", "", match[3])
    if len(number) > 9:
        msg = f"has {len(number)} digits after the BSB, and nine are the most"
        raise NoAccount(msg)
    if not number.strip("0") or match[1] + match[2] == "000000":
        msg = "is made of zeros"
        raise NoAccount(msg)
    return Bsb(f"{match[1]}-{match[2]}", number)


def new_zealand(written: str) -> NewZealand:
    """Checked with the check digits of its bank. A branch that the library's register does not know yet is let
    through: registers age, and the check digits cover the branch as well."""
    if not NEW_ZEALAND.fullmatch(written.strip()):
        msg = "is no account number of bank, branch, account and suffix, such as 12-3140-0171323-50"
        raise NoAccount(msg)
    number = bankaccount.compact(written)
    try:
        bankaccount.validate(number)
    except InvalidChecksum:
        msg = "has wrong check digits: some digit is mistyped"
        raise NoAccount(msg) from None
    except InvalidComponent:
        if "bank" not in bankaccount.info(number):
            msg = f"names the bank {number[:2]}, which there is not"
            raise NoAccount(msg) from None
    except ValidationError as other:
        raise NoAccount(str(other)) from None
    return NewZealand(number)
