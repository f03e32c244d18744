"""One thing that `doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing was found, from good to bad."""

    OK = "ok"
    NOTE = "note"  # something optional is absent
    WARNING = "warning"  # works, and should be put right
    MISSING = "missing"  # bonescan can't do its work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found, and what to do about it; `advice` is empty when all is well."""

    check: str
    state: State
    found: str
    advice: str = ""
