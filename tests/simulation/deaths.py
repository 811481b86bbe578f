"""Every moment at which a run can end, one after the other, and every pair of two: the n-th for n = 1, 2, 3 ... until
a run gets to its end.

Plain lives, each with what people do in them told beforehand, so that the moments are the same every time.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

from tests.oracle import Breach
from tests.simulation.commands import Command
from tests.simulation.life import Life, a_grant_makers_life, a_life
from tests.simulation.points import KILL, WAYS
from tests.simulation.tally import Tally

GAPS = {"5s": 5.0, "7min": 420.0, "26h": 93_600.0}
JOURNALS = ("kept", "lost")
LIMIT = 1000

Act = Callable[[Life], object]
Step = str | Command | Act
"""The name of a process that runs, a command that somebody types, or what people do between two runs."""


@dataclass(frozen=True, slots=True)
class Plain:
    """`before` is lived in peace; `steps` are those in which the worker dies."""

    born: Callable[[], Life]
    processes: tuple[str, ...]
    before: tuple[Step, ...]
    steps: tuple[Step, ...]
    gaps: tuple[str, ...] = tuple(GAPS)
    """Until the restart: fewer where nothing waits for any time to pass."""


@dataclass(frozen=True, slots=True)
class Case:
    life: str
    fatal: int
    how: str
    gap: str
    journal: str

    @property
    def name(self) -> str:
        return f"{self.life}:{self.fatal}:{self.how}:{self.gap}:{self.journal}"


@dataclass(frozen=True, slots=True)
class Pair:
    life: str
    first: int
    second: int

    @property
    def name(self) -> str:
        return f"pair:{self.life}:{self.first}:{self.second}"


# People -------------------------------------------------------------------------------------------


def three_invoices(life: Life) -> None:
    """Of two people, so that there are two contacts and two batches."""
    crm = life.world.crm
    second = crm.participant("Ann Other")
    crm.invoice("INV-1", lines=[crm.line(3, "33.335"), crm.line(1, "9.99")])
    crm.invoice("INV-2")
    crm.invoice("INV-3", who=second)


def pay_in_part(life: Life) -> None:
    """And a bill of the bookkeeper's own, which the CRM will never know."""
    xero, document = life.world.xero, life.world.document
    line = {"Description": "Cakes", "UnitAmount": "9", "AccountCode": "200"}
    xero.pay(xero.add_invoice(xero.add_contact("A Neighbour"), [line]), "9.00")
    xero.pay(document("INV-1")["id"], "10.00")
    xero.pay(document("INV-1")["id"], "20.00")
    xero.pay(document("INV-3")["id"], "100.00")


def take_one_back_and_pay_another(life: Life) -> None:
    """If the worker is late, so are they: what is not in Xero yet cannot be paid there."""
    world = life.world
    if standing := [one for one in world.payments("INV-1") if one["status"] != "DELETED"]:
        world.xero.unpay(standing[0]["id"])
    for number in ("INV-1", "INV-3"):
        for one in world.documents_of(number):
            if one["status"] == "AUTHORISED":
                world.xero.pay(one["id"], "5.00")


def edit_one_and_enter_another(life: Life) -> None:
    """One that has gone out."""
    crm, org = life.world.crm, life.world.org
    (invoice,) = [row for row in org.rows("Invoice__c") if row["Name"] == "INV-2"]
    line = next(
        row for row in org.rows("Invoice_Line_Item__c") if row["Invoice__c"] == invoice["Id"]
    )
    life.deeds.totals = {invoice["Id"]: {invoice["Total_Amount__c"]}}
    crm.edit("Invoice_Line_Item__c", line["Id"], Rate__c=60)
    crm.edit("Invoice__c", invoice["Id"], Total_Amount__c=120)
    crm.edit("Contact", crm.participant("Ann Other"), Email="ann@care.example")
    crm.invoice("INV-4", who=crm.participant("Ann Other"))


def three_milestones(life: Life) -> None:
    """Of two applicants. Two are approved, one of a fund that Xero has no option for; the third is submitted."""
    crm = life.world.crm
    crm.milestone("MS-1", "1000.00", category="Regional Touring")
    crm.milestone("MS-2", "2000.00", who=crm.applicant("Other Choir"), Status__c="Submitted")
    crm.milestone("MS-3", "3000.00", who=crm.applicant("Other Choir"))


def approve_the_third_for_less(life: Life) -> None:
    (row,) = [one for one in life.world.org.rows("Milestone__c") if one["Name"] == "MS-2"]
    life.world.crm.edit("Milestone__c", row["Id"], Status__c="Approved", Amount__c=1500)


def pay_what_is_billed(life: Life) -> None:
    for number, amount in (("MS-1", "1000.00"), ("MS-3", "30.00")):
        for one in life.world.bills(number):
            if one["status"] == "AUTHORISED":
                life.world.xero.pay(one["id"], amount)


def one_milestone(life: Life) -> None:
    crm = life.world.crm
    bank = {"Bank_BSB__c": "062-111", "Bank_Account_Number__c": "10000001"}
    choir = crm.applicant("Exeter Choir", Finance_Email__c="grants@exeter.example", **bank)
    crm.milestone("MS-1", "1000.00", who=choir)


def billed_before_papers_were_wanted(life: Life) -> None:
    """So that the moments are those of the papers alone."""
    worker = life.world.worker
    worker.papers = replace(worker.papers, audits=False, files=False)
    life.lived("bills")
    life.world.restart()


def put_two_files_on_it(life: Life) -> None:
    """And save it, as a person does who has put them there."""
    (row,) = life.world.org.rows("Milestone__c")
    for name in ("Invoice", "Report"):
        content = base64.b64encode(f"the {name}".encode()).decode()
        path = {"PathOnClient": f"{name}.pdf", "VersionData": content}
        life.world.org.save("ContentVersion", {**path, "FirstPublishLocationId": row["Id"]})
    life.world.crm.edit("Milestone__c", row["Id"], Approved_By__c="Ada Grantmaker")


def pay_it_in_part(life: Life) -> None:
    life.world.xero.pay(life.world.bill("MS-1")["id"], "250.00")


def take_it_back_and_pay_another(life: Life) -> None:
    """So that one letter is due, and another would be if it had not left."""
    (paid,) = life.world.xero.payments()
    life.world.xero.unpay(paid["id"])
    life.world.xero.pay(life.world.bill("MS-1")["id"], "300.00")


NEW = Command("Ann", "new")
ADD = Command("Ann", "add", milestones=("MS-1",))
SUBMIT, APPROVE = Command("Ann", "submit"), Command("Bob", "approve")
EXPORT = Command("Ann", "export")

LIVES = {
    "invoices-xero": Plain(
        partial(a_life, "xero"), ("invoices",), (three_invoices,), ("invoices",)
    ),
    "invoices-crm": Plain(partial(a_life, "crm"), ("invoices",), (three_invoices,), ("invoices",)),
    "payments": Plain(
        partial(a_life, "xero"),
        ("invoices", "payments"),
        (three_invoices, "invoices", pay_in_part),
        ("payments", take_one_back_and_pay_another, "payments"),
    ),
    "later": Plain(
        partial(a_life, "xero"),
        ("invoices", "payments"),
        (three_invoices, "invoices", pay_in_part, "payments", edit_one_and_enter_another),
        ("invoices", take_one_back_and_pay_another, "verify"),
    ),
    "bills": Plain(a_grant_makers_life, ("bills",), (three_milestones,), ("bills",)),
    "bills-approved": Plain(
        a_grant_makers_life,
        ("bills", "payments"),
        (three_milestones, "bills"),
        (approve_the_third_for_less, "bills", pay_what_is_billed, "payments"),
    ),
    "papers": Plain(
        partial(a_grant_makers_life, papers=True),
        ("bills",),
        (one_milestone, billed_before_papers_were_wanted, put_two_files_on_it),
        ("bills",),
    ),
    "letters": Plain(
        partial(a_grant_makers_life, letters=True),
        ("bills", "payments"),
        (one_milestone, "bills", pay_it_in_part, "payments", take_it_back_and_pay_another),
        ("payments",),
        ("7min",),
    ),
    "batch": Plain(
        partial(a_grant_makers_life, bank=True),
        ("payments",),
        (one_milestone, "bills", NEW, ADD),
        (SUBMIT, APPROVE, EXPORT),
        ("5s",),
    ),
}
"""The first push and the first payments of `later` are those of the others, where every death in them is tried."""

# Cases --------------------------------------------------------------------------------------------


def begun(name: str) -> tuple[Life, Plain]:
    plain = LIVES[name]
    life = plain.born()
    life.processes = plain.processes
    for step in plain.before:
        _taken(life, step)
    return life, plain


def lived(case: Case) -> tuple[Life, bool, list[Breach]]:
    """The life, whether it ended early at all, and what is wrong after it."""
    life, plain = begun(case.life)
    left, over = case.fatal, False
    for step in plain.steps:
        if callable(step):
            step(life)
            continue
        points = life.lived(step, 0 if over else left, case.how)
        left -= len(points.passed)
        if points.ended:
            over = True
            life.died(points, case.how, GAPS[case.gap], case.journal)
            if isinstance(step, Command):
                # Nobody knows how far it came: it is typed again, and where the journal is lost all before it as well.
                done = plain.steps[: plain.steps.index(step)] if case.journal == "lost" else ()
                for command in (*done, step):
                    _taken(life, command)
    return life, over, life.judged()


def lived_twice(pair: Pair) -> tuple[Life, bool, bool, list[Breach]]:
    """Dies, comes back after seven minutes, dies again in the repair, comes back after five seconds."""
    life, plain = begun(pair.life)
    left, over = pair.first, False
    for step in plain.steps:
        if callable(step):
            step(life)
            continue
        points = life.lived(step, left)
        if points.ended:
            over = True
            break
        left -= len(points.passed)
    if not over:
        return life, False, False, []
    life.restart(GAPS["7min"])
    life.moments.clear()
    left, again = pair.second, False
    for process in plain.processes:
        points = life.lived(process, left)
        if points.ended:
            again = True
            life.restart(GAPS["5s"])
            break
        left -= len(points.passed)
    return life, True, again, life.judged() if again else []


@cache
def moments_of(name: str) -> list[str]:
    """Of a life that nothing happens to."""
    life, plain = begun(name)
    life.moments.clear()
    for step in plain.steps:
        _taken(life, step)
    return life.moments


def rows_of_cases() -> Iterator[tuple[str, str, str, str]]:
    """(life, how, gap, journal): each is tried at every moment."""
    for life, plain in LIVES.items():
        for how in WAYS:
            for gap in plain.gaps:
                for journal in JOURNALS:
                    yield life, how, gap, journal


PAIRED = ("invoices-xero", "invoices-crm", "payments", "bills", "papers")


def all_moments(life: str, how: str, gap: str, journal: str) -> Tally:
    """The n-th moment for n = 1, 2, 3 ... until a life gets to its end; of a killed one the telling moments."""
    tally, moments = Tally(), moments_of(life)
    for n in range(1, LIMIT):
        if how == KILL and n <= len(moments) and not telling(moments[n - 1]):
            continue
        case, over = Case(life, n, how, gap, journal), False

        def play(case: Case = case) -> list[Breach]:
            nonlocal over
            _, over, found = lived(case)
            return found

        tally.judge(case.name, play)
        if not over:
            break
    return tally


def all_seconds(life: str, first: int) -> Tally:
    """After a death at the first moment, every moment of the repair."""
    tally = Tally()
    repair = lived_twice(Pair(life, first, 0))[0].moments
    for second, moment in enumerate(repair, 1):
        if telling(moment):
            pair = Pair(life, first, second)
            tally.judge(pair.name, partial(_found, pair))
    return tally


def _found(pair: Pair) -> list[Breach]:
    return lived_twice(pair)[3]


def first_moments(life: str) -> list[int]:
    return [n for n, moment in enumerate(moments_of(life), 1) if telling(moment)]


def telling(moment: str) -> bool:
    """For a process that is killed, the moment before something is the moment after the thing before it, and after a
    call that only reads all is as it was. Deaths by an exception or by SIGTERM do not leave these out."""
    return moment.endswith(".after") and ".GET." not in moment


def _taken(life: Life, step: Step) -> None:
    if callable(step):
        step(life)
    else:
        life.lived(step)
