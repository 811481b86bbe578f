"""The chaos table: every fault by its number, what comes of it, and the test that counts calls and judges the end.

F01 to F96 are told of invoices and of bills, G01 and on of what only a grant maker has. A fault that is no case here
says why. docs/chaos.md is drawn from this table; test_table.py holds both to the tests.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Proved by `tests` (file::function), or no case because of `reason`. A test that takes a `side` (tests/sides.py)
    makes it go wrong for bills as well; where none does, one of the last three says what of bills."""

    number: int
    fault: str
    outcome: str = ""
    tests: tuple[str, ...] = ()
    reason: str = ""
    bills: tuple[str, ...] = ()
    """Tests of their own."""
    shared: str = ""
    """Why the one test speaks for both."""
    no_bills: str = ""
    """Why it is no case for bills."""


CHAOS, SYNC = "tests/chaos/test_", "tests/sync/test_"
TOKENS = "tests/journeys/test_rotating_tokens.py"
BILL, PAPER, BATCH, DESK = (
    f"{SYNC}{name}.py" for name in ("bills", "papers", "payment_batches", "batch_desk")
)
NOTICE, LETTER, GRANT = f"{SYNC}notices.py", f"{SYNC}letters.py", f"{CHAOS}grants.py"
SMTP = "tests/notify/test_smtp.py"

CALLS = "the budget counts calls, whatever they carry"
TOKEN, SESSION = "a token is a connection's, whatever it sends", "a session is a connection's"
POLL = "one poll and one inbox for the payments of both"
JOURNAL = "one journal, one table and one commit for documents of any kind"

FAULTS = (
    Fault(
        1,
        "Xero's minute is spent, come back in 7 s",
        "one wait of 7 to 9 s, nothing asked meanwhile, then once more",
        (f"{CHAOS}limits.py::test_f01_a_minutes_limit_is_waited_out_once",),
    ),
    Fault(
        2,
        "Xero's day is spent",
        "parked on disk until then: no call, no token, over restarts too; a person is told until when",
        (
            f"{CHAOS}limits.py::test_f02_a_days_limit_is_remembered_over_a_restart_and_nothing_is_asked_before_it_ends",
        ),
    ),
    Fault(
        3,
        "too many calls at once",
        "again after 2 s; there is one call at a time anyway",
        (f"{CHAOS}limits.py::test_f03_too_many_at_once_is_tried_again_two_seconds_later",),
    ),
    Fault(
        4,
        "the app's minute is spent",
        "as F01",
        (f"{CHAOS}limits.py::test_f01_a_minutes_limit_is_waited_out_once",),
    ),
    Fault(
        5,
        "a 429 that says nothing, or nonsense",
        "a minute's wait",
        ("tests/xero/test_budget.py::test_a_retry_after_that_says_nothing_means_a_minute",),
        shared=CALLS,
    ),
    Fault(
        6,
        "Xero is under maintenance for two hours",
        "at most two writes a run, each looked for afterwards",
        (
            f"{CHAOS}outcomes.py::test_f06_two_hours_of_maintenance_cost_two_writes_a_run_and_no_document_twice",
        ),
    ),
    Fault(
        7,
        "a token ends in mid-batch",
        "one renewal, the same bytes under the same key once more",
        (
            f"{TOKENS}::test_f07_a_token_that_ends_in_mid_batch_is_renewed_once_and_the_same_bytes_go_again",
        ),
        shared=TOKEN,
    ),
    Fault(
        8,
        "every token is refused",
        "three calls at the most, then told",
        (
            f"{TOKENS}::test_f08_a_token_that_is_refused_for_ever_ends_the_consent_after_three_calls",
            f"{TOKENS}::test_f08_a_custom_connection_that_is_refused_for_ever_is_told_after_one_new_token",
        ),
        shared=TOKEN,
    ),
    Fault(
        9,
        "the organisation was disconnected",
        "one look at the connections, DISCONNECTED, a failed run",
        (
            f"{CHAOS}outcomes.py::test_f09_an_organisation_that_was_disconnected_is_told_and_never_taken_for_empty",
        ),
    ),
    Fault(
        10,
        "the answer of a token's refresh is lost",
        "asked again with the token before, in its grace",
        (
            f"{TOKENS}::test_f10_a_lost_answer_is_asked_for_again_in_the_grace",
            f"{TOKENS}::test_f10_nothing_waits_for_a_lost_answer_while_the_present_token_lives",
        ),
        shared=TOKEN,
    ),
    Fault(
        11,
        "two processes refresh together",
        "one of them asks; the other uses what it got",
        (
            "tests/cli/test_connecting.py::test_f11_two_processes_that_need_a_token_together_renew_it_once",
        ),
        shared=TOKEN,
    ),
    Fault(
        12,
        "the refresh token was replaced meanwhile",
        "read again, gone on with",
        (f"{TOKENS}::test_f12_a_dead_token_that_was_replaced_meanwhile_is_no_trouble",),
        shared=TOKEN,
    ),
    Fault(
        13,
        "cut before Xero did it",
        "the same bytes under the same key make it once",
        (f"{CHAOS}outcomes.py::test_f14_a_reset_is_replayed_under_the_same_key",),
    ),
    Fault(
        14,
        "cut after Xero did it",
        "two requests, one key, one document",
        (f"{CHAOS}outcomes.py::test_f14_a_reset_is_replayed_under_the_same_key",),
    ),
    Fault(
        15,
        "made, unheard of, down for 7 minutes",
        "adopted; nothing sent",
        (f"{CHAOS}outcomes.py::test_f15_made_and_never_heard_of_it_is_adopted_after_the_restart",),
    ),
    Fault(
        16,
        "the same, 26 hours, and the journal lost",
        "adopted; nothing sent",
        (f"{CHAOS}outcomes.py::test_f15_made_and_never_heard_of_it_is_adopted_after_the_restart",),
    ),
    Fault(
        17,
        "Xero does it minutes after we gave up",
        "nothing is absent before `quiet_s`; one document",
        (
            f"{CHAOS}outcomes.py::test_f17_what_xero_does_minutes_after_we_gave_up_is_not_done_again",
        ),
    ),
    Fault(
        18,
        "half a JSON under a 200",
        "in doubt; the look finds it; the body is kept nowhere",
        (
            f"{CHAOS}outcomes.py::test_f18_an_answer_that_cannot_be_read_is_a_doubt_and_the_look_ends_it",
        ),
    ),
    Fault(
        19,
        "a web page under a 200",
        "in doubt; the look finds it; the body is kept nowhere",
        (
            f"{CHAOS}outcomes.py::test_f18_an_answer_that_cannot_be_read_is_a_doubt_and_the_look_ends_it",
        ),
    ),
    Fault(
        20,
        "an answer that lists nothing",
        "in doubt; the look finds it; the body is kept nowhere",
        (
            f"{CHAOS}outcomes.py::test_f18_an_answer_that_cannot_be_read_is_a_doubt_and_the_look_ends_it",
        ),
    ),
    Fault(
        21,
        "an answer in another order, or with one missing",
        "matched by the marker; the missing one is in doubt",
        (
            f"{SYNC}attempt.py::test_an_answer_in_another_order_is_understood",
            f"{SYNC}attempt.py::test_a_document_the_answer_does_not_speak_of_is_unsure_and_then_found",
        ),
    ),
    Fault(
        22,
        "47 made, 3 refused",
        "47 linked in one write-back, 3 wait with Xero's words",
        (
            f"{CHAOS}outcomes.py::test_f22_three_refused_of_fifty_leave_the_others_and_are_not_sent_again",
        ),
    ),
    Fault(
        23,
        "one has the call of fifty refused",
        "found by halving in 13 calls more; 49 go on",
        (
            f"{CHAOS}outcomes.py::test_f23_one_that_has_the_whole_call_refused_is_found_in_thirteen_calls",
        ),
    ),
    Fault(
        24,
        "a 500 after Xero did it",
        "not asked again; the look adopts it",
        (
            f"{CHAOS}outcomes.py::test_f24_an_error_that_hides_a_made_document_is_looked_for_and_not_asked_again",
        ),
    ),
    Fault(
        25,
        "Xero's key store is down",
        "two tries a run, all with keys; reading goes on",
        (
            f"{CHAOS}outcomes.py::test_f25_while_xeros_key_store_is_down_nothing_is_made_without_a_key",
        ),
    ),
    Fault(
        26,
        "a known key with another body",
        "one call; the run stops and asks for a report",
        (f"{CHAOS}outcomes.py::test_f26_a_key_that_xero_knows_with_another_body_stops_the_lane",),
    ),
    Fault(
        27,
        "the number exists, and is ours",
        "linked",
        (f"{SYNC}invoices.py::test_a_number_that_is_taken_by_our_own_document_is_linked",),
        no_bills="Xero takes a bill's number any number of times; ours is known by its marker (F15, F16)",
    ),
    Fault(
        28,
        "the number exists, and is a person's",
        "held; the CRM's id stays empty",
        (f"{SYNC}invoices.py::test_a_number_that_is_taken_by_somebody_else_is_held",),
        bills=(f"{BILL}::test_the_same_bill_typed_in_by_somebody_else_stops_the_second_one",),
    ),
    Fault(
        29,
        "the number belongs to a voided invoice",
        "held",
        (f"{SYNC}invoices.py::test_a_voided_number_stays_taken",),
        no_bills="the number of a voided bill is free",
    ),
    Fault(
        30,
        "a person types the same bill at the same minute",
        "held before ours is owed; typed after that, it is not promised",
        reason="Xero numbers invoices, or refuses a second one of a number (F28)",
        bills=(
            f"{CHAOS}grants.py::test_f30_a_bill_that_a_person_types_while_ours_is_made_is_not_owed_twice",
        ),
    ),
    Fault(
        31,
        "the period is locked",
        "held with the lock date; nothing sent; never dated anew",
        (
            f"{CHAOS}outcomes.py::test_f31_a_locked_period_holds_it_before_anything_is_sent",
            f"{CHAOS}outcomes.py::test_f31_a_lock_between_the_look_and_the_call_owes_nothing_and_is_told",
        ),
    ),
    Fault(
        32,
        "an archived contact with twenty invoices",
        "all held; told once",
        (f"{CHAOS}input.py::test_f32_an_archived_contact_is_told_once_and_not_once_an_invoice",),
    ),
    Fault(
        33,
        "a contact was merged",
        "the merge is followed, the CRM linked anew",
        (f"{SYNC}contacts.py::test_a_chain_of_merges_is_followed_to_its_end",),
        bills=(f"{BILL}::test_a_payee_merged_in_xero_is_still_the_same",),
    ),
    Fault(
        34,
        "two people of one name",
        "held, or told apart by a suffix that is always the same",
        (
            f"{SYNC}contacts.py::test_two_people_of_one_name_are_two_contacts_only_where_the_suffix_rule_says_so",
            f"{SYNC}contacts.py::test_a_name_alone_is_nobody",
        ),
        shared="whoever is paid is found where whoever owes is, in `sync/contacts`",
    ),
    Fault(
        35,
        "a name with brackets, doubled spaces or of 80 letters",
        "made fit the same way each time; no second contact",
        (f"{CHAOS}input.py::test_f35_a_name_is_made_fit_the_same_way_each_time",),
    ),
    Fault(
        36,
        "an account or a tax type that cannot be used",
        "held before it is sent, with the field's name",
        (f"{SYNC}preflight.py::test_each_kind_of_trouble_is_named_with_its_cause",),
        bills=(
            f"{BILL}::test_what_xero_would_refuse_is_held_with_its_cure",
            f"{BILL}::test_a_tax_rate_that_cannot_stand_on_purchases_holds_the_bill",
        ),
    ),
    Fault(
        37,
        "a currency the organisation does not have",
        "held before it is sent",
        (
            f"{SYNC}preflight.py::test_each_kind_of_trouble_is_named_with_its_cause",
            f"{SYNC}preflight.py::test_a_foreign_currency_is_asked_for_and_sent_and_our_own_is_not",
        ),
        no_bills="bills are in the organisation's own currency",
    ),
    Fault(
        38,
        "the plan's limit of approvals is reached",
        reason="Xero publishes no words for it; each invoice is held in whatever words it says (F22)",
    ),
    Fault(
        39,
        "deleted in the CRM before it was sent",
        "nothing sent",
        (f"{SYNC}invoices.py::test_deleted_in_the_crm_before_anything_was_sent_nothing_is_made",),
    ),
    Fault(
        40,
        "deleted in the CRM after it was sent",
        "ORPHAN, told; the document stays",
        (
            f"{SYNC}verify.py::test_f40_a_record_deleted_after_it_was_sent_is_an_orphan_that_says_so",
        ),
    ),
    Fault(
        41,
        "edited in the CRM after it was sent",
        "the document keeps what was sent; shown once as drift",
        (f"{SYNC}verify.py::test_f41_an_edit_in_the_crm_after_the_sync_is_shown_once_as_drift",),
        bills=(f"{BILL}::test_f41_a_milestone_edited_after_its_bill_went_is_shown_once_as_drift",),
    ),
    Fault(
        42,
        "merged or restored in the CRM",
        "no orphan any more",
        (f"{SYNC}verify.py::test_f42_a_record_restored_from_the_bin_is_an_orphan_no_more",),
    ),
    Fault(
        43,
        "five rows are locked",
        "the others are written; the five alone again",
        (f"{CHAOS}crm.py::test_f43_rows_that_are_locked_are_written_again_by_themselves",),
    ),
    Fault(
        44,
        "the CRM's calls of the day are spent",
        "parked on disk; linked later; nothing sent to Xero again",
        (f"{CHAOS}crm.py::test_f44_a_spent_day_of_the_crm_leaves_it_alone_and_links_later",),
    ),
    Fault(
        45,
        "a rule of the CRM refuses the link",
        "held; written once it can be; nothing made again",
        (
            f"{SYNC}invoices.py::test_a_write_back_the_crm_refuses_is_held_and_written_once_it_can_be",
        ),
    ),
    Fault(
        46,
        "the answer of a write-back is lost",
        "read, and written only where it is not there",
        (f"{SYNC}invoices.py::test_a_write_back_whose_answer_is_lost_is_made_good",),
    ),
    Fault(
        47,
        "somebody else has filled in the id",
        "held, not overwritten",
        (f"{SYNC}invoices.py::test_an_id_somebody_else_wrote_meanwhile_is_not_overwritten",),
    ),
    Fault(
        48,
        "the CRM's session ends",
        "one login; the very same request again",
        (
            "tests/salesforce/test_session.py::test_a_dead_session_is_renewed_and_the_very_same_request_repeated",
        ),
        shared=SESSION,
    ),
    Fault(
        49,
        "every session of the CRM is refused",
        "three requests, then told",
        (f"{CHAOS}crm.py::test_f49_a_session_that_is_never_good_costs_three_requests",),
    ),
    Fault(
        50,
        "a page of a query cannot be had",
        "the next run begins the query anew; nobody is skipped",
        (
            f"{CHAOS}crm.py::test_f50_a_page_that_cannot_be_had_starts_the_query_again_and_skips_nobody",
        ),
    ),
    Fault(
        51,
        "the disk is full before a call",
        "nothing sent; goes on once there is room",
        (
            "tests/kills/test_journal_faults.py::test_f51_a_disk_that_is_full_before_the_intent_sends_nothing_and_goes_on_when_there_is_room",
        ),
        shared=JOURNAL,
    ),
    Fault(
        52,
        "the disk is full when the answer is in",
        "one document, found by the look",
        (
            "tests/kills/test_journal_faults.py::test_f52_a_disk_that_is_full_when_the_answer_comes_makes_no_second_document",
        ),
        shared=JOURNAL,
    ),
    Fault(
        53,
        "the journal is locked by a backup",
        "nothing sent; goes on afterwards",
        (
            "tests/kills/test_journal_faults.py::test_f53_a_journal_that_is_locked_for_long_sends_nothing_and_goes_on_afterwards",
        ),
        shared=JOURNAL,
    ),
    Fault(
        54,
        "the journal is damaged",
        "refused with the cure; never a new empty journal unsaid",
        (
            "tests/kills/test_journal_faults.py::test_f54_a_damaged_journal_is_refused_with_its_cure_or_does_no_harm",
            "tests/kills/test_journal_faults.py::test_f54_a_journal_damaged_under_a_running_daemon_ends_it_with_the_cure",
        ),
        shared=JOURNAL,
    ),
    Fault(
        55,
        "an older journal was put back",
        "the boot look adopts; nothing made twice",
        (
            "tests/kills/test_journal_faults.py::test_f55_an_older_journal_put_back_makes_nothing_twice",
        ),
        bills=(f"{SYNC}recover.py::test_with_an_older_journal_too",),
    ),
    Fault(
        56,
        "SIGTERM in mid-batch",
        "the call in flight is finished and stored; exit 0",
        (
            "tests/daemon/test_lifecycle.py::test_f56_asked_to_stop_it_finishes_the_call_in_flight",
            "tests/daemon/test_lifecycle.py::test_f56_asked_a_second_time_it_leaves_at_once",
        ),
        shared="a stop is asked for between two calls, whatever they carry",
    ),
    Fault(
        57,
        "kill -9 at any moment",
        "each invoice once",
        (
            "tests/kills/test_kills.py::test_f57_a_daemon_that_dies_at_a_chosen_moment_makes_each_invoice_once",
            "tests/kills/test_kills.py::test_f57_a_daemon_killed_at_random_moments_makes_each_invoice_once",
        ),
        bills=(
            "tests/simulation/test_simulation.py::test_whoever_dies_at_any_moment_leaves_nothing_twice_and_nothing_lost",
        ),
    ),
    Fault(
        58,
        "the power fails",
        "every commit is on the disk before the call: the kernel counts no page as unwritten (Linux 6.5)",
        (
            f"{CHAOS}power.py::test_f58_before_anything_leaves_for_xero_the_journal_lies_on_the_disk",
            "tests/state/test_opening.py::test_commits_survive_a_power_cut_and_writers_queue",
        ),
    ),
    Fault(
        59,
        "the clock jumps two hours ahead",
        "one token more; nothing lost",
        (f"{CHAOS}clocks.py::test_f59_a_clock_that_jumps_costs_a_token_and_loses_nothing",),
    ),
    Fault(
        60,
        "the clock is set back an hour",
        "the watchdog calls what is late after three intervals; the cursor is Xero's",
        (
            f"{CHAOS}clocks.py::test_f59_a_clock_that_jumps_costs_a_token_and_loses_nothing",
            f"{CHAOS}clocks.py::test_f60_the_watchdog_counts_a_time_that_cannot_be_set_back",
        ),
    ),
    Fault(
        61,
        "summer time, a leap day, the year's end",
        "as many runs in every hour",
        (f"{CHAOS}clocks.py::test_f61_every_hour_has_as_many_runs_as_any_other",),
        shared="a schedule starts runs, of any process",
    ),
    Fault(
        62,
        "zones from 12 hours behind to 14 ahead",
        "the date is the CRM's date",
        (f"{CHAOS}clocks.py::test_f62_a_date_is_the_crms_date_at_every_offset",),
    ),
    Fault(
        63,
        "two daemons on one host",
        "the second exits with 3",
        (
            "tests/daemon/test_lifecycle.py::test_f63_a_second_daemon_is_told_that_the_lane_is_taken",
            "tests/kills/test_journal_faults.py::test_f63_f65_a_stopped_daemon_keeps_its_lane_on_its_host_and_goes_on_where_it_stood",
        ),
        shared="one lane and one lease for all that a connection writes",
    ),
    Fault(
        64,
        "two workers of one journal",
        "they take turns and neither starves; a host with a journal of its own is not protected, as the README says",
        (
            "tests/kills/test_two_workers.py::test_f64_two_workers_of_one_journal_take_turns_and_neither_starves",
        ),
        shared="one lane and one lease for all that a connection writes",
    ),
    Fault(
        65,
        "a worker wakes up after forty minutes",
        "the fence stops it: nothing sent, nothing recorded",
        (
            "tests/kills/test_two_workers.py::test_f65_a_worker_that_slept_through_its_lease_does_no_harm",
            "tests/kills/test_journal_faults.py::test_f63_f65_a_stopped_daemon_keeps_its_lane_on_its_host_and_goes_on_where_it_stood",
        ),
        shared="one lane and one lease for all that a connection writes",
    ),
    Fault(
        66,
        "a record on which the worker itself fails",
        "it alone is held, with the place; after three tries only when it changes or a person asks",
        (
            f"{CHAOS}input.py::test_f66_a_record_this_program_fails_on_waits_by_itself_and_after_three_times_for_a_person",
            f"{CHAOS}input.py::test_f66_a_field_of_another_kind_holds_its_record_alone",
        ),
    ),
    Fault(
        67,
        "a text that is too long",
        "cut to 4,000 with a mark",
        (f"{CHAOS}input.py::test_f67_a_long_text_is_cut_with_a_mark",),
    ),
    Fault(
        68,
        "emoji, right to left, control characters, half a character",
        "arrives as it is, or without what no text can hold; sent once",
        (
            f"{CHAOS}input.py::test_f68_a_strange_text_arrives_as_it_is_or_without_what_no_text_can_hold",
            f"{CHAOS}answers.py::test_f92_amounts_keep_their_digits_and_texts_what_can_be_printed",
        ),
    ),
    Fault(
        69,
        "an invoice without lines",
        "not sent",
        (f"{CHAOS}input.py::test_f69_an_invoice_without_a_line_to_invoice_is_not_sent",),
        no_bills="a milestone's one line is its amount",
    ),
    Fault(
        70,
        "an invoice of nothing",
        "sent once",
        (f"{CHAOS}input.py::test_f70_an_invoice_of_nothing_goes_once",),
        bills=(f"{BILL}::test_what_is_not_due_is_left_alone",),
    ),
    Fault(
        71,
        "an invoice of less than nothing",
        "held, not sent",
        (f"{CHAOS}input.py::test_f71_less_than_nothing_is_not_owed",),
    ),
    Fault(
        72,
        "the CRM's total is a cent off",
        "held, not sent",
        (f"{CHAOS}input.py::test_f72_a_cent_between_the_crm_and_xero_is_held_before_it_is_owed",),
        no_bills="a milestone's amount stands there once, and is the bill's total",
    ),
    Fault(
        73,
        "more than 3 MB in a call",
        "the batch shrinks; what alone is too large is held with its size",
        (
            f"{CHAOS}input.py::test_f73_a_batch_shrinks_to_what_xero_takes_and_what_alone_is_too_large_is_held",
        ),
        no_bills="fifty bills of one line each stay far below; their files are G12",
    ),
    Fault(
        74,
        "a unit price of ten places",
        "rounded to four, as Xero is told to; another total is held",
        (
            f"{CHAOS}input.py::test_f74_a_unit_price_of_twelve_places_comes_to_what_four_places_make",
        ),
        no_bills="a milestone's amount has two places",
    ),
    Fault(
        75,
        "voided in Xero",
        "shown; the id stays; nothing is made anew",
        (f"{SYNC}verify.py::test_f75_a_void_in_xero_is_shown_and_nothing_is_made_anew",),
    ),
    Fault(
        76,
        "edited in Xero",
        "shown as drift",
        (f"{SYNC}verify.py::test_f76_an_edit_in_xero_is_shown_as_drift",),
        bills=(f"{BILL}::test_a_bill_edited_in_xero_is_shown_as_drift_on_the_milestone",),
    ),
    Fault(
        77,
        "a payment is deleted in Xero",
        "stays in the CRM and counts no more",
        (f"{SYNC}payments.py::test_taken_back_in_xero_it_stays_in_the_crm_and_counts_no_more",),
        bills=(
            f"{BILL}::test_a_payment_taken_back_in_xero_is_switched_off_and_the_milestone_is_approved_again",
        ),
    ),
    Fault(
        78,
        "a payment changes twice in a second",
        "the last one counts",
        (f"{SYNC}payments.py::test_f78_of_two_changes_in_one_second_the_last_one_counts",),
        shared=POLL,
    ),
    Fault(
        79,
        "a payment moves between two pages",
        "seen",
        (f"{SYNC}payments.py::test_a_payment_edited_between_two_pages_hides_none",),
        shared=POLL,
    ),
    Fault(
        80,
        "a payment shows minutes late",
        "seen",
        (f"{SYNC}payments.py::test_what_shows_minutes_after_it_was_made_is_seen",),
        shared=POLL,
    ),
    Fault(
        81,
        "1,500 payments in one second",
        "all seen",
        (f"{SYNC}payments.py::test_more_than_a_page_of_one_second_arrives_whole",),
        shared=POLL,
    ),
    Fault(
        82,
        "a payment of an unknown invoice",
        "put aside, taken up once the invoice is linked",
        (f"{SYNC}payments.py::test_put_aside_it_is_taken_up_once_the_invoice_is_linked",),
    ),
    Fault(
        83,
        "refunds and credits",
        "no payment of the invoice",
        (
            f"{SYNC}payments.py::test_bills_and_refunds_are_nobodys_income",
            f"{SYNC}payments.py::test_a_credit_is_not_a_payment",
        ),
        shared="what a payment settles is read in one table, in `domain/payment`",
    ),
    Fault(
        84,
        "a payment in a foreign currency",
        "the amount is the document's own, to the cent",
        (f"{CHAOS}payments.py::test_f84_a_payment_in_dollars_is_recorded_in_dollars",),
        no_bills="bills are in the organisation's own currency",
    ),
    Fault(
        85,
        "two payment records of one id",
        reason="the CRM refuses the second: Finance External ID is unique, and payments are written by it",
    ),
    Fault(
        86,
        "the invoice of a payment is locked",
        "waits, and is summed once the invoice is free",
        (f"{SYNC}payments.py::test_f86_a_payment_waits_until_its_locked_record_says_what_is_paid",),
    ),
    Fault(
        87,
        "a crash between a payment and its sum",
        "made good at the next start",
        (
            f"{SYNC}payments.py::test_f87_a_crash_between_a_payment_and_its_status_is_made_good_at_the_next_start",
        ),
    ),
    Fault(
        88,
        "a flood of webhooks",
        reason="payments are found by polling; there is no webhook receiver",
    ),
    Fault(
        89,
        "nobody tells of payments for an hour",
        "the next poll finds them all",
        (f"{SYNC}payments.py::test_f89_nobody_tells_of_payments_and_the_next_poll_finds_them_all",),
        shared=POLL,
    ),
    Fault(
        90,
        "no name, no route, nobody listens",
        "no doubt, no call; everything goes once it is back",
        (f"{CHAOS}outcomes.py::test_f90_a_vendor_that_cannot_be_reached_leaves_no_doubt",),
    ),
    Fault(
        91,
        "an answer without end, or byte by byte",
        "cut at 50 MB, or after twice the time-out",
        (
            f"{CHAOS}answers.py::test_f91_an_answer_that_unpacks_to_gigabytes_is_cut",
            f"{CHAOS}answers.py::test_f91_salesforces_too",
            f"{CHAOS}answers.py::test_f91_an_answer_that_drips_ends_after_two_minutes",
        ),
    ),
    Fault(
        92,
        "NaN, 1e400, a name twice, another kind of value",
        "in doubt after a write, asked later after a read; never a crash",
        (
            f"{CHAOS}answers.py::test_f92_what_two_readers_would_read_as_two_things_is_read_by_none",
            f"{CHAOS}answers.py::test_f92_a_value_of_another_kind_never_ends_a_run_in_a_crash",
            f"{CHAOS}answers.py::test_f92_amounts_keep_their_digits_and_texts_what_can_be_printed",
            f"{CHAOS}answers.py::test_f92_payments_of_a_strange_shape_are_asked_for_again_later",
            f"{CHAOS}outcomes.py::test_f18_an_answer_that_cannot_be_read_is_a_doubt_and_the_look_ends_it",
        ),
    ),
    Fault(
        93,
        "256 MB of memory, 100,000 invoices",
        reason="`make size` measures it; it takes minutes, too long for every change",
    ),
    Fault(
        94,
        "a fault in 5 % of all calls",
        "nothing wrong; at most 15 % more calls to Xero for 10,000 invoices (`make faults`)",
        (
            f"{CHAOS}faults_everywhere.py::test_f94_a_fault_in_every_twentieth_call_leaves_nothing_wrong_and_costs_little",
        ),
    ),
    Fault(
        95,
        "three days' work for the day's quota",
        "oldest first, done on the fourth day, people get through",
        (
            f"{CHAOS}limits.py::test_f95_three_days_of_work_go_oldest_first_and_people_still_get_through",
        ),
    ),
    Fault(
        96,
        "settings or keys change while it works",
        "no failed run",
        (
            f"{CHAOS}faults_everywhere.py::test_f96_settings_that_change_between_two_runs_fail_none",
            f"{TOKENS}::test_f96_keys_are_rotated_while_it_works_and_no_run_fails",
        ),
    ),
)

GRANTS = (
    Fault(
        1,
        "a tracking option is made, unheard of",
        "there once; the bill goes on",
        (f"{BILL}::test_an_option_whose_answer_was_lost_is_there_once",),
    ),
    Fault(
        2,
        "the tracking category is full",
        "held; no bill without its option",
        (f"{BILL}::test_a_category_without_room_holds_the_bill_and_makes_nothing",),
    ),
    Fault(
        3,
        "Xero lacks the tracking category",
        "held; nothing is made there",
        (f"{BILL}::test_a_tracking_category_that_xero_lacks_is_left_to_the_preflight",),
    ),
    Fault(
        4,
        "the category or the option is archived or deleted between the look and the bill",
        "one call, refused and held in Xero's words; made once it is back",
        (
            f"{GRANT}::test_g04_a_tracking_that_goes_away_between_the_look_and_the_bill_makes_none_without_it",
        ),
    ),
    Fault(
        5,
        "the draft of a contract is deleted in Xero",
        "shown; not made again by itself",
        (f"{BILL}::test_a_draft_that_was_deleted_in_xero_is_shown_and_not_made_again",),
    ),
    Fault(
        6,
        "the payee changes between draft and approval",
        "held; the draft is not completed",
        (
            f"{BILL}::test_a_draft_made_out_to_another_payee_is_not_completed",
            f"{BILL}::test_a_draft_of_nobody_we_know_is_not_completed",
        ),
    ),
    Fault(
        7,
        "the new amount of a draft never reaches Xero",
        "never completed with the old one",
        (
            f"{BILL}::test_a_draft_whose_new_contents_never_arrived_is_not_completed_with_the_old_ones",
        ),
    ),
    Fault(
        8,
        "a file's answer is lost, cut, late, a web page or a 500",
        "it hangs there once, after two calls at the most",
        (
            f"{PAPER}::test_a_lost_answer_never_makes_a_second_attachment",
            f"{PAPER}::test_where_no_answer_comes_at_all_it_is_looked_for_before_it_is_sent_again",
            f"{PAPER}::test_what_the_answer_does_not_speak_of_is_unsure_and_then_found",
        ),
    ),
    Fault(
        9,
        "a file was sent and never arrived",
        "nothing is absent before `quiet_s`; then one call more",
        (
            f"{PAPER}::test_what_is_not_there_is_sent_again_only_after_the_quiet_time",
            f"{PAPER}::test_two_lost_one_after_the_other_end_the_run_and_no_more_is_begun",
        ),
    ),
    Fault(
        10,
        "it dies while it fetches or attaches a file",
        "attached once, by one call",
        (f"{PAPER}::test_wherever_it_dies_each_file_is_attached_once",),
    ),
    Fault(
        11,
        "the journal is lost when papers hang already",
        "one look a bill; only what is missing is attached",
        (f"{PAPER}::test_a_lost_journal_attaches_nothing_twice_and_what_was_missing_is_attached",),
    ),
    Fault(
        12,
        "a file that is too large",
        "held by itself, not even fetched; the bill stands",
        (f"{PAPER}::test_a_file_that_is_too_large_is_held_by_itself_and_not_even_fetched",),
    ),
    Fault(
        13,
        "Xero refuses a file: one of that kind, or an eleventh",
        "held in Xero's words; tried when its time comes; the bill stands",
        (
            f"{GRANT}::test_g13_a_kind_of_file_that_xero_does_not_take_waits_by_itself_and_costs_one_call",
            f"{PAPER}::test_what_xero_refuses_is_held_in_its_words_and_tried_again_when_its_time_comes",
            f"{PAPER}::test_an_eleventh_file_waits_until_there_is_room_on_the_bill",
        ),
    ),
    Fault(
        14,
        "the CRM gives no file, half of one, or hides it",
        "nothing else hangs in its place; attached once it is whole",
        (
            f"{PAPER}::test_a_crm_that_is_away_keeps_the_files_for_the_next_run",
            f"{PAPER}::test_what_is_not_the_whole_file_is_not_attached_in_its_place",
            f"{PAPER}::test_a_file_the_crm_hides_is_held_by_itself_until_it_is_shown",
        ),
    ),
    Fault(
        15,
        "a milestone is cancelled between approval and export",
        "refused; no file",
        (f"{GRANT}::test_g15_a_milestone_cancelled_after_the_approval_is_not_paid",),
    ),
    Fault(
        16,
        "a milestone is exempted between approval and export",
        "refused; no file",
        (f"{GRANT}::test_g16_a_milestone_exempted_after_the_approval_is_not_paid",),
    ),
    Fault(
        17,
        "a milestone is deleted between approval and export",
        "the CRM refuses it while an item holds it; without its item nothing is approved any more",
        (f"{GRANT}::test_g17_an_item_deleted_after_the_approval_voids_it",),
    ),
    Fault(
        18,
        "amount, day, name, payee or bank account change after the approval",
        "refused; nothing is approved any more, and nobody is paid into an account that nobody confirmed",
        (
            f"{BATCH}::test_a_changed_amount_is_refused_and_nothing_is_approved_any_more",
            f"{BATCH}::test_every_thing_that_is_paid_is_held_against_what_was_approved",
            f"{BATCH}::test_an_account_that_another_file_paid_into_after_the_approval_is_confirmed_again",
        ),
    ),
    Fault(
        19,
        "the disk is full at the export",
        "no half file; one whole file once there is room, and one export",
        (
            f"{GRANT}::test_g19_a_disk_that_is_full_at_the_export_leaves_no_half_file_and_the_next_word_brings_it",
        ),
    ),
    Fault(
        20,
        "the folder of the bank files goes away at the export",
        "made anew, or told; one whole file, and one export",
        (
            f"{GRANT}::test_g20_a_folder_that_goes_between_the_word_and_the_file_costs_no_file",
            f"{BATCH}::test_a_folder_that_cannot_be_written_is_said_before_anything_is_done",
        ),
    ),
    Fault(
        21,
        "another file has the name",
        "not overwritten; ours comes once it is moved",
        (
            f"{BATCH}::test_a_file_in_the_way_is_not_overwritten",
            f"{DESK}::test_another_file_that_took_the_name_meanwhile_stops_the_export_until_it_is_moved",
        ),
    ),
    Fault(
        22,
        "it dies at any moment of a batch, or the CRM's answer is lost there",
        "the command typed again completes it: one batch, one file, one order",
        (
            f"{DESK}::test_wherever_it_dies_the_command_typed_again_brings_one_whole_file",
            f"{DESK}::test_a_lost_answer_of_the_crm_doubles_nothing",
        ),
    ),
    Fault(
        23,
        "the journal is lost after an approval or an export",
        "approved anew; what the CRM calls exported is not exported again",
        (
            f"{BATCH}::test_an_approval_is_lost_with_the_journal",
            f"{BATCH}::test_a_batch_the_crm_calls_exported_is_not_exported_by_a_journal_that_forgot",
        ),
    ),
    Fault(
        24,
        "a milestone is paid by another way meanwhile, or its bill credited or voided in Xero",
        "what is not due any more is paid by no file, a first or a second one",
        (
            f"{BATCH}::test_what_was_paid_meanwhile_is_not_paid_again",
            f"{BATCH}::test_what_was_paid_since_is_not_paid_by_a_second_file",
            f"{BATCH}::test_a_credit_in_xero_is_not_paid_out_though_the_crm_knows_nothing_of_it",
            f"{BATCH}::test_nobody_is_paid_for_a_bill_that_was_voided_in_xero_a_minute_ago",
        ),
    ),
    Fault(
        25,
        "the mail server is down",
        "no run fails; the letters wait, and after days they are shown",
        (
            f"{LETTER}::test_a_mail_server_that_is_away_fails_no_run_and_the_letters_wait",
            f"{LETTER}::test_after_days_a_letter_is_given_up_and_shown",
        ),
    ),
    Fault(
        26,
        "the mail server is silent, or greets late",
        "waited for as long as its time-out; nothing was sent",
        (f"{SMTP}::test_a_server_that_says_nothing_is_not_waited_for_for_ever",),
    ),
    Fault(
        27,
        "the mail server refuses the recipient",
        "shown by every run until a person has decided; other letters leave",
        (
            f"{SMTP}::test_what_is_refused_or_broken_off_before_the_letter_is_not_sent_for_sure",
            f"{LETTER}::test_a_refused_letter_is_shown_by_every_run_until_a_person_has_decided",
        ),
    ),
    Fault(
        28,
        "the line is cut after the letter was handed over",
        "an applicant is not told again, a person decides; an operator is told again",
        (
            f"{SMTP}::test_a_lost_answer_is_called_unknown_whether_the_letter_arrived_or_not",
            f"{LETTER}::test_where_the_answer_is_lost_an_applicant_is_not_told_again",
            f"{LETTER}::test_where_the_answer_is_lost_the_operator_is_told_again_rather_than_not_at_all",
        ),
    ),
    Fault(
        29,
        "somebody sits between us and the mail server",
        "neither password nor letter is given away",
        (
            f"{SMTP}::test_a_server_with_a_strangers_certificate_gets_neither_password_nor_letter",
            f"{SMTP}::test_a_server_that_cannot_encrypt_gets_nothing",
        ),
    ),
    Fault(
        30,
        "it dies between a payment and its letter",
        "the letter leaves once, or a person is asked",
        (
            f"{NOTICE}::test_wherever_the_worker_dies_the_letter_leaves_once_or_a_person_is_asked",
            f"{NOTICE}::test_where_it_dies_while_the_letter_leaves_it_is_shown_until_a_person_has_decided",
        ),
    ),
    Fault(
        31,
        "a payment is taken back before its letter left",
        "nobody is told of it",
        (f"{NOTICE}::test_what_is_taken_back_before_its_letter_left_is_not_told",),
    ),
)
"""Faults of what only a grant maker has: bills as they differ, papers, batches, letters."""
