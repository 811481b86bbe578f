"""One random life from one seed: records of several people, troubles, deaths, lost and older journals, clocks that
jump, two or three workers at once, and people at work on both sides all the while. The same seed is the same life.

Every eighth life is a grant maker's. What people do is in `people`, and what each trade does in `invoicing` and
`granting`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from tests.oracle import Breach
from tests.simulation import together
from tests.simulation.commands import Command
from tests.simulation.granting import Granting
from tests.simulation.invoicing import Invoicing
from tests.simulation.life import A_DAY, APART, Copy, Life, a_grant_makers_life, a_life
from tests.simulation.paying import Office
from tests.simulation.people import People
from tests.simulation.points import EXCEPTION, KILL, SIGTERM
from tests.simulation.tally import Tally
from tests.simulation.troubles import PLENTY, Troubles

GAPS = (5, 5, 30, 90, 250, 420, 420, 1300, 3600, 93_600)
"""Seconds between a death and the next life, or between two runs."""
GRANTS_EVERY = 8
LONGEST = {"invoices": 70, "bills": 70}
"""Up to which moment a run of it may die; others are shorter."""


@dataclass
class Chance:
    """The dice of one life."""

    life: Life
    dice: random.Random
    people: People
    troubles: Troubles
    copies: list[Copy] = field(default_factory=list)

    def live(self) -> None:
        life, dice = self.life, self.dice
        self.people.enter(dice.randint(1, 3))
        for _ in range(dice.choice(self.people.runs)):
            for _ in range(dice.choice(self.people.busy)):
                self.people.somebody_acts()
            if dice.random() < 0.3:
                self.copies.append(life.copied())
            for _ in range(dice.choice((0, 0, 1, 1, 2))):
                self.troubles.something_breaks()
            if dice.random() < 0.1:
                self.a_crew()
            else:
                self.one_run(dice.choice(self.people.processes))
            for order in self.people.afternoon():
                self.one_run(order)
            if dice.random() < 0.04:
                life.world.clock.ahead += timedelta(hours=dice.choice((2, -1)))
                life.tell(f"the worker's clock jumped: it is {life.world.clock.ahead} ahead")

    def one_run(self, process: str | Command) -> None:
        life, dice = self.life, self.dice
        command = isinstance(process, Command)
        longest = 30 if isinstance(process, Command) else LONGEST.get(process, 30)
        fatal = dice.randint(1, longest) if dice.random() < (0.25 if command else 0.55) else 0
        how = dice.choice((KILL, KILL, KILL, EXCEPTION, SIGTERM))
        every = self.at_a_moment(dice.randint(1, 60) if dice.random() < 0.3 else 0)
        points = life.lived(process, fatal, how, every)
        gap = float(dice.choice(GAPS))
        if points.ended and how != EXCEPTION:
            journal = dice.choices(("kept", "lost", "older"), (6, 2, 2))[0]
            copy = dice.choice(self.copies) if self.copies else None
            if journal == "older" and copy is None:
                journal = "lost"
            # Operators are told not to put a copy back before QUIET is over: it cannot be told from a pause.
            life.restart(max(gap, APART) if journal == "older" else gap, journal, copy)
        elif dice.random() < 0.1:
            life.restart(gap)
        else:
            life.world.advance(gap)

    def at_a_moment(self, nth: int) -> Callable[[str], object]:
        """People do not wait until a run is over."""
        left = [nth]

        def every(moment: str) -> None:
            left[0] -= 1
            if left[0] == 0 and not moment.startswith("journal."):
                self.life.tell(f"meanwhile, at {moment}:")
                self.people.somebody_acts()

        return every

    def a_crew(self) -> None:
        """Two or three workers at once, on one host or on several; one of them may stand still for a while."""
        life, dice = self.life, self.dice
        work = [dice.choice(self.people.processes) for _ in range(dice.choice((2, 2, 3)))]
        hosts = dice.random() < 0.7
        restless = dice.choice((0.03, 0.15, 0.5))
        asleep = dice.choice((0.0, 0.0, 60.0, together.ASLEEP)) if hosts else 0.0
        life.deeds.drafts_may_stay |= asleep == together.ASLEEP
        life.tell(f"{len(work)} workers {'apart' if hosts else 'beside each other'}: {work}")

        def choose(who: int, name: str) -> int | None:
            nonlocal asleep
            others = sorted(baton.alive - {who})
            if not others or dice.random() >= restless:
                return None
            other = dice.choice(others)
            life.tell(f"worker {who} stops at {name}, {other} goes on {asleep:.0f} s later")
            life.world.advance(asleep)
            asleep = 0.0
            return other

        baton = together.Baton(choose)
        baton.run(together.crew(life, baton, work, hosts=hosts))
        life.world.advance(float(dice.choice(GAPS)))

    def peace(self) -> None:
        """Faults end, the clock is right, the books are open; what may not wait any longer has had its day."""
        life, wait = self.life, self.troubles.end()
        life.world.clock.ahead = timedelta()
        self.people.open_up()
        life.world.advance(A_DAY if life.deeds.may_wait else wait)
        life.tell("peace")


def lived(seed: int) -> tuple[Life, list[Breach]]:
    dice = random.Random(f"life {seed}")
    random.seed(seed)  # the libraries' own waits are random too
    grants = seed % GRANTS_EVERY == GRANTS_EVERY - 1
    life, people, told = a_grant_maker(dice) if grants else an_invoicer(dice)
    knobs = {
        "key_scope": dice.choice(("app", "token")),
        "modified_since": dice.choice(("inclusive", "exclusive")),
        "late_visibility_s": dice.choice((0, 0, 20, 240)),
    }
    life.world.xero.turn(**knobs)
    life.deeds.may_be_idle = True
    life.tell(f"{told}, {knobs}")
    chance = Chance(
        life, dice, people, Troubles(life, dice, people.sobject, people.parties, people.calls)
    )
    try:
        chance.live()
        chance.peace()
        return life, life.judged(weeks=2, sweep=dice.random() < 0.5)
    finally:
        life.world.org.set_daily_limit(PLENTY)


def an_invoicer(dice: random.Random) -> tuple[Life, People, str]:
    numbering = dice.choice(("xero", "xero", "crm"))
    batch = dice.choice((1, 2, 3, 50))
    life = a_life(numbering, batch=batch)
    return (
        life,
        Invoicing(life, dice, numbering=numbering),
        f"numbering {numbering}, batches of {batch}",
    )


def a_grant_maker(dice: random.Random) -> tuple[Life, People, str]:
    batch = dice.choice((1, 2, 3, 50))
    with_: dict[str, bool] = {what: dice.random() < 0.5 for what in ("papers", "letters", "bank")}
    drafts = ("contract-executed",) if dice.random() < 0.6 else ()
    life = a_grant_makers_life(batch=batch, publish=(*drafts, "milestone-approved"), **with_)
    people = Granting(life, dice, office=Office(life, dice) if with_["bank"] else None)
    parts = [what for what, wanted in with_.items() if wanted]
    return life, people, f"grants with {parts}, {drafts}, batches of {batch}"


def all_lives(first: int, end: int) -> Tally:
    tally = Tally()
    for seed in range(first, end):
        tally.judge(f"seed:{seed}", partial(_found, seed))
    return tally


def _found(seed: int) -> list[Breach]:
    return lived(seed)[1]
