"""An independent judge: reads the two vendors' stores alone, never the journal, and says what is wrong between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import XeroSandbox

Row = dict[str, Any]
GONE = {"DELETED", "VOIDED"}


def wrongs(org: SalesforceOrg, xero: XeroSandbox, *, due: Iterable[str] | None = None) -> list[str]:
    """Every breach of the promises, in words; `due` are the CRM numbers that must stand in Xero (default: all)."""
    invoices = org.rows("Invoice__c")
    numbers = {row["Name"] for row in invoices} if due is None else set(due)
    return [
        *_invoices([row for row in invoices if row["Name"] in numbers], xero),
        *_strays(invoices, xero),
        *_contacts(org, xero),
        *_payments(org, xero),
    ]


def _invoices(due: Iterable[Row], xero: XeroSandbox) -> Iterable[str]:
    by_record = _by_record(xero)
    for row in due:
        name, mine = row["Name"], by_record.get(row["Id"], [])
        if len(mine) != 1:
            yield f"{name} stands {len(mine)} times in Xero"
            continue
        document = mine[0]
        if row["Finance_External_ID__c"] != document["id"]:
            yield f"{name} is linked to {row['Finance_External_ID__c']}, its document is {document['id']}"
        if row["Xero_Invoice_Number__c"] != document["number"]:
            yield f"{name} says {row['Xero_Invoice_Number__c']}, Xero says {document['number']}"
        if document["status"] not in {"AUTHORISED", "PAID"}:
            yield f"{name} is {document['status']} in Xero"
        if row["Total_Amount__c"] is not None and row["Total_Amount__c"] != document["total"]:
            yield f"{name} is worth {row['Total_Amount__c']} in the CRM and {document['total']} in Xero"
        if row["Finance_Sync_State__c"] != "Synced" or row["Finance_Message__c"]:
            yield f"{name} shows {row['Finance_Sync_State__c']}: {row['Finance_Message__c']}"


def _strays(invoices: Iterable[Row], xero: XeroSandbox) -> Iterable[str]:
    """Nothing that our app made may stand in Xero without a CRM record that knows it."""
    linked = {row["Finance_External_ID__c"] for row in invoices}
    for document in xero.documents():
        if document["made_by"] and document["status"] not in GONE and document["id"] not in linked:
            yield f"{document['number']} ({document['reference']}) is in Xero and no CRM record is linked to it"


def _contacts(org: SalesforceOrg, xero: XeroSandbox) -> Iterable[str]:
    numbers = defaultdict(list)
    for contact in xero.contacts():
        if contact["number"]:
            numbers[contact["number"]].append(contact["id"])
    for number, ids in numbers.items():
        if len(ids) > 1:
            yield f"{len(ids)} Xero contacts carry the number {number}"
    for row in [*org.rows("Contact"), *org.rows("Account")]:
        made = numbers.get(row["Id"])
        if made and row["Finance_External_ID__c"] != made[0]:
            yield f"{row['Name']} is linked to {row['Finance_External_ID__c']}, its contact is {made[0]}"


def _payments(org: SalesforceOrg, xero: XeroSandbox) -> Iterable[str]:
    """Every payment the CRM has from Xero says what Xero says, once, and the totals are their sums."""
    theirs = {payment["id"]: payment for payment in xero.payments()}
    records = org.rows("Payment__c")
    seen: dict[str, Row] = {}
    for record in records:
        known = record["Finance_External_ID__c"]
        if not known:
            continue
        if known in seen:
            yield f"the payment {known} stands twice in the CRM"
        seen[known] = record
        payment = theirs.get(known)
        if payment is None:
            yield f"the CRM has a payment {known} that Xero never had"
        elif payment["amount"] != record["Payment_Amount__c"]:
            yield f"the payment {known} is {record['Payment_Amount__c']} in the CRM, {payment['amount']} in Xero"
        elif record["Paid__c"] != (payment["status"] != "DELETED"):
            yield f"the payment {known} is {payment['status']}, and the CRM's Paid is {record['Paid__c']}"
    for row in org.rows("Invoice__c"):
        mine = [r for r in records if r["Invoice__c"] == row["Id"] and r["Include__c"]]
        summed = sum(record["Payment_Amount__c"] for record in mine)
        if (row["Total_Payment_Amount__c"] or 0) != summed:
            yield f"{row['Name']} sums up to {row['Total_Payment_Amount__c']}, its payments to {summed}"


def unpaid_in_crm(org: SalesforceOrg, xero: XeroSandbox) -> list[str]:
    """Payments on linked invoices that the CRM does not have, and statuses that do not follow from what is paid."""
    linked = {row["Finance_External_ID__c"]: row for row in org.rows("Invoice__c")}
    records = {row["Finance_External_ID__c"] for row in org.rows("Payment__c")}
    missing = [
        f"the payment {payment['id']} of {payment['amount']} is missing"
        for payment in xero.payments()
        if payment["status"] != "DELETED"
        and payment["invoice_id"] in linked
        and payment["id"] not in records
    ]
    return missing + [
        f"{row['Name']} is {row['Status__c']} with {row['Total_Payment_Amount__c']} of {row['Total_Amount__c']} paid"
        for row in linked.values()
        if row["Status__c"] != _status(row)
    ]


def _status(row: Row) -> str:
    paid, total = row["Total_Payment_Amount__c"] or 0, row["Total_Amount__c"]
    if row["Status__c"] == "Cancelled" or total is None or not paid:
        return str(row["Status__c"])
    return "Fully Paid" if paid >= total else "Partially Paid"


def _by_record(xero: XeroSandbox) -> dict[str, list[Row]]:
    """The marker inside each document names its CRM record."""
    found: dict[str, list[Row]] = defaultdict(list)
    for document in xero.documents():
        if document["url"] and document["status"] not in GONE:
            found[document["url"].rpartition("/")[2].partition("?")[0]].append(document)
    return found
