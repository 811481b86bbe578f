"""Contacts and the CRM: nobody is taken for somebody else, nothing filled is overwritten."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PEOPLE = (
    Mutant(
        "a contact is adopted by its name alone",
        "sync_worker/sync/contacts.py",
        'ours = [c for c in same if c.number in {"", party.id} and second_factor(party, c)]',
        'ours = [c for c in same if c.number in {"", party.id}]',
        ("tests/sync/test_contacts.py::test_a_name_alone_is_nobody",),
    ),
    Mutant(
        "two people who share an e-mail address are one",
        "sync_worker/domain/party.py",
        "    if party.account_number and contact.account_number:\n"
        "        return party.account_number == contact.account_number\n",
        "",
        ("tests/sync/test_contacts.py::test_a_name_alone_is_nobody",),
    ),
    Mutant(
        "blank details overwrite filled ones",
        "sync_worker/domain/party.py",
        "for name, value in wanted.items() if value and value != getattr(contact, name)",
        "for name, value in wanted.items() if value != getattr(contact, name)",
        ("tests/domain/test_party.py::test_what_the_crm_does_not_know_is_never_a_difference",),
    ),
    Mutant(
        "somebody else's contact is renamed",
        "sync_worker/domain/party.py",
        "    if contact.number == party.id:\n",
        "    if contact:\n",
        ("tests/sync/test_contacts.py::test_nobody_elses_contact_is_renamed",),
    ),
    Mutant(
        "a contact whose answer was lost is made again without a look",
        "sync_worker/sync/contacts.py",
        "    found = _by_number(directory, known, rows)\n",
        "    found: Found = {}\n",
        (
            "tests/sync/test_contacts.py::test_a_contact_in_doubt_is_looked_for_before_anything_is_sent",
        ),
    ),
    Mutant(
        "an archived contact is used",
        "sync_worker/sync/contacts.py",
        "    if contact.standing == Standing.ACTIVE:\n        return None\n",
        "    if contact.standing:\n        return None\n",
        (
            "tests/sync/test_contacts.py::test_an_archived_contact_holds_the_invoice_and_restored_lets_it_go",
        ),
    ),
    Mutant(
        "a merged contact is not followed",
        "sync_worker/xero/contacts.py",
        "HOPS = 5\n",
        "HOPS = 0\n",
        ("tests/sync/test_contacts.py::test_a_chain_of_merges_is_followed_to_its_end",),
    ),
    Mutant(
        "a link of the CRM is believed for ever",
        "sync_worker/sync/contacts.py",
        "TRUSTED = timedelta(hours=24)",
        "TRUSTED = timedelta(days=9999)",
        ("tests/sync/test_contacts.py::test_after_a_day_it_is_looked_at_again",),
    ),
    Mutant(
        "an invoice carries more of its contact than the id, and so edits it",
        "sync_worker/xero/invoices.py",
        '"Contact": {"ContactID": contact},',
        '"Contact": {"ContactID": contact, "ContactNumber": draft.record},',
        ("tests/sync/test_contacts.py::test_documents_carry_the_contacts_id_alone",),
    ),
    Mutant(
        "the write-back does not read the row again",
        "sync_worker/salesforce/linked.py",
        "        present = self._present_ids([one.record for one in news if one.xero_id])\n",
        "        present: dict[SalesforceId, XeroId | None] = {one.record: None for one in news}\n",
        ("tests/contracts/test_crm_ports.py::test_an_id_that_stands_is_not_overwritten",),
    ),
    Mutant(
        "the write-back fills an id that is filled",
        "sync_worker/salesforce/linked.py",
        "elif one.xero_id and held and held != one.xero_id:",
        "elif one.xero_id and held and not one.xero_id:",
        (
            "tests/sync/test_invoices.py::test_an_id_somebody_else_wrote_meanwhile_is_not_overwritten",
        ),
    ),
    Mutant(
        "one refused row takes the others of its call with it",
        "sync_worker/salesforce/client.py",
        '"allOrNone": False,',
        '"allOrNone": True,',
        (
            "tests/contracts/test_crm_ports.py::test_a_row_that_is_gone_or_refused_leaves_the_others",
        ),
    ),
    Mutant(
        "payments are inserted and not upserted by their Xero id",
        "sync_worker/salesforce/payments.py",
        '            "Finance_External_ID__c": payment.xero_id,\n',
        '            "Finance_External_ID__c": f"{payment.xero_id}-{id(payment)}",\n',
        (
            "tests/contracts/test_crm_ports.py::test_a_payment_is_recorded_once_however_often_it_is_told",
        ),
    ),
    Mutant(
        "a lost answer of the CRM is taken for a refusal that did nothing",
        "sync_worker/salesforce/errors.py",
        '    return OutcomeUnknown(f"Salesforce\'s answer was lost ({_reason(failure)})")',
        '    return Rejected([f"Salesforce\'s answer was lost ({_reason(failure)})"])',
        (
            "tests/contracts/test_crm_ports.py::test_a_write_whose_answer_is_lost_is_made_again_without_harm",
        ),
    ),
    Mutant(
        "a token follows a redirect",
        "sync_worker/salesforce/session.py",
        'options["allow_redirects"] = False',
        'options["allow_redirects"] = True',
        ("tests/salesforce/test_session.py::test_a_redirect_is_not_followed",),
    ),
    Mutant(
        "a token is sent to another host",
        "sync_worker/salesforce/session.py",
        "        if parts.netloc != self._base.netloc:\n",
        "        if not parts.netloc:\n",
        ("tests/salesforce/test_session.py::test_no_other_host_ever_sees_a_token",),
    ),
)
