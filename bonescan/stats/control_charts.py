"""Control charts of a phantom: limits from a baseline, Westgard's rules, CUSUM, exam rule.

Pure: numbers in time order come in, what they break goes out. "Beyond" a limit
is strictly beyond it, up to rounding of double precision.

References
----------
Bonnick SL. Bone Densitometry in Clinical Practice: baseline of 25 consecutive days or of
10 scans in one day, limits of 1.5 % either side of its mean.
Westgard JO, Barry PL, Hunt MR, Groth T. A multi-rule Shewhart chart for quality control in
clinical chemistry. Clin Chem 1981;27:493-501.
Montgomery DC. Introduction to Statistical Quality Control, chapter "Cumulative sum and
exponentially weighted moving average control charts": tabular CUSUM, its change point and
its estimate of the new mean.
Lu Y, Mathur AK, Blunt BA, et al. Dual X-ray absorptiometry quality control: comparison of
visual examination and process-control charts. J Bone Miner Res 1996;11:626-37: CUSUM for
densitometers (cited from memory).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .record import Record

PERCENT_LIMIT = 1.5
BASELINE_DAYS, BASELINE_SCANS = 25, 10
CUSUM_K_SD, CUSUM_H_SD = 0.5, 5.0
EXAM_RUN = 4  # consecutive scans on one side of the mean
SLACK = 1e-9  # of an SD or of a percent: what double precision leaves at a border
LEAST_FOR_SD = 2

EXAM, WESTGARD, CUSUM = "exam", "westgard", "cusum"
RULES: dict[str, tuple[str, str]] = {
    "percent": (EXAM, "one scan beyond the limits in percent of the baseline's mean"),
    "4-same-side": (EXAM, "4 scans in a row on one side of the mean"),
    "1-3s": (WESTGARD, "one scan beyond 3 SD"),
    "2-2s": (WESTGARD, "2 scans in a row beyond 2 SD on one side"),
    "R-4s": (WESTGARD, "2 scans in a row beyond 2 SD on opposite sides"),
    "4-1s": (WESTGARD, "4 scans in a row beyond 1 SD on one side"),
    "10-x": (WESTGARD, "10 scans in a row on one side of the mean"),
    "cusum": (CUSUM, "cumulative sum beyond 5 SD"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline(Record):
    """Where the limits come from."""

    n: int
    mean: float
    sd: float
    cv_percent: float
    lower: float  # limits in percent of the mean
    upper: float
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation(Record):
    """A rule that was broken, over scans that follow one another."""

    rule: str
    first: int  # index of the scan at which the rule was first broken
    last: int
    side: str  # "above", "below", or "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class CusumSignal(Record):
    """Where a cumulative sum left its limit, and what it says of the change."""

    side: str
    signal: int  # index of the scan
    change_after: int  # index of the last scan before the change; -1: before the first
    new_mean: float  # estimate of the level since the change


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart(Record):
    """Scans after a baseline, held against it."""

    baseline: Baseline
    z: tuple[float | None, ...]  # (value - mean)/SD of every scan; None where the SD is 0
    plus: tuple[float, ...]  # upper cumulative sum [SD]
    minus: tuple[float, ...]  # lower cumulative sum [SD], 0 or more
    violations: tuple[Violation, ...]
    signals: tuple[CusumSignal, ...]

    @property
    def broken(self) -> dict[str, tuple[str, ...]]:
        """Rules broken, by family."""
        found: dict[str, list[str]] = {EXAM: [], WESTGARD: [], CUSUM: []}
        for violation in self.violations:
            names = found[RULES[violation.rule][0]]
            if violation.rule not in names:
                names.append(violation.rule)
        return {family: tuple(names) for family, names in found.items()}


def baseline_of(values: Sequence[float], percent: float = PERCENT_LIMIT) -> Baseline:
    """Take mean, SD (n - 1) and limits of the scans of a baseline.

    Examples
    --------
    >>> found = baseline_of([1.171, 1.177, 1.183])  # Bonnick's phantom: 1.177, SD 0.006
    >>> round(found.mean, 3), round(found.sd, 3), round(found.lower, 3), round(found.upper, 3)
    (1.177, 0.006, 1.159, 1.195)
    """
    if len(values) < LEAST_FOR_SD:
        raise ValueError(f"{len(values)} scans give no standard deviation, wanted 2 or more")
    mean = math.fsum(values) / len(values)
    if mean <= 0.0:
        raise ValueError(f"a mean of {mean:g} has no limits in percent, wanted one above 0")
    sd = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))
    if sd < mean * 1e-12:  # equal values, but for the last bits
        sd = 0.0
    return Baseline(
        n=len(values),
        mean=mean,
        sd=sd,
        cv_percent=100.0 * sd / mean,
        lower=mean * (1.0 - percent / 100.0),
        upper=mean * (1.0 + percent / 100.0),
        percent=percent,
    )


def control_chart(values: Sequence[float], baseline: Baseline) -> Chart:
    """Hold scans against a baseline by every rule.

    Parameters
    ----------
    values : sequence of float
        Scans after the baseline, in time order.
    baseline : Baseline
        Where its SD is 0 (rounded or copied values), Westgard's rules and the
        CUSUM say nothing, and only the limits in percent and the exam's run hold.

    Returns
    -------
    chart : Chart
        Violations in the order of their first scan.
    """
    sides = [_side(v - baseline.mean, SLACK * baseline.mean) for v in values]
    off = [100.0 * (v - baseline.mean) / baseline.mean for v in values]
    found = [
        *_runs("percent", [_side(o, baseline.percent + SLACK) for o in off], 1),
        *_runs("4-same-side", sides, EXAM_RUN),
    ]
    if baseline.sd == 0.0:
        zero = (0.0,) * len(values)
        none = (None,) * len(values)
        return Chart(
            baseline=baseline, z=none, plus=zero, minus=zero,
            violations=_ordered(found), signals=(),
        )  # fmt: skip
    z = [(v - baseline.mean) / baseline.sd for v in values]
    found += [
        *_runs("1-3s", [_side(s, 3.0 + SLACK) for s in z], 1),
        *_runs("2-2s", [_side(s, 2.0 + SLACK) for s in z], 2),
        *_opposite([_side(s, 2.0 + SLACK) for s in z]),
        *_runs("4-1s", [_side(s, 1.0 + SLACK) for s in z], 4),
        *_runs("10-x", sides, 10),
    ]
    plus, up = _cusum(z, baseline, 1.0)
    minus, down = _cusum(z, baseline, -1.0)
    found += [
        *_runs("cusum", [1 if c > CUSUM_H_SD + SLACK else 0 for c in plus], 1),
        *_runs("cusum", [-1 if c > CUSUM_H_SD + SLACK else 0 for c in minus], 1),
    ]
    return Chart(
        baseline=baseline,
        z=tuple(z),
        plus=tuple(plus),
        minus=tuple(minus),
        violations=_ordered(found),
        signals=tuple(sorted([*up, *down], key=lambda s: s.signal)),
    )


def _side(value: float, limit: float) -> int:
    """Give 1 above `limit`, -1 below -`limit`, else 0."""
    return 1 if value > limit else -1 if value < -limit else 0


def _runs(rule: str, sides: Sequence[int], length: int) -> list[Violation]:
    """Find runs of one side that are at least `length` long; broken from the `length`-th on."""
    found, start = [], 0
    for i in range(1, len(sides) + 1):
        if i < len(sides) and sides[i] == sides[start]:
            continue
        if sides[start] != 0 and i - start >= length:
            side = "above" if sides[start] > 0 else "below"
            found.append(Violation(rule=rule, first=start + length - 1, last=i - 1, side=side))
        start = i
    return found


def _opposite(sides: Sequence[int]) -> list[Violation]:
    return [
        Violation(rule="R-4s", first=i, last=i, side="both")
        for i in range(1, len(sides))
        if sides[i] * sides[i - 1] < 0
    ]


def _cusum(
    z: Sequence[float], baseline: Baseline, sign: float
) -> tuple[list[float], list[CusumSignal]]:
    """Sum what exceeds half an SD; the change began where the sum last was 0."""
    sums: list[float] = []
    signals: list[CusumSignal] = []
    total, since = 0.0, 0
    for i, score in enumerate(z):
        was_out = total > CUSUM_H_SD + SLACK
        total = max(0.0, total + sign * score - CUSUM_K_SD)
        since = since + 1 if total > 0.0 else 0
        sums.append(total)
        if total > CUSUM_H_SD + SLACK and not was_out:
            shift_sd = sign * (CUSUM_K_SD + total / since)
            signals.append(
                CusumSignal(
                    side="above" if sign > 0 else "below",
                    signal=i,
                    change_after=i - since,
                    new_mean=baseline.mean + shift_sd * baseline.sd,
                )
            )
    return sums, signals


def _ordered(found: Sequence[Violation]) -> tuple[Violation, ...]:
    order = list(RULES)
    return tuple(sorted(found, key=lambda v: (v.first, order.index(v.rule), v.side)))
