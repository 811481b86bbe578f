"""The four errors, named by what to do next. Anything else is a bug and may end the run."""

from __future__ import annotations

LONGEST_WAIT = 120.0
"""Seconds worth waiting inside a run; longer waits end the run and are left to the schedule."""


class SyncError(Exception):
    """What a process may meet and must answer."""


class Transient(SyncError):
    """Nothing was changed for sure; the same call may succeed later."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def soon(self) -> bool:
        """Whether waiting for it inside the run is worth it."""
        return self.retry_after is not None and self.retry_after <= LONGEST_WAIT


class OutOfOrder(Transient):
    """One write after the other is lost: whatever was not begun waits for the next run."""

    def __init__(self) -> None:
        super().__init__(
            "Xero loses one write after the other; those begun are in doubt, all others wait for the next run"
        )


class Rejected(SyncError):
    """The vendor understood and refused. Only a person or changed data can help."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


class OutcomeUnknown(SyncError):
    """The call may have been done or not. Look before writing again.

    `answered` says that the vendor did speak, such as a 500: asking again under the same key brings the same words.
    """

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


class Misconfigured(SyncError):
    """This connection cannot work until a person changes something. Stop it and say so once."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Stopping(SyncError):
    """The program was asked to stop; what is begun is finished and recorded, nothing new is begun."""

    def __init__(self) -> None:
        super().__init__("asked to stop")


class LaneLost(SyncError):
    """Another worker holds this connection's lease now; this one may send nothing more."""
