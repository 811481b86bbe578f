"""An independent judge: reads the two vendors' stores alone, never the journal, and says what is wrong between them.

A breach is of one of four kinds. DUPLICATE: twice where once was promised. LOST: due, and neither standing nor shown
as waiting for a reason that people gave. DIFFERENT: both sides know each other and do not say the same. ORPHANED: it
stands in Xero, no CRM record is linked to it, and nobody is told.

What people did themselves is theirs. Whoever lets people act says so in `Deeds`, and is judged by the same rules with
exactly those deeds excused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import XeroSandbox

Row = dict[str, Any]
GONE = {"DELETED", "VOIDED"}
EXEMPT = "Exempt_from_Sync__c"
APPROVED = {"AUTHORISED", "PAID"}


class Kind(StrEnum):
    DUPLICATE = "duplicate"
    LOST = "lost"
    DIFFERENT = "different"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Sort:
    """What is called how, of invoices and of milestones."""

    sobject: str
    number: str
    total: str
    payment: str
    unpaid: str
    partly: str
    wholly: str
    before: frozenset[str] = frozenset()
    """Statuses before a milestone is approved: nothing needs to stand in Xero, and a draft may."""


INVOICES = Sort(
    "Invoice__c",
    "Xero_Invoice_Number__c",
    "Total_Amount__c",
    "Payment__c",
    "Entered",
    "Partially Paid",
    "Fully Paid",
)
MILESTONES = Sort(
    "Milestone__c",
    "Xero_Bill_Number__c",
    "Amount__c",
    "Milestone_Payment__c",
    "Approved",
    "Part Paid",
    "Paid",
    frozenset({"Draft", "Submitted", "Resubmission Requested"}),
)
SORTS = (INVOICES, MILESTONES)


@dataclass(frozen=True, slots=True)
class Breach:
    kind: Kind
    record: str
    """The CRM number, or the id in Xero."""
    words: str


Order = frozenset[tuple[str, str, Decimal]]
"""(milestone, account in digits, amount): what one bank file tells the bank to pay."""


@dataclass(slots=True)
class Deeds:
    """What people did. Ids of the CRM (`records`, `parties`) and of Xero (`documents`)."""

    may_wait: set[str] = field(default_factory=set)
    """Invoices that people gave a reason to wait, such as a number that somebody typed in Xero already."""
    totals: Mapping[str, set[Decimal]] = field(default_factory=dict)
    """Every total an invoice has had, where people changed it: which of them went out depends on the moment."""
    edited: set[str] = field(default_factory=set)
    """Documents edited, voided or deleted by hand in Xero."""
    parties: set[str] = field(default_factory=set)
    """Participants and accounts whose contact people archived, merged or typed in themselves."""
    may_be_idle: bool = False
    """Invoices were cancelled or deleted after their contact was made."""
    untold: set[str] = field(default_factory=set)
    """Payments that the CRM had and nobody was told of when the journal was lost: their letters went with it."""
    told_again: set[str] = field(default_factory=set)
    """Payments told of since an older journal was copied in which their letters may still have waited."""
    ordered: dict[str, list[Order]] = field(default_factory=dict)
    """By a batch's number: what stood in it each time that somebody submitted or approved it."""
    taken_out: set[tuple[str, str]] = field(default_factory=set)
    """(batch, milestone): a person said that the bank did not pay it."""
    filed: set[str] = field(default_factory=set)
    """Batches of which a person was told that their file is made."""
    filed_again: set[str] = field(default_factory=set)
    """Batches whose file somebody had made once more, with a reason."""
    drafts_may_stay: bool = False
    """A request was held up longer than anything waits: the worst it may leave is a second draft, which nobody owes."""


def wrongs(org: SalesforceOrg, xero: XeroSandbox, *, due: Iterable[str] | None = None) -> list[str]:
    """Every breach where people did nothing by hand; `due` are the CRM numbers that must stand in Xero (all)."""
    return [breach.words for breach in breaches(org, xero, due=due)]


def breaches(
    org: SalesforceOrg,
    xero: XeroSandbox,
    *,
    due: Iterable[str] | None = None,
    deeds: Deeds | None = None,
    seen: Set[str] = frozenset(),
) -> list[Breach]:
    """Every breach of the promises; `seen` are the documents in Xero that the worker shows as waiting for a person."""
    deeds = deeds or Deeds()
    found: list[Breach] = []
    for sort in SORTS:
        rows = org.rows(sort.sobject)
        numbers = {row["Name"] for row in rows} if due is None else set(due)
        wanted = [row for row in rows if row["Name"] in numbers and not row.get(EXEMPT)]
        found += [*_records(sort, wanted, xero, deeds, seen), *_payments(sort, org, xero)]
    known = [row for sort in SORTS for row in org.rows(sort.sobject)]
    return [*found, *_strays(known, xero, seen), *_contacts(org, xero, deeds)]


# Invoices and bills -------------------------------------------------------------------------------


def _records(
    sort: Sort, due: Iterable[Row], xero: XeroSandbox, deeds: Deeds, seen: Set[str]
) -> Iterator[Breach]:
    standing, gone = _by_record(xero)
    for row in due:
        mine = standing.get(row["Id"], [])
        ended_by_hand = any(one["id"] in deeds.edited for one in gone.get(row["Id"], ()))
        yield from _doubles(row, mine, deeds)
        document = _the_one(row, mine)
        if document is not None:
            yield from _unequal(sort, row, document, deeds, seen)
        elif row["Status__c"] not in {"Cancelled", *sort.before} and not ended_by_hand:
            yield from _absent(row, deeds)


def _doubles(row: Row, mine: list[Row], deeds: Deeds) -> Iterator[Breach]:
    counting = [one for one in mine if one["status"] != "DRAFT"] if deeds.drafts_may_stay else mine
    if len(counting) > 1:
        which = ", ".join(f"{one['number']} {one['status']} {one['id']}" for one in counting)
        yield Breach(
            Kind.DUPLICATE, row["Name"], f"{row['Name']} stands {len(counting)} times: {which}"
        )


def _the_one(row: Row, mine: list[Row]) -> Row | None:
    """The linked one, else one that is owed, else any."""
    linked = row["Finance_External_ID__c"]
    order = sorted(mine, key=lambda one: (one["id"] != linked, one["status"] not in APPROVED))
    return order[0] if order else None


def _absent(row: Row, deeds: Deeds) -> Iterator[Breach]:
    name = row["Name"]
    if not _shown(row) or row["Id"] not in deeds.may_wait:
        said = f"shows {row['Finance_Sync_State__c']}: {row['Finance_Message__c']}"
        yield Breach(Kind.LOST, name, f"{name} stands 0 times in Xero and {said}")


def _unequal(sort: Sort, row: Row, document: Row, deeds: Deeds, seen: Set[str]) -> Iterator[Breach]:
    name, by_hand = row["Name"], document["id"] in deeds.edited
    excused = by_hand or row["Id"] in deeds.may_wait or _told(row, deeds)
    if row["Finance_External_ID__c"] != document["id"]:
        words = (
            f"{name} is linked to {row['Finance_External_ID__c']}, its document is {document['id']}"
        )
        if not (_shown(row) or document["id"] in seen):
            yield Breach(Kind.ORPHANED, name, words)
        elif not excused and row["Status__c"] != "Cancelled":
            yield Breach(Kind.LOST, name, words)
        return
    if row[sort.number] != document["number"] and not by_hand:
        words = f"{name} says {row[sort.number]}, Xero says {document['number']}"
        yield Breach(Kind.DIFFERENT, name, words)
    awaited = row["Status__c"] in sort.before
    if (document["status"] not in APPROVED) != awaited and not excused:
        yield Breach(Kind.LOST, name, f"{name} is {document['status']} in Xero")
    total, totals = row[sort.total], deeds.totals.get(row["Id"], set())
    if total is not None and document["total"] not in {total, *totals} and not by_hand:
        words = f"{name} is worth {total} in the CRM and {document['total']} in Xero"
        yield Breach(Kind.DIFFERENT, name, words)
    state = "Draft" if awaited else "Synced"
    if (row["Finance_Sync_State__c"] != state or row["Finance_Message__c"]) and not excused:
        words = f"{name} shows {row['Finance_Sync_State__c']}: {row['Finance_Message__c']}"
        yield Breach(Kind.DIFFERENT, name, words)


def _told(row: Row, deeds: Deeds) -> bool:
    """Changed or cancelled by people after it went out, and the CRM says so."""
    return _shown(row) and (row["Id"] in deeds.totals or row["Status__c"] == "Cancelled")


def _shown(row: Row) -> bool:
    """Whether whoever looks at the record in the CRM reads that it waits, and why."""
    return row["Finance_Sync_State__c"] in {"Held", "Drift"} and bool(row["Finance_Message__c"])


def _strays(invoices: Iterable[Row], xero: XeroSandbox, seen: Set[str]) -> Iterator[Breach]:
    """Nothing that our app made may stand in Xero without a CRM record that knows it, unless somebody is told."""
    rows = {row["Id"] for row in invoices}
    linked = {row["Finance_External_ID__c"] for row in invoices}
    for document in xero.documents():
        if not document["made_by"] or document["status"] in GONE or document["id"] in linked | seen:
            continue
        if record_of(document) not in rows:
            words = f"{document['number']} ({document['reference']}) is in Xero and no CRM record is linked to it"
            yield Breach(Kind.ORPHANED, document["id"], words)


# Contacts -----------------------------------------------------------------------------------------


def _contacts(org: SalesforceOrg, xero: XeroSandbox, deeds: Deeds) -> Iterator[Breach]:
    numbers = defaultdict(list)
    for contact in xero.contacts():
        if contact["number"]:
            numbers[contact["number"]].append(contact["id"])
    for number, ids in numbers.items():
        if len(ids) > 1:
            yield Breach(
                Kind.DUPLICATE, number, f"{len(ids)} Xero contacts carry the number {number}"
            )
    owing = {
        one["contact_id"]
        for one in xero.documents()
        if one["made_by"] and one["status"] not in GONE
    }
    for row in [*org.rows("Contact"), *org.rows("Account")]:
        # A contact that no document of ours names yet is linked with the first; its number in Xero is the CRM's own id.
        made = [one for one in numbers.get(row["Id"], ()) if one in owing or not deeds.may_be_idle]
        if made and row["Finance_External_ID__c"] != made[0] and row["Id"] not in deeds.parties:
            words = f"{row['Name']} is linked to {row['Finance_External_ID__c']}, its contact is {made[0]}"
            yield Breach(Kind.DIFFERENT, row["Name"], words)


# Payments -----------------------------------------------------------------------------------------


def _payments(sort: Sort, org: SalesforceOrg, xero: XeroSandbox) -> Iterator[Breach]:
    """Every payment the CRM has from Xero says what Xero says, once, and the totals are their sums."""
    theirs = {payment["id"]: payment for payment in xero.payments()}
    records = org.rows(sort.payment)
    seen: set[str] = set()
    for record in records:
        known = record["Finance_External_ID__c"]
        if not known:
            continue
        if known in seen:
            yield Breach(Kind.DUPLICATE, known, f"the payment {known} stands twice in the CRM")
        seen.add(known)
        if words := _misreported(record, theirs.get(known)):
            yield Breach(Kind.DIFFERENT, known, words)
    for row in org.rows(sort.sobject):
        mine = [r for r in records if r[sort.sobject] == row["Id"] and r["Include__c"]]
        summed = sum(record["Payment_Amount__c"] for record in mine)
        if (row["Total_Payment_Amount__c"] or 0) != summed:
            words = f"{row['Name']} sums up to {row['Total_Payment_Amount__c']}, its payments to {summed}"
            yield Breach(Kind.DIFFERENT, row["Name"], words)


def _misreported(record: Row, payment: Row | None) -> str:
    known = record["Finance_External_ID__c"]
    if payment is None:
        return f"the CRM has a payment {known} that Xero never had"
    if payment["amount"] != record["Payment_Amount__c"]:
        return f"the payment {known} is {record['Payment_Amount__c']} in the CRM, {payment['amount']} in Xero"
    if record["Paid__c"] != (payment["status"] != "DELETED"):
        return (
            f"the payment {known} is {payment['status']}, and the CRM's Paid is {record['Paid__c']}"
        )
    return ""


def unpaid_in_crm(org: SalesforceOrg, xero: XeroSandbox) -> list[str]:
    """Payments on linked invoices that the CRM does not have, and statuses that do not follow from what is paid."""
    return [breach.words for breach in unpaid(org, xero)]


def unpaid(org: SalesforceOrg, xero: XeroSandbox) -> list[Breach]:
    return [breach for sort in SORTS for breach in _unpaid(sort, org, xero)]


def _unpaid(sort: Sort, org: SalesforceOrg, xero: XeroSandbox) -> list[Breach]:
    linked = {row["Finance_External_ID__c"]: row for row in org.rows(sort.sobject)}
    records = {row["Finance_External_ID__c"] for row in org.rows(sort.payment)}
    missing = [
        Breach(
            Kind.LOST,
            payment["id"],
            f"the payment {payment['id']} of {payment['amount']} is missing",
        )
        for payment in xero.payments()
        if payment["status"] != "DELETED"
        and payment["invoice_id"] in linked
        and payment["id"] not in records
    ]
    return missing + [
        Breach(
            Kind.DIFFERENT,
            row["Name"],
            f"{row['Name']} is {row['Status__c']} with {row['Total_Payment_Amount__c']} of "
            f"{row[sort.total]} paid",
        )
        for row in linked.values()
        if row["Status__c"] != _status(sort, row)
    ]


def _status(sort: Sort, row: Row) -> str:
    paid, total = row["Total_Payment_Amount__c"] or 0, row[sort.total]
    if row["Status__c"] == "Cancelled" or total is None:
        return str(row["Status__c"])
    if not paid:
        kept = {"Not Paid", *sort.before}
        return row["Status__c"] if row["Status__c"] in kept else sort.unpaid
    return sort.wholly if paid >= total else sort.partly


def _by_record(xero: XeroSandbox) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """Those that stand, and those that are voided or deleted; the marker inside each names its CRM record."""
    standing: dict[str, list[Row]] = defaultdict(list)
    gone: dict[str, list[Row]] = defaultdict(list)
    for document in xero.documents():
        if document["url"]:
            where = gone if document["status"] in GONE else standing
            where[record_of(document)].append(document)
    return standing, gone


def record_of(document: Row) -> str:
    """The CRM record whose id our marker bears; empty where there is no marker."""
    return str(document["url"] or "").rpartition("/")[2].partition("?")[0]
