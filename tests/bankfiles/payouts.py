"""Payouts to write: two that stand in the golden files, and any number of random ones."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from random import Random

from hypothesis import strategies as st

from sync_worker.bankfiles import aba, anz, asb, bnz, pain001
from sync_worker.domain.payout import BankFile, Payee, Payer, Payout, Unpayable
from tests.bankfiles import readers
from tests.bankfiles.readers import Read

MADE_AT = datetime(2026, 3, 4, 9, 30, tzinfo=timezone(timedelta(hours=13)))
TERMS = aba.Terms("NAB", "Kea Grants Trust Ltd", "301500", "GRANTS")
BALANCING = aba.Terms("NAB", "Kea Grants Trust Ltd", "301500", "GRANTS", balancing=True)

NEW_ZEALAND = Payout(
    "PB-000012",
    Payer("Kea Grants Trust", "12-3140-0171323-50"),
    (
        Payee(
            "Tui Theatre", "01-0242-0100194-00", Decimal("1500.00"), "Milestone 2", "GRANT", "M-17"
        ),
        Payee("O'Brien and Sons", "02-0985-0999088-025", Decimal("0.05"), reference="M-000018"),
        Payee("Awa Trust", "38-9000-7000000-00", Decimal("24999.9"), "Final", "", "M-000021"),
    ),
    "NZD",
    date(2026, 3, 5),
    MADE_AT,
)
AUSTRALIA = Payout(
    "PB-000013",
    Payer("Kea Grants Trust", "062-000 12223123"),
    (
        Payee("Smith, R. & Daughters", "123-456 157108231", Decimal("12.34"), reference="M-000017"),
        Payee(
            "Banksia Theatre", "083004 00-1234", Decimal("99999.90"), reference="Milestone 3 (last)"
        ),
        Payee("P", "999 999 7", Decimal("0.01")),
    ),
    "AUD",
    date(2026, 3, 4),
    MADE_AT,
)
PLAIN_AUSTRALIA = replace(AUSTRALIA, payees=AUSTRALIA.payees[1:])
"""Without the ampersand, which SWIFT's characters have not."""


@dataclass(frozen=True)
class Format:
    """A format as the tests meet it."""

    write: Callable[[Payout], BankFile | Unpayable]
    read: Callable[[bytes], Read]
    payout: Payout
    names: str
    """What a name may be made of, from the bank's guide, and how long it may be."""
    longest: int
    reference: int
    most: Decimal


LETTERS = string.ascii_letters + string.digits
COMMAS = LETTERS + " -'&/#?:_."
BECS = LETTERS + " &'()*+,-./:;?@#$%!=[]_^"
SET_X = LETTERS + " /-?:().,'+"
FORMATS = {
    "aba": Format(
        partial(aba.write, terms=TERMS),
        readers.read_aba,
        AUSTRALIA,
        BECS,
        32,
        18,
        Decimal("99999999.99"),
    ),
    "aba-balanced": Format(
        partial(aba.write, terms=BALANCING),
        readers.read_aba,
        AUSTRALIA,
        BECS,
        32,
        18,
        Decimal("99999999.99"),
    ),
    "bnz": Format(
        bnz.write, readers.read_bnz, NEW_ZEALAND, COMMAS, 20, 12, Decimal("999999999.99")
    ),
    "anz": Format(
        anz.write, readers.read_anz, NEW_ZEALAND, COMMAS, 20, 12, Decimal("999999999.99")
    ),
    "asb": Format(asb.write, readers.read_asb, NEW_ZEALAND, COMMAS, 20, 12, Decimal("99999999.99")),
    "pain001": Format(
        pain001.write, readers.read_pain001, NEW_ZEALAND, SET_X, 70, 35, Decimal("999999999.99")
    ),
    "pain001-aud": Format(
        pain001.write, readers.read_pain001, PLAIN_AUSTRALIA, SET_X, 70, 35, Decimal("999999999.99")
    ),
}


# Random ones ---------------------------------------------------------------------------------------


def payouts(chosen: Format) -> st.SearchStrategy[Payout]:
    """Drawn as a number of payees and a seed: a draw for each letter would take a hundred times as long."""
    return st.builds(partial(invented, chosen), st.integers(1, 12), st.integers(0, 2**32))


def invented(chosen: Format, payees: int, seed: int) -> Payout:
    dice, new_zealand = Random(seed), chosen.payout.currency == "NZD"
    account = new_zealand_account if new_zealand else australian_account
    other = 12 if new_zealand else 0
    return Payout(
        text(dice, LETTERS + "-", 1, 12),
        Payer(text(dice, LETTERS + " ", 1, 16), account(dice)),
        tuple(
            Payee(
                text(dice, chosen.names, 1, chosen.longest),
                account(dice),
                Decimal(dice.choice([1, 10**6, 10**4]) + dice.randrange(10**4)).scaleb(-2),
                text(dice, chosen.names, 0, other),
                text(dice, chosen.names, 0, other),
                text(dice, chosen.names, 0, chosen.reference),
            )
            for _ in range(payees)
        ),
        chosen.payout.currency,
        MADE_AT.date() + timedelta(days=dice.randrange(400)),
        MADE_AT,
    )


def text(dice: Random, characters: str, shortest: int, longest: int) -> str:
    """It begins and ends with something to see."""
    wanted = dice.randint(shortest, longest)
    return "".join(dice.choices(characters, k=wanted)).strip() or "x" * wanted


def new_zealand_account(dice: Random) -> str:
    """With check digits by the Inland Revenue's method A: these weights, and a sum that eleven divides."""
    weights = (6, 3, 7, 9, 0, 10, 5, 8, 4, 2, 1)
    bank, branch = dice.choice([("01", "0242"), ("02", "0985"), ("03", "1355"), ("12", "3140")])
    while True:
        account = f"{dice.randrange(1, 990_000):07}"
        if sum(w * int(d) for w, d in zip(weights, branch + account, strict=True)) % 11 == 0:
            suffix = dice.choice(["00", "000", "50", "025"])
            return dice.choice(["-", " ", ""]).join((bank, branch, account, suffix))


def australian_account(dice: Random) -> str:
    bsb = f"{dice.randrange(1, 1_000_000):06}"
    number = "".join(dice.choices("0123456789", k=dice.randint(0, 8))) + dice.choice("123456789")
    return f"{bsb[:3]}{dice.choice(['-', ''])}{bsb[3:]} {number}"
