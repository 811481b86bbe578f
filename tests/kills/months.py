"""What goes on around a daemon that is killed: a month of care, with invoices, or a round of grants, with bills, their
papers and letters. Each has its hard cases, its people, and what must have come of it in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.seeds import applicants
from sync_worker.sandbox.seeds.hard_milestones import CASES, foretold_after
from tests.kills import oracle
from tests.kills.oracle import Excused

SOON = {"schedule": {"every_s": 1}}
POLLED = {"schedule": {"every_s": 3}}
"""Xero lets nobody call more than 60 times a minute, so that a life of more calls would wait for a minute."""
INVOICES, BATCH = 24, 2
MILESTONES, BILL_BATCH = 22, 6
Tables = Mapping[str, Any]


class Care:
    """Invoices go out, and people pay them."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self._plane, self._seed = sandbox.control, seed
        foretold = self._plane.fill("care", INVOICES, seed)
        never_due = {*foretold.held, *foretold.untouched}
        self._due = {
            row["Name"]
            for row in self._plane.org.rows("Invoice__c")
            if not row["Finance_External_ID__c"] and row["Name"] not in never_due
        }

    def settings(self, numbering: str) -> Tables:
        """Of its connection."""
        return {
            "invoices": {**SOON, "numbering": numbering, "batch": BATCH},
            "payments": POLLED,
        }

    def mail(self) -> Tables:
        return {}

    def people(self) -> None:
        self._plane.act("care", "payments", self._seed)

    def left(self, _: Excused) -> list[str]:
        return oracle.at_the_end(self._plane, self._due)

    def made(self) -> Mapping[str, int]:
        return {"invoices": len(self._due), "payments": len(self._plane.xero.payments())}


class Grants:
    """Drafts are made of contracts and bills of approvals, papers hang on them, applicants are told what was paid, and
    the finance admin what waits."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self._plane, self._mailbox, self._seed = sandbox.control, sandbox.mail_address, seed
        self._plane.fill("grants", MILESTONES, seed)
        self._plane.act("grants", "submit", seed)
        self._approve_some()
        foretold = foretold_after()
        self._held = set(foretold.held)
        drafted = {one.number for one in CASES if one.drafted}
        never_due = {*foretold.held, *set(foretold.untouched) - drafted}
        self._due = {
            row["Name"]
            for row in self._plane.org.rows("Milestone__c")
            if not row["Finance_External_ID__c"] and row["Name"] not in never_due
        }

    def settings(self, _: str) -> Tables:
        bills = {
            "publish": ["contract-executed", "milestone-approved"],
            "account_code": applicants.GRANTS_PAID,
            "tracking_category": applicants.TRACKING,
            "mail_payments": True,
            "batch": BILL_BATCH,
        }
        return {"sends": ["bills"], "bills": {**SOON, **bills}, "payments": POLLED}

    def mail(self) -> Tables:
        host, port = self._mailbox
        return {
            "host": host,
            "port": port,
            "tls": "none",
            "sender": "Grants <grants@acme.example>",
            "error_address": "finance@acme.example",
            "digest_every_s": 1,
        }

    def people(self) -> None:
        """The panel approves all that may be, and what is approved and billed is paid."""
        for act in ("approve", "payments"):
            self._plane.act("grants", act, self._seed)

    def left(self, excused: Excused) -> list[str]:
        return [
            *oracle.at_the_end(self._plane, self._due),
            *oracle.papers(self._plane),
            *oracle.letters(self._plane, self._held, excused),
        ]

    def made(self) -> Mapping[str, int]:
        hanging = self._plane.xero.books.attachments.values()
        return {
            "bills": len(self._due),
            "milestone_payments": len(self._plane.org.rows("Milestone_Payment__c")),
            "papers": sum(map(len, hanging)),
            "letters": len(self._plane.mailbox.messages()),
        }

    def _approve_some(self) -> None:
        """The others have a draft in Xero by the time at which they are."""
        org = self._plane.org
        with self._plane.held():
            plain = [row for row in org.rows("Milestone__c") if row["Name"].startswith("MS-0")]
            for row in plain[::2]:
                org.edit("Milestone__c", row["Id"], {"Status__c": "Approved"})
