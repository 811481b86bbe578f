"""The journal and its lane: what is committed is there, and one worker at a time."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MEMORY = (
    Mutant(
        "a commit may be lost when the power fails",
        "sync_worker/state/engine.py",
        '"PRAGMA synchronous = FULL"',
        '"PRAGMA synchronous = NORMAL"',
        (
            "tests/state/test_opening.py::test_commits_survive_a_power_cut_and_writers_queue",
            "tests/chaos/test_power.py::test_f58_before_anything_leaves_for_xero_the_journal_lies_on_the_disk",
        ),
    ),
    Mutant(
        "writers begin deferred, and fail when they first write",
        "sync_worker/state/beginning.py",
        'driver.execute("BEGIN" if readonly else "BEGIN IMMEDIATE")',
        'driver.execute("BEGIN" if readonly else "BEGIN DEFERRED")',
        (
            "tests/state/test_opening.py::test_a_writer_has_the_journal_to_itself_before_it_reads_a_line",
        ),
    ),
    Mutant(
        "a damaged journal is used",
        "sync_worker/state/engine.py",
        '    if found != "ok":\n',
        '    if found == "":\n',
        ("tests/state/test_opening.py::test_a_journal_with_a_damaged_page_is_refused",),
    ),
    Mutant(
        "the lease is taken without its condition",
        "sync_worker/state/lease.py",
        '        where=or_(leases.c.until < bindparam("now"), leases.c.owner == new.owner),\n',
        '        where=or_(bindparam("now").is_not(None), leases.c.owner == new.owner),\n',
        ("tests/state/test_lease.py::test_a_worker_of_another_host_is_waited_out",),
    ),
    Mutant(
        "the kernel's lock is not taken",
        "sync_worker/state/exclusion.py",
        "            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            fcntl.fcntl(descriptor, fcntl.F_GETFD)\n",
        (
            "tests/state/test_processes.py::test_of_two_processes_that_race_for_the_lane_one_gets_it_and_the_other_knows_at_once",
        ),
    ),
    Mutant(
        "the fence does not grow",
        "sync_worker/state/lease.py",
        '"fence": leases.c.fence + 1,',
        '"fence": leases.c.fence,',
        ("tests/state/test_lease.py::test_a_second_worker_gets_nothing_until_the_first_lets_go",),
    ),
    Mutant(
        "a worker that lost its lane records all the same",
        "sync_worker/state/journal.py",
        "            self.lane.confirm(tx)\n",
        "",
        ("tests/state/test_lease.py::test_whoever_lost_the_lane_can_neither_send_nor_record",),
    ),
    Mutant(
        "a write leaves on what little is left of a lease",
        "sync_worker/state/lease.py",
        "if lease.until - self._store.clock.now() < lease.ttl / 2:",
        "if lease.until < self._store.clock.now():",
        (
            "tests/state/test_lease.py::test_the_guard_renews_the_lease_when_less_than_half_is_left",
            "tests/sync/test_attempt.py::test_every_write_leaves_with_at_least_half_of_the_lease_before_it",
        ),
    ),
    Mutant(
        "a renewal brings a lost lane back",
        "sync_worker/state/lease.py",
        "        if not kept:\n            self._lose()\n",
        "",
        ("tests/state/test_lease.py::test_a_renewal_does_not_bring_back_a_lost_lane",),
    ),
    Mutant(
        "a lease may be shorter than a quiet time",
        "sync_worker/settings/vendors.py",
        "if self.lease_s <= self.quiet_s + self.most_s:",
        "if self.lease_s <= self.most_s:",
        ("tests/test_settings.py::test_a_wrong_setting_is_one_sentence_that_names_it",),
    ),
    Mutant(
        "a quiet time may be shorter than a call",
        "sync_worker/settings/vendors.py",
        "if self.quiet_s <= self.timeout_s:",
        "if self.quiet_s <= 0:",
        ("tests/test_settings.py::test_a_wrong_setting_is_one_sentence_that_names_it",),
    ),
    Mutant(
        "a key may be used as long as Xero keeps it, and a little longer",
        "sync_worker/settings/vendors.py",
        "if self.key_life_s >= 360:",
        "if self.key_life_s > 3600:",
        ("tests/test_settings.py::test_a_wrong_setting_is_one_sentence_that_names_it",),
    ),
    Mutant(
        "other bytes leave under a batch name that was used",
        "sync_worker/state/batches.py",
        "            (batches.c.body == new.body) | batches.c.body.is_(None),\n",
        "",
        (
            "tests/state/test_batches.py::test_other_bytes_never_leave_under_a_batch_name_that_was_used",
        ),
    ),
    Mutant(
        "a batch sent again forgets the token it first left with",
        "sync_worker/state/batches.py",
        'set_={"body": new.body, "sent_count"',
        'set_={"body": new.body, "token": new.token, "sent_count"',
        (
            "tests/state/test_batches.py::test_a_batch_sent_again_keeps_the_token_and_the_time_of_its_first_sending",
        ),
    ),
    Mutant(
        "the bytes go while a document is in doubt",
        "sync_worker/state/batches.py",
        "batches.c.body.is_not(None), ~_in_doubt)",
        "batches.c.body.is_not(None))",
        (
            "tests/state/test_batches.py::test_the_bytes_stay_while_one_row_is_in_doubt_and_go_with_the_last",
        ),
    ),
    Mutant(
        "a journal is used for another organisation's books",
        "sync_worker/state/pins.py",
        "    if pinned != wanted:\n",
        "    if not pinned:\n",
        ("tests/state/test_opening.py::test_a_connection_is_pinned_to_its_organisations",),
    ),
    Mutant(
        "two connections of one pair send everything twice",
        "sync_worker/state/pins.py",
        "        if twin := _twin(tx, store.connection, wanted):\n",
        "        if twin := '':\n",
        ("tests/state/test_opening.py::test_two_connections_of_one_pair_are_refused",),
    ),
    Mutant(
        "of several sightings the one that was voided counts",
        "sync_worker/state/sightings.py",
        '(one.status in _GONE, one.status == "DRAFT", one.generation, one.xero_id)',
        '(one.status == "DRAFT", one.generation, one.xero_id)',
        (
            "tests/state/test_documents.py::test_of_several_sightings_the_first_that_still_stands_counts",
        ),
    ),
    Mutant(
        "a token sealed for one connection opens in another",
        "sync_worker/state/seal.py",
        "    return json.dumps(place).encode()\n",
        "    return b'anywhere'\n",
        ("tests/state/test_consents.py::test_a_value_moved_to_another_connection_is_refused",),
    ),
    Mutant(
        "a renewal is claimed without its condition",
        "sync_worker/state/consents.py",
        "        free = or_(consents.c.refreshing_since.is_(None), consents.c.refreshing_since <= now - life)\n",
        "        free = or_(consents.c.refreshing_since.is_(None), consents.c.refreshing_since <= now)\n",
        ("tests/state/test_consents.py::test_one_claims_a_renewal_and_the_others_know",),
    ),
    Mutant(
        "whoever comes second with a renewed token overwrites the first",
        "sync_worker/state/consents.py",
        "                consents.c.version == consent.health.version,\n",
        "",
        ("tests/state/test_consents.py::test_who_comes_second_changes_nothing",),
    ),
)
