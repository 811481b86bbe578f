"""A bank file says what the payout says: to the byte in the golden files, field by field in any other."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_worker.domain.payout import BankFile, Payee, Payout
from tests.bankfiles.payouts import FORMATS, Format, payouts
from tests.bankfiles.readers import Paid, Read

GOLDEN = Path(__file__).resolve().parent / "golden"
every_format = pytest.mark.parametrize("name", FORMATS)


def written(chosen: Format, payout: Payout) -> BankFile:
    made = chosen.write(payout)
    assert isinstance(made, BankFile), made
    return made


def bare(account: str) -> str:
    return account.replace("-", "").replace(" ", "")


def same_account(read: str, meant: str) -> bool:
    """Sixteen digits in New Zealand, whatever suffix people write; BSB and number in Australia."""
    short = bare(meant)
    if len(bare(read)) == 16 and len(short) == 15:
        return bare(read) == f"{short[:13]}0{short[13:]}"
    return bare(read) in {short, f"{short[:6]}{short}", f"{short[:6]}{short[:13]}0{short[13:]}"}


def says_what_was_meant(read: Read, payout: Payout) -> None:
    assert read.pay_on == payout.pay_on
    assert read.made_on in {None, payout.made_at.date()}
    assert read.payer_name in {None, payout.payer.name}
    assert read.batch in {None, payout.name}
    assert len(read.payees) == len(payout.payees)
    for paid, payee in zip(read.payees, payout.payees, strict=True):
        assert (paid.name, paid.amount) == (payee.name, payee.amount)
        assert same_account(paid.account, payee.account)
        assert details(paid) == wanted(paid, payee)
    assert read.total in {None, payout.total}
    assert read.count in {None, len(payout.payees)}


def details(paid: Paid) -> tuple[str | None, ...]:
    return (paid.particulars, paid.code, paid.reference)


def wanted(paid: Paid, payee: Payee) -> tuple[str | None, ...]:
    """Where a format has one place for all three, they stand there one after the other."""
    three = (payee.particulars, payee.code, payee.reference)
    return three if paid.particulars is not None else (None, None, " ".join(filter(None, three)))


@every_format
def test_a_file_is_the_golden_one_to_the_byte(name: str) -> None:
    chosen = FORMATS[name]
    made = written(chosen, chosen.payout)
    (golden,) = GOLDEN.glob(f"{name}.*")
    assert made.content == golden.read_bytes()
    says_what_was_meant(chosen.read(golden.read_bytes()), chosen.payout)


@every_format
def test_its_sums_and_its_fingerprint_come_with_it(name: str) -> None:
    chosen = FORMATS[name]
    made = written(chosen, chosen.payout)
    assert made.sha256 == hashlib.sha256(made.content).hexdigest()
    assert (made.total, made.count) == (chosen.payout.total, len(chosen.payout.payees))
    assert made.hash_total == (chosen.read(made.content).hash_total or "")


@every_format
@settings(deadline=None, max_examples=50)  # a busy machine is no failure
@given(data=st.data())
def test_any_payout_is_read_back_as_it_was_meant(name: str, data: st.DataObject) -> None:
    chosen = FORMATS[name]
    payout = data.draw(payouts(chosen))
    made = written(chosen, payout)
    read = chosen.read(made.content)
    says_what_was_meant(read, payout)
    assert (made.total, made.count) == (payout.total, len(payout.payees))
    assert made.hash_total == (read.hash_total or "")
    assert written(chosen, payout) == made


def test_a_balancing_line_debits_the_payer_with_what_the_payees_get() -> None:
    plain, balanced = (FORMATS[name] for name in ("aba", "aba-balanced"))
    made = written(balanced, balanced.payout)
    assert (made.total, made.count) == (balanced.payout.total, len(balanced.payout.payees))
    assert balanced.read(made.content).balanced
    assert not plain.read(written(plain, plain.payout).content).balanced
    trailer = made.content.decode().splitlines()[-1]
    assert trailer[20:30] == "0000000000"
    assert trailer[30:40] == trailer[40:50] == "0010001225"


def test_the_largest_payment_fits_its_columns() -> None:
    for chosen in FORMATS.values():
        large = replace(chosen.payout.payees[0], amount=chosen.most)
        payout = replace(chosen.payout, payees=(large,))
        (paid,) = chosen.read(written(chosen, payout).content).payees
        assert paid.amount == chosen.most


def test_a_hash_total_keeps_its_last_eleven_digits() -> None:
    """Thirty times 9000 7000000 is 2 700 210 000 000."""
    bnz = FORMATS["bnz"]
    payee = Payee("Kiwi Trust", "38-9000-7000000-00", Decimal(1))
    assert written(bnz, replace(bnz.payout, payees=(payee,) * 30)).hash_total == "00210000000"
