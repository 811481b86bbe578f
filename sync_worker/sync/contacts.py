"""Who is who: every party of the CRM finds its one contact in Xero, or a reason why not.

Order of evidence: the id the CRM stores; ContactNumber, which is the CRM's own id; then exactly the same name together
with a second factor. A name alone never adopts a contact. Xero refuses a second contact of one number or name, so a
creation that is refused is looked up, not repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from more_itertools import chunked

from sync_worker.domain.batch import Done, Outcome, Refused
from sync_worker.domain.document import IN_DOUBT, Document, Kind, State
from sync_worker.domain.errors import OutcomeUnknown, OutOfOrder, Rejected
from sync_worker.domain.hold import Hold, HoldClass
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.party import (
    Contact,
    Party,
    Standing,
    differences,
    ledger_name,
    same_name,
    second_factor,
)
from sync_worker.domain.rules import InvoiceRules, details_hash
from sync_worker.ports import Change, CrmParties, LedgerContacts
from sync_worker.sync.attempt import MOST_LOST, Lane, attempt

TRUSTED = timedelta(hours=24)
"""How long a link that was looked at is used without another look."""

LOCKED = "UNABLE_TO_LOCK_ROW"
"""The CRM's word for a record that somebody else is saving."""

Found = dict[SalesforceId, XeroId | Hold]


@dataclass(slots=True)
class Directory:
    """Where contacts are looked for, made and remembered."""

    lane: Lane
    ledger: LedgerContacts
    crm: CrmParties
    rules: InvoiceRules
    opened_at: datetime | None = None

    def open(self) -> None:
        """A run begins: what it links by itself is believed until it ends, whatever the CRM's query still shows."""
        self.opened_at = self.lane.clock.now()


def ensure(directory: Directory, parties: Iterable[Party]) -> Found:
    """The Xero contact of every party, made or updated where needed; ids are written back to the CRM. A party is
    missing from the answer while Xero does not say whether its contact was made, or while somebody saves its record in
    the CRM: the next run asks again."""
    wanted = {party.id: party for party in parties}
    rows = directory.lane.journal.documents(Kind.CONTACT, wanted)
    found: Found = {}
    linked: list[Party] = []
    unlinked: list[Party] = []
    for party in wanted.values():
        row = rows.get(party.id)
        if row and _trusted(directory, party, row):
            found[party.id] = row.document_id
        elif party.xero_id:
            linked.append(party)
        else:
            unlinked.append(party)
    found |= _check_linked(directory, linked, rows)
    found |= _make(directory, unlinked, rows)
    locked = _write_back(directory, wanted, found)
    return {record: contact for record, contact in found.items() if record not in locked}


def _trusted(directory: Directory, party: Party, row: Document) -> bool:
    """A link with the same details that this run made, or that was seen within a day and stands in the CRM too."""
    if row.state is not State.WRITTEN or row.xero_id is None or row.updated_at is None:
        return False
    if row.input_hash != details_hash(party):
        return False
    if party.xero_id is None:
        return directory.opened_at is not None and row.updated_at >= directory.opened_at
    return party.xero_id == row.xero_id and directory.lane.clock.now() - row.updated_at < TRUSTED


def strangers(
    ledger: LedgerContacts, made_out: Mapping[SalesforceId, tuple[XeroId, Set[XeroId]]]
) -> set[SalesforceId]:
    """Of records with the contact their document is made out to and those it may be made out to: the ones where it is
    none of them, merges followed. Asked of Xero only where the ids differ."""
    doubtful = {
        record: (contact, wanted)
        for record, (contact, wanted) in made_out.items()
        if contact not in wanted
    }
    asked = sorted({one for contact, wanted in doubtful.values() for one in (contact, *wanted)})
    known = ledger.by_id(asked) if asked else {}
    return {
        record
        for record, (contact, wanted) in doubtful.items()
        if known.get(contact) not in [known.get(one) for one in wanted]
    }


# Those with an id ---------------------------------------------------------------------------------


def _check_linked(
    directory: Directory, parties: Sequence[Party], rows: Mapping[SalesforceId, Document]
) -> Found:
    """Follows merges, refuses archived ones, and sends what changed of the details."""
    if not parties:
        return {}
    ids = {party.id: party.xero_id for party in parties if party.xero_id}
    contacts = directory.ledger.by_id(list(dict.fromkeys(ids.values())))
    found: Found = {}
    usable: list[tuple[Party, Contact]] = []
    for party in parties:
        contact = contacts.get(ids[party.id])
        if contact is None:
            found[party.id] = Hold(
                HoldClass.CONTACT_MISSING,
                f"{party.name} is linked to the Xero contact {ids[party.id]}, which Xero does not know",
                "clear or correct the Finance External ID of this participant or account",
            )
        elif hold := _standing(party, contact):
            found[party.id] = hold
        else:
            usable.append((party, contact))
            found[party.id] = contact.id
    _link(directory, usable, rows)
    return found


def _standing(party: Party, contact: Contact) -> Hold | None:
    if contact.standing == Standing.ACTIVE:
        return None
    return Hold(
        HoldClass.CONTACT_ARCHIVED,
        f"the Xero contact {contact.name} of {party.name} is archived",
        "restore the contact in Xero (Contacts, Archived, Restore), or link another one by its id",
    )


def _link(
    directory: Directory,
    pairs: Sequence[tuple[Party, Contact]],
    rows: Mapping[SalesforceId, Document],
) -> None:
    """Remembers who is who, and updates the contacts whose details changed in the CRM."""
    changed = [
        (party, contact, what) for party, contact in pairs if (what := differences(party, contact))
    ]
    changing = {party.id for party, _, _ in changed}
    directory.lane.journal.save(
        [
            Change(_row(directory, party, rows, contact.id), f"is the Xero contact {contact.name}")
            for party, contact in pairs
            if party.id not in changing
        ]
    )
    for part in chunked(changed, directory.rules.batch):
        frozen = directory.ledger.prepare_changes(
            [(party, contact.id, what) for party, contact, what in part]
        )
        before = [_row(directory, party, rows, contact.id) for party, contact, _ in part]
        try:
            attempt(directory.lane, frozen, before, _updated)
        except (Rejected, OutcomeUnknown) as failure:
            # The link stands and the invoice can go; the details are sent again when they are next looked at.
            directory.lane.tell("contact details not updated", reason=str(failure))
            directory.lane.journal.save(
                [
                    Change(_unsent(row), "linked; its new details are still to be sent")
                    for row in before
                ]
            )


def _updated(row: Document, outcome: Outcome) -> Change:
    match outcome:
        case Done():
            return Change(replace(row, state=State.WRITTEN), "details updated in Xero")
        case Refused(messages=messages):
            said = "; ".join(messages)
            return Change(
                replace(row, state=State.WRITTEN), f"Xero refused the new details: {said}"
            )
        case _:
            return Change(_unsent(row), "Xero did not say whether it took the new details")


def _unsent(row: Document) -> Document:
    """Linked, but with details that will not be believed sent. Updates by id may be repeated without harm."""
    return replace(row, state=State.WRITTEN, input_hash="")


# Those without ------------------------------------------------------------------------------------


def _make(
    directory: Directory, parties: Sequence[Party], rows: Mapping[SalesforceId, Document]
) -> Found:
    if not parties:
        return {}
    # Sent before, whatever came of it, or linked in a CRM that forgot it: our number in Xero tells.
    known = [party for party in parties if (row := rows.get(party.id)) and _may_stand(row)]
    found = _by_number(directory, known, rows)
    refused: dict[SalesforceId, tuple[str, ...]] = {}
    lost: list[Party] = []
    in_a_row = 0
    for part in chunked(
        [party for party in parties if party.id not in found], directory.rules.batch
    ):
        try:
            made, not_made = _create(directory, part, rows)
        except OutcomeUnknown as unknown:
            directory.lane.tell("contacts in doubt", contacts=len(part), reason=str(unknown))
            lost += part
            in_a_row += 1
            if in_a_row == MOST_LOST:
                raise OutOfOrder from unknown
            continue
        in_a_row = 0
        found |= made
        refused |= not_made
    clashing = [party for party in parties if party.id in refused]
    rows = directory.lane.journal.documents(Kind.CONTACT, [party.id for party in parties])
    found |= _by_number(directory, [*clashing, *lost], rows)
    found |= _by_name(directory, [p for p in clashing if p.id not in found], rows, refused)
    return found


def _may_stand(row: Document) -> bool:
    return row.state in IN_DOUBT or row.xero_id is not None


def _create(
    directory: Directory, parties: Sequence[Party], rows: Mapping[SalesforceId, Document]
) -> tuple[Found, dict[SalesforceId, tuple[str, ...]]]:
    """Those made, and those refused with Xero's words."""
    refused: dict[SalesforceId, tuple[str, ...]] = {}

    def understand(row: Document, outcome: Outcome) -> Change:
        match outcome:
            case Done(xero_id=xero_id):
                made = replace(row, state=State.WRITTEN, xero_id=xero_id)
                return Change(made, "made as a contact in Xero")
            case Refused(messages=messages):
                refused[row.record] = messages
                again = replace(row, state=State.NEW, generation=row.generation + 1)
                return Change(again, f"Xero refused: {'; '.join(messages)}")
            case _:
                return Change(replace(row, state=State.UNSURE), "Xero did not speak of it")

    before = [_row(directory, party, rows, None) for party in parties]
    frozen = directory.ledger.prepare_new(
        [(party, row.generation) for party, row in zip(parties, before, strict=True)]
    )
    try:
        after = attempt(directory.lane, frozen, before, understand)
    except Rejected as whole:
        if len(parties) == 1:
            return {}, {parties[0].id: tuple(whole.messages)}
        half = len(parties) // 2
        first, second = (
            _create(directory, part, rows) for part in (parties[:half], parties[half:])
        )
        return first[0] | second[0], first[1] | second[1]
    return {row.record: row.xero_id for row in after if row.xero_id}, refused


def _by_number(
    directory: Directory, parties: Sequence[Party], rows: Mapping[SalesforceId, Document]
) -> Found:
    """Our number says it all: whoever carries it is the contact, archived or not."""
    if not parties:
        return {}
    contacts = directory.ledger.by_number([party.id for party in parties])
    found: Found = {}
    usable: list[tuple[Party, Contact]] = []
    for party in parties:
        contact = contacts.get(party.id)
        if contact is None:
            continue
        found[party.id] = _standing(party, contact) or contact.id
        if contact.standing == Standing.ACTIVE:
            usable.append((party, contact))
    _link(directory, usable, rows)
    return found


def _by_name(
    directory: Directory,
    parties: Sequence[Party],
    rows: Mapping[SalesforceId, Document],
    refused: Mapping[SalesforceId, tuple[str, ...]],
) -> Found:
    if not parties:
        return {}
    namesakes = directory.ledger.named([party.name for party in parties])
    found: Found = {}
    adopted: list[tuple[Party, Contact]] = []
    renamed: list[Party] = []
    for party in parties:
        same = [contact for contact in namesakes if same_name(contact.name, party.name)]
        ours = [c for c in same if c.number in {"", party.id} and second_factor(party, c)]
        if len(ours) == 1:
            adopted.append((party, ours[0]))
            found[party.id] = ours[0].id
        elif same and directory.rules.suffix_same_names:
            renamed.append(_suffixed(party))
        elif same:
            found[party.id] = _name_taken(party, same)
        else:
            found[party.id] = Hold(
                HoldClass.CONTACT_REFUSED,
                f"Xero refused the contact {party.name}: {'; '.join(refused[party.id])}",
                "correct the details of this participant or account in the CRM",
            )
    _link(directory, adopted, rows)
    for part in chunked(renamed, directory.rules.batch):
        made, not_made = _create(directory, part, rows)
        found |= made
        found |= {party.id: _name_taken(party, []) for party in part if party.id in not_made}
    return found


def _name_taken(party: Party, namesakes: Sequence[Contact]) -> Hold:
    whose = (
        "it belongs to another CRM record"
        if any(contact.number for contact in namesakes)
        else "neither a client number nor an e-mail address proves that they are one"
    )
    return Hold(
        HoldClass.CONTACT_NAME_TAKEN,
        f"Xero already has a contact called {ledger_name(party.name)}, and {whose}",
        "if they are one, put the contact's Xero id into Finance External ID; if not, tell the names apart "
        "(or set invoices.same_name to suffix)",
    )


def _suffixed(party: Party) -> Party:
    """The same suffix on every try: the end of the party's own number."""
    return replace(
        party, name=f"{ledger_name(party.name)} ({(party.account_number or party.id)[-4:]})"
    )


# Remembering --------------------------------------------------------------------------------------


def _row(
    directory: Directory,
    party: Party,
    rows: Mapping[SalesforceId, Document],
    xero_id: XeroId | None,
) -> Document:
    row = rows.get(party.id) or Document(Kind.CONTACT, party.id, ledger_name(party.name))
    return replace(
        row,
        state=State.WRITTEN if xero_id else State.NEW,
        input_hash=details_hash(party),
        xero_id=xero_id,
        updated_at=directory.lane.clock.now(),
    )


def _write_back(
    directory: Directory, parties: Mapping[SalesforceId, Party], found: Found
) -> set[str]:
    """Those whose record was locked all the while."""
    links = [
        (parties[record], contact)
        for record, contact in found.items()
        if not isinstance(contact, Hold) and parties[record].xero_id != contact
    ]
    # Where the CRM cannot be reached this ends the run before an invoice is made: once it is linked, nobody would ask
    # for its contact again. A refusal that will not pass by itself keeps no invoice back.
    refused = directory.crm.write_ids(links) if links else ()
    for refusal in refused:
        directory.lane.tell(
            "contact id not written back",
            record=refusal.record,
            code=refusal.code,
            reason=refusal.message,
        )
    return {refusal.record for refusal in refused if refusal.code == LOCKED}
