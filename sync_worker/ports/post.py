"""How letters are kept and how they leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sync_worker.domain.letter import Delivery, Digest, Letter, Outgoing, PaymentNotice, Stage


class Mail(Protocol):
    def send(self, letter: Letter) -> Delivery:
        """Once, and not again by itself; nothing is raised, and what is returned can be relied on."""


class Stationery(Protocol):
    """Letters written from the operator's templates. Raises Misconfigured where one cannot be filled in."""

    def payment(self, notice: PaymentNotice) -> Letter: ...

    def sync_errors(self, digest: Digest) -> Letter: ...


class Letters(Protocol):
    """The outbox of one connection; a key stands for one letter for ever."""

    def prepare(self, notices: Sequence[PaymentNotice]) -> None:
        """Those to be released once the CRM has their payments. What went further before is left as it is."""

    def release(self, keys: Sequence[str]) -> None:
        """Those of them that were prepared may leave."""

    def withdraw(self, keys: Sequence[str]) -> None:
        """Those of them that have not left will not."""

    def told(self) -> Mapping[str, str]:
        """What waited when it was last told, by record: a fingerprint of its trouble."""

    def tell(self, told: Mapping[str, str], ended: Iterable[str], digest: Digest | None) -> None:
        """What waits by now, what does not any more, and the letter that says so, in one commit."""

    def last_digest(self) -> datetime | None: ...

    def staged(self, *stages: Stage, limit: int = 1000) -> list[Outgoing]:
        """Oldest first."""

    def count(self, stage: Stage) -> int: ...

    def move(self, letter: Outgoing, to: Outgoing) -> bool:
        """To its new stage; False where somebody moved it meanwhile. What a letter said is forgotten once it is sent
        or dropped; its key is not."""
