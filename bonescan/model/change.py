"""Bone density of one person over time: points, what joins them, and the verdict on a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from .estimate import Estimate
from .exam import Device
from .plain import to_plain
from .vocabulary import Origin, Technique


class ChangeVerdict(StrEnum):
    """What may be said of a change; only the first two are changes."""

    DECREASE = "decrease"  # a loss that reaches the least significant change
    INCREASE = "increase"
    NOT_SHOWN = "not-shown"  # smaller than precision can show; not the same as no change
    NO_PRECISION_STUDY = "no-precision-study"
    NOT_COMPARABLE = "not-comparable"
    NO_BASELINE = "no-baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """What tells one acquisition of a day from another; None = the file does not say."""

    study_uid: str | None = None
    accession_number: str | None = None
    time: str | None = None  # HH:MM:SS
    bmc_g: float | None = None
    area_cm2: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """One value of one site on one day.

    `n_scans` scans of the day are averaged in it. What stands beside a REMS-style
    value (`depth_mm`, `attenuation_db_cm_mhz`, `bmd_uncorrected_g_cm2`: the same exam
    with the path correction off) is None where it is not known.
    """

    day: date
    bmd_g_cm2: float
    technique: Technique
    origin: Origin
    site: str
    device: Device = field(default_factory=Device)
    vertebrae_used: tuple[str, ...] = ()
    n_scans: int = 1
    model_id: str | None = None
    covariate_class: str | None = None
    bmd_uncorrected_g_cm2: float | None = None
    weight_kg: float | None = None
    depth_mm: float | None = None
    attenuation_db_cm_mhz: float | None = None
    acquisition: Acquisition = field(default_factory=Acquisition)
    exam: str = ""  # how a table names it
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPrecision:
    """One row of a site's precision studies; None in `device_serial` fits any device."""

    technique: Technique
    site: str
    error_g_cm2: float
    vertebrae_used: tuple[str, ...] = ()
    device_serial: str | None = None
    df: int | None = None
    source: str = "the site's own precision study"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionBasis:
    """What a change is judged by.

    `error_g_cm2` is the precision error (RMS-SD) of one scan. `is_own` tells a study of
    the site from a published fallback, which `flag` then names.
    """

    error_g_cm2: float | None
    lsc_g_cm2: float | None
    source: str
    is_own: bool
    df: int | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCourse:
    """Published change over an interval like this one, in percent of the baseline."""

    mean_percent: float
    sd_percent: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Follow-up against baseline; the denominator of every percentage is the baseline."""

    baseline: SeriesPoint
    follow_up: SeriesPoint
    verdict: ChangeVerdict
    reasons: tuple[str, ...] = ()  # why not comparable, what is missing, what took a change back
    difference_g_cm2: float | None = None
    interval_g_cm2: Estimate | None = None
    percent: float | None = None
    percent_interval: Estimate | None = None
    lsc_g_cm2: float | None = None
    basis: PrecisionBasis | None = None
    days: int = 0
    z: float | None = None  # difference over its standard error
    p: float | None = None
    p_loss: float | None = None  # that the true change is a loss; flat prior
    p_loss_beyond: float | None = None  # that it is a loss of more than `chosen_percent`
    chosen_percent: float | None = None
    p_loss_with_course: float | None = None  # the same two, joined with the expected course
    p_loss_beyond_with_course: float | None = None
    z_against_course: float | None = None
    course: ExpectedCourse | None = None
    percent_per_year: float | None = None  # None across a pregnancy
    percent_per_week: float | None = None
    percent_uncorrected: float | None = None  # the same change with the path correction off
    cross_calibration: str = ""  # which one joined two devices
    flags: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the change as plain values."""
        return dict(to_plain(self))
