"""What keeps a file from hanging on a bill twice, on another's bill, or in place of one that is still awaited."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ROOM = "sync_worker/sync/papers.py"
TESTS = "tests/sync/test_papers.py::"

PAPERS = (
    Mutant(
        "a file that hangs there is attached again",
        ROOM,
        "    return row.state in IN_DOUBT or (row.state is State.WRITTEN and _same(row, paper))\n",
        "    return row.state in IN_DOUBT\n",
        (
            f"{TESTS}test_nothing_is_attached_again_and_a_quiet_run_asks_the_crm_one_question_more",
            f"{TESTS}test_what_a_person_asks_for_in_between_is_not_sent_twice",
        ),
    ),
    Mutant(
        "a file that may be on its way is sent beside itself",
        ROOM,
        "    return row.state in IN_DOUBT or (row.state is State.WRITTEN and _same(row, paper))\n",
        "    return row.state is State.WRITTEN and _same(row, paper)\n",
        (f"{TESTS}test_what_is_not_there_is_sent_again_only_after_the_quiet_time",),
    ),
    Mutant(
        "after a lost journal nobody looks what hangs there",
        ROOM,
        "    _adopt(work, [paper for paper in papers if not sent[paper.bill.record]], report)\n",
        "    _adopt(work, [], report)\n",
        (f"{TESTS}test_a_lost_journal_attaches_nothing_twice_and_what_was_missing_is_attached",),
    ),
    Mutant(
        "a file in doubt is absent at once",
        ROOM,
        "    if row.sent_at is None or work.lane.sender.now() - row.sent_at <= quiet:\n",
        "    if row.sent_at is None:\n",
        (f"{TESTS}test_what_is_not_there_is_sent_again_only_after_the_quiet_time",),
    ),
    Mutant(
        "a file in doubt is sent again without a look",
        ROOM,
        "        change = _settled(work, row, attached=row.number in names[bill])\n",
        "        change = _settled(work, row, attached=row.number not in names[bill] and bool(names[bill]))\n",
        (f"{TESTS}test_where_no_answer_comes_at_all_it_is_looked_for_before_it_is_sent_again",),
    ),
    Mutant(
        "a file in doubt is taken for attached",
        ROOM,
        "        change = _settled(work, row, attached=row.number in names[bill])\n",
        "        change = _settled(work, row, attached=True)\n",
        (f"{TESTS}test_what_is_not_there_is_sent_again_only_after_the_quiet_time",),
    ),
    Mutant(
        "a file that Xero does not speak of is attached",
        "sync_worker/xero/papers.py",
        "    if len(made) != 1 or not made[0].AttachmentID:\n        return [Unanswered(record)]\n",
        '    if len(made) != 1:\n        return [Done(record, XeroId(""), "", "", None)]\n',
        (f"{TESTS}test_what_the_answer_does_not_speak_of_is_unsure_and_then_found",),
    ),
    Mutant(
        "two files of one title replace each other",
        "sync_worker/domain/paper.py",
        "    mark = hashlib.sha256(source.encode()).hexdigest()[:8]\n",
        "    mark = hashlib.sha256(title.encode()).hexdigest()[:8]\n",
        (f"{TESTS}test_two_files_of_one_name_both_hang_on_the_bill",),
    ),
    Mutant(
        "a file that was refused goes again under its old key",
        ROOM,
        "        generation=known.generation + (1 if refused or not same else 0),\n",
        "        generation=known.generation + (0 if same else 1),\n",
        (
            f"{TESTS}test_what_xero_refuses_is_held_in_its_words_and_tried_again_when_its_time_comes",
        ),
    ),
    Mutant(
        "a new version of a file never follows",
        ROOM,
        "    return row.xero_id == paper.bill.xero_id and row.input_hash == paper.inputs\n",
        "    return row.xero_id == paper.bill.xero_id\n",
        (
            f"{TESTS}test_a_later_file_and_a_new_version_come_when_the_milestone_changes_or_somebody_asks",
        ),
    ),
    Mutant(
        "a bill made anew goes without its papers",
        ROOM,
        "    return row.xero_id == paper.bill.xero_id and row.input_hash == paper.inputs\n",
        "    return row.input_hash == paper.inputs\n",
        (f"{TESTS}test_a_bill_that_was_voided_and_made_anew_has_its_papers_too",),
    ),
    Mutant(
        "a file of any size is sent",
        ROOM,
        "    if paper.size <= LARGEST:\n",
        "    if paper.size <= LARGEST * 2:\n",
        (f"{TESTS}test_a_file_that_is_too_large_is_held_by_itself_and_not_even_fetched",),
    ),
    Mutant(
        "papers hang on bills that others made",
        ROOM,
        "    sent = {record: True for record, row in known.items() if row.batch and row.state in STANDS}\n",
        "    sent = {bill.record: True for bill in bills}\n",
        (f"{TESTS}test_bills_that_others_made_and_exempt_milestones_are_left_alone",),
    ),
    Mutant(
        "two files lost one after the other do not end the run",
        ROOM,
        "    if report.lost == MOST_LOST:\n",
        "    if report.lost < 0:\n",
        (f"{TESTS}test_two_lost_one_after_the_other_end_the_run_and_no_more_is_begun",),
    ),
    Mutant(
        "half a file is attached in place of the whole",
        "sync_worker/salesforce/papers.py",
        "        if len(content) != file.size:\n",
        "        if not content and file.size:\n",
        (f"{TESTS}test_what_is_not_the_whole_file_is_not_attached_in_its_place",),
    ),
)
