"""What people do with invoices in a random life: those who enter them in the CRM, and those who keep the books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tests.simulation.people import People, next_after
from tests.world import Row

PEOPLE = ("Sam Client", "Ann Other", "Kim Lee", "Jo Walker")


@dataclass
class Invoicing(People):
    numbering: str = "xero"

    sobject = "Invoice__c"
    parties = ("Contact",)
    processes = ("invoices", "invoices", "invoices", "payments", "payments", "verify")
    account = "200"

    @property
    def acts(self) -> tuple[Callable[[], str], ...]:
        return (
            self.enter_a_record,
            self.enter_a_record,
            self.enter_a_record,
            self.edit_an_invoice,
            self.edit_an_invoice,
            self.cancel_a_record,
            self.delete_a_record,
            self.delete_a_record,
            self.undelete_a_record,
            self.undelete_a_record,
            self.new_details,
            self.pay,
            self.pay,
            self.pay,
            self.pay,
            self.take_a_payment_back,
            self.take_a_payment_back,
            self.pay_by_card,
            self.void_a_document,
            self.edit_a_document,
            self.touch_a_document,
            self.type_a_document,
            self.archive_a_contact,
            self.restore_a_contact,
            self.merge_contacts,
            self.type_a_contact,
            self.lock_or_unlock,
        )

    def party_of(self, row: Row) -> str:
        return str(row["Participant__c"])

    def enter_a_record(self) -> str:
        crm, dice = self.life.world.crm, self.dice
        self.entered += 1
        lines = [
            crm.line(dice.choice((1, 2, 3, "0.25")), dice.choice(("50.00", "33.335", "9.99")))
            for _ in range(dice.randint(1, 2))
        ]
        who = dice.choice(PEOPLE)
        crm.invoice(f"INV-{self.entered}", who=crm.participant(who), lines=lines)
        return f"entered INV-{self.entered} for {who}"

    def edit_an_invoice(self) -> str:
        row = self.a_record()
        if row is None or row["Finance_External_ID__c"] or row["Total_Payment_Amount__c"]:
            return ""
        world = self.life.world
        lines = [
            one for one in world.org.rows("Invoice_Line_Item__c") if one["Invoice__c"] == row["Id"]
        ]
        self.totals(row["Id"]).add(row["Total_Amount__c"])
        for line in lines[1:]:
            world.org.remove("Invoice_Line_Item__c", line["Id"])
        world.crm.edit("Invoice_Line_Item__c", lines[0]["Id"], Quantity__c=1, Rate__c=77)
        world.crm.edit("Invoice__c", row["Id"], Total_Amount__c=77)
        # Between the three there are moments at which lines and total do not agree.
        self.life.deeds.may_wait.add(row["Id"])
        self.totals(row["Id"]).add(Decimal(77))
        return f"edited {row['Name']}"

    def new_details(self) -> str:
        name = self.dice.choice(PEOPLE)
        record = self.life.world.crm.participant(name)
        address = f"{self.dice.randrange(1000)}@care.example"
        self.life.world.crm.edit("Contact", record, Email=address)
        return f"entered the address {address} for {name}"

    def pay_by_card(self) -> str:
        """The CRM has it first, as Stripe; then somebody enters the same money in Xero."""
        document = self.a_document("AUTHORISED")
        if document is None or not document["amount_due"]:
            return ""
        linked = [r for r in self.records() if r["Finance_External_ID__c"] == document["id"]]
        if not linked:
            return ""
        due = document["amount_due"]
        self.life.world.xero.pay(document["id"], due)
        self.life.world.crm.payment(linked[0]["Id"], str(due))
        return f"paid {due} on {document['reference']} by card, and entered it in Xero too"

    def type_a_document(self) -> str:
        """Somebody types one of the CRM's invoices into Xero by hand, number and all."""
        row = self.a_record()
        if row is None:
            return ""
        self.typed += 1
        xero = self.life.world.xero
        contact = xero.add_contact(f"Typed {self.typed}")
        line = {"Description": "By hand", "UnitAmount": "100", "AccountCode": "200"}
        # Either the number that the CRM has given, or the one that Xero would give next.
        theirs = [one["number"] for one in xero.documents() if one["number"].startswith("INV-00")]
        number = row["Name"] if self.dice.random() < 0.5 or not theirs else next_after(max(theirs))
        if self.numbering == "crm":
            self.life.deeds.may_wait |= {r["Id"] for r in self.records() if r["Name"] == number}
        xero.add_invoice(contact, [line], InvoiceNumber=number, Reference=row["Name"])
        return f"typed {row['Name']} into Xero as {number}"

    def type_a_contact(self) -> str:
        name = self.dice.choice(PEOPLE)
        self.blame_contact(self.life.world.crm.participant(name))
        self.life.world.xero.add_contact(name)
        return f"typed the contact {name} into Xero"
