"""Whether the org has what the worker needs: every missing object, field and permission at once, each with its cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_worker.domain.errors import Misconfigured, Transient
from sync_worker.domain.finding import Finding, finding
from sync_worker.salesforce.client import SalesforceClient
from sync_worker.salesforce.names import Names

MISSING_FIELD = (
    "deploy it from config/salesforce or give this user access; or name the org's own field in salesforce.names "
    '("{}" = ..., "" to go without it)'
)
GRANT = "the permission set Finance Sync Integration to the integration user"

INVOICE_READ = (
    "Participant__c Plan_Manager__c Invoice_Date__c Due_Date__c Status__c Funding_Type__c Total_Amount__c Currency__c "
    "Finance_Sync_Requested_At__c Total_Payment_Amount__c Last_Payment_Date__c"
)
INVOICE_WRITTEN = (
    "Finance_External_ID__c Xero_Invoice_Number__c Finance_Sync_State__c Finance_Synced_At__c Finance_Link__c "
    "Finance_Message__c Finance_Sync_Requested_At__c"
)
LINE_READ = "Support_Item__c Quantity__c Rate__c Include__c Service_Date__c Description__c"
ITEM_READ = (
    "Support_Item_Number__c Xero_Invoice_Line_Description__c Finance_Account_Code__c Tax_Type__c"
)
PAYMENT_WRITTEN = (
    "Type__c Source__c Paid__c Include__c Payment_Date__c Finance_External_ID__c Payment_Amount__c "
    "Reference__c Reason__c"
)
PAID_READ = "Status__c Finance_External_ID__c Finance_Sync_State__c Amount__c Total_Payment_Amount__c Contract__c"
BATCH_WRITTEN = "Batch_Key__c Title__c Status__c Payment_Date__c File_SHA256__c Exported_At__c"
ITEM_WRITTEN = "Item_Key__c Amount__c Payment_Date__c Status__c Reason__c"
MILESTONE_READ = (
    "Title__c Application__c Contract__c Funding_Category__c Status__c Amount__c Bill_Date__c Exempt_from_Sync__c "
    "Approved_At__c Approved_By__c Finance_Sync_Requested_At__c Total_Payment_Amount__c Last_Payment_Date__c"
)
MILESTONE_WRITTEN = (
    "Bill_Date__c Exempt_from_Sync__c Finance_External_ID__c Xero_Bill_Number__c Finance_Sync_State__c "
    "Finance_Synced_At__c Finance_Link__c Finance_Message__c Finance_Sync_Requested_At__c"
)


@dataclass(frozen=True, slots=True)
class Need:
    sobject: str
    read: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    created: bool = False


ACCOUNT = Need("Account", ("Finance_Email__c",), ("Finance_External_ID__c",))
INVOICE_NEEDS = (
    Need("Invoice__c", tuple(INVOICE_READ.split()), tuple(INVOICE_WRITTEN.split())),
    Need("Invoice_Line_Item__c", tuple(LINE_READ.split())),
    Need("Support_Item__c", tuple(ITEM_READ.split())),
    Need("Payment__c", ("Invoice__c",), tuple(PAYMENT_WRITTEN.split()), created=True),
    Need("Contact", ("NDIS_Number__c",), ("Finance_External_ID__c",)),
    ACCOUNT,
)
BILL_NEEDS = (
    Need("Milestone__c", tuple(MILESTONE_READ.split()), tuple(MILESTONE_WRITTEN.split())),
    Need(
        "Contract__c",
        ("Applicant__c", "Applicant_Contact__c", "Start_Date__c", "Executed_Date__c"),
    ),
    Need("Application__c", ("Applicant__c", "Applicant_Contact__c")),
    Need("Funding_Category__c", ("Finance_Account_Code__c", "Tracking_Option__c")),
    Need("Milestone_Payment__c", ("Milestone__c",), tuple(PAYMENT_WRITTEN.split()), created=True),
    Need("Contact", (), ("Finance_External_ID__c",)),
    ACCOUNT,
)
PAYEE = ("Bank_Account_Name__c", "Bank_BSB__c", "Bank_Account_Number__c")
BATCH_NEEDS = (
    Need("Milestone__c", ("Exempt_from_Sync__c", *PAID_READ.split(), "Application__c")),
    Need("Contract__c", ("Applicant__c", "Applicant_Contact__c")),
    Need("Application__c", ("Applicant__c", "Applicant_Contact__c")),
    Need("Payment_Batch__c", (), tuple(BATCH_WRITTEN.split()), created=True),
    Need(
        "Payment_Batch_Item__c",
        ("Payment_Batch__c", "Milestone__c"),
        tuple(ITEM_WRITTEN.split()),
        created=True,
    ),
    Need("Account", PAYEE),
    Need("Contact", PAYEE),
)
NEEDS = {"invoices": INVOICE_NEEDS, "bills": BILL_NEEDS, "batches": BATCH_NEEDS}
"""Objects and fields, by what is sent; `batches` where a bank is set."""
ALL_NEEDS = (*INVOICE_NEEDS, *BILL_NEEDS, *BATCH_NEEDS)
KNOWN = frozenset(
    {need.sobject for need in ALL_NEEDS}
    | {f"{need.sobject}.{name}" for need in ALL_NEEDS for name in (*need.read, *need.written)}
    | {
        "Invoice__c.Invoice_Line_Items__r",
        "Invoice__c.Payments__r",
        "Milestone__c.Milestone_Payments__r",
    }
)
"""What salesforce.names may speak of."""
UNIQUE = {
    "Invoice__c": "Finance_External_ID__c",
    "Payment__c": "Finance_External_ID__c",
    "Milestone__c": "Finance_External_ID__c",
    "Milestone_Payment__c": "Finance_External_ID__c",
    "Payment_Batch__c": "Batch_Key__c",
    "Payment_Batch_Item__c": "Item_Key__c",
}
"""Fields that must be unique external ids, by their objects: they are what keeps a second record out."""


class SalesforceCheck:
    def __init__(self, client: SalesforceClient, names: Names, sent: Sequence[str]) -> None:
        self._client = client
        self._names = names
        self._sent = sent

    def problems(self) -> Iterator[Finding]:
        try:
            self._client.session.login()
            self._client.limits()
        except Misconfigured as closed:
            yield finding("Salesforce", str(closed), "check the settings under salesforce")
            return
        except Transient as away:
            yield finding(
                "Salesforce", str(away), "check salesforce.url and the network", away=True
            )
            return
        for need in dict.fromkeys(need for what in self._sent for need in NEEDS[what]):
            yield from self._object(need)

    def _object(self, need: Need) -> Iterator[Finding]:
        api_name = self._names.sobject(need.sobject)
        described = self._client.describe(api_name)
        if described is None:
            yield Finding(
                f"Salesforce: the object {api_name} is missing or hidden from this user",
                "deploy config/salesforce, set salesforce.profile and prefix to what the org has, and assign "
                + GRANT,
            )
            return
        fields = {field["name"]: field for field in described["fields"]}
        if need.created and not described.get("createable"):
            yield Finding(
                f"Salesforce: this user may not create {api_name}",
                "assign " + GRANT,
            )
        for name in dict.fromkeys((*need.read, *need.written)):
            yield from self._field(need, name, fields)
        if need.sobject in UNIQUE:
            yield from self._unique(need.sobject, fields)

    def _field(
        self, need: Need, name: str, fields: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[Finding]:
        spelt = self._names.field(need.sobject, name)
        if not spelt:
            return
        where = f"{self._names.sobject(need.sobject)}.{spelt}"
        if spelt not in fields:
            yield Finding(
                f"Salesforce: the field {where} is missing or hidden from this user",
                MISSING_FIELD.format(f"{need.sobject}.{name}"),
            )
        elif name in need.written and not fields[spelt].get("updateable"):
            yield Finding(
                f"Salesforce: this user may not edit {where}",
                "give edit access, or assign " + GRANT,
            )

    def _unique(self, sobject: str, fields: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
        field = fields.get(self._names.field(sobject, UNIQUE[sobject]))
        if field and not (field.get("unique") and field.get("externalId")):
            yield Finding(
                f"Salesforce: {self._names.sobject(sobject)}.{field['name']} is not a unique external id",
                "tick External ID and Unique on the field: it is what keeps a second record out",
            )
