"""The store as released with version 0.1.0; older ones were never given out."""

from __future__ import annotations

revision = "2"
down_revision = None


def upgrade() -> None:
    """Change nothing: this is where the counting starts."""
