"""The payer's own bank, and the folder where its files are put."""

from __future__ import annotations

from sync_worker.bankfiles.aba import Terms
from sync_worker.bankfiles.folder import FileFolder
from sync_worker.bankfiles.formats import PayersBank, payers_bank
from sync_worker.domain.payout import Payer
from sync_worker.ports import Moments
from sync_worker.settings.bank import Bank as BankSettings


def bank_of(chosen: BankSettings) -> PayersBank | None:
    """None where no format is set: then batches are made and approved, and not exported."""
    if chosen.format is None:
        return None
    terms = Terms(
        bank=chosen.bank or "",
        user_name=chosen.user_name or "",
        user_id=chosen.user_id or "",
        description=chosen.description,
        balancing=chosen.balancing,
    )
    payer = Payer(chosen.payer_name or "", chosen.payer_account or "")
    return payers_bank(chosen.format, payer, chosen.currency, terms)


def folder_of(chosen: BankSettings, moments: Moments) -> FileFolder:
    return FileFolder(chosen.folder, moments)
