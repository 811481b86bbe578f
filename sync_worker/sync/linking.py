"""From a document in Xero to a link on both sides: completed where it is a draft, written back to the CRM, recorded.

Wherever an earlier run stopped on this way, the rest of it is gone here; each step may be done twice without harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sync_worker.domain.document import IN_DOUBT, WAITING, Document, Kind, State
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.invoice import HELD, Draft, Invoice
from sync_worker.domain.link import ledger_link
from sync_worker.domain.rules import InvoiceRules, input_hash
from sync_worker.ports import (
    Change,
    CrmInvoices,
    InvoiceNews,
    LedgerBooks,
    LedgerContacts,
    LedgerInvoices,
    RowRefusal,
)
from sync_worker.sync import documents, payees, preflight
from sync_worker.sync.attempt import Lane
from sync_worker.sync.documents import Completion
from sync_worker.sync.recover import FINAL

REFUSED_BY_CRM = frozenset({HoldClass.WRITE_BACK_REFUSED, HoldClass.LINK_TAKEN})

Begun = Sequence[tuple[Document, Invoice]]


@dataclass(frozen=True, slots=True)
class Finished:
    rows: Sequence[Document]
    updated: int = 0
    """How many were brought to what the CRM says now before they were completed."""


@dataclass(frozen=True, slots=True)
class Linking:
    lane: Lane
    crm: CrmInvoices
    ledger: LedgerInvoices
    contacts: LedgerContacts
    books: LedgerBooks
    rules: InvoiceRules

    def finish(self, begun: Begun) -> Finished:
        """Each row as it ends: WRITTEN, or waiting with the reason, or in doubt."""
        invoices = {invoice.id: invoice for _, invoice in begun}
        rows = {row.record: self._ready(row, invoice) for row, invoice in begun}
        rows |= self._complete_already([(rows[invoice.id], invoice) for _, invoice in begun])
        drafts: list[Completion] = []
        held: dict[SalesforceId, Document] = {}
        for row in rows.values():
            match self._completion(row, invoices[row.record]):
                case Hold() as hold:
                    held[row.record] = self._held(row, hold, invoices[row.record])
                case True:
                    drafts.append(Completion(row))
                case Draft() as contents:
                    inputs = input_hash(invoices[row.record], self.rules)
                    drafts.append(Completion(row, contents, inputs))
                case _:
                    pass
        if self.rules.kind is Kind.BILL and drafts:
            drafts, stopped = self._stopped(drafts, invoices)
            held |= stopped
        rows |= held
        try:
            for batch in documents.complete(self.lane, self.ledger, self.rules, drafts):
                rows |= {row.record: row for row in batch}
        finally:
            rows |= self._record(rows.values(), invoices, held.values())
        edited = {one.row.record for one in drafts if one.contents}
        ended = list(rows.values())
        return Finished(
            ended, sum(1 for row in ended if row.record in edited and row.state is State.WRITTEN)
        )

    def tell(
        self,
        waiting: Iterable[Document],
        invoices: Mapping[SalesforceId, Invoice],
        before: Mapping[SalesforceId, Document],
    ) -> None:
        """The reason and the cure, where the CRM user looks; only when they are new there."""
        news = [
            InvoiceNews(
                record=row.record,
                state=HELD,
                message=f"{row.hold.cause}. To do: {row.hold.cure}.",
                clear_request=invoices[row.record].requested_at is not None,
            )
            for row in waiting
            if row.hold and not _told(before.get(row.record), row.hold, invoices[row.record])
        ]
        for refusal in self.crm.write(news) if news else ():
            self.lane.tell(
                "hold not shown in the CRM",
                record=refusal.record,
                code=refusal.code,
                reason=refusal.message,
            )

    def _ready(self, row: Document, invoice: Invoice) -> Document:
        """A row that waited because the CRM refused its link needs no second visit to Xero, nor does a draft where
        drafts are all that is wanted."""
        refused = row.state in WAITING and row.hold and row.hold.hold_class in REFUSED_BY_CRM
        if refused or (row.state is State.CREATED and self.rules.final_status(invoice) == "DRAFT"):
            return replace(row, state=State.PROMOTED)
        return row

    def _complete_already(self, begun: Begun) -> dict[SalesforceId, Document]:
        """Those whose last step was done, though this journal does not say so: its answer was lost and Xero refuses a
        second one, or the CRM links it and the journal is a copy older than that."""
        asked = [
            row
            for row, invoice in begun
            if row.xero_id
            and (
                row.state is State.REJECTED
                or (
                    row.state in {State.CREATED, State.HELD}
                    and row.xero_id == invoice.xero_id
                    and self.rules.not_due(invoice)
                )
            )
        ]
        known = self.ledger.by_id([row.document_id for row in asked]) if asked else {}
        changes = [
            Change(
                replace(row, state=State.PROMOTED, hold=None),
                f"stands in Xero as {known[row.document_id].status}",
            )
            for row in asked
            if row.document_id in known and known[row.document_id].status in FINAL
        ]
        self.lane.journal.save(changes)
        return {change.document.record: change.document for change in changes}

    def _completion(self, row: Document, invoice: Invoice) -> Draft | Hold | bool:
        """Whether the stored draft is to be completed, with new contents where the invoice was edited since, or why
        it must not be."""
        if not row.xero_id or row.state not in {State.CREATED, *WAITING}:
            return False
        if self.rules.final_status(invoice) == "DRAFT":
            return False
        if reason := self.rules.not_due(invoice):
            return Hold(
                HoldClass.DOCUMENT_CHANGED,
                f"a draft stands in Xero ({row.xero_number}), but {reason}",
                "delete the draft in Xero, or make the invoice due again",
            )
        edited = row.input_hash != input_hash(invoice, self.rules)
        differed = row.hold is not None and row.hold.hold_class is HoldClass.TOTAL_DIFFERS
        # The hash of one that waits is of what was looked at last, which need not be what its draft says.
        if not edited and not differed and row.state not in WAITING:
            return True
        drafted = preflight.draft(invoice, self.rules, self.books.books(), self.books.currencies)
        if isinstance(drafted, Hold) or not differed:
            return drafted
        return self._agreed(row, drafted, edited=edited)

    def _stopped(
        self,
        drafts: Sequence[Completion],
        invoices: Mapping[SalesforceId, Invoice],
    ) -> tuple[list[Completion], dict[SalesforceId, Document]]:
        """The bills that may be completed now, and the rows of those that may not before a person acted."""
        begun = [(one.row, invoices[one.row.record]) for one in drafts]
        holds = payees.refused(self.lane, self.ledger, self.contacts, begun)
        stopped = {
            row.record: self._held(row, hold, invoice)
            for row, invoice in begun
            if (hold := holds.get(row.record))
        }
        return [one for one in drafts if one.row.record not in holds], stopped

    def _agreed(self, row: Document, drafted: Draft, *, edited: bool) -> Draft | Hold | bool:
        """A draft whose total was not the CRM's is completed only when somebody made both agree, on either side."""
        stored = self.ledger.by_id([row.document_id]).get(row.document_id)
        if stored and stored.total == drafted.total:
            return True
        if edited:
            return drafted
        return documents.total_differs(stored.total if stored else None, drafted.total)

    def _held(self, row: Document, hold: Hold, invoice: Invoice) -> Document:
        seen = replace(row, input_hash=input_hash(invoice, self.rules))
        return documents.held(seen, hold, self.lane.clock.now())

    def _record(
        self,
        rows: Iterable[Document],
        invoices: Mapping[SalesforceId, Invoice],
        held: Iterable[Document],
    ) -> dict[SalesforceId, Document]:
        """`held` are those of them that the journal does not know to wait. The CRM is told first: where we die in
        between, the next run finds the same and tells it again."""
        rows = list(rows)
        self.tell([row for row in rows if row.state in WAITING], invoices, {})
        self.lane.journal.save([Change(row, row.hold.cause) for row in held if row.hold])
        done = [
            row
            for row in rows
            if row.xero_id and row.state not in {*IN_DOUBT, *WAITING, State.CREATED}
        ]
        if not done:
            return {}
        now, short_code = self.lane.clock.now(), self.books.books().short_code
        news = [
            InvoiceNews(
                record=row.record,
                state=self.rules.sync_state(invoices[row.record]),
                message="",
                xero_id=row.xero_id,
                xero_number=row.xero_number,
                link=ledger_link(short_code, row.xero_id, row.kind) if row.xero_id else None,
                synced_at=now,
                clear_request=invoices[row.record].requested_at is not None,
            )
            for row in done
        ]
        refused = {SalesforceId(one.record): one for one in self.crm.write(news)}
        changes = [
            self._refused(row, refused[row.record]) if row.record in refused else _written(row)
            for row in done
        ]
        self.lane.journal.save(changes)
        self.tell([one.document for one in changes if one.document.hold], invoices, {})
        return {change.document.record: change.document for change in changes}

    def _refused(self, row: Document, refusal: RowRefusal) -> Change:
        if refusal.code == "ENTITY_IS_DELETED":
            orphan = documents.orphaned(row)
            return Change(orphan, documents.GONE)
        if refusal.code == "LINK_TAKEN":
            hold = Hold(
                HoldClass.LINK_TAKEN,
                f"the CRM record carries another Xero id than {row.xero_id}: {refusal.message}",
                "compare both documents in Xero, void the wrong one, and clear or keep the id in the CRM",
            )
        else:
            hold = Hold(
                HoldClass.WRITE_BACK_REFUSED,
                f"the document stands in Xero as {row.xero_number}, but the CRM refused the link: "
                f"{refusal.code}: {refusal.message}",
                "correct what the CRM names; the link is written then, and nothing is made twice",
            )
        return Change(documents.held(row, hold, self.lane.clock.now()), hold.cause)


def _written(row: Document) -> Change:
    linked = replace(row, state=State.WRITTEN, hold=None, attempts=0, next_try_at=None)
    return Change(linked, "linked in the CRM")


def _told(before: Document | None, hold: Hold, invoice: Invoice) -> bool:
    return (
        before is not None
        and before.hold == hold
        and invoice.sync_state == HELD
        and invoice.requested_at is None
    )
