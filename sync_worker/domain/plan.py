"""A plan: what is to be done with one invoice, and why, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass

from sync_worker.domain.hold import Hold
from sync_worker.domain.invoice import Draft, Invoice
from sync_worker.domain.party import Party


@dataclass(frozen=True, slots=True)
class Create:
    """Make it in Xero."""

    invoice: Invoice
    debtor: Party
    draft: Draft
    input_hash: str


@dataclass(frozen=True, slots=True)
class HoldBack:
    """Do nothing with it until a person or its inputs change; say why where people look."""

    invoice: Invoice
    hold: Hold
    input_hash: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Not due; `reason` is for whoever asks."""

    invoice: Invoice
    reason: str


Action = Create | HoldBack | Skip
