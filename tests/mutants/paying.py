"""Payment batches: two people, what was approved and nothing else, one file."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

BATCHES = "tests/sync/test_payment_batches.py::"
DESK = "tests/sync/test_batch_desk.py::"
GRANTS = "tests/chaos/test_grants.py::"

PAYING = (
    Mutant(
        "a command that was stopped is called done",
        "sync_worker/daemon/outcome.py",
        '    if not result.counts.get("stopped"):\n',
        '    if result.counts.get("stopped"):\n',
        (DESK + "test_a_command_that_is_stopped_before_it_was_done_says_so",),
    ),
    Mutant(
        "a removal that was cut off answers for another one",
        "sync_worker/sync/payment_batches.py",
        "if act.kind is ActKind.REMOVED and _taken_out(act) == wanted]",
        "if act.kind is ActKind.REMOVED]",
        (DESK + "test_what_was_cut_off_hides_no_other_command",),
    ),
    Mutant(
        "a batch is approved by its maker",
        "sync_worker/sync/payment_batches.py",
        "    if found.now.by_same_hand(person):\n",
        "    if found.now.hands == (person,):\n",
        (BATCHES + "test_whoever_made_a_batch_cannot_approve_it",),
    ),
    Mutant(
        "another spelling is another person",
        "sync_worker/domain/approval.py",
        "    return _folded(one) == _folded(other)\n",
        "    return one == other\n",
        (BATCHES + "test_whoever_made_a_batch_cannot_approve_it",),
    ),
    Mutant(
        "what is approved is not what was submitted",
        "sync_worker/sync/batch_desk.py",
        "        elif batch.payload != now.payload:\n",
        "        elif not batch.payload:\n",
        (
            BATCHES + "test_a_changed_amount_is_refused_and_nothing_is_approved_any_more",
            BATCHES + "test_every_thing_that_is_paid_is_held_against_what_was_approved",
        ),
    ),
    Mutant(
        "the account is no part of what is approved",
        "sync_worker/domain/payment_batch.py",
        "            *((payee.record, payee.name, payee.number) if payee else",
        '            *((payee.record, payee.name, "") if payee else',
        ("tests/domain/test_payment_batch.py::test_every_fact_that_is_paid_makes_another_payload",),
    ),
    Mutant(
        "an edit leaves the approval standing",
        "sync_worker/domain/approval.py",
        "replace(_void(now) if now.status in OPEN else now, hands=hands)",
        "replace(now, hands=hands)",
        ("tests/domain/test_payment_batch.py::test_an_edit_makes_a_draft_of_what_was_approved",),
    ),
    Mutant(
        "a credit in Xero is paid out all the same",
        "sync_worker/domain/payment_batch.py",
        "    left = min(payable.amount - payable.paid, due) - ordered - pending\n",
        "    left = payable.amount - payable.paid - ordered - pending\n",
        (BATCHES + "test_a_credit_in_xero_is_not_paid_out_though_the_crm_knows_nothing_of_it",),
    ),
    Mutant(
        "a bill that was voided is paid",
        "sync_worker/domain/payment_batch.py",
        "    if bill.status not in OWED:\n",
        '    if bill.status == "DRAFT":\n',
        (BATCHES + "test_nobody_is_paid_for_a_bill_that_was_voided_in_xero_a_minute_ago",),
    ),
    Mutant(
        "a status set by hand is an approval",
        "sync_worker/sync/bank_export.py",
        "    elif now.status is not BatchStatus.APPROVED:\n",
        "    elif BatchStatus.APPROVED not in {now.status, batch.status}:\n",
        (BATCHES + "test_a_status_set_by_hand_approves_nothing",),
    ),
    Mutant(
        "a changed account is paid into unasked",
        "sync_worker/sync/payment_batches.py",
        "    if changed and not accounts:\n",
        "    if changed and accounts:\n",
        (BATCHES + "test_a_changed_account_waits_until_another_person_has_made_sure",),
    ),
    Mutant(
        "an account that changed after the approval is paid into",
        "sync_worker/sync/bank_export.py",
        "    if changed := desk.unconfirmed(found):\n",
        "    if (changed := desk.unconfirmed(found)) and again:\n",
        (
            BATCHES
            + "test_an_account_that_another_file_paid_into_after_the_approval_is_confirmed_again",
        ),
    ),
    Mutant(
        "a second file needs no reason",
        "sync_worker/sync/bank_export.py",
        "        if not again.strip():\n",
        "        if again is None:\n",
        (BATCHES + "test_a_second_export_needs_a_reason_which_is_kept",),
    ),
    Mutant(
        "a second file pays what the first one has paid",
        "sync_worker/sync/bank_export.py",
        "    _must_be_unpaid(desk, found)\n    if problems",
        "    if problems",
        (BATCHES + "test_what_was_paid_since_is_not_paid_by_a_second_file",),
    ),
    Mutant(
        "what a bank file ordered is forgotten once the crm is edited",
        "sync_worker/sync/batch_desk.py",
        "        orders = [one for one in self.journal.ordered(ids) if one.batch != batch]\n",
        "        orders = [one for one in self.journal.ordered(()) if one.batch != batch]\n",
        (BATCHES + "test_what_went_to_the_bank_is_not_ordered_again_whatever_the_crm_says",),
    ),
    Mutant(
        "what other batches hold is open",
        "sync_worker/domain/payment_batch.py",
        "    left = min(payable.amount - payable.paid, due) - ordered - pending\n",
        "    left = min(payable.amount - payable.paid, due) - ordered\n",
        (BATCHES + "test_what_one_batch_holds_cannot_go_into_another",),
    ),
    Mutant(
        "an act that was cut off stays so",
        "sync_worker/sync/batch_desk.py",
        "        begun = self.journal.unfinished()\n        for one in begun:\n            self._finish(one)\n",
        "        begun = self.journal.unfinished()\n",
        (DESK + "test_wherever_it_dies_the_command_typed_again_brings_one_whole_file",),
    ),
    Mutant(
        "a bank file takes the place of another",
        "sync_worker/bankfiles/folder.py",
        "            if goal.read_bytes() != content:\n",
        "            if not goal.read_bytes():\n",
        (
            "tests/bankfiles/test_folder.py::test_the_same_file_may_be_put_again_and_another_may_not",
        ),
    ),
    Mutant(
        "a batch whose answer was lost is made a second time",
        "sync_worker/sync/payment_batches.py",
        "        if same and not there.items:\n            return view\n",
        "        if same and not there.items:\n            continue\n",
        (BATCHES + "test_a_batch_asked_for_twice_is_one_batch",),
    ),
    Mutant(
        "whoever made a file says alone that the bank did not pay it",
        "sync_worker/sync/payment_batches.py",
        "    if any(same_person(person, taker) for taker in takers):\n",
        "    if takers == [person, person]:\n",
        (BATCHES + "test_what_the_bank_did_not_pay_is_freed_by_somebody_who_did_not_send_it",),
    ),
    Mutant(
        "a journal that forgot an export makes it once more",
        "sync_worker/sync/bank_export.py",
        "    elif batch.status in FILED or batch.sha256:\n",
        "    elif batch.status in FILED and not batch.sha256:\n",
        (BATCHES + "test_a_batch_the_crm_calls_exported_is_not_exported_by_a_journal_that_forgot",),
    ),
    Mutant(
        "a second file pays what was put in since",
        "sync_worker/sync/batch_desk.py",
        "        if now.status in FILED:\n            raise refusal(",
        "        if now.status in FILED:\n            return\n            raise refusal(",
        (BATCHES + "test_a_batch_edited_after_its_export_is_not_exported_again",),
    ),
    Mutant(
        "a file is written whose sums are not the batch's",
        "sync_worker/sync/bank_export.py",
        "    if (file.total, file.count) != (batch.total, len(batch.items)):\n",
        "    if file.count > len(batch.items):\n",
        (BATCHES + "test_a_file_whose_sums_are_not_the_batchs_is_never_written",),
    ),
    Mutant(
        "what became unpayable after the approval is paid",
        "sync_worker/sync/bank_export.py",
        "    if problems := desk.troubles(found.batch):\n",
        "    if (problems := desk.troubles(found.batch)) and again:\n",
        (
            GRANTS + "test_g15_a_milestone_cancelled_after_the_approval_is_not_paid",
            GRANTS + "test_g16_a_milestone_exempted_after_the_approval_is_not_paid",
        ),
    ),
    Mutant(
        "half a bank file bears its name",
        "sync_worker/bankfiles/folder.py",
        '        half = goal.with_name(f".{goal.name}.half")\n',
        "        half = goal\n",
        (
            GRANTS
            + "test_g19_a_disk_that_is_full_at_the_export_leaves_no_half_file_and_the_next_word_brings_it",
        ),
    ),
)
