"""The scans of one day: which are repeats, which are one acquisition told twice, and their mean.

A repeat divides the least significant change, so nothing counts as one on doubt:
an exam sent as SR and as PDF, exported twice or analysed again is one scan.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import groupby

from bonescan.model.change import PrecisionBasis, SeriesPoint
from bonescan.stats.serial import SLACK

from .comparable import device_text

SAME_BMD_G_CM2 = 0.0005 + 1e-9  # carriers print 3 or 4 decimals of one number
SAME_PRINTED = 0.005 + 1e-9  # BMC in g and area in cm², printed with 2 decimals


def average_visits(
    points: Sequence[SeriesPoint], basis: PrecisionBasis, *, all_repeats: bool = False
) -> tuple[SeriesPoint, ...]:
    """Average the scans of one day on one device, by day.

    Parameters
    ----------
    points : sequence of SeriesPoint
        In any order; the result does not depend on it.
    basis : PrecisionBasis
        What a pair of one day is judged by.
    all_repeats : bool
        The site says that different values without a time, of different studies, are
        repeats.

    Returns
    -------
    visits : tuple of SeriesPoint
        `n_scans` counts acquisitions that are certainly different: with different times
        and not the same values. Values that may be of one acquisition are averaged as one
        scan and flagged `repeat_unclear`. A pair that lies further apart than the least
        significant change is kept and flagged `repeat_scan`: it is to be measured again,
        never dropped.
    """
    found = []
    ordered = sorted(points, key=lambda p: (_place(p), _time(p), p.bmd_g_cm2, p.exam))
    for _, group in groupby(ordered, key=_place):
        same = list(group)
        found.append(same[0] if len(same) == 1 else _averaged(same, basis, all_repeats))
    return tuple(found)


def _averaged(same: Sequence[SeriesPoint], basis: PrecisionBasis, all_repeats: bool) -> SeriesPoint:
    scans = _acquisitions(same, all_repeats)
    counts = [max(p.n_scans for p in scan) for scan in scans]
    without = [p.bmd_uncorrected_g_cm2 for p in same if p.bmd_uncorrected_g_cm2 is not None]
    flags = [f for p in same for f in p.flags]
    if any(not _same_value(scan[0], p) for scan in scans for p in scan):
        flags.append("repeat_unclear")
    values = [p.bmd_g_cm2 for p in same]
    if basis.lsc_g_cm2 is not None and max(values) - min(values) >= basis.lsc_g_cm2 - SLACK:
        flags.append("repeat_scan")
    return dataclasses.replace(
        same[0],
        bmd_g_cm2=_mean([[p.bmd_g_cm2 for p in scan] for scan in scans], counts),
        bmd_uncorrected_g_cm2=math.fsum(without) / len(without)
        if len(without) == len(same)
        else None,
        n_scans=sum(counts),
        flags=tuple(dict.fromkeys(flags)),
    )


def _mean(scans: Sequence[Sequence[float]], counts: Sequence[int]) -> float:
    means = [math.fsum(values) / len(values) for values in scans]
    return math.fsum(n * m for n, m in zip(counts, means, strict=True)) / sum(counts)


def _acquisitions(same: Sequence[SeriesPoint], all_repeats: bool) -> list[list[SeriesPoint]]:
    """Sort values of one day into acquisitions; in doubt two are one."""
    scans: list[list[SeriesPoint]] = []
    for point in sorted(same, key=lambda p: p.acquisition.time is None):
        home = [s for s in scans if any(_is_one(point, p) for p in s)]
        is_told = all_repeats and not any(_shares_study(point, p) for s in scans for p in s)
        if not home and scans and point.acquisition.time is None and not is_told:
            home = [min(scans, key=lambda s: abs(s[0].bmd_g_cm2 - point.bmd_g_cm2))]
        scans = [s for s in scans if s not in home]
        scans.append([p for s in home for p in s] + [point])
    return scans


def _is_one(one: SeriesPoint, other: SeriesPoint) -> bool:
    times = one.acquisition.time, other.acquisition.time
    return _same_value(one, other) or (None not in times and times[0] == times[1])


def _same_value(one: SeriesPoint, other: SeriesPoint) -> bool:
    pairs = (
        (one.acquisition.bmc_g, other.acquisition.bmc_g),
        (one.acquisition.area_cm2, other.acquisition.area_cm2),
    )
    return abs(one.bmd_g_cm2 - other.bmd_g_cm2) <= SAME_BMD_G_CM2 and all(
        a is None or b is None or abs(a - b) <= SAME_PRINTED for a, b in pairs
    )


def _shares_study(one: SeriesPoint, other: SeriesPoint) -> bool:
    a, b = one.acquisition, other.acquisition
    return (a.study_uid is not None and a.study_uid == b.study_uid) or (
        a.accession_number is not None and a.accession_number == b.accession_number
    )


def _time(point: SeriesPoint) -> str:
    return point.acquisition.time or "~"  # behind every time


def _place(point: SeriesPoint) -> tuple[object, ...]:
    return (
        point.day,
        point.technique,
        point.origin,
        point.site,
        point.vertebrae_used,
        device_text(point.device),
        point.model_id or "",
        point.covariate_class or "",
    )
