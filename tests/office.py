"""A grant maker's finance office: milestones that are approved and billed, and people who pay them by batches.

office = an_office(tmp_path)
office.milestone("MS-1", "5000.00")
office.approved("MS-1")
office.ann("export", "PB-000001")
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sync_worker.daemon.outcome import Result
from sync_worker.domain.ids import SalesforceId
from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import XeroSandbox
from tests.world import World, a_world

ABA = {
    "format": "aba",
    "payer_name": "ACME GRANTS",
    "payer_account": "062-000 12345678",
    "bank": "CBA",
    "user_name": "ACME GRANTS",
    "user_id": "301500",
}
DAY = "2026-03-10"
BATCH = "PB-000001"
WORDS: Mapping[str, Mapping[str, Any]] = {
    "new": {"title": "June round", "pay_on": DAY},
    "add": {"amount": None, "pay_on": None},
    "remove": {"reason": "withdrawn"},
    "cancel": {"reason": "given up"},
    "submit": {},
    "approve": {"accounts": False},
    "export": {"again": ""},
    "sent": {},
}
Row = dict[str, Any]


def order(
    person: str, verb: str, batch: str = BATCH, /, *milestones: str, **words: Any
) -> dict[str, Any]:
    """A command as it is asked for; what is not said is plain."""
    asked = {"verb": verb, "person": person, "batch": batch, "milestones": list(milestones)}
    return {**asked, **WORDS[verb], **words}


class Office:
    """Ann fills the batches, Bob approves them."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.org, self.folder = world, world.org, folder
        self.applicants = Applicants(world.org, world.xero)
        self.ann, self.bob = partial(self.does, "Ann"), partial(self.does, "Bob")

    def does(
        self, person: str, verb: str, batch: str = BATCH, /, *milestones: str, **words: Any
    ) -> Result:
        """One command, with the lane taken for it."""
        with self.world.worker.held() as ours:
            assert ours
            return self.world.worker.run_batch(order(person, verb, batch, *milestones, **words))

    def milestone(
        self, number: str, amount: str = "5000.00", who: str = "Halfway Museum", **values: Any
    ) -> str:
        return self.applicants.milestone(number, amount, who, **values)

    def filled(self, *milestones: str, batch: str = BATCH, **words: Any) -> None:
        """A batch made and filled by Ann."""
        assert self.ann("new", batch, title=f"Round {batch}", **words).exit == 0
        done = self.ann("add", batch, *milestones)
        assert done.exit == 0, done.problems

    def approved(self, *milestones: str, batch: str = BATCH, **words: Any) -> None:
        self.filled(*milestones, batch=batch)
        for result in (self.ann("submit", batch), self.bob("approve", batch, **words)):
            assert result.exit == 0, result.problems

    def exported(self, *milestones: str, batch: str = BATCH, **words: Any) -> bytes:
        """The content of its file."""
        self.approved(*milestones, batch=batch, **words)
        done = self.ann("export", batch)
        assert done.exit == 0, done.problems
        return (self.folder / str(done.counts["batch"]["file"])).read_bytes()

    def batch(self, number: str = BATCH) -> Row:
        """The CRM's row."""
        return self._row("Payment_Batch__c", number)

    def batches(self) -> list[Row]:
        return self.org.rows("Payment_Batch__c")

    def items(self, number: str = BATCH) -> list[Row]:
        record = self.batch(number)["Id"]
        rows = self.org.rows("Payment_Batch_Item__c")
        return [row for row in rows if row["Payment_Batch__c"] == record]

    def item(self, milestone: str, number: str = BATCH) -> Row:
        record = self._row("Milestone__c", milestone)["Id"]
        (found,) = [row for row in self.items(number) if row["Milestone__c"] == record]
        return found

    def edit_item(self, milestone: str, **values: Any) -> None:
        self.org.edit("Payment_Batch_Item__c", self.item(milestone)["Id"], values)

    def edit_batch(self, number: str = BATCH, **values: Any) -> None:
        self.org.edit("Payment_Batch__c", self.batch(number)["Id"], values)

    def edit_milestone(self, number: str, **values: Any) -> None:
        self.org.edit("Milestone__c", self._row("Milestone__c", number)["Id"], values)

    def move_account(self, who: str, number: str) -> None:
        """Somebody changes where an organisation is paid to."""
        self.org.edit("Account", self.applicants.known[who], {"Bank_Account_Number__c": number})

    def paid(self, milestone: str, amount: str, **values: Any) -> str:
        """A payment that came back from Xero."""
        record = {
            "Milestone__c": self._row("Milestone__c", milestone)["Id"],
            "Payment_Amount__c": amount,
            "Include__c": True,
            "Paid__c": True,
            "Finance_External_ID__c": str(uuid.uuid4()),
            "Payment_Date__c": "2026-03-10T01:00:00Z",
            **values,
        }
        return self.org.save("Milestone_Payment__c", record)

    def bill(self, milestone: str) -> str:
        return str(self._row("Milestone__c", milestone)["Finance_External_ID__c"])

    def credit(self, milestone: str, amount: str) -> None:
        """A bookkeeper sets a credit note against its bill, in Xero alone."""
        self.world.xero.act("credit", invoice_id=self.bill(milestone), amount=amount)

    def told(self, number: str = BATCH) -> Mapping[str, Any]:
        (batch,) = self.world.worker.batches.listed(number, closed=False)
        return batch

    def acts(self, number: str = BATCH) -> list[str]:
        return [f"{act['did']} by {act['by']}" for act in self.told(number)["acts"]]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []

    def record(self, milestone: str) -> SalesforceId:
        return SalesforceId(self._row("Milestone__c", milestone)["Id"])

    def _row(self, sobject: str, name: str) -> Row:
        (found,) = [row for row in self.org.rows(sobject) if row["Name"] == name]
        return found


class Applicants:
    """Organisations with a bank account each, and milestones of theirs that are approved and billed."""

    def __init__(self, org: SalesforceOrg, xero: XeroSandbox) -> None:
        self._org, self._xero = org, xero
        self.known: dict[str, str] = {}
        self._payee = xero.add_contact("Everybody")

    def organisation(self, name: str, **values: Any) -> str:
        if name not in self.known:
            account = {
                "Bank_BSB__c": "062-111",
                "Bank_Account_Number__c": f"{10_000_000 + len(self.known)}",
            }
            self.known[name] = self._org.save("Account", {"Name": name, **account, **values})
        return self.known[name]

    def milestone(self, number: str, amount: str, who: str, **values: Any) -> str:
        payee = (
            {}
            if "Contract__c" in values or "Application__c" in values
            else {
                "Contract__c": self._org.save(
                    "Contract__c", {"Name": f"CON-{number}", "Applicant__c": self.organisation(who)}
                )
            }
        )
        return self._org.save(
            "Milestone__c",
            {
                "Name": number,
                "Title__c": number,
                "Amount__c": amount,
                "Status__c": "Approved",
                "Finance_External_ID__c": self._bill(number, amount),
                **payee,
                **values,
            },
        )

    def _bill(self, number: str, amount: str) -> str:
        line = {"Description": number, "UnitAmount": amount, "AccountCode": "200"}
        told = {"InvoiceNumber": number, "LineAmountTypes": "NoTax"}
        return self._xero.add_invoice(self._payee, [line], kind="ACCPAY", **told)


def an_office(folder: Path, **bank: Any) -> Office:
    world = a_world(bank={**ABA, "folder": str(folder / "files"), **bank})
    return Office(world, folder / "files")


def approved_milestone(plane: ControlPlane, number: str, amount: str = "5000.00") -> None:
    """The same for tests with real processes."""
    with plane.held():
        Applicants(plane.org, plane.xero).milestone(number, amount, f"Museum of {number}")
