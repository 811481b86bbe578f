"""Judges both sides by what they hold: each due invoice once in Xero, linked both ways, to the cent; each payment once
in the CRM. It reads the vendors' own stores and knows nothing of the worker's journal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sync_worker.sandbox.control import ControlPlane

GONE = {"VOIDED", "DELETED"}
Row = Mapping[str, Any]


def never(plane: ControlPlane) -> list[str]:
    """What may not be true at any moment, however the worker was interrupted: anything twice."""
    with plane.held():
        return [*_doubles(plane)]


def at_the_end(plane: ControlPlane, due: set[str]) -> list[str]:
    """What is still wrong once the worker says it is done; `due` are the numbers that must stand in Xero."""
    with plane.held():
        return [*_doubles(plane), *_lost(plane, due), *_payments(plane)]


def _doubles(plane: ControlPlane) -> Iterator[str]:
    for record, documents in _marked(plane).items():
        if len(documents) > 1:
            numbers = ", ".join(
                f"{one['number'] or one['id']} {one['status']}" for one in documents
            )
            yield f"{documents[0]['reference']} ({record}) stands in Xero twice: {numbers}"
    contacts = Counter(one["number"] for one in plane.xero.contacts() if one["number"])
    yield from (f"contact {who} stands in Xero {n} times" for who, n in contacts.items() if n > 1)
    payments = Counter(row["Finance_External_ID__c"] for row in plane.org.rows("Payment__c"))
    yield from (f"payment {which} {n} times" for which, n in payments.items() if which and n > 1)


def _lost(plane: ControlPlane, due: set[str]) -> Iterator[str]:
    marked = _marked(plane)
    for row in plane.org.rows("Invoice__c"):
        number, documents = row["Name"], marked.get(row["Id"], [])
        if number not in due:
            if documents:
                yield f"{number} was not due and stands in Xero"
        elif not documents:
            yield f"{number} never came to stand in Xero"
        else:
            yield from _unequal(row, documents[0])


def _unequal(row: Row, document: Row) -> Iterator[str]:
    said = {
        "its link": (row["Finance_External_ID__c"], document["id"]),
        "its number": (row["Xero_Invoice_Number__c"], document["number"]),
        "its total": (Decimal(row["Total_Amount__c"]), document["total"]),
        "its state": (row["Finance_Sync_State__c"], "Synced"),
    }
    for what, (ours, theirs) in said.items():
        if ours != theirs:
            yield f"{row['Name']}: {what} is {ours!r} in the CRM and {theirs!r} in Xero"
    if document["status"] not in {"AUTHORISED", "PAID"}:
        yield f"{row['Name']} is {document['status']} in Xero"


def _payments(plane: ControlPlane) -> Iterator[str]:
    linked = {row["Finance_External_ID__c"]: row for row in plane.org.rows("Invoice__c")}
    known = {row["Finance_External_ID__c"]: row for row in plane.org.rows("Payment__c")}
    for payment in plane.xero.payments():
        if payment["invoice_id"] not in linked or payment["status"] == "DELETED":
            continue
        row = known.get(payment["id"])
        if row is None:
            yield f"payment {payment['id']} of {payment['amount']} never came to the CRM"
        elif Decimal(row["Payment_Amount__c"]) != payment["amount"]:
            yield f"payment {payment['id']} is {row['Payment_Amount__c']} in the CRM, not {payment['amount']}"
        elif row["Invoice__c"] != linked[payment["invoice_id"]]["Id"]:
            yield f"payment {payment['id']} lies under another invoice"


def _marked(plane: ControlPlane) -> Mapping[str, list[Row]]:
    """Xero's living documents by the CRM id that their link carries."""
    found: dict[str, list[Row]] = defaultdict(list)
    for document in plane.xero.documents():
        if document["url"] and document["status"] not in GONE:
            found[document["url"].rsplit("/", 1)[-1].partition("?")[0]].append(document)
    return found
