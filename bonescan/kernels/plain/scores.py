"""Twins of `kernels.scores`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .lms import lms_transform

NANO = 1e9
NANO_IN_TENTH = 1e8
LARGEST_SCORE = 1e6
NO_TENTHS = np.iinfo(np.int64).min
NORMAL_TENTHS = -10
OSTEOPOROSIS_TENTHS = -25

Results = tuple[NDArray[Any], ...]
Scored = tuple[
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.int8],
    NDArray[np.int8],
]


def t_scores(
    bmd: NDArray[np.float64], mean: NDArray[np.float64], sd: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Twin of `kernels.scores.t_scores`."""
    return (bmd - mean) / np.where(sd > 0, sd, np.nan)


def lms_z(
    bmd: NDArray[np.float64],
    power: NDArray[np.float64],
    median: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Twin of `kernels.scores.lms_z`."""
    usable = (bmd > 0) & (median > 0)
    ratio = np.where(usable, bmd, np.nan) / np.where(usable, median, 1)
    return lms_transform(ratio, power, spread)


def lms_chunk(
    bmd: NDArray[np.float64],
    power: NDArray[np.float64],
    median: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Twin of `kernels.scores.lms_chunk`."""
    return lms_z(bmd, power, median, spread)


def _fixed(score: NDArray[np.float64]) -> NDArray[np.float64]:
    usable = np.where(np.abs(score) < LARGEST_SCORE, score, np.nan)
    return np.copysign(np.floor(np.abs(usable) * NANO + 0.5), usable)


def _codes(nano: NDArray[np.float64]) -> NDArray[np.int8]:
    code = np.ones(nano.shape, np.int8)
    code[nano >= NORMAL_TENTHS * NANO_IN_TENTH] = 0
    code[nano <= OSTEOPOROSIS_TENTHS * NANO_IN_TENTH] = 2
    code[np.isnan(nano)] = -1
    return code


def _tenths(nano: NDArray[np.float64]) -> NDArray[np.int64]:
    size = np.floor((np.abs(nano) + NANO_IN_TENTH / 2) / NANO_IN_TENTH)
    missing = np.isnan(nano)
    tenths = np.copysign(np.where(missing, 0, size), nano).astype(np.int64)
    tenths[missing] = NO_TENTHS
    return tenths


def fixed_nano(score: float) -> float:
    """Twin of `kernels.scores.fixed_nano`."""
    return float(_fixed(np.array([score]))[0])


def nano_to_tenths(nano: float) -> int:
    """Twin of `kernels.scores.nano_to_tenths`."""
    return int(_tenths(np.array([nano]))[0])


def nano_to_code(nano: float) -> int:
    """Twin of `kernels.scores.nano_to_code`."""
    return int(_codes(np.array([nano]))[0])


def tenths_to_code(tenths: int) -> int:
    """Twin of `kernels.scores.tenths_to_code`."""
    return int(who_codes(np.array([tenths]))[0])


def nano_chunk(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twin of `kernels.scores.nano_chunk`."""
    return _fixed(score)


def tenths_chunk(nano: NDArray[np.float64]) -> NDArray[np.int64]:
    """Twin of `kernels.scores.tenths_chunk`."""
    return _tenths(nano)


def label_tenths(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Twin of `kernels.scores.label_tenths`."""
    return _tenths(_fixed(score))


def who_codes(tenths: NDArray[np.int64]) -> NDArray[np.int8]:
    """Twin of `kernels.scores.who_codes`."""
    return _codes(np.where(tenths == NO_TENTHS, np.nan, tenths * NANO_IN_TENTH))


def who_codes_raw(score: NDArray[np.float64]) -> NDArray[np.int8]:
    """Twin of `kernels.scores.who_codes_raw`."""
    return _codes(_fixed(score))


def fill_scores(columns: tuple[NDArray[np.float64], ...], results: Results) -> None:
    """Twin of `kernels.scores.fill_scores`."""
    scored: Results = score_rows(*columns)
    for result, values in zip(results, scored, strict=True):
        result[:] = values


def score_rows(
    bmd: NDArray[np.float64],
    mean: NDArray[np.float64],
    sd: NDArray[np.float64],
    power: NDArray[np.float64],
    median: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> Scored:
    """Twin of `kernels.scores.score_rows`."""
    t = t_scores(bmd, mean, sd)
    nano = _fixed(t)
    t_tenths = _tenths(nano)
    z = lms_z(bmd, power, median, spread)
    return t, t_tenths, z, label_tenths(z), who_codes(t_tenths), _codes(nano)
