"""Cole's LMS transform, in a form that the compiler turns into vector code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

LOG_BELOW = 1e-6  # the power form loses digits as the power shrinks; its limit is nearer there
ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # sqrt(1/2) as float64
MANTISSA_BITS = 52
EXPONENT_OF_ONE = 1023
LARGEST_EXPONENT = 1000.0  # of 2; beyond it a result has no meaning, and gets NaN
LOG2_E = 1.4426950408889634
# ln 2 in two parts: a multiple of the first by a whole number up to 2^20 is exact
LN_2_HIGH = 6.93147180369123816490e-01
LN_2_LOW = 1.90821492927058770002e-10
LEAST = np.finfo(np.float64).tiny


# relaxed: multiplies and adds at once; within 3e-15 of exact arithmetic, as NumPy is
@kernel(relaxed=True)
def lms_transform(
    ratio: NDArray[np.float64], power: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give (ratio^power - 1) / (power spread), or ln(ratio) / spread for abs(power) < 1e-6.

    Parameters
    ----------
    ratio : (n,) float64
        A working array of another kernel, so writable.
    power, spread : (n,) float64

    Returns
    -------
    score : (n,) float64
        NaN where anything is NaN or infinite, the ratio isn't a normal number above
        0, the spread isn't above 0, or ratio^power lies beyond 2^1000 or its inverse.
    """
    n = ratio.shape[0]
    bits = ratio.view(np.int64)
    whole = np.empty(n)
    mantissa_bits = np.empty(n, np.int64)
    for i in range(n):
        usable = LEAST <= ratio[i] < np.inf
        own = bits[i] if usable else ROOT_HALF_BITS
        shift = (own - ROOT_HALF_BITS) >> MANTISSA_BITS
        whole[i] = shift if usable else np.nan
        mantissa_bits[i] = own - (shift << MANTISSA_BITS)
    mantissa = mantissa_bits.view(np.float64)
    log = np.empty(n)
    for i in range(n):
        # ln m = 2 artanh((m - 1) / (m + 1)) = 2 s + s^3 (2/3 + 2/5 s^2 + ...), s^2 < 0.03
        s = (mantissa[i] - 1.0) / (mantissa[i] + 1.0)
        q = s * s
        tail = 2 / 15 + q * (2 / 17 + q * (2 / 19 + q * (2 / 21)))
        tail = 2 / 7 + q * (2 / 9 + q * (2 / 11 + q * (2 / 13 + q * tail)))
        tail = q * (2 / 3 + q * (2 / 5 + q * tail))
        log[i] = whole[i] * LN_2_HIGH + (s * tail + (whole[i] * LN_2_LOW + 2.0 * s))
    x = np.empty(n)
    for i in range(n):
        finite = power[i] if abs(power[i]) < np.inf else np.nan
        x[i] = finite * log[i]
        bounded = abs(x[i]) < LARGEST_EXPONENT / LOG2_E
        whole[i] = np.floor(x[i] * LOG2_E + 0.5) if bounded else np.nan
        exponent = whole[i] if bounded else 0.0
        mantissa_bits[i] = (np.int64(exponent) + EXPONENT_OF_ONE) << MANTISSA_BITS
    scale = mantissa_bits.view(np.float64)
    for i in range(n):
        # e^x - 1 = 2^k (e^r - 1) + (2^k - 1), x = k ln 2 + r, abs(r) < 0.35
        r = x[i] - whole[i] * LN_2_HIGH - whole[i] * LN_2_LOW
        p = 1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800))
        p = 1 / 40320 + r * (1 / 362880 + r * (1 / 3628800 + r * p))
        p = 1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * p))
        p = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * p)))
        near = abs(power[i]) < LOG_BELOW
        above = log[i] if near else scale[i] * p + (scale[i] - 1.0)
        below = spread[i] if near else spread[i] * power[i]
        log[i] = above / below if 0.0 < spread[i] < np.inf else np.nan
    return log
