"""Each woman of a cohort: her course, and what may be said of its changes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from bonescan.model.change import ChangeVerdict
from bonescan.model.estimate import Estimate
from bonescan.model.pop_cohort import FIRST_VISIT
from bonescan.stats.multiplicity import benjamini_hochberg
from bonescan.stats.precision import LSC_95_FACTOR
from bonescan.stats.record import Record
from bonescan.stats.serial import difference, reaches, slope

from .pop_cohort import Visit

NO_RATE = "pregnancy and lactation are no straight line: a raw slope, no yearly rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSlope(Record):
    """The straight line through a course, raw: nothing may be concluded from it.

    `n` counts visits. There is no percentage a year across a pregnancy.
    """

    n: int
    per_year: Estimate
    theil_sen_per_year: float | None
    lsc_per_year: float | None
    percent_per_year: None = None
    may_conclude: bool = False
    reason: str = NO_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class WomanChange(Record):
    """One woman's change from the first visit to another.

    `z` and `p` take the number of scans of each visit into account;
    `z_one_scan`, `p_one_scan` are those of single scans, Δ/(√2·PE).
    """

    visit: str
    device: str | None
    verdict: ChangeVerdict
    reason: str
    change: float | None = None
    percent: float | None = None
    z: float | None = None
    p: float | None = None
    p_bh: float | None = None  # Benjamini-Hochberg over the women with this visit
    z_one_scan: float | None = None
    p_one_scan: float | None = None
    lsc: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Woman(Record):
    """One woman's course."""

    woman_id: str
    visits: dict[str, float]
    missing: tuple[str, ...]
    changes: tuple[WomanChange, ...]
    slope: CourseSlope | None
    slope_reason: str  # why there is none


def follow_women(
    visits: Sequence[Visit], names: Sequence[str], error: float | None
) -> tuple[Woman, ...]:
    """Follow each woman from her first visit on.

    A visit on another device than the first one's gets no verdict. `p_bh` is adjusted
    over the women who have the visit on the same device.
    """
    by_woman: dict[str, list[Visit]] = {}
    for visit in visits:
        by_woman.setdefault(visit.woman_id, []).append(visit)
    found = [_woman(woman, hers, names, error) for woman, hers in by_woman.items()]
    return tuple(_with_bh(sorted(found, key=lambda w: w.woman_id), names))


def _woman(woman: str, hers: Sequence[Visit], names: Sequence[str], error: float | None) -> Woman:
    order = {n: i for i, n in enumerate(names)}
    hers = sorted(hers, key=lambda v: (order[v.visit], v.device or ""))
    firsts = [v for v in hers if v.visit == names[0]]
    changes = []
    for visit in hers:
        if visit.visit == names[0]:
            continue
        same = [f for f in firsts if f.device == visit.device]
        baseline = next(iter(same or firsts), None)
        changes.append(_change(baseline, visit, error))
    line, why = _course_slope(hers, error)
    by_visit: dict[str, list[float]] = {}
    for v in hers:
        by_visit.setdefault(v.visit, []).append(v.value)
    return Woman(
        woman_id=woman,
        visits={n: math.fsum(v) / len(v) for n, v in by_visit.items()},
        missing=tuple(n for n in names if n not in by_visit),
        changes=tuple(changes),
        slope=line,
        slope_reason=why,
    )


def _course_slope(hers: Sequence[Visit], error: float | None) -> tuple[CourseSlope | None, str]:
    devices = sorted({v.device for v in hers if v.device is not None})
    if len(devices) > 1:
        return None, f"devices differ: {' and '.join(devices)}, not cross-calibrated"
    dated = [(v.days, v.value) for v in hers if v.days is not None]
    found = slope([d for d, _ in dated], [v for _, v in dated], error=error)
    if found.per_year.est is None:
        return None, "fewer than two visits with a day"
    return CourseSlope(
        n=found.n,
        per_year=found.per_year,
        theil_sen_per_year=found.theil_sen_per_year,
        lsc_per_year=found.lsc_per_year,
    ), ""


def _change(baseline: Visit | None, visit: Visit, error: float | None) -> WomanChange:
    if baseline is None:
        return WomanChange(
            visit=visit.visit,
            device=visit.device,
            verdict=ChangeVerdict.NO_BASELINE,
            reason=f"no {FIRST_VISIT}",
        )
    if baseline.device != visit.device:
        return WomanChange(
            visit=visit.visit,
            device=visit.device,
            verdict=ChangeVerdict.NOT_COMPARABLE,
            reason=f"other device: {baseline.device} and {visit.device}, not cross-calibrated",
        )
    found = difference(
        baseline.value,
        visit.value,
        error=error,
        n_baseline=baseline.n_scans,
        n_follow_up=visit.n_scans,
    )
    single = difference(baseline.value, visit.value, error=error)
    lsc = None
    verdict, reason = ChangeVerdict.NO_PRECISION_STUDY, "the precision of this site is not known"
    if error is not None:
        lsc = LSC_95_FACTOR * error * math.sqrt((1 / baseline.n_scans + 1 / visit.n_scans) / 2)
        verdict, reason = ChangeVerdict.NOT_SHOWN, "smaller than the least significant change"
        if reaches(found.difference, lsc):
            down = found.difference < 0.0
            verdict = ChangeVerdict.DECREASE if down else ChangeVerdict.INCREASE
            reason = "reaches the least significant change"
    return WomanChange(
        visit=visit.visit,
        device=visit.device,
        change=found.difference,
        percent=found.percent,
        z=found.z,
        p=found.p,
        z_one_scan=single.z,
        p_one_scan=single.p,
        lsc=lsc,
        verdict=verdict,
        reason=reason,
    )


def _with_bh(women: Sequence[Woman], names: Sequence[str]) -> list[Woman]:
    adjusted: dict[tuple[str, int], float] = {}
    for visit in names[1:]:
        where = [
            (w.woman_id, n, c.p)
            for w in women
            for n, c in enumerate(w.changes)
            if c.visit == visit and c.p is not None
        ]
        for (woman, n, _), p in zip(where, benjamini_hochberg([p for *_, p in where]), strict=True):
            adjusted[woman, n] = float(p)
    return [
        dataclasses.replace(
            w,
            changes=tuple(
                dataclasses.replace(c, p_bh=adjusted.get((w.woman_id, n)))
                for n, c in enumerate(w.changes)
            ),
        )
        for w in women
    ]
