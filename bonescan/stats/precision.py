"""Precision of repeated measurements, and the least significant change that follows from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bonescan.model.estimate import Estimate, undefined

from .correlation import pearson
from .quantiles import chi2_quantile, f_quantile, normal_quantile, t_p, t_quantile
from .record import Record
from .roc import midranks

Array = NDArray[np.float64]

# ISCD Official Positions: LSC at 95 % = 2.77 x the precision error; 1.81 for 80 %.
LSC_95_FACTOR = 2.77
LSC_80_FACTOR = 1.81
# ISCD Official Positions: 15 people three times or 30 people twice, which is 30 degrees of freedom.
ISCD_DESIGNS = ((15, 3), (30, 2))
ISCD_DF = 30
CHI2 = "chi-squared"
MAD_LIMIT = 3.5  # Iglewicz and Hoaglin 1993: modified z above which a value is an outlier
NORMAL_QUARTILE = 0.6744897501960817  # normal quantile at 3/4
SLACK = 1e-12  # equality counts, whatever binary arithmetic leaves
LEAST_SCANS = 2
LEAST_SUBJECTS = 3
NO_REPEAT = "nobody was measured twice"
NO_SPREAD = "every repeat is equal to the first: rounded or copied values have no precision error"


@dataclass(frozen=True, slots=True, kw_only=True)
class OddSubject(Record):
    """Somebody whose repeats lie unusually far apart; kept in every number."""

    subject: str
    values: tuple[float, ...]
    range: float
    beyond_lsc: bool  # repeats differ by the LSC or more
    modified_z: float | None  # of the subject's largest residual; above 3.5 is an outlier
    rms_sd_without: float | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionStudy(Record):
    """A precision study.

    `rms_sd`, `lsc` and their like are in `unit`; `lsc` is 2.77·RMS-SD as ISCD
    has it and `lsc_exact_factor` z√2·RMS-SD. `iscd_design` is "15x3" or "30x2"
    where one of them is met, else None.
    """

    unit: str
    n_subjects: int
    n_scans: int
    n_single: int  # subjects with one value, left out
    n_missing: int  # missing values, left out
    scans_per_subject: tuple[tuple[int, int], ...]  # (scans, how many subjects)
    df: int
    grand_mean: float | None
    rms_sd: Estimate
    rms_sd_upper_95: float | None  # one-sided
    rms_cv_percent: Estimate
    rms_cv_percent_upper_95: float | None
    pooled_sd: float | None
    lsc: Estimate
    lsc_exact_factor: float | None
    lsc_80: float | None
    lsc_percent: Estimate
    second_minus_first: Estimate
    sd_against_mean_spearman: float | None
    icc_oneway: Estimate
    iscd_design: str | None
    odd_subjects: tuple[OddSubject, ...]
    notes: tuple[str, ...]

    @property
    def iscd_minimum_met(self) -> bool:
        """Whether 15 people were measured three times, or 30 twice."""
        return self.iscd_design is not None

    def to_dict(self) -> dict[str, Any]:
        """Give every field by its name, as plain values."""
        found = Record.to_dict(self)
        return found | {"iscd_minimum_met": self.iscd_minimum_met}

    def __str__(self) -> str:
        """Say what a person wants to read first."""
        unit = f" {self.unit}" if self.unit else ""
        design = ", ".join(f"{n} x {k}" for k, n in self.scans_per_subject) or "none"
        met = f"met ({self.iscd_design})" if self.iscd_design else "NOT met"
        lines = [
            f"subjects {self.n_subjects} ({design}), df {self.df}, ISCD minimum {met}",
            f"RMS-SD  {_shown(self.rms_sd, 4)}{unit}",
            f"RMS-CV  {_shown(self.rms_cv_percent, 2)} %",
            f"LSC 95 % {_shown(self.lsc, 4)}{unit}   {_shown(self.lsc_percent, 2)} %",
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def precision_study(
    subject: ArrayLike | Sequence[Any], value: ArrayLike, *, unit: str = ""
) -> PrecisionStudy:
    """Estimate the precision error from repeated measurements.

    Parameters
    ----------
    subject : (n,) array_like
        Whose value it is.
    value : (n,) array_like
        Repeats in the order they were taken; NaN is left out and counted.
    unit : str, optional
        Of the values, as "g/cm2"; shown, not used.

    Returns
    -------
    study : PrecisionStudy
        RMS-SD = √mean(SD²) and RMS-CV = 100·√mean((SD/mean)²) over subjects, with
        intervals from chi-squared with Σ(k − 1) degrees of freedom. Where repeats
        never differ the errors are 0 without an interval.

    Raises
    ------
    ValueError
        Different lengths, or an infinite value.

    References
    ----------
    Glüer CC, Blake G, Lu Y, Blunt BA, Jergas M, Genant HK. Accurate assessment of
    precision errors: how to measure the reproducibility of bone densitometry
    techniques. Osteoporos Int 1995;5:262-270. ISCD Official Positions, Adult
    (2.77, 15 × 3 or 30 × 2, RMS-SD preferred). Bonnick SL, Johnston CC Jr,
    Kleerekoper M, et al. J Clin Densitom 2001;4:105-110.

    Examples
    --------
    >>> study = precision_study([1, 1, 2, 2], [0.99, 1.01, 0.80, 0.80])
    >>> round(study.rms_sd.est, 4), study.df, study.iscd_minimum_met
    (0.01, 2, False)
    """
    groups, n_missing, n_single = _repeats(subject, value)
    sd = np.array([g.std(ddof=1) if np.ptp(g) else 0.0 for _, g in groups])
    mean = np.array([g.mean() for _, g in groups])
    scans = np.array([g.size for _, g in groups], dtype=np.int64)
    df = int((scans - 1).sum())
    rms_sd = math.sqrt(float((sd**2).mean())) if groups else None
    error = _chi2_estimate(rms_sd, df)
    cv, cv_error = _relative(sd, mean, df)
    design = _iscd_design(scans)
    odd = _odd_subjects(groups, rms_sd, sd)
    upper = _upper_factor(df)
    return PrecisionStudy(
        unit=unit,
        n_subjects=len(groups),
        n_scans=int(scans.sum()),
        n_single=n_single,
        n_missing=n_missing,
        scans_per_subject=tuple((int(k), int((scans == k).sum())) for k in np.unique(scans)),
        df=df,
        grand_mean=float(np.concatenate([g for _, g in groups]).mean()) if groups else None,
        rms_sd=error,
        rms_sd_upper_95=rms_sd * upper if rms_sd and upper else None,
        rms_cv_percent=cv_error,
        rms_cv_percent_upper_95=cv * upper if cv and upper else None,
        pooled_sd=math.sqrt(float(((scans - 1) * sd**2).sum()) / df) if df else None,
        lsc=_scaled(error, LSC_95_FACTOR),
        lsc_exact_factor=(
            None if rms_sd is None else math.sqrt(2.0) * normal_quantile(0.975) * rms_sd
        ),
        lsc_80=None if rms_sd is None else LSC_80_FACTOR * rms_sd,
        lsc_percent=_scaled(cv_error, LSC_95_FACTOR),
        second_minus_first=_second_minus_first(groups),
        sd_against_mean_spearman=_spearman(sd, mean),
        icc_oneway=_icc_oneway(groups),
        iscd_design=design,
        odd_subjects=odd,
        notes=_notes(scans, df, design, n_single, odd),
    )


def general_lsc(
    error_first: float, n_first: int, error_second: float, n_second: int, see: float = 0.0
) -> float:
    """Least significant change between two occasions of several scans each.

    Parameters
    ----------
    error_first, error_second : float
        Precision error of one scan on each occasion.
    n_first, n_second : int
        Scans averaged on each.
    see : float, default 0
        Standard error of estimate of a cross-calibration between two devices.

    Returns
    -------
    lsc : float
        z·√(PE₁²/n₁ + PE₂²/n₂ + SEE²), in the unit of the errors.

    References
    ----------
    Glüer CC. Monitoring skeletal changes by radiological techniques. J Bone Miner
    Res 1999;14:1952-1962.

    Examples
    --------
    >>> round(general_lsc(0.01, 1, 0.01, 1), 7)
    0.0277181
    """
    if min(n_first, n_second) <= 0 or min(error_first, error_second, see) < 0:
        raise ValueError("found a count below 1 or an error below 0")
    variance = error_first**2 / n_first + error_second**2 / n_second + see**2
    return normal_quantile(0.975) * math.sqrt(variance)


_Group = tuple[str, Array]


def _repeats(subject: ArrayLike | Sequence[Any], value: ArrayLike) -> tuple[list[_Group], int, int]:
    """Group the known values by subject, in the order subjects first appear."""
    names = [str(s) for s in np.ravel(np.asarray(subject))]
    values = np.ravel(np.asarray(value, dtype=np.float64))
    if len(names) != values.size:
        raise ValueError(f"found {len(names)} subjects and {values.size} values, wanted as many")
    if np.isinf(values).any():
        raise ValueError("found an infinite value, wanted numbers")
    by_name: dict[str, list[float]] = {}
    for name, v in zip(names, values, strict=True):
        if not math.isnan(v):
            by_name.setdefault(name, []).append(float(v))
    groups = [(n, np.array(v)) for n, v in by_name.items() if len(v) >= LEAST_SCANS]
    n_single = sum(len(v) < LEAST_SCANS for v in by_name.values())
    return groups, int(np.isnan(values).sum()), n_single


def _chi2_estimate(error: float | None, df: int) -> Estimate:
    if error is None:
        return undefined(NO_REPEAT)
    if error == 0.0:
        return Estimate(est=0.0, reason=NO_SPREAD)
    lo, hi = (math.sqrt(df / chi2_quantile(p, df)) for p in (0.975, 0.025))
    return Estimate(est=error, lo=error * lo, hi=error * hi, method=CHI2)


def _upper_factor(df: int) -> float | None:
    return math.sqrt(df / chi2_quantile(0.05, df)) if df else None


def _relative(sd: Array, mean: Array, df: int) -> tuple[float | None, Estimate]:
    if not sd.size:
        return None, undefined(NO_REPEAT)
    if not (mean > 0.0).all():
        return None, undefined("a coefficient of variation needs means above 0")
    cv = 100.0 * math.sqrt(float(((sd / mean) ** 2).mean()))
    return cv, _chi2_estimate(cv, df)


def _scaled(error: Estimate, factor: float) -> Estimate:
    if error.est is None:
        return error
    if error.lo is None or error.hi is None:
        return Estimate(est=factor * error.est, reason=error.reason)
    return Estimate(
        est=factor * error.est, lo=factor * error.lo, hi=factor * error.hi, method=error.method
    )


def _iscd_design(scans: NDArray[np.int64]) -> str | None:
    for people, times in ISCD_DESIGNS:
        if int((scans >= times).sum()) >= people:
            return f"{people}x{times}"
    return None


def _second_minus_first(groups: list[_Group]) -> Estimate:
    """Estimate what changes between the first and the second scan, by a paired t."""
    if any(g.size != LEAST_SCANS for _, g in groups):
        return undefined("asked of pairs of scans only")
    change = np.array([float(g[1] - g[0]) for _, g in groups])
    n = change.size
    if n < LEAST_SCANS:
        return undefined("fewer than two subjects with repeats")
    mean, sd = float(change.mean()), float(change.std(ddof=1))
    if sd <= abs(mean) * 1e-12:
        return Estimate(est=mean, reason="the differences do not vary")
    se = sd / math.sqrt(n)
    half = t_quantile(0.975, n - 1) * se
    return Estimate(est=mean, lo=mean - half, hi=mean + half, p=t_p(mean / se, n - 1), method="t")


def _spearman(sd: Array, mean: Array) -> float | None:
    if sd.size < LEAST_SUBJECTS:
        return None
    r = pearson(midranks(sd), midranks(mean))
    return None if math.isnan(r) else r


def _icc_oneway(groups: list[_Group]) -> Estimate:
    """ICC(1,1) of subjects with k0 scans on average; the interval is of F."""
    n, total = len(groups), sum(g.size for _, g in groups)
    if n < LEAST_SCANS:
        return undefined("fewer than two subjects with repeats")
    scans = np.array([g.size for _, g in groups], dtype=np.float64)
    means = np.array([g.mean() for _, g in groups])
    grand = float((scans * means).sum()) / total
    between = float((scans * (means - grand) ** 2).sum()) / (n - 1)
    within = sum(float(((g - g.mean()) ** 2).sum()) for _, g in groups) / (total - n)
    k = (total - float((scans**2).sum()) / total) / (n - 1)
    if between + (k - 1.0) * within == 0.0:
        return undefined("all values are equal")
    icc = (between - within) / (between + (k - 1.0) * within)
    if within == 0.0:
        return Estimate(est=icc, reason=NO_SPREAD)
    f, df = between / within, (n - 1, total - n)
    low = f / f_quantile(0.975, *df)
    high = f * f_quantile(0.975, *df[::-1])
    return Estimate(
        est=icc, lo=(low - 1.0) / (low + k - 1.0), hi=(high - 1.0) / (high + k - 1.0), method="f"
    )


def _odd_subjects(groups: list[_Group], rms_sd: float | None, sd: Array) -> tuple[OddSubject, ...]:
    """Name who lies far apart, by the study's own LSC and by the modified z of residuals."""
    if not rms_sd or len(groups) < LEAST_SUBJECTS:
        return ()
    # residuals of k scans have a variance of (k - 1)/k of the error's
    residuals = [(g - g.mean()) * math.sqrt(g.size / (g.size - 1)) for _, g in groups]
    spread = float(np.median(np.abs(np.concatenate(residuals))))
    found = []
    for place, ((name, values), residual) in enumerate(zip(groups, residuals, strict=True)):
        largest = float(np.abs(residual).max())
        z = NORMAL_QUARTILE * largest / spread if spread > 0.0 else None
        apart = float(np.ptp(values))
        beyond = apart >= LSC_95_FACTOR * rms_sd - SLACK
        if not beyond and (z is None or z <= MAD_LIMIT):
            continue
        found.append(
            OddSubject(
                subject=name,
                values=tuple(float(v) for v in values),
                range=apart,
                beyond_lsc=beyond,
                modified_z=z,
                rms_sd_without=math.sqrt(float((np.delete(sd, place) ** 2).mean())),
                note="look at both scans; kept in every number" if beyond else "kept",
            )
        )
    return tuple(found)


def _notes(
    scans: NDArray[np.int64],
    df: int,
    design: str | None,
    n_single: int,
    odd: tuple[OddSubject, ...],
) -> tuple[str, ...]:
    notes = []
    if design is None:
        notes.append(
            f"the ISCD minimum (15 people three times or 30 twice, 30 degrees of freedom) is not "
            f"met: {scans.size} people, {df} degrees of freedom"
        )
    if n_single:
        notes.append(f"{n_single} with a single value left out")
    if scans.size and (scans != scans[0]).any():
        notes.append(
            "numbers of repeats differ: RMS-SD weighs people alike, the pooled SD by repeats"
        )
    if odd:
        names = ", ".join(o.subject for o in odd)
        notes.append(f"repeats unusually far apart, nothing left out: {names}")
    return tuple(notes)


def _shown(e: Estimate, decimals: int) -> str:
    if e.est is None:
        return f"not defined ({e.reason})"
    if e.lo is None or e.hi is None:
        return f"{e.est:.{decimals}f} (no interval: {e.reason})"
    return f"{e.est:.{decimals}f} ({e.lo:.{decimals}f} to {e.hi:.{decimals}f})"
