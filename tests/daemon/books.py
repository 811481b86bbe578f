"""What the pretend CRM holds in the tests with real processes: a few plain invoices, each of one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sync_worker.sandbox.control import ControlPlane

ITEM = {"Name": "Self-care assistance", "Finance_Account_Code__c": "200"}


def due_invoices(
    plane: ControlPlane, *numbers: str, who: str = "Robin Reed", **fields: Any
) -> dict[str, str]:
    """Their record ids by number; each is owed 100.00 by a participant of its own."""
    names = [f"{who} {number}" for number in numbers]
    people = plane.org.load("Contact", [_person(name) for name in names])
    (item,) = plane.org.load("Support_Item__c", [ITEM])
    today = plane.clock.now().date().isoformat()
    invoices = plane.org.load(
        "Invoice__c",
        [
            {
                "Name": number,
                "Participant__c": person,
                "Invoice_Date__c": today,
                "Total_Amount__c": 100,
                **fields,
            }
            for number, person in zip(numbers, people, strict=True)
        ],
    )
    plane.org.load("Invoice_Line_Item__c", _lines(invoices, item))
    return dict(zip(numbers, invoices, strict=True))


def _person(name: str) -> dict[str, str]:
    first, _, last = name.partition(" ")
    return {"FirstName": first, "LastName": last, "Email": f"{name.replace(' ', '.')}@example.com"}


def _lines(invoices: Sequence[str], item: str) -> Iterator[dict[str, Any]]:
    for invoice in invoices:
        yield {"Invoice__c": invoice, "Support_Item__c": item, "Quantity__c": 2, "Rate__c": 50}


def crm_invoice(plane: ControlPlane, number: str) -> dict[str, Any]:
    with plane.held():
        return next(row for row in plane.org.rows("Invoice__c") if row["Name"] == number)


def xero_references(plane: ControlPlane) -> list[str]:
    """The CRM numbers on Xero's documents, one for each document."""
    with plane.held():
        return sorted(one["reference"] for one in plane.xero.documents())
