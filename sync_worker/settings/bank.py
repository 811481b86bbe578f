"""Who pays by bank file, from which account, and what the file is to look like."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from sync_worker.settings.rooms import Room


class Bank(Room):
    format: Literal["aba", "bnz", "anz", "asb", "pain001"] | None = Field(
        None,
        description="What the bank takes ([bank files](bank-files.md)); without it no batch is exported.",
    )
    payer_name: str | None = Field(None, description="Whose money it is, as the bank knows it.")
    payer_account: str | None = Field(
        None,
        description="The account it comes from: BSB and number, or bank, branch, account and suffix.",
    )
    currency: Literal["AUD", "NZD"] = Field(
        "AUD", description="Of `pain001` alone; every other format has its own."
    )
    folder: Path = Field(
        Path("var/bank-files"),
        description="Where the files are put, for the worker's user alone; beside a daemon, the daemon's own.",
    )
    bank: str | None = Field(None, description="`aba`: the bank's three letters, such as CBA.")
    user_name: str | None = Field(None, description="`aba`: the user name the bank gave.")
    user_id: str | None = Field(None, description="`aba`: the user id of six digits.")
    description: str = Field("PAYMENTS", description="`aba`: what the payments are, in 12 letters.")
    balancing: bool = Field(
        False, description="`aba`: end with a debit of the payer's account that brings it to zero."
    )

    @model_validator(mode="after")
    def _whole(self) -> Bank:
        if self.format is None:
            return self
        needed = ["payer_name", "payer_account"]
        if self.format == "aba":
            needed += ["bank", "user_name", "user_id"]
        if missing := [name for name in needed if not getattr(self, name)]:
            msg = (
                f"format = {self.format!r} needs {', '.join(missing)}; set what the bank laid down"
            )
            raise ValueError(msg)
        return self
