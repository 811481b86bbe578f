"""Before a bill is completed: is its draft still made out to whom the CRM wants paid, and has nobody entered the same
bill beside it? Xero takes any number of bills of one number, so that only looking keeps a second one out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sync_worker.domain.document import Document, Kind
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Invoice, LedgerInvoice
from sync_worker.ports import Journal, LedgerContacts, LedgerInvoices
from sync_worker.sync.attempt import Lane
from sync_worker.sync.contacts import strangers


def refused(
    lane: Lane,
    ledger: LedgerInvoices,
    contacts: LedgerContacts,
    begun: Sequence[tuple[Document, Invoice]],
) -> dict[SalesforceId, Hold | None]:
    """Those that must not be completed, and why; None where the draft was made just now and Xero does not list it yet,
    so that the next run asks again. Those that may be completed are not in it."""
    listed = ledger.numbered(list(dict.fromkeys(row.xero_number for row, _ in begun)))
    drafts = {one.id: one for one in listed}
    pairs = [(row, invoice, drafts.get(row.document_id)) for row, invoice in begun]
    payees = _payees(lane.journal, [invoice for _, invoice in begun])
    others = strangers(
        contacts,
        {
            row.record: (draft.contact, payees.get(row.record, set()))
            for row, _, draft in pairs
            if draft and draft.contact
        },
    )
    holds: dict[SalesforceId, Hold | None] = {}
    for row, invoice, draft in pairs:
        if draft is None and _made_just_now(lane, row):
            holds[row.record] = None
        elif draft is None or draft.gone:
            holds[row.record] = _gone(row)
        elif row.record in others:
            holds[row.record] = _payee_changed(row, invoice)
        elif double := _double(draft, listed):
            holds[row.record] = _possible_duplicate(double)
    return holds


def _made_just_now(lane: Lane, row: Document) -> bool:
    """Nothing is called absent before QUIET has passed since it was sent: lists lag behind writes."""
    quiet = timedelta(seconds=lane.patience.quiet)
    return row.sent_at is not None and lane.sender.now() - row.sent_at <= quiet


def _payees(journal: Journal, invoices: Sequence[Invoice]) -> Mapping[SalesforceId, set[XeroId]]:
    """The contact each is to be paid to, by the CRM's link, else by what the journal knows of it. Whoever has none had
    none when the draft was made either: it is somebody else's."""
    payees = {one.id: one.payee for one in invoices if one.payee}
    unlinked = {payee.id for payee in payees.values() if payee.xero_id is None}
    known = journal.documents(Kind.CONTACT, unlinked) if unlinked else {}
    found = {
        record: payee.xero_id or (known[payee.id].xero_id if payee.id in known else None)
        for record, payee in payees.items()
    }
    return {record: {contact} for record, contact in found.items() if contact}


def _double(draft: LedgerInvoice, listed: Iterable[LedgerInvoice]) -> LedgerInvoice | None:
    return next(
        (
            one
            for one in listed
            if one.id != draft.id
            and not one.gone
            and (one.number, one.contact, one.total) == (draft.number, draft.contact, draft.total)
        ),
        None,
    )


def _gone(row: Document) -> Hold:
    return Hold(
        HoldClass.VOIDED_IN_XERO,
        f"the draft {row.xero_number} was deleted in Xero",
        "clear the Finance External ID of the milestone to have it made anew, or exempt the milestone",
    )


def _payee_changed(row: Document, invoice: Invoice) -> Hold:
    who = invoice.payee.name if invoice.payee else "nobody"
    return Hold(
        HoldClass.PAYEE_CHANGED,
        f"the draft {row.xero_number} in Xero is made out to somebody else than {who}, whom the CRM wants paid now",
        "delete the draft in Xero and clear the milestone's Finance External ID; or link the applicant to the draft's "
        "contact by its id",
    )


def _possible_duplicate(double: LedgerInvoice) -> Hold:
    return Hold(
        HoldClass.POSSIBLE_DUPLICATE,
        f"another bill of the same supplier, number and total stands in Xero ({double.number}, {double.status})",
        "void or delete the one that is wrong in Xero, then retry",
    )
