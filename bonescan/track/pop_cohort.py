"""A pregnancy cohort: who changed, by how much, and what a model of all visits says.

Scans of one visit on one device are averaged first. Nothing is imputed: a missed
visit is missing, the mixed model takes what is there, and those who came to every
visit stand beside it as a sensitivity analysis.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate, undefined
from bonescan.model.pop_cohort import FIRST_VISIT, PopScan
from bonescan.stats.mixed_model import Contrast, MixedModel, fit_random_intercept
from bonescan.stats.multiplicity import holm
from bonescan.stats.precision import ISCD_DF, LSC_95_FACTOR
from bonescan.stats.quantiles import chi2_p, t_p, t_quantile
from bonescan.stats.record import Record, Significance
from bonescan.stats.serial import reaches

Array = NDArray[np.float64]

INTERCEPT = "(Intercept)"
LEAST_WOMEN = 3
OWN_REPEATS = "scans of one woman on one visit and device of this cohort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The scans of one woman at one visit on one device, averaged."""

    woman_id: str
    visit: str
    device: str | None
    value: float
    n_scans: int
    days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicates(Record):
    """Precision as the cohort itself shows it: scans of one woman, visit and device."""

    n_pairs: int
    rms_sd: float | None
    df: int
    lsc: float | None
    enough: bool  # 30 degrees of freedom, as ISCD asks


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitContrast(Record):
    """A visit against the first; `lo_simultaneous` … are Bonferroni's, over the visits."""

    contrast: str
    visit: str
    est: float
    se: float
    df: float
    lo: float
    hi: float
    t: float
    p: float
    p_holm: float
    lo_simultaneous: float
    hi_simultaneous: float
    percent_of_first_mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortModel(Record):
    """What one mixed model says."""

    formula: str
    terms: dict[str, dict[str, float]]  # est, se, df, t, p, lo, hi
    sd_random: float
    sd_residual: float
    log_likelihood: float
    n_obs: int
    n_women: int
    women_do_not_differ: bool
    all_visits: Significance
    contrasts: tuple[VisitContrast, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedChange(Record):
    """Change of those who came to both visits, woman by woman."""

    visit: str
    n: int
    mean: Estimate
    mean_percent: float
    sd_percent: float | None
    median_percent: float
    iqr_percent: tuple[float, float]
    n_loss: int
    n_gain: int
    # against the difference of single scans, what two devices differ by taken for change:
    n_loss_reaching_lsc_devices_not_told_apart: int | None
    n_gain_reaching_lsc_devices_not_told_apart: int | None


def average_scans(scans: Sequence[PopScan]) -> list[Visit]:
    """Average the scans of one woman, visit and device, in the order of first appearance."""
    cells: dict[tuple[str, str, str | None], list[PopScan]] = {}
    for scan in scans:
        cells.setdefault((scan.woman_id, scan.visit, scan.device), []).append(scan)
    found = []
    for (woman, visit, device), same in cells.items():
        days = [s.days for s in same if s.days is not None]
        found.append(
            Visit(
                woman_id=woman,
                visit=visit,
                device=device,
                value=math.fsum(s.value for s in same) / len(same),
                n_scans=len(same),
                days=math.fsum(days) / len(days) if days else None,
            )
        )
    return found


def replicate_precision(scans: Sequence[PopScan]) -> Replicates:
    """Take the precision from scans of one woman, visit and device."""
    cells: dict[tuple[str, str, str | None], list[float]] = {}
    for scan in scans:
        cells.setdefault((scan.woman_id, scan.visit, scan.device), []).append(scan.value)
    several = [np.asarray(v) for v in cells.values() if len(v) > 1]
    if not several:
        return Replicates(n_pairs=0, rms_sd=None, df=0, lsc=None, enough=False)
    error = math.sqrt(float(np.mean([v.var(ddof=1) for v in several])))
    df = sum(v.size - 1 for v in several)
    return Replicates(
        n_pairs=len(several),
        rms_sd=error,
        df=df,
        lsc=LSC_95_FACTOR * error if error > 0.0 else None,
        enough=df >= ISCD_DF,
    )


def fit_visits(
    visits: Sequence[Visit],
    names: Sequence[str],
    covariates: dict[str, dict[str, float]] | None = None,
    *,
    with_device: bool,
    log_scale: bool = False,
) -> CohortModel:
    """Fit value ~ visit (+ device + covariates) + (1 | woman), REML, first visit as reference.

    Parameters
    ----------
    visits : sequence of Visit
    names : sequence of str
        Visits in the order of the protocol; the first is the reference.
    covariates : dict, optional
        Column to value by woman; women without a value leave the model.
    with_device : bool
        Adds a term for every device but the one with most visits.
    log_scale : bool
        Model the logarithm; differences are then shares.

    Raises
    ------
    ValueError
        As `fit_random_intercept`.
    """
    extra = covariates or {}
    used = [v for v in visits if all(v.woman_id in known for known in extra.values())]
    if not any(v.visit == names[0] for v in used):
        raise ValueError(f"found no {names[0]} among {len(used)} visits")
    later = list(names[1:])
    devices = _devices(used) if with_device else []
    columns = [np.ones(len(used))]
    columns += [np.array([v.visit == name for v in used], dtype=float) for name in later]
    columns += [np.array([v.device == d for v in used], dtype=float) for d in devices]
    columns += [np.array([known[v.woman_id] for v in used]) for known in extra.values()]
    terms = [INTERCEPT, *later, *(f"device_{d}" for d in devices), *extra]
    values = np.array([v.value for v in used])
    model = fit_random_intercept(
        np.log(values) if log_scale else values,
        np.stack(columns, axis=1),
        [v.woman_id for v in used],
        terms,
    )
    parts = ["visit", *(["device"] if devices else []), *extra]
    left = "log(value)" if log_scale else "value"
    first_mean = float(values[[v.visit == names[0] for v in used]].mean())
    return CohortModel(
        formula=f"{left} ~ {' + '.join(parts)} + (1 | woman)",
        terms={name: _plain(model.term(name)) for name in terms},
        sd_random=model.sd_random,
        sd_residual=model.sd_residual,
        log_likelihood=model.log_likelihood,
        n_obs=model.n_obs,
        n_women=model.n_groups,
        women_do_not_differ=model.on_the_border,
        all_visits=model.test_together(later),
        contrasts=_contrasts(model, later, names[0], 1.0 if log_scale else first_mean),
    )


def devices_stand_for_visits(visits: Sequence[Visit], names: Sequence[str]) -> bool:
    """Say whether the difference of devices can't be told from that of visits.

    So it is where each visit was made on devices of its own: the terms of the devices are
    then sums of those of the visits.
    """
    devices = _devices(visits)
    design = np.array(
        [
            [1.0, *(v.visit == n for n in names[1:]), *(v.device == d for d in devices)]
            for v in visits
        ],
        dtype=float,
    )
    return bool(np.linalg.matrix_rank(design) < design.shape[1])


def visits_matter(visits: Sequence[Visit], names: Sequence[str]) -> Significance:
    """Test by likelihood ratio whether visits matter at all (plain maximum likelihood)."""
    later = list(names[1:])
    y = [v.value for v in visits]
    women = [v.woman_id for v in visits]
    full = np.array([[1.0, *(v.visit == n for n in later)] for v in visits], dtype=float)
    with_visits = fit_random_intercept(y, full, women, [INTERCEPT, *later], reml=False)
    without = fit_random_intercept(y, full[:, :1], women, [INTERCEPT], reml=False)
    statistic = 2.0 * (with_visits.log_likelihood - without.log_likelihood)
    return Significance(
        statistic=statistic,
        p=chi2_p(statistic, len(later)),
        df=float(len(later)),
        method="likelihood ratio, maximum likelihood",
    )


def paired_change(
    visits: Sequence[Visit], visit: str, lsc: float | None, first: str = FIRST_VISIT
) -> PairedChange | None:
    """Compare the women who have both visits; each device's mean of a visit counts once."""
    pairs = [(a, b) for a, b in _pairs(visits, visit, first) if a is not None and b is not None]
    if not pairs:
        return None
    change = np.array([b - a for a, b in pairs])
    percent = 100.0 * change / np.array([a for a, _ in pairs])
    n = len(pairs)
    mean = undefined("fewer than two women")
    if n > 1 and float(change.std(ddof=1)) > 0.0:
        se = float(change.std(ddof=1)) / math.sqrt(n)
        half = t_quantile(0.975, n - 1) * se
        est = float(change.mean())
        mean = Estimate(
            est=est, lo=est - half, hi=est + half, p=t_p(est / se, n - 1), method="paired t"
        )
    counts = [c for c in change if lsc is not None and reaches(float(c), lsc)]
    low, high = (float(v) for v in np.quantile(percent, [0.25, 0.75]))
    return PairedChange(
        visit=visit,
        n=n,
        mean=mean,
        mean_percent=float(percent.mean()),
        sd_percent=float(percent.std(ddof=1)) if n > 1 else None,
        median_percent=float(np.median(percent)),
        iqr_percent=(low, high),
        n_loss=int((change < 0.0).sum()),
        n_gain=int((change > 0.0).sum()),
        n_loss_reaching_lsc_devices_not_told_apart=None
        if lsc is None
        else sum(c < 0.0 for c in counts),
        n_gain_reaching_lsc_devices_not_told_apart=None
        if lsc is None
        else sum(c > 0.0 for c in counts),
    )


def missing_patterns(visits: Sequence[Visit], names: Sequence[str]) -> dict[str, int]:
    """Count women by the visits that they came to."""
    came: dict[str, set[str]] = {}
    for visit in visits:
        came.setdefault(visit.woman_id, set()).add(visit.visit)
    patterns = Counter("+".join(n for n in names if n in seen) for seen in came.values())
    return dict(sorted(patterns.items(), key=lambda item: (-item[1], item[0])))


def completers(visits: Sequence[Visit], names: Sequence[str]) -> list[Visit]:
    """Keep the women who came to every visit."""
    came: dict[str, set[str]] = {}
    for visit in visits:
        came.setdefault(visit.woman_id, set()).add(visit.visit)
    return [v for v in visits if came[v.woman_id] >= set(names)]


def _devices(visits: Sequence[Visit]) -> list[str]:
    """Name the devices that need a term: all but the one most first visits were made on."""
    counts = Counter(v.device for v in visits if v.device is not None)
    firsts = Counter(v.device for v in visits if v.device is not None and v.visit == FIRST_VISIT)
    ordered = sorted(counts, key=lambda d: (-firsts[d], -counts[d], d))
    return sorted(ordered[1:])


def _contrasts(
    model: MixedModel, later: Sequence[str], first: str, base: float
) -> tuple[VisitContrast, ...]:
    plain = [model.term(v) for v in later]
    level = 1.0 - 0.05 / max(len(later), 1)
    wide = [model.term(v, confidence=level) for v in later]
    adjusted = holm([c.p for c in plain])
    return tuple(
        VisitContrast(
            contrast=f"{visit} - {first}",
            visit=visit,
            est=one.est,
            se=one.se,
            df=one.df,
            lo=one.lo,
            hi=one.hi,
            t=one.t,
            p=one.p,
            p_holm=float(p),
            lo_simultaneous=all_.lo,
            hi_simultaneous=all_.hi,
            percent_of_first_mean=100.0 * one.est / base,
        )
        for visit, one, all_, p in zip(later, plain, wide, adjusted, strict=True)
    )


def _plain(contrast: Contrast) -> dict[str, float]:
    return {k: float(v) for k, v in contrast.to_dict().items()}


def _pairs(
    visits: Sequence[Visit], visit: str, first: str
) -> list[tuple[float | None, float | None]]:
    cells: dict[str, dict[str, list[float]]] = {}
    for v in visits:
        if v.visit in {visit, first}:
            cells.setdefault(v.woman_id, {}).setdefault(v.visit, []).append(v.value)
    return [(_mean(c.get(first)), _mean(c.get(visit))) for c in cells.values()]


def _mean(values: Sequence[float] | None) -> float | None:
    return math.fsum(values) / len(values) if values else None
