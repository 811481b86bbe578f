"""The judge of papers, letters and bank files finds what is wrong, and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.oracle import Kind
from tests.simulation.deaths import (
    ADD,
    APPROVE,
    EXPORT,
    NEW,
    SUBMIT,
    one_milestone,
    pay_it_in_part,
    put_two_files_on_it,
)
from tests.simulation.life import Life, a_grant_makers_life


@pytest.fixture
def life() -> Life:
    """With two files and an audit document on the bill, a letter about a payment, and a bank file."""
    life = a_grant_makers_life(papers=True, letters=True, bank=True)
    one_milestone(life)
    put_two_files_on_it(life)
    for step in ("bills", NEW, ADD, SUBMIT, APPROVE, EXPORT):
        life.lived(step)
    pay_it_in_part(life)
    life.lived("payments")
    assert life.judged() == []
    assert sum(life.told().values()) == 1
    return life


def found(life: Life) -> list[Kind]:
    return [one.kind for one in life.wrong()]


def test_a_file_that_hangs_twice_is_found_and_one_that_is_missing_too(life: Life) -> None:
    attachments, bill = life.world.xero.books.attachments, life.world.bill("MS-1")["id"]
    whole = attachments[bill]
    assert len(whole) == 3
    attachments[bill] = (*whole, replace(whole[-1], name="Another name.pdf"))
    assert found(life) == [Kind.DUPLICATE]
    attachments[bill] = whole[:-1]
    assert found(life) == [Kind.LOST]
    attachments[bill] = whole[1:]
    assert found(life) == [Kind.LOST], "the audit document"


def test_a_payment_told_twice_is_found_and_one_that_nobody_is_told_of_too(life: Life) -> None:
    box = life.world.plane.mailbox
    (letter,) = box._received
    box._received.append(letter)
    assert found(life) == [Kind.DUPLICATE]
    box.clear()
    assert found(life) == [Kind.LOST]
    life.deeds.untold |= {one["id"] for one in life.world.xero.payments()}
    assert found(life) == [], "it went with a lost journal"


def test_a_file_that_pays_what_nobody_approved_is_found_and_so_is_a_second_one(life: Life) -> None:
    assert life.folder
    (path,) = life.folder.iterdir()
    again = path.with_name("PB-000001-2.aba")
    again.write_bytes(path.read_bytes())
    assert found(life) == [Kind.DUPLICATE], "filed twice"
    again.rename(path.with_name("PB-000002.aba"))
    life.deeds.ordered["PB-000002"] = life.deeds.ordered["PB-000001"]
    assert found(life) == [Kind.DUPLICATE], "paid by two batches"
    path.with_name("PB-000002.aba").unlink()
    life.deeds.ordered["PB-000001"] = [frozenset({("MS-1", "06211110000001", Decimal(999))})]
    assert found(life) == [Kind.DIFFERENT]
    path.unlink()
    assert found(life) == [Kind.LOST], "it was said to be made"
