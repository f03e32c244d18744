"""Bone density of one site, before and after it is scored and classified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .plain import to_plain
from .vocabulary import Category, Origin, ScoreUsed, Technique


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one exam says of one site, by one technique and origin.

    `scale` is the DXA maker whose references fit the number: the device's own
    for DXA, the maker its model was trained on for REMS-style, None for REMS.
    """

    technique: Technique
    origin: Origin
    site: str
    bmd_g_cm2: float | None
    bmd_u_g_cm2: float | None = None
    vertebrae_used: tuple[str, ...] = ()
    bmc_g: float | None = None
    area_cm2: float | None = None
    reported_t_score: float | None = None
    reported_z_score: float | None = None
    reported_reference: str | None = None
    scale: str | None = None
    osteoporosis_score_percent: float | None = None
    fragility_score: float | None = None
    spectra_valid: int | None = None
    spectra_total: int | None = None
    model_id: str | None = None
    depth_mm: float | None = None
    scores_allowed: bool = True  # False: no T, Z, class or patient row may be made of it
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """T and Z with the references they rest on; a score without one can't exist."""

    t_score: float | None = None
    t_label: float | None = None  # rounded to one decimal, half away from zero
    z_score: float | None = None
    z_label: float | None = None
    reference_id: str | None = None
    z_reference_id: str | None = None
    t_u: float | None = None  # standard uncertainty of T from that of BMD
    # the same with that of the reference's mean and SD; None where its source gives none
    t_u_with_reference: float | None = None
    young_adult_percent: float | None = None  # of the young mean that T rests on
    age_matched_percent: float | None = None  # of the mean or median that Z rests on
    alternatives: tuple[str, ...] = ()  # references that would change the label, in words
    flags: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the scores as plain values."""
        return dict(to_plain(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The class of one row, and how it came about."""

    category: Category | None  # None: this site never labels
    reported_category: Category | None = None
    category_rule: str | None = None
    score_used: ScoreUsed | None = None
    rounding_decides: bool | None = None
    p_normal: float | None = None
    p_osteopenia: float | None = None
    p_osteoporosis: float | None = None
    shows_t: bool = True  # False under the Z rule: pages show no T axis and no WHO colours
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRow:
    """One row of results.csv in the making."""

    measurement: Measurement
    scores: Scores
    verdict: Verdict
