"""The life of a payment batch: people type one command after the other, and one of them dies. It is typed again, and so
are those that follow, until the file is at the bank.

Before each command somebody pays a part of another bill in Xero, so that payments are fetched as well.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.seeds import applicants
from tests.bankfiles.readers import read_aba
from tests.daemon.processes import Worker, settings_file
from tests.kills.deaths import NEVER, NEVER_PASSED, Death, Met
from tests.office import ABA, BATCH, Applicants

TIMING = {"connect_timeout_s": 1, "timeout_s": 2}
ENDED_S = 40.0
ANN, BOB = ("--as", "Ann"), ("--as", "Bob")
STORY: Mapping[str, tuple[str, ...]] = {
    "new": ("June round", *ANN),
    "add": (BATCH, "MS-1", "MS-2", *ANN),
    "remove": (BATCH, "MS-2", "--reason", "withdrawn", *ANN),
    "submit": (BATCH, *ANN),
    "approve": (BATCH, *BOB),
    "export": (BATCH, *ANN),
    "sent": (BATCH, *ANN),
}
COMES_TO = {"submit": "Submitted", "approve": "Approved", "export": "Exported", "sent": "Sent"}
"""The batch's status in the CRM once that is done; until then it is a draft."""
ORDERED: list[tuple[str | None, Decimal]] = [("MS-1", Decimal(5000))]
ENDS = {"": {0}, "KILL": {-9}, "TERM": {0, 4}, "either": {0, -9}}
"""Whoever is asked to stop says with 0 that it is done, or with 4 that it may not be."""
REFUSED = {1, 2}


class BatchLife:
    """Two milestones to be ordered of the bank, one of which is taken out again, and one that is being paid."""

    def __init__(self, sandbox: Sandbox, folder: Path, death: Death) -> None:
        self._plane, self._death, self._files = sandbox.control, death, folder / "files"
        self._to_do = list(STORY)
        self._plane.reset()
        self._fill(Applicants(self._plane.org, self._plane.xero))
        bank = {**ABA, "folder": str(self._files)}
        bills = {"account_code": applicants.GRANTS_PAID}
        connection = {"timing": TIMING, "sends": ["bills"], "bills": bills, "bank": bank}
        self._config = settings_file(folder, sandbox.credentials(), connection)
        self._day = (sandbox.clock.now() + timedelta(days=3)).date().isoformat()

    def whole(self) -> Iterator[tuple[str, Met]]:
        """Each moment of each command, those of the most consequence first."""
        passed: dict[str, dict[str, int]] = {}
        for command in STORY:
            with self._command(command, f"{NEVER}:1") as worker:
                worker.ended(ENDED_S)
                (told,) = worker.said("rehearsed moment never came")
                passed[command] = told["passed"]
        for command in sorted(STORY, key=lambda one: one != "export"):
            for point, times in passed[command].items():
                yield point, Met("batches", self._death.numbering, "", times, command)

    def dies(self) -> Iterator[str]:
        while self._to_do[0] != self._death.command:
            yield from self._typed(self._to_do[0])
        yield from self._typed(self._death.command, self._death.words, self._death.ending)
        if self._death.again_at and self._to_do:
            # It may come or not: what is repaired is not the same each time.
            yield from self._typed(self._to_do[0], f"{self._death.again_at}:1:KILL")

    def recovers(self) -> Iterator[str]:
        """Nobody types again what was said to be done."""
        for command in [*self._to_do]:
            yield from self._typed(command)
        yield from self._whole()

    def made(self) -> Mapping[str, int]:
        return {"batches": len(self._plane.org.rows("Payment_Batch__c"))}

    # Commands -----------------------------------------------------------------------------------

    def _typed(self, command: str, crash: str = "", ending: str = "") -> Iterator[str]:
        """One command, which dies at `crash`; it need not where no `ending` is foretold. Where it is said to be done,
        the next one follows. One that died when all was done may be told so, and be refused."""
        ends = ENDS[ending or ("either" if crash else "")] | (
            REFUSED if self._stands(command) else set()
        )
        with self._command(command, crash) as worker:
            code = worker.ended(ENDED_S)
            said = f"batch {command} ended with {code}: {worker.stdout} {worker.stderr[-2000:]}"
            if ending and "crash rehearsed" not in worker.stderr:
                yield NEVER_PASSED
            if code not in ends:
                yield said
            if code in {0, *REFUSED}:
                self._to_do.remove(command)
                if not self._stands(command):
                    yield f"the batch is {self._status()}, and {said}"
        yield from self._twice()

    def _command(self, command: str, crash: str) -> Worker:
        with self._plane.held():
            self._plane.xero.pay(self._other_bill, Decimal("1.00"))
        day = ("--date", self._day) if command == "new" else ()
        return Worker(
            self._config,
            *("batch", command, *STORY[command], *day),
            variables={"SYNC_CRASH_AT": crash} if crash else {},
        )

    # What stands --------------------------------------------------------------------------------

    def _fill(self, people: Applicants) -> None:
        people.milestone("MS-1", "5000.00", "Halfway Museum")
        people.milestone("MS-2", "70.00", "Exeter Choir")
        people.milestone("MS-3", "900.00", "Touring Hall")
        (self._other_bill,) = [
            row["Finance_External_ID__c"]
            for row in self._plane.org.rows("Milestone__c")
            if row["Name"] == "MS-3"
        ]

    def _stands(self, command: str) -> bool:
        """Whether the CRM shows that it was done."""
        if command in COMES_TO:
            return self._status() == COMES_TO[command]
        items = {row["Status__c"] for row in self._rows("Payment_Batch_Item__c")}
        shown = {"new": True, "add": bool(items), "remove": "Removed" in items}
        return self._status() == "Draft" and shown[command]

    def _status(self) -> str:
        (status,) = {row["Status__c"] for row in self._rows("Payment_Batch__c")} or {"none"}
        return str(status)

    def _rows(self, sobject: str) -> list[dict[str, Any]]:
        with self._plane.held():
            return self._plane.org.rows(sobject)

    def _made_files(self) -> list[Path]:
        return sorted(self._files.glob("[!.]*"))

    def _twice(self) -> Iterator[str]:
        """What may not be true at any moment: one batch, one file, nobody ordered twice."""
        if (n := len(self._rows("Payment_Batch__c"))) > 1:
            yield f"{n} batches stand in the CRM"
        ordered = Counter(
            payee.reference
            for file in self._made_files()
            for payee in read_aba(file.read_bytes()).payees
        )
        yield from (f"{which} is ordered {n} times" for which, n in ordered.items() if n > 1)
        payments = Counter(
            row["Finance_External_ID__c"] for row in self._rows("Milestone_Payment__c")
        )
        yield from (f"payment {which} {n} times" for which, n in payments.items() if n > 1)

    def _whole(self) -> Iterator[str]:
        """One batch, one file, one order, and all of them say the same; and payments were fetched before the file was
        made."""
        yield from self._twice()
        batches, items = self._rows("Payment_Batch__c"), self._rows("Payment_Batch_Item__c")
        found = sorted((float(one["Amount__c"]), one["Status__c"]) for one in items)
        if found != [(70.0, "Removed"), (5000.0, "Sent")]:
            yield f"the items of the batch are {found}"
        files = self._made_files()
        if [file.name for file in files] != [f"{BATCH}.aba"]:
            yield f"the files are {[file.name for file in files]}"
            return
        content = files[0].read_bytes()
        if [(one.reference, one.amount) for one in read_aba(content).payees] != ORDERED:
            yield f"the file pays {read_aba(content).payees}"
        if {row["File_SHA256__c"] for row in batches} != {hashlib.sha256(content).hexdigest()}:
            yield "the CRM has another SHA-256 than the file"
        paid = sum(row["Payment_Amount__c"] for row in self._rows("Milestone_Payment__c"))
        until_export = list(STORY).index("export") + 1
        if paid < until_export:
            yield f"{paid} of at least {until_export} paid came to the CRM before the file was made"
