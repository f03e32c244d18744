"""The verdict on a change of one person, and the series it stands in."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bonescan.model.change import (
    Change,
    ChangeVerdict,
    ExpectedCourse,
    PrecisionBasis,
    SeriesPoint,
)
from bonescan.model.vocabulary import Technique
from bonescan.stats.precision import general_lsc
from bonescan.stats.serial import (
    difference,
    percent_per_week,
    percent_per_year,
    reaches,
    true_change,
    z_against_course,
)

from .comparable import device_text, reasons_against, same_device
from .cross_calibration import LEAST_PEOPLE, CrossCalibration, between
from .visits import average_visits

__all__ = ["CHOSEN_PERCENT", "assess", "average_visits"]

CHOSEN_PERCENT = 2.0  # our choice: about the mean loss of a pregnancy at the neck
NOT_CHECKED = (
    "it reaches the least significant change, and nobody knows whether it stands without the "
    "correction for soft tissue: wanted the uncorrected value of both days"
)
BY_CORRECTION = "without the correction for soft tissue it is not there"
LSC_ROUNDING = 2.77 / 2.771807648699  # ISCD prints 2.77 for z√2


def assess(
    baseline: SeriesPoint | None,
    follow_up: SeriesPoint,
    basis: PrecisionBasis,
    *,
    calibrations: Sequence[CrossCalibration] = (),
    course: ExpectedCourse | None = None,
    chosen_percent: float = CHOSEN_PERCENT,
    across_pregnancy: bool = False,
) -> Change:
    """Judge one follow-up against its baseline.

    Parameters
    ----------
    baseline : SeriesPoint or None
        None: there is none, and no verdict.
    basis : PrecisionBasis
        Of the baseline (`precision_basis`).
    calibrations : sequence of CrossCalibration
        Consulted when the devices differ.
    course : ExpectedCourse, optional
        Published change over such an interval; never decides the verdict.
    chosen_percent : float
        Size of the loss that `p_loss_beyond` is about.
    across_pregnancy : bool
        No yearly rate is given: the course is not monotone.

    Returns
    -------
    change : Change
        The verdict never hangs on the order in which visits came in: the earlier day is
        the baseline, whichever argument it stands in.
    """
    if baseline is None:
        return Change(
            baseline=follow_up,
            follow_up=follow_up,
            verdict=ChangeVerdict.NO_BASELINE,
            reasons=("no earlier value to compare with",),
        )
    if follow_up.day < baseline.day:
        baseline, follow_up = follow_up, baseline
    reasons = list(reasons_against(baseline, follow_up))
    joined, missing = _join(baseline, follow_up, calibrations)
    if missing:
        reasons.append(missing)
    days = (follow_up.day - baseline.day).days
    if days == 0:
        reasons.append("the same day: scans of one day are averaged, not compared")
    if reasons:
        return Change(
            baseline=baseline,
            follow_up=follow_up,
            verdict=ChangeVerdict.NOT_COMPARABLE,
            reasons=tuple(reasons),
            days=days,
            flags=("not_comparable",),
        )
    value = joined.convert(follow_up.bmd_g_cm2) if joined else follow_up.bmd_g_cm2
    see = joined.see_g_cm2 if joined else 0.0
    found = difference(
        baseline.bmd_g_cm2,
        value,
        error=basis.error_g_cm2,
        n_baseline=baseline.n_scans,
        n_follow_up=follow_up.n_scans,
        see=see,
    )
    lsc = _lsc(basis, baseline, follow_up, see)
    change = Change(
        baseline=baseline,
        follow_up=follow_up,
        verdict=_verdict(found.difference, lsc),
        difference_g_cm2=found.difference,
        interval_g_cm2=found.interval,
        percent=found.percent,
        percent_interval=found.percent_interval,
        lsc_g_cm2=lsc,
        basis=basis,
        days=days,
        z=found.z,
        p=found.p,
        chosen_percent=chosen_percent,
        percent_per_year=None
        if across_pregnancy
        else percent_per_year(baseline.bmd_g_cm2, value, days),
        percent_per_week=percent_per_week(baseline.bmd_g_cm2, value, days),
        cross_calibration=_calibration_text(joined),
        flags=tuple(
            dict.fromkeys(
                f
                for f in (
                    basis.flag,
                    "cross_calibrated" if joined else "",
                    *baseline.flags,
                    *follow_up.flags,
                )
                if f
            )
        ),
    )
    if found.standard_error is not None:
        change = _with_probabilities(change, found.standard_error, course)
    return _with_correction_off(change)


def _join(
    baseline: SeriesPoint, follow_up: SeriesPoint, calibrations: Sequence[CrossCalibration]
) -> tuple[CrossCalibration | None, str]:
    """Find what brings the follow-up to the baseline's scale, or say what is missing."""
    same = same_device(baseline.device, follow_up.device)
    if same:
        return None, ""
    pair = f"{device_text(baseline.device)} and {device_text(follow_up.device)}"
    if same is None:
        return None, f"a serial number is missing: {pair}"
    site = baseline.site
    fitting = between(calibrations, follow_up.device.serial, baseline.device.serial, site)
    if fitting and not fitting[0].refused:
        return fitting[0], ""
    why = f"; its cross-calibration is not enough: {fitting[0].refused}" if fitting else ""
    return None, (
        f"other device: {pair}{why}; wanted: a cross-calibration of the two at {site} "
        f"with {LEAST_PEOPLE} people measured on both"
    )


def _lsc(
    basis: PrecisionBasis, baseline: SeriesPoint, follow_up: SeriesPoint, see: float
) -> float | None:
    if basis.error_g_cm2 is None or basis.lsc_g_cm2 is None:
        return None
    if baseline.n_scans == follow_up.n_scans == 1 and see == 0.0:
        return basis.lsc_g_cm2
    general = general_lsc(
        basis.error_g_cm2, baseline.n_scans, basis.error_g_cm2, follow_up.n_scans, see
    )
    return general * LSC_ROUNDING


def _verdict(change: float, lsc: float | None) -> ChangeVerdict:
    if lsc is None:
        return ChangeVerdict.NO_PRECISION_STUDY
    if not reaches(change, lsc):
        return ChangeVerdict.NOT_SHOWN
    return ChangeVerdict.DECREASE if change < 0.0 else ChangeVerdict.INCREASE


def _with_probabilities(change: Change, se: float, course: ExpectedCourse | None) -> Change:
    if change.difference_g_cm2 is None or change.chosen_percent is None:
        return change
    scale = change.baseline.bmd_g_cm2 / 100.0
    chosen = change.chosen_percent * scale
    flat = true_change(change.difference_g_cm2, se, chosen=chosen)
    change = dataclasses.replace(
        change, p_loss=flat.p_loss, p_loss_beyond=flat.p_loss_beyond, course=course
    )
    if course is None:
        return change
    mean, sd = course.mean_percent * scale, course.sd_percent * scale
    joined = true_change(
        change.difference_g_cm2 or 0.0,
        se,
        chosen=chosen,
        expected=mean,
        expected_sd=sd,
        source=course.source,
    )
    return dataclasses.replace(
        change,
        p_loss_with_course=joined.p_loss,
        p_loss_beyond_with_course=joined.p_loss_beyond,
        z_against_course=z_against_course(change.difference_g_cm2 or 0.0, se, mean, sd),
    )


def _with_correction_off(change: Change) -> Change:
    """Take back a change that does not survive the path correction being off, or may not."""
    one, two = change.baseline.bmd_uncorrected_g_cm2, change.follow_up.bmd_uncorrected_g_cm2
    if change.baseline.technique is not Technique.REMS_STYLE:
        return change
    is_change = change.verdict in {ChangeVerdict.DECREASE, ChangeVerdict.INCREASE}
    percent = None
    flag = why = ""
    if one is None or two is None:
        flag, why = "correction_not_checked", NOT_CHECKED
    else:
        percent = 100.0 * (two - one) / one
        kept = change.lsc_g_cm2 is not None and reaches(two - one, change.lsc_g_cm2)
        if is_change and not (kept and (percent < 0.0) == ((change.percent or 0.0) < 0.0)):
            flag, why = "change_by_correction_only", BY_CORRECTION
    if is_change and flag:
        change = dataclasses.replace(
            change, verdict=ChangeVerdict.NOT_SHOWN, reasons=(*change.reasons, why)
        )
    flags = (*change.flags, flag) if flag else change.flags
    return dataclasses.replace(change, percent_uncorrected=percent, flags=flags)


def _calibration_text(joined: CrossCalibration | None) -> str:
    if joined is None:
        return ""
    if not joined.applies:
        return (
            f"{joined.kind}, n = {joined.n}: the devices do not differ beyond chance; values are "
            f"taken as they are, SEE {joined.see_g_cm2:.4f} g/cm²"
        )
    return (
        f"{joined.kind}, n = {joined.n}{', line turned round' if joined.is_inverted else ''}: "
        f"{joined.intercept:+.4f} + {joined.slope:.4f}·value, "
        f"SEE {joined.see_g_cm2:.4f} g/cm²"
    )
