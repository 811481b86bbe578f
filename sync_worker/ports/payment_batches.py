"""What payment batches need: the CRM, what people did, and the bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from sync_worker.domain.approval import Act
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.payment_batch import Claim, Order, Payable, PaymentBatch
from sync_worker.domain.payout import BankFile, Payee, Unpayable
from sync_worker.ports.crm import RowRefusal


@dataclass(frozen=True, slots=True)
class ItemNews:
    """What one item of a payment batch is to be; None leaves a field alone. It is found by batch and milestone, or
    made, unless its id is known."""

    milestone: SalesforceId
    status: str
    amount: Decimal | None = None
    pay_on: date | None = None
    reason: str = ""
    id: SalesforceId | None = None


@dataclass(frozen=True, slots=True)
class BatchNews:
    """What one payment batch is to be, found by its key, or made; None leaves a field alone."""

    key: str
    status: str
    title: str | None = None
    pay_on: date | None = None
    sha256: str | None = None
    exported_at: datetime | None = None
    items: tuple[ItemNews, ...] = ()


class CrmPaymentBatches(Protocol):
    def standing(self, *, closed: bool) -> list[PaymentBatch]:
        """In the order they were made; with `closed` those that were sent or cancelled as well."""

    def numbered(self, number: str) -> PaymentBatch | None: ...

    def keyed(self, key: str) -> PaymentBatch | None: ...

    def payable(self, numbers: Sequence[str]) -> dict[str, list[Payable]]:
        """The milestones of these numbers, whatever keeps them from being paid; a number may have been given twice."""

    def claims(self, milestones: Sequence[SalesforceId]) -> list[Claim]:
        """What batches pay of them, items that were taken out and cancelled batches aside."""

    def write(self, news: BatchNews) -> list[RowRefusal]:
        """A second call changes nothing."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An act that is committed and may not be done yet: the file to be written, the news for the CRM."""

    id: int
    act: Act
    news: BatchNews
    content: bytes | None = None


class PaymentBatchJournal(Protocol):
    """What people did with payment batches, and what was ordered of the bank; of one connection."""

    def new_key(self) -> str:
        """One that no batch has."""

    def begin(
        self,
        act: Act,
        news: BatchNews,
        *,
        content: bytes | None = None,
        orders: Sequence[Order] = (),
        released: Sequence[SalesforceId] = (),
    ) -> Begun:
        """The act with all that follows from it, in one commit, before anything is done outside."""

    def end(self, begun: Begun, outcome: str) -> None:
        """Done, or refused by the CRM in these words."""

    def unfinished(self) -> list[Begun]: ...

    def acts(self, batches: Sequence[str]) -> dict[str, list[Act]]:
        """Of each batch by its key, oldest first."""

    def ordered(self, milestones: Sequence[SalesforceId]) -> list[Order]:
        """What the bank was told to pay of them and was not released."""

    def last_paid(self, payees: Sequence[SalesforceId]) -> list[Order]:
        """The latest order to each payee, released or not."""


class Bank(Protocol):
    """The payer's own bank, by the settings of one connection."""

    @property
    def suffix(self) -> str:
        """How the names of its files end."""

    def file(
        self, name: str, payments: Sequence[Payee], pay_on: date, made_at: datetime
    ) -> BankFile | Unpayable:
        """`made_at` in the payer's own zone."""


class Folder(Protocol):
    """Where bank files are put for people to take them to the bank."""

    def free(self, name: str) -> None:
        """Raises Misconfigured where a file of that name cannot be put there, or is there already."""

    def put(self, name: str, content: bytes) -> None:
        """The whole file or none, and never in the place of another one: the same file may be put again."""
