"""After a crash or a lost answer: what our app has made is looked for by its marker, adopted, or proved absent.

The look comes before anything is sent, once at the start of the program and again whenever something is in doubt. It
costs one call per thousand documents that changed since the last clean run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from more_itertools import chunked

from sync_worker.domain.document import IN_DOUBT, WAITING, Document, Kind, Sighting, State
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice, LedgerInvoice
from sync_worker.domain.link import Marker
from sync_worker.domain.rules import InvoiceRules
from sync_worker.ports import Change, LedgerInvoices
from sync_worker.sync.attempt import Lane

LOOKED = {Kind.INVOICE: "looked", Kind.BILL: "looked for bills"}
"""The cursors: Xero's time up to which the journal knows everything our app has made."""
MARGIN = timedelta(seconds=2)
PAGE = 1000
FINAL = frozenset({"SUBMITTED", "AUTHORISED", "PAID"})


@dataclass(slots=True)
class Recovery:
    """One connection's looks. `looked` stays False until the first one of this process is done."""

    lane: Lane
    ledger: LedgerInvoices
    rules: InvoiceRules
    looked: bool = False
    new_since: datetime | None = None
    """When this process first looked, by Xero's time, where its journal never had: it may have been lost a minute
    ago, together with what was on its way then. None where not, or where that was waited for."""
    adopted: int = 0
    """Documents found again since the start of this process."""

    def settle_doubts(self) -> list[Document]:
        """Looks if need be, and answers the rows whose outcome is still unknown."""
        doubtful = self._doubtful()
        if self.looked and not doubtful:
            return []
        # What has an id is asked for by it.
        lost = [row for row in doubtful if row.xero_id is None]
        if lost or not self.looked:
            self._look_for(lost)
        return self._decide(self._doubtful())

    def _look_for(self, lost: Sequence[Document]) -> None:
        since = self._since(lost)
        first, began = not self.looked, self.lane.clock.now()
        forgotten = self._look(since)
        if since is None and first:
            # Xero's time is only known by its first answer; our own may be an hour wrong.
            self.new_since = self.lane.sender.now() - max(
                timedelta(), self.lane.clock.now() - began
            )
        if forgotten:
            self.outwait()

    def outwait(self) -> None:
        """A journal was lost, and whoever had it may have died with a call on its way that no journal knows of. What
        was made shortly before may not be listed yet either, so the second look begins as long before the first."""
        if self.new_since is None:
            return
        quiet = timedelta(seconds=self.lane.patience.quiet)
        left = (self.new_since + quiet - self.lane.sender.now()).total_seconds()
        self.lane.tell(
            "the journal is new but somebody was here before, waiting for what may still arrive",
            seconds=max(0.0, left),
        )
        if left > 0:
            self.lane.clock.sleep(left)
        self._look(self.new_since - quiet - MARGIN)
        self.new_since = None

    def clean(self) -> None:
        """A run ended with nothing in doubt: whatever our app has made by now is in the journal."""
        if self.looked and not self._doubtful():
            self.lane.journal.move_cursor(LOOKED[self.rules.kind], self.lane.sender.now())

    def adopt_numbered(self, rows: Sequence[Document]) -> list[Document]:
        """Rows refused because their number exists: ours are adopted, the others stay refused."""
        found = self.ledger.numbered([row.number for row in rows])
        ours = {
            marker.record: invoice
            for invoice in found
            if (marker := Marker.read(invoice.url)) and not invoice.gone
        }
        changes = [self._adoption(row, ours[row.record]) for row in rows if row.record in ours]
        self.lane.journal.save(changes)
        return [change.document for change in changes]

    def adopt_seen(self, row: Document, sighting: Sighting) -> Document:
        """A document the journal had forgotten. It carries this record's id, so it is this record's, whatever number
        the invoice has by now."""
        adopted = replace(
            row,
            state=self._state(sighting.status),
            xero_id=sighting.xero_id,
            xero_number=sighting.xero_number,
            total=sighting.total,
            generation=sighting.generation,
            hold=None,
        )
        self.lane.journal.save([Change(adopted, "found in Xero by our marker and adopted")])
        return adopted

    def standing(self, rows: Sequence[Document]) -> dict[SalesforceId, Document]:
        """Of rows that were linked once, though the CRM's id is empty now: those whose document still stands in Xero
        and is ours. The others were voided or deleted, or never were in these books: they may be made anew."""
        if not rows:
            return {}
        known = self.ledger.by_id([row.xero_id for row in rows if row.xero_id])
        standing: dict[SalesforceId, Document] = {}
        changes: list[Change] = []
        for row in rows:
            invoice = known.get(row.document_id)
            marker = Marker.read(invoice.url) if invoice else None
            if invoice and marker and marker.record == row.record and not invoice.gone:
                standing[row.record] = replace(row, state=self._state(invoice.status))
                continue
            anew = replace(
                row, state=State.NEW, generation=row.generation + 1, xero_id=None, xero_number=""
            )
            changes.append(
                Change(anew, "the CRM's id was cleared and Xero has no such document: made anew")
            )
        self.lane.journal.save(changes)
        return standing | {change.document.record: change.document for change in changes}

    def taken_over(self, linked: Sequence[Invoice]) -> dict[SalesforceId, Document]:
        """Drafts that the CRM links and the journal does not know: somebody else made them, or a journal was lost.
        Those that do not stand in Xero are left out."""
        known = self.ledger.by_id([one.xero_id for one in linked if one.xero_id]) if linked else {}
        changes = [
            self._adoption(
                Document(self.rules.kind, one.id, one.number), found, "by the CRM's link"
            )
            for one in linked
            if one.xero_id and (found := known.get(one.xero_id)) and not found.gone
        ]
        self.lane.journal.save(changes)
        return {change.document.record: change.document for change in changes}

    def _doubtful(self) -> list[Document]:
        return self.lane.journal.in_state(self.rules.kind, IN_DOUBT, limit=100_000)

    def _since(self, lost: Iterable[Document]) -> datetime | None:
        """From when on to look; None for a journal that never looked, which looks at all there is. A process that has
        looked knows whatever it made itself: it looks back no further than to where the lost ones first left."""
        since = self.lane.journal.cursor(LOOKED[self.rules.kind])
        left = [self._first_left(batch) for batch in {row.batch for row in lost}]
        if self.looked and None not in left:
            return min(at - MARGIN for at in left if at)
        if since is None:
            return None
        # The cursor itself needs no margin: it lags behind Xero's time, never ahead, and is cut to the second. With
        # one, a run of a thousand documents in its last second would be read twice by the look after it.
        return min([since, *(row.sent_at - MARGIN for row in lost if row.sent_at)])

    def _first_left(self, batch: str | None) -> datetime | None:
        known = self.lane.journal.batch(batch) if batch else None
        return known[2] if known else None

    def _look(self, since: datetime | None) -> int:
        """How many were seen that the journal does not know."""
        count = forgotten = 0
        for page in chunked(self.ledger.made_by_us(since), PAGE):
            count += len(page)
            forgotten += self._match(page)
        self.lane.tell("looked for what was made before", since=since, documents=count)
        self.looked = True
        return forgotten

    def _match(self, page: Sequence[LedgerInvoice]) -> int:
        marked = [(marker, one) for one in page if (marker := Marker.read(one.url))]
        rows = self.lane.journal.documents(self.rules.kind, [marker.record for marker, _ in marked])
        changes: list[Change] = []
        sightings: list[Sighting] = []
        for marker, invoice in marked:
            row = rows.get(marker.record)
            if invoice.gone:
                continue
            if row is None:
                sightings.append(sighted(marker, invoice))
            elif row.xero_id is None or _only_a_draft(row, invoice):
                changes.append(self._adoption(row, invoice))
                rows[marker.record] = changes[-1].document
            elif row.xero_id != invoice.id:
                self.lane.tell(
                    "a second document carries our marker",
                    record=row.number,
                    known=row.xero_id,
                    other=invoice.id,
                )
        self.lane.journal.save(changes)
        self.lane.journal.see(sightings)
        self.adopted += len(changes)
        return len(sightings)

    def _adoption(
        self, row: Document, invoice: LedgerInvoice, how: str = "by our marker"
    ) -> Change:
        adopted = replace(
            row,
            state=self._state(invoice.status),
            xero_id=invoice.id,
            xero_number=invoice.number,
            total=invoice.total,
            hold=None,
        )
        return Change(adopted, f"found in Xero {how} as {invoice.status} and adopted")

    def _state(self, status: str) -> State:
        return State.PROMOTED if status in FINAL or not self.rules.completes else State.CREATED

    def _decide(self, rows: Sequence[Document]) -> list[Document]:
        """Those with an id are asked for by it; the others are absent once QUIET has passed since they
        may have left."""
        known = self.ledger.by_id([row.xero_id for row in rows if row.xero_id])
        now = self.lane.sender.now()
        changes: list[Change] = []
        remaining: list[Document] = []
        for row in rows:
            if row.xero_id:
                changes.append(self._known(row, known))
            elif self._absent(row, now):
                changes.append(
                    Change(
                        replace(
                            row,
                            state=State.NEW,
                            generation=row.generation + 1,
                            sent_at=None,
                            batch=None,
                        ),
                        f"not in Xero {self.lane.patience.quiet:.0f} s after it may have left: proved absent, "
                        "to be made anew",
                    )
                )
            else:
                remaining.append(row)
                if row.state is State.SENDING:
                    changes.append(
                        Change(
                            replace(row, state=State.UNSURE),
                            "the program stopped while this was on its way; waiting until it can be proved absent",
                        )
                    )
        self.lane.journal.save(changes)
        return remaining

    def _known(self, row: Document, known: dict[XeroId, LedgerInvoice]) -> Change:
        invoice = known.get(row.document_id)
        if invoice is None:
            return Change(replace(row, state=State.CREATED), "asked for again")
        return Change(
            replace(row, state=self._state(invoice.status)), f"stands in Xero as {invoice.status}"
        )

    def _absent(self, row: Document, now: datetime) -> bool:
        return row.sent_at is not None and now - row.sent_at > timedelta(
            seconds=self.lane.patience.quiet
        )


def _only_a_draft(row: Document, invoice: LedgerInvoice) -> bool:
    """Whether we know a draft of a record that stands there in its final status as well: that one is owed, so that the
    draft must never be completed beside it. A request that came very late can leave such a second draft."""
    begun = row.state in {State.CREATED, *WAITING}
    return begun and row.xero_id != invoice.id and invoice.status in FINAL


def sighted(marker: Marker, invoice: LedgerInvoice) -> Sighting:
    return Sighting(
        record=SalesforceId(marker.record),
        generation=marker.generation,
        xero_id=invoice.id,
        xero_number=invoice.number,
        reference=invoice.reference,
        status=invoice.status,
        total=invoice.total,
    )
