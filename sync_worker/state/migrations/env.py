"""Alembic's entry: runs the revisions on the connection it is handed, inside the transaction that
is open there."""

from __future__ import annotations

from alembic import context

from sync_worker.state.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most things of a table in place
)
with context.begin_transaction():
    context.run_migrations()
