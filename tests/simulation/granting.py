"""What grant makers do with milestones in a random life: enter, review and approve them, and put papers on them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from sync_worker.sandbox.mailbox import FAULTS
from tests.oracle import MILESTONES
from tests.simulation.commands import Command
from tests.simulation.paying import Office
from tests.simulation.people import People
from tests.world import Row

APPLICANTS = ("Exeter Choir", "Halfway Museum", "Kea Landcare", "Ora Sailing")
WITHOUT_ADDRESS = "Ora Sailing"
CATEGORIES = ("Community", "Regional Touring", "First Nations", None)
"""Xero has no option for two of them, and some milestones have none."""
AMOUNTS = ("1000.00", "250.55", "99.90")


@dataclass
class Granting(People):
    office: Office | None = None
    """Where there is a bank."""
    uploaded: int = 0
    files: list[tuple[str, str]] = field(default_factory=list)
    """(document, milestone)."""

    sobject = "Milestone__c"
    parties = ("Account", "Payment_Batch__c")
    processes = ("bills", "bills", "bills", "bills", "payments", "payments", "verify")
    account = "480"
    calls = (
        ("PUT", "/Attachments"),
        ("PUT", "/Attachments"),
        ("GET", "/Attachments"),
        ("PUT", "/Options"),
    )
    runs = (1, 2, 2, 3, 4)
    busy = (0, 1, 1, 2)
    tries = 3

    @property
    def acts(self) -> tuple[Callable[[], str], ...]:
        return (
            self.enter_a_record,
            self.enter_a_record,
            self.enter_a_record,
            self.approve,
            self.approve,
            self.approve,
            self.approve_for_another_amount,
            self.ask_for_resubmission,
            self.cancel_a_record,
            self.delete_a_record,
            self.undelete_a_record,
            self.undelete_a_record,
            self.exempt_or_not,
            self.new_details,
            self.another_bank_account,
            self.upload,
            self.upload,
            self.another_version,
            self.edit_the_title,
            *[self.pay] * 8,
            self.take_a_payment_back,
            self.take_a_payment_back,
            self.void_a_document,
            self.edit_a_document,
            self.touch_a_document,
            self.type_a_bill,
            self.archive_a_contact,
            self.restore_a_contact,
            self.merge_contacts,
            self.lock_or_unlock,
            self.edit_an_item,
            self.the_mail_fails,
            self.the_mail_fails,
        )

    def afternoon(self) -> Iterator[Command]:
        """Somebody pays in Xero, by whatever way, or by a batch."""
        if self.dice.random() < 0.4:
            self.done(self.pay)
        if self.office:
            yield from self.office.afternoon()

    def edit_an_item(self) -> str:
        return self.office.edit_an_item() if self.office else ""

    def party_of(self, row: Row) -> str:
        contracts = self.life.world.org.rows("Contract__c")
        return next(
            str(one["Applicant__c"]) for one in contracts if one["Id"] == row["Contract__c"]
        )

    # Milestones ---------------------------------------------------------------------------------

    def enter_a_record(self) -> str:
        crm, dice = self.life.world.crm, self.dice
        self.entered += 1
        number, who = f"MS-{self.entered}", dice.choice(APPLICANTS)
        status = dice.choice(("Draft", "Submitted", "Approved", "Approved", "Approved"))
        executed = dice.random() < 0.7
        record = crm.milestone(
            number,
            dice.choice(AMOUNTS),
            who=self._applicant(who),
            category=dice.choice(CATEGORIES),
            contract={} if executed else {"Executed_Date__c": None},
            Status__c=status,
        )
        if self.life.papers and dice.random() < 0.5:
            self._upload(record)
        return f"entered {number} for {who}, {status.lower()}{'' if executed else ', not executed'}"

    def approve(self) -> str:
        row = self._one_in(MILESTONES.before)
        if row is None:
            return ""
        self.life.world.crm.edit(self.sobject, row["Id"], Status__c="Approved")
        return f"approved {row['Name']}"

    def approve_for_another_amount(self) -> str:
        row = self._one_in({*MILESTONES.before, "Approved"})
        if row is None or row["Total_Payment_Amount__c"]:
            return ""
        amount = self.dice.choice((Decimal("77.00"), Decimal("1200.00")))
        self.totals(row["Id"]).update((row["Amount__c"], amount))
        self.life.deeds.may_wait.add(row["Id"])
        self.life.world.crm.edit(self.sobject, row["Id"], Amount__c=amount, Status__c="Approved")
        return f"approved {row['Name']} for {amount} instead of {row['Amount__c']}"

    def ask_for_resubmission(self) -> str:
        row = self._one_in({"Submitted", "Approved"})
        if row is None or row["Total_Payment_Amount__c"]:
            return ""
        if row["Status__c"] == "Approved":  # its bill may stand already
            self.life.deeds.may_wait.add(row["Id"])
        self.life.world.crm.edit(self.sobject, row["Id"], Status__c="Resubmission Requested")
        return f"asked for {row['Name']} to be submitted anew"

    def exempt_or_not(self) -> str:
        row = self.a_record()
        if row is None:
            return ""
        exempt = not row["Exempt_from_Sync__c"]
        self.life.world.crm.edit(self.sobject, row["Id"], Exempt_from_Sync__c=exempt)
        return f"{row['Name']} is {'exempt' if exempt else 'not exempt any more'}"

    def edit_the_title(self) -> str:
        row = self.a_record()
        if row is None:
            return ""
        self.life.deeds.may_wait.add(row["Id"])  # the line in Xero says the title
        self.life.world.crm.edit(self.sobject, row["Id"], Title__c=f"{row['Title__c']} again")
        return f"edited the title of {row['Name']}"

    # Applicants ---------------------------------------------------------------------------------

    def new_details(self) -> str:
        who = self.dice.choice(APPLICANTS[:-1])
        address = f"grants@{self.dice.randrange(1000)}.example"
        self.life.world.crm.edit("Account", self._applicant(who), Finance_Email__c=address)
        return f"entered the address {address} for {who}"

    def another_bank_account(self) -> str:
        who, number = self.dice.choice(APPLICANTS), f"{20_000_000 + self.dice.randrange(1000)}"
        self.life.world.crm.edit("Account", self._applicant(who), Bank_Account_Number__c=number)
        return f"entered the bank account {number} for {who}"

    def _applicant(self, name: str) -> str:
        crm = self.life.world.crm
        if name in crm.people:
            return crm.people[name]
        n = APPLICANTS.index(name)
        address = None if name == WITHOUT_ADDRESS else f"grants@{n}.example"
        return crm.applicant(
            name,
            Finance_Email__c=address,
            Bank_BSB__c="062-111",
            Bank_Account_Number__c=f"{10_000_000 + n}",
        )

    # Papers -------------------------------------------------------------------------------------

    def upload(self) -> str:
        row = self.a_record()
        if row is None or not self.life.papers:
            return ""
        self._upload(row["Id"])
        return f"put a file on {row['Name']}"

    def another_version(self) -> str:
        if not self.files:
            return ""
        document, milestone = self.dice.choice(self.files)
        self._save({"ContentDocumentId": document})
        return f"put another version of a file on {milestone}"

    def _upload(self, milestone: str) -> None:
        version = self._save({"FirstPublishLocationId": milestone})
        rows = self.life.world.org.rows("ContentVersion")
        self.files.append(
            next((row["ContentDocumentId"], milestone) for row in rows if row["Id"] == version)
        )

    def _save(self, values: Row) -> str:
        self.uploaded += 1
        content = base64.b64encode(f"file {self.uploaded}".encode()).decode()
        path = {"PathOnClient": f"Paper {self.uploaded}.pdf", "VersionData": content}
        return self.life.world.org.save("ContentVersion", path | values)

    def the_mail_fails(self) -> str:
        """Nobody's doing: the next letter is refused or put off, or the line is cut before or after it arrives."""
        if not self.life.letters:
            return ""
        fault = self.dice.choice(FAULTS)
        self.life.world.mail.faults.append(fault)
        return f"the next letter suffers {fault}"

    # In Xero ------------------------------------------------------------------------------------

    def type_a_bill(self) -> str:
        """Somebody types a milestone's bill into Xero by hand, number and all, for its own contact or for another."""
        row = self.a_record()
        if row is None:
            return ""
        self.typed += 1
        xero = self.life.world.xero
        theirs = [one["id"] for one in xero.contacts() if one["number"] == self.party_of(row)]
        contact = (
            theirs[0]
            if theirs and self.dice.random() < 0.7
            else xero.add_contact(f"Typed {self.typed}")
        )
        line = {"Description": "By hand", "UnitAmount": str(row["Amount__c"]), "AccountCode": "480"}
        self.life.deeds.may_wait.add(row["Id"])
        xero.add_invoice(contact, [line], kind="ACCPAY", InvoiceNumber=row["Name"])
        return f"typed a bill {row['Name']} into Xero"

    def _one_in(self, statuses: frozenset[str] | set[str]) -> Row | None:
        found = [row for row in self.records() if row["Status__c"] in statuses]
        return self.dice.choice(found) if found else None
