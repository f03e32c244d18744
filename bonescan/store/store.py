"""The store of a study: results, facts, decisions, and rows for questions in SQL."""

from __future__ import annotations

import dataclasses
import json

from .checks import Checks
from .confirmations import Confirmations
from .engine import read_url, shown_url
from .facts import Facts
from .lists import Lists
from .queue import Queue
from .results import Results, StoredContent
from .study_rows import StudyTables

__all__ = ["Store", "StoredContent", "settings_text"]


class Store(Results, Queue, Facts, Confirmations, StudyTables, Lists, Checks):
    """One database; only coordinators of runs and verbs write it, never a worker."""


def settings_text(settings: object) -> str:
    """Write settings as JSON for the run's row; never a password."""
    values = dataclasses.asdict(settings)  # type: ignore[call-overload]
    if values.get("store"):
        values["store"] = shown_url(read_url(values["store"]))
    return json.dumps(values, default=str, sort_keys=True)
