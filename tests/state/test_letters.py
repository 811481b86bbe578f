"""The outbox: a key stands for one letter for ever, and what a letter says is kept no longer than it is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select

from sync_worker.domain.errors import LaneLost
from sync_worker.domain.letter import Digest, PaymentNotice, Stage, Trouble
from sync_worker.state.journal import SqlJournal
from sync_worker.state.tables import letters
from tests.state.builders import MORNING, StandingClock, a_worker

NOTICE = PaymentNotice(
    payment="p1",
    to="tui@theatre.example",
    applicant="Tūī Theatre",
    organisation="Kea Grants",
    milestone="MS-1",
    bill="MS-1",
    amount=Decimal("1234.50"),
    currency="NZD",
    paid_on=date(2026, 3, 5),
    outstanding=Decimal(0),
)
KEY = NOTICE.key
DIGEST = Digest(
    "main", "boss@kea.example", (Trouble("bill:MS-1", "why", "cure", "retry"),), MORNING
)


def stages(journal: SqlJournal) -> dict[str, Stage]:
    return {one.key: one.stage for one in journal.letters.staged(*Stage)}


def facts(engine: Engine) -> list[str | None]:
    with engine.connect() as tx:
        return list(tx.execute(select(letters.c.facts)).scalars())


def to(journal: SqlJournal, stage: Stage) -> None:
    (letter,) = journal.letters.staged(*Stage)
    assert journal.letters.move(letter, replace(letter, stage=stage))


def test_a_letter_comes_out_as_it_went_in(journal: SqlJournal) -> None:
    journal.letters.prepare([NOTICE])
    journal.letters.tell({"bill:1": "abc"}, [], DIGEST)
    told = {one.key: one.told for one in journal.letters.staged(*Stage)}
    assert told == {KEY: NOTICE, DIGEST.key: DIGEST}


def test_a_letter_that_an_older_version_wrote_without_a_title_still_leaves(
    journal: SqlJournal, engine: Engine
) -> None:
    journal.letters.prepare([NOTICE])
    (now,) = facts(engine)
    before = str(now).replace(',"title":""', "")
    assert before != now
    with engine.begin() as tx:
        tx.execute(letters.update().values(facts=before))
    (letter,) = journal.letters.staged(*Stage)
    assert letter.told == NOTICE


def test_a_prepared_letter_goes_nowhere_until_it_is_released(journal: SqlJournal) -> None:
    journal.letters.prepare([NOTICE])
    assert stages(journal) == {KEY: Stage.PREPARED}
    journal.letters.release(["payment:another"])
    assert stages(journal) == {KEY: Stage.PREPARED}
    journal.letters.release([KEY])
    assert stages(journal) == {KEY: Stage.WAITING}


def test_prepared_again_it_says_what_is_known_by_then(journal: SqlJournal) -> None:
    journal.letters.prepare([NOTICE])
    journal.letters.prepare([replace(NOTICE, to="new@theatre.example")])
    (letter,) = journal.letters.staged(*Stage)
    assert letter.to == "new@theatre.example"


def test_what_has_gone_further_is_not_prepared_again(journal: SqlJournal, engine: Engine) -> None:
    journal.letters.prepare([NOTICE])
    for stage in (Stage.WAITING, Stage.SENDING, Stage.UNSURE, Stage.REFUSED):
        to(journal, stage)
        journal.letters.prepare([replace(NOTICE, to="new@theatre.example")])
        (letter,) = journal.letters.staged(*Stage)
        assert (letter.stage, letter.to) == (stage, NOTICE.to)
    to(journal, Stage.SENT)
    journal.letters.prepare([NOTICE])
    assert journal.letters.count(Stage.SENT) == 1
    assert facts(engine) == [None], "what it said is forgotten"


def test_what_is_on_its_way_cannot_be_withdrawn(journal: SqlJournal) -> None:
    journal.letters.prepare([NOTICE])
    to(journal, Stage.SENDING)
    journal.letters.withdraw([KEY])
    assert stages(journal) == {KEY: Stage.SENDING}


def test_what_is_withdrawn_is_forgotten_but_for_its_key(
    journal: SqlJournal, engine: Engine
) -> None:
    journal.letters.prepare([NOTICE])
    journal.letters.withdraw([KEY])
    journal.letters.prepare([NOTICE])
    journal.letters.release([KEY])
    assert journal.letters.count(Stage.DROPPED) == 1
    assert facts(engine) == [None]


def test_whoever_comes_second_moves_nothing(journal: SqlJournal) -> None:
    journal.letters.prepare([NOTICE])
    (letter,) = journal.letters.staged(*Stage)
    assert journal.letters.move(letter, replace(letter, stage=Stage.WAITING))
    assert not journal.letters.move(letter, replace(letter, stage=Stage.WAITING))


def test_what_was_told_and_its_letter_are_one_commit(journal: SqlJournal) -> None:
    journal.letters.tell({"bill:1": "abc", "bill:2": "def"}, [], DIGEST)
    assert journal.letters.told() == {"bill:1": "abc", "bill:2": "def"}
    with pytest.raises(Exception, match=r"(?i)unique"):
        journal.letters.tell({"bill:3": "ghi"}, [], DIGEST)
    assert "bill:3" not in journal.letters.told()
    journal.letters.tell({"bill:1": "other"}, ["bill:2"], None)
    assert journal.letters.told() == {"bill:1": "other"}
    assert journal.letters.last_digest() == MORNING


def test_connections_share_no_letters(engine: Engine, journal: SqlJournal) -> None:
    other = a_worker(engine, StandingClock(), "other")
    journal.letters.prepare([NOTICE])
    other.letters.prepare([NOTICE])
    other.letters.release([KEY])
    other.letters.tell({"bill:1": "abc"}, [], None)
    assert (stages(journal), stages(other)) == ({KEY: Stage.PREPARED}, {KEY: Stage.WAITING})
    assert (journal.letters.told(), other.letters.last_digest()) == ({}, None)


def test_without_the_lane_only_a_person_decides(engine: Engine, journal: SqlJournal) -> None:
    journal.letters.prepare([NOTICE])
    to(journal, Stage.REFUSED)
    person = SqlJournal(engine, "main", StandingClock())
    with pytest.raises(LaneLost):
        person.letters.release([KEY])
    assert person.letters.again(KEY, "new@theatre.example")
    (letter,) = journal.letters.staged(Stage.WAITING)
    assert letter.to == "new@theatre.example"
    assert person.letters.drop(KEY)
    assert not person.letters.again(KEY)
