"""Base-2 logarithm of float32 arrays, in a form that the compiler turns into vector code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

# log2(1 + t) = t * (TERMS[0] + TERMS[1] t + ...) for sqrt(1/2) <= 1 + t < sqrt(2): Chebyshev
# fit of degree 8; 1.3e-8 off in exact arithmetic, 6e-8 in float32.
TERMS = (
    np.float32(1.4426950037647301),
    np.float32(-0.7213473333598953),
    np.float32(0.4809106099451724),
    np.float32(-0.3607048280965928),
    np.float32(0.2879183244717322),
    np.float32(-0.2389203398197369),
    np.float32(0.21566985900252655),
    np.float32(-0.2074210350496295),
    np.float32(0.12614846611970518),
)
ROOT_HALF_BITS = np.int32(0x3F3504F3)  # sqrt(1/2) as float32
ONE_BITS = np.int32(0x3F800000)  # 1.0, in place of what has no logarithm
MANTISSA_BITS = 23
ONE = np.float32(1)
LEAST = np.finfo(np.float32).tiny  # below it the exponent bits mean something else
NAN = np.float32(np.nan)


@kernel(relaxed=True)  # fused multiply-adds: as near to NumPy's as in strict order, 1.5e-7
def log2_positive(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take log2 of each value.

    Parameters
    ----------
    values : (rows, columns) float32
        Any; a working array of another kernel, spent afterwards.

    Returns
    -------
    log2 : (rows, columns) float32
        Within 1.5e-7 + 1e-7 |log2|; NaN where the value is NaN, infinite or
        below 1.2e-38 (so also zero and negative).
    """
    rows, columns = values.shape
    bits = values.view(np.int32)
    log2 = np.empty((rows, columns), np.float32)
    for r in range(rows):
        for c in range(columns):
            usable = LEAST <= values[r, c] < np.inf
            pattern = bits[r, c] if usable else ONE_BITS
            shift = np.int32(np.int32(pattern - ROOT_HALF_BITS) >> MANTISSA_BITS)
            log2[r, c] = np.float32(shift) if usable else NAN
            bits[r, c] = np.int32(pattern - np.int32(shift << MANTISSA_BITS))
    for r in range(rows):
        for c in range(columns):
            t = values[r, c] - ONE  # what is left of the value: its mantissa
            p = TERMS[7] + t * TERMS[8]
            p = TERMS[5] + t * (TERMS[6] + t * p)
            p = TERMS[3] + t * (TERMS[4] + t * p)
            p = TERMS[1] + t * (TERMS[2] + t * p)
            log2[r, c] += t * (TERMS[0] + t * p)
    return log2
