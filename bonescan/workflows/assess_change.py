"""One change from two numbers: what a script or notebook asks."""

from __future__ import annotations

from datetime import date

from bonescan.errors import UsageError
from bonescan.model.change import Change, ExpectedCourse, OwnPrecision, SeriesPoint
from bonescan.model.exam import Device
from bonescan.model.vocabulary import Origin, Technique
from bonescan.norms.site import parse_site
from bonescan.track.change import CHOSEN_PERCENT, assess
from bonescan.track.precision_basis import precision_basis

SAME = Device(serial="one device")  # the caller says so


def assess_change(  # noqa: PLR0913 - one keyword for each thing that may be known
    baseline_g_cm2: float,
    follow_up_g_cm2: float,
    *,
    technique: str,
    site: str,
    baseline_date: date | str,
    follow_up_date: date | str,
    precision_error_g_cm2: float | None = None,
    n_baseline: int = 1,
    n_follow_up: int = 1,
    across_pregnancy: bool = False,
    expected_percent: float | None = None,
    expected_sd_percent: float | None = None,
    chosen_percent: float = CHOSEN_PERCENT,
    baseline_uncorrected_g_cm2: float | None = None,
    follow_up_uncorrected_g_cm2: float | None = None,
) -> Change:
    """Judge a change of bone density measured on one device.

    Parameters
    ----------
    baseline_g_cm2, follow_up_g_cm2 : float
        Means of the scans of each day.
    technique : str
        "DXA", "REMS" or "REMS-style".
    site : str
        As in ``results.csv``.
    baseline_date, follow_up_date : date or str
        ISO 8601 where text.
    precision_error_g_cm2 : float, optional
        RMS-SD of one scan, from the site's own study. Without it a published fallback
        judges DXA and REMS, flagged; REMS-style gets no verdict.
    n_baseline, n_follow_up : int
        Scans averaged on each day.
    across_pregnancy : bool
        A pregnancy lies between the two days: no yearly rate.
    expected_percent, expected_sd_percent : float, optional
        Expected course over the interval; joined with the measurement in
        `p_loss_with_course`, never in the verdict.
    chosen_percent : float
        Size of the loss that `p_loss_beyond` is about.
    baseline_uncorrected_g_cm2, follow_up_uncorrected_g_cm2 : float, optional
        REMS-style: the same exams with the correction for soft tissue off. Without both no
        change is a decrease or increase.

    Returns
    -------
    change : Change
        `change.verdict`, `change.percent`, `change.lsc_g_cm2` …; `to_dict()` gives all.

    Raises
    ------
    UsageError
        BS-E444: a value, day, technique or site that can't be.

    Examples
    --------
    >>> found = assess_change(
    ...     0.723, 0.709, technique="REMS", site="femoral-neck-left",
    ...     baseline_date="2026-01-10", follow_up_date="2026-07-04",
    ...     precision_error_g_cm2=0.0024, across_pregnancy=True,
    ... )
    >>> str(found.verdict), round(found.percent, 2), found.percent_per_year
    ('decrease', -1.94, None)
    """
    try:
        known = Technique(technique)
    except ValueError as error:
        raise UsageError(
            "BS-E444", f"found the technique {technique!r}, wanted one of {', '.join(Technique)}."
        ) from error
    if precision_error_g_cm2 is not None and not 0.0 < precision_error_g_cm2 < 1.0:
        raise UsageError("BS-E444", f"found a precision error of {precision_error_g_cm2}.")
    if min(n_baseline, n_follow_up) < 1:
        raise UsageError("BS-E444", "found fewer than one scan on a day.")
    place = parse_site(site)
    if place is None:
        raise UsageError("BS-E444", f"found the site {site!r}, wanted one as in results.csv.")
    one, two = (
        SeriesPoint(
            day=_day(day),
            bmd_g_cm2=_density(value),
            bmd_uncorrected_g_cm2=None if without is None else _density(without),
            technique=known,
            origin=Origin.REPORTED,
            site=place.id,
            n_scans=n,
            device=SAME,
        )
        for value, without, day, n in (
            (baseline_g_cm2, baseline_uncorrected_g_cm2, baseline_date, n_baseline),
            (follow_up_g_cm2, follow_up_uncorrected_g_cm2, follow_up_date, n_follow_up),
        )
    )
    own = (
        []
        if precision_error_g_cm2 is None
        else [OwnPrecision(technique=known, site=place.id, error_g_cm2=precision_error_g_cm2)]
    )
    course = None
    if expected_percent is not None and expected_sd_percent is not None:
        course = ExpectedCourse(
            mean_percent=expected_percent, sd_percent=expected_sd_percent, source="given"
        )
    earlier = one if one.day <= two.day else two
    return assess(
        one,
        two,
        precision_basis(earlier, own),
        course=course,
        chosen_percent=chosen_percent,
        across_pregnancy=across_pregnancy,
    )


def _day(value: date | str) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError as error:
        raise UsageError("BS-E444", f"found the day {value!r}, wanted YYYY-MM-DD.") from error


def _density(value: float) -> float:
    if not 0.0 < value < 5.0:  # noqa: PLR2004 - g/cm2: beyond it is another unit
        raise UsageError("BS-E444", f"found {value}, wanted g/cm².")
    return float(value)
