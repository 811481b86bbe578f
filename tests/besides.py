"""The judge of what comes beside bills: papers that hang on them, letters about payments, and bank files.

It reads the two vendors' stores, the mail box and the folder of bank files as a bank would, never the journal.
"""

from __future__ import annotations

import base64
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from decimal import Decimal
from pathlib import Path
from typing import Any

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import XeroSandbox
from tests.bankfiles.readers import read_aba
from tests.oracle import APPROVED, EXEMPT, Breach, Deeds, Kind, Order, record_of

Row = dict[str, Any]
Letters = Iterable[Mapping[str, Any]]
Told = Counter[tuple[str, Decimal]]
"""(milestone, amount): how often an applicant was told that so much was paid of it."""

AUDIT = "audit document"
PAID = re.compile(r"has paid ([\d,]+\.\d\d) \w+ for (\S+)$")


# Papers -------------------------------------------------------------------------------------------


def papers(org: SalesforceOrg, xero: XeroSandbox, deeds: Deeds) -> Iterator[Breach]:
    """Nothing hangs on a bill twice, and what should hang there does."""
    milestones = {row["Id"]: row for row in org.rows("Milestone__c")}
    latest = _latest_files(org)
    for document in xero.documents():
        row = milestones.get(record_of(document))
        if row is None or document["kind"] != "ACCPAY":
            continue
        hanging = xero.books.attachments.get(document["id"], ())
        contents = Counter(one.content for one in hanging if AUDIT not in one.name)
        for content, times in contents.items():
            if times > 1:
                words = (
                    f"the file {content[:40]!r} hangs {times} times on the bill of {row['Name']}"
                )
                yield Breach(Kind.DUPLICATE, row["Name"], words)
        audits = sum(AUDIT in one.name for one in hanging)
        if audits > 1:
            words = f"{audits} audit documents hang on the bill of {row['Name']}"
            yield Breach(Kind.DUPLICATE, row["Name"], words)
        if not _settled(row, document) or document["id"] in deeds.edited:
            continue
        if not audits:
            words = f"no audit document hangs on the bill of {row['Name']}"
            yield Breach(Kind.LOST, row["Name"], words)
        for name, content, since in latest[row["Id"]]:
            # A file that is put on a milestone later is seen once the milestone changes again.
            if content not in contents and since <= row["LastModifiedDate"]:
                words = f"the file {name} does not hang on the bill of {row['Name']}"
                yield Breach(Kind.LOST, row["Name"], words)


def _settled(row: Row, document: Row) -> bool:
    """The bill is complete, and both sides say so."""
    return (
        row["Finance_External_ID__c"] == document["id"]
        and row["Finance_Sync_State__c"] == "Synced"
        and document["status"] in APPROVED
        and not row[EXEMPT]
    )


def _latest_files(org: SalesforceOrg) -> Mapping[str, list[tuple[str, bytes, str]]]:
    """By the record it stands on: the name, the bytes, and since when, of each file's latest version."""
    found: dict[str, list[tuple[str, bytes, str]]] = defaultdict(list)
    versions = {
        row["ContentDocumentId"]: row for row in org.rows("ContentVersion") if row["IsLatest"]
    }
    for link in org.rows("ContentDocumentLink"):
        version = versions[link["ContentDocumentId"]]
        since = max(link["SystemModstamp"], version["CreatedDate"])
        content = base64.b64decode(version["VersionData"])
        found[link["LinkedEntityId"]].append((version["Title"], content, since))
    return found


# Letters ------------------------------------------------------------------------------------------


def told(letters: Letters) -> Told:
    """What applicants have read."""
    found: Told = Counter()
    for letter in letters:
        if said := PAID.search(letter["subject"]):
            found[said[2], Decimal(said[1].replace(",", ""))] += 1
    return found


def letters(
    org: SalesforceOrg, xero: XeroSandbox, read: Letters, deeds: Deeds, shown: Set[str]
) -> Iterator[Breach]:
    """Nobody is told of a payment twice, and each payment that the CRM has is told of, or shown in `shown` as a letter
    whose fate a person has to decide."""
    made: dict[tuple[str, Decimal], list[Row]] = defaultdict(list)
    for payment, number in payments_of_bills(org, xero):
        made[number, payment["amount"]].append(payment)
    for (number, amount), times in told(read).items():
        known = made.get((number, amount), [])
        excused = sum(payment["id"] in deeds.told_again for payment in known)
        if times > len(known) + excused:
            words = (
                f"somebody was told {times} times of {len(known)} payments of {amount} for {number}"
            )
            yield Breach(Kind.DUPLICATE, number, words)
    yield from _untold(org, made, told(read), deeds, shown)


def _untold(
    org: SalesforceOrg,
    made: Mapping[tuple[str, Decimal], list[Row]],
    said: Told,
    deeds: Deeds,
    shown: Set[str],
) -> Iterator[Breach]:
    addressed = _addressed(org)
    recorded = {
        row["Finance_External_ID__c"]
        for row in org.rows("Milestone_Payment__c")
        if row["Include__c"] and row["Milestone__c"] in addressed
    }
    for (number, amount), payments in made.items():
        due = {
            payment["id"]
            for payment in payments
            if payment["status"] != "DELETED" and payment["id"] in recorded
        } - deeds.untold
        if len(due - shown) > said[number, amount]:
            words = f"nobody was told of {len(due - shown)} payments of {amount} for {number}"
            yield Breach(Kind.LOST, number, f"{words} more than {said[number, amount]} times")


def payments_of_bills(org: SalesforceOrg, xero: XeroSandbox) -> Iterator[tuple[Row, str]]:
    """Every payment ever made on a bill of ours, and the number of its milestone. Where that was deleted, with all its
    payments in the CRM, the bill still bears the number."""
    names = {row["Id"]: row["Name"] for row in org.rows("Milestone__c")}
    documents = {document["id"]: document for document in xero.documents()}
    for payment in xero.payments():
        document = documents.get(payment["invoice_id"])
        if document and (record := record_of(document)):
            yield payment, names.get(record, document["number"])


def _addressed(org: SalesforceOrg) -> set[str]:
    """Milestones whose applicant has an address."""
    accounts = {row["Id"]: row for row in org.rows("Account")}
    contracts = {row["Id"]: row["Applicant__c"] for row in org.rows("Contract__c")}
    return {
        row["Id"]
        for row in org.rows("Milestone__c")
        if accounts[contracts[row["Contract__c"]]]["Finance_Email__c"]
    }


# Bank files ---------------------------------------------------------------------------------------


def bank_files(org: SalesforceOrg, folder: Path, deeds: Deeds) -> Iterator[Breach]:
    """Each file pays exactly what one person handed in and another approved, each batch is filed once, and no milestone
    is paid more than it was ever worth by all of them."""
    filed: dict[str, list[Order]] = defaultdict(list)
    for path in sorted(folder.glob("*.aba")):
        batch = "-".join(path.stem.split("-")[:2])
        order, wrong = _read(path, deeds.ordered.get(batch, ()))
        yield from (Breach(Kind.DIFFERENT, batch, words) for words in wrong)
        filed[batch].append(order)
    for batch, orders in filed.items():
        if len(orders) > 1 and batch not in deeds.filed_again:
            yield Breach(Kind.DUPLICATE, batch, f"{batch} was filed {len(orders)} times")
    for batch in sorted(deeds.filed - set(filed)):
        yield Breach(Kind.LOST, batch, f"the file of {batch} was said to be made, and is not there")
    yield from _overpaid(org, filed, deeds)


def _read(path: Path, approved: Iterable[Order]) -> tuple[Order, list[str]]:
    """What a file tells the bank to pay, and what is wrong with it."""
    content = read_aba(path.read_bytes())
    lines = [(str(one.reference), _digits(one.account), one.amount) for one in content.payees]
    order, wrong = frozenset(lines), []
    if content.total != sum(amount for _, _, amount in lines):
        wrong.append(f"the total of {path.name} is not that of its lines")
    if order not in approved or len(lines) > len(order):
        wrong.append(f"{path.name} pays {sorted(lines)}, which nobody approved")
    return order, wrong


def _overpaid(
    org: SalesforceOrg, filed: Mapping[str, list[Order]], deeds: Deeds
) -> Iterator[Breach]:
    """By all batches together, of which only the last file went to the bank."""
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for batch, orders in filed.items():
        for milestone, _, amount in orders[-1]:
            if (batch, milestone) not in deeds.taken_out:
                paid[milestone] += amount
    for row in org.rows("Milestone__c"):
        worth, ordered = _worth(row, deeds), paid[row["Name"]]
        if ordered > worth:
            words = f"bank files pay {ordered} for {row['Name']}, which is worth {worth}"
            yield Breach(Kind.DUPLICATE, row["Name"], words)


def stands_in(org: SalesforceOrg, batch: str) -> Order:
    """What a payment batch pays, as people see it in the CRM."""
    milestones = {row["Id"]: row for row in org.rows("Milestone__c")}
    contracts = {row["Id"]: row["Applicant__c"] for row in org.rows("Contract__c")}
    accounts = {
        row["Id"]: f"{row['Bank_BSB__c']}{row['Bank_Account_Number__c']}"
        for row in org.rows("Account")
    }
    batches = {row["Id"]: row["Name"] for row in org.rows("Payment_Batch__c")}
    return frozenset(
        (row["Name"], _digits(accounts[contracts[row["Contract__c"]]]), item["Amount__c"])
        for item in org.rows("Payment_Batch_Item__c")
        if batches[item["Payment_Batch__c"]] == batch
        and item["Status__c"] != "Removed"
        and (row := milestones.get(item["Milestone__c"]))
    )


def _worth(row: Row, deeds: Deeds) -> Decimal:
    """The most it ever was."""
    amounts: set[Decimal] = {row["Amount__c"] or Decimal(0), *deeds.totals.get(row["Id"], ())}
    return max(amounts)


def _digits(account: str) -> str:
    return "".join(one for one in account if one.isdigit())
