"""Payment batches: what people did with them, and what their bank files ordered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant, amount = sa.String(32), sa.String(40)
    op.create_table(
        "acts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("payload", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("news", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("acts_by_batch", "acts", ["connection", "batch", "id"], unique=False)
    op.create_index(
        "acts_unfinished",
        "acts",
        ["connection", "id"],
        unique=False,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "orders",
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("milestone", sa.String(length=18), nullable=False),
        sa.Column("payee", sa.String(length=18), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount", amount, nullable=False),
        sa.Column("paid_before", amount, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("released_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("connection", "batch", "milestone"),
    )
    op.create_index(
        "orders_by_milestone", "orders", ["connection", "milestone"], unique=False
    )
    op.create_index("orders_by_payee", "orders", ["connection", "payee", "at"], unique=False)
