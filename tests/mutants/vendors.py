"""The vendors' side: one request is one request, three outcomes are three, and budgets and tokens are kept."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

VENDORS = (
    Mutant(
        "a library repeats a lost write behind our back",
        "sync_worker/xero/transport.py",
        "            redirect=False,\n        )\n        if not 200",
        "            redirect=False,\n            retries=urllib3.Retry(3, redirect=0, allowed_methods=None),\n"
        "        )\n        if not 200",
        (
            "tests/contracts/test_ledger_ports.py::test_whenever_it_may_have_been_done_the_outcome_is_unknown",
        ),
    ),
    Mutant(
        "the pool's own retries are on",
        "sync_worker/xero/transport.py",
        "urllib3.PoolManager(maxsize=2, block=True, retries=False)",
        "urllib3.PoolManager(maxsize=2, block=True)",
        (
            "tests/contracts/test_ledger_ports.py::test_whenever_it_may_have_been_done_the_outcome_is_unknown",
        ),
    ),
    Mutant(
        "a redirect of Xero is followed",
        "sync_worker/xero/transport.py",
        "            redirect=False,\n",
        "            redirect=True,\n            retries=urllib3.Retry(3, connect=0, read=0),\n",
        ("tests/contracts/test_ledger_ports.py::test_time_is_xeros_own",),
    ),
    Mutant(
        "a time-out is a float, which xero-python ignores",
        "sync_worker/wiring/ledger.py",
        """\
    return urllib3.Timeout(
        connect=settings.timing.connect_timeout_s, read=settings.timing.timeout_s
    )
""",
        "    return settings.timing.timeout_s\n",
        ("tests/contracts/test_ledger_ports.py::test_time_is_xeros_own",),
    ),
    Mutant(
        "a write whose answer is lost did nothing",
        "sync_worker/xero/errors.py",
        "    if isinstance(failure, NEVER_LEFT) or not writing:\n",
        "    if isinstance(failure, Exception):\n",
        ("tests/xero/test_errors.py::test_only_what_never_left_did_nothing",),
    ),
    Mutant(
        "a 500 did nothing",
        "sync_worker/xero/errors.py",
        "        if writing:\n            return OutcomeUnknown",
        "        if not body:\n            return OutcomeUnknown",
        ("tests/xero/test_errors.py::test_a_refusal_is_told_from_a_doubt",),
    ),
    Mutant(
        "a key that is used with another request is just refused",
        "sync_worker/xero/errors.py",
        'if status == 400 and "is used with a different request" in words:',
        'if status == 499 and "is used with a different request" in words:',
        ("tests/xero/test_errors.py::test_a_refusal_is_told_from_a_doubt",),
    ),
    Mutant(
        "a 403 is an empty list",
        "sync_worker/xero/transport.py",
        "        if not 200 <= reply.status <= 299:\n",
        "        if not 200 <= reply.status <= 299 and reply.status != 403:\n",
        (
            "tests/contracts/test_ledger_ports.py::test_an_organisation_that_was_disconnected_is_said_to_be",
        ),
    ),
    Mutant(
        "a page of HTML with status 200 is a success",
        "sync_worker/xero/client.py",
        '            raise OutcomeUnknown("Xero\'s answer could not be read") from None\n',
        "            return {}\n",
        (
            "tests/contracts/test_ledger_ports.py::test_whenever_it_may_have_been_done_the_outcome_is_unknown",
        ),
    ),
    Mutant(
        "a page of HTML with status 200 is an empty list",
        "sync_worker/xero/client.py",
        '                raise Transient("Xero answered something that is not JSON") from None\n',
        "                return {}\n",
        ("tests/contracts/test_ledger_ports.py::test_a_page_that_is_no_list_is_not_an_empty_list",),
    ),
    Mutant(
        "a validation error beside an OK is a success",
        "sync_worker/xero/wire.py",
        'return self.StatusAttributeString == "ERROR" or bool(self.ValidationErrors)',
        'return self.StatusAttributeString == "ERROR"',
        (
            "tests/sync/test_invoices.py::test_an_ok_that_comes_with_a_validation_error_is_a_refusal",
        ),
    ),
    Mutant(
        "a key does not know the body it stands for",
        "sync_worker/xero/frozen.py",
        "[tenant.encode(), path.encode(), salt.encode(), body]",
        "[tenant.encode(), path.encode(), salt.encode()]",
        (
            "tests/contracts/test_ledger_ports.py::test_the_same_draft_freezes_to_the_same_bytes_and_key_and_a_new_generation_to_another",
        ),
    ),
    Mutant(
        "a key does not know the try it stands for",
        "sync_worker/xero/frozen.py",
        "[tenant.encode(), path.encode(), salt.encode(), body]",
        "[tenant.encode(), path.encode(), body]",
        (
            "tests/sync/test_contacts.py::test_a_name_that_was_set_free_in_xero_is_tried_under_a_new_key",
        ),
    ),
    Mutant(
        "every attempt freezes to a new key",
        "sync_worker/xero/frozen.py",
        "    digest = hashlib.sha256(",
        "    salt += __import__('secrets').token_hex(8)\n    digest = hashlib.sha256(",
        (
            "tests/contracts/test_ledger_ports.py::test_the_same_draft_freezes_to_the_same_bytes_and_key_and_a_new_generation_to_another",
        ),
    ),
    Mutant(
        "an update carries a key, which would bring older contents back",
        "sync_worker/xero/frozen.py",
        '        key=f"v1-{digest.hexdigest()[:40]}" if keyed else None,\n',
        '        key=f"v1-{digest.hexdigest()[:40]}",\n',
        (
            "tests/contracts/test_ledger_ports.py::test_an_update_never_carries_a_key_or_leaves_without_an_id",
        ),
    ),
    Mutant(
        "the day's budget is ignored",
        "sync_worker/xero/budget.py",
        "        spent_out = len(self._spent) >= self.per_day - kept\n",
        "        spent_out = False\n",
        (
            "tests/xero/test_budget.py::test_the_days_reserve_is_not_touched_by_the_schedule",
            "tests/xero/test_budget.py::test_a_thousand_a_day_is_never_overdrawn",
        ),
    ),
    Mutant(
        "what Xero says is left is ignored",
        "sync_worker/xero/budget.py",
        '        self.minute_left = _number(headers.get("X-MinLimit-Remaining"), self.minute_left)\n',
        "",
        (
            "tests/xero/test_budget.py::test_what_xero_says_is_left_counts_for_more_than_our_own_count",
        ),
    ),
    Mutant(
        "the schedule spends what is kept for people",
        "sync_worker/xero/budget.py",
        "        kept = 0 if self._manual else self.manual_per_minute\n",
        "        kept = 0\n",
        (
            "tests/xero/test_budget.py::test_fifty_calls_go_at_once_and_the_next_waits_for_its_minute",
        ),
    ),
    Mutant(
        "an organisation is picked where a connection has several",
        "sync_worker/xero/client.py",
        "            if len(found) != 1:\n",
        "            if not found:\n",
        ("tests/xero/test_client.py::test_of_several_organisations_none_is_guessed",),
    ),
    Mutant(
        "new tokens are used before they are stored",
        "sync_worker/xero/rotation.py",
        """\
            self._save_what_is_left()
            consent = self._good()
""",
        """\
            try:
                self._save_what_is_left()
                consent = self._good()
            except Transient:
                if self._unsaved is None:
                    raise
                return self._unsaved[1].access
""",
        (
            "tests/journeys/test_rotating_tokens.py::test_t5_nobody_is_handed_a_token_that_could_not_be_stored",
        ),
    ),
    Mutant(
        "new tokens that could not be stored are forgotten",
        "sync_worker/xero/rotation.py",
        "        self._unsaved = (consent, pair)\n        self._save_what_is_left()\n",
        "        self._consents.save(consent, pair)\n",
        (
            "tests/journeys/test_rotating_tokens.py::test_t5_a_pair_that_cannot_be_stored_is_not_used_and_not_lost",
        ),
    ),
    Mutant(
        "the token before is not tried in its grace",
        "sync_worker/xero/rotation.py",
        "            if self._moved(consent) or consent.previous is None or not in_grace:\n                raise\n",
        "            raise\n",
        (
            "tests/journeys/test_rotating_tokens.py::test_the_token_before_helps_where_a_late_twin_killed_the_present_one",
        ),
    ),
    Mutant(
        "a consent is called dead though another process renewed it",
        "sync_worker/state/consents.py",
        "                consents.c.ended_at.is_(None),\n                *conditions,\n",
        "                *([] if 'ended_at' in values else conditions),\n",
        (
            "tests/state/test_consents.py::test_an_ended_consent_stays_ended_until_a_person_connects",
        ),
    ),
    Mutant(
        "a token that is refused for ever is renewed again and again",
        "sync_worker/xero/client.py",
        "                if failure.status == 401 and not self._renewed:\n",
        "                if failure.status == 401 and self.budget.calls < 40:\n",
        (
            "tests/journeys/test_rotating_tokens.py::test_f08_a_custom_connection_that_is_refused_for_ever_is_told_after_one_new_token",
        ),
    ),
)
