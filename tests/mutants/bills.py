"""What keeps a bill from being made twice, for the wrong payee, or before its time."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

TESTS = "tests/sync/test_bills.py::"

BILLS = (
    Mutant(
        "a bill is made in its final status at once",
        "sync_worker/xero/invoices.py",
        "        fenced = self.crm_numbers and self.kind is Kind.INVOICE\n",
        "        fenced = self.crm_numbers\n",
        (f"{TESTS}test_a_bill_is_made_as_a_draft_first_since_xero_takes_any_number_twice",),
    ),
    Mutant(
        "a bill is completed without another look",
        "sync_worker/sync/linking.py",
        "        if self.rules.kind is Kind.BILL and drafts:\n",
        "        if self.rules.kind is Kind.CONTACT and drafts:\n",
        (f"{TESTS}test_the_same_bill_typed_in_by_somebody_else_stops_the_second_one",),
    ),
    Mutant(
        "the journal knows that a draft waits before the CRM shows it",
        "sync_worker/sync/linking.py",
        "        return documents.held(seen, hold, self.lane.clock.now())\n",
        "        held = documents.held(seen, hold, self.lane.clock.now())\n"
        "        self.lane.journal.save([Change(held, hold.cause)])\n"
        "        return held\n",
        (
            f"{TESTS}test_where_it_dies_before_the_crm_is_told_a_draft_that_waits_is_shown_by_the_next_run",
        ),
    ),
    Mutant(
        "a draft is completed whoever it is made out to",
        "sync_worker/sync/payees.py",
        "        elif row.record in others:\n",
        "        elif row.record in others and invoice.payee is None:\n",
        (f"{TESTS}test_a_draft_made_out_to_another_payee_is_not_completed",),
    ),
    Mutant(
        "the same bill of the same supplier is no duplicate",
        "sync_worker/sync/payees.py",
        "            if one.id != draft.id\n",
        "            if one.id == draft.id\n",
        (f"{TESTS}test_the_same_bill_typed_in_by_somebody_else_stops_the_second_one",),
    ),
    Mutant(
        "a draft is said to hold what never reached it",
        "sync_worker/sync/documents.py",
        "    rows = [one.row for one in members]\n",
        "    rows = [answered(one) for one in members]\n",
        (
            f"{TESTS}test_a_draft_whose_new_contents_never_arrived_is_not_completed_with_the_old_ones",
        ),
    ),
    Mutant(
        "a draft that waited is completed as it stands",
        "sync_worker/sync/linking.py",
        "        if not edited and not differed and row.state not in WAITING:\n",
        "        if not edited and not differed:\n",
        (f"{TESTS}test_a_draft_edited_before_it_had_to_wait_is_completed_with_the_new_contents",),
    ),
    Mutant(
        "an exempted milestone is billed",
        "sync_worker/domain/rules.py",
        "        if invoice.exempt:\n",
        "        if invoice.exempt and invoice.xero_id:\n",
        (f"{TESTS}test_asked_for_by_number_one_that_is_not_due_says_why",),
    ),
    Mutant(
        "a milestone is billed before it is approved",
        "sync_worker/domain/rules.py",
        '        return self.status if approved else "DRAFT"\n',
        "        return self.status\n",
        (f"{TESTS}test_a_signed_contract_makes_a_draft_and_the_approval_completes_that_one",),
    ),
    Mutant(
        "a draft of the contract is never looked at again",
        "sync_worker/salesforce/milestones.py",
        '        if Point.MILESTONE_APPROVED in self._points and field("Finance_Sync_State__c"):\n',
        '        if Point.MILESTONE_APPROVED in self._points and not field("Finance_Sync_State__c"):\n',
        (f"{TESTS}test_a_signed_contract_makes_a_draft_and_the_approval_completes_that_one",),
    ),
    Mutant(
        "a draft that the CRM links is made a second time",
        "sync_worker/sync/invoices.py",
        "    if invoice.xero_id:\n        return HoldBack(",
        "    if invoice.xero_id and invoice.exempt:\n        return HoldBack(",
        (f"{TESTS}test_a_draft_that_does_not_stand_in_xero_is_not_taken_for_one",),
    ),
    Mutant(
        "a draft that waits for its approval is called drift",
        "sync_worker/sync/agreement.py",
        "    if pair.waits_for_its_last_step and invoice.status",
        "    if pair.waits_for_its_last_step and pair.row is None and invoice.status",
        (f"{TESTS}test_the_look_afterwards_spares_a_draft_that_waits_for_its_approval",),
    ),
    Mutant(
        "the draft of a cancelled milestone is told to nobody",
        "sync_worker/sync/agreement.py",
        "    if pair.waits_for_its_last_step and invoice.status",
        "    if pair.waits_for_its_last_step or invoice.status",
        (f"{TESTS}test_a_cancelled_milestone_whose_draft_stands_in_xero_is_shown",),
    ),
    Mutant(
        "a bill that stands and is paid is shown as a draft for ever",
        "sync_worker/sync/verify.py",
        "        return told or (shown == DRAFTED and",
        "        return told or (shown is None and",
        (
            f"{TESTS}test_a_bill_completed_before_the_journal_was_lost_and_paid_since_is_not_shown_as_a_draft",
        ),
    ),
    Mutant(
        "a bill that the look afterwards meets first gets no papers",
        "sync_worker/sync/verify.py",
        "    journal.see([*_unknown_to_us(settled.values())])\n",
        "    journal.see([])\n",
        (f"{TESTS}test_a_bill_that_only_the_look_afterwards_finds_and_links_gets_its_papers",),
    ),
    Mutant(
        "a draft that Xero does not list yet is called deleted",
        "sync_worker/sync/payees.py",
        "        if draft is None and _made_just_now(lane, row):\n",
        "        if draft is None and row.batch is None:\n",
        (f"{TESTS}test_a_draft_that_xero_does_not_list_yet_is_not_called_deleted",),
    ),
    Mutant(
        "bills are taken for sales when they are looked for",
        "sync_worker/xero/invoices.py",
        "            yield from (one for one in found if one.kind is self._style.kind)\n",
        "            yield from found\n",
        (f"{TESTS}test_where_both_are_sent_one_poll_serves_invoices_and_milestones",),
    ),
    Mutant(
        "an option is written for a bill that is held",
        "sync_worker/sync/options.py",
        "            if source in wanted:\n",
        "            if source in missing:\n",
        (
            f"{TESTS}test_a_locked_date_is_held_before_anything_is_written_and_another_date_makes_one_bill",
        ),
    ),
    Mutant(
        "what is paid for a bill is nobody's",
        "sync_worker/domain/payment.py",
        '"ACCPAYPAYMENT": Kind.BILL',
        '"ACCPAYPAYMENT": Kind.CONTACT',
        (
            f"{TESTS}test_what_is_paid_in_xero_is_a_milestone_payment_and_the_milestone_says_how_far_it_is_paid",
        ),
    ),
)
