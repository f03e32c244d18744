"""T and Z scores of whole tables, rounded as they are printed, and their WHO category.

Doubles can't hold 0.772, 1.047 and 0.110: their T comes out as -2.499999999999999,
where it is -2.5. So every score is fixed at 1e-9 first, and only then rounded, half away
from zero, or compared with a cut-off.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel
from .lms import lms_transform

BLOCK = 65_536  # rows that a thread takes at a time
CHUNK = 1024  # rows taken together, so that what lies between stays in the cache
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

Columns = tuple[NDArray[np.float64], ...]  # BMD, mean, SD, L, M, S
Results = tuple[NDArray[Any], ...]  # what `score_rows` returns
Scored = tuple[
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.int8],
    NDArray[np.int8],
]


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
def lms_chunk(
    bmd: NDArray[np.float64],
    power: NDArray[np.float64],
    median: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give the Z of a few rows, as `lms_z` does."""
    ratio = np.empty(bmd.shape[0])
    for i in range(bmd.shape[0]):
        ratio[i] = bmd[i] / median[i] if bmd[i] > 0.0 and median[i] > 0.0 else np.nan
    return lms_transform(ratio, power, spread)


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
    for first in range(0, bmd.shape[0], CHUNK):
        rows = slice(first, first + CHUNK)
        chunk = lms_chunk(bmd[rows], power[rows], median[rows], spread[rows])
        for i in range(chunk.shape[0]):
            z[first + i] = chunk[i]
    return z


@kernel()
def fixed_nano(score: float) -> float:
    """Fix a score at a whole number of 1e-9, half away from zero; NaN if not below 1e6."""
    size = abs(score) if abs(score) < LARGEST_SCORE else np.nan
    size = float(np.floor(size * NANO + 0.5))
    return size if score > 0.0 else -size


@kernel()
def nano_to_tenths(nano: float) -> int:
    """Round a fixed score to whole tenths, half away from zero; NaN to `NO_TENTHS`."""
    known = 0.0 if np.isnan(nano) else nano
    size = int(np.floor((abs(known) + NANO_IN_TENTH / 2) / NANO_IN_TENTH))
    tenths = size if known > 0.0 else -size
    return NO_TENTHS if np.isnan(nano) else tenths


@kernel()
def nano_to_code(nano: float) -> int:
    """Give the WHO code of a fixed score."""
    low = NORMAL if nano >= NORMAL_TENTHS * NANO_IN_TENTH else OSTEOPENIA
    code = OSTEOPOROSIS if nano <= OSTEOPOROSIS_TENTHS * NANO_IN_TENTH else low
    return NO_CODE if np.isnan(nano) else code


@kernel()
def tenths_to_code(tenths: int) -> int:
    """Give the WHO code of a rounded score."""
    low = NORMAL if tenths >= NORMAL_TENTHS else OSTEOPENIA
    code = OSTEOPOROSIS if tenths <= OSTEOPOROSIS_TENTHS else low
    return NO_CODE if tenths == NO_TENTHS else code


@kernel()
def nano_chunk(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fix a few scores; a working array, so writable."""
    nano = np.empty(score.shape[0])
    for i in range(score.shape[0]):
        nano[i] = fixed_nano(score[i])
    return nano


@kernel()
def tenths_chunk(nano: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round a few fixed scores; a working array, so writable."""
    tenths = np.empty(nano.shape[0], np.int64)
    for i in range(nano.shape[0]):
        tenths[i] = nano_to_tenths(nano[i])
    return tenths


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
        code[i] = tenths_to_code(tenths[i])
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
def fill_scores(columns: Columns, results: Results) -> None:
    """Score and classify rows into arrays that are there already.

    Parameters
    ----------
    columns : tuple of six (n,) float64
        The parameters of `score_rows`.
    results : tuple of six (n,)
        What `score_rows` returns; written to. Ten million rows go twice as fast into
        arrays that NumPy made, for it takes large pages and a kernel can't.
    """
    bmd, mean, sd, power, median, spread = columns
    t, t_tenths, z, z_tenths, code, raw_code = results
    for first in range(0, bmd.shape[0], CHUNK):
        rows = slice(first, first + CHUNK)
        t_part = t_scores(bmd[rows], mean[rows], sd[rows])
        z_part = lms_chunk(bmd[rows], power[rows], median[rows], spread[rows])
        t_nano, z_nano = nano_chunk(t_part), nano_chunk(z_part)
        t_label, z_label = tenths_chunk(t_nano), tenths_chunk(z_nano)
        # views, and one loop for each type: so the compiler makes vector code
        t_here, z_here = t[rows], z[rows]
        for k in range(t_part.shape[0]):
            t_here[k], z_here[k] = t_part[k], z_part[k]
        t_here_tenths, z_here_tenths = t_tenths[rows], z_tenths[rows]
        for k in range(t_part.shape[0]):
            t_here_tenths[k], z_here_tenths[k] = t_label[k], z_label[k]
        code_here, raw_here = code[rows], raw_code[rows]
        for k in range(t_part.shape[0]):
            raw_here[k] = nano_to_code(t_nano[k])
        for k in range(t_part.shape[0]):
            code_here[k] = tenths_to_code(t_label[k])


def score_rows(
    bmd: NDArray[np.float64],
    mean: NDArray[np.float64],
    sd: NDArray[np.float64],
    power: NDArray[np.float64],
    median: NDArray[np.float64],
    spread: NDArray[np.float64],
    *,
    n_threads: int = 1,
) -> Scored:
    """Score and classify a whole table in one pass.

    Parameters
    ----------
    bmd : (n,) float64
        [g/cm2].
    mean, sd : (n,) float64
        Of the young reference of each row [g/cm2].
    power, median, spread : (n,) float64
        L, M and S of each row, as for `lms_z`.
    n_threads : int, default 1
        No result depends on it.

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
    columns: Columns = (bmd, mean, sd, power, median, spread)
    n = bmd.shape[0]
    t, z = np.empty(n), np.empty(n)
    t_tenths, z_tenths = np.empty(n, np.int64), np.empty(n, np.int64)
    code, raw_code = np.empty(n, np.int8), np.empty(n, np.int8)
    results: Results = (t, t_tenths, z, z_tenths, code, raw_code)

    def fill(first: int) -> None:
        rows = slice(first, first + BLOCK)
        fill_scores(tuple(x[rows] for x in columns), tuple(x[rows] for x in results))

    with ThreadPoolExecutor(n_threads) as pool:
        for _ in pool.map(fill, range(0, n, BLOCK)):
            pass  # an error of a block is raised here
    return t, t_tenths, z, z_tenths, code, raw_code
