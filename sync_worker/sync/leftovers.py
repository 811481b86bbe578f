"""What is left of invoices that the next query will not show: cancelled since, dated back, or gone from the CRM.

None of them stands in Xero unseen, and none waits for ever for somebody who has no reason to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from sync_worker.domain.document import WAITING, Document, State
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.rules import InvoiceRules
from sync_worker.ports import Change, CrmInvoices, LedgerInvoices
from sync_worker.sync.attempt import Lane
from sync_worker.sync.documents import GONE, cancelled, orphaned
from sync_worker.sync.linking import Finished, Linking

MOST = 1000
"""Rows taken up in one run; the others wait for the next."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    lane: Lane
    crm: CrmInvoices
    ledger: LedgerInvoices
    linking: Linking
    rules: InvoiceRules

    def finish(self) -> Finished:
        """Documents that an earlier run began and did not bring to their end."""
        rows = self.lane.journal.in_state(
            self.rules.kind, (State.CREATED, State.PROMOTED), limit=MOST
        )
        present = self.crm.by_id([row.record for row in rows]) if rows else {}
        orphans = self._orphan(row for row in rows if row.record not in present)
        begun = [(row, present[row.record]) for row in rows if row.record in present]
        finished = self.linking.finish(begun) if begun else Finished(())
        return replace(finished, rows=[*orphans, *finished.rows])

    def waiting(self) -> set[SalesforceId]:
        """Those that wait; whoever sees one of them due takes it out."""
        rows = self.lane.journal.in_state(self.rules.kind, WAITING, limit=100_000)
        return {row.record for row in rows}

    def let_go(self, unseen: AbstractSet[SalesforceId]) -> Finished:
        """Holds whose invoice is not due any more. A cancelled invoice waits for nothing; one whose draft still stands
        in Xero waits until somebody deletes the draft; one that the CRM links already, by a write that seemed to have
        failed, has come to its end."""
        now = self.lane.clock.now()
        waiting = self.lane.journal.documents(self.rules.kind, unseen).values()
        rows = [
            row
            for row in waiting
            if row.xero_id is None or (row.next_try_at and row.next_try_at <= now)
        ][:MOST]
        if not rows:
            return Finished(())
        present = self.crm.by_id([row.record for row in rows])
        gone = [row for row in rows if row.record not in present]
        self._orphan(row for row in gone if row.xero_id)
        self._cancel((row for row in gone if not row.xero_id), "its CRM record is gone")
        for row in rows:
            if row.record in present and not row.xero_id:
                reason = self.rules.not_due(present[row.record])
                self._cancel([row] if reason else [], f"it waits no longer: {reason}")
        begun = [
            (row, present[row.record]) for row in rows if row.xero_id and row.record in present
        ]
        linked = [(row, invoice) for row, invoice in begun if row.xero_id == invoice.xero_id]
        self._cancel(
            self._deleted_drafts([row for row, invoice in begun if row.xero_id != invoice.xero_id]),
            "its draft was deleted in Xero",
        )
        return self.linking.finish(linked) if linked else Finished(())

    def _deleted_drafts(self, rows: Sequence[Document]) -> list[Document]:
        stored = self.ledger.by_id([row.document_id for row in rows]) if rows else {}
        return [row for row in rows if (found := stored.get(row.document_id)) is None or found.gone]

    def _orphan(self, rows: Iterable[Document]) -> list[Document]:
        orphans = [orphaned(row) for row in rows]
        self.lane.journal.save([Change(row, GONE) for row in orphans])
        return orphans

    def _cancel(self, rows: Iterable[Document], words: str) -> None:
        self.lane.journal.save([Change(cancelled(row), words) for row in rows])
