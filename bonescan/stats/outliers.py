"""Outliers among differences: how many, without one hiding another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .pairs import checked_series, varies
from .quantiles import t_quantile
from .record import Record

LEAST = 15  # below, the critical values are not as exact as stated (Rosner 1983)
SHARE_1 = 0.05  # of the values, what EP09 lets be looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Outliers(Record):
    """Rows found far from the others, the farthest first, and what they were judged by.

    `statistics` and `critical` stand for one, two, ... values taken out.
    """

    rows: tuple[int, ...]
    statistics: tuple[float, ...]
    critical: tuple[float, ...]
    n: int
    alpha: float
    reason: str = ""


def generalised_esd(values: ArrayLike, most: int | None = None, *, alpha: float = 0.05) -> Outliers:
    """Look for outliers by the generalised extreme studentised deviate. Nothing is taken out.

    Parameters
    ----------
    values : (n,) array_like
        Differences or residuals, roughly normal.
    most : int, optional
        How many to look for; 5 % of the values, at least 1, if not given.
    alpha : float, default 0.05
        Chance of any false one among normal values.

    Returns
    -------
    found : Outliers
        None for fewer than 15 values or equal ones, with the reason.

    References
    ----------
    Rosner B. Percentage points for a generalized ESD many-outlier procedure.
    Technometrics 1983;25:165-172. CLSI EP09c, 2018.
    """
    series = checked_series(values, "values")
    n = int(series.size)
    wanted = max(1, int(SHARE_1 * n)) if most is None else most
    if not 1 <= wanted <= max(1, n // 2):
        raise ValueError(f"found {wanted} outliers to look for among {n} values, wanted fewer")
    why = f"fewer than {LEAST} values" if n < LEAST else ""
    if not why and not varies(series):
        why = "all values are equal"
    if why:
        return Outliers(rows=(), statistics=(), critical=(), n=n, alpha=alpha, reason=why)
    left = np.arange(n)
    rows, statistics, critical = [], [], []
    for i in range(1, wanted + 1):
        here = series[left]
        if not varies(here, float(np.abs(series).max())):
            break
        away = np.abs(here - here.mean()) / here.std(ddof=1)
        far = int(away.argmax())
        rows.append(int(left[far]))
        statistics.append(float(away[far]))
        critical.append(_critical(n, i, alpha))
        left = np.delete(left, far)
    beyond = [i for i, (r, limit) in enumerate(zip(statistics, critical, strict=True)) if r > limit]
    return Outliers(
        rows=tuple(rows[: beyond[-1] + 1] if beyond else ()),
        statistics=tuple(statistics),
        critical=tuple(critical),
        n=n,
        alpha=alpha,
    )


def _critical(n: int, i: int, alpha: float) -> float:
    """Rosner's λ for the i-th value taken out of n."""
    df = n - i - 1
    t = t_quantile(1.0 - alpha / (2.0 * (n - i + 1)), df)
    return (n - i) * t / math.sqrt((df + t * t) * (n - i + 1))
