"""Payment records of the CRM, written by their Finance External ID so that none is ever there twice."""

from __future__ import annotations

from collections.abc import Sequence

from more_itertools import chunked

from sync_worker.domain.payment import PaymentRecord
from sync_worker.ports import RowRefusal
from sync_worker.salesforce.client import COLLECTION, Row, SalesforceClient
from sync_worker.salesforce.linked import Called
from sync_worker.salesforce.names import Names
from sync_worker.salesforce.values import moment
from sync_worker.salesforce.writes import rewritten


class SalesforcePayments:
    """ports.CrmPayments on a real org."""

    def __init__(self, client: SalesforceClient, names: Names, called: Called) -> None:
        self._client = client
        self._called = called
        self._field = names.of(called.payment)

    def upsert(self, payments: Sequence[PaymentRecord]) -> list[RowRefusal]:
        """Sorted by invoice, so that one call after the other locks a parent, never two at once."""
        ordered = sorted(payments, key=lambda payment: (payment.invoice, payment.xero_id))
        return [
            refusal
            for part in chunked(ordered, COLLECTION)
            for refusal in rewritten(self._write, part, lambda payment: payment.xero_id)
        ]

    def _write(self, payments: Sequence[PaymentRecord]) -> list[RowRefusal]:
        records = [self._record(payment) for payment in payments]
        results = self._client.upsert(
            self._field.api_name, self._field("Finance_External_ID__c"), records
        )
        return [
            RowRefusal(str(payment.xero_id), result.code, result.message)
            for payment, result in zip(payments, results, strict=True)
            if not result.success
        ]

    def _record(self, payment: PaymentRecord) -> Row:
        values = {
            "Finance_External_ID__c": payment.xero_id,
            self._called.sobject: payment.invoice,
            "Type__c": payment.type,
            "Source__c": payment.source,
            "Paid__c": payment.paid,
            "Include__c": payment.include,
            "Payment_Date__c": moment(payment.date),
            "Payment_Amount__c": payment.amount,
            "Reference__c": payment.reference or None,
            "Reason__c": payment.reason or None,
        }
        return {self._field(name): value for name, value in values.items() if self._field(name)}
