"""ROC curves with DeLong's variance; the direction is stated, never chosen from the data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from bonescan.model.estimate import Estimate, undefined

Array = NDArray[np.float64]
DELONG = "delong"
NO_VARIANCE = "DeLong's variance is 0 (groups wholly apart or all scores tied): no interval"
TOO_FEW = "one person in a group has no DeLong variance"


@dataclass(frozen=True, slots=True, kw_only=True)
class RocPoint:
    """One cut-off; None as threshold calls nobody, or everybody, positive."""

    threshold: float | None
    sensitivity: float
    specificity: float

    @property
    def youden(self) -> float:
        """Give J = sensitivity + specificity − 1."""
        return self.sensitivity + self.specificity - 1.0

    def to_dict(self) -> dict[str, float | None]:
        """Give the three numbers."""
        return {
            "threshold": self.threshold,
            "sensitivity": self.sensitivity,
            "specificity": self.specificity,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RocCurve:
    """An ROC curve.

    `points` run from nobody positive to everybody positive; thresholds are the
    midpoints between neighbouring scores. `youden_best` holds every cut-off of
    the largest J, several where they tie.
    """

    auc: Estimate
    delong_variance: float | None
    n_pos: int
    n_neg: int
    n_excluded: int
    lower_is_disease: bool
    points: tuple[RocPoint, ...]
    youden_best: tuple[RocPoint, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "auc": self.auc.to_dict(),
            "delong_variance": self.delong_variance,
            "n_pos": self.n_pos,
            "n_neg": self.n_neg,
            "n_excluded": self.n_excluded,
            "lower_is_disease": self.lower_is_disease,
            "points": [p.to_dict() for p in self.points],
            "youden_best": [p.to_dict() | {"youden": p.youden} for p in self.youden_best],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedAuc:
    """Two curves of the same people; `difference` is a − b with its p."""

    auc_a: Estimate
    auc_b: Estimate
    difference: Estimate
    z: float | None
    covariance: float | None
    n_pos: int
    n_neg: int
    n_excluded: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "auc_a": self.auc_a.to_dict(),
            "auc_b": self.auc_b.to_dict(),
            "difference": self.difference.to_dict(),
            "z": self.z,
            "covariance": self.covariance,
            "n_pos": self.n_pos,
            "n_neg": self.n_neg,
            "n_excluded": self.n_excluded,
        }


def auc(score: ArrayLike, disease: ArrayLike, lower_is_disease: bool = True) -> RocCurve:
    """Area under the ROC curve with DeLong's interval, and the curve.

    Parameters
    ----------
    score : (n,) array_like
        NaN marks a missing score; that person is left out and counted.
    disease : (n,) array_like of bool
    lower_is_disease : bool, default True
        As for T-scores; False where high values speak for disease.

    Returns
    -------
    curve : RocCurve
        The area counts ties half (Mann-Whitney); its interval is est ± z·SE, cut
        to [0, 1]. Undefined where one of the groups is empty.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more
    correlated receiver operating characteristic curves. Biometrics
    1988;44:837-845. Sun X, Xu W. IEEE Signal Process Lett 2014;21:1389-1393 (by
    midranks).

    Examples
    --------
    >>> auc([-3, -2, -1, 0], [True, False, True, False]).auc.est
    0.75
    """
    values, sick, n_excluded = _complete([score], disease)
    sign = -1.0 if lower_is_disease else 1.0
    oriented = sign * values[0]
    n_pos, n_neg = int(sick.sum()), int((~sick).sum())
    area, variance = undefined(_empty(n_pos)), None
    points: tuple[RocPoint, ...] = ()
    if n_pos and n_neg:
        placed = _placements(oriented[sick], oriented[~sick])
        variance = _covariance(placed, placed)
        area = _with_interval(_mean(placed), variance)
        points = _points(oriented, sick, sign)
    best = max((p.youden for p in points), default=0.0)
    return RocCurve(
        auc=area,
        delong_variance=variance,
        n_pos=n_pos,
        n_neg=n_neg,
        n_excluded=n_excluded,
        lower_is_disease=lower_is_disease,
        points=points,
        youden_best=tuple(
            p for p in points if math.isclose(p.youden, best, rel_tol=0, abs_tol=1e-12)
        ),
    )


def paired_delong(
    a: ArrayLike, b: ArrayLike, disease: ArrayLike, lower_is_disease: bool = True
) -> PairedAuc:
    """Compare the areas of two scores of the same people.

    Parameters
    ----------
    a, b : (n,) array_like
        A person with a NaN in either is left out.
    disease : (n,) array_like of bool
    lower_is_disease : bool, default True
        For both scores.

    Returns
    -------
    comparison : PairedAuc

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
    """
    values, sick, n_excluded = _complete([a, b], disease)
    n_pos, n_neg = int(sick.sum()), int((~sick).sum())
    sign = -1.0 if lower_is_disease else 1.0
    none = undefined(_empty(n_pos))
    result: _Comparison = (none, none, none, None, None)
    if n_pos and n_neg:
        result = _compared(
            _placements(sign * values[0][sick], sign * values[0][~sick]),
            _placements(sign * values[1][sick], sign * values[1][~sick]),
        )
    area_a, area_b, difference, z, covariance = result
    return PairedAuc(
        auc_a=area_a,
        auc_b=area_b,
        difference=difference,
        z=z,
        covariance=covariance,
        n_pos=n_pos,
        n_neg=n_neg,
        n_excluded=n_excluded,
    )


_Placed = tuple[Array, Array]  # of each diseased among the others, and the reverse
_Comparison = tuple[Estimate, Estimate, Estimate, float | None, float | None]


def _compared(a: _Placed, b: _Placed) -> _Comparison:
    var_a, var_b, covariance = _covariance(a, a), _covariance(b, b), _covariance(a, b)
    area_a, area_b = _with_interval(_mean(a), var_a), _with_interval(_mean(b), var_b)
    gap = _mean(a) - _mean(b)
    if var_a is None or var_b is None or covariance is None:
        return area_a, area_b, Estimate(est=gap, reason=TOO_FEW), None, None
    variance = var_a + var_b - 2.0 * covariance
    if variance <= max(var_a, var_b) * 1e-12:
        reason = "the two curves do not vary against each other: no interval"
        return area_a, area_b, Estimate(est=gap, reason=reason), None, covariance
    se = math.sqrt(variance)
    half = float(ndtri(0.975)) * se
    difference = Estimate(
        est=gap, lo=gap - half, hi=gap + half, p=float(2.0 * ndtr(-abs(gap / se))), method=DELONG
    )
    return area_a, area_b, difference, gap / se, covariance


def _complete(scores: list[ArrayLike], disease: ArrayLike) -> tuple[Array, NDArray[np.bool_], int]:
    """Check shapes and leave out whoever lacks a score."""
    values = [np.ravel(np.asarray(s, dtype=np.float64)) for s in scores]
    sick = np.ravel(np.asarray(disease))
    if any(v.shape != sick.shape for v in values):
        sizes = " and ".join(str(v.size) for v in values)
        raise ValueError(f"found {sizes} scores and {sick.size} labels, wanted as many")
    if sick.dtype != bool and sick.size and not np.isin(sick, (0, 1)).all():
        raise ValueError("found labels other than 0 and 1, wanted disease yes or no")
    table = np.stack(values)
    known = ~np.isnan(table).any(axis=0)
    return table[:, known], sick[known].astype(bool), int((~known).sum())


def _empty(n_pos: int) -> str:
    return "nobody is free of the disease" if n_pos else "nobody has the disease"


def midranks(values: Array) -> Array:
    """Rank from 1, ties at the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2.0)[place])


def _placements(sick: Array, well: Array) -> _Placed:
    """Share of the other group that each one stands above, ties half."""
    ranks = midranks(np.concatenate([sick, well]))
    n_pos, n_neg = sick.size, well.size
    of_sick = (ranks[:n_pos] - midranks(sick)) / n_neg
    of_well = 1.0 - (ranks[n_pos:] - midranks(well)) / n_pos
    return of_sick, of_well


def _mean(placed: _Placed) -> float:
    return float(placed[0].mean())


def _covariance(a: _Placed, b: _Placed) -> float | None:
    n_pos, n_neg = a[0].size, a[1].size
    if min(n_pos, n_neg) <= 1:
        return None
    of_sick = float((a[0] - a[0].mean()) @ (b[0] - b[0].mean())) / (n_pos - 1)
    of_well = float((a[1] - a[1].mean()) @ (b[1] - b[1].mean())) / (n_neg - 1)
    return of_sick / n_pos + of_well / n_neg


def _with_interval(area: float, variance: float | None) -> Estimate:
    if variance is None:
        return Estimate(est=area, reason=TOO_FEW)
    if variance == 0.0:
        return Estimate(est=area, reason=NO_VARIANCE)
    half = float(ndtri(0.975)) * math.sqrt(variance)
    return Estimate(est=area, lo=max(area - half, 0.0), hi=min(area + half, 1.0), method=DELONG)


def _points(oriented: Array, sick: NDArray[np.bool_], sign: float) -> tuple[RocPoint, ...]:
    levels, place = np.unique(oriented, return_inverse=True)
    with_disease = np.bincount(place[sick], minlength=levels.size)
    without = np.bincount(place[~sick], minlength=levels.size)
    # from the highest oriented score downwards: everybody above the cut-off is positive
    hits = np.concatenate([[0], np.cumsum(with_disease[::-1])]) / with_disease.sum()
    alarms = np.concatenate([[0], np.cumsum(without[::-1])]) / without.sum()
    between = sign * (levels[1:] + levels[:-1])[::-1] / 2.0
    cuts: list[float | None] = [None, *(float(c) for c in between), None]
    return tuple(
        RocPoint(threshold=cut, sensitivity=float(h), specificity=float(1.0 - f))
        for cut, h, f in zip(cuts, hits, alarms, strict=True)
    )
