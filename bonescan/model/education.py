"""The handout for patients, and who released it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .due import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationLine:
    """One line: its own id, and the rules it comes from (none: our choice)."""

    line_id: str
    rules: tuple[str, ...]
    part: Pair
    text: Pair
    stress: bool = False

    @property
    def ids(self) -> str:
        """Every id, as printed beside the line."""
        return ", ".join((self.line_id, *self.rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationSheet:
    """The page in both languages."""

    title: Pair
    lead: Pair
    note: Pair
    sources: tuple[Pair, ...]
    lines: tuple[EducationLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The clinician who read the sheet and lets it go out."""

    by: str
    on: date
