"""The first pages of the journal."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant, amount = sa.String(32), sa.String(40)
    counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "batches",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.String(length=128), nullable=True),
        sa.Column("token", sa.String(length=128), nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.Column("sent_count", sa.Integer(), nullable=False),
        sa.Column("sent_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("connection", "id"),
    )
    op.create_index(
        "batches_with_body",
        "batches",
        ["connection", "id"],
        unique=False,
        sqlite_where=sa.text("body IS NOT NULL"),
        postgresql_where=sa.text("body IS NOT NULL"),
    )
    op.create_table(
        "cursors",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.PrimaryKeyConstraint("connection", "name"),
    )
    op.create_table(
        "documents",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=18), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.String(length=128), nullable=False),
        sa.Column("total", amount, nullable=True),
        sa.Column("batch", sa.String(length=64), nullable=True),
        sa.Column("sent_at", instant, nullable=True),
        sa.Column("xero_id", sa.String(length=36), nullable=True),
        sa.Column("xero_number", sa.Text(), nullable=False),
        sa.Column("hold_class", sa.String(length=40), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("cure", sa.Text(), nullable=True),
        sa.Column("held_since", instant, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", instant, nullable=True),
        sa.Column("updated_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("connection", "kind", "record"),
    )
    op.create_index("documents_by_batch", "documents", ["connection", "batch"], unique=False)
    op.create_index(
        "documents_by_number", "documents", ["connection", "kind", "number"], unique=False
    )
    op.create_index(
        "documents_by_state",
        "documents",
        ["connection", "kind", "state", "updated_at"],
        unique=False,
    )
    op.create_index(
        "documents_by_xero_id", "documents", ["connection", "kind", "xero_id"], unique=False
    )
    op.create_table(
        "identity",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "name"),
    )
    op.create_table(
        "leases",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("until", instant, nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "parkings",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("vendor", sa.String(length=100), nullable=False),
        sa.Column("until", instant, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "vendor"),
    )
    op.create_table(
        "pauses",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("process", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", instant, nullable=False),
        sa.PrimaryKeyConstraint("connection", "process"),
    )
    op.create_table(
        "payments",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", amount, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("updated_at", instant, nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("connection", "id"),
    )
    op.create_index("payments_by_invoice", "payments", ["connection", "invoice_id"], unique=False)
    op.create_index(
        "payments_by_state", "payments", ["connection", "state", "updated_at"], unique=False
    )
    op.create_table(
        "requests",
        sa.Column("id", counter, autoincrement=True, nullable=False),
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("command", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("asked_at", instant, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("requests_by_connection", "requests", ["connection", "id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("process", sa.String(length=100), nullable=False),
        sa.Column("started_at", instant, nullable=False),
        sa.Column("ended_at", instant, nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "id"),
    )
    op.create_index(
        "runs_by_process", "runs", ["connection", "process", "started_at"], unique=False
    )
    op.create_table(
        "sightings",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("xero_id", sa.String(length=36), nullable=False),
        sa.Column("record", sa.String(length=18), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("xero_number", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("total", amount, nullable=False),
        sa.PrimaryKeyConstraint("connection", "xero_id"),
    )
    op.create_index("sightings_by_record", "sightings", ["connection", "record"], unique=False)
    op.create_table(
        "steps",
        sa.Column("id", counter, autoincrement=True, nullable=False),
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=18), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("run", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "steps_by_record", "steps", ["connection", "kind", "record", "id"], unique=False
    )

    # The journal's own name: with the host it says who holds a lane, so that a restart is known as
    # the same owner.
    identity = sa.table("identity", sa.column("connection"), sa.column("name"), sa.column("value"))
    op.bulk_insert(identity, [{"connection": "", "name": "journal", "value": secrets.token_hex(8)}])
