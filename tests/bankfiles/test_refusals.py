"""What does not fit a bank file is refused, all of it at once and in words; nothing is cut, replaced or guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sync_worker.bankfiles import aba, bnz
from sync_worker.domain.payout import Payee, Payout, Problem, Unpayable
from tests.bankfiles.payouts import AUSTRALIA, FORMATS, MADE_AT, NEW_ZEALAND, TERMS, Format, payouts

every_format = pytest.mark.parametrize("name", FORMATS)


def refused(chosen: Format, payout: Payout) -> tuple[Problem, ...]:
    made = chosen.write(payout)
    assert isinstance(made, Unpayable), made
    for problem in made.problems:
        assert problem.whose
        assert problem.cure
        assert "\n" not in str(problem)
    return made.problems


def fields_of(problems: tuple[Problem, ...]) -> set[str]:
    return {problem.field for problem in problems}


def with_first(payout: Payout, **changed: Any) -> Payout:
    first, *others = payout.payees
    return replace(payout, payees=(replace(first, **changed), *others))


@every_format
@settings(deadline=None, max_examples=50)  # a busy machine is no failure
@given(data=st.data())
def test_one_strange_character_anywhere_is_named_and_refused(
    name: str, data: st.DataObject
) -> None:
    chosen = FORMATS[name]
    payout = data.draw(payouts(chosen))
    stranger = data.draw(st.characters(exclude_characters=chosen.names))
    place = data.draw(st.integers(0, len(payout.payees) - 1))
    payee = payout.payees[place]
    field = data.draw(st.sampled_from(["name", "reference"]))
    before = getattr(payee, field)
    at = data.draw(st.integers(0, len(before)))
    bad = replace(payee, **{field: before[:at] + stranger + before[at:]})
    payees = (*payout.payees[:place], bad, *payout.payees[place + 1 :])
    problems = refused(chosen, replace(payout, payees=payees))
    assert fields_of(problems) == {field}
    assert all(problem.whose.startswith(f"payee {place + 1} ") for problem in problems)
    assert any(repr(stranger) in problem.cause for problem in problems)


@every_format
@settings(deadline=None, max_examples=50)  # a busy machine is no failure
@given(data=st.data())
def test_every_bad_payee_is_named_and_no_good_one(name: str, data: st.DataObject) -> None:
    chosen = FORMATS[name]
    payout = data.draw(payouts(chosen))
    spoilt = data.draw(st.sets(st.integers(0, len(payout.payees) - 1), min_size=1))
    spoil: list[dict[str, Any]] = [
        {"name": "N" * (chosen.longest + 1)},
        {"name": ""},
        {"reference": "R" * (chosen.reference + 1)},
        {"reference": "ends with a "},
        {"amount": Decimal(0)},
        {"amount": Decimal(-1)},
        {"amount": Decimal("0.005")},
        {"amount": Decimal("NaN")},
        {"amount": Decimal("1E+40")},
        {"amount": chosen.most + Decimal("0.01")},
        {"account": ""},
        {"account": "12-3140-0171323-5"},
        {"account": "०62-000 12345678"},
    ]
    payees = tuple(
        replace(payee, **data.draw(st.sampled_from(spoil))) if place in spoilt else payee
        for place, payee in enumerate(payout.payees)
    )
    problems = refused(chosen, replace(payout, payees=payees))
    named = {int(p.whose.split()[1]) - 1 for p in problems if p.whose.startswith("payee ")}
    assert named == spoilt


@every_format
def test_a_batch_that_no_bank_should_see_is_refused(name: str) -> None:
    chosen = FORMATS[name]
    whole = chosen.payout
    assert fields_of(refused(chosen, replace(whole, payees=()))) == {"payees"}
    assert fields_of(refused(chosen, replace(whole, name=""))) == {"name"}
    assert fields_of(refused(chosen, replace(whole, name="B" * 40))) == {"name"}
    yesterday = whole.made_at.date() - timedelta(days=1)
    assert fields_of(refused(chosen, replace(whole, pay_on=yesterday))) == {"date"}
    other = replace(whole, payer=replace(whole.payer, account="nowhere"))
    assert fields_of(refused(chosen, other)) == {"account"}
    half = replace(whole.payees[0], amount=chosen.most - 1)
    assert fields_of(refused(chosen, replace(whole, payees=(half, half)))) == {"total"}


@every_format
def test_a_format_pays_in_its_own_currency_and_says_only_that(name: str) -> None:
    (problem,) = refused(FORMATS[name], replace(FORMATS[name].payout, currency="USD"))
    assert problem.field == "currency"
    assert "not in USD" in problem.cause


def test_a_problem_is_one_sentence_with_payee_field_and_cure() -> None:
    first = with_first(NEW_ZEALAND, name="Tūī Theatre and Friends")
    too_long, strange = (str(problem) for problem in refused(FORMATS["bnz"], first))
    who = "payee 1 'Tūī Theatre and Friends', name: 'Tūī Theatre and Friends'"
    assert too_long == f"{who} has 23 characters, and BNZ takes 20; shorten it; it is not cut here"
    assert strange.startswith(
        f"{who} holds 'ū' and 'ī', which BNZ does not take; write it without;"
    )


def test_the_terms_of_direct_entry_are_looked_at_together_with_the_payees() -> None:
    terms = aba.Terms("nab", "", "12345", "MORE THAN TWELVE")
    made = aba.write(with_first(AUSTRALIA, amount=Decimal(0)), terms)
    assert isinstance(made, Unpayable)
    assert [problem.field for problem in made.problems] == [
        "bank",
        "user id",
        "user name",
        "description",
        "amount",
    ]


def test_what_aba_has_no_place_for_is_not_dropped() -> None:
    made = aba.write(with_first(AUSTRALIA, particulars="Milestone", code="GRANT"), TERMS)
    assert isinstance(made, Unpayable)
    assert fields_of(made.problems) == {"particulars", "code"}


def test_a_float_is_no_money_and_a_time_is_no_date() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        Payee("Tui", "01-0242-0100194-00", 1.1)  # type: ignore[arg-type]  # what must not pass at run time either
    with pytest.raises(TypeError, match="date"):
        replace(NEW_ZEALAND, pay_on=MADE_AT)
    with pytest.raises(TypeError, match="zone"):
        replace(NEW_ZEALAND, made_at=MADE_AT.replace(tzinfo=None))


# Accounts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "complaint"),
    [
        ("01-0242-0100195-00", "wrong check digits"),
        ("99-0242-0100194-00", "the bank 99, which there is not"),
        ("01-0242-0100194-0", "is no account number"),
        ("01-0242-100194-00", "is no account number"),
        ("062-000 12345678", "is no account number"),
        ("01-0242-01001940-00", "is no account number"),
        ("", "is no account number"),
    ],
)
def test_a_new_zealand_account_is_checked_by_its_banks_check_digits(
    account: str, complaint: str
) -> None:
    (problem,) = refused(FORMATS["bnz"], with_first(NEW_ZEALAND, account=account))
    assert problem.field == "account"
    assert complaint in problem.cause


@settings(deadline=None, max_examples=50)  # a busy machine is no failure
@given(st.data())
def test_one_mistyped_digit_of_a_new_zealand_account_is_noticed(data: st.DataObject) -> None:
    """Method A weighs every digit of branch and account but one. From account 0990000 on method B counts, which leaves
    the branch out: a digit that leads there may pass."""
    payout = data.draw(payouts(FORMATS["bnz"]))
    digits = list(payout.payees[0].account.replace("-", "").replace(" ", ""))
    place = data.draw(st.sampled_from([2, 3, 4, 5, 7, 8, 9, 10, 11, 12]))
    digits[place] = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))
    assume(int("".join(digits[6:13])) < 990_000)
    made = bnz.write(with_first(payout, account="".join(digits)))
    assert isinstance(made, Unpayable)
    assert fields_of(made.problems) == {"account"}


def test_a_branch_that_is_new_is_paid() -> None:
    """No register of branches is ever complete: 01-9998 is in none, and its check digits are right."""
    made = bnz.write(with_first(NEW_ZEALAND, account="01-9998-0100195-00"))
    assert not isinstance(made, Unpayable), made


@pytest.mark.parametrize(
    ("account", "complaint"),
    [
        ("062-00 12345678", "is no BSB and account number"),
        ("062-000", "is no BSB and account number"),
        ("062-000 ABC", "is no BSB and account number"),
        ("062-000 1234567890", "has 10 digits after the BSB"),
        ("062-000 000", "is made of zeros"),
        ("000-000 12345", "is made of zeros"),
    ],
)
def test_an_australian_account_is_a_bsb_and_up_to_nine_digits(account: str, complaint: str) -> None:
    (problem,) = refused(FORMATS["aba"], with_first(AUSTRALIA, account=account))
    assert problem.field == "account"
    assert complaint in problem.cause


def test_the_zeros_an_account_begins_with_belong_to_it() -> None:
    chosen = FORMATS["aba"]
    made = chosen.write(replace(AUSTRALIA, pay_on=date(2026, 3, 4)))
    assert not isinstance(made, Unpayable)
    assert chosen.read(made.content).payees[1].account == "083-004 001234"
