"""Payments and the look afterwards: no money twice, none dropped, nothing that differs called equal."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MONEY = (
    Mutant(
        "a payment is marked applied before its invoice says what it comes to",
        "sync_worker/sync/payments.py",
        "    done = [payment for payment in taken if payment.document_id not in unsettled]\n",
        "    done = list(taken)\n",
        (
            "tests/sync/test_payments.py::test_f86_a_payment_waits_until_its_locked_record_says_what_is_paid",
        ),
    ),
    Mutant(
        "a payment leaves the inbox before the CRM has it",
        "sync_worker/sync/payments.py",
        "    refusals = {\n        refusal.record: refusal\n",
        "    work.lane.journal.applied(payments)\n    refusals = {\n        refusal.record: refusal\n",
        (
            "tests/sync/test_payments.py::test_f87_a_crash_between_a_payment_and_its_status_is_made_good_at_the_next_start",
        ),
    ),
    Mutant(
        "a worker that lost its lane goes on writing to the CRM",
        "sync_worker/salesforce/client.py",
        "        self._guard()\n",
        "",
        ("tests/sync/test_payments.py::test_a_worker_that_lost_its_lane_writes_no_payment",),
    ),
    Mutant(
        "the cursor of payments moves by our own clock",
        "sync_worker/sync/payments.py",
        "        cursor = max(cursor, latest) if cursor else latest\n",
        "        cursor = work.lane.clock.now()\n",
        ("tests/sync/test_payments.py::test_the_cursor_goes_by_xeros_time_and_not_by_ours",),
    ),
    Mutant(
        "the cursor moves before its page is in the inbox",
        "sync_worker/state/journal.py",
        """\
            cursors.move(tx, self._store.connection, PAYMENTS, cursor)
            return inbox.receive(tx, self._store.connection, payments)
""",
        """\
            cursors.move(tx, self._store.connection, PAYMENTS, cursor)
        with self._in_lane("receive") as tx:
            return inbox.receive(tx, self._store.connection, payments)
""",
        ("tests/state/test_inbox.py::test_a_page_that_cannot_be_stored_does_not_move_the_cursor",),
    ),
    Mutant(
        "a poll does not look back",
        "sync_worker/sync/payments.py",
        "    since = cursor - work.rules.overlap\n",
        "    since = cursor\n",
        (
            "tests/sync/test_payments.py::test_one_that_shows_later_than_a_newer_one_is_seen",
            "tests/sync/test_payments.py::test_it_does_not_matter_how_xero_reads_modified_since",
        ),
    ),
    Mutant(
        "after a full page what shares its last second is left out",
        "sync_worker/xero/invoices.py",
        "    onward = last.replace(microsecond=0) - timedelta(seconds=1)\n",
        "    onward = last.replace(microsecond=0) + timedelta(seconds=1)\n",
        ("tests/sync/test_payments.py::test_a_page_that_ends_within_a_second_hides_none_of_it",),
    ),
    Mutant(
        "pages are turned by their number while they shift",
        "sync_worker/xero/invoices.py",
        "    if since is not None and onward <= since:\n        return since, page + 1\n    return onward, 1\n",
        "    return (since, page + 1) if onward else (onward, 1)\n",
        ("tests/sync/test_payments.py::test_a_payment_edited_between_two_pages_hides_none",),
    ),
    Mutant(
        "only what is strictly newer is a new version",
        "sync_worker/state/inbox.py",
        "(version == known or version[0] < known[0])",
        "version[0] <= known[0]",
        ("tests/state/test_inbox.py::test_another_version_of_the_same_second_counts",),
    ),
    Mutant(
        "an older version that comes late counts",
        "sync_worker/state/inbox.py",
        "(version == known or version[0] < known[0])",
        "version == known",
        ("tests/state/test_inbox.py::test_an_older_version_that_comes_late_changes_nothing",),
    ),
    Mutant(
        "a version that came in meanwhile is marked with the older one",
        "sync_worker/state/inbox.py",
        '        payments.c.content == bindparam("version"),\n',
        '        bindparam("version").is_not(None),\n',
        (
            "tests/state/test_inbox.py::test_a_version_that_came_in_meanwhile_is_not_marked_with_the_older_one",
        ),
    ),
    Mutant(
        "a payment of an unknown invoice is dropped",
        "sync_worker/sync/payments.py",
        "    work.lane.journal.unmatched(strange)\n",
        "    work.lane.journal.applied(strange)\n",
        ("tests/sync/test_payments.py::test_put_aside_it_is_taken_up_once_the_invoice_is_linked",),
    ),
    Mutant(
        "a payment taken back in Xero still counts",
        "sync_worker/sync/payments.py",
        "        include=not payment.deleted,\n",
        "        include=True,\n",
        (
            "tests/sync/test_payments.py::test_taken_back_in_xero_it_stays_in_the_crm_and_counts_no_more",
        ),
    ),
    Mutant(
        "money that Stripe took counts twice",
        "sync_worker/sync/payments.py",
        "        return _unless_repeated(record, payment, standing, rules)\n",
        "        return record\n",
        (
            "tests/sync/test_payments.py::test_money_that_stripe_took_is_recorded_and_does_not_count",
        ),
    ),
    Mutant(
        "one Stripe payment answers for two of Xero's",
        "sync_worker/sync/payments.py",
        "    if len(stripe) <= taken:\n",
        "    if not stripe:\n",
        (
            "tests/sync/test_payments.py::test_one_stripe_payment_answers_for_one_xero_payment_and_no_more",
        ),
    ),
    Mutant(
        "what a person took out of the sum is put back",
        "sync_worker/sync/payments.py",
        "        record = replace(record, include=known.include, reason=known.reason)\n",
        "        record = replace(record, include=True)\n",
        ("tests/sync/test_payments.py::test_what_a_person_took_out_of_the_sum_stays_out",),
    ),
    Mutant(
        "totals are counted up instead of summed anew",
        "sync_worker/sync/payments.py",
        "        sum((one.amount for one in included), Decimal(0)),\n",
        "        sum((one.amount for one in included), standing.totals.paid),\n",
        ("tests/sync/test_payments.py::test_where_the_crm_cannot_sum_the_worker_does",),
    ),
    Mutant(
        "refunds and bills are taken for income",
        "sync_worker/domain/payment.py",
        "return SETTLES.get(self.kind) if self.invoice_id is not None else None",
        "return Kind.INVOICE if self.invoice_id is not None else None",
        ("tests/sync/test_payments.py::test_bills_and_refunds_are_nobodys_income",),
    ),
    Mutant(
        "an invoice a cent short is fully paid",
        "sync_worker/domain/payment.py",
        "return words.wholly if paid >= total else words.partly",
        "return words.wholly if total - paid < 1 else words.partly",
        ("tests/domain/test_payment.py::test_the_status_follows_what_is_paid",),
    ),
    Mutant(
        "payments are never looked at again",
        "sync_worker/sync/payments.py",
        "        if now - swept >= every or (back is None and missed > swept):\n",
        "        if back is None and missed > swept:\n",
        ("tests/sync/test_payments.py::test_the_older_a_payment_the_rarer_it_is_looked_at_again",),
    ),
    Mutant(
        "the look afterwards is blind to a total",
        "sync_worker/sync/agreement.py",
        "    if invoice.total is not None and invoice.total != stored.total:\n",
        "    if invoice.total is None:\n",
        (
            "tests/sync/test_verify.py::test_f76_an_edit_in_xero_is_shown_as_drift",
            "tests/sync/test_verify.py::test_f41_an_edit_in_the_crm_after_the_sync_is_shown_once_as_drift",
        ),
    ),
    Mutant(
        "the look afterwards is blind to a void",
        "sync_worker/sync/agreement.py",
        "    if stored is None or stored.gone:\n",
        "    if stored is None:\n",
        ("tests/sync/test_verify.py::test_f75_a_void_in_xero_is_shown_and_nothing_is_made_anew",),
    ),
    Mutant(
        "the look afterwards is blind to a record that is gone",
        "sync_worker/sync/verify.py",
        "        return cancelled(row) if pair.gone else orphaned(row)\n",
        "        return cancelled(row) if pair.gone else replace(row, state=State.VERIFIED, hold=None)\n",
        (
            "tests/sync/test_verify.py::test_f40_a_record_deleted_after_it_was_sent_is_an_orphan_that_says_so",
        ),
    ),
    Mutant(
        "the look afterwards is blind to another debtor",
        "sync_worker/sync/verify.py",
        "                same_contact=record not in strangers,\n",
        "                same_contact=True,\n",
        (
            "tests/sync/test_verify.py::test_owed_by_another_contact_is_drift_but_a_merged_one_is_the_same",
        ),
    ),
    Mutant(
        "the look afterwards is blind to money that never came",
        "sync_worker/sync/agreement.py",
        "    if received is not None and received != stored.paid:\n",
        "    if received is not None and received > stored.paid:\n",
        (
            "tests/sync/test_verify.py::test_a_payment_that_was_missed_is_fetched_by_the_next_run_and_shown_until_then",
        ),
    ),
    Mutant(
        "what a list repeats is taken for a second document",
        "sync_worker/sync/verify.py",
        "            marked[marker.record][stored.id] = stored\n",
        '            marked[marker.record][XeroId(f"{stored.id}{stored.total}")] = stored\n',
        (
            "tests/sync/test_verify.py::test_a_document_that_a_list_repeats_is_one_document_and_its_last_version_counts",
        ),
    ),
    Mutant(
        "a second document is forgotten when the own one changes",
        "sync_worker/sync/agreement.py",
        " and not (of_all or pair.undone):\n",
        " and of_all:\n",
        (
            "tests/sync/test_verify.py::test_a_second_document_is_shown_until_it_is_gone_though_only_the_own_one_changes",
        ),
    ),
    Mutant(
        "a second document is forgotten a page later",
        "sync_worker/sync/verify.py",
        "    return waits is not None and waits[1].hold_class is HoldClass.SECOND_DOCUMENT\n",
        "    return waits is not None and not waits[0]\n",
        (
            "tests/sync/test_verify.py::test_a_second_document_is_seen_though_the_own_one_comes_a_page_later",
        ),
    ),
    Mutant(
        "the look afterwards never looks at everything",
        "sync_worker/sync/verify.py",
        "    since = None if everything else now - work.rules.recent\n",
        "    since = now - work.rules.recent\n",
        (
            "tests/sync/test_verify.py::test_an_edit_that_does_not_move_its_time_is_found_by_the_weekly_look",
        ),
    ),
)
