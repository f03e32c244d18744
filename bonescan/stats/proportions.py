"""A proportion k of n and its interval."""

from __future__ import annotations

import math
from typing import Literal

from scipy.special import betaincinv, ndtri

from bonescan.model.estimate import Estimate, undefined

ProportionMethod = Literal["wilson", "clopper-pearson", "agresti-coull"]
PROPORTION_METHODS: tuple[ProportionMethod, ...] = ("wilson", "clopper-pearson", "agresti-coull")


def proportion(
    k: int, n: int, method: ProportionMethod = "wilson", level_1: float = 0.95
) -> Estimate:
    """Estimate a proportion.

    Parameters
    ----------
    k : int
        Cases, 0 … n.
    n : int
        Out of how many.
    method : {"wilson", "clopper-pearson", "agresti-coull"}
        Wilson (score) covers on average what it states and is never empty;
        Clopper-Pearson covers at least that; Agresti-Coull is cut to [0, 1].
    level_1 : float, default 0.95
        Two-sided coverage.

    Returns
    -------
    share : Estimate
        k/n with lo and hi in [0, 1]; undefined for n = 0, for 0/0 is neither 0 nor 1.

    References
    ----------
    Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion.
    Stat Sci 2001;16:101-133.

    Examples
    --------
    >>> proportion(0, 10).lo, round(proportion(0, 10).hi, 6)
    (0.0, 0.277533)
    """
    if method not in PROPORTION_METHODS:
        raise ValueError(f"found the method {method!r}, wanted one of {PROPORTION_METHODS}")
    if not 0 <= k <= n:
        raise ValueError(f"found {k} of {n}, wanted a count of 0 to {n}")
    if n == 0:
        return undefined("0 of 0 is no proportion")
    make = {"wilson": _wilson, "clopper-pearson": _clopper_pearson, "agresti-coull": _agresti_coull}
    lo, hi = make[method](k, n, level_1)
    return Estimate(est=k / n, lo=max(lo, 0.0), hi=min(hi, 1.0), method=method)


def _wilson(k: int, n: int, level_1: float) -> tuple[float, float]:
    z = float(ndtri(0.5 + level_1 / 2.0))
    p, slack = k / n, z * z / n
    centre = (p + slack / 2.0) / (1.0 + slack)
    half = z / (1.0 + slack) * math.sqrt(p * (1.0 - p) / n + slack / (4.0 * n))
    # the ends are 0 and 1 exactly there; arithmetic leaves 2e-17
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def _clopper_pearson(k: int, n: int, level_1: float) -> tuple[float, float]:
    tail = (1.0 - level_1) / 2.0
    lo = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    hi = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1.0 - tail))
    return lo, hi


def _agresti_coull(k: int, n: int, level_1: float) -> tuple[float, float]:
    z = float(ndtri(0.5 + level_1 / 2.0))
    m = n + z * z
    p = (k + z * z / 2.0) / m
    half = z * math.sqrt(p * (1.0 - p) / m)
    return p - half, p + half
