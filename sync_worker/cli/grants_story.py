"""What a grant maker sees of one round, in ten steps: submitted, approved, billed, put into a batch, checked, ordered
of the bank, paid, recorded, told, done. People are played on the sandbox; everything else is the worker itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync_worker.cli import show
from sync_worker.cli.options import Asked

if TYPE_CHECKING:
    from sync_worker.daemon.outcome import Result
    from sync_worker.daemon.runner import Connection
    from sync_worker.sandbox.edge import Sandbox
    from sync_worker.sandbox.seeds import Foretold
    from sync_worker.settings import Settings

MAKER, CHECKER = "Ann Lee", "Bob Ray"
Row = dict[str, Any]


def settings(folder: Path) -> Mapping[str, Any]:
    """What the seeded grant maker sets for its connection."""
    from sync_worker.sandbox.seeds import applicants

    return {
        "sends": ["bills"],
        "bills": {
            "schedule": {"every_s": 10},
            "account_code": applicants.GRANTS_PAID,
            "tracking_category": applicants.TRACKING,
            "mail_payments": True,
        },
        "bank": {
            "format": "aba",
            "payer_name": "ACME GRANTS",
            "payer_account": "062-000 12345678",
            "bank": "CBA",
            "user_name": "ACME GRANTS",
            "user_id": "301500",
            "folder": folder / "bank-files",
        },
    }


def tell(asked: Asked, running: Sandbox, chosen: Settings, name: str, seed: int) -> int:
    """Walks the ten steps; 1 where one of them did not end as the seed foretold."""
    from sync_worker import wiring

    with wiring.opened(chosen) as app, show.progress(quiet=asked.as_json) as progress:
        connection = app.connection(name, progress)
        with connection.held():
            round_ = _Round(running, connection, seed, Path(chosen.connections[name].bank.folder))
            round_.walk()
    surprises = list(round_.surprises())
    if asked.as_json:
        problems = {"problems": surprises} if surprises else {}
        show.as_json(round_.told() | {"calls": dict(connection.calls())} | problems)
    else:
        for n, (step, words) in enumerate(round_.steps.items(), start=1):
            show.say(f"{n:>2}. {step}: {words}")
        show.holds(round_.held)
        show.say(
            "\nThe held ones are part of the seed: each shows a trouble real books have, and its cure."
        )
    for surprise in surprises:
        show.aside(f"sync-worker: not as the seed foretold: {surprise}")
    return 1 if surprises else 0


class _Round:
    """One round of grants, as it goes."""

    def __init__(self, running: Sandbox, connection: Connection, seed: int, folder: Path) -> None:
        self._plane, self._connection, self._seed = running.control, connection, seed
        self._folder = folder
        self._foretold: Foretold
        self._problems: list[str] = []
        self.steps: dict[str, str] = {}
        self.held: list[Row] = []
        self.batch: Row = {}
        self._results: dict[str, Result] = {}

    def walk(self) -> None:
        submitted = self._plane.act("grants", "submit", self._seed)
        self.steps["submitted"] = f"{submitted.milestones} milestones, by their applicants"
        self._foretold = self._plane.act("grants", "approve", self._seed)
        self.steps["approved"] = f"{len(self._milestones('Approved'))} milestones, by the panel"
        bills = self._ran("bills")
        self.held = list(bills.get("held", ()))
        self.steps["billed"] = (
            f"{bills.get('created')} bills in Xero with {bills.get('attached')} papers, {len(self.held)} held"
        )
        self._ran("payments")
        self._make_the_batch()
        self._order_of_the_bank()
        paid = self._pay_as_ordered()
        self.steps["paid"] = f"{paid} bills, in Xero, as the bank feed shows them"
        payments = self._ran("payments")
        self.steps["recorded"] = f"{payments.get('created')} Milestone Payments in the CRM"
        letters = [str(one["subject"]) for one in self._plane.mailbox.messages()]
        told = sum("has paid" in subject for subject in letters)
        self.steps["told"] = (
            f"{told} e-mails to applicants, {len(letters) - told} to the finance admin"
        )
        self.steps["done"] = f"{len(self._milestones('Paid'))} milestones are Paid"

    def _make_the_batch(self) -> None:
        payable = [
            row["Name"]
            for row in self._milestones("Approved", "Part Paid")
            if row["Finance_Sync_State__c"] == "Synced"
            and row["Name"] not in self._without_account()
        ]
        day = (self._connection.clock.now() + timedelta(days=1)).date().isoformat()
        self._ordered("new", MAKER, title="Spring round", pay_on=day)
        self._ordered("add", MAKER, milestones=payable, amount=None, pay_on=None)
        self.steps["put into a batch"] = (
            f"{len(payable)} milestones, {self.batch.get('total')}, by {MAKER}"
        )
        self._ordered("submit", MAKER)
        own = self._connection.run_batch(self._order("approve", MAKER, accounts=False))
        if not own.problems:
            self._problems.append(f"{MAKER} could approve a batch of her own")
        self._ordered("approve", CHECKER, accounts=False)
        self.steps["checked"] = f"approved by {CHECKER}; {MAKER}, who made it, was refused"

    def _order_of_the_bank(self) -> None:
        self._ordered("export", MAKER, again="")
        self._ordered("sent", MAKER)
        self.steps["ordered of the bank"] = (
            f"{self.batch.get('file')}, {self.batch.get('total')}, SHA-256 {str(self.batch.get('sha256'))[:12]}…"
        )

    def _pay_as_ordered(self) -> int:
        bills = {row["Name"]: row["Finance_External_ID__c"] for row in self._milestones()}
        items = self.batch.get("items", ())
        for item in items:
            self._plane.xero.pay(
                bills[item["milestone"]], item["amount"], reference=self.batch["number"]
            )
        return len(items)

    def surprises(self) -> Iterator[str]:
        """Whatever did not end as it must."""
        yield from self._problems
        held = {one["record"].removeprefix("bill:"): one["class"] for one in self.held}
        if held != dict(self._foretold.held):
            yield f"held are {held}, foretold was {dict(self._foretold.held)}"
        paid = {row["Name"] for row in self._milestones("Paid")}
        for item in self.batch.get("items", ()):
            if item["milestone"] not in paid:
                yield f"{item['milestone']} was paid by the batch and is not Paid"

    def told(self) -> Row:
        """The whole round in JSON's own types."""
        bills = {one["id"]: one for one in self._plane.xero.documents() if one["kind"] == "ACCPAY"}
        numbers = {row["Id"]: row["Name"] for row in self._milestones()}
        return {
            "steps": [{"step": step, "words": words} for step, words in self.steps.items()],
            "bills": [
                {
                    "milestone": row["Name"],
                    "status": row["Status__c"],
                    "xero_id": row["Finance_External_ID__c"],
                    "xero_number": row["Xero_Bill_Number__c"],
                    "total": f"{bills[row['Finance_External_ID__c']]['total']:.2f}",
                }
                for row in self._milestones()
                if row["Finance_External_ID__c"] in bills
            ],
            "held": self.held,
            "batches": [self.batch],
            "payments": [
                {
                    "milestone": numbers[row["Milestone__c"]],
                    "amount": f"{row['Payment_Amount__c']:.2f}",
                    "xero_id": row["Finance_External_ID__c"],
                }
                for row in self._plane.org.rows("Milestone_Payment__c")
            ],
            "letters": [
                {"to": ", ".join(one["to"]), "subject": one["subject"]}
                for one in self._plane.mailbox.messages()
            ],
        }

    def _ran(self, process: str) -> Mapping[str, Any]:
        result = self._connection.run(process)
        self._problems += result.problems
        return result.counts

    def _ordered(self, verb: str, person: str, **words: Any) -> None:
        result = self._connection.run_batch(self._order(verb, person, **words))
        self._problems += result.problems
        self.batch = dict(result.counts.get("batch", self.batch))

    def _order(self, verb: str, person: str, **words: Any) -> Row:
        batch = self.batch.get("number", "")
        return {"verb": verb, "person": person, "batch": batch, "milestones": [], **words}

    def _milestones(self, *statuses: str) -> list[Row]:
        rows = self._plane.org.rows("Milestone__c")
        return [row for row in rows if not statuses or row["Status__c"] in statuses]

    def _without_account(self) -> set[str]:
        """Applicants who have given no bank account, of the cases the seed is known for."""
        from sync_worker.sandbox.seeds.hard_milestones import foretold_before

        return set(foretold_before().without_account)
