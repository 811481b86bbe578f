"""Tracking options that bills need and Xero does not have yet: made before the bills are, once each.

An option is named only once in its category, so that a second one of a name is refused by Xero itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync_worker.domain.batch import Done, Outcome
from sync_worker.domain.books import Books
from sync_worker.domain.document import Document, Kind, State
from sync_worker.domain.errors import OutcomeUnknown, Rejected
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.invoice import Draft, Invoice
from sync_worker.domain.rules import InvoiceRules
from sync_worker.ports import Change, LedgerBooks, LedgerTracking
from sync_worker.sync import preflight
from sync_worker.sync.attempt import Lane, attempt


@dataclass(frozen=True, slots=True)
class Options:
    lane: Lane
    ledger: LedgerTracking
    books: LedgerBooks
    rules: InvoiceRules

    def ensure(self, invoices: Sequence[Invoice]) -> None:
        """Makes what is missing for those that could be made if it were there. What cannot be made is left to the
        preflight, which holds whoever needs it."""
        category = self.rules.tracking_category
        books = self.books.books()
        if category not in books.tracking:
            return
        missing = {
            source: line.tracking_option
            for invoice in invoices
            for line in invoice.lines
            if (source := line.tracking_source)
            and books.option(category, line.tracking_option) is None
        }
        if not missing:
            return
        wanted = self._wanted(invoices, books.with_options(category, missing.values()))
        rows = self.lane.journal.documents(Kind.OPTION, wanted)
        unsure = False
        for source, name in missing.items():
            if source in wanted:
                row = rows.get(source) or Document(Kind.OPTION, source, name)
                unsure |= not self._made(category, replace(row, number=name))
        if unsure:
            self._look(category, wanted)

    def _wanted(self, invoices: Sequence[Invoice], supposed: Books) -> set[SalesforceId]:
        """Sources of those invoices that nothing else holds back: nothing is written for one that is held."""
        return {
            line.tracking_source
            for invoice in invoices
            if isinstance(
                preflight.draft(invoice, self.rules, supposed, self.books.currencies), Draft
            )
            for line in invoice.lines
            if line.tracking_source
        }

    def _made(self, category: str, row: Document) -> bool:
        """False where Xero has to be looked at again to know."""
        frozen = self.ledger.prepare_option(category, row.number, row.record)

        def understand(row: Document, outcome: Outcome) -> Change:
            if isinstance(outcome, Done):
                made = replace(row, state=State.WRITTEN, xero_id=outcome.xero_id)
                return Change(made, f"made in the tracking category {category}")
            return Change(replace(row, state=State.UNSURE), "Xero did not speak of it")

        try:
            (ended,) = attempt(self.lane, frozen, [row], understand)
        except (Rejected, OutcomeUnknown) as failure:
            self.lane.tell("tracking option not made", option=row.number, reason=str(failure))
            return False
        if ended.xero_id:
            self.books.add_option(category, row.number)
        return ended.xero_id is not None

    def _look(self, category: str, sources: set[SalesforceId]) -> None:
        """A refusal can mean that it is there by now, and a lost answer too."""
        self.books.forget()
        books = self.books.books()
        found = [
            replace(row, state=State.WRITTEN, xero_id=xero_id)
            for row in self.lane.journal.documents(Kind.OPTION, sources).values()
            if row.state is not State.WRITTEN and (xero_id := books.option_id(category, row.number))
        ]
        self.lane.journal.save([Change(row, "found in Xero") for row in found])
