"""What a phantom control chart found: plain values for JSON, table and page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .plain import to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class QcPoint:
    """One phantom scan with what the rules say of it."""

    day: date
    value: float
    role: str  # "baseline", "judged", "no-baseline"
    percent_off: float | None = None  # from the baseline's mean
    z_sd: float | None = None
    cusum_plus_sd: float | None = None
    cusum_minus_sd: float | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QcBaseline:
    """Where the limits of a stretch come from."""

    kind: str  # "25 days" or "10 scans in one day"
    first: date
    last: date
    n: int
    mean: float
    sd: float
    cv_percent: float
    lower: float
    upper: float
    n_outside: int  # of its own scans beyond its limits


@dataclass(frozen=True, slots=True, kw_only=True)
class QcViolation:
    """A rule that was broken, with its days."""

    rule: str
    family: str  # "exam", "westgard", "cusum"
    meaning: str
    side: str
    first: date
    last: date
    value: float  # of the first scan


@dataclass(frozen=True, slots=True, kw_only=True)
class QcChange:
    """A change of level that the cumulative sum suggests."""

    side: str
    signalled: date
    after: date  # last scan before the change
    first_changed: date
    new_mean: float
    percent: float  # of the baseline's mean


@dataclass(frozen=True, slots=True, kw_only=True)
class QcStretch:
    """Scans of one device and phantom between two services."""

    device: str
    phantom: str
    number: int  # 1, 2, ... of this device and phantom
    service: str  # what began it, "" for the first
    first: date
    last: date
    state: str  # "in-control", "warning", "out-of-control", "baseline-only", "no-baseline"
    is_out_now: bool | None  # at the last scan
    exam_rule: str  # "in", "out" or ""
    westgard: str
    cusum: str
    reason: str = ""
    baseline: QcBaseline | None = None
    points: tuple[QcPoint, ...] = ()
    violations: tuple[QcViolation, ...] = ()
    changes: tuple[QcChange, ...] = ()

    @property
    def name(self) -> str:
        """Say which stretch this is."""
        parts = [self.device, self.phantom, f"from {self.first}" if self.number > 1 else ""]
        return ", ".join(p for p in parts if p) or "all scans"


@dataclass(frozen=True, slots=True, kw_only=True)
class QcStudy:
    """Every stretch of a table."""

    source: str
    percent: float
    unit: str
    stretches: tuple[QcStretch, ...]
    in_control: bool | None  # the latest stretch of every device; None: one of them is not judged

    def to_dict(self) -> dict[str, Any]:
        """Give the study as plain values."""
        return dict(to_plain(self))
