"""Prediction intervals that hold without a model of the errors."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def cv_plus_interval(
    fold_predictions: ArrayLike,
    fold: ArrayLike,
    residuals: ArrayLike,
    weights: ArrayLike | None = None,
    level_1: float = 0.95,
) -> tuple[float, float]:
    """Bracket a new value from cross-validated residuals (CV+).

    Parameters
    ----------
    fold_predictions : (fold,) array_like
        What the model without each fold predicts for the new one.
    fold : (n,) array_like of int
        The fold of each calibration row; all rows of a person in one.
    residuals : (n,) array_like
        Absolute errors of the calibration rows, from the model without their fold.
    weights : (n,) array_like, optional
        One over the rows of a person, so that people count and not rows.
    level_1 : float, default 0.95

    Returns
    -------
    lo, hi : float
        Infinite where there are too few people for the level.

    Notes
    -----
    lo is the lower alpha quantile of prediction_k(i) − residual_i, hi the upper
    one of prediction_k(i) + residual_i, each with one more imaginary person at
    infinity. Guaranteed coverage is 1 − 2·alpha, usual coverage 1 − alpha.

    References
    ----------
    Barber RF, Candès EJ, Ramdas A, Tibshirani RJ. Predictive inference with the
    jackknife+. Ann Stat 2021;49:486-507.
    """
    predicted = np.asarray(fold_predictions, dtype=np.float64)[np.asarray(fold, dtype=np.intp)]
    away = np.abs(np.asarray(residuals, dtype=np.float64))
    share = np.ones(away.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if not away.size or predicted.shape != away.shape or share.shape != away.shape:
        raise ValueError(f"found {predicted.size} folds and {away.size} residuals, wanted as many")
    hi = _upper(predicted + away, share, level_1)
    return -_upper(away - predicted, share, level_1), hi


def _upper(values: Array, share: Array, level_1: float) -> float:
    """Find the value below which `level_1` of the people lie, one more counted at infinity."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(share[order])
    wanted = level_1 * (reached[-1] + 1.0)
    # a hair's breadth less, so that sums of shares that make whole numbers count as whole
    at = int(np.searchsorted(reached, wanted * (1.0 - 1e-12)))
    return float(values[order][at]) if at < values.size else math.inf
