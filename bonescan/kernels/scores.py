"""T and Z scores of whole tables, rounded as they are printed, and their WHO category.

Doubles can't hold 0.772, 1.047 and 0.110: their T comes out as -2.499999999999999,
where it is -2.5. So every score is fixed at 1e-9 first, and only then rounded, half away
from zero, or compared with a cut-off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

LOG_BELOW_L = 1e-6  # the power form loses digits as L shrinks; the limit L = 0 is nearer there
NANO = 1e9  # scores are fixed at 1e-9
NANO_IN_TENTH = 1e8
LARGEST_SCORE = 1e6  # up to here whole numbers of 1e-9 are exact doubles
NO_TENTHS = -(2**63)  # the least int64

# WHO Study Group, Technical Report Series 843 (1994): osteoporosis at T <= -2.5, normal at
# T >= -1.0, low bone mass (osteopenia) between.
NORMAL_TENTHS = -10
OSTEOPOROSIS_TENTHS = -25
NO_CODE = -1
NORMAL = 0
OSTEOPENIA = 1
OSTEOPOROSIS = 2


@kernel()
def t_scores(
    bmd: NDArray[np.float64], mean: NDArray[np.float64], sd: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give (bmd - mean) / sd of each row: T from a young reference, normal Z from an age one.

    Parameters
    ----------
    bmd, mean, sd : (n,) float64
        [g/cm2], or all in another unit.

    Returns
    -------
    score : (n,) float64
        NaN where anything is NaN or sd isn't above 0.
    """
    score = np.empty(bmd.shape[0])
    for i in range(bmd.shape[0]):
        score[i] = (bmd[i] - mean[i]) / sd[i] if sd[i] > 0.0 else np.nan
    return score


@kernel()
def lms_score(value: float, power: float, median: float, spread: float) -> float:
    """Give the LMS score of one value, as `lms_z` does."""
    if not (value > 0.0 and median > 0.0 and spread > 0.0):
        return np.nan
    log_ratio = float(np.log(value / median))
    if abs(power) < LOG_BELOW_L:
        return log_ratio / spread
    if power == 1.0:  # a normal reference: the same value without powers
        return (value - median) / (median * spread)
    return float(np.expm1(power * log_ratio)) / (power * spread)


@kernel()
def lms_z(
    bmd: NDArray[np.float64],
    power: NDArray[np.float64],
    median: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give the Z of each row by Cole's LMS method.

    Parameters
    ----------
    bmd : (n,) float64
        [g/cm2].
    power, median, spread : (n,) float64
        L [1], M [g/cm2] and S [1] at each person's age. A normal reference is
        L = 1, M = mean, S = SD / mean.

    Returns
    -------
    z : (n,) float64
        ((bmd/M)^L - 1) / (L S), with its limit ln(bmd/M) / S for abs(L) < 1e-6; NaN
        where anything is NaN or bmd, M or S isn't above 0.

    References
    ----------
    Cole TJ, Green PJ. Smoothing reference centile curves: the LMS method and
    penalized likelihood. Stat Med 1992;11:1305-1319.
    """
    z = np.empty(bmd.shape[0])
    for i in range(bmd.shape[0]):
        z[i] = lms_score(bmd[i], power[i], median[i], spread[i])
    return z


@kernel()
def fixed_nano(score: float) -> float:
    """Fix a score at a whole number of 1e-9, half away from zero; NaN if not below 1e6."""
    size = float(np.floor(abs(score) * NANO + 0.5))
    if not abs(score) < LARGEST_SCORE:
        return np.nan
    return size if score > 0.0 else -size


@kernel()
def nano_to_tenths(nano: float) -> int:
    """Round a fixed score to whole tenths, half away from zero; NaN to `NO_TENTHS`."""
    if np.isnan(nano):
        return NO_TENTHS
    size = int(np.floor((abs(nano) + NANO_IN_TENTH / 2) / NANO_IN_TENTH))
    return size if nano > 0.0 else -size


@kernel()
def nano_to_code(nano: float) -> int:
    """Give the WHO code of a fixed score."""
    if np.isnan(nano):
        return NO_CODE
    if nano <= OSTEOPOROSIS_TENTHS * NANO_IN_TENTH:
        return OSTEOPOROSIS
    return NORMAL if nano >= NORMAL_TENTHS * NANO_IN_TENTH else OSTEOPENIA


@kernel()
def label_tenths(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round each score to one decimal as a decimal calculation would.

    Parameters
    ----------
    score : (n,) float64
        T or Z.

    Returns
    -------
    tenths : (n,) int64
        The score fixed at 1e-9 and rounded to 0.1, half away from zero, times 10;
        `NO_TENTHS` (the least int64) for NaN and for 1e6 or more in size.
    """
    tenths = np.empty(score.shape[0], np.int64)
    for i in range(score.shape[0]):
        tenths[i] = nano_to_tenths(fixed_nano(score[i]))
    return tenths


@kernel()
def who_codes(tenths: NDArray[np.int64]) -> NDArray[np.int8]:
    """Classify rounded T-scores.

    Parameters
    ----------
    tenths : (n,) int64
        From `label_tenths`.

    Returns
    -------
    code : (n,) int8
        0 normal (T >= -1.0), 1 osteopenia, 2 osteoporosis (T <= -2.5), -1 for
        `NO_TENTHS`. Whether WHO words apply to the person is not asked here.
    """
    code = np.empty(tenths.shape[0], np.int8)
    for i in range(tenths.shape[0]):
        nano = tenths[i] * NANO_IN_TENTH if tenths[i] != NO_TENTHS else np.nan
        code[i] = nano_to_code(nano)
    return code


@kernel()
def who_codes_raw(score: NDArray[np.float64]) -> NDArray[np.int8]:
    """Classify unrounded T-scores, fixed at 1e-9 so that -2.5 is -2.5.

    Parameters
    ----------
    score : (n,) float64
        T.

    Returns
    -------
    code : (n,) int8
        As `who_codes`; `rounding_decides` is where the two differ.
    """
    code = np.empty(score.shape[0], np.int8)
    for i in range(score.shape[0]):
        code[i] = nano_to_code(fixed_nano(score[i]))
    return code


@kernel()
def score_rows(
    bmd: NDArray[np.float64],
    young: NDArray[np.float64],
    age: NDArray[np.float64],
) -> tuple[
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.int8],
    NDArray[np.int8],
]:
    """Score and classify a whole table in one pass.

    Parameters
    ----------
    bmd : (n,) float64
        [g/cm2].
    young : (2, n) float64
        Mean and SD of the young reference of each row [g/cm2].
    age : (3, n) float64
        L, M and S of each row, as for `lms_z`.

    Returns
    -------
    t : (n,) float64
    t_tenths : (n,) int64
        As `label_tenths`.
    z : (n,) float64
    z_tenths : (n,) int64
    code : (n,) int8
        From the rounded T, as `who_codes`.
    raw_code : (n,) int8
        From the unrounded T; `rounding_decides` is where it differs from `code`.
    """
    n = bmd.shape[0]
    t, z = np.empty(n), np.empty(n)
    t_tenths, z_tenths = np.empty(n, np.int64), np.empty(n, np.int64)
    code, raw_code = np.empty(n, np.int8), np.empty(n, np.int8)
    for i in range(n):
        t[i] = (bmd[i] - young[0, i]) / young[1, i] if young[1, i] > 0.0 else np.nan
        nano = fixed_nano(t[i])
        t_tenths[i] = nano_to_tenths(nano)
        raw_code[i] = nano_to_code(nano)
        nano = t_tenths[i] * NANO_IN_TENTH if t_tenths[i] != NO_TENTHS else np.nan
        code[i] = nano_to_code(nano)
        z[i] = lms_score(bmd[i], age[0, i], age[1, i], age[2, i])
        z_tenths[i] = nano_to_tenths(fixed_nano(z[i]))
    return t, t_tenths, z, z_tenths, code, raw_code
