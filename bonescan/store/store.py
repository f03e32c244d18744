"""The store of a study: results, facts, decisions, and rows for questions in SQL."""

from __future__ import annotations

import dataclasses
import json

from .checks import Checks
from .confirmations import Confirmations
from .facts import Facts
from .results import Results, StoredContent

__all__ = ["Store", "StoredContent", "settings_text"]


class Store(Results, Facts, Confirmations, Checks):
    """One database; only coordinators of runs and verbs write it, never a worker."""


def settings_text(settings: object) -> str:
    """Write settings as JSON for the run's row."""
    return json.dumps(
        dataclasses.asdict(settings),  # type: ignore[call-overload]
        default=str,
        sort_keys=True,
    )
