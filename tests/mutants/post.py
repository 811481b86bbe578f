"""What keeps an applicant from being told twice or of nothing, and what waits from being left untold."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

NOTICES = "tests/sync/test_notices.py::"
LETTERS = "tests/sync/test_letters.py::"
DIGESTS = "tests/sync/test_digests.py::"
STATE = "tests/state/test_letters.py::"
SMTP = "tests/notify/test_smtp.py::"

POST = (
    Mutant(
        "a letter is handed over without being committed as SENDING",
        "sync_worker/sync/letters.py",
        "    if not post.letters.move(letter, sending):\n",
        "    if post.letters.count(Stage.SENDING) < 0:\n",
        (
            f"{NOTICES}test_where_it_dies_while_the_letter_leaves_it_is_shown_until_a_person_has_decided",
        ),
    ),
    Mutant(
        "an applicant is told again where the answer was lost",
        "sync_worker/domain/letter.py",
        "        return isinstance(self.told, Digest)\n",
        "        return True\n",
        (f"{LETTERS}test_where_the_answer_is_lost_an_applicant_is_not_told_again",),
    ),
    Mutant(
        "the operator is left untold where the answer was lost",
        "sync_worker/domain/letter.py",
        "        return isinstance(self.told, Digest)\n",
        "        return False\n",
        (
            f"{LETTERS}test_where_the_answer_is_lost_the_operator_is_told_again_rather_than_not_at_all",
        ),
    ),
    Mutant(
        "one letter is refused for a login that no letter gets past",
        "sync_worker/sync/letters.py",
        "        case NotSent(every=True):\n",
        "        case NotSent(words='none'):\n",
        (f"{LETTERS}test_one_letter_is_tried_for_all_where_the_server_lets_none_through",),
    ),
    Mutant(
        "a notice is written for what the CRM had before",
        "sync_worker/sync/notices.py",
        "    return record.include and all(one.xero_id != payment.id for one in standing.payments)\n",
        "    return record.include\n",
        (f"{NOTICES}test_what_only_changes_in_xero_after_a_lost_journal_is_told_to_nobody",),
    ),
    Mutant(
        "a notice leaves before the CRM has the payment",
        "sync_worker/state/letters.py",
        "                row = self._new(PAYMENT, notice, Stage.PREPARED)\n",
        "                row = self._new(PAYMENT, notice, Stage.WAITING)\n",
        (f"{NOTICES}test_money_that_the_crm_refuses_is_told_once_it_takes_it",),
    ),
    Mutant(
        "a letter that left is prepared anew",
        "sync_worker/state/letters.py",
        "                        where=letters.c.stage == Stage.PREPARED,\n",
        "",
        (f"{STATE}test_what_has_gone_further_is_not_prepared_again",),
    ),
    Mutant(
        "what was taken back is told all the same",
        "sync_worker/sync/notices.py",
        "(True, self.letters.withdraw)",
        "(True, self.letters.release)",
        (f"{NOTICES}test_what_is_taken_back_before_its_letter_left_is_not_told",),
    ),
    Mutant(
        "history is told when a connection begins",
        "sync_worker/sync/notices.py",
        "        return self.clock.now().date() - payment.date <= self.max_age\n",
        "        return True\n",
        (f"{NOTICES}test_what_was_paid_long_ago_is_told_to_nobody",),
    ),
    Mutant(
        "what was cured and waits again is not told again",
        "sync_worker/sync/digests.py",
        "    if new or ended:\n",
        "    if new:\n",
        (f"{DIGESTS}test_what_was_cured_and_waits_again_for_the_same_reason_is_told_again",),
    ),
    Mutant(
        "what is found between two digests is called told",
        "sync_worker/sync/digests.py",
        "        new = {}\n",
        "        return work.letters.tell({one: its.fingerprint for one, its in new.items()}, ended, None)\n",
        (f"{DIGESTS}test_digests_keep_their_distance_and_nothing_is_left_out",),
    ),
    Mutant(
        "every run tells again what waits",
        "sync_worker/sync/digests.py",
        "    new = {one: its for one, its in waits.items() if told.get(one) != its.fingerprint}\n",
        "    new = dict(waits)\n",
        (f"{DIGESTS}test_what_goes_on_waiting_is_not_told_again",),
    ),
    Mutant(
        "a letter that was on its way at a crash is forgotten",
        "sync_worker/sync/letters.py",
        "    for letter in post.letters.staged(Stage.SENDING):\n",
        "    for letter in post.letters.staged(Stage.PREPARED):\n",
        (
            f"{LETTERS}test_a_digest_cut_off_by_a_crash_goes_again",
            f"{NOTICES}test_where_it_dies_while_the_letter_leaves_it_is_shown_until_a_person_has_decided",
        ),
    ),
    Mutant(
        "what a person drops leaves all the same",
        "sync_worker/state/letters.py",
        "            return self._set(tx, [letter.key], [letter.stage], **news) == 1\n",
        "            return self._set(tx, [letter.key], list(Stage), **news) == 1\n",
        (
            f"{LETTERS}test_what_a_person_drops_while_the_run_is_about_to_send_it_stays",
            f"{STATE}test_whoever_comes_second_moves_nothing",
        ),
    ),
    Mutant(
        "a worker that lost its lane moves letters",
        "sync_worker/state/letters.py",
        "            self._lane.confirm(tx)\n            yield tx",
        "            yield tx",
        (f"{STATE}test_without_the_lane_only_a_person_decides",),
    ),
    Mutant(
        "a letter whose answer was lost is said not to have left",
        "sync_worker/notify/smtp.py",
        "        return SentPerhaps(message.id, words)\n    words = said",
        "        return NotSent(words, again=True)\n    words = said",
        (f"{SMTP}test_a_lost_answer_is_called_unknown_whether_the_letter_arrived_or_not",),
    ),
    Mutant(
        "a repeat cannot be told from another letter",
        "sync_worker/notify/message.py",
        "    stamp = hashlib.sha256(letter.key.encode()).hexdigest()[:40]\n",
        '    stamp = hashlib.sha256(f"{letter.key} {now}".encode()).hexdigest()[:40]\n',
        (f"{SMTP}test_the_same_letter_has_the_same_message_id_so_that_a_repeat_can_be_told",),
    ),
    Mutant(
        "a digest is queued and what it tells is not noted",
        "sync_worker/sync/digests.py",
        "        work.letters.tell({one: its.fingerprint for one, its in new.items()}, ended, digest)\n",
        "        work.letters.tell({}, ended, digest)\n",
        (f"{DIGESTS}test_what_goes_on_waiting_is_not_told_again",),
    ),
    Mutant(
        "a run that fails is told every time it fails",
        "sync_worker/sync/digests.py",
        '    return {f"run:{cause}": _Waits(trouble, now.date().isoformat())}\n',
        '    return {f"run:{cause}": _Waits(trouble, now.isoformat())}\n',
        (f"{DIGESTS}test_one_cause_is_told_once_a_day_whichever_runs_it_fails",),
    ),
    Mutant(
        "a run that fails is told to nobody",
        "sync_worker/sync/digests.py",
        "    waits |= _failed(work, failure) if failure else {}\n",
        "",
        (f"{DIGESTS}test_a_run_that_fails_until_somebody_acts_is_told_at_once_with_its_cure",),
    ),
    Mutant(
        "a vendor that is away is told at once",
        "sync_worker/sync/digests.py",
        "    if passes and since is not None and now - since < LASTS:\n",
        "    if passes and since is not None and now - since < timedelta():\n",
        (f"{DIGESTS}test_a_vendor_that_is_away_is_told_once_that_has_lasted",),
    ),
)
