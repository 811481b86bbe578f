"""Sending: nothing twice, nothing lost, whatever the wire and the process do."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SENDING = (
    Mutant(
        "a batch leaves before its bytes and key are committed",
        "sync_worker/sync/attempt.py",
        """\
    lane.journal.intend(frozen, token, [Change(row, leaving) for row in sending])
    try:
        outcomes = _answered(lane, frozen, token, sending)
""",
        """\
    try:
        outcomes = _answered(lane, frozen, token, sending)
        lane.journal.intend(frozen, token, [Change(row, leaving) for row in sending])
""",
        (
            "tests/sync/test_attempt.py::test_the_bytes_and_the_key_are_in_the_journal_before_they_leave",
        ),
    ),
    Mutant(
        "waiting for the budget comes after the intent",
        "sync_worker/sync/attempt.py",
        """\
    lane.sender.ready()
    lane.journal.guard()
    token, sent_at = lane.sender.token, lane.sender.now()
    sending = [replace(row, state=State.SENDING, batch=frozen.id, sent_at=sent_at) for row in rows]
    leaving = f"{frozen.method} {frozen.path.partition('?')[0]} is about to leave"
    lane.journal.intend(frozen, token, [Change(row, leaving) for row in sending])
""",
        """\
    lane.journal.guard()
    token, sent_at = lane.sender.token, lane.sender.now()
    sending = [replace(row, state=State.SENDING, batch=frozen.id, sent_at=sent_at) for row in rows]
    leaving = f"{frozen.method} {frozen.path.partition('?')[0]} is about to leave"
    lane.journal.intend(frozen, token, [Change(row, leaving) for row in sending])
    lane.sender.ready()
""",
        (
            "tests/sync/test_attempt.py::test_waiting_for_the_budget_comes_before_the_intent_and_never_after_it",
        ),
    ),
    Mutant(
        "a worker that lost its lane since the intent sends all the same",
        "sync_worker/sync/attempt.py",
        "    lane.journal.guard()\n    return lane.sender.send(frozen)\n",
        "    return lane.sender.send(frozen)\n",
        (
            "tests/sync/test_attempt.py::test_a_worker_that_slept_after_its_intent_and_lost_its_lane_sends_nothing",
        ),
    ),
    Mutant(
        "asked to stop, another batch is begun",
        "sync_worker/sync/attempt.py",
        "    if lane.clock.stopping:\n        raise Stopping\n",
        "",
        (
            "tests/sync/test_attempt.py::test_asked_to_stop_nothing_new_is_begun_and_what_is_made_is_recorded",
        ),
    ),
    Mutant(
        "QUIET counts from the first call, not from the last one given up",
        "sync_worker/sync/attempt.py",
        "unsure = [replace(row, state=State.UNSURE, sent_at=now) for row in sending]",
        "unsure = [replace(row, state=State.UNSURE) for row in sending]",
        (
            "tests/sync/test_recover.py::test_the_quiet_time_is_counted_from_the_last_call_that_was_given_up",
        ),
    ),
    Mutant(
        "a key is replayed under another token",
        "sync_worker/sync/attempt.py",
        "if lane.sender.token == token and _within_key_life(lane, left):",
        "if _within_key_life(lane, left):",
        ("tests/sync/test_attempt.py::test_a_key_is_not_replayed_under_another_token",),
    ),
    Mutant(
        "a key is replayed outside its life",
        "sync_worker/sync/attempt.py",
        "return lane.sender.now() - sent_at < timedelta(seconds=lane.patience.key_life)",
        "return True",
        ("tests/sync/test_attempt.py::test_a_key_is_not_replayed_when_its_life_may_be_over",),
    ),
    Mutant(
        "a call is repeated before the one before it is surely over",
        "sync_worker/sync/attempt.py",
        "        _outlast(lane, left)\n",
        "",
        ("tests/sync/test_attempt.py::test_the_second_call_waits_until_the_first_is_surely_over",),
    ),
    Mutant(
        "a lost answer is asked for again under a new key",
        "sync_worker/sync/attempt.py",
        """\
            _note_another_leaving(lane, sending)
            return _leave(lane, frozen)
""",
        """\
            _note_another_leaving(lane, sending)
            return _leave(lane, replace(frozen, key=f"{frozen.key}-again"))
""",
        (
            "tests/sync/test_attempt.py::test_a_lost_answer_is_asked_for_again_with_the_same_key_and_bytes",
        ),
    ),
    Mutant(
        "a 500 is asked for again under its key",
        "sync_worker/sync/attempt.py",
        "if frozen.key is None or lost.answered:",
        "if frozen.key is None:",
        (
            "tests/sync/test_attempt.py::test_an_error_of_the_server_is_not_asked_for_again_since_its_key_would_bring_the_same",
        ),
    ),
    Mutant(
        "a refusal of the second call is taken for the first one's fate",
        "sync_worker/sync/attempt.py",
        """\
        reason = f"{reason}, and asking again failed: {again}"
""",
        """\
        raise
""",
        (
            "tests/sync/test_attempt.py::test_whatever_the_second_call_meets_the_first_may_have_been_done",
        ),
    ),
    Mutant(
        "what Xero did not speak of is taken as refused",
        "sync_worker/xero/invoices.py",
        "    if element is None:\n        return Unanswered(record)\n",
        '    if element is None:\n        return Refused(record, ("no answer",))\n',
        (
            "tests/sync/test_attempt.py::test_a_document_the_answer_does_not_speak_of_is_unsure_and_then_found",
        ),
    ),
    Mutant(
        "answers are matched by their place in the list",
        "sync_worker/xero/invoices.py",
        "    return [_outcome(record, answered.get(record)) for record in frozen.records]\n",
        "    return [_outcome(r, e) for r, e in zip(frozen.records, answered.values(), strict=True)]\n",
        ("tests/sync/test_attempt.py::test_an_answer_in_another_order_is_understood",),
    ),
    Mutant(
        "halving loses a half",
        "sync_worker/sync/documents.py",
        "        for part in (members[:half], members[half:])\n",
        "        for part in (members[:half],)\n",
        (
            "tests/sync/test_attempt.py::test_one_poisoned_document_is_found_by_halving_and_the_others_go_on",
        ),
    ),
    Mutant(
        "what a person had sent between plan and batch is sent again",
        "sync_worker/sync/documents.py",
        "        or (row.xero_id is None and row.state not in IN_DOUBT)\n",
        "        or True\n",
        (
            "tests/sync/test_invoices.py::test_what_a_person_had_sent_in_the_interlude_is_not_sent_again",
        ),
    ),
    Mutant(
        "the total of Xero's draft is not compared",
        "sync_worker/sync/documents.py",
        "if rules.two_steps and _differs(row, done):",
        "if rules.two_steps and False:",
        (
            "tests/sync/test_invoices.py::test_a_tax_rate_that_changed_unseen_is_never_authorised_with_another_total",
        ),
    ),
    Mutant(
        "a total is compared with a tolerance",
        "sync_worker/sync/documents.py",
        "return None not in {done.total, row.total} and done.total != row.total",
        "return bool(done.total and row.total and abs(done.total - row.total) > 1)",
        ("tests/sync/test_invoices.py::test_a_draft_that_is_off_by_a_cent_is_never_authorised",),
    ),
    Mutant(
        "where Xero numbers, the first step makes it AUTHORISED at once",
        "sync_worker/xero/invoices.py",
        'return self.status if fenced else "DRAFT"',
        "return self.status",
        (
            "tests/sync/test_invoices.py::test_numbered_by_xero_it_is_made_as_a_draft_and_completed_by_id",
        ),
    ),
    Mutant(
        "an invoice is made with POST, which edits whatever has its number",
        "sync_worker/xero/invoices.py",
        """\
            "PUT",
            PATH,
            "Invoices",""",
        """\
            "POST",
            PATH,
            "Invoices",""",
        ("tests/sync/test_invoices.py::test_a_number_that_is_taken_by_somebody_else_is_held",),
    ),
    Mutant(
        "a number that is taken gets a suffix",
        "sync_worker/xero/invoices.py",
        'numbered = {"InvoiceNumber": draft.number} if',
        'numbered = {"InvoiceNumber": f"{draft.number}-{generation}"} if',
        ("tests/sync/test_invoices.py::test_a_number_that_is_taken_by_somebody_else_is_held",),
    ),
    Mutant(
        "a number that is taken is believed ours without our marker",
        "sync_worker/sync/recover.py",
        "        changes = [self._adoption(row, ours[row.record]) for row in rows if row.record in ours]\n",
        "        ours = {row.record: found[0] for row in rows if found}\n"
        "        changes = [self._adoption(row, ours[row.record]) for row in rows if row.record in ours]\n",
        ("tests/sync/test_invoices.py::test_a_number_that_is_taken_by_somebody_else_is_held",),
    ),
    Mutant(
        "nothing is quiet: what is not found is absent at once",
        "sync_worker/sync/recover.py",
        """\
        return row.sent_at is not None and now - row.sent_at > timedelta(
            seconds=self.lane.patience.quiet
        )""",
        "        return row.sent_at is not None and now > row.sent_at",
        ("tests/sync/test_recover.py::test_what_may_still_appear_is_not_sent_again",),
    ),
    Mutant(
        "the generation is not raised after proved absence",
        "sync_worker/sync/recover.py",
        """\
                            generation=row.generation + 1,
                            sent_at=None,
""",
        """\
                            sent_at=None,
""",
        (
            "tests/sync/test_recover.py::test_after_the_quiet_time_it_is_proved_absent_and_made_under_a_new_generation",
        ),
    ),
    Mutant(
        "a refused document is tried again under the same key",
        "sync_worker/sync/invoices.py",
        "generation=row.generation + (1 if refused else 0))",
        "generation=row.generation)",
        (
            "tests/sync/test_invoices.py::test_a_document_xero_refuses_is_held_with_its_words_and_the_others_go_on",
        ),
    ),
    Mutant(
        "a document is adopted by its number alone",
        "sync_worker/sync/recover.py",
        """\
            if (marker := Marker.read(invoice.url)) and not invoice.gone
        }""",
        """\
            if (marker := Marker.read(invoice.url) or Marker(rows[0].record, 1))
        }""",
        (
            "tests/sync/test_invoices.py::test_a_number_that_is_taken_by_somebody_else_is_held",
            "tests/sync/test_invoices.py::test_a_voided_number_stays_taken",
        ),
    ),
    Mutant(
        "a second draft is completed beside the document that is owed",
        "sync_worker/sync/recover.py",
        "    return begun and row.xero_id != invoice.id and invoice.status in FINAL\n",
        "    return begun and row.xero_id == invoice.id and invoice.status in FINAL\n",
        (
            "tests/sync/test_recover.py::test_beside_a_document_that_is_owed_a_second_draft_is_never_completed",
        ),
    ),
    Mutant(
        "a forgotten document is adopted by its draft",
        "sync_worker/state/sightings.py",
        'one.status in _GONE, one.status == "DRAFT", one.generation',
        'one.status in _GONE, one.status != "DRAFT", one.generation',
        (
            "tests/sync/test_recover.py::test_beside_a_document_that_is_owed_a_second_draft_is_never_completed",
        ),
    ),
    Mutant(
        "what was voided in Xero is taken for standing",
        "sync_worker/sync/recover.py",
        "            if invoice.gone:\n                continue\n",
        "",
        ("tests/sync/test_recover.py::test_what_was_voided_in_xero_is_not_taken_for_standing",),
    ),
    Mutant(
        "a program that starts does not look before it sends",
        "sync_worker/sync/recover.py",
        "        if self.looked and not doubtful:\n",
        "        if not doubtful:\n",
        (
            "tests/sync/test_recover.py::test_with_a_new_journal_what_was_made_is_found_and_finished",
        ),
    ),
    Mutant(
        "after a lost journal no second look is made",
        "sync_worker/sync/recover.py",
        "        self._look(self.new_since - quiet - MARGIN)\n",
        "",
        (
            "tests/sync/test_recover.py::test_a_call_that_arrives_after_its_journal_was_lost_is_found_by_the_second_look",
        ),
    ),
    Mutant(
        "the look begins now, not where the lost ones first left",
        "sync_worker/sync/recover.py",
        "            return min(at - MARGIN for at in left if at)\n",
        "            return self.lane.sender.now()\n",
        ("tests/sync/test_recover.py::test_a_run_that_ended_in_doubt_does_not_move_the_look",),
    ),
    Mutant(
        "the look goes on from a run that ended in doubt",
        "sync_worker/sync/invoices.py",
        "    if not report.in_doubt:\n        work.recovery.clean()",
        "    work.lane.journal.move_cursor('looked', work.lane.sender.now())",
        (
            "tests/sync/test_recover.py::test_with_an_older_journal_too",
            "tests/sync/test_recover.py::test_a_run_that_ended_in_doubt_does_not_move_the_look",
        ),
    ),
    Mutant(
        "SENDING is taken as NEW after a restart",
        "sync_worker/domain/document.py",
        "IN_DOUBT = (State.SENDING, State.UNSURE)",
        "IN_DOUBT = (State.UNSURE,)",
        (
            "tests/sync/test_recover.py::test_what_was_on_its_way_when_the_program_died_is_not_sent_again",
        ),
    ),
    Mutant(
        "the table of moves is not enforced",
        "sync_worker/state/documents.py",
        "        check(known.get((document.kind, document.record)), document)\n",
        "",
        (
            "tests/state/test_documents.py::test_a_move_the_table_does_not_know_keeps_nothing_of_its_commit",
        ),
    ),
    Mutant(
        "a generation may come back",
        "sync_worker/domain/moves.py",
        "if after.generation < generation:",
        "if after.generation < 0:",
        ("tests/domain/test_moves.py::test_a_generation_never_comes_back",),
    ),
    Mutant(
        "an invoice that is linked already is sent again",
        "sync_worker/domain/rules.py",
        "        if invoice.xero_id:\n",
        "        if invoice.xero_id == '':\n",
        (
            "tests/sync/test_invoices.py::test_a_request_for_what_is_in_xero_already_is_answered_and_nothing_is_sent",
        ),
    ),
    Mutant(
        "an id that was cleared by hand has its document made a second time",
        "sync_worker/sync/recover.py",
        "            if invoice and marker and marker.record == row.record and not invoice.gone:\n",
        "            if invoice and marker and marker.record == row.record and invoice.gone:\n",
        (
            "tests/sync/test_invoices.py::test_an_id_a_person_cleared_is_written_again_and_nothing_is_made_twice",
        ),
    ),
    Mutant(
        "an id that was cleared by hand is never written again",
        "sync_worker/sync/invoices.py",
        "        rows |= _ended_before(work, chunk, rows)\n",
        "        rows = {k: row for k, row in rows.items() if row.state not in LINKED}\n",
        (
            "tests/sync/test_invoices.py::test_an_id_a_person_cleared_is_written_again_and_nothing_is_made_twice",
        ),
    ),
    Mutant(
        "a draft that was edited meanwhile is completed with its old contents",
        "sync_worker/sync/linking.py",
        "        edited = row.input_hash != input_hash(invoice, self.rules)\n",
        "        edited = False\n",
        (
            "tests/sync/test_invoices.py::test_edited_before_it_is_completed_it_is_completed_with_the_new_contents",
        ),
    ),
    Mutant(
        "an invoice cancelled since is completed all the same",
        "sync_worker/sync/linking.py",
        "        if reason := self.rules.not_due(invoice):\n",
        "        if reason := '':\n",
        (
            "tests/sync/test_invoices.py::test_cancelled_before_it_is_completed_it_is_not_authorised",
        ),
    ),
    Mutant(
        "a hold is retried for ever, at every run",
        "sync_worker/sync/invoices.py",
        "return row.next_try_at is not None and row.next_try_at <= work.lane.clock.now()",
        "return True",
        (
            "tests/sync/test_invoices.py::test_a_hold_nobody_cures_is_tried_twelve_times_and_then_waits_for_a_person",
        ),
    ),
    Mutant(
        "a hold never stops being tried by itself",
        "sync_worker/sync/documents.py",
        "wait = next_try(attempts, hold.hold_class)",
        "wait = next_try(1, hold.hold_class)",
        (
            "tests/sync/test_invoices.py::test_a_hold_nobody_cures_is_tried_twelve_times_and_then_waits_for_a_person",
        ),
    ),
    Mutant(
        "a held invoice does not wake when its inputs change",
        "sync_worker/sync/invoices.py",
        "    if asked or row.input_hash != input_hash(",
        "    if asked or '' == input_hash(",
        (
            "tests/sync/test_invoices.py::test_a_held_invoice_goes_as_soon_as_its_inputs_are_corrected",
        ),
    ),
    Mutant(
        "a refused last step is asked for again without a look whether it was done",
        "sync_worker/sync/linking.py",
        "                row.state is State.REJECTED\n                or (",
        "                row.state is State.UNSURE\n                or (",
        (
            "tests/sync/test_recover.py::test_a_last_step_that_is_refused_because_it_was_done_is_found_done",
        ),
    ),
    Mutant(
        "a draft that an older journal knows is not looked for, though the CRM links it",
        "sync_worker/sync/linking.py",
        "                    row.state in {State.CREATED, State.HELD}\n",
        "                    row.state in {State.HELD}\n",
        (
            "tests/sync/test_recover.py::test_a_draft_completed_after_the_journal_was_copied_does_not_wait_for_its_completion",
        ),
    ),
    Mutant(
        "a link that was written after all goes on being waited for",
        "sync_worker/sync/leftovers.py",
        "        return self.linking.finish(linked) if linked else Finished(())\n",
        "        return Finished(())\n",
        (
            "tests/sync/test_recover.py::test_a_link_that_was_written_though_the_crm_failed_ends_its_wait",
        ),
    ),
    Mutant(
        "a record deleted after its document was made is forgotten in silence",
        "sync_worker/sync/leftovers.py",
        "        orphans = self._orphan(row for row in rows if row.record not in present)\n",
        "        orphans: list[Document] = []\n",
        (
            "tests/sync/test_invoices.py::test_deleted_in_the_crm_after_it_was_made_it_is_left_for_a_person",
        ),
    ),
    Mutant(
        "the CRM's total and that of its lines are compared with a tolerance",
        "sync_worker/sync/preflight.py",
        "if invoice.total is not None and invoice.total != expected:",
        "if invoice.total is not None and abs(invoice.total - expected) > 1:",
        ("tests/sync/test_preflight.py::test_each_kind_of_trouble_is_named_with_its_cause",),
    ),
    Mutant(
        "a date in a locked period is sent",
        "sync_worker/sync/preflight.py",
        "if books.locked_until and invoice.date and invoice.date <= books.locked_until:",
        "if books.locked_until and invoice.date and invoice.date < books.locked_until:",
        (
            "tests/sync/test_preflight.py::test_the_day_after_the_lock_is_open_and_the_later_of_two_locks_counts",
            "tests/sync/test_preflight.py::test_each_kind_of_trouble_is_named_with_its_cause",
        ),
    ),
)
