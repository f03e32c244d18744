"""Alembic's way into a store: the connection is handed in by `bonescan.store.migrate`."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=False)
context.run_migrations()  # the caller holds the transaction: all steps or none
