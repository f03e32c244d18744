"""What became of one file: the unit that crosses processes and enters the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .exam import Device, Exam, Subject
from .measurement import Measurement
from .plain import to_plain
from .reading import Reading
from .vocabulary import OutcomeKind, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a person should know, with a stable code."""

    code: str
    severity: Severity
    file: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A line drawn over a picture, in its pixel coordinates."""

    name: str  # "surface", "gate-a", "gate-b", "region", "disc"
    points: tuple[tuple[float, float], ...]
    label: str = ""  # written beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A small greyscale picture for a page, with what is drawn over it."""

    kind: str  # "bmode" or "dxa"
    site: str
    png: bytes
    width_px: int
    height_px: int
    width_mm: float | None = None
    height_mm: float | None = None
    top_mm: float | None = None  # depth of the first row (B-mode)
    overlays: tuple[Overlay, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict on one file's content, whatever its name."""

    kind: OutcomeKind
    format_name: str = ""
    carrier: str = ""
    site: str = ""  # for files.csv; several joined by ";"
    code: str = ""
    reason: str = ""
    hint: str = ""
    subject: Subject | None = None
    device: Device | None = None
    exam: Exam | None = None
    measurements: tuple[Measurement, ...] = ()
    problems: tuple[Problem, ...] = ()
    pictures: tuple[Picture, ...] = ()
    details: tuple[tuple[str, str], ...] = ()  # key, text: what a page shows about quality
    readings: tuple[Reading, ...] = ()  # every number found, used or not, with its place
    parts: tuple[Outcome, ...] = ()  # of a table of many people: one a person and exam

    @property
    def exams(self) -> tuple[Outcome, ...]:
        """The exams in the file: its parts, or itself where it has none."""
        return self.parts or (self,)

    def to_dict(self) -> dict[str, Any]:
        """Give the outcome as plain values; pictures with the length of their bytes."""
        return dict(to_plain(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """What a measuring stage (ultrasound or DXA) hands back to the pipeline."""

    kind: OutcomeKind
    carrier: str = ""
    code: str = ""
    reason: str = ""
    hint: str = ""
    measurements: tuple[Measurement, ...] = ()
    problems: tuple[Problem, ...] = ()
    pictures: tuple[Picture, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    readings: tuple[Reading, ...] = ()
    parts: tuple[Outcome, ...] = ()
