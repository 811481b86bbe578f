"""Judges both sides by what they hold: each due invoice and each due bill once in Xero, linked both ways, to the cent,
with its papers; each payment once in the CRM, and told once. It reads the vendors' own stores and the mail box, and
knows nothing of the worker's journal."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sync_worker.sandbox.control import ControlPlane
from tests.oracle import APPROVED, GONE, MILESTONES, SORTS, Sort, unpaid

Row = Mapping[str, Any]
NOTICE = re.compile(r" has paid ([\d,]+\.\d\d) [A-Z]{3} for ([\w-]+)")
WAITS = re.compile(r"^(\w+:\S+)\r?\n  why: +(.+?)\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Excused:
    """What the post cannot do. `payments`: those, by their id in Xero, of which nobody is told any more, since their
    letter may have left or was lost with its journal; `forgotten`: a new journal tells anew what waits."""

    payments: Set[str] = frozenset()
    forgotten: bool = False


def never(plane: ControlPlane) -> list[str]:
    """What may not be true at any moment, however the worker was interrupted: anything twice."""
    with plane.held():
        return [*_doubles(plane), *_told_twice(plane)]


def at_the_end(plane: ControlPlane, due: set[str]) -> list[str]:
    """What is still wrong once the worker says it is done; `due` are the numbers that must stand in Xero."""
    with plane.held():
        wrong = [*_doubles(plane)]
        for sort in SORTS:
            wrong += [*_lost(sort, plane, due), *_payments(sort, plane)]
        return wrong + [one.words for one in unpaid(plane.org, plane.xero)]


def papers(plane: ControlPlane) -> list[str]:
    """What hangs wrongly on the bills: of each that is approved its audit document and its milestone's files, once."""
    with plane.held():
        return [*_papers(plane)]


def letters(plane: ControlPlane, held: Set[str], excused: Excused) -> list[str]:
    """Who was not told, or twice; `held` are the milestones that wait for a person."""
    with plane.held():
        return [
            *_told_twice(plane),
            *_untold_payments(plane, excused),
            *_untold_troubles(plane, held, excused),
        ]


# Invoices, bills and payments ---------------------------------------------------------------------


def _doubles(plane: ControlPlane) -> Iterator[str]:
    for record, documents in _marked(plane).items():
        if len(documents) > 1:
            numbers = ", ".join(
                f"{one['number'] or one['id']} {one['status']}" for one in documents
            )
            yield f"{documents[0]['reference']} ({record}) stands in Xero twice: {numbers}"
    contacts = Counter(one["number"] for one in plane.xero.contacts() if one["number"])
    yield from (f"contact {who} stands in Xero {n} times" for who, n in contacts.items() if n > 1)
    for sort in SORTS:
        payments = Counter(row["Finance_External_ID__c"] for row in plane.org.rows(sort.payment))
        yield from (
            f"payment {which} {n} times" for which, n in payments.items() if which and n > 1
        )


def _lost(sort: Sort, plane: ControlPlane, due: set[str]) -> Iterator[str]:
    marked = _marked(plane)
    for row in plane.org.rows(sort.sobject):
        number, documents = row["Name"], marked.get(row["Id"], [])
        if number not in due:
            if documents:
                yield f"{number} was not due and stands in Xero"
        elif documents:
            yield from _unequal(sort, row, documents[0])
        elif row["Status__c"] not in sort.before or row["Contract__c"]:
            yield f"{number} never came to stand in Xero"


def _unequal(sort: Sort, row: Row, document: Row) -> Iterator[str]:
    awaited = row["Status__c"] in sort.before
    said = {
        "its link": (row["Finance_External_ID__c"], document["id"]),
        "its number": (row[sort.number], document["number"]),
        "its total": (Decimal(row[sort.total]), document["total"]),
        "its state": (row["Finance_Sync_State__c"], "Draft" if awaited else "Synced"),
    }
    for what, (ours, theirs) in said.items():
        if ours != theirs:
            yield f"{row['Name']}: {what} is {ours!r} in the CRM and {theirs!r} in Xero"
    if (document["status"] in APPROVED) == awaited:
        yield f"{row['Name']} is {document['status']} in Xero"


def _payments(sort: Sort, plane: ControlPlane) -> Iterator[str]:
    linked = {row["Finance_External_ID__c"]: row for row in plane.org.rows(sort.sobject)}
    theirs = {payment["id"]: payment for payment in plane.xero.payments()}
    for row in plane.org.rows(sort.payment):
        payment = theirs.get(row["Finance_External_ID__c"])
        if payment is None:
            continue
        if Decimal(row["Payment_Amount__c"]) != payment["amount"]:
            yield f"payment {payment['id']} is {row['Payment_Amount__c']} in the CRM, not {payment['amount']}"
        if row[sort.sobject] != linked[payment["invoice_id"]]["Id"]:
            yield f"payment {payment['id']} lies under another {sort.sobject}"


def _marked(plane: ControlPlane) -> Mapping[str, list[Row]]:
    """Xero's living documents by the CRM id that their link carries."""
    found: dict[str, list[Row]] = defaultdict(list)
    for document in plane.xero.documents():
        if document["url"] and document["status"] not in GONE:
            found[document["url"].rsplit("/", 1)[-1].partition("?")[0]].append(document)
    return found


# Papers -------------------------------------------------------------------------------------------


def _papers(plane: ControlPlane) -> Iterator[str]:
    files: dict[str, list[str]] = defaultdict(list)
    for file in plane.org.rows("ContentVersion"):
        files[file["FirstPublishLocationId"]].append(file["PathOnClient"].rpartition(".")[0])
    marked = _marked(plane)
    for row in plane.org.rows(MILESTONES.sobject):
        number, titles = row["Name"], ["audit document", *files[row["Id"]]]
        complete = row["Finance_Sync_State__c"] == "Synced"
        wanted = Counter(f"{number} {title}" for title in titles if complete)
        for bill in marked.get(row["Id"], []):
            hanging = plane.xero.books.attachments.get(bill["id"], ())
            found = Counter(one.name.partition(" (")[0] for one in hanging)
            if found != wanted:
                yield f"on the bill of {number} hang {dict(found)}, not {dict(wanted)}"


# Letters ------------------------------------------------------------------------------------------


def _told_twice(plane: ControlPlane) -> Iterator[str]:
    """An applicant hears of a payment once, and not before the CRM has it."""
    recorded = _recorded(plane)
    for (number, amount), n in _notices(plane).items():
        if n > len(recorded[number, amount]):
            yield f"of {len(recorded[number, amount])} payments of {amount} for {number} {n} letters tell"


def _untold_payments(plane: ControlPlane, excused: Excused) -> Iterator[str]:
    told = _notices(plane)
    for (number, amount), payments in _recorded(plane).items():
        n = told[number, amount]
        if n < len(payments - excused.payments):
            yield f"of {len(payments)} payments of {amount} for {number} only {n} letters tell"


def _untold_troubles(plane: ControlPlane, held: Set[str], excused: Excused) -> Iterator[str]:
    """What waits is shown in the CRM, and told the finance admin once; the same letter may come twice."""
    digests: dict[tuple[str, str], set[str]] = defaultdict(set)
    for letter in plane.mailbox.messages():
        for record, why in WAITS.findall(letter["plain"]):
            digests[record, why].add(letter["message_id"])
    for (record, why), ids in digests.items():
        if len(ids) > 1 and not excused.forgotten:
            yield f"{record} is told in {len(ids)} digests: {why}"
    told = {record for record, _ in digests}
    for row in plane.org.rows(MILESTONES.sobject):
        number, shown = row["Name"], row["Finance_Sync_State__c"] == "Held"
        if number in held and row["Status__c"] == "Approved" and not shown:
            yield f"{number} waits, and the CRM says {row['Finance_Sync_State__c']}"
        if shown and f"bill:{number}" not in told:
            yield f"{number} waits, and nobody was told"


def _notices(plane: ControlPlane) -> Counter[tuple[str, Decimal]]:
    """Letters to applicants, by milestone and amount."""
    told = (NOTICE.search(letter["subject"]) for letter in plane.mailbox.messages())
    return Counter((one[2], Decimal(one[1].replace(",", ""))) for one in told if one)


def _recorded(plane: ControlPlane) -> Mapping[tuple[str, Decimal], set[str]]:
    """The CRM's payments from Xero, by milestone and amount."""
    numbers = {row["Id"]: row["Name"] for row in plane.org.rows(MILESTONES.sobject)}
    found: dict[tuple[str, Decimal], set[str]] = defaultdict(set)
    for row in plane.org.rows(MILESTONES.payment):
        if row["Finance_External_ID__c"]:
            key = numbers[row[MILESTONES.sobject]], Decimal(row["Payment_Amount__c"])
            found[key].add(row["Finance_External_ID__c"])
    return found
