"""The journal's tables. Every row belongs to one connection; instants are text of one width, so
that text order is time order on every database, and amounts are text, so that no cent is ever a
float."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import Column, Dialect, Index, Integer, String, Table, Text
from sqlalchemy.types import TypeDecorator

SCHEMA = "0004"
"""The revision this program reads and writes: the newest one under migrations/versions."""


class Instant(TypeDecorator[datetime]):
    """Aware UTC, e.g. `2026-03-01T09:30:00.000000+00:00`."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} does not say which zone it is in")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Amount(TypeDecorator[Decimal]):
    """A Decimal to the last digit it was given with."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Word(TypeDecorator[str]):
    """A word of a StrEnum, stored as its value: left to itself, psycopg stores an Enum's name."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)


Counter = sa.BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the column is a plain INTEGER."""

metadata = sa.MetaData()


def _connection() -> Column[str]:
    return Column("connection", String(100), primary_key=True)


documents = Table(
    "documents",
    metadata,
    _connection(),
    Column("kind", Word, primary_key=True),
    Column("record", String(18), primary_key=True),
    Column("number", Text, nullable=False),
    Column("state", Word, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("input_hash", String(128), nullable=False),
    Column("total", Amount),
    Column("batch", String(64)),
    Column("sent_at", Instant),
    Column("xero_id", String(36)),
    Column("xero_number", Text, nullable=False),
    Column("hold_class", Word),
    Column("cause", Text),
    Column("cure", Text),
    Column("held_since", Instant),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Instant),
    Column("updated_at", Instant, nullable=False),
    Index("documents_by_state", "connection", "kind", "state", "updated_at"),
    Index("documents_by_xero_id", "connection", "kind", "xero_id"),
    Index("documents_by_number", "connection", "kind", "number"),
    Index("documents_by_batch", "connection", "batch"),
)

steps = Table(
    "steps",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("connection", String(100), nullable=False),
    Column("kind", Word, nullable=False),
    Column("record", String(18), nullable=False),
    Column("at", Instant, nullable=False),
    Column("run", String(40), nullable=False),
    Column("state", Word, nullable=False),
    Column("words", Text, nullable=False),
    Index("steps_by_record", "connection", "kind", "record", "id"),
)

batches = Table(
    "batches",
    metadata,
    _connection(),
    Column("id", String(64), primary_key=True),
    Column("method", String(10), nullable=False),
    Column("path", Text, nullable=False),
    Column("body", sa.LargeBinary),
    Column("key", String(128)),
    Column("token", String(128), nullable=False),
    Column("records", Text, nullable=False),
    Column("sent_count", Integer, nullable=False),
    Column("sent_at", Instant, nullable=False),
)
Index(
    "batches_with_body",
    batches.c.connection,
    batches.c.id,
    sqlite_where=batches.c.body.is_not(None),
    postgresql_where=batches.c.body.is_not(None),
)

sightings = Table(
    "sightings",
    metadata,
    _connection(),
    Column("xero_id", String(36), primary_key=True),
    Column("record", String(18), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("xero_number", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("status", String(40), nullable=False),
    Column("total", Amount, nullable=False),
    Index("sightings_by_record", "connection", "record"),
)

payments = Table(
    "payments",
    metadata,
    _connection(),
    Column("id", String(36), primary_key=True),
    Column("invoice_id", String(36)),
    Column("kind", Word, nullable=False),
    Column("status", String(40), nullable=False),
    Column("date", sa.Date, nullable=False),
    Column("amount", Amount, nullable=False),
    Column("reference", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("content", String(64), nullable=False),
    Column("state", Word, nullable=False),
    Index("payments_by_state", "connection", "state", "updated_at"),
    Index("payments_by_invoice", "connection", "invoice_id"),
)

cursors = Table(
    "cursors",
    metadata,
    _connection(),
    Column("name", String(100), primary_key=True),
    Column("at", Instant, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    _connection(),
    Column("id", String(40), primary_key=True),
    Column("process", String(100), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", String(40), nullable=False),
    Column("counts", Text, nullable=False),
    Index("runs_by_process", "connection", "process", "started_at"),
)

leases = Table(
    "leases",
    metadata,
    _connection(),
    Column("owner", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("until", Instant, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    _connection(),
    Column("process", String(100), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
)

parkings = Table(
    "parkings",
    metadata,
    _connection(),
    Column("vendor", String(100), primary_key=True),
    Column("until", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("connection", String(100), nullable=False),
    Column("command", String(100), nullable=False),
    Column("subject", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answer", Text),
    Index("requests_by_connection", "connection", "id"),
)

identity = Table(
    "identity",
    metadata,
    _connection(),
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Who this journal is (under no connection) and whom each connection belongs to."""

consents = Table(
    "consents",
    metadata,
    _connection(),
    Column("tenant_id", String(36), nullable=False),
    Column("tenant_name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("access", sa.LargeBinary, nullable=False),
    Column("access_ends", Instant, nullable=False),
    Column("refresh", sa.LargeBinary, nullable=False),
    Column("previous", sa.LargeBinary),
    Column("consented_at", Instant, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("refreshing_since", Instant),
    Column("ended_at", Instant),
    Column("ended_because", Text),
)
"""What a person's consent at Xero gave: the tokens, sealed (`seal`), and who is renewing them."""

acts = Table(
    "acts",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("connection", String(100), nullable=False),
    Column("batch", String(36), nullable=False),
    Column("number", Text, nullable=False),
    Column("kind", Word, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("payload", String(64), nullable=False),
    Column("words", Text, nullable=False),
    Column("file_name", Text),
    Column("file_sha256", String(64)),
    Column("news", Text, nullable=False),
    Column("content", sa.LargeBinary),
    Column("outcome", Text),
    Index("acts_by_batch", "connection", "batch", "id"),
)
"""What people did with payment batches, never changed, never deleted. Until the CRM has been told (`outcome`), `news`
is what it is to be told and `content` the bank file that is to be written."""

Index(
    "acts_unfinished",
    acts.c.connection,
    acts.c.id,
    sqlite_where=acts.c.outcome.is_(None),
    postgresql_where=acts.c.outcome.is_(None),
)

orders = Table(
    "orders",
    metadata,
    _connection(),
    Column("batch", String(36), primary_key=True),
    Column("milestone", String(18), primary_key=True),
    Column("payee", String(18), nullable=False),
    Column("account", Text, nullable=False),
    Column("amount", Amount, nullable=False),
    Column("paid_before", Amount, nullable=False),
    Column("at", Instant, nullable=False),
    Column("released_at", Instant),
    Index("orders_by_milestone", "connection", "milestone"),
    Index("orders_by_payee", "connection", "payee", "at"),
)
"""What bank files told the bank to pay. Released: a person said that the bank did not."""
letters = Table(
    "letters",
    metadata,
    _connection(),
    Column("key", Text, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("stage", Word, nullable=False),
    Column("facts", Text),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Instant),
    Column("words", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("letters_by_stage", "connection", "stage", "created_at"),
    Index("letters_by_kind", "connection", "kind", "created_at"),
)
"""The outbox. `facts` are what a letter is written from, as JSON; forgotten when it is sent or dropped."""

told = Table(
    "told",
    metadata,
    _connection(),
    Column("record", Text, primary_key=True),
    Column("trouble", String(64), nullable=False),
)
"""What waits and has been told by a letter, so that it is told once; gone when it waits no more."""
