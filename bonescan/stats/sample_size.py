"""How many people a study needs: the smallest number that reaches what was asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .limits_factors import FARTHEST, N_NODES
from .quantiles import Z_95, chi2_quantile, t_quantile
from .record import Record

LARGEST_N = 1_000_000
LEAST_N = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize(Record):
    """A number of people and what it reaches.

    `n` is None where no number does, with the reason. `reached` is the power, or
    the expected half width, at n; `target` what was asked.
    """

    n: int | None
    reached: float | None
    target: float
    method: str
    reason: str = ""


def limits_of_agreement_power(n: int, mean_difference: float, sd: float, delta: float) -> float:
    """Chance that the intervals of both limits of agreement lie within ± delta.

    Parameters
    ----------
    n : int
        Pairs, 2 or more.
    mean_difference, sd : float
        Expected of the differences, in their unit.
    delta : float
        Largest acceptable difference.

    Returns
    -------
    power : float
        0 … 1; 0 where delta does not exceed abs(mean) + z·sd.

    References
    ----------
    Lu MJ, Zhong WH, Liu YX, Miao HZ, Li YC, Ji MH. Sample size for assessing
    agreement between two methods of measurement by Bland-Altman method. Int J
    Biostat 2016;12(2).
    """
    _check_sd(sd)
    if delta <= abs(mean_difference) + Z_95 * sd:
        return 0.0
    se = sd * math.sqrt(1.0 / n + Z_95**2 / (2.0 * (n - 1)))
    t = t_quantile(0.975, n - 1)
    missed = sum(
        _noncentral_t_cdf(t, n - 1, (delta + sign * mean_difference - Z_95 * sd) / se)
        for sign in (-1.0, 1.0)
    )
    return max(0.0, 1.0 - missed)


def size_for_limits_of_agreement(
    mean_difference: float, sd: float, delta: float, power: float = 0.80
) -> SampleSize:
    """Smallest number of pairs whose power by `limits_of_agreement_power` reaches the target.

    >>> size_for_limits_of_agreement(-0.04, 0.45, 1.2).n
    69
    """
    _check_power(power)
    _check_sd(sd)
    method = "Lu 2016"
    if delta <= abs(mean_difference) + Z_95 * sd:
        return SampleSize(
            n=None, reached=None, target=power, method=method,
            reason=f"the limits of agreement themselves lie at {abs(mean_difference) + Z_95 * sd:g}"
            f", beyond the acceptable {delta:g}: no number of pairs helps",
        )  # fmt: skip

    def reached(n: int) -> float:
        return limits_of_agreement_power(n, mean_difference, sd, delta)

    return _smallest(reached, power, method)


def size_for_limit_precision(sd: float, half_width: float) -> SampleSize:
    """Pairs for an interval of each limit of ± half_width: n = 3(z·sd/w)², rounded up.

    References
    ----------
    Bland JM, Altman DG. Lancet 1986;327:307-310 (SE of a limit √(3/n)·s).

    Examples
    --------
    >>> size_for_limit_precision(0.45, 0.1).n
    234
    """
    _check_sd(sd)
    if not half_width > 0.0:
        raise ValueError(f"found a half width of {half_width}, wanted more than 0")
    n = max(LEAST_N, math.ceil(3.0 * (Z_95 * sd / half_width) ** 2))
    return SampleSize(
        n=n, reached=Z_95 * sd * math.sqrt(3.0 / n), target=half_width, method="Bland-Altman 1986"
    )


def expected_half_width(n: int, sd: float, confidence: float = 0.95) -> float:
    """Compute the expected half width of an interval that holds both central 95 % percentiles.

    Parameters
    ----------
    n : int
        Pairs, 2 or more.
    sd : float
        Of the differences.
    confidence : float, default 0.95
        That both percentiles lie within mean ± g·s.

    Returns
    -------
    half : float
        g·E[s]. The exact equal-tailed criterion, wider than the pair factor of
        limits of agreement, which asks for the content only.

    References
    ----------
    Jan SL, Shieh G. The Bland-Altman range of agreement: exact interval procedure
    and sample size determination. Comput Biol Med 2018;100:247-252.
    """
    from scipy.special import chdtrc, gammaln

    _check_sd(sd)
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    u = FARTHEST / 2.0 * (nodes + 1.0)
    weights = weights * FARTHEST * np.exp(-u * u / 2.0) / math.sqrt(2.0 * math.pi)
    least = (n - 1) * (Z_95 + u / math.sqrt(n)) ** 2
    low, high = 0.0, 1.0
    while weights @ chdtrc(n - 1, least / high**2) < confidence:
        low, high = high, 2.0 * high
    for _ in range(60):
        middle = (low + high) / 2.0
        if weights @ chdtrc(n - 1, least / middle**2) < confidence:
            low = middle
        else:
            high = middle
    bias_of_s = math.exp(float(gammaln(n / 2.0) - gammaln((n - 1) / 2.0)))
    return high * sd * bias_of_s * math.sqrt(2.0 / (n - 1))


def size_for_expected_half_width(
    sd: float, half_width: float, confidence: float = 0.95
) -> SampleSize:
    """Smallest number of pairs whose `expected_half_width` is at most this.

    >>> size_for_expected_half_width(19.61, 2.25 * 19.61).n
    155
    """
    _check_sd(sd)
    method = "Jan-Shieh 2018"
    if half_width <= Z_95 * sd:
        return SampleSize(
            n=None, reached=None, target=half_width, method=method,
            reason="the percentiles themselves lie as far apart: no number of pairs helps",
        )  # fmt: skip
    found = _smallest(lambda n: -expected_half_width(n, sd, confidence), -half_width, method)
    reached = None if found.reached is None else -found.reached
    return SampleSize(
        n=found.n, reached=reached, target=half_width, method=method, reason=found.reason
    )


def paired_t_power(n: float, difference: float, sd: float, alpha: float = 0.05) -> float:
    """Power of a two-sided paired t-test, the far tail left out as usual.

    Parameters
    ----------
    n : float
        Pairs, above 1.
    difference, sd : float
        Expected mean and SD of the differences.
    alpha : float, default 0.05
    """
    _check_sd(sd)
    shift = abs(difference) / sd * math.sqrt(n)
    return 1.0 - _noncentral_t_cdf(t_quantile(1.0 - alpha / 2.0, n - 1), n - 1, shift)


def size_for_paired_t(
    difference: float, sd: float, power: float = 0.80, alpha: float = 0.05
) -> SampleSize:
    """Smallest number of pairs that shows a mean difference by a paired t-test.

    >>> size_for_paired_t(-0.0137, 0.025).n
    29
    """
    _check_power(power)
    _check_sd(sd)
    if difference == 0.0:
        return SampleSize(
            n=None, reached=None, target=power, method="paired t",
            reason="a difference of 0 is shown by no number of pairs",
        )  # fmt: skip
    return _smallest(lambda n: paired_t_power(n, difference, sd, alpha), power, "paired t")


def precision_power(df: int, sd: float, largest_sd: float, confidence: float = 0.95) -> float:
    """Chance that the upper one-sided limit of RMS-SD stays below a bound.

    Parameters
    ----------
    df : int
        Degrees of freedom, people × (scans − 1).
    sd : float
        True precision error.
    largest_sd : float
        What the upper limit must not exceed, in the unit of `sd`.
    confidence : float, default 0.95
        One-sided.

    Notes
    -----
    The limit is s·√(df/χ²(1 − confidence)), and s²·df/σ² is chi-squared.
    """
    from scipy.special import chdtr

    return float(chdtr(df, chi2_quantile(1.0 - confidence, df) * (largest_sd / sd) ** 2))


def size_for_precision_study(
    sd: float,
    largest_sd: float,
    scans: int = 2,
    power: float = 0.80,
    confidence: float = 0.95,
) -> SampleSize:
    """Smallest number of people, each scanned `scans` times, to prove a precision error.

    Parameters
    ----------
    sd : float
        Precision error that is expected.
    largest_sd : float
        Precision error to exclude; the one-sided upper limit must lie below.
    scans : int, default 2
    power : float, default 0.80
    confidence : float, default 0.95

    Returns
    -------
    size : SampleSize
        None where largest_sd does not exceed sd.

    References
    ----------
    Glüer CC et al. Osteoporos Int 1995;5:262-270 (the chi-squared interval).

    Examples
    --------
    >>> size_for_precision_study(0.010, 0.015).n
    22
    """
    _check_power(power)
    _check_sd(sd)
    if scans < LEAST_N:
        raise ValueError(f"found {scans} scans a person, wanted 2 or more")
    method = "chi-squared upper limit"
    if largest_sd <= sd:
        return SampleSize(
            n=None, reached=None, target=power, method=method,
            reason="the error to exclude does not exceed the one expected",
        )  # fmt: skip
    return _smallest(
        lambda n: precision_power(n * (scans - 1), sd, largest_sd, confidence), power, method, 1
    )


def _smallest(
    reached: Callable[[int], float], target: float, method: str, least: int = LEAST_N
) -> SampleSize:
    """Find the smallest n whose value reaches the target; the value rises with n."""
    low, high = least - 1, least
    while reached(high) < target:
        low, high = high, 2 * high
        if high > LARGEST_N:
            return SampleSize(
                n=None, reached=None, target=target, method=method,
                reason=f"more than {LARGEST_N:,} would be needed",
            )  # fmt: skip
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) >= target else (middle, high)
    return SampleSize(n=high, reached=reached(high), target=target, method=method)


def _noncentral_t_cdf(t: float, df: float, shift: float) -> float:
    from scipy import stats

    return float(stats.nct.cdf(t, df, shift))


def _check_power(power: float) -> None:
    if not 0.0 < power < 1.0:
        raise ValueError(f"found a power of {power}, wanted a share such as 0.80")


def _check_sd(sd: float) -> None:
    if not sd > 0.0:
        raise ValueError(f"found an SD of {sd}, wanted more than 0")
