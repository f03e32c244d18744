"""What is known of a REMS-style model of one site: how it was tried, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .estimate import Estimate
from .rems_model import CrossValidationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """How people of one part of the cohort were predicted."""

    kind: str  # "age", "BMI", "depth", "sex"; "device", "operator", "centre" were left out
    name: str
    n_people: int
    pearson_1: float | None
    see_g_cm2: float
    bias_g_cm2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReport:
    """WHO classes by ultrasound against those by DXA.

    `table` has rows = ultrasound, columns = DXA, normal, osteopenia,
    osteoporosis. `rejected` counts scans without a number by DXA class; before
    exclusions each of them is a disagreement, a missed osteoporosis or a false
    alarm.
    """

    n: int
    table: tuple[tuple[int, ...], ...]
    rejected: tuple[int, int, int]
    agreement: Estimate
    tolerant_a_percent: float | None  # within 0.3 T of every cut-off between
    tolerant_b_percent: float | None  # the two T differ by no more than 0.3
    kappa: Estimate
    kappa_linear: Estimate
    sensitivity: Estimate
    specificity: Estimate
    auc: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceReport:
    """Ultrasound minus DXA, g/cm², and the line between them."""

    bias: Estimate
    loa_lower: Estimate
    loa_upper: Estimate
    proportional_slope: Estimate
    deming_slope: Estimate
    deming_intercept: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalReport:
    """How many people an interval of stated coverage really held.

    `levels` are pairs of stated and real coverage, to see whether narrower
    intervals hold what they state too; empty where only one was made.
    """

    nominal_1: float
    covered: Estimate
    half_width_g_cm2: float | None  # median
    levels: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FragilityReport:
    """Whether spectra tell fractured people apart, beside age and BMI."""

    n_fractured: int
    n_unfractured: int
    auc_score: Estimate
    auc_covariates: Estimate
    auc_both: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPoint:
    """One scan with a number: what DXA read and what ultrasound said without having seen it."""

    dxa_g_cm2: float
    predicted_g_cm2: float
    score_percent: float  # Osteoporosis Score of the final model
    depth_mm: float | None
    half_width_g_cm2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedScan:
    """A row of the cohort that gave no number."""

    line: int
    exam: str
    site: str
    dxa_g_cm2: float
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStudy:
    """How the model of one site did on people it had not seen."""

    site: str
    primary: str
    n_people: int
    n_osteoporotic: int
    n_normal: int
    sexes: tuple[str, ...]
    reference_id: str
    reference_mean_g_cm2: float
    reference_sd_g_cm2: float
    estimators: tuple[CrossValidationRow, ...]
    covariates_only: CrossValidationRow | None
    controls: dict[str, CrossValidationRow]
    gain_lo_g_cm2: float | None  # SEE of age, BMI and sex minus that of ultrasound, 95 %
    gain_hi_g_cm2: float | None
    informative: bool
    difference: DifferenceReport
    classes: ClassReport
    before_exclusions: ClassReport
    groups: tuple[GroupRow, ...]
    left_out: tuple[GroupRow, ...]
    interval: IntervalReport | None
    fragility: FragilityReport | None
    points: tuple[StudyPoint, ...]
    rejected: tuple[RejectedScan, ...]
    notes: tuple[str, ...] = ()

    @property
    def n_accepted(self) -> int:
        """Scans with a number."""
        return len(self.points)

    def to_dict(self) -> dict[str, Any]:
        """Give the block of one site as `bonescan model build --json` prints it."""
        return {
            "site": self.site,
            "primary": self.primary,
            "people": self.n_people,
            "osteoporotic": self.n_osteoporotic,
            "normal": self.n_normal,
            "sexes": list(self.sexes),
            "reference_id": self.reference_id,
            "estimators": {row.estimator: row_dict(row) for row in self.estimators},
            "covariates_only": None if self.covariates_only is None
            else row_dict(self.covariates_only),
            "controls": {name: row_dict(row) for name, row in self.controls.items()},
            "gain_see_g_cm2": [self.gain_lo_g_cm2, self.gain_hi_g_cm2],
            "informative": self.informative,
            "difference": plain(self.difference),
            "classes": self.classes.to_dict(),
            "before_exclusions": self.before_exclusions.to_dict(),
            "groups": plain(self.groups),
            "left_out": plain(self.left_out),
            "interval": plain(self.interval),
            "fragility": plain(self.fragility),
            "accepted": self.n_accepted,
            "rejected": len(self.rejected),
            "rejections": plain(self.rejected),
            "notes": list(self.notes),
        }  # fmt: skip


def row_dict(row: CrossValidationRow) -> dict[str, float | int]:
    """Write one line of the table of estimators under the names of the JSON contract."""
    return {
        "n": row.n_people,
        "r": row.pearson_1,
        "r_lo": row.pearson_lo_1,
        "r_hi": row.pearson_hi_1,
        "see_g_cm2": row.see_g_cm2,
        "see_lo_g_cm2": row.see_lo_g_cm2,
        "see_hi_g_cm2": row.see_hi_g_cm2,
        "bias_g_cm2": row.bias_g_cm2,
    }


def plain(value: Any) -> Any:
    """Turn results into dicts, lists and plain values."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    return value
